//! Walks a log from fragment to fragment. Reads headers, not media: the time it takes goes by the tables.
//!
//! What isn't a fragment is passed over up to the next one that is, so that a hole in the middle costs what lies in
//! it and nothing behind it. Near the end, where a power cut may have left blocks that never reached the disk, each
//! fragment must match its checksum.

use std::io;

use super::disk::Disk;
use crate::output::mp4::{
    Crc32c, FormatError, Fragment, FragmentSize, HEAD_LEN, Head, HeadState, TRAILER_LEN, Tables, trailer_crc,
};

/// Checksums are compared within this distance of the end: far more than is ever unsynced (a second).
const UNSURE: u64 = 16 << 20;

/// Read at a time: more than a usual `moof`.
const CHUNK: usize = 4096;

/// What a log holds.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) head: Head,
    pub(super) tables: Tables,
    /// Where the last whole fragment ends (the head, where there is none).
    pub(super) end: u64,
    /// Bytes passed over between fragments.
    pub(super) holes: u64,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ScanError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// Reads the head and all fragments.
///
/// # Errors
/// A head that is short or not ours, or a failure of the disk; never anything behind the head.
pub(super) fn scan(disk: &impl Disk) -> Result<Scan, ScanError> {
    let mut head = vec![0; HEAD_LEN];
    let got = disk.read_at(&mut head, 0)?;
    let head = Head::parse(head.get(..got).unwrap_or_default())?;
    let len = disk.len()?;
    let len = match head.state {
        HeadState::Closed { end } if end >= HEAD_LEN as u64 => len.min(end),
        _ => len,
    };
    let tables = Tables::new(&head.movie);
    let mut scan = Scan { head, tables, end: HEAD_LEN as u64, holes: 0 };
    let mut buffer = Vec::new();
    let mut at = scan.end;
    // Behind a hole nothing is believed without its checksum.
    let mut lost = false;
    while at < len {
        if let Some(size) = scan.accept(disk, &mut buffer, at, len, lost)? {
            scan.holes += at - scan.end;
            at += size;
            scan.end = at;
            lost = false;
        } else {
            lost = true;
            match next_moof(disk, &mut buffer, at + 1, len)? {
                Some(next) => at = next,
                None => break,
            }
        }
    }
    Ok(scan)
}

impl Scan {
    /// Adds the fragment at `at`, if there is one; says how long it is.
    fn accept(
        &mut self,
        disk: &impl Disk,
        buffer: &mut Vec<u8>,
        at: u64,
        len: u64,
        lost: bool,
    ) -> io::Result<Option<u64>> {
        fill(disk, buffer, at, CHUNK)?;
        let Ok(size) = FragmentSize::parse(buffer) else { return Ok(None) };
        if size.moof + 8 > buffer.len() {
            fill(disk, buffer, at, size.moof + 8)?;
        }
        let Ok(fragment) = Fragment::parse(buffer) else { return Ok(None) };
        let Some(end) = at.checked_add(fragment.len).filter(|end| *end <= len) else { return Ok(None) };
        let body = end - TRAILER_LEN as u64;
        let mut trailer = [0; TRAILER_LEN];
        let got = disk.read_at(&mut trailer, body)?;
        let Ok(crc) = trailer_crc(trailer.get(..got).unwrap_or_default()) else { return Ok(None) };
        let unsure = lost || len - at <= UNSURE;
        if unsure && checksum(disk, at, body)? != crc {
            return Ok(None);
        }
        if self.tables.push(&fragment, at).is_err() {
            return Ok(None);
        }
        Ok(Some(fragment.len))
    }
}

/// Makes `buffer` what lies at `at`: `want` bytes or as many as there are.
fn fill(disk: &impl Disk, buffer: &mut Vec<u8>, at: u64, want: usize) -> io::Result<()> {
    buffer.resize(want, 0);
    let got = disk.read_at(buffer, at)?;
    buffer.truncate(got);
    Ok(())
}

fn checksum(disk: &impl Disk, from: u64, to: u64) -> io::Result<u32> {
    let mut crc = Crc32c::default();
    let mut chunk = vec![0; 64 * 1024];
    let mut at = from;
    while at < to {
        let want = usize::try_from(to - at).map_or(chunk.len(), |left| left.min(chunk.len()));
        let got = disk.read_at(chunk.get_mut(..want).unwrap_or_default(), at)?;
        if got == 0 {
            break;
        }
        crc.update(chunk.get(..got).unwrap_or_default());
        at += got as u64;
    }
    Ok(crc.value())
}

/// Where the next `moof` might begin, at `from` or behind it.
fn next_moof(disk: &impl Disk, buffer: &mut Vec<u8>, from: u64, len: u64) -> io::Result<Option<u64>> {
    let mut at = from;
    while at < len {
        fill(disk, buffer, at, 64 * 1024)?;
        if let Some(found) =
            buffer.get(4..).and_then(|types| types.windows(4).position(|kind| kind == b"moof"))
        {
            return Ok(Some(at + found as u64));
        }
        // The last seven bytes may be the beginning of one.
        let passed = buffer.len().saturating_sub(7);
        if passed == 0 {
            break;
        }
        at += passed as u64;
    }
    Ok(None)
}
