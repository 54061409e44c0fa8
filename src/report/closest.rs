//! Did you mean.

/// The candidate that is most likely meant by a misspelt word, or `None` if none is near.
///
/// Near is an edit distance of at most a third of the word's letters, and at least one; a swap of two neighbours is
/// one edit, and case counts nothing. Of equally near ones the first in alphabetical order wins, whatever the order given.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = letters(word);
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let limit = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let letters = letters(candidate);
            let near = letters.len().abs_diff(word.len()) <= limit;
            let distance = near.then(|| distance(&word, &letters)).filter(|distance| *distance <= limit)?;
            Some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// The longest word that is compared: a DNS name; a longer one is not a misspelling.
const LONGEST: usize = 253;

fn letters(word: &str) -> Vec<char> {
    word.chars().flat_map(char::to_lowercase).collect()
}

/// Damerau's distance in its restricted form: insertions, deletions, replacements and swaps of neighbours.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous_letter = None;
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        let mut left = row + 1;
        let mut previous_other = None;
        for (column, other) in to.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&last, column) + usize::from(letter != other);
            let mut best = replaced.min(at(&last, column + 1) + 1).min(left + 1);
            if previous_letter == Some(other) && previous_other == Some(letter) {
                best = best.min(at(&before_last, column.saturating_sub(1)) + 1);
            }
            current.push(best);
            left = best;
            previous_other = Some(other);
        }
        before_last = std::mem::replace(&mut last, current);
        previous_letter = Some(letter);
    }
    last.last().copied().unwrap_or(from.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [&str; 5] = ["importFrom", "exportTo", "options", "serviceIsolation", "name"];

    #[test]
    fn finds_what_was_meant() {
        for (word, meant) in [
            ("exportTpo", Some("exportTo")),
            ("exprotTo", Some("exportTo")),
            ("exportto", Some("exportTo")),
            ("importfrm", Some("importFrom")),
            ("nmae", Some("name")),
            ("option", Some("options")),
            ("workspace", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(closest(word, FIELDS), meant, "{word}");
        }
    }

    #[test]
    fn ties_do_not_depend_on_order() {
        assert_eq!(closest("easx", ["east", "easy"]), Some("east"));
        assert_eq!(closest("easx", ["easy", "east"]), Some("east"));
        assert_eq!(closest("wset", ["west", "set"]), Some("set"), "one edit each: the alphabet decides");
    }

    #[test]
    fn endless_words_are_not_compared() {
        let endless = "a".repeat(1 << 20);
        assert_eq!(closest(&endless, FIELDS), None);
        assert_eq!(closest("name", [endless.as_str()]), None);
    }

    #[test]
    fn the_distance_is_damerau() {
        let between = |from: &str, to: &str| distance(&letters(from), &letters(to));
        assert_eq!(between("ca", "ac"), 1);
        assert_eq!(between("kitten", "sitting"), 3);
        assert_eq!(between("", "abc"), 3);
        assert_eq!(between("abc", ""), 3);
        assert_eq!(between("same", "same"), 0);
    }
}
