//! How a policy's strings match.

/// The strings of one list, told apart once: `*` is presence, `*x` a suffix, `x*` a prefix, all else exact. A
/// `*` in the middle is literal, and a leading one wins over a trailing one (istio
/// pilot/pkg/serviceregistry/ambient/authorization.go, `stringToMatch`;
/// pilot/pkg/security/authz/matcher/string.go, `StringMatcherWithPrefix`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Strings {
    presence: bool,
    /// Sorted.
    exact: Vec<String>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

impl Strings {
    /// `None` if there are none.
    pub fn read(values: &[String]) -> Option<Self> {
        let mut strings = Strings::default();
        values.iter().for_each(|value| strings.add(value));
        strings.exact.sort_unstable();
        (!values.is_empty()).then_some(strings)
    }

    /// One pattern.
    pub fn pattern(text: &str) -> Self {
        let mut strings = Strings::default();
        strings.add(text);
        strings
    }

    /// One string as it stands, a `*` in it included.
    pub fn exact(text: &str) -> Self {
        Strings { exact: vec![text.to_owned()], ..Strings::default() }
    }

    fn add(&mut self, value: &str) {
        if value == "*" {
            self.presence = true;
        } else if let Some(suffix) = value.strip_prefix('*') {
            self.suffixes.push(suffix.to_owned());
        } else if let Some(prefix) = value.strip_suffix('*') {
            self.prefixes.push(prefix.to_owned());
        } else {
            self.exact.push(value.to_owned());
        }
    }

    /// Case counts. Presence asks for a string that is not empty.
    pub fn match_text(&self, text: &str) -> bool {
        (self.presence && !text.is_empty())
            || self.exact.binary_search_by(|exact| exact.as_str().cmp(text)).is_ok()
            || self.prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()))
            || self.suffixes.iter().any(|suffix| text.ends_with(suffix.as_str()))
    }

    /// As [`Strings::match_text`], but presence is content with an empty value, as Envoy's `present_match` of
    /// a header is.
    pub fn match_header(&self, value: &str) -> bool {
        self.presence || self.match_text(value)
    }
}

/// Whether `text` consists of the literal pieces in order, with anything at all between them: a regular
/// expression that has no other operator than `.*`, matched in full.
pub(super) fn glob(pieces: &[String], text: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
    let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
    let Some((last, middle)) = rest.split_last() else { return text.is_empty() };
    for piece in middle {
        match text.split_once(piece.as_str()) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(pattern: &str) -> Vec<String> {
        pattern.split('*').map(str::to_owned).collect()
    }

    #[test]
    fn a_wildcard_stands_at_one_end_only() {
        let matches = |value: &str, text: &str| Strings::pattern(value).match_text(text);
        assert!(matches("ab*", "abc") && matches("*bc", "abc") && matches("*", "abc"));
        assert!(!matches("a*c", "abc") && matches("a*c", "a*c"));
        assert!(!matches("*b*", "abc") && matches("*b*", "ab*"));
        assert!(!matches("*", "") && !matches("ABC", "abc"));
        assert_eq!(Strings::read(&[]), None);
    }

    #[test]
    fn glob_matches_in_full() {
        assert!(glob(&pieces("a*b*c"), "a--b--c") && glob(&pieces("a*b*c"), "abc"));
        assert!(!glob(&pieces("a*b*c"), "a--c") && !glob(&pieces("a*b*c"), "a--b--cd"));
        assert!(glob(&pieces("*"), "") && glob(&pieces("a"), "a") && !glob(&pieces("a"), "ab"));
        assert!(!glob(&pieces("ab*bc"), "abc"));
    }
}
