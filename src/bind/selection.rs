//! Matching: globs as Gloo takes them, labels as Kubernetes matches them.

use crate::manifest::Labels;

/// Labels that change with every pod or revision: no rendered selector may hold one (SPEC section 5).
const VOLATILE: [&str; 11] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Whether a pattern with `*` for any run of characters matches a whole name.
pub fn glob(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(head) else { return false };
    let parts: Vec<&str> = rest.split('*').collect();
    let Some((tail, middle)) = parts.split_last() else { return true };
    for part in middle {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(tail)
}

/// Whether a name holds a glob.
pub fn is_glob(pattern: &str) -> bool {
    pattern.contains('*')
}

/// Whether labels carry everything a selector asks for. An empty selector matches everything.
pub fn matches(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Whether a label changes with every pod or revision.
pub fn is_volatile(key: &str) -> bool {
    VOLATILE.contains(&key)
}

/// The labels that stay.
pub fn stable(labels: &Labels) -> Labels {
    labels
        .iter()
        .filter(|(key, _)| !is_volatile(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, expected) in [
            ("*", "anything", true),
            ("*", "", true),
            ("prod-*", "prod-east", true),
            ("prod-*", "pre-prod-east", false),
            ("*-east", "prod-east", true),
            ("p*d-*st", "prod-east", true),
            ("a*a", "a", false),
            ("a*b*a", "aba", true),
            ("a*b*a", "aa", false),
            ("east", "east", true),
            ("east", "east2", false),
            ("**", "x", true),
        ] {
            assert_eq!(glob(pattern, name), expected, "{pattern} {name}");
        }
    }
}
