//! The first 16 KiB of a log: the only bytes that ever change, and how.
//!
//! ```text
//!  live    ftyp | free (at 32, over whatever is retired) | moov with mvex | free, to 16 KiB | fragments …
//!  closed  ftyp | mdat (64-bit size, at 32) ………………………………………………………………………………………………………… | moov
//! ```
//!
//! Each change of state is one write of at most 16 bytes at byte 32, inside one sector: a power cut leaves the old
//! form or the new one. What it points at was written and synced before.

use super::boxes::Boxes;
use super::reader::Reader;
use super::{FormatError, Movie, entry};
use crate::sample::{AudioConfig, VideoConfig};

/// Bytes of the head: room for a few more sample descriptions than the first.
pub const HEAD_LEN: usize = 16 * 1024;

/// Where the switch lies: `free` in the live form, `mdat` in the closed one.
const SWITCH: usize = 32;

/// Bytes of the switch: as many as a 64-bit `mdat` header has.
const SWITCH_LEN: usize = 16;

/// A write into the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where.
    pub at: u64,
    /// What.
    pub bytes: Vec<u8>,
}

/// Which form a log is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadState {
    /// Fragments, perhaps more to come.
    Live,
    /// One `mdat` up to byte `end`, where `moov` begins.
    Closed {
        /// Where the `mdat` ends.
        end: u64,
    },
}

/// A head, read back.
#[derive(Debug, Clone)]
pub struct Head {
    /// What the live `moov` says.
    pub movie: Movie,
    /// The form.
    pub state: HeadState,
    /// Where the `moov` in force ends.
    moov_end: usize,
}

/// Sample descriptions to use, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptions {
    pub(crate) video: u32,
    pub(crate) audio: u32,
}

impl Head {
    /// The bytes of a new log's head, [`HEAD_LEN`] of them.
    ///
    /// # Errors
    /// [`FormatError::HeadFull`] where the sample descriptions leave no room.
    pub fn build(movie: &Movie) -> Result<Vec<u8>, FormatError> {
        let mut b = Boxes::with_capacity(HEAD_LEN);
        b.plain(b"ftyp", |b| {
            b.bytes(b"isom");
            b.u32(0x200);
            for brand in [b"isom", b"iso6", b"avc1", b"mp41"] {
                b.bytes(brand);
            }
        });
        b.plain(b"free", |b| b.zeros(SWITCH_LEN - 8));
        b.bytes(&movie.live());
        pad(&mut b, 0)?;
        Ok(b.into_vec())
    }

    /// Reads a head, in either form.
    ///
    /// # Errors
    /// `Short` where fewer than [`HEAD_LEN`] bytes are given; `Missing` or `Damaged` where it isn't one of ours.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let head = bytes.get(..HEAD_LEN).ok_or(FormatError::Short)?;
        let mut r = Reader::new(head);
        let (kind, body) = r.next_box()?;
        if &kind != b"ftyp" || body.len() != SWITCH - 8 {
            return Err(FormatError::Missing("ftyp"));
        }
        let size = r.u32()?;
        match (size, r.take(4)?) {
            (1, b"mdat") => {
                let end = r.u64()?.checked_add(SWITCH as u64).ok_or(FormatError::Damaged("mdat"))?;
                let (movie, moov_end) = last_moov(head)?;
                Ok(Self { movie, state: HeadState::Closed { end }, moov_end })
            }
            (size, b"free") => {
                let at = usize::try_from(size).ok().and_then(|size| size.checked_add(SWITCH));
                let at = at.filter(|at| *at >= SWITCH + SWITCH_LEN).ok_or(FormatError::Damaged("free"))?;
                let (movie, moov_end) = moov_at(head, at)?;
                Ok(Self { movie, state: HeadState::Live, moov_end })
            }
            _ => Err(FormatError::Missing("free")),
        }
    }

    /// Turns the live form into the closed one, whose `mdat` ends at byte `end`.
    pub fn close_patch(end: u64) -> Patch {
        let mut b = Boxes::default();
        b.u32(1);
        b.bytes(b"mdat");
        b.u64(end.saturating_sub(SWITCH as u64));
        Patch { at: SWITCH as u64, bytes: b.into_vec() }
    }

    /// Finds the sample descriptions of these configurations, or adds them. The patches must reach the disk one
    /// after the other, each synced before the next.
    ///
    /// # Errors
    /// [`FormatError::Clock`] where a track would need another clock, [`FormatError::HeadFull`] without room.
    pub(crate) fn describe(
        &mut self,
        video: &VideoConfig,
        audio: &AudioConfig,
    ) -> Result<(Descriptions, Vec<Patch>), FormatError> {
        if self.movie.audio.timescale != audio.sample_rate {
            return Err(FormatError::Clock("sound"));
        }
        let mut movie = self.movie.clone();
        let descriptions = Descriptions {
            video: place(&mut movie.video.entries, entry::avc1(video)),
            audio: place(&mut movie.audio.entries, entry::mp4a(audio)),
        };
        if movie == self.movie {
            return Ok((descriptions, Vec::new()));
        }
        // The new moov goes into the padding, behind the padding's own header, where nobody looks yet; then the
        // switch grows over the old one.
        let at = self.moov_end + 8;
        let mut b = Boxes::default();
        b.bytes(&movie.live());
        let len = b.len();
        pad(&mut b, at)?;
        b.truncate(len + 8);
        let size = u32::try_from(at - SWITCH).map_err(|_| FormatError::HeadFull)?;
        let patches = vec![
            Patch { at: at as u64, bytes: b.into_vec() },
            Patch { at: SWITCH as u64, bytes: size.to_be_bytes().to_vec() },
        ];
        self.movie = movie;
        self.moov_end = at + len;
        Ok((descriptions, patches))
    }
}

/// The place of an entry, from 1; appended where it is new.
fn place(entries: &mut Vec<Vec<u8>>, entry: Vec<u8>) -> u32 {
    let found = entries.iter().position(|known| *known == entry);
    let index = found.unwrap_or_else(|| {
        entries.push(entry);
        entries.len() - 1
    });
    u32::try_from(index).unwrap_or(u32::MAX - 1) + 1
}

/// Fills up to the end of the head with one `free` box; `b` lies at byte `at` of the head.
fn pad(b: &mut Boxes, at: usize) -> Result<(), FormatError> {
    let room = HEAD_LEN.checked_sub(at + b.len() + 8).ok_or(FormatError::HeadFull)?;
    b.plain(b"free", |b| b.zeros(room));
    Ok(())
}

/// The movie whose box begins at `at`, and where it ends.
fn moov_at(head: &[u8], at: usize) -> Result<(Movie, usize), FormatError> {
    let mut r = Reader::new(head.get(at..).ok_or(FormatError::Damaged("free"))?);
    let (kind, body) = r.next_box()?;
    if &kind != b"moov" {
        return Err(FormatError::Missing("moov"));
    }
    Ok((Movie::parse(body)?, at + 8 + body.len()))
}

/// A closed head doesn't say which `moov` was in force, but the last one knows every sample description.
fn last_moov(head: &[u8]) -> Result<(Movie, usize), FormatError> {
    let mut found = moov_at(head, SWITCH + SWITCH_LEN)?;
    while let Ok(next) = moov_at(head, found.1 + 8) {
        found = next;
    }
    Ok(found)
}
