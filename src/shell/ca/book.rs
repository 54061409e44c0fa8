//! The fleet as the offline CA sees it: with errors too, since what is missing may be what is to be minted.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::admit::{self, Admitted};
use crate::bind::{self, Cluster, Mesh, Trust};
use crate::report::{Findings, Level};
use crate::shell::trouble::Trouble;
use crate::shell::write::file;
use crate::shell::{disk, fleets};
use crate::source::Sources;
use crate::trust::{Certificate, Day};

/// What every task of the CA takes.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// The fleet; without it the one around the current directory, or the only one below ./fleets
    #[arg(long, value_name = "DIR")]
    pub fleet: Option<PathBuf>,

    /// The day that counts as today, in UTC: certificates begin on it, and what is left is counted from it
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub now: Option<Day>,
}

/// Files to write below the fleet directory; `None` for one that goes.
pub type Changes = BTreeMap<String, Option<Vec<u8>>>;

/// A fleet, read and bound.
pub struct Book {
    /// The fleet directory.
    pub folder: PathBuf,
    /// Its files.
    pub sources: Sources,
    /// Its objects.
    pub admitted: Admitted,
    /// What they come to.
    pub mesh: Mesh,
    /// What was found on the way: not judged here.
    pub findings: Findings,
    /// Today.
    pub today: Day,
}

impl Common {
    /// Reads and binds the fleet.
    pub fn open(&self) -> Result<Book, Trouble> {
        let folder = fleets::find(self.fleet.as_deref())?;
        if !folder.is_dir() {
            let message = format!("there is no fleet directory `{}`", folder.display());
            return Err(Trouble::new(message).help("name a folder that holds the YAML files of a fleet"));
        }
        let sources = disk::read_fleet(&folder)?;
        let today = match self.now {
            Some(day) => day,
            None => clock()?,
        };
        Ok(Book::of(folder, sources, today))
    }
}

impl Book {
    fn of(folder: PathBuf, sources: Sources, today: Day) -> Self {
        let mut findings = Findings::default();
        let admitted = admit::admit(&sources, &mut findings);
        let mesh = bind::bind(sources.fleet(), &admitted, &mut findings);
        Book { folder, sources, admitted, mesh, findings, today }
    }

    /// The same fleet with changes made to its files.
    pub fn with(&self, changes: &Changes) -> Book {
        Book::of(self.folder.clone(), self.changed(changes), self.today)
    }

    /// The files that a build reads, with changes made.
    pub fn changed(&self, changes: &Changes) -> Sources {
        let read = changes.iter().filter(|(path, _)| disk::is_named_so(Path::new(path)));
        self.sources.changed(&read.map(|(path, bytes)| (path.clone(), bytes.clone())).collect())
    }

    /// The first error that was found on the way, for messages.
    pub fn first_error(&self) -> Option<String> {
        let error = self.findings.iter().find(|finding| finding.code.level == Level::Error)?;
        Some(format!("{}: {}", error.code.id, error.message))
    }

    /// The cluster of a name.
    pub fn cluster(&self, name: &str) -> Result<&Cluster, Trouble> {
        let names = || self.mesh.clusters.iter().map(|cluster| cluster.name.as_str());
        self.mesh.clusters.iter().find(|cluster| cluster.name == name).ok_or_else(|| {
            let trouble = Trouble::new(format!("the fleet has no cluster `{name}`"));
            match crate::report::closest(name, names()) {
                Some(near) => trouble.help(format!("did you mean `{near}`?")),
                None => trouble.help(format!("it has {}", names().collect::<Vec<_>>().join(", "))),
            }
        })
    }

    /// A file of the fleet directory that may be no source of a build.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let place = self.folder.join(path);
        match fs::read(&place) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Trouble::disk("read", &place, &error)),
        }
    }

    /// Writes files, each whole or not at all. Nothing that looks like a private key in clear passes.
    pub fn write(&self, changes: &Changes) -> Result<(), Trouble> {
        for (path, bytes) in changes {
            let clear = |bytes: &Vec<u8>| bytes.windows(12).any(|window| window == b"PRIVATE KEY-");
            if bytes.as_ref().is_some_and(clear) {
                return Err(Trouble::new(format!(
                    "a bug of fleetc: `{path}` would hold a private key in clear"
                )));
            }
        }
        for (path, bytes) in changes {
            let place = self.folder.join(path);
            match bytes {
                Some(bytes) => {
                    if let Some(folder) = place.parent() {
                        fs::create_dir_all(folder)
                            .map_err(|error| Trouble::disk("create", folder, &error))?;
                    }
                    file::put_durably(&place, bytes)?;
                }
                None => fs::remove_file(&place).map_err(|error| Trouble::disk("delete", &place, &error))?,
            }
        }
        Ok(())
    }

    /// A path of the fleet as the user would open it.
    pub fn shown(&self, path: &str) -> String {
        self.folder.join(path).display().to_string()
    }

    /// The certificates of a file of the fleet.
    pub fn certificates(&self, path: &str) -> Result<Vec<Certificate>, Trouble> {
        let place = self.folder.join(path);
        let text = fs::read_to_string(&place).map_err(|error| Trouble::disk("read", &place, &error))?;
        Certificate::all_from_pem(&text).map_err(|why| Trouble::new(format!("`{}` {why}", place.display())))
    }
}

/// The root that a cluster is to sign under.
pub fn signing_root<'t>(cluster: &str, trust: &'t Trust) -> Result<&'t bind::Root, Trouble> {
    trust.signed_by.as_deref().and_then(|name| trust.root(name)).ok_or_else(|| {
        Trouble::new(format!("no bundle says under which root cluster `{cluster}` signs"))
            .help("`fleetc ca init` makes a root; list it in the RootTrustPolicy: `rootBundle: [{name: <root>, file: trust/roots/<root>.pem}]`")
    })
}

/// Where the key of a root is: beside its certificate.
pub fn key_file(root_file: &str) -> String {
    let stem = root_file.strip_suffix(".pem").or_else(|| root_file.strip_suffix(".crt")).unwrap_or(root_file);
    format!("{stem}.key.age")
}

/// Reads a day of the command line.
pub fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "not a day as YYYY-MM-DD".to_owned())
}

fn clock() -> Result<Day, Trouble> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.ok().and_then(|since| i64::try_from(since.as_secs()).ok());
    seconds
        .map(|seconds| crate::trust::Moment(seconds).day())
        .ok_or_else(|| Trouble::new("the clock is before 1970").help("give the day by `--now`"))
}

/// Whether a path is inside of the git repository of the fleet, or of the fleet directory where there is none.
pub fn is_in_repository(folder: &Path, path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    let Ok(folder) = folder.canonicalize() else { return false };
    let top = folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&folder);
    path.starts_with(top)
}
