//! A closed log goes where it was asked for: at once, whole, and over nothing that is there.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::StorageError;
use super::error::Context;
use super::recording::sync_dir;

/// So many names are tried before giving up.
const MOST_NAMES: u32 = 10_000;

/// Moves a file to `output`, or, where something has that name, to `name-1.mp4`, `name-2.mp4` …; returns the path it
/// has now. On another file system it is copied, synced, and given its name when it is whole. When this returns, the
/// file survives a power cut under its new name, and the old name is gone.
///
/// # Errors
/// `DiskFull`, `Io`: the file is still where it was.
pub fn deliver(log: &Path, output: &Path) -> Result<PathBuf, StorageError> {
    File::open(log).and_then(|file| file.sync_all()).context("sync", log)?;
    match rename_to_free_name(log, output) {
        Err(Errno::XDEV) => {}
        other => {
            let path = other.context("move the recording to", output)?;
            sync_dir(directory(&path))?;
            sync_dir(directory(log))?;
            return Ok(path);
        }
    }
    let part = part_name(log, output);
    let path = copy_over(log, &part, output).inspect_err(|_| {
        // What was asked for failed; that the rest of it can't be removed either is no news.
        drop(fs::remove_file(&part));
    })?;
    fs::remove_file(log).context("remove", log)?;
    sync_dir(directory(log))?;
    Ok(path)
}

fn copy_over(log: &Path, part: &Path, output: &Path) -> Result<PathBuf, StorageError> {
    let mut from = File::open(log).context("open", log)?;
    let mut options = OpenOptions::new();
    // What an earlier try left is ours and worthless.
    let mut to = options.write(true).create(true).truncate(true).open(part).context("create", part)?;
    io::copy(&mut from, &mut to).and_then(|_| to.sync_all()).context("copy the recording to", part)?;
    let path = rename_to_free_name(part, output).context("name the recording", output)?;
    sync_dir(directory(&path))?;
    Ok(path)
}

/// Gives the file the first free name; never replaces anything, also not what appears at this instant.
fn rename_to_free_name(file: &Path, output: &Path) -> Result<PathBuf, Errno> {
    for number in 0..MOST_NAMES {
        let path = numbered(output, number);
        match rename_no_replace(file, &path) {
            Ok(()) => return Ok(path),
            Err(Errno::EXIST) => {}
            Err(other) => return Err(other),
        }
    }
    Err(Errno::EXIST)
}

fn rename_no_replace(from: &Path, to: &Path) -> Result<(), Errno> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems (NFS, old FUSE) can't: a hard link is as careful.
        Err(Errno::INVAL | Errno::NOSYS) => {
            rustix::fs::link(from, to)?;
            rustix::fs::unlink(from)
        }
        other => other,
    }
}

/// `name.mp4`, `name-1.mp4`, …
fn numbered(output: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return output.to_owned();
    }
    let mut name = output.file_stem().unwrap_or(OsStr::new("recording")).to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = output.extension() {
        name.push(".");
        name.push(extension);
    }
    output.with_file_name(name)
}

/// Hidden, beside the output, and the same for every try of one recording.
fn part_name(log: &Path, output: &Path) -> PathBuf {
    let recording = directory(log).file_name().unwrap_or(OsStr::new("recording"));
    let mut name = OsString::from(".");
    name.push(recording);
    name.push(".part");
    output.with_file_name(name)
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_before_the_extension() {
        assert_eq!(numbered(Path::new("/a/b.c/out.mp4"), 0), Path::new("/a/b.c/out.mp4"));
        assert_eq!(numbered(Path::new("/a/b.c/out.mp4"), 12), Path::new("/a/b.c/out-12.mp4"));
        assert_eq!(numbered(Path::new("out"), 1), Path::new("out-1"));
    }
}
