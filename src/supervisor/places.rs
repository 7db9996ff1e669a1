//! Can we write where we are to write? Found out by writing, before anything joins.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::job::{Mistake, Template};
use crate::storage::Spool;

/// Checks that an output can be written: a file is really made, and removed, in the deepest directory
/// that exists on its fixed part. What is missing below is made at delivery.
///
/// # Errors
/// One mistake that names the place and the system's reason.
pub fn check_output(text: &str, cwd: &Path) -> Result<(), Mistake> {
    let about = "--output";
    // What isn't a template is told when the order is checked.
    let Ok(template) = Template::parse(text) else { return Ok(()) };
    if !text.ends_with('/') && cwd.join(text).is_dir() {
        return Err(Mistake::new(
            about,
            format!("`{text}` is a directory; end it with a slash to name files by room and time"),
        ));
    }
    let wanted = template.fixed_directory(cwd);
    let existing = existing_ancestor(&wanted);
    let wrong = |why: String| Mistake::new(about, format!("can't write in {}: {why}", existing.display()));
    if !existing.is_dir() {
        return Err(wrong("it isn't a directory".to_owned()));
    }
    try_to_write(&existing).map_err(|error| wrong(plain(&error)))
}

/// Checks that the spool is there, ours alone (mode 0700) and writable, and makes it when it isn't there.
///
/// # Errors
/// One mistake that names the place and the system's reason.
pub fn check_spool(spool: &Path) -> Result<(), Mistake> {
    let about = "--spool";
    let opened = Spool::open(spool).map_err(|error| Mistake::new(about, error.to_string()))?;
    try_to_write(opened.path()).map_err(|error| {
        Mistake::new(about, format!("can't write in {}: {}", spool.display(), plain(&error)))
    })
}

fn existing_ancestor(path: &Path) -> PathBuf {
    // Without its trailing slash: `file/` doesn't exist where `file` does.
    let path: PathBuf = path.components().collect();
    let found = path.ancestors().find(|ancestor| ancestor.exists());
    found.unwrap_or_else(|| Path::new("/")).to_owned()
}

/// A file system may be read-only, full, or owned by someone else whatever its mode says: only trying tells.
fn try_to_write(directory: &Path) -> io::Result<()> {
    let probe = directory.join(format!(".livetape-probe-{}", std::process::id()));
    let made = OpenOptions::new().write(true).create_new(true).open(&probe);
    match made {
        Ok(_) => fs::remove_file(&probe),
        // Left behind by a process of the same number that was killed in between: it could write here.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::remove_file(&probe),
        Err(error) => Err(error),
    }
}

/// An error of the system without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn outputs_that_can_be_written_leave_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        for output in ["x.mp4", "a/b/c.mp4", "{room_name}/x.mp4", "deep/{time}/", "../x.mp4"] {
            assert_eq!(check_output(output, dir.path()), Ok(()), "{output}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn outputs_that_cannot() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let says = |output: &str| check_output(output, dir.path()).unwrap_err().to_string();
        assert!(says("file/x.mp4").ends_with("it isn't a directory"), "{}", says("file/x.mp4"));
        assert!(says(".").contains("is a directory; end it with a slash"));
        // Nobody can make files there, root included.
        assert!(
            says("/proc/x.mp4").starts_with("--output: can't write in /proc: "),
            "{}",
            says("/proc/x.mp4")
        );
    }

    #[test]
    fn a_new_spool_is_ours_alone() {
        let dir = tempfile::tempdir().unwrap();
        let spool = dir.path().join("state/spool");
        check_spool(&spool).unwrap();
        assert_eq!(fs::metadata(&spool).unwrap().permissions().mode() & 0o777, 0o700);
        let mistake = check_spool(Path::new("/proc/spool")).unwrap_err().to_string();
        assert!(mistake.starts_with("--spool: can't create /proc/spool: "), "{mistake}");
    }
}
