//! Versions of Istio's charts.

use crate::bind::Distribution;

/// The newest version of a distribution that this fleetc knows.
pub fn newest(distribution: Distribution) -> &'static str {
    match distribution {
        Distribution::Solo => "1.30.2-solo",
        Distribution::Upstream => "1.30.3",
    }
}

/// Major and minor of a version, or of the lowest version of a range; `None` for a name such as `latest`.
pub fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches(['v', '=', '>', '~', '^', ' ']).split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Major, minor and patch, by which versions are compared; of a range the lowest version, but any patch is the highest.
pub fn order(version: &str) -> Option<(u32, u32, u32)> {
    let (major, minor) = minor(version)?;
    let mut parts = version.trim_start_matches(['v', '=', '>', '~', '^', ' ']).split(['.', '-']);
    let patch = parts
        .nth(2)
        .map_or(Some(0), |patch| if patch == "x" { Some(u32::MAX) } else { patch.parse().ok() })?;
    Some((major, minor, patch))
}

/// A revision read as a minor version, as a range that Helm takes: `1-26` → `1.26.x`, for Solo `>=1.26.0-0 <1.27.0-0`: its
/// versions are pre-releases to Helm (`1.26.2-solo`), which a range without `-0` would leave out.
pub fn range(revision: &str, distribution: Distribution) -> Option<String> {
    let (major, minor) = minor(revision)?;
    match distribution {
        Distribution::Solo => Some(format!(">={major}.{minor}.0-0 <{major}.{}.0-0", minor.checked_add(1)?)),
        Distribution::Upstream => Some(format!("{major}.{minor}.x")),
    }
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
    fn versions_are_compared() {
        let ordered = ["1.9.2", "1.26.x", "1.29.10", "1.30.0", "1.30.2-solo"];
        let orders: Vec<_> = ordered.iter().map(|version| order(version).unwrap()).collect();
        assert!(orders.is_sorted(), "{orders:?}");
        assert_eq!(order("latest"), None);
    }

    #[test]
    fn a_revision_is_a_range() {
        assert_eq!(range("1-26", Distribution::Solo).as_deref(), Some(">=1.26.0-0 <1.27.0-0"));
        assert_eq!(range("1-26", Distribution::Upstream).as_deref(), Some("1.26.x"));
        assert_eq!(range("canary", Distribution::Solo), None);
        assert_eq!(of_tag("1.24.6-solo-distroless"), "1.24.6-solo");
    }
}
