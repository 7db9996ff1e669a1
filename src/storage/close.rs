//! Closing, which is recovery: a log becomes an ordinary MP4 in place, whatever state it was left in.
//!
//! The order makes it safe to die anywhere: the tail is cut and the tables are appended and synced while the head
//! still says "fragments"; then one write of 16 bytes inside one sector says "movie". Doing it again does the same.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use super::StorageError;
use super::disk::Disk;
use super::error::Context;
use super::scan::{Scan, ScanError, scan};
use crate::output::mp4::{FormatError, HEAD_LEN, Head, HeadState};
use crate::sample::Track;

/// What closing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedLog {
    /// Bytes of the file.
    pub bytes: u64,
    /// When the last picture or sound ends.
    pub recorded: Duration,
    /// Pictures.
    pub video_samples: u64,
    /// Access units of sound.
    pub audio_samples: u64,
    /// Fragments kept.
    pub fragments: u32,
    /// Bytes behind the last whole fragment that were cut off: what a kill tore.
    pub torn: u64,
    /// Bytes between fragments that are none: damage of the disk. They stay in the file, unused.
    pub holes: u64,
}

impl ClosedLog {
    /// Nothing was recorded: such a log is left as it is, for there is no movie without samples.
    pub fn is_empty(&self) -> bool {
        self.fragments == 0
    }
}

/// Closes the log in this file, whose lock the caller holds.
///
/// # Errors
/// `Format` where the head isn't one of ours or the tables can't be written; `DiskFull`, `Io`: the log is as it was,
/// and playable in its live form.
pub(super) fn close(file: &File, path: &Path) -> Result<ClosedLog, StorageError> {
    close_disk(&mut { file }, path)
}

pub(super) fn close_disk(disk: &mut impl Disk, path: &Path) -> Result<ClosedLog, StorageError> {
    let len = disk.len().context("read", path)?;
    let found = match scan(disk) {
        Ok(found) => found,
        Err(ScanError::Io(error)) => return Err(error).context("read", path),
        // Killed while the head was written: nothing had been recorded.
        Err(ScanError::Format(FormatError::Short)) if len < HEAD_LEN as u64 => {
            return Ok(ClosedLog::nothing(len));
        }
        Err(ScanError::Format(error)) => return Err(StorageError::format(path, error)),
    };
    let closed = match found.head.state {
        HeadState::Closed { end } => ends_with_movie(disk, end, len).context("read", path)?,
        HeadState::Live => false,
    };
    if closed || found.tables.fragments() == 0 {
        return Ok(ClosedLog::of(&found, len, 0));
    }
    let movie = found.head.movie.closed(&found.tables).map_err(|error| StorageError::format(path, error))?;
    if len > found.end {
        disk.truncate(found.end).context("cut the torn end off", path)?;
    }
    let appended =
        disk.write_at(&movie, found.end).and_then(|()| disk.sync()).context("append the tables to", path);
    if let Err(error) = appended {
        // A piece of a movie would do no harm, but on a full disk its blocks are wanted. The first error is the one to tell.
        drop(disk.truncate(found.end));
        return Err(error);
    }
    let patch = Head::close_patch(found.end);
    disk.write_at(&patch.bytes, patch.at).and_then(|()| disk.sync()).context("write the head of", path)?;
    Ok(ClosedLog::of(&found, found.end + movie.len() as u64, len - found.end))
}

/// Whether a `moov` lies from `end` to the end of the file.
fn ends_with_movie(disk: &impl Disk, end: u64, len: u64) -> std::io::Result<bool> {
    let mut header = [0; 8];
    let got = disk.read_at(&mut header, end)?;
    let [a, b, c, d, kind @ ..] = header;
    let size = u64::from(u32::from_be_bytes([a, b, c, d]));
    Ok(got == header.len() && &kind == b"moov" && end.checked_add(size) == Some(len))
}

impl ClosedLog {
    pub(super) fn nothing(bytes: u64) -> Self {
        let recorded = Duration::ZERO;
        Self { bytes, recorded, video_samples: 0, audio_samples: 0, fragments: 0, torn: 0, holes: 0 }
    }

    fn of(found: &Scan, bytes: u64, torn: u64) -> Self {
        Self {
            bytes,
            recorded: Duration::from_nanos(u64::try_from(found.tables.end()).unwrap_or(0)),
            video_samples: found.tables.samples(Track::Video) as u64,
            audio_samples: found.tables.samples(Track::Audio) as u64,
            fragments: found.tables.fragments(),
            torn,
            holes: found.holes,
        }
    }
}
