//! A rotation of the root: what each phase means, and which steps lead from one to the next.

use super::{Day, Root};

/// How far a rotation is, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Both roots are trusted, the old one signs.
    TrustBoth,
    /// Both roots are trusted, the new one signs.
    SignNew,
    /// The new root alone is trusted.
    DropOld,
}

/// A rotation as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The name of the root that goes.
    pub from: String,
    /// The name of the root that comes.
    pub to: String,
    /// How far it is.
    pub phase: Phase,
    /// The day since which the phase is in force.
    pub since: Option<Day>,
}

/// What one side of a change declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The bundle, in its order.
    pub bundle: Vec<Root>,
    /// The root that signs, by its name.
    pub signed_by: String,
    /// A rotation that is under way.
    pub rotation: Option<Rotation>,
}

/// A phase that a change passes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// What the change does: lower case, no full stop.
    pub what: String,
    /// What has to come first.
    pub first: String,
}

/// Whether the phases go one by one. What a bundle without a rotation does is left to [`any_order`](super::any_order).
pub fn one_phase_at_a_time(before: &Declared, after: &Declared) -> Result<(), Skipped> {
    let skipped = |what: String, first: String| Err(Skipped { what, first });
    let holds = |declared: &Declared, name: &str| declared.bundle.iter().any(|root| root.name == name);
    match (&before.rotation, &after.rotation) {
        (None, Some(now)) => {
            let (from, to) = (&now.from, &now.to);
            let known = !before.bundle.is_empty();
            match now.phase {
                Phase::SignNew if known && !holds(before, to) => skipped(
                    format!("a rotation begins with `sign-new`: no cluster trusts `{to}` yet"),
                    "`phase: trust-both`".to_owned(),
                ),
                Phase::DropOld if known && before.signed_by != *to => skipped(
                    format!("a rotation begins with `drop-old`: the clusters still sign under `{from}`"),
                    "`phase: trust-both`, then `phase: sign-new`".to_owned(),
                ),
                _ => Ok(()),
            }
        }
        (Some(was), None) => match was.phase {
            Phase::TrustBoth if after.signed_by == was.to => skipped(
                format!("the rotation is taken away in `trust-both`, and `{}` signs at once", was.to),
                format!(
                    "`phase: sign-new`; to give the rotation up, take `{}` out of the bundle instead",
                    was.to
                ),
            ),
            Phase::SignNew if !holds(after, &was.to) => skipped(
                format!("the rotation is taken away in `sign-new`, and with it `{}`, which signs", was.to),
                "`phase: trust-both`, to sign under the old root again".to_owned(),
            ),
            _ => Ok(()),
        },
        (Some(was), Some(now)) if (&was.from, &was.to) != (&now.from, &now.to) => {
            let follows = was.phase == Phase::DropOld && now.phase == Phase::TrustBoth && now.from == was.to;
            if follows {
                return Ok(());
            }
            skipped(
                format!("a rotation to `{}` begins while the one to `{}` is under way", now.to, was.to),
                format!("the end of the rotation to `{}`: `phase: drop-old`, or its reversal", was.to),
            )
        }
        (Some(was), Some(now)) => match (was.phase, now.phase) {
            (Phase::TrustBoth, Phase::DropOld) => skipped(
                format!("`drop-old` follows `trust-both`: the clusters still sign under `{}`", now.from),
                "`phase: sign-new`".to_owned(),
            ),
            (Phase::DropOld, Phase::TrustBoth) => skipped(
                format!("`trust-both` follows `drop-old`: no cluster trusts `{}` any more", now.from),
                "`phase: sign-new` with both roots in the bundle".to_owned(),
            ),
            _ => Ok(()),
        },
        (None, None) => Ok(()),
    }
}

/// How long a phase must have been in force before the next one, in hours, for workload certificates that live so long.
///
/// - after `trust-both`, a workload learns the roots with its next certificate, at half of a life (ztunnel, src/identity:
///   `refresh_at`), and an hour for the Secret to reach istiod;
/// - after `sign-new`, the last certificate signed under the old root ends after a whole life.
pub fn waiting_hours(phase: Phase, certificate_hours: i64) -> i64 {
    match phase {
        Phase::TrustBoth => (certificate_hours + 1) / 2 + 1,
        Phase::SignNew => certificate_hours,
        Phase::DropOld => 0,
    }
}

/// The first day on which a phase that is in force since a day may be followed by the next. The day itself counts as not
/// over: the phase may have come into force at its end.
pub fn earliest_next(since: Day, phase: Phase, certificate_hours: i64) -> Day {
    let over = since.plus(1).start().plus_hours(waiting_hours(phase, certificate_hours));
    if over == over.day().start() { over.day() } else { over.day().plus(1) }
}

impl Phase {
    /// As the policy writes it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::TrustBoth => "trust-both",
            Phase::SignNew => "sign-new",
            Phase::DropOld => "drop-old",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(bundle: &[&str], signed_by: &str, phase: Option<Phase>) -> Declared {
        let root = |name: &&str| Root { name: (*name).to_owned(), fingerprint: format!("sha-{name}") };
        let rotation =
            phase.map(|phase| Rotation { from: "old".into(), to: "new".into(), phase, since: None });
        Declared { bundle: bundle.iter().map(root).collect(), signed_by: signed_by.to_owned(), rotation }
    }

    fn states() -> Vec<Declared> {
        vec![
            declared(&["old"], "old", None),
            declared(&["old", "new"], "old", Some(Phase::TrustBoth)),
            declared(&["old", "new"], "new", Some(Phase::SignNew)),
            declared(&["new"], "new", Some(Phase::DropOld)),
            declared(&["new"], "new", None),
        ]
    }

    #[test]
    fn phases_go_one_by_one_both_ways() {
        let states = states();
        let mut refused = Vec::new();
        for (from, before) in states.iter().enumerate() {
            for (to, after) in states.iter().enumerate() {
                if one_phase_at_a_time(before, after).is_err() {
                    refused.push((from, to));
                }
            }
        }
        // what a fleet without a rotation does is judged by its bundles
        assert_eq!(refused, [(0, 2), (0, 3), (1, 3), (1, 4), (2, 0), (3, 1)]);
    }

    #[test]
    fn another_rotation_waits_for_the_end_of_the_first() {
        let mut next = declared(&["new", "newer"], "new", Some(Phase::TrustBoth));
        next.rotation =
            next.rotation.map(|rotation| Rotation { from: "new".into(), to: "newer".into(), ..rotation });
        let states = states();
        assert!(one_phase_at_a_time(&states[3], &next).is_ok());
        assert!(one_phase_at_a_time(&states[2], &next).is_err());
    }

    #[test]
    fn a_phase_lasts_as_long_as_certificates_live() {
        let since = Day::parse("2026-03-01").unwrap();
        for (phase, hours, expected) in [
            (Phase::TrustBoth, 24, "2026-03-03"),
            (Phase::SignNew, 24, "2026-03-03"),
            (Phase::SignNew, 25, "2026-03-04"),
            (Phase::TrustBoth, 1, "2026-03-03"),
            (Phase::SignNew, 2160, "2026-05-31"),
            (Phase::DropOld, 24, "2026-03-02"),
        ] {
            assert_eq!(earliest_next(since, phase, hours).to_string(), expected, "{phase:?} {hours}");
        }
    }
}
