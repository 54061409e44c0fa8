//! `fleetc ca init`.

use super::age::{self, Recipient};
use super::book::{Book, Changes, Common, key_file};
use super::keys;
use super::mint::{self, Subject};
use crate::bind::KeySource;
use crate::kinds::ca_source::files;
use crate::kinds::object::is_dns_label;
use crate::shell::Verdict;
use crate::shell::terminal::Terminal;
use crate::shell::trouble::Trouble;
use crate::trust::{Certificate, Moment};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  age-keygen -o ~/operator.agekey                            an identity; it prints its recipient
  fleetc ca init mesh-2026 --recipient age1qyqs…             the fleet's first root
  fleetc ca init mesh-2026 --recipient age1… --recipient age1…     two operators, either of whom may sign

Writes trust/roots/NAME.pem and trust/roots/NAME.key.age. The key is ECDSA P-256, encrypted for the operators; the
subject carries the root's name, so that no two generations share one. Nothing signs under the root until the
RootTrustPolicy lists it. To replace a root that is in use: `fleetc ca rotate begin`.")]
pub struct Arguments {
    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    wish: Wish,
}

/// The root that is wished for.
#[derive(Debug, clap::Args)]
pub struct Wish {
    /// What the root is called: lower case letters, digits and `-`, such as `mesh-2026`
    #[arg(value_name = "NAME", value_parser = name)]
    pub name: String,

    /// Who may decrypt its key: a recipient of age; without any, those of trust/recipients.txt
    #[arg(long = "recipient", short = 'r', value_name = "AGE")]
    pub recipients: Vec<Recipient>,

    /// How many days it lives; default: what the CASource says of roots, else ten years
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_525))]
    pub ttl_days: Option<u32>,

    /// O of its subject; default: what the CASource says, else the fleet's name
    #[arg(long, value_name = "NAME")]
    pub organization: Option<String>,
}

/// Ten years, as the tools of Istio have it.
const TTL_DAYS: u32 = 3650;

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let book = arguments.common.open()?;
    let made = make(&book, &arguments.wish)?;
    book.write(&made.changes)?;
    let Arguments { wish: Wish { name, .. }, .. } = arguments;
    terminal.say(&format!(
        "root `{name}`: {}, ends on {}",
        made.certificate.subject,
        made.certificate.not_after.day()
    ));
    for path in made.changes.keys() {
        terminal.say(&format!("  wrote {}", book.shown(path)));
    }
    terminal.say(&format!(
        "next: list it in the RootTrustPolicy, then `fleetc ca issue --missing`\n  rootBundle:\n  - {{name: {name}, file: {}}}",
        files::root_file(name)
    ));
    Ok(Verdict::Good)
}

/// A root that was made, and is not written yet.
pub struct Made {
    /// The root.
    pub certificate: Certificate,
    /// Its certificate, its encrypted key, and the file of operators where there was none.
    pub changes: Changes,
}

/// Makes a root. One of that name must not be there, nor one of its subject.
pub fn make(book: &Book, wish: &Wish) -> Result<Made, Trouble> {
    let path = files::root_file(&wish.name);
    for path in [path.clone(), key_file(&path)] {
        if book.read(&path)?.is_some() {
            return Err(Trouble::new(format!(
                "there is a root `{}` already: `{}`",
                wish.name,
                book.shown(&path)
            ))
            .help("a root is never made anew under its name: give the next generation another one"));
        }
    }
    let options =
        book.mesh.clusters.iter().filter_map(|cluster| cluster.trust.as_ref()).find_map(|trust| match &trust
            .source
        {
            KeySource::Generated(generated) => Some(&generated.root),
            KeySource::Issued(_) | KeySource::Stored(_) => None,
        });
    if let Some(bits) = options.and_then(|options| options.rsa_bits) {
        return Err(rsa(bits));
    }
    let organization =
        wish.organization.clone().or_else(|| options.map(|options| options.organization.clone()));
    let hours = options.map_or(i64::from(TTL_DAYS) * 24, |options| i64::from(options.duration_hours));
    let subject = Subject {
        organization: organization.unwrap_or_else(|| book.sources.fleet().to_owned()),
        common_name: wish.name.clone(),
        not_before: book.today.start(),
        not_after: end(book.today.start(), wish.ttl_days.map_or(hours, |days| i64::from(days) * 24)),
    };
    let (operators, list) = keys::operators(book, &wish.recipients)?;
    let minted = mint::root(&subject)?;
    let certificate = Certificate::from_pem(&minted.certificate)
        .map_err(|why| Trouble::new(format!("the new root {why}")))?;
    for (id, file) in book.sources.files() {
        let text = String::from_utf8_lossy(&file.bytes);
        let others = if file.path.ends_with(".yaml") {
            Vec::new()
        } else {
            Certificate::all_from_pem(&text).unwrap_or_default()
        };
        if others.iter().any(|other| other.has_subject_of(&certificate)) {
            let message = format!(
                "`{}` holds a certificate of the same subject: {}",
                book.sources.shown_path(id),
                certificate.subject
            );
            return Err(Trouble::new(message)
                .help("give the root another name, so that no verifier takes the one for the other"));
        }
    }
    let mut changes = Changes::new();
    changes.insert(key_file(&path), Some(age::encrypt(minted.key.as_bytes(), &operators)?.into_bytes()));
    changes.insert(path, Some(minted.certificate.into_bytes()));
    if let Some(list) = list {
        changes.insert(keys::OPERATORS.to_owned(), Some(list.into_bytes()));
    }
    Ok(Made { certificate, changes })
}

/// The last second of so many hours.
pub fn end(start: Moment, hours: i64) -> Moment {
    Moment(start.plus_hours(hours).0 - 1)
}

/// What is said to a fleet that asks for RSA.
pub fn rsa(bits: u16) -> Trouble {
    Trouble::new(format!("the CASource asks for RSA of {bits} bits, and the offline CA makes ECDSA P-256"))
        .help("leave `rsaKeySizeBytes` out")
}

fn name(text: &str) -> Result<String, String> {
    match is_dns_label(text) {
        true => Ok(text.to_owned()),
        false => Err("not a name: at most 63 lower case letters, digits and `-`".to_owned()),
    }
}
