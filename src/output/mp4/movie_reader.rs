//! The live `moov`, read back: a log says all that is needed to go on with it or to close it.

use super::movie::MovieTrack;
use super::reader::{Reader, child, descend};
use super::{FormatError, Movie};
use crate::sample::Track;

/// More sample descriptions than any head has room for.
const MOST_ENTRIES: u32 = 64;

impl Movie {
    /// Reads the content of a live `moov` (without its box header).
    ///
    /// # Errors
    /// `Missing`, `Damaged` or `Short` where it isn't one of ours.
    pub(super) fn parse(moov: &[u8]) -> Result<Self, FormatError> {
        let mut mvhd = Reader::new(child(moov, "mvhd")?);
        if mvhd.version_and_flags()?.0 != 1 {
            return Err(FormatError::Damaged("mvhd"));
        }
        let created = mvhd.u64()?;
        let (mut video, mut audio) = (None, None);
        let mut boxes = Reader::new(moov);
        while !boxes.is_empty() {
            let (kind, body) = boxes.next_box()?;
            if &kind != b"trak" {
                continue;
            }
            let track = MovieTrack::parse(body)?;
            match track.track {
                Track::Video => video = Some(track),
                Track::Audio => audio = Some(track),
            }
        }
        child(moov, "mvex")?;
        let video = video.ok_or(FormatError::Missing("trak"))?;
        let audio = audio.ok_or(FormatError::Missing("trak"))?;
        Ok(Self { created, video, audio })
    }
}

impl MovieTrack {
    fn parse(trak: &[u8]) -> Result<Self, FormatError> {
        let mut hdlr = Reader::new(descend(trak, &["mdia", "hdlr"])?);
        hdlr.take(8)?;
        let track = match hdlr.take(4)? {
            b"vide" => Track::Video,
            b"soun" => Track::Audio,
            _ => return Err(FormatError::Damaged("hdlr")),
        };
        let mut tkhd = Reader::new(child(trak, "tkhd")?);
        if tkhd.version_and_flags()?.0 != 1 {
            return Err(FormatError::Damaged("tkhd"));
        }
        tkhd.take(84)?;
        let (width, _, height) = (tkhd.u16()?, tkhd.u16()?, tkhd.u16()?);

        let mut mdhd = Reader::new(descend(trak, &["mdia", "mdhd"])?);
        mdhd.take(20)?;
        let timescale = mdhd.u32()?;
        if timescale == 0 {
            return Err(FormatError::Damaged("mdhd"));
        }
        let zero = zero(descend(trak, &["edts", "elst"])?)?;
        let entries = entries(descend(trak, &["mdia", "minf", "stbl", "stsd"])?)?;
        Ok(Self { track, timescale, width, height, zero, entries })
    }
}

fn zero(elst: &[u8]) -> Result<u32, FormatError> {
    let mut r = Reader::new(elst);
    if r.version_and_flags()?.0 != 1 || r.u32()? != 1 {
        return Err(FormatError::Damaged("elst"));
    }
    r.u64()?;
    u32::try_from(r.i64()?).map_err(|_| FormatError::Damaged("elst"))
}

/// Whole boxes, as they stand.
fn entries(stsd: &[u8]) -> Result<Vec<Vec<u8>>, FormatError> {
    let mut r = Reader::new(stsd);
    r.version_and_flags()?;
    let count = r.u32()?;
    if !(1..=MOST_ENTRIES).contains(&count) {
        return Err(FormatError::Damaged("stsd"));
    }
    let mut entries = Vec::new();
    while !r.is_empty() {
        let all = r.rest();
        let (_, body) = r.next_box()?;
        let whole = all.get(..body.len().saturating_add(8)).ok_or(FormatError::Short)?;
        entries.push(whole.to_vec());
    }
    if u32::try_from(entries.len()) == Ok(count) { Ok(entries) } else { Err(FormatError::Damaged("stsd")) }
}
