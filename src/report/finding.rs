//! What a stage says about the user's input.

use serde::Serialize;

use crate::source::Place;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Ambiguous, unsafe, inexpressible, or a name that does not exist. No tree is written.
    Error,
    /// Probably not meant.
    Warning,
    /// What one may want to know.
    Info,
}

impl Level {
    /// `error`, `warning` or `info`.
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "info",
        }
    }
}

/// One line of the code table: a stable name for a kind of finding. Codes are never reused.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// `FC301`.
    pub id: &'static str,
    /// The level every finding of this code has.
    pub level: Level,
    /// What it is about, a few words, lower case.
    pub title: &'static str,
    /// The page that `fleetc explain` shows, Markdown.
    pub page: &'static str,
}

impl Code {
    /// What the code says in one paragraph on one line: the first of its page's section "What it means".
    pub fn meaning(&self) -> String {
        let mut lines = self.page.lines().skip_while(|line| !line.starts_with("## ")).skip(1);
        let first = lines.find(|line| !line.is_empty());
        let paragraph: Vec<&str> =
            first.into_iter().chain(lines.take_while(|line| !line.is_empty())).collect();
        paragraph.join(" ")
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl Eq for Code {}

/// One step of the trace that led to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// What stands there, lower case, no full stop.
    pub message: String,
    /// Where it stands.
    pub place: Place,
}

/// Something to say about the input: what, where, why, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which kind of finding.
    pub code: Code,
    /// Lower case, no full stop, user text in backticks.
    pub message: String,
    /// A whole object: `metadata.name`'s value; a field: its key; a value: the value. `None`: about the fleet as a whole.
    pub place: Option<Place>,
    /// The objects that led there.
    pub because: Vec<Because>,
    /// What to do, apart from the message; may hold several lines of YAML.
    pub help: Option<String>,
    /// `Kind/namespace/name` of the object the finding is about, as a waiver names it.
    pub object: Option<String>,
}

impl Finding {
    /// A finding about the fleet as a whole.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Finding { code, message: message.into(), place: None, because: Vec::new(), help: None, object: None }
    }

    /// Sets where it stands.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds a step of the trace.
    pub fn because(mut self, message: impl Into<String>, place: Place) -> Self {
        self.because.push(Because { message: message.into(), place });
        self
    }

    /// Sets what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the object a waiver would name.
    pub fn object(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }
}

/// All findings of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds one.
    pub fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Adds all of another run.
    pub fn extend(&mut self, others: Findings) {
        self.0.extend(others.0);
    }

    /// True if one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.code.level == Level::Error)
    }

    /// How many of a level.
    pub fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|finding| finding.code.level == level).count()
    }

    /// The findings in stable order: by place (file, offset), then code, message; those without a place last. Equal ones once.
    pub fn sorted(mut self) -> Self {
        self.0.sort_by(|a, b| {
            let key = |finding: &Finding| (finding.place.is_none(), finding.place, finding.code.id);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message)).then_with(|| a.help.cmp(&b.help))
        });
        self.0.dedup();
        self
    }

    /// The findings one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.0.iter()
    }

    /// Keeps those for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Finding) -> bool) {
        self.0.retain(keep);
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
