//! The spool: every recording that isn't delivered yet.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::close::{ClosedLog, close};
use super::error::Context;
use super::log_writer::open_locked;
use super::scan::scan;
use super::{ParentLock, RecordingDir, RecordingMeta, RecordingState, StorageError, lock};
use crate::output::mp4::HeadState;

/// How long recovery waits for a child that it killed.
const CHILD_PATIENCE: Duration = Duration::from_secs(1);

/// A directory of recordings, readable by its owner only.
#[derive(Debug, Clone)]
pub struct Spool {
    path: PathBuf,
}

/// A line of `livetape spool ls`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpoolEntry {
    /// The job.
    pub id: String,
    /// How it stands.
    pub state: RecordingState,
    /// Bytes of the log.
    pub bytes: u64,
    /// How much was recorded, by whole fragments.
    pub recorded: Duration,
    /// The room's name; empty where `meta.json` can't be read.
    pub room: String,
    /// Where it shall go.
    pub output: Option<PathBuf>,
}

/// A recovered recording; the caller is in charge of it as long as this lives.
#[derive(Debug)]
pub struct Recovered {
    /// The directory.
    pub recording: RecordingDir,
    /// What was found.
    pub log: ClosedLog,
    /// Being in charge; give it to [`RecordingDir::remove`] once the log is delivered.
    pub charge: ParentLock,
}

impl Spool {
    /// Opens a spool, making the directory (mode 0700) where there is none.
    ///
    /// # Errors
    /// `SpoolOpen` where others can look into it; `Io`.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StorageError> {
        let path = path.into();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&path).context("create", &path)?;
        let mode = fs::metadata(&path).context("read", &path)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(StorageError::SpoolOpen(path));
        }
        Ok(Self { path })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a recording's directory.
    ///
    /// # Errors
    /// `BadId`; `Io` (also where it exists), `DiskFull`.
    pub fn create(&self, id: &str, meta: &RecordingMeta) -> Result<RecordingDir, StorageError> {
        RecordingDir::create(self.place(id)?, meta)
    }

    /// A recording that is there.
    ///
    /// # Errors
    /// `BadId`, `NoSuchRecording`.
    pub fn recording(&self, id: &str) -> Result<RecordingDir, StorageError> {
        let path = self.place(id)?;
        if path.is_dir() {
            Ok(RecordingDir::at(path))
        } else {
            Err(StorageError::NoSuchRecording(id.to_owned()))
        }
    }

    /// All recordings, by id. One that can't be read hides no other: it is listed with what could be found out.
    ///
    /// # Errors
    /// The spool itself can't be read.
    pub fn list(&self) -> Result<Vec<SpoolEntry>, StorageError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.path).context("read", &self.path)? {
            let name = entry.context("read", &self.path)?.file_name();
            let Some(recording) = name.to_str().and_then(|id| self.recording(id).ok()) else { continue };
            // Removed between listing and looking: not an entry any more.
            match look(&recording) {
                Ok(entry) => entries.push(entry),
                Err(_) if !recording.path().exists() => {}
                Err(error) => return Err(error),
            }
        }
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(entries)
    }

    /// Takes charge of a recording and closes it. A child that still writes is killed first.
    ///
    /// # Errors
    /// `InUse` where a parent is in charge, `NoSuchRecording`, `LogHeld` where the writer can't be ended, `Format`,
    /// `DiskFull`, `Io`.
    pub fn recover(&self, id: &str) -> Result<Recovered, StorageError> {
        let recording = self.recording(id)?;
        let charge = recording.lock_parent()?;
        let log = self.finish(&recording)?;
        Ok(Recovered { recording, log, charge })
    }

    /// Closes the log of a recording that the caller is in charge of: what [`Self::recover`] does when it has the lock.
    ///
    /// # Errors
    /// As [`Self::recover`].
    pub fn finish(&self, recording: &RecordingDir) -> Result<ClosedLog, StorageError> {
        let path = recording.log_path();
        if let Some(file) = open_existing(&path)?
            && lock::is_held(&file).context("look at the lock of", &path)?
        {
            let child = recording.child()?.ok_or_else(|| StorageError::LogHeld(path.clone()))?;
            child.end(CHILD_PATIENCE).context("end the writer of", &path)?;
        }
        let file = match open_locked(&path, false) {
            Err(StorageError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(ClosedLog::nothing(0));
            }
            other => other?,
        };
        close(&file, &path)
    }

    /// Deletes a recording.
    ///
    /// # Errors
    /// `InUse`, `LogHeld` where someone is at it; `NoSuchRecording`, `Io`.
    pub fn remove(&self, id: &str) -> Result<(), StorageError> {
        let recording = self.recording(id)?;
        let charge = recording.lock_parent()?;
        recording.remove(charge)
    }

    /// Ids become directory names: letters, digits, `_` and `-`, so never a path.
    fn place(&self, id: &str) -> Result<PathBuf, StorageError> {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if id.is_empty() || id.len() > 128 || !id.bytes().all(fine) {
            return Err(StorageError::BadId(id.to_owned()));
        }
        Ok(self.path.join(id))
    }
}

fn look(recording: &RecordingDir) -> Result<SpoolEntry, StorageError> {
    let path = recording.log_path();
    let file = open_existing(&path)?;
    let writer = match &file {
        Some(file) => lock::is_held(file).context("look at the lock of", &path)?,
        None => false,
    };
    let parent = recording.has_parent()?;
    let found = file.as_ref().and_then(|file| scan(&file).ok());
    let closed = found.as_ref().is_some_and(|found| matches!(found.head.state, HeadState::Closed { .. }));
    let state = match (parent, writer, closed) {
        (true, _, _) => RecordingState::Recording,
        (false, true, _) => RecordingState::Orphaned,
        (false, false, true) => RecordingState::Closed,
        (false, false, false) => RecordingState::Interrupted,
    };
    let meta = recording.meta().ok();
    let end = found.map_or(0, |found| found.tables.end());
    Ok(SpoolEntry {
        id: recording.id(),
        state,
        bytes: file.and_then(|file| file.metadata().ok()).map_or(0, |data| data.len()),
        recorded: Duration::from_nanos(u64::try_from(end).unwrap_or(0)),
        room: meta.as_ref().map(|meta| meta.room_name.clone()).unwrap_or_default(),
        output: meta.map(|meta| meta.output),
    })
}

fn open_existing(path: &Path) -> Result<Option<File>, StorageError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("open", path),
    }
}
