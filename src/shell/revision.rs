//! A fleet directory as it was: at a revision of its git repository, or in another directory.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use super::directory::{self, Before};
use super::disk;
use super::trouble::Trouble;
use crate::source::Sources;

/// Reads what stands at `against`, to compare the fleet of `folder` with: a directory, see [`directory::read`], or a
/// revision of the git repository that `folder` is in.
///
/// What looks like a path (`./main`, `/tmp/x`) is a directory; a word that is both a directory and a revision is refused.
pub fn read_at(folder: &Path, against: &str, no_other: bool) -> Result<Before, Trouble> {
    let directory = Path::new(against);
    let like_a_path = against.starts_with('.') || directory.is_absolute();
    let commit = if like_a_path { None } else { commit(folder, against)? };
    match (directory.is_dir(), commit) {
        (true, Some(_)) => Err(Trouble::new(format!("`{against}` is both a directory and a git revision"))
            .help(format!("write `./{against}` for the directory, `refs/heads/{against}` for the branch"))),
        (true, None) => directory::read(&disk::fleet_name(folder)?, directory, no_other),
        (false, Some(commit)) => {
            at_commit(folder, against, &commit).map(|read| read.map_or(Before::Nothing, Before::Fleet))
        }
        (false, None) => Err(Trouble::new(format!("`{against}` is neither a git revision nor a directory"))
            .help(
                "name a branch, a tag, a commit, or a directory; in a shallow clone fetch the revision first",
            )),
    }
}

/// [`read_at`], for those who need what was meant: a rendered tree is refused. `None` if there is no such fleet.
pub fn read_fleet_at(folder: &Path, against: &str) -> Result<Option<Sources>, Trouble> {
    match read_at(folder, against, false)? {
        Before::Nothing => Ok(None),
        Before::Fleet(sources) => Ok(Some(sources)),
        Before::Tree(_) => {
            Err(Trouble::new(format!("`{against}` is a rendered tree, which says nothing of what was meant"))
                .help(
                    "name a git revision or the directory of the fleet as it was; `fleetc diff` takes a tree",
                ))
        }
    }
}

/// The commit that a revision names; `None` if it names none, or `folder` is in no repository.
pub fn commit(folder: &Path, revision: &str) -> Result<Option<String>, Trouble> {
    if revision.starts_with('-') {
        return Ok(None);
    }
    let peeled = format!("{revision}^{{commit}}");
    let output = git(folder)
        .args(["rev-parse", "--verify", "--quiet", &peeled])
        .stderr(Stdio::null())
        .output()
        .map_err(|error| no_git(&error))?;
    let commit = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((output.status.success() && !commit.is_empty()).then_some(commit))
}

/// The fleet in a commit: one pass over the names, one over the contents.
fn at_commit(folder: &Path, revision: &str, commit: &str) -> Result<Option<Sources>, Trouble> {
    let prefix = run(git(folder).args(["rev-parse", "--show-prefix"]))?;
    let prefix = String::from_utf8_lossy(&prefix).trim_end_matches(['\n', '\r']).to_owned();
    let mut listing = git(folder);
    listing.args(["ls-tree", "-r", "-z", "-l", "--full-tree", commit]);
    if !prefix.is_empty() {
        listing.args(["--", &prefix]);
    }
    let listing = run(&mut listing)?;
    let entries = entries(&listing, &prefix)?;
    if entries.is_empty() {
        return Ok(None);
    }
    // as git itself reads it: `main:fleets/prod/a.yaml`, `main:./a.yaml`
    let shown = format!("{revision}:{}", if prefix.is_empty() { "." } else { prefix.trim_end_matches('/') });
    let wanted = wanted(&entries, &shown, |link| blob(folder, link))?;
    let files = contents(folder, &wanted)?;
    Ok(Some(Sources::new(disk::fleet_name(folder)?, shown, files)))
}

/// A file of a commit.
#[derive(Debug)]
pub struct Entry {
    /// The mode, as git writes it.
    pub mode: String,
    /// The object that holds its bytes.
    pub blob: String,
    /// How many bytes it has, where that is known already.
    pub size: u64,
}

/// `<mode> <type> <object> <size>\t<path>\0`, the paths cut to the fleet directory.
fn entries(listing: &[u8], prefix: &str) -> Result<BTreeMap<String, Entry>, Trouble> {
    let mut entries = BTreeMap::new();
    for line in listing.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let line = str::from_utf8(line).map_err(|_| {
            let name = String::from_utf8_lossy(line.rsplit(|byte| *byte == b'\t').next().unwrap_or(line));
            Trouble::new(format!("the name of `{name}` is not UTF-8")).help("rename the file")
        })?;
        let Some((about, path)) = line.split_once('\t') else { continue };
        let about: Vec<&str> = about.split_ascii_whitespace().collect();
        let [mode, _, blob, size] = about.as_slice() else { continue };
        let Some(path) = path.strip_prefix(prefix) else { continue };
        let entry = Entry {
            mode: (*mode).to_owned(),
            blob: (*blob).to_owned(),
            size: size.parse().unwrap_or_default(),
        };
        entries.insert(path.to_owned(), entry);
    }
    Ok(entries)
}

const SYMBOLIC_LINK: &str = "120000";
const SUBMODULE: &str = "160000";

/// The path and blob of every file that [`disk::read_fleet`] would read, links followed as it follows them.
pub fn wanted(
    entries: &BTreeMap<String, Entry>,
    shown: &str,
    target: impl Fn(&str) -> Result<String, Trouble>,
) -> Result<Vec<(String, String)>, Trouble> {
    let mut wanted = Vec::new();
    for (path, entry) in entries {
        if path.split('/').any(|part| part.starts_with('.')) {
            continue;
        }
        if entry.mode == SUBMODULE {
            let message = format!("`{shown}/{path}` is a submodule, whose files the history does not hold");
            return Err(
                Trouble::new(message).help("compare with a directory instead: check the revision out beside")
            );
        }
        if !disk::is_named_so(Path::new(path)) {
            continue;
        }
        let mut found = (path.clone(), entry);
        for _ in 0..LINKS {
            if found.1.mode != SYMBOLIC_LINK {
                break;
            }
            let below = joined(&found.0, &target(&found.1.blob)?);
            found = below.and_then(|below| Some((below.clone(), entries.get(&below)?))).ok_or_else(|| {
                Trouble::new(format!("`{shown}/{path}` is a symbolic link to no file of the fleet"))
                    .help("a fleet is self-contained: put the files themselves there")
            })?;
        }
        if found.1.mode == SYMBOLIC_LINK {
            return Err(Trouble::new(format!(
                "`{shown}/{path}` is a symbolic link that goes round in a circle"
            )));
        }
        if found.1.size > disk::LARGEST_FILE {
            return Err(disk::too_large(Path::new(&format!("{shown}/{path}"))));
        }
        wanted.push((path.clone(), found.1.blob.clone()));
    }
    Ok(wanted)
}

/// As many links in a row as Linux follows.
const LINKS: usize = 40;

/// Where a link points to, from the fleet directory; `None` if that is outside.
fn joined(link: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A blob as text.
pub fn blob(folder: &Path, object: &str) -> Result<String, Trouble> {
    run(git(folder).args(["cat-file", "blob", object]))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The contents of blobs, by path.
fn contents(folder: &Path, wanted: &[(String, String)]) -> Result<Vec<(String, Vec<u8>)>, Trouble> {
    objects(folder, "blob", wanted)
}

/// The bytes of objects of one type through one `git cat-file --batch`, which answers `<object> <type> <size>\n<bytes>\n`
/// each. `wanted` has for each what a message calls it, and its hash.
pub fn objects(
    folder: &Path,
    kind: &str,
    wanted: &[(String, String)],
) -> Result<Vec<(String, Vec<u8>)>, Trouble> {
    let broken = |error: std::io::Error| Trouble::new(format!("git ended early: {error}"));
    let mut child = git(folder)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| no_git(&error))?;
    let (Some(mut questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Trouble::new("git has neither input nor output"));
    };
    let names: String = wanted.iter().map(|(_, object)| format!("{object}\n")).collect();
    // Both pipes are finite: who asks everything before he reads an answer may wait for ever.
    let asker = thread::spawn(move || questions.write_all(names.as_bytes()));
    let mut answers = BufReader::new(answers);
    let mut files = Vec::new();
    for (path, object) in wanted {
        let mut header = String::new();
        answers.read_line(&mut header).map_err(broken)?;
        let size =
            header.trim_end().strip_prefix(&format!("{object} {kind} ")).and_then(|size| size.parse().ok());
        let Some(size) = size else {
            let message = format!("git does not hold `{path}` at this revision: {}", header.trim_end());
            return Err(Trouble::new(message).help("in a partial clone fetch the revision first"));
        };
        let mut bytes = Vec::new();
        answers.by_ref().take(size).read_to_end(&mut bytes).map_err(broken)?;
        let mut line_end = [0];
        answers.read_exact(&mut line_end).map_err(broken)?;
        files.push((path.clone(), bytes));
    }
    // An error of the asker has shown itself in the answers.
    let _ = asker.join();
    child.wait().map_err(broken)?;
    Ok(files)
}

/// A call of git about a folder.
pub fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    // replaced objects would tell another history
    command.env("GIT_NO_REPLACE_OBJECTS", "1");
    command.arg("-C").arg(folder).env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// What a call of git prints.
pub fn run(command: &mut Command) -> Result<Vec<u8>, Trouble> {
    let output = command.output().map_err(|error| no_git(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("no reason given").trim_start_matches("fatal: ");
    Err(Trouble::new(format!("git refuses: {said}")))
}

/// What is said where there is no git.
pub fn no_git(error: &std::io::Error) -> Trouble {
    Trouble::new(format!("cannot run `git`: {}", error.to_string().to_lowercase()))
        .help("a revision is read through git: install it, or compare with a directory")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        git_in(place.path(), &["init", "-q", "-b", "main"]);
        place
    }

    fn git_in(folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let done = Command::new("git").arg("-C").arg(folder).args(identity).args(arguments).status().unwrap();
        assert!(done.success(), "git {arguments:?}");
    }

    fn commit_all(folder: &Path) {
        git_in(folder, &["add", "-A"]);
        git_in(folder, &["commit", "-q", "-m", "a state"]);
    }

    fn write(folder: &Path, path: &str, text: &[u8]) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn names(sources: &Sources) -> Vec<&str> {
        sources.files().map(|(_, file)| file.path.as_str()).collect()
    }

    #[test]
    fn a_revision_reads_as_the_disk_did() {
        let place = repository();
        let fleet = place.path().join("fleets/prod");
        write(&fleet, "a.yaml", b"a: 1\n");
        write(&fleet, "deep/er/ü b.yml", b"\xff\xfe bytes\0\n\n");
        write(&fleet, "trust/root.pem", b"");
        write(&fleet, "README.md", b"no source");
        write(&fleet, ".hidden/x.yaml", b"x");
        write(place.path(), "fleets/production/other.yaml", b"x");
        #[cfg(unix)]
        std::os::unix::fs::symlink("../a.yaml", fleet.join("deep/link.yaml")).unwrap();
        commit_all(place.path());
        let then = disk::read_fleet(&fleet).unwrap();
        write(&fleet, "a.yaml", b"a: 2\n");
        std::fs::remove_file(fleet.join("trust/root.pem")).unwrap();

        let read = read_fleet_at(&fleet, "main").unwrap().unwrap();
        assert_eq!(names(&read), names(&then));
        for ((_, read), (_, then)) in read.files().zip(then.files()) {
            assert_eq!(read, then);
        }
        assert_eq!(read.fleet(), "prod");
        let (id, _) = read.by_path("a.yaml").unwrap();
        assert_eq!(read.shown_path(id), "main:fleets/prod/a.yaml");
    }

    #[test]
    fn the_repository_itself_may_be_the_fleet() {
        let place = repository();
        write(place.path(), "a.yaml", b"a: 1\n");
        commit_all(place.path());
        assert_eq!(names(&read_fleet_at(place.path(), "HEAD").unwrap().unwrap()), ["a.yaml"]);
    }

    #[test]
    fn a_fleet_that_was_not_there_is_none() {
        let place = repository();
        write(place.path(), "README.md", b"x");
        commit_all(place.path());
        write(place.path(), "fleets/new/a.yaml", b"a: 1\n");
        assert_eq!(read_fleet_at(&place.path().join("fleets/new"), "main").unwrap(), None);
    }

    #[test]
    fn many_files_do_not_block_the_pipes() {
        let place = repository();
        for index in 0..3000 {
            write(place.path(), &format!("f/{index}.yaml"), &vec![b'#'; 500]);
        }
        commit_all(place.path());
        assert_eq!(read_fleet_at(&place.path().join("f"), "HEAD").unwrap().unwrap().files().count(), 3000);
    }

    #[test]
    fn a_directory_is_the_fleet_or_holds_it() {
        let place = tempfile::tempdir().unwrap();
        write(place.path(), "new/prod/a.yaml", b"a: 2\n");
        write(place.path(), "old/prod/a.yaml", b"a: 1\n");
        let fleet = place.path().join("new/prod");
        for against in ["old", "old/prod"] {
            let against = place.path().join(against);
            let read = read_fleet_at(&fleet, &against.to_string_lossy()).unwrap().unwrap();
            assert_eq!(read.by_path("a.yaml").unwrap().1.bytes, b"a: 1\n");
        }
        // a copy under another name is the fleet too, and what holds other fleets is not
        write(place.path(), "before/deep/clusters.yaml", b"a: 0\n");
        let before = place.path().join("before").to_string_lossy().into_owned();
        let read = read_fleet_at(&fleet, &before).unwrap().unwrap();
        assert_eq!((read.fleet(), names(&read)), ("prod", vec!["deep/clusters.yaml"]));
        write(place.path(), "others/test/fleet.yaml", b"apiVersion: fleetc.dev/v1alpha1\nkind: Fleet\n");
        let others = place.path().join("others").to_string_lossy().into_owned();
        assert_eq!(read_fleet_at(&fleet, &others).unwrap(), None);
    }

    #[test]
    fn a_rendered_tree_is_told_from_a_fleet() {
        let place = tempfile::tempdir().unwrap();
        let fleet = place.path().join("new/prod");
        let out = place.path().join("out");
        write(place.path(), "new/prod/a.yaml", b"a: 2\n");
        std::fs::create_dir(&out).unwrap();
        let at = |only| read_at(&fleet, &out.to_string_lossy(), only);
        assert!(at(true).unwrap_err().to_string().contains("holds neither fleet `prod`"));
        write(&out, "fleetc.lock", b"");
        assert!(matches!(at(true).unwrap(), Before::Tree(_)), "of the only fleet that is asked about");
        assert!(at(false).unwrap_err().to_string().contains("is the tree of one fleet"));
        std::fs::remove_file(out.join("fleetc.lock")).unwrap();
        write(&out, "test/fleetc.lock", b"");
        assert!(matches!(at(true).unwrap(), Before::Nothing), "the trees of others");
        write(&out, "prod/east/3-policy/a.yaml", b"a: 1\n");
        assert!(matches!(at(false).unwrap(), Before::Tree(_)), "even without its lock");
        let refused = read_fleet_at(&fleet, &out.to_string_lossy()).unwrap_err().to_string();
        assert!(refused.contains("is a rendered tree"), "{refused}");
    }

    #[test]
    fn what_names_nothing_is_said() {
        let place = repository();
        write(place.path(), "a.yaml", b"a: 1\n");
        commit_all(place.path());
        for against in ["nowhere", "--upload-pack=x", "./nowhere", "/nowhere/at/all", "HEAD:a.yaml"] {
            let trouble = read_fleet_at(place.path(), against).unwrap_err().to_string();
            assert!(trouble.contains("neither a git revision nor a directory"), "{against}: {trouble}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_fleet_is_refused() {
        let place = repository();
        write(place.path(), "outside.yaml", b"a: 1\n");
        write(place.path(), "f/a.yaml", b"a: 1\n");
        std::os::unix::fs::symlink("../outside.yaml", place.path().join("f/link.yaml")).unwrap();
        commit_all(place.path());
        let trouble = read_fleet_at(&place.path().join("f"), "HEAD").unwrap_err().to_string();
        assert!(
            trouble.contains("`HEAD:f/link.yaml` is a symbolic link to no file of the fleet"),
            "{trouble}"
        );
    }
}
