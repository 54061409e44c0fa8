//! `fleetc ca rotate`.

use clap::Subcommand;

use super::book::{Book, Changes, Common};
use super::init::{self, Wish};
use super::issue::{Issued, is_generated, issue};
use super::keys::Identities;
use crate::bind::{Cluster, Phase, Rotation, Trust};
use crate::check::certificate_hours;
use crate::kinds::ca_source::files;
use crate::kinds::{Object, RootTrustPolicySpec};
use crate::report::{Findings, closest};
use crate::shell::terminal::Terminal;
use crate::shell::trouble::Trouble;
use crate::shell::{Verdict, findings};
use crate::source::{Place, Sources};
use crate::trust::{self, earliest_next};
use crate::yaml::edit::{self, Change, Edit, Path, Step};
use crate::yaml::{Entry, Node, Scalar, Value};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A rotation is three merges, each safe whatever the order in which the clusters sync:
  begin     trust-both   every cluster trusts the old and the new root, the old one signs
  advance   sign-new     the same bundle, the new root signs
  advance   drop-old     the old root leaves the bundle
  finish                 the rotation is forgotten

Examples:
  fleetc ca rotate begin mesh-2026          makes the root, edits the RootTrustPolicy, says what comes next
  fleetc ca rotate advance -i ~/operator.agekey
  fleetc ca rotate abort                    back by one phase

Each edits the YAML in place (comments stay), and refuses a step that some order of syncing would break, or that comes
before the workloads' certificates have turned over.")]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Make the new root, or take one that is there, and let every cluster trust both
    Begin(Begin),
    /// Go on to the next phase
    Advance(Onward),
    /// Forget a rotation whose last phase every cluster has synced
    Finish(Onward),
    /// Go back by one phase
    Abort(Onward),
}

#[derive(Debug, clap::Args)]
struct Begin {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    chosen: Chosen,

    /// The root that comes. Where trust/roots/NAME.pem is there already, such as one that Vault made, it is that one
    #[command(flatten)]
    wish: Wish,
}

#[derive(Debug, clap::Args)]
struct Onward {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    chosen: Chosen,

    #[command(flatten)]
    identities: Identities,
}

#[derive(Debug, clap::Args)]
struct Chosen {
    /// The RootTrustPolicy, where the fleet has several
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,

    /// Say what would change and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let (common, chosen) = match &arguments.task {
        Task::Begin(begin) => (&begin.common, &begin.chosen),
        Task::Advance(onward) | Task::Finish(onward) | Task::Abort(onward) => {
            (&onward.common, &onward.chosen)
        }
    };
    let book = common.open()?;
    let policy = Policy::find(&book, chosen.policy.as_deref())?;
    let turn = match &arguments.task {
        Task::Begin(begin) => policy.begin(&begin.wish)?,
        Task::Advance(onward) => policy.advance(&onward.identities)?,
        Task::Finish(_) => policy.finish()?,
        Task::Abort(onward) => policy.abort(&onward.identities)?,
    };
    let found = judged(&book, &turn.changes);
    terminal.complain(&findings::text(&[(&found.0, &found.1)], terminal));
    if found.1.has_errors() {
        terminal.complain("nothing is written");
        return Ok(Verdict::Refused);
    }
    for line in &turn.told {
        terminal.say(line);
    }
    for (path, bytes) in &turn.changes {
        let verb = if bytes.is_some() { "writes" } else { "deletes" };
        terminal.say(&format!("  {verb} {}", book.shown(path)));
    }
    if chosen.dry_run {
        terminal.say("nothing is written: this was a dry run");
    } else {
        book.write(&turn.changes)?;
    }
    terminal.print(&format!("{}\n", turn.plan.join("\n")))?;
    Ok(Verdict::Good)
}

/// What a step changes and says.
struct Turn {
    changes: Changes,
    /// What was done.
    told: Vec<String>,
    /// What must be true before the next step.
    plan: Vec<String>,
}

/// What is wrong with the fleet after the changes, or with the way there; places are in the sources beside it.
fn judged(book: &Book, changes: &Changes) -> (Sources, Findings) {
    let after = book.changed(changes);
    let now = book.today.to_string();
    let mut found = match crate::compile(&after) {
        Ok(compiled) => compiled.since(&book.sources, Some(&now)),
        Err(findings) => findings,
    };
    found.retain(|finding| finding.code.level != crate::report::Level::Info);
    (after, found)
}

/// A RootTrustPolicy that is to be edited.
struct Policy<'b> {
    book: &'b Book,
    object: &'b Object<RootTrustPolicySpec>,
    /// The clusters that it governs.
    clusters: Vec<(&'b Cluster, &'b Trust)>,
}

impl<'b> Policy<'b> {
    fn find(book: &'b Book, name: Option<&str>) -> Result<Self, Trouble> {
        let policies = &book.admitted.intents.root_trust_policies;
        let names = || policies.iter().map(|policy| policy.name.as_str());
        let listed = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let object = match name {
            Some(name) => policies.iter().find(|policy| *policy.name == name).ok_or_else(|| {
                let near = closest(name, names())
                    .map_or_else(|| format!("it has {}", listed()), |near| format!("did you mean `{near}`?"));
                Trouble::new(format!("the fleet has no RootTrustPolicy `{name}`")).help(near)
            })?,
            None => match policies.as_slice() {
                [only] => only,
                [] => {
                    return Err(Trouble::new("the fleet has no RootTrustPolicy")
                        .help("write one; `fleetc schema roottrustpolicy` says how"));
                }
                _ => {
                    return Err(Trouble::new(format!("the fleet has several: {}", listed()))
                        .help("choose one by `--policy`"));
                }
            },
        };
        let reference = object.reference("RootTrustPolicy");
        let governed = |cluster: &'b Cluster| {
            let trust = cluster.trust.as_ref()?;
            trust.origins.iter().any(|origin| *origin.name == *reference).then_some((cluster, trust))
        };
        let clusters: Vec<_> = book.mesh.clusters.iter().filter_map(governed).collect();
        if clusters.is_empty() {
            let trouble =
                Trouble::new(format!("the RootTrustPolicy `{}` governs no cluster", object.name.value));
            return Err(match book.first_error() {
                Some(error) => trouble.help(format!("the fleet has errors, the first is {error}")),
                None => trouble,
            });
        }
        Ok(Policy { book, object, clusters })
    }

    fn trust(&self) -> Result<&'b Trust, Trouble> {
        self.clusters
            .first()
            .map(|(_, trust)| *trust)
            .ok_or_else(|| Trouble::new("the policy governs no cluster"))
    }

    fn rotation(&self) -> Result<&'b Rotation, Trouble> {
        self.trust()?.rotation.as_ref().ok_or_else(|| {
            Trouble::new("no rotation is under way")
                .help("`fleetc ca rotate begin <name of the new root>` begins one")
        })
    }

    fn begin(&self, wish: &Wish) -> Result<Turn, Trouble> {
        let trust = self.trust()?;
        if let Some(rotation) = &trust.rotation {
            return Err(Trouble::new(format!("a rotation to `{}` is under way", rotation.to))
                .help("bring it to its end (`advance`, `finish`), or go back (`abort`)"));
        }
        let Some(from) = &trust.signed_by else {
            return Err(Trouble::new("the policy commits no root, so there is none to come from")
                .help("list the root of today first, in a merge of its own: `rootBundle: [{name: <root>, file: trust/roots/<root>.pem}]`"));
        };
        let file = files::root_file(&wish.name);
        let mut told = Vec::new();
        let mut changes = Changes::new();
        if self.book.read(&file)?.is_some() {
            told.push(format!("root `{}` is there: {}", wish.name, self.book.shown(&file)));
        } else {
            let made = init::make(self.book, wish)?;
            told.push(format!(
                "root `{}`: {}, ends on {}",
                wish.name,
                made.certificate.subject,
                made.certificate.not_after.day()
            ));
            changes.extend(made.changes);
        }
        let config = self.config()?;
        let root = mapping(&[("name", plain(&wish.name)), ("file", plain(&file))]);
        let rotation = mapping(&[
            ("from", plain(from)),
            ("to", plain(&wish.name)),
            ("phase", plain("trust-both")),
            ("phaseSince", quoted(&self.book.today.to_string())),
        ]);
        let mut edits = vec![
            config.clone().key("rootBundle").change(Change::Append(root)),
            config.clone().key("rotation").change(Change::Set(rotation)),
        ];
        if trust.roots.len() > 1 && self.signed_by().is_none() {
            edits.push(config.key("agentCa").key("signedBy").change(Change::Set(plain(from))));
        }
        self.edit(self.object.place, &edits, &mut changes)?;
        told.push(format!("{}: from `{from}` to `{}`: trust-both", self.name(), wish.name));
        Ok(Turn { changes, told, plan: self.plan(Phase::TrustBoth, from, &wish.name) })
    }

    fn advance(&self, identities: &Identities) -> Result<Turn, Trouble> {
        let Rotation { from, to, phase, .. } = self.rotation()?;
        match phase {
            Phase::TrustBoth => self.sign_under(to, Phase::SignNew, identities),
            Phase::SignNew => {
                let mut changes = Changes::new();
                let mut edits = vec![self.root_item(from)?.change(Change::Remove)];
                edits.extend(self.phase(Phase::DropOld)?);
                self.edit(self.object.place, &edits, &mut changes)?;
                let told = vec![format!("{}: from `{from}` to `{to}`: drop-old", self.name())];
                Ok(Turn { changes, told, plan: self.plan(Phase::DropOld, from, to) })
            }
            Phase::DropOld => Err(Trouble::new("the rotation is in its last phase")
                .help("once every cluster has synced it: `fleetc ca rotate finish`")),
        }
    }

    fn finish(&self) -> Result<Turn, Trouble> {
        let Rotation { from, to, phase, .. } = self.rotation()?;
        if *phase != Phase::DropOld {
            return Err(Trouble::new(format!(
                "the rotation is in `{}`, not in its last phase",
                name_of(*phase)
            ))
            .help("`fleetc ca rotate advance` goes on"));
        }
        let mut changes = Changes::new();
        self.edit(self.object.place, &[self.config()?.key("rotation").change(Change::Remove)], &mut changes)?;
        // A cluster that was said to trust the old root trusts the new one by now.
        for cluster in &self.book.admitted.intents.kubernetes_clusters {
            if let Some(current) = cluster.spec.current_root.as_ref().filter(|current| ***current == *from) {
                let place = self.path(current.place)?;
                self.edit(current.place, &[place.change(Change::Set(plain(to)))], &mut changes)?;
            }
        }
        let told = vec![format!("{}: the rotation from `{from}` to `{to}` is over", self.name())];
        let plan = vec![format!(
            "`{from}` is trusted nowhere: its files (`{}` and its key) may go, or be kept for the record",
            files::root_file(from)
        )];
        Ok(Turn { changes, told, plan })
    }

    fn abort(&self, identities: &Identities) -> Result<Turn, Trouble> {
        let Rotation { from, to, phase, .. } = self.rotation()?;
        match phase {
            Phase::TrustBoth => {
                let mut changes = Changes::new();
                let edits = [
                    self.root_item(to)?.change(Change::Remove),
                    self.config()?.key("rotation").change(Change::Remove),
                ];
                self.edit(self.object.place, &edits, &mut changes)?;
                let told = vec![format!("{}: the rotation to `{to}` is given up", self.name())];
                let plan = vec![format!("`{to}` is not used: its files may go, or wait for another try")];
                Ok(Turn { changes, told, plan })
            }
            Phase::SignNew => self.sign_under(from, Phase::TrustBoth, identities),
            Phase::DropOld => Err(Trouble::new(format!("no cluster trusts `{from}` any more")).help(
                format!("finish this rotation; the way back is another one: `fleetc ca rotate begin {from}`"),
            )),
        }
    }

    /// The phase in which a root of the rotation signs, and the intermediates that it takes.
    fn sign_under(&self, root: &str, phase: Phase, identities: &Identities) -> Result<Turn, Trouble> {
        let Rotation { from, to, .. } = self.rotation()?;
        let mut changes = Changes::new();
        let mut edits = self.phase(phase)?;
        if self.signed_by().is_some() {
            edits.push(self.config()?.key("agentCa").key("signedBy").change(Change::Set(plain(root))));
        }
        self.edit(self.object.place, &edits, &mut changes)?;
        let mut told = vec![format!("{}: from `{from}` to `{to}`: {}", self.name(), name_of(phase))];
        let generated: Vec<String> = self
            .clusters
            .iter()
            .filter(|(_, trust)| is_generated(trust))
            .map(|(cluster, _)| cluster.name.clone())
            .collect();
        if generated.is_empty() {
            told.push(format!("let the issuer of every cluster sign under `{root}`, in this merge or before it: fleetc does not hold it"));
        } else {
            let edited = self.book.with(&changes);
            let Issued { changes: minted, told: lines } =
                issue(&edited, &generated, &Changes::new(), &identities.read(self.book)?)?;
            changes.extend(minted);
            told.extend(lines);
        }
        Ok(Turn { changes, told, plan: self.plan(phase, from, to) })
    }

    fn name(&self) -> String {
        self.object.reference("RootTrustPolicy")
    }

    fn signed_by(&self) -> Option<&str> {
        let said = self.object.spec.config.as_ref()?.agent_ca.as_ref()?.signed_by.as_ref()?;
        Some(said.as_str())
    }

    fn phase(&self, phase: Phase) -> Result<Vec<Edit>, Trouble> {
        let rotation = self.config()?.key("rotation");
        let since = quoted(&self.book.today.to_string());
        Ok(vec![
            rotation.clone().key("phase").change(Change::Set(plain(name_of(phase)))),
            rotation.key("phaseSince").change(Change::Set(since)),
        ])
    }

    /// The item of the bundle with a root.
    fn root_item(&self, name: &str) -> Result<Path, Trouble> {
        let config = self.object.spec.config.as_ref();
        let index = config.and_then(|config| config.root_bundle.iter().position(|root| *root.name == name));
        let index = index.ok_or_else(|| Trouble::new(format!("the bundle has no root `{name}`")))?;
        Ok(self.config()?.key("rootBundle").item(index))
    }

    /// `spec.config` of the policy, in its file.
    fn config(&self) -> Result<Path, Trouble> {
        let mut path = self.path(self.object.place)?;
        // the place of an object is its `metadata.name`
        if !matches!(path.steps.as_slice(), [.., Step::Key(metadata), Step::Key(name)] if metadata == "metadata" && name == "name")
        {
            return Err(by_hand("the policy is brought by an anchor or a merge key"));
        }
        path.steps.truncate(path.steps.len().saturating_sub(2));
        Ok(path.key("spec").key("config"))
    }

    /// A place in its file. Edits of other entries do not move it.
    fn path(&self, place: Place) -> Result<Path, Trouble> {
        let file = self.book.sources.file(place.file).ok_or_else(|| by_hand("it is in no file"))?;
        let text = std::str::from_utf8(&file.bytes).map_err(|_| by_hand("the file is not UTF-8"))?;
        edit::find(text, place.start as usize).ok_or_else(|| by_hand("its place in the file cannot be told"))
    }

    /// Edits the file of a place, on top of what was changed in it so far.
    fn edit(&self, place: Place, edits: &[Edit], changes: &mut Changes) -> Result<(), Trouble> {
        let file = self.book.sources.file(place.file).ok_or_else(|| by_hand("it is in no file"))?;
        let bytes = changes.get(&file.path).and_then(Option::as_ref).unwrap_or(&file.bytes);
        let text = std::str::from_utf8(bytes).map_err(|_| by_hand("the file is not UTF-8"))?;
        let edited = edit::edit(text, edits)
            .map_err(|refusal| by_hand(&format!("`{}`: {}", self.book.shown(&file.path), refusal.message)))?;
        changes.insert(file.path.clone(), Some(edited.into_bytes()));
        Ok(())
    }

    /// What must be true before the next step.
    fn plan(&self, phase: Phase, from: &str, to: &str) -> Vec<String> {
        let hours = self.clusters.iter().map(|(cluster, _)| certificate_hours(cluster)).max().unwrap_or(24);
        let clusters: Vec<&str> = self.clusters.iter().map(|(cluster, _)| cluster.name.as_str()).collect();
        let synced = format!(
            "this is merged with the trees that `fleetc build` renders, and synced in {}",
            clusters.join(", ")
        );
        let day = |phase| earliest_next(self.book.today, phase, hours);
        let (next, conditions) = match phase {
            Phase::TrustBoth => (
                "`fleetc ca rotate advance` (sign-new)",
                vec![
                    synced,
                    "every istiod has taken both roots: ConfigMap istio-ca-root-cert holds two certificates in every namespace \
                     (ISTIO_MULTIROOT_MESH stands in the rendered values; where it is new, istiod restarts with it)".to_owned(),
                    format!("every workload has a certificate from since then: not before {} if all have synced today, with certificates of {hours} hours", day(trust::Phase::TrustBoth)),
                    "`istioctl ztunnel-config certificates` shows two roots everywhere, `istioctl proxy-config secret` at waypoints and gateways too".to_owned(),
                    "if the last cluster syncs later than today, `phaseSince` says that day".to_owned(),
                ],
            ),
            Phase::SignNew => (
                "`fleetc ca rotate advance` (drop-old)",
                vec![
                    synced,
                    format!("every istiod signs under `{to}`: its log says so, and new certificates chain to it"),
                    format!("no workload holds a certificate under `{from}`: not before {} if all have synced today, with certificates of {hours} hours", day(trust::Phase::SignNew)),
                    "if the last cluster syncs later than today, `phaseSince` says that day".to_owned(),
                ],
            ),
            Phase::DropOld => ("`fleetc ca rotate finish`", vec![synced]),
        };
        let lines = conditions.into_iter().map(|condition| format!("  - {condition}"));
        std::iter::once(format!("before {next}:")).chain(lines).collect()
    }
}

fn name_of(phase: Phase) -> &'static str {
    match phase {
        Phase::TrustBoth => "trust-both",
        Phase::SignNew => "sign-new",
        Phase::DropOld => "drop-old",
    }
}

fn by_hand(why: &str) -> Trouble {
    Trouble::new(format!("the policy cannot be edited in place: {why}"))
        .help("edit it by hand; `fleetc explain FC621` shows the phases")
}

fn plain(text: &str) -> Node {
    scalar(text, true)
}

fn quoted(text: &str) -> Node {
    scalar(text, false)
}

fn scalar(text: &str, plain: bool) -> Node {
    Node { place: Place::default(), value: Value::Scalar(Scalar { text: text.to_owned(), plain }) }
}

fn mapping(entries: &[(&str, Node)]) -> Node {
    let entry = |(key, node): &(&str, Node)| Entry {
        key: (*key).to_owned(),
        key_place: Place::default(),
        node: node.clone(),
    };
    Node { place: Place::default(), value: Value::Mapping(entries.iter().map(entry).collect()) }
}
