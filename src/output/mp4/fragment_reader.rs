//! Fragments, read from a disk that may have torn them: only what our own writer makes passes.
//!
//! A fragment is `moof`, `mdat`, and a trailer: a `free` box with the CRC-32C of both.

use super::FormatError;
use super::reader::Reader;
use crate::sample::Track;

/// No fragment of ours has a longer `moof`: 250 ms would have to hold 60,000 samples.
pub const MAX_MOOF: usize = 1 << 20;

/// Bytes of the trailer.
pub const TRAILER_LEN: usize = 16;

pub(super) const TRAILER_MARK: &[u8; 4] = b"crcC";

/// Flags of `trun`: data offset, then per sample duration, size (sound), flags, composition offset (picture).
pub(super) const AUDIO_RUN: u32 = 0x00_0301;
pub(super) const VIDEO_RUN: u32 = 0x00_0f01;

/// Flags of `tfhd`: offsets count from the `moof`; the sample description is named.
pub(super) const TRACK_FLAGS: u32 = 0x02_0002;

/// `sample_is_non_sync_sample` (8.8.3.1).
pub(super) const NON_SYNC: u32 = 0x0001_0000;

/// How long a fragment's `moof` is: all that its first eight bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FragmentSize {
    /// Bytes, header included; at most [`MAX_MOOF`].
    pub moof: usize,
}

/// A parsed fragment.
#[derive(Debug, Clone)]
pub struct Fragment<'a> {
    /// `sequence_number`, from 1.
    pub sequence: u32,
    /// Bytes from the start of `moof` to the end of the trailer.
    pub len: u64,
    video: Option<TrackRun<'a>>,
    audio: Option<TrackRun<'a>>,
}

/// One track's samples in a fragment; they lie one behind the other.
#[derive(Debug, Clone)]
pub struct TrackRun<'a> {
    /// The track.
    pub track: Track,
    /// Sample description, from 1.
    pub description: u32,
    /// Decoding time of the first sample, in the track's ticks.
    pub decode: u64,
    /// Where the first sample lies, from the start of the `moof`.
    pub data_offset: u64,
    entries: &'a [u8],
}

/// One line of a `trun`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleEntry {
    /// Ticks.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
    /// Whether decoding can begin here.
    pub sync: bool,
    /// Presentation minus decoding time, in ticks.
    pub composition: i32,
}

impl FragmentSize {
    /// Reads the first eight bytes of what should be a `moof`.
    ///
    /// # Errors
    /// `Short`, or `Missing` where something else begins here, or `Damaged` where the length can't be.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut r = Reader::new(bytes);
        let size = r.u32()?;
        if r.take(4)? != b"moof" {
            return Err(FormatError::Missing("moof"));
        }
        let moof = usize::try_from(size).map_err(|_| FormatError::Damaged("moof"))?;
        if !(8..=MAX_MOOF).contains(&moof) {
            return Err(FormatError::Damaged("moof"));
        }
        Ok(Self { moof })
    }
}

impl<'a> Fragment<'a> {
    /// Parses the whole `moof` and the eight bytes behind it, the header of its `mdat`. That every sample lies
    /// inside the `mdat` is checked; that the `mdat` lies inside the file is the caller's to check with `len`.
    ///
    /// # Errors
    /// `Short` where bytes are missing, `Damaged` or `Missing` where it isn't a fragment of ours.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let moof_len = FragmentSize::parse(bytes)?.moof;
        let mut r = Reader::new(bytes);
        let (_, moof) = r.next_box()?;
        let mdat_len = r.u32()?;
        if r.take(4)? != b"mdat" || mdat_len < 8 {
            return Err(FormatError::Missing("mdat"));
        }
        let data_start = u64::try_from(moof_len).unwrap_or(u64::MAX).saturating_add(8);
        let data_end = data_start.saturating_add(u64::from(mdat_len) - 8);

        let mut boxes = Reader::new(moof);
        let mut mfhd = Reader::new(expect(&mut boxes, "mfhd")?);
        mfhd.version_and_flags()?;
        let sequence = mfhd.u32()?;
        let mut fragment =
            Self { sequence, len: data_end.saturating_add(TRAILER_LEN as u64), video: None, audio: None };
        while !boxes.is_empty() {
            let run = TrackRun::parse(expect(&mut boxes, "traf")?)?;
            if run.data_offset < data_start || run.data_end() > data_end {
                return Err(FormatError::Damaged("trun"));
            }
            let slot = match run.track {
                Track::Video => &mut fragment.video,
                Track::Audio => &mut fragment.audio,
            };
            if slot.replace(run).is_some() {
                return Err(FormatError::Damaged("traf"));
            }
        }
        Ok(fragment)
    }

    /// The tracks' runs, picture first.
    pub fn runs(&self) -> impl Iterator<Item = &TrackRun<'a>> {
        self.video.iter().chain(&self.audio)
    }
}

impl<'a> TrackRun<'a> {
    fn parse(traf: &'a [u8]) -> Result<Self, FormatError> {
        let mut boxes = Reader::new(traf);
        let mut tfhd = Reader::new(expect(&mut boxes, "tfhd")?);
        if tfhd.version_and_flags()? != (0, TRACK_FLAGS) {
            return Err(FormatError::Damaged("tfhd"));
        }
        let track = match tfhd.u32()? {
            1 => Track::Video,
            2 => Track::Audio,
            _ => return Err(FormatError::Damaged("tfhd")),
        };
        let description = tfhd.u32()?;
        let mut tfdt = Reader::new(expect(&mut boxes, "tfdt")?);
        if tfdt.version_and_flags()?.0 != 1 {
            return Err(FormatError::Damaged("tfdt"));
        }
        let decode = tfdt.u64()?;
        let mut trun = Reader::new(expect(&mut boxes, "trun")?);
        if trun.version_and_flags()? != (1, run_flags(track)) {
            return Err(FormatError::Damaged("trun"));
        }
        let count = trun.u32()?;
        let data_offset = u64::from(trun.u32()?);
        let entries = trun.rest();
        let claimed = usize::try_from(count).ok().and_then(|n| n.checked_mul(entry_len(track)));
        if count == 0 || claimed != Some(entries.len()) || !boxes.is_empty() {
            return Err(FormatError::Damaged("trun"));
        }
        Ok(Self { track, description, decode, data_offset, entries })
    }

    /// The samples in decoding order.
    pub fn samples(&self) -> impl Iterator<Item = SampleEntry> + use<'a> {
        let track = self.track;
        self.entries.chunks_exact(entry_len(track)).filter_map(move |line| entry(track, line).ok())
    }

    fn data_end(&self) -> u64 {
        self.samples().map(|sample| u64::from(sample.size)).fold(self.data_offset, u64::saturating_add)
    }
}

/// The checksum that a trailer carries.
///
/// # Errors
/// `Short` or `Damaged` where these bytes are no trailer.
pub fn trailer_crc(bytes: &[u8]) -> Result<u32, FormatError> {
    let mut r = Reader::new(bytes);
    let (kind, body) = r.next_box()?;
    let mut body = Reader::new(body);
    if &kind != b"free" || body.take(4)? != TRAILER_MARK {
        return Err(FormatError::Damaged("free"));
    }
    body.u32()
}

pub(super) fn run_flags(track: Track) -> u32 {
    match track {
        Track::Video => VIDEO_RUN,
        Track::Audio => AUDIO_RUN,
    }
}

fn entry_len(track: Track) -> usize {
    match track {
        Track::Video => 16,
        Track::Audio => 8,
    }
}

fn entry(track: Track, line: &[u8]) -> Result<SampleEntry, FormatError> {
    let mut r = Reader::new(line);
    let (duration, size) = (r.u32()?, r.u32()?);
    Ok(match track {
        Track::Video => SampleEntry { duration, size, sync: r.u32()? & NON_SYNC == 0, composition: r.i32()? },
        Track::Audio => SampleEntry { duration, size, sync: true, composition: 0 },
    })
}

/// The next box, which must be of this type.
fn expect<'a>(boxes: &mut Reader<'a>, kind: &'static str) -> Result<&'a [u8], FormatError> {
    let (found, body) = boxes.next_box()?;
    if found == kind.as_bytes() { Ok(body) } else { Err(FormatError::Missing(kind)) }
}
