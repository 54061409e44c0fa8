//! The shape of a history, and in which of its commits something became what it is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Commit;

/// Commits, each before its parents.
#[derive(Debug, Default)]
pub struct History {
    /// In an order in which every parent has a greater index.
    pub commits: Vec<Commit>,
}

/// A commit that made a value another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<V> {
    /// The commit that did.
    pub commit: usize,
    /// The commit of the line of first parents that brought it there: a merge, or the commit itself.
    pub arrived: usize,
    /// The value in the commit's first parent.
    pub before: V,
    /// The value in the commit.
    pub after: V,
    /// Whether nothing is known of before: the clone begins here.
    pub at_or_before: bool,
}

/// Which commits are reachable from one, by index.
type Reached = Rc<Vec<bool>>;

impl History {
    /// A commit.
    pub fn commit(&self, index: usize) -> Option<&Commit> {
        self.commits.get(index)
    }

    /// The line of first parents from a commit, newest first.
    pub fn line(&self, tip: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(tip), |at| self.first_parent(*at))
    }

    /// The commit that one was made on.
    pub fn first_parent(&self, commit: usize) -> Option<usize> {
        self.commits.get(commit)?.parents.first().copied()
    }

    fn reached_from(&self, commit: usize) -> Reached {
        let mut reached = vec![false; self.commits.len()];
        let mut open = vec![commit];
        while let Some(at) = open.pop() {
            match reached.get_mut(at) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            open.extend(self.commits.get(at).iter().flat_map(|commit| &commit.parents));
        }
        Rc::new(reached)
    }
}

/// Looks for the commits that changed values; remembers what it learnt of the shape.
pub struct Tracer<'h> {
    history: &'h History,
    reached: RefCell<BTreeMap<usize, Reached>>,
}

/// What is still to be looked at.
enum Open {
    /// A line of first parents from a commit on, as far as it is not reachable otherwise.
    Line { at: usize, arrived: usize, known: Reached },
    /// A commit.
    Emit { commit: usize, arrived: usize },
}

impl<'h> Tracer<'h> {
    pub fn new(history: &'h History) -> Self {
        Tracer { history, reached: RefCell::default() }
    }

    fn known_to(&self, commit: usize) -> Reached {
        let known = self.reached.borrow().get(&commit).cloned();
        known.unwrap_or_else(|| {
            let reached = self.history.reached_from(commit);
            self.reached.borrow_mut().insert(commit, Rc::clone(&reached));
            reached
        })
    }

    /// The commits below `tip` that changed a value, oldest first. `value` gives it for a commit; `V::default()` is what
    /// was before the first. What a merge changed is traced into the branch it took it from; if no commit of a branch
    /// made it so, the merge itself did.
    pub fn trace<V: PartialEq + Clone + Default>(
        &self,
        tip: usize,
        value: impl Fn(usize) -> V,
    ) -> Vec<Event<V>> {
        let before = |commit: usize| self.history.first_parent(commit).map(&value).unwrap_or_default();
        let mut events = Vec::new();
        for of_line in self.history.line(tip) {
            if before(of_line) == value(of_line) {
                continue;
            }
            let mut open = self.origins(of_line, of_line, &value);
            while let Some(next) = open.pop() {
                match next {
                    Open::Emit { commit, arrived } => events.push(Event {
                        commit,
                        arrived,
                        before: before(commit),
                        after: value(commit),
                        at_or_before: self.history.commit(commit).is_some_and(|commit| commit.cut),
                    }),
                    Open::Line { at, arrived, known } => {
                        if known.get(at).copied().unwrap_or(true) {
                            continue;
                        }
                        if let Some(parent) = self.history.first_parent(at) {
                            open.push(Open::Line { at: parent, arrived, known: Rc::clone(&known) });
                        }
                        if before(at) != value(at) {
                            open.extend(self.origins(at, arrived, &value));
                        }
                    }
                }
            }
        }
        events.reverse();
        events
    }

    /// Where the change that a commit shows comes from; the last is looked at first.
    fn origins<V: PartialEq + Clone + Default>(
        &self,
        commit: usize,
        arrived: usize,
        value: &impl Fn(usize) -> V,
    ) -> Vec<Open> {
        let itself = Open::Emit { commit, arrived };
        let parents = self.history.commit(commit).map_or(&[][..], |commit| &commit.parents);
        let [first, others @ ..] = parents else { return vec![itself] };
        if others.is_empty() {
            return vec![itself];
        }
        let known = self.known_to(*first);
        let after = value(commit);
        // a branch made it so if it was otherwise where the branch began
        let made = |tip: usize| {
            let base = self.history.line(tip).find(|at| known.get(*at).copied().unwrap_or(true));
            base.map(value).unwrap_or_default() != value(tip)
        };
        let line = |tip: usize| Open::Line { at: tip, arrived, known: Rc::clone(&known) };
        let branches: Vec<usize> = others.iter().copied().filter(|tip| made(*tip)).collect();
        if let Some(tip) = branches.iter().find(|tip| value(**tip) == after) {
            return vec![line(*tip)];
        }
        // none of them had it as it is now: the merge changed it, too
        branches.into_iter().map(line).chain([itself]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commits as `name: parents`, newest first, and the value in each.
    fn traced(commits: &[(&str, &[&str], &str)]) -> Vec<String> {
        let at = |name: &str| commits.iter().position(|(other, ..)| *other == name).unwrap();
        let history = History {
            commits: commits
                .iter()
                .map(|(name, parents, _)| Commit {
                    hash: (*name).to_owned(),
                    parents: parents.iter().map(|parent| at(parent)).collect(),
                    ..Commit::default()
                })
                .collect(),
        };
        let events = Tracer::new(&history).trace(0, |commit| commits[commit].2.to_owned());
        let name = |commit: usize| commits[commit].0;
        events
            .iter()
            .map(|event| {
                format!("{}/{}: {}→{}", name(event.commit), name(event.arrived), event.before, event.after)
            })
            .collect()
    }

    #[test]
    fn a_line_is_told_oldest_first() {
        let history: &[(&str, &[&str], &str)] = &[("c", &["b"], ""), ("b", &["a"], "x"), ("a", &[], "")];
        assert_eq!(traced(history), ["b/b: →x", "c/c: x→"]);
    }

    #[test]
    fn what_a_merge_brings_is_traced_into_its_branch() {
        let history: &[(&str, &[&str], &str)] = &[
            ("m", &["b", "f2"], "x"),
            ("f2", &["f1"], "x"),
            ("f1", &["a"], "x"),
            ("b", &["a"], ""),
            ("a", &[], ""),
        ];
        assert_eq!(traced(history), ["f1/m: →x"]);
    }

    #[test]
    fn merges_within_merges_are_traced_to_the_end() {
        let history: &[(&str, &[&str], &str)] = &[
            ("m", &["b", "n"], "x"),
            ("n", &["f", "g"], "x"),
            ("g", &["a"], "x"),
            ("f", &["a"], ""),
            ("b", &["a"], ""),
            ("a", &[], ""),
        ];
        assert_eq!(traced(history), ["g/m: →x"]);
    }

    #[test]
    fn a_merge_that_brings_back_what_the_line_had_removed_did_it_itself() {
        let history: &[(&str, &[&str], &str)] =
            &[("m", &["r", "f"], "x"), ("f", &["a"], "x"), ("r", &["a"], ""), ("a", &[], "x")];
        assert_eq!(traced(history), ["a/a: →x", "r/r: x→", "m/m: →x"]);
    }

    #[test]
    fn a_merge_may_change_what_both_sides_changed() {
        let history: &[(&str, &[&str], &str)] =
            &[("m", &["b", "f"], "z"), ("f", &["a"], "y"), ("b", &["a"], "x"), ("a", &[], "")];
        assert_eq!(traced(history), ["b/b: →x", "f/m: →y", "m/m: x→z"]);
    }

    #[test]
    fn a_merge_that_took_nothing_shows_nothing() {
        let history: &[(&str, &[&str], &str)] =
            &[("m", &["b", "f"], ""), ("f", &["a"], "x"), ("b", &["a"], ""), ("a", &[], "")];
        assert!(traced(history).is_empty());
    }
}
