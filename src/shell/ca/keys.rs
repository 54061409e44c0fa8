//! Who may decrypt, and who does.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use rsa::{BoxedUint, RsaPublicKey};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use zeroize::Zeroizing;

use super::age::{self, Identity, Recipient};
use super::book::{Book, is_in_repository, key_file};
use super::{mint, sealed, sops};
use crate::bind;
use crate::kinds::ca_source::files;
use crate::shell::trouble::Trouble;
use crate::trust::Certificate;

/// Where the operators stand: who may decrypt the roots' keys.
pub const OPERATORS: &str = "trust/recipients.txt";

/// How the one who signs decrypts.
#[derive(Debug, clap::Args)]
pub struct Identities {
    /// A file with identities of age, `-` for standard input; default: $SOPS_AGE_KEY_FILE, then $SOPS_AGE_KEY
    #[arg(long = "identity", short = 'i', value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Identities {
    /// Reads them. A file inside of the repository is refused: it would be committed one day.
    pub fn read(&self, book: &Book) -> Result<Vec<Identity>, Trouble> {
        let environment = std::env::var_os("SOPS_AGE_KEY_FILE").map(PathBuf::from);
        let inline = std::env::var("SOPS_AGE_KEY").ok().map(Zeroizing::new);
        let files =
            if self.files.is_empty() { environment.into_iter().collect() } else { self.files.clone() };
        let mut identities = Vec::new();
        for file in &files {
            if is_in_repository(&book.folder, file) {
                return Err(Trouble::new(format!(
                    "the identity `{}` is inside of the repository",
                    file.display()
                ))
                .help("move it out, to a place that is never committed; if it has been, make another one"));
            }
            identities.extend(parse(&text(file)?, &file.display().to_string())?);
        }
        if files.is_empty() {
            let Some(inline) = inline else {
                return Err(Trouble::new("no identity of age is given, to decrypt the root's key")
                    .help("name a file by `--identity`, or by the environment's SOPS_AGE_KEY_FILE; `age-keygen` makes one"));
            };
            identities.extend(parse(&inline, "SOPS_AGE_KEY")?);
        }
        Ok(identities)
    }
}

fn text(file: &Path) -> Result<Zeroizing<String>, Trouble> {
    let mut text = Zeroizing::new(String::new());
    if file == Path::new("-") {
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|error| Trouble::disk("read", file, &error))?;
    } else {
        let bytes = Zeroizing::new(fs::read(file).map_err(|error| Trouble::disk("read", file, &error))?);
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    Ok(text)
}

fn parse(text: &str, whose: &str) -> Result<Vec<Identity>, Trouble> {
    if text.starts_with("age-encryption.org/") || text.starts_with("-----BEGIN AGE") {
        return Err(Trouble::new(format!("`{whose}` is itself encrypted"))
            .help("decrypt it on the way: `age -d FILE | fleetc ca issue --identity - …`"));
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let identities: Vec<Identity> = lines.filter_map(Identity::parse).collect();
    if identities.is_empty() {
        return Err(Trouble::new(format!("`{whose}` holds no identity of age")).help(
            "a line of it begins with `AGE-SECRET-KEY-1`; other kinds of identities cannot be used here",
        ));
    }
    Ok(identities)
}

/// Reads a file of recipients: one a line, comments begin with `#`.
pub fn recipients(text: &str, whose: &str) -> Result<Vec<Recipient>, Trouble> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read =
        lines.map(|line| line.parse().map_err(|why| Trouble::new(format!("`{line}` in `{whose}` is {why}"))));
    let mut recipients: Vec<Recipient> = read.collect::<Result<_, _>>()?;
    recipients.dedup();
    Ok(recipients)
}

/// The operators: those of the command line, else those of the file.
pub fn operators(book: &Book, given: &[Recipient]) -> Result<(Vec<Recipient>, Option<String>), Trouble> {
    let committed = book.read(OPERATORS)?;
    if !given.is_empty() {
        let file = committed.is_none().then(|| listed("who may decrypt the keys of the roots", given));
        return Ok((given.to_vec(), file));
    }
    let text = committed.unwrap_or_default();
    let found = recipients(&String::from_utf8_lossy(&text), &book.shown(OPERATORS))?;
    if found.is_empty() {
        return Err(Trouble::new("nothing says for whom to encrypt the root's key").help(format!(
            "name operators by `--recipient age1…`, or in `{}`; `age-keygen` prints a recipient",
            book.shown(OPERATORS)
        )));
    }
    Ok((found, None))
}

/// A file of recipients.
pub fn listed(what: &str, recipients: &[Recipient]) -> String {
    let lines: String = recipients.iter().map(|recipient| format!("{recipient}\n")).collect();
    format!("# {what}: recipients of age, one a line\n{lines}")
}

/// Decrypts a root's key, and proves that it is the certificate's.
pub fn root_key(
    book: &Book,
    root: &bind::Root,
    identities: &[Identity],
) -> Result<Zeroizing<String>, Trouble> {
    let path = key_file(&root.file);
    let shown = book.shown(&path);
    let Some(file) = book.read(&path)? else {
        return Err(Trouble::new(format!(
            "the key of root `{}` is not here: there is no `{shown}`",
            root.name
        ))
        .help("this root is not of `fleetc ca init`: let its owner sign, or rotate to one that is"));
    };
    let plain = age::decrypt(&file, identities).map_err(|why| {
        Trouble::new(format!("cannot decrypt `{shown}`: {why}")).help(format!(
            "an identity of one of the recipients in `{}` of then is needed",
            book.shown(OPERATORS)
        ))
    })?;
    let key = Zeroizing::new(String::from_utf8_lossy(&plain).into_owned());
    let certificate =
        Certificate::from_pem(&root.pem).map_err(|why| Trouble::new(format!("`{}` {why}", root.file)))?;
    let (_, read) =
        X509Certificate::from_der(certificate.der()).map_err(|_| Trouble::new("the root is broken"))?;
    if *read.public_key().subject_public_key.data != *mint::public_key(&key)? {
        return Err(Trouble::new(format!("`{shown}` is not the key of `{}`", book.shown(&root.file)))
            .help("take both from the commit that made the root"));
    }
    Ok(key)
}

/// For whom a cluster's key is encrypted.
pub enum Cluster {
    /// Whoever decrypts SOPS for it.
    Recipients(Vec<Recipient>),
    /// Its sealed-secrets controller.
    Sealing(Box<RsaPublicKey>),
}

/// Where a cluster's recipients stand.
pub fn recipients_file(cluster: &str) -> String {
    format!("trust/{cluster}/recipients.txt")
}

/// Where the certificate of a cluster's sealed-secrets controller stands.
pub fn sealing_file(cluster: &str) -> String {
    format!("trust/{cluster}/sealing-cert.pem")
}

impl Cluster {
    /// Reads what the fleet says of a cluster.
    pub fn of(book: &Book, cluster: &str) -> Result<Self, Trouble> {
        let (recipients_file, sealing_file) = (recipients_file(cluster), sealing_file(cluster));
        match (book.read(&recipients_file)?, book.read(&sealing_file)?) {
            (Some(text), None) => {
                let shown = book.shown(&recipients_file);
                let found = recipients(&String::from_utf8_lossy(&text), &shown)?;
                if found.is_empty() {
                    return Err(Trouble::new(format!("`{shown}` names no recipient")));
                }
                Ok(Cluster::Recipients(found))
            }
            (None, Some(text)) => {
                let key = sealing_key(&String::from_utf8_lossy(&text));
                key.map(|key| Cluster::Sealing(Box::new(key)))
                    .map_err(|why| Trouble::new(format!("`{}` {why}", book.shown(&sealing_file))))
            }
            (Some(_), Some(_)) => Err(Trouble::new(format!("two things decrypt for cluster `{cluster}`"))
                .help(format!("keep `{}` or `{}`", book.shown(&recipients_file), book.shown(&sealing_file)))),
            (None, None) => Err(Trouble::new(format!("nothing says for whom to encrypt the key of cluster `{cluster}`"))
                .help(format!(
                    "`fleetc ca issue {cluster} --recipient age1…` for SOPS (the recipient of Argo CD's plugin or of Flux),\n\
                     or `--sealing-cert FILE` for Sealed Secrets (`kubeseal --fetch-cert` prints it)"
                ))),
        }
    }

    /// The file that holds the encrypted key, and the one of the other kind, which must not stand beside it.
    pub fn encrypt(
        &self,
        cluster: &str,
        key: &str,
        certificate: &Certificate,
        book: &Book,
    ) -> Result<(String, String, String), Trouble> {
        let of = &certificate.fingerprint;
        let (sops_file, sealed_file) = (files::sops_file(cluster), files::sealed_file(cluster));
        Ok(match self {
            Cluster::Recipients(recipients) => {
                (sops_file, sops::secret(key, of, recipients, book.today.start())?, sealed_file)
            }
            Cluster::Sealing(sealing) => (sealed_file, sealed::secret(key, of, sealing)?, sops_file),
        })
    }
}

/// The RSA key of a sealing certificate.
pub fn sealing_key(pem: &str) -> Result<RsaPublicKey, String> {
    let certificate = Certificate::all_from_pem(pem)?.into_iter().next().ok_or("holds no certificate")?;
    let (_, read) = X509Certificate::from_der(certificate.der()).map_err(|_| "is broken".to_owned())?;
    match read.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => {
            let number = BoxedUint::from_be_slice_vartime;
            RsaPublicKey::new(number(key.modulus), number(key.exponent)).map_err(|_| {
                "has a key that nothing can be sealed for: RSA of 2048 bits or more is".to_owned()
            })
        }
        _ => Err("has no RSA key: it is not of a sealed-secrets controller".to_owned()),
    }
}
