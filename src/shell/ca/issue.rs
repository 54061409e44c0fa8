//! `fleetc ca issue`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::age::{Identity, Recipient};
use super::book::{Book, Changes, Common, signing_root};
use super::init::{end, rsa};
use super::keys::{self, Identities};
use super::mint::{self, Subject};
use crate::bind::{self, CertificateOptions, KeySource, Trust};
use crate::kinds::ca_source::files;
use crate::shell::Verdict;
use crate::shell::terminal::Terminal;
use crate::shell::trouble::Trouble;
use crate::trust::{Certificate, Day, chain_problems};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc ca issue --missing -i ~/operator.agekey           every cluster that has none under the root that signs
  fleetc ca issue --all --recipient age1…                  one Argo CD decrypts for all
  fleetc ca issue east --recipient age1…                   a new cluster; its key is for Argo CD's plugin or Flux
  fleetc ca issue west --sealing-cert west.crt             for a cluster with sealed-secrets
  fleetc ca issue --renew-before 30d                       every one that ends within 30 days
  fleetc ca issue --renew-before 2026-12-31                or by that day
  fleetc ca issue --all                                    every one, whatever it has

Each gets a new key and a certificate under the root that the RootTrustPolicy says signs. The root's key is decrypted
in memory, the cluster's is written for the cluster alone. Certificates that are there and not asked for stay as
they are: nothing is signed again. Commit what is written, build, and commit the tree.")]
pub struct Arguments {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    identities: Identities,

    /// The clusters
    #[arg(value_name = "CLUSTER", required_unless_present_any = ["all", "missing", "renew_before"])]
    clusters: Vec<String>,

    /// Every cluster of the offline CA
    #[arg(long, conflicts_with_all = ["clusters", "missing", "renew_before"])]
    all: bool,

    /// Those that have no whole intermediate under the root that signs
    #[arg(long, conflicts_with = "clusters")]
    missing: bool,

    /// Those whose intermediate ends within so many days (`30d`, `720h`), or by a date
    #[arg(long, value_name = "DURATION|DATE", value_parser = deadline, conflicts_with = "clusters")]
    renew_before: Option<Deadline>,

    /// Who decrypts by SOPS, for the named clusters, or for those of the chosen that say nothing themselves: a recipient of
    /// age; kept in trust/<cluster>/recipients.txt
    #[arg(long = "recipient", short = 'r', value_name = "AGE")]
    recipients: Vec<Recipient>,

    /// The certificate of the named cluster's sealed-secrets controller; kept in trust/<cluster>/sealing-cert.pem
    #[arg(long, value_name = "FILE", requires = "clusters", conflicts_with = "recipients")]
    sealing_cert: Option<PathBuf>,
}

/// Until when a certificate has to live.
#[derive(Debug, Clone, Copy)]
pub enum Deadline {
    /// So many days from today.
    Within(i64),
    /// That day.
    By(Day),
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let book = arguments.common.open()?;
    let chosen = chosen(arguments, &book)?;
    let said = said(arguments, &chosen, &book)?;
    if chosen.is_empty() {
        terminal.say("nothing to issue");
        return Ok(Verdict::Good);
    }
    let issued = issue(&book, &chosen, &said, &arguments.identities.read(&book)?)?;
    book.write(&issued.changes)?;
    for line in &issued.told {
        terminal.say(line);
    }
    terminal.say("next: commit, `fleetc build`, and commit the trees");
    Ok(Verdict::Good)
}

/// What the command line says of who decrypts, as files.
fn said(arguments: &Arguments, chosen: &[String], book: &Book) -> Result<Changes, Trouble> {
    let mut changes = Changes::new();
    for name in chosen {
        let (recipients, sealing) = (keys::recipients_file(name), keys::sealing_file(name));
        let silent = book.read(&recipients)?.is_none() && book.read(&sealing)?.is_none();
        if !arguments.recipients.is_empty() && (silent || !arguments.clusters.is_empty()) {
            let text = keys::listed(&format!("who decrypts for cluster {name}"), &arguments.recipients);
            changes.insert(recipients.clone(), Some(text.into_bytes()));
            if book.read(&sealing)?.is_some() {
                changes.insert(sealing.clone(), None);
            }
        }
        if let Some(file) = &arguments.sealing_cert {
            let text = std::fs::read(file).map_err(|error| Trouble::disk("read", file, &error))?;
            keys::sealing_key(&String::from_utf8_lossy(&text))
                .map_err(|why| Trouble::new(format!("`{}` {why}", file.display())))?;
            changes.insert(sealing, Some(text));
            if book.read(&recipients)?.is_some() {
                changes.insert(recipients, None);
            }
        }
    }
    Ok(changes)
}

fn chosen(arguments: &Arguments, book: &Book) -> Result<Vec<String>, Trouble> {
    let mut chosen = arguments.clusters.clone();
    chosen.sort();
    chosen.dedup();
    for name in &chosen {
        trust(book, name)?;
    }
    let deadline = arguments.renew_before.map(|deadline| match deadline {
        Deadline::Within(days) => book.today.plus(days),
        Deadline::By(day) => day,
    });
    for cluster in &book.mesh.clusters {
        let Some(trust) = cluster.trust.as_ref().filter(|trust| is_generated(trust)) else { continue };
        let state = standing(book, &cluster.name, trust);
        let missing = || !matches!(&state, Some(state) if state.whole);
        let ends = |deadline: Day| {
            state.as_ref().is_none_or(|state| state.certificate.not_after < deadline.plus(1).start())
        };
        if arguments.all || (arguments.missing && missing()) || deadline.is_some_and(ends) {
            chosen.push(cluster.name.clone());
        }
    }
    let none = !book.mesh.clusters.iter().filter_map(|cluster| cluster.trust.as_ref()).any(is_generated);
    if chosen.is_empty() && none {
        let mut help = "name a CASource with `generated: {}` in the RootTrustPolicy: `agentCa: {caSourceRef: {name: <CASource>}}`".to_owned();
        if let Some(error) = book.first_error() {
            help = format!("the fleet has errors, the first is {error}\n{help}");
        }
        return Err(Trouble::new("no cluster gets its `cacerts` from the offline CA").help(help));
    }
    Ok(chosen)
}

/// A cluster's intermediate as it stands.
pub struct Standing {
    /// What it signs with.
    pub certificate: Certificate,
    /// Whether it leads to the root that is to sign, with its chain and its key beside it.
    pub whole: bool,
}

/// `None` if there is none, or none that can be read.
pub fn standing(book: &Book, cluster: &str, trust: &Trust) -> Option<Standing> {
    let certificate = book.certificates(&files::certificate_file(cluster)).ok()?.into_iter().next()?;
    let chain = book.certificates(&files::chain_file(cluster)).unwrap_or_default();
    let root = signing_root(cluster, trust).ok().and_then(|root| Certificate::from_pem(&root.pem).ok());
    let leads =
        root.is_some_and(|root| chain.last().is_some_and(|last| last.fingerprint == root.fingerprint));
    let begins = chain.first().is_some_and(|first| first.fingerprint == certificate.fingerprint);
    let key = [files::sops_file(cluster), files::sealed_file(cluster)];
    let key = key.iter().any(|path| book.sources.by_path(path).is_some());
    Some(Standing { whole: leads && begins && key && chain_problems(&chain).is_empty(), certificate })
}

/// Whether the offline CA serves a cluster.
pub fn is_generated(trust: &Trust) -> bool {
    matches!(trust.source, KeySource::Generated(_))
}

fn trust<'b>(book: &'b Book, cluster: &str) -> Result<&'b Trust, Trouble> {
    let trust = book.cluster(cluster)?.trust.as_ref().filter(|trust| is_generated(trust));
    trust.ok_or_else(|| {
        let trouble =
            Trouble::new(format!("cluster `{cluster}` does not get its `cacerts` from the offline CA"));
        match book.first_error() {
            Some(error) => trouble.help(format!("the fleet has errors, the first is {error}")),
            None => {
                trouble.help("a RootTrustPolicy that selects it has to name a CASource with `generated: {}`")
            }
        }
    })
}

/// Intermediates that were made, and are not written yet.
pub struct Issued {
    /// Their files.
    pub changes: Changes,
    /// A line each for the one who asked.
    pub told: Vec<String>,
}

/// Makes an intermediate for each cluster. `said` are files that the command line adds.
pub fn issue(
    book: &Book,
    clusters: &[String],
    said: &Changes,
    identities: &[Identity],
) -> Result<Issued, Trouble> {
    let mut keys_of_roots = BTreeMap::new();
    let mut issued = Issued { changes: said.clone(), told: Vec::new() };
    for name in clusters {
        let trust = trust(book, name)?;
        let root = signing_root(name, trust)?;
        if !keys_of_roots.contains_key(&root.name) {
            keys_of_roots.insert(root.name.clone(), keys::root_key(book, root, identities)?);
        }
        let Some(root_key) = keys_of_roots.get(&root.name) else { continue };
        let subject = subject(book, name, &trust.intermediate, root)?;
        let minted = mint::intermediate(&subject, &root.pem, root_key)?;
        let holder = holder(book, name, said)?;
        let chain = format!("{}{}", minted.certificate, root.pem);
        let read =
            Certificate::all_from_pem(&chain).map_err(|why| Trouble::new(format!("the new chain {why}")))?;
        let Some(certificate) = read.first() else { continue };
        let (key_file, encrypted, other) = holder.encrypt(name, &minted.key, certificate, book)?;
        if let Some((_, problem)) = chain_problems(&read).first() {
            return Err(
                Trouble::new(format!("the intermediate of cluster `{name}` {problem}")).help(problem.help())
            );
        }
        issued.changes.insert(files::certificate_file(name), Some(minted.certificate.into_bytes()));
        issued.changes.insert(files::chain_file(name), Some(chain.into_bytes()));
        issued.told.push(format!(
            "`{name}`: signs under root `{}` until {}; key in {}",
            root.name,
            subject.not_after.day(),
            book.shown(&key_file)
        ));
        issued.changes.insert(key_file, Some(encrypted.into_bytes()));
        if book.read(&other)?.is_some() {
            issued.changes.insert(other, None);
        }
    }
    Ok(issued)
}

/// Who decrypts for a cluster: what the command line says of it stands before the fleet's files.
fn holder(book: &Book, cluster: &str, said: &Changes) -> Result<keys::Cluster, Trouble> {
    let text = |path: &str| {
        let bytes = said.get(path).and_then(Option::as_ref)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    };
    if let Some(text) = text(&keys::recipients_file(cluster)) {
        return Ok(keys::Cluster::Recipients(keys::recipients(&text, "--recipient")?));
    }
    if let Some(text) = text(&keys::sealing_file(cluster)) {
        let key = keys::sealing_key(&text).map_err(|why| Trouble::new(format!("--sealing-cert {why}")))?;
        return Ok(keys::Cluster::Sealing(Box::new(key)));
    }
    keys::Cluster::of(book, cluster)
}

fn subject(
    book: &Book,
    cluster: &str,
    options: &CertificateOptions,
    root: &bind::Root,
) -> Result<Subject, Trouble> {
    if let Some(bits) = options.rsa_bits {
        return Err(rsa(bits));
    }
    let start = book.today.start();
    let certificate =
        Certificate::from_pem(&root.pem).map_err(|why| Trouble::new(format!("`{}` {why}", root.file)))?;
    let not_after = end(start, i64::from(options.duration_hours));
    if not_after > certificate.not_after {
        return Err(Trouble::new(format!(
            "the intermediate of cluster `{cluster}` would end on {}, after root `{}`, which ends on {}",
            not_after.day(),
            root.name,
            certificate.not_after.day()
        ))
        .help("rotate the root first (`fleetc ca rotate begin`), or let intermediates live shorter: `intermediateCertOptions: {ttlDays: …}`"));
    }
    let long = format!("{cluster} intermediate CA");
    Ok(Subject {
        organization: options.organization.clone(),
        common_name: if long.len() <= 64 { long } else { cluster.to_owned() },
        not_before: start,
        not_after,
    })
}

fn deadline(text: &str) -> Result<Deadline, String> {
    if let Some(day) = Day::parse(text) {
        return Ok(Deadline::By(day));
    }
    let number = |unit| text.strip_suffix(unit).and_then(|number| number.parse::<u32>().ok()).map(i64::from);
    match (number('d'), number('h')) {
        (Some(days), _) => Ok(Deadline::Within(days)),
        (_, Some(hours)) => Ok(Deadline::Within((hours + 23) / 24)),
        _ => Err("neither a duration such as `30d` or `720h` nor a day as YYYY-MM-DD".to_owned()),
    }
}
