//! One commit, as far as people ask about it.

use schemars::JsonSchema;
use serde::Serialize;

/// A commit of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// The whole hash.
    pub hash: String,
    /// The commits before it, as indices into the history; the first is the one it was made on.
    pub parents: Vec<usize>,
    /// Whether it has parents that this clone does not hold.
    pub cut: bool,
    /// The state of the fleet, the same number for the same files; `None`: there is no fleet.
    pub state: Option<usize>,
    /// `Name <address>`, as `.mailmap` maps it.
    pub author: String,
    /// When its author wrote it, RFC 3339 in UTC.
    pub authored: String,
    /// `Name <address>`, as `.mailmap` maps it.
    pub committer: String,
    /// When it was committed, RFC 3339 in UTC.
    pub committed: String,
    /// The first line of its message.
    pub subject: String,
    /// The rest of its message.
    pub body: String,
    /// The trailers of its message (`Reviewed-by: …`), in order.
    pub trailers: Vec<Trailer>,
}

impl Commit {
    /// As much of the hash as people write.
    pub fn short(&self) -> &str {
        self.hash.get(..12).unwrap_or(&self.hash)
    }
}

/// A line of a commit's message that says who did what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Trailer {
    /// `Reviewed-by`.
    pub key: String,
    /// `Ann <ann@bank.example>`.
    pub value: String,
}

/// A commit's signature, as git judges it with the keys of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// `none`, `good`, `good, of unknown trust`, `good, but expired`, `good, by an expired key`, `good, by a revoked key`,
    /// `bad`, or `not verifiable here`: there is one, and this machine has no key to judge it by.
    pub status: String,
    /// Who signed, as the key says.
    pub signer: Option<String>,
    /// The key's fingerprint.
    pub key: Option<String>,
}

/// The pull request (`142`) or merge request (`group/project!12`) that a message names: GitHub's `Merge pull request #142
/// from …` and `… (#142)`, Bitbucket's `(pull request #142)`, GitLab's `See merge request group/project!12`.
pub fn pull_request(commit: &Commit) -> Option<String> {
    let subject = commit.subject.as_str();
    if let Some(rest) = subject.strip_prefix("Merge pull request #") {
        return digits(rest);
    }
    let in_body = commit.body.lines().find_map(|line| line.trim().strip_prefix("See merge request "));
    if let Some(named) = in_body.map(str::trim).filter(|named| named.contains('!')) {
        return Some(named.to_owned());
    }
    for mark in ["(pull request #", "(#"] {
        if let Some((_, rest)) = subject.rsplit_once(mark)
            && rest.trim_end().ends_with(')')
        {
            return digits(rest);
        }
    }
    None
}

fn digits(text: &str) -> Option<String> {
    let number: String = text.chars().take_while(char::is_ascii_digit).collect();
    (!number.is_empty()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_requests_are_named_in_many_ways() {
        let named = |subject: &str, body: &str| {
            pull_request(&Commit { subject: subject.into(), body: body.into(), ..Commit::default() })
        };
        assert_eq!(named("Merge pull request #142 from bank/north", ""), Some("142".into()));
        assert_eq!(named("Add cluster north (#7)", ""), Some("7".into()));
        assert_eq!(named("Merged in north (pull request #3)", ""), Some("3".into()));
        let body = "Add north\n\nSee merge request mesh/fleet!12";
        assert_eq!(named("Merge branch 'north' into 'main'", body), Some("mesh/fleet!12".into()));
        assert_eq!(named("Add the cluster of ticket (#nine)", ""), None);
        assert_eq!(named("Add cluster north", ""), None);
    }
}
