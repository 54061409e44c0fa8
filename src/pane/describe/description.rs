//! What is said of an object, however it is shown.

use std::fmt::Write as _;

use serde::Serialize;

/// An object and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its namespace, where its kind has one.
    pub namespace: Option<String>,
    /// Where it stands.
    pub places: Vec<At>,
    /// What is said of it, by subject.
    pub sections: Vec<Section>,
}

/// Statements about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Section {
    /// The subject, in a word or two.
    pub title: &'static str,
    /// The statements; none: there is nothing of the sort.
    pub facts: Vec<Fact>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// Whether something that could be is so: `false` says why it is not. `None` where that is no question.
    pub holds: Option<bool>,
    /// The statement: lower case but for names, no full stop.
    pub says: String,
    /// What makes it so.
    pub places: Vec<At>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct At {
    /// The path as the user would open it.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
}

impl Fact {
    /// A statement.
    pub fn new(says: impl Into<String>, places: Vec<At>) -> Self {
        Fact { holds: None, says: says.into(), places }
    }

    /// A statement about something that could be otherwise.
    pub fn held(holds: bool, says: impl Into<String>, places: Vec<At>) -> Self {
        Fact { holds: Some(holds), says: says.into(), places }
    }
}

impl Description {
    /// An object of which nothing is said yet.
    pub fn new(kind: &'static str, name: &str, namespace: Option<&str>, places: Vec<At>) -> Self {
        Description {
            kind,
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            places,
            sections: Vec::new(),
        }
    }

    /// Adds a section.
    pub fn say(&mut self, title: &'static str, facts: impl IntoIterator<Item = Fact>) {
        self.sections.push(Section { title, facts: facts.into_iter().collect() });
    }

    /// As `kubectl describe` shows an object: a subject a line, longer lists below theirs, a place in brackets, several below.
    pub fn text(&self) -> String {
        let mut head = vec![("Name", self.name.clone())];
        head.extend(self.namespace.iter().map(|namespace| ("Namespace", namespace.clone())));
        head.push(("Kind", self.kind.to_owned()));
        head.push(("Source", listed(&self.places)));
        let titles = head.iter().map(|(title, _)| *title);
        let short = self.sections.iter().filter(|section| !section.is_long()).map(|section| section.title);
        let width = titles.chain(short).map(str::len).max().unwrap_or_default() + 3;
        let mut text = String::new();
        for (title, value) in head {
            let value = if value.is_empty() { "<none>" } else { &value };
            let _ = writeln!(text, "{:<width$}{value}", format!("{title}:"));
        }
        for section in &self.sections {
            match section.facts.as_slice() {
                [] => {
                    let _ = writeln!(text, "{:<width$}<none>", format!("{}:", section.title));
                }
                [only] if !section.is_long() => {
                    let _ = writeln!(text, "{:<width$}{}", format!("{}:", section.title), only.line());
                }
                facts => {
                    let _ = writeln!(text, "{}:", section.title);
                    facts.iter().for_each(|fact| fact.write(&mut text));
                }
            }
        }
        text
    }

    /// For programs: the description as it is.
    pub fn json(&self) -> String {
        // nothing in it can fail to be JSON: keys are strings
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

impl Section {
    fn is_long(&self) -> bool {
        self.facts.len() > 1 || self.facts.iter().any(|fact| fact.holds.is_some() || fact.places.len() > 1)
    }
}

impl Fact {
    /// In a line of its own; several places go below it.
    fn write(&self, text: &mut String) {
        let holds = match self.holds {
            Some(true) => "yes  ",
            Some(false) => "no   ",
            None => "",
        };
        let _ = match self.places.as_slice() {
            [_, _, ..] => {
                let places: Vec<String> = self.places.iter().map(At::to_string).collect();
                writeln!(text, "  {holds}{}\n         {}", self.says, places.join("\n         "))
            }
            _ => writeln!(text, "  {holds}{}", self.line()),
        };
    }

    fn line(&self) -> String {
        match self.places.is_empty() {
            true => self.says.clone(),
            false => format!("{}  ({})", self.says, listed(&self.places)),
        }
    }
}

impl std::fmt::Display for At {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.path, self.line)
    }
}

fn listed(places: &[At]) -> String {
    places.iter().map(At::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_kubectl_writes() {
        let at = |line| vec![At { path: "fleets/x/a.yaml".into(), line }];
        let mut description = Description::new("Workspace", "shop", None, at(3));
        description.say("Isolation", [Fact::new("callers from outside are refused", at(7))]);
        description.say("Owners", []);
        description.say(
            "Exports",
            [Fact::held(true, "a to b", at(9)), Fact::held(false, "c: no entry matches", Vec::new())],
        );
        assert_eq!(
            description.text(),
            "\
Name:       shop
Kind:       Workspace
Source:     fleets/x/a.yaml:3
Isolation:  callers from outside are refused  (fleets/x/a.yaml:7)
Owners:     <none>
Exports:
  yes  a to b  (fleets/x/a.yaml:9)
  no   c: no entry matches
"
        );
    }
}
