//! Names of what is derived: from the destination, readable, injective.

use sha2::{Digest, Sha256};

use crate::manifest::Labels;

/// Joins parts to a DNS name of at most `limit` characters, so that different parts never meet in one name: parts
/// are joined with `.`, which no part may hold; where one does, or holds another character that a DNS name may not,
/// or the name is too long, it is cleaned, cut and closed with a hash of the parts.
pub fn joined(parts: &[&str], limit: usize) -> String {
    let plain = |part: &&str| {
        let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        part.bytes().all(|byte| alphanumeric(byte) || byte == b'-')
            && part.bytes().next().is_some_and(alphanumeric)
            && part.bytes().last().is_some_and(alphanumeric)
    };
    let name = parts.join(".");
    if name.len() <= limit && parts.iter().all(plain) {
        name
    } else {
        hashed(&name, &parts.join("\0"), limit)
    }
}

/// A readable DNS name of at most `limit` characters, closed with a hash of `identity`.
pub fn hashed(readable: &str, identity: &str, limit: usize) -> String {
    let hash: String = Sha256::digest(identity).iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    let mut clean = String::with_capacity(readable.len());
    for character in readable.chars() {
        let character = character.to_ascii_lowercase();
        let fits = character.is_ascii_lowercase() || character.is_ascii_digit();
        match (fits, clean.ends_with('-') || clean.is_empty()) {
            (true, _) => clean.push(character),
            (false, false) => clean.push('-'),
            (false, true) => {}
        }
        if clean.len() + hash.len() + 1 >= limit {
            break;
        }
    }
    let clean = clean.trim_end_matches('-');
    if clean.is_empty() { format!("x-{hash}") } else { format!("{clean}-{hash}") }
}

/// A readable DNS label of at most `limit` characters for a set of labels, closed with a hash of them.
pub fn labelled(labels: &Labels, limit: usize) -> String {
    let shown = |between: &str| {
        let pairs: Vec<_> = labels.iter().map(|(key, value)| format!("{key}{between}{value}")).collect();
        pairs.join(between)
    };
    hashed(&shown("-"), &shown("\0"), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_differ_never_meet() {
        let names = [
            joined(&["a", "b-c"], 63),
            joined(&["a-b", "c"], 63),
            joined(&["a.b", "c"], 63),
            joined(&["a", "b.c"], 63),
            joined(&["a", "B.c"], 63),
        ];
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        assert_eq!(names[0], "a.b-c");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = "x".repeat(300);
        let (a, b) = (joined(&[&long, "a"], 63), joined(&[&long, "b"], 63));
        assert!(a.len() <= 63 && b.len() <= 63, "{a} {b}");
        assert_ne!(a, b);
    }

    #[test]
    fn a_hashed_name_is_a_dns_name() {
        assert!(hashed("app=Checkout_v2/x", "id", 63).starts_with("app-checkout-v2-x-"));
        assert!(hashed("==", "id", 63).starts_with("x-"));
    }
}
