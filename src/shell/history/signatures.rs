//! Who vouches for commits.

use std::collections::{BTreeMap, BTreeSet};

use super::Repository;
use super::ask::{converse, git, records};
use crate::history::Signature;
use crate::shell::revision::objects;

impl Repository {
    /// What git says of the signatures of commits. One that cannot be judged is none that is good.
    pub fn signatures(&self, asked: &BTreeSet<usize>) -> BTreeMap<usize, Signature> {
        let hashes: Vec<(usize, &str)> = asked
            .iter()
            .filter_map(|index| Some((*index, self.history.commit(*index)?.hash.as_str())))
            .collect();
        let wanted: Vec<(String, String)> =
            hashes.iter().map(|(_, hash)| ((*hash).to_owned(), (*hash).to_owned())).collect();
        // git says `N` of a signature that it has no means to judge as well: the commit itself tells
        let raw = objects(&self.folder, "commit", &wanted).unwrap_or_default();
        let signed: BTreeSet<String> =
            raw.into_iter().filter(|(_, bytes)| is_signed(bytes)).map(|(hash, _)| hash).collect();
        let mut judged = BTreeMap::new();
        if !signed.is_empty() {
            let list: String = signed.iter().map(|hash| format!("{hash}\n")).collect();
            let mut command = git(&self.folder);
            command.args(["log", "--no-walk=unsorted", "--stdin", "-z", "--no-color", "--no-show-signature"]);
            command.arg("--format=%H%x00%G?%x00%GS%x00%GF");
            let said = converse(&mut command, list).unwrap_or_default();
            for fields in records(&said, 4) {
                if let [hash, status, signer, key] = fields.as_slice() {
                    judged.insert(hash.clone(), signature(status, signer, key));
                }
            }
        }
        let of = |(index, hash): (usize, &str)| {
            let signature = match (signed.contains(hash), judged.get(hash)) {
                (false, _) => Signature { status: "none".into(), ..Signature::default() },
                (true, Some(judged)) => judged.clone(),
                (true, None) => signature("E", "", ""),
            };
            (index, signature)
        };
        hashes.into_iter().map(of).collect()
    }
}

/// What git's letter for a signature means (git-log, `%G?`).
fn signature(status: &str, signer: &str, key: &str) -> Signature {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let status = match status {
        "G" => "good",
        "U" => "good, of unknown trust",
        "X" => "good, but expired",
        "Y" => "good, by an expired key",
        "R" => "good, by a revoked key",
        "B" => "bad",
        // `N`: there is one, and nothing to judge it by
        _ => "not verifiable here",
    };
    Signature { status: status.to_owned(), signer: some(signer), key: some(key) }
}

/// True if the head of a commit holds a signature.
fn is_signed(commit: &[u8]) -> bool {
    let head = commit.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    head.into_iter().any(|line| line.starts_with(b"gpgsig ") || line.starts_with(b"gpgsig-sha256 "))
}
