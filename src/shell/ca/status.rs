//! `fleetc ca status`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::book::{Book, Common, key_file};
use super::issue::standing;
use crate::bind::{self, Cluster, KeySource, Phase};
use crate::check::certificate_hours;
use crate::shell::Verdict;
use crate::shell::asked::TextOrJson;
use crate::shell::terminal::Terminal;
use crate::shell::trouble::Trouble;
use crate::trust::{self, Certificate, Day, earliest_next};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc ca status                          what ends when, counted from today
  fleetc ca status --now 2027-01-31         from that day
  fleetc ca status -o json                  for programs

A certificate that has ended by the day makes the exit code 1.")]
pub struct Arguments {
    #[command(flatten)]
    common: Common,

    /// How to show it
    #[arg(long, short = 'o', value_enum, default_value_t)]
    format: TextOrJson,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let book = arguments.common.open()?;
    let status = Status::of(&book)?;
    match arguments.format {
        TextOrJson::Text => terminal.print(&status.text())?,
        TextOrJson::Json => terminal.print(&format!("{:#}\n", status.json()))?,
    }
    if let Some(error) = book.first_error() {
        terminal.say(&format!("the fleet has errors, the first is {error}"));
    }
    Ok(Verdict::good_if(!status.has_ended()))
}

/// Who signs, what ends when, how far rotations are.
struct Status {
    today: Day,
    roots: Vec<RootLine>,
    clusters: Vec<ClusterLine>,
    rotations: Vec<RotationLine>,
}

struct RootLine {
    name: String,
    subject: String,
    fingerprint: String,
    ends: Day,
    /// Whether its key is here, encrypted.
    key: bool,
}

struct ClusterLine {
    name: String,
    source: &'static str,
    signed_by: Option<String>,
    /// Of the intermediate, where it is in the fleet.
    ends: Option<Day>,
    state: &'static str,
}

struct RotationLine {
    policy: String,
    from: String,
    to: String,
    phase: &'static str,
    since: Option<Day>,
    next: &'static str,
    earliest: Option<Day>,
}

impl Status {
    fn of(book: &Book) -> Result<Self, Trouble> {
        let mut roots: BTreeMap<&str, &bind::Root> = BTreeMap::new();
        let mut rotations = BTreeMap::new();
        for cluster in &book.mesh.clusters {
            let Some(trust) = &cluster.trust else { continue };
            roots.extend(trust.roots.iter().map(|root| (root.name.as_str(), root)));
            let policy = trust.origins.iter().find(|origin| origin.name.starts_with("RootTrustPolicy/"));
            if let (Some(policy), Some(rotation)) = (policy, &trust.rotation) {
                let hours: &mut i64 =
                    &mut rotations.entry(policy.name.to_string()).or_insert((rotation, 0)).1;
                *hours = (*hours).max(certificate_hours(cluster));
            }
        }
        let mut lines = Vec::new();
        for root in roots.into_values() {
            let certificate = Certificate::from_pem(&root.pem)
                .map_err(|why| Trouble::new(format!("`{}` {why}", book.shown(&root.file))))?;
            lines.push(RootLine {
                name: root.name.clone(),
                subject: certificate.subject,
                fingerprint: certificate.fingerprint,
                ends: certificate.not_after.day(),
                key: book.read(&key_file(&root.file))?.is_some(),
            });
        }
        Ok(Status {
            today: book.today,
            roots: lines,
            clusters: book.mesh.clusters.iter().map(|cluster| ClusterLine::of(book, cluster)).collect(),
            rotations: rotations
                .into_iter()
                .map(|(policy, (rotation, hours))| RotationLine::of(policy, rotation, hours))
                .collect(),
        })
    }

    fn has_ended(&self) -> bool {
        let clusters = self.clusters.iter().filter_map(|cluster| cluster.ends);
        self.roots.iter().map(|root| root.ends).chain(clusters).any(|day| day <= self.today)
    }

    fn left(&self, day: Day) -> String {
        match day.0 - self.today.0 {
            ..=0 => "ended".to_owned(),
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        }
    }

    fn text(&self) -> String {
        let mut rows = vec![["ROOT", "ENDS", "LEFT", "KEY", "SUBJECT"].map(str::to_owned).to_vec()];
        for root in &self.roots {
            let key = if root.key { "here, encrypted" } else { "elsewhere" };
            rows.push(vec![
                root.name.clone(),
                root.ends.to_string(),
                self.left(root.ends),
                key.to_owned(),
                root.subject.clone(),
            ]);
        }
        let mut text = table(&rows);
        let mut rows =
            vec![["CLUSTER", "SOURCE", "SIGNS UNDER", "ENDS", "LEFT", "STATE"].map(str::to_owned).to_vec()];
        for cluster in &self.clusters {
            let dash = || "-".to_owned();
            rows.push(vec![
                cluster.name.clone(),
                cluster.source.to_owned(),
                cluster.signed_by.clone().unwrap_or_else(dash),
                cluster.ends.map_or_else(dash, |day| day.to_string()),
                cluster.ends.map_or_else(dash, |day| self.left(day)),
                cluster.state.to_owned(),
            ]);
        }
        text.push('\n');
        text.push_str(&table(&rows));
        for rotation in &self.rotations {
            let RotationLine { policy, from, to, phase, next, .. } = rotation;
            let since = rotation.since.map_or(String::new(), |day| format!(" since {day}"));
            text.push_str(&format!("\n{policy}: from {from} to {to}, {phase}{since}\n"));
            match rotation.earliest {
                Some(day) if day > self.today => {
                    text.push_str(&format!("  next: {next}, on {day} at the earliest\n"))
                }
                Some(_) => text.push_str(&format!("  next: {next}; the waiting time is over\n")),
                None => text.push_str(&format!("  next: {next}\n")),
            }
        }
        text
    }

    fn json(&self) -> Value {
        let day = |day: Option<Day>| day.map(|day| day.to_string());
        json!({
            "now": self.today.to_string(),
            "roots": self.roots.iter().map(|root| json!({
                "name": root.name, "subject": root.subject, "sha256": root.fingerprint,
                "ends": root.ends.to_string(), "daysLeft": root.ends.0 - self.today.0, "encryptedKey": root.key,
            })).collect::<Vec<_>>(),
            "clusters": self.clusters.iter().map(|cluster| json!({
                "name": cluster.name, "source": cluster.source, "signedBy": cluster.signed_by,
                "ends": day(cluster.ends), "daysLeft": cluster.ends.map(|ends| ends.0 - self.today.0), "state": cluster.state,
            })).collect::<Vec<_>>(),
            "rotations": self.rotations.iter().map(|rotation| json!({
                "policy": rotation.policy, "from": rotation.from, "to": rotation.to, "phase": rotation.phase,
                "phaseSince": day(rotation.since), "next": rotation.next, "earliest": day(rotation.earliest),
            })).collect::<Vec<_>>(),
        })
    }
}

impl ClusterLine {
    fn of(book: &Book, cluster: &Cluster) -> Self {
        let name = cluster.name.clone();
        let Some(trust) = &cluster.trust else {
            return ClusterLine {
                name,
                source: "istiod itself",
                signed_by: None,
                ends: None,
                state: "no policy",
            };
        };
        let signed_by = trust.signed_by.clone();
        let (source, state, ends) = match &trust.source {
            KeySource::Issued(_) => ("cert-manager", "made in the cluster", None),
            KeySource::Stored(_) => ("External Secrets", "kept in a store", None),
            KeySource::Generated(_) => match standing(book, &cluster.name, trust) {
                None => ("offline CA", "missing", None),
                Some(found) => {
                    let ends = found.certificate.not_after.day();
                    let lead = i64::from(trust.intermediate.renew_before_hours.div_ceil(24));
                    let state = match found.whole {
                        false => "not of the root that signs",
                        true if ends <= book.today => "ended",
                        true if ends.0 - book.today.0 < lead => "to be renewed",
                        true => "good",
                    };
                    ("offline CA", state, Some(ends))
                }
            },
        };
        ClusterLine { name, source, signed_by, ends, state }
    }
}

impl RotationLine {
    fn of(policy: String, rotation: &bind::Rotation, hours: i64) -> Self {
        let since = rotation.phase_since.as_deref().and_then(Day::parse);
        let (phase, next) = match rotation.phase {
            Phase::TrustBoth => (trust::Phase::TrustBoth, "`fleetc ca rotate advance` to sign-new"),
            Phase::SignNew => (trust::Phase::SignNew, "`fleetc ca rotate advance` to drop-old"),
            Phase::DropOld => (trust::Phase::DropOld, "`fleetc ca rotate finish`"),
        };
        let earliest =
            since.filter(|_| phase != trust::Phase::DropOld).map(|since| earliest_next(since, phase, hours));
        RotationLine {
            policy,
            from: rotation.from.clone(),
            to: rotation.to.clone(),
            phase: phase.name(),
            since,
            next,
            earliest,
        }
    }
}

/// Columns as wide as their widest cell, two spaces apart.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
