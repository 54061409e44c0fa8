//! A fleet directory becomes `Sources`.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use super::trouble::Trouble;
use crate::source::Sources;

/// What a fleet is read from, as SPEC section 2 lists it.
const EXTENSIONS: [&str; 4] = ["yaml", "yml", "pem", "crt"];

/// No file of a fleet comes near this; what is bigger got there by mistake.
pub const LARGEST_FILE: u64 = 32 << 20;

/// Reads every `*.yaml`, `*.yml`, `*.pem` and `*.crt` below a fleet directory. Hidden files and folders are passed over;
/// a symbolic link is followed to a file of the same fleet only, so that a fleet never depends on what lies outside it.
pub fn read_fleet(folder: &Path) -> Result<Sources, Trouble> {
    read_fleet_as(fleet_name(folder)?, folder)
}

/// [`read_fleet`] for a copy of a fleet that lies in a folder of another name.
pub fn read_fleet_as(fleet: String, folder: &Path) -> Result<Sources, Trouble> {
    let root = canonical(folder)?;
    let mut paths = Vec::new();
    let entries = WalkDir::new(folder).min_depth(1).sort_by_file_name();
    for entry in entries.into_iter().filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry)) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            Trouble::disk("read", &path, &error.into())
        })?;
        if is_source(&entry, &root)? {
            paths.push((slashed(folder, entry.path())?, entry.into_path()));
        }
    }
    let files: Vec<_> = paths.into_par_iter().map(|(path, place)| Ok((path, read(&place)?))).collect();
    let files = files.into_iter().collect::<Result<Vec<_>, Trouble>>()?;
    Ok(Sources::new(fleet, folder.display().to_string(), files))
}

/// The folder's own name, as the user wrote it where he wrote it: `.` is asked for its name.
pub fn fleet_name(folder: &Path) -> Result<String, Trouble> {
    let name = match folder.file_name() {
        Some(name) => name.to_owned(),
        None => canonical(folder)?.file_name().map(OsStr::to_owned).unwrap_or_default(),
    };
    match name.into_string() {
        Ok(name) if !name.is_empty() => Ok(name),
        _ => Err(Trouble::new(format!("`{}` gives the fleet no name", folder.display()))
            .help("a fleet is named after its folder: choose one with a name in UTF-8")),
    }
}

/// A path below `folder` as every machine writes it: parts separated by `/`.
pub fn slashed(folder: &Path, path: &Path) -> Result<String, Trouble> {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let parts = below.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_str()),
        _ => None,
    });
    parts.collect::<Option<Vec<&str>>>().map(|parts| parts.join("/")).ok_or_else(|| {
        Trouble::new(format!("the name of `{}` is not UTF-8", path.display())).help("rename the file")
    })
}

fn canonical(path: &Path) -> Result<PathBuf, Trouble> {
    path.canonicalize().map_err(|error| Trouble::disk("read", path, &error))
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().first() == Some(&b'.')
}

/// Whether a file's name says that a fleet is read from it.
pub fn is_named_so(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}

/// Whether a file's name says that it is YAML.
pub fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// What is said of a file above [`LARGEST_FILE`].
pub fn too_large(path: &Path) -> Trouble {
    Trouble::new(format!("`{}` is larger than 32 MiB", path.display()))
        .help("split it, or move it out of the fleet")
}

/// True for a file to read; an error for what looks like one and cannot be read safely.
fn is_source(entry: &DirEntry, root: &Path) -> Result<bool, Trouble> {
    let path = entry.path();
    let named_so = is_named_so(path);
    let kind = entry.file_type();
    if kind.is_dir() {
        return Ok(false);
    }
    if kind.is_symlink() {
        let is_folder = fs::metadata(path).is_ok_and(|target| target.is_dir());
        if is_folder || (named_so && !canonical(path)?.starts_with(root)) {
            let target = if is_folder { "a folder" } else { "a file outside the fleet" };
            return Err(Trouble::new(format!("`{}` is a symbolic link to {target}", path.display()))
                .help("a fleet is self-contained: put the files themselves there"));
        }
    }
    if named_so && !fs::metadata(path).is_ok_and(|target| target.is_file()) {
        return Err(Trouble::new(format!("`{}` is not a regular file", path.display())));
    }
    Ok(named_so)
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    let trouble = |error: std::io::Error| Trouble::disk("read", path, &error);
    let file = File::open(path).map_err(trouble)?;
    let size = file.metadata().map_err(trouble)?.len();
    let mut bytes = Vec::new();
    if size <= LARGEST_FILE {
        bytes.reserve_exact(usize::try_from(size).unwrap_or_default());
        // A file may grow while it is read.
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(trouble)?;
    }
    if size.max(bytes.len() as u64) > LARGEST_FILE {
        return Err(too_large(path));
    }
    Ok(bytes)
}
