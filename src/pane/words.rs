//! Lists and numbers in words.

/// So many names as fit a line, and how many are left out: `a, b and 3 more`.
pub fn shortened(names: &[&str], shown: usize) -> String {
    let head = names.iter().take(shown).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(shown) {
        0 => head,
        more => format!("{head} and {more} more"),
    }
}

/// `1 cluster`, `3 clusters`.
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
