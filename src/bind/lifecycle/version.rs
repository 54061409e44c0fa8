//! Versions of Istio's charts.

/// The newest version of Solo's distribution that this fleetc knows.
pub const NEWEST: &str = "1.30.2-solo";

/// Major and minor of a version, or of the lowest version of a range; `None` for a name such as `latest`.
pub fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches(['v', '=', '>', '~', '^', ' ']).split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// A revision read as a minor version, as a range that Helm takes: `1-26` → `>=1.26.0-0 <1.27.0-0`. Solo's versions are
/// pre-releases to Helm (`1.26.2-solo`), which a range without `-0` would leave out.
pub fn range(revision: &str) -> Option<String> {
    let (major, minor) = minor(revision)?;
    Some(format!(">={major}.{minor}.0-0 <{major}.{}.0-0", minor.checked_add(1)?))
}

/// The chart's version of an image's tag: the variant is the image's alone.
pub fn of_tag(tag: &str) -> &str {
    tag.strip_suffix("-distroless").or_else(|| tag.strip_suffix("-debug")).unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minors_are_read() {
        for (version, expected) in [
            ("1.30.2-solo", Some((1, 30))),
            ("v1.26.0", Some((1, 26))),
            (">=1.26.0-0 <1.27.0-0", Some((1, 26))),
            ("1.26.x", Some((1, 26))),
            ("1-26", Some((1, 26))),
            ("latest", None),
            ("", None),
        ] {
            assert_eq!(minor(version), expected, "{version}");
        }
    }

    #[test]
    fn a_revision_is_a_range() {
        assert_eq!(range("1-26").as_deref(), Some(">=1.26.0-0 <1.27.0-0"));
        assert_eq!(range("canary"), None);
        assert_eq!(of_tag("1.24.6-solo-distroless"), "1.24.6-solo");
    }
}
