//! Sample tables, gathered fragment by fragment: where every sample lies and when it is decoded and shown.

use super::boxes::Boxes;
use super::fragment_reader::{Fragment, SampleEntry, TrackRun};
use super::runs::Runs;
use super::ticks;
use super::{FormatError, Movie};
use crate::sample::Track;

/// No recording comes near this many ticks (days at any clock); times beyond it are damage.
const LATEST: u64 = 1 << 52;

/// The tables of both tracks. Memory grows with what was really read, never with what a box claims.
#[derive(Debug, Clone)]
pub struct Tables {
    pub(super) video: TrackTable,
    pub(super) audio: TrackTable,
    fragments: u32,
    sequence: u32,
    video_timescale: u32,
    audio_timescale: u32,
    video_zero: u32,
    audio_zero: u32,
}

/// One track's tables.
#[derive(Debug, Clone, Default)]
pub(super) struct TrackTable {
    descriptions: u32,
    first: Option<(u64, i32)>,
    /// Decoding time and nominal duration of the newest sample, whose real duration the next one tells.
    last: Option<(u64, u32)>,
    deltas: Runs<u32>,
    compositions: Runs<i32>,
    lowest_composition: i32,
    /// Latest end of what is shown, in the fragments' time.
    end: i64,
    sizes: Vec<u32>,
    chunks: Vec<u64>,
    /// First chunk (from 1), samples per chunk, sample description.
    chunk_runs: Vec<(u32, u32, u32)>,
    syncs: Vec<u32>,
}

impl Tables {
    /// Empty tables for fragments of `movie`.
    pub fn new(movie: &Movie) -> Self {
        let table = |entries: &[Vec<u8>]| TrackTable {
            descriptions: u32::try_from(entries.len()).unwrap_or(u32::MAX),
            ..TrackTable::default()
        };
        Self {
            video: table(&movie.video.entries),
            audio: table(&movie.audio.entries),
            fragments: 0,
            sequence: 0,
            video_timescale: movie.video.timescale,
            audio_timescale: movie.audio.timescale,
            video_zero: movie.video.zero,
            audio_zero: movie.audio.zero,
        }
    }

    /// Adds a fragment that lies at byte `at` of the log; on an error nothing was added.
    ///
    /// # Errors
    /// [`FormatError::Order`] where it can't follow what was added before; `Damaged` where it names a sample
    /// description that isn't there.
    pub fn push(&mut self, fragment: &Fragment<'_>, at: u64) -> Result<(), FormatError> {
        if fragment.sequence <= self.sequence {
            return Err(FormatError::Order);
        }
        for run in fragment.runs() {
            self.table(run.track).check(run)?;
        }
        for run in fragment.runs() {
            self.table_mut(run.track).add(run, at);
        }
        self.sequence = fragment.sequence;
        self.fragments = self.fragments.saturating_add(1);
        Ok(())
    }

    /// Fragments added.
    pub fn fragments(&self) -> u32 {
        self.fragments
    }

    /// Sequence number of the newest fragment; 0 before the first.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// Samples of one track.
    pub fn samples(&self, track: Track) -> usize {
        self.table(track).samples()
    }

    /// When the last picture or sound ends, in nanoseconds from time zero; 0 for an empty recording.
    pub fn end(&self) -> i64 {
        let video = self.video.end.saturating_sub(i64::from(self.video_zero));
        let video = ticks::to_nanos(video, self.video_timescale);
        let audio = self.audio.end.saturating_sub(i64::from(self.audio_zero));
        video.max(ticks::to_nanos(audio, self.audio_timescale)).max(0)
    }

    /// Where the next sample of a track may be decoded at the earliest, in its ticks.
    pub(super) fn decode_end(&self, track: Track) -> u64 {
        self.table(track).last.map_or(0, |(decode, duration)| decode.saturating_add(u64::from(duration)))
    }

    fn table(&self, track: Track) -> &TrackTable {
        match track {
            Track::Video => &self.video,
            Track::Audio => &self.audio,
        }
    }

    fn table_mut(&mut self, track: Track) -> &mut TrackTable {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }
}

impl TrackTable {
    pub(super) fn samples(&self) -> usize {
        self.sizes.len()
    }

    /// When the first sample is shown, in the fragments' time.
    pub(super) fn start(&self) -> i64 {
        self.first.map_or(0, |(decode, composition)| signed(decode).saturating_add(composition.into()))
    }

    /// Composition time of the first sample in the closed track, whose decoding begins at 0.
    pub(super) fn first_composition(&self) -> i64 {
        self.first.map_or(0, |(_, composition)| i64::from(composition)) + self.lift()
    }

    /// End of the last sample shown, in the closed track's time.
    pub(super) fn composition_end(&self) -> i64 {
        let base = self.first.map_or(0, |(decode, _)| signed(decode));
        self.end.saturating_sub(base).saturating_add(self.lift())
    }

    /// Sum of the decoding times.
    pub(super) fn media_duration(&self) -> u64 {
        match (self.first, self.last) {
            (Some((first, _)), Some((last, duration))) => {
                last.saturating_sub(first).saturating_add(duration.into())
            }
            _ => 0,
        }
    }

    /// Added to every composition offset, so that none is negative: old players know no others (8.6.1.3).
    fn lift(&self) -> i64 {
        i64::from(self.lowest_composition).min(0).saturating_neg()
    }

    fn check(&self, run: &TrackRun<'_>) -> Result<(), FormatError> {
        if run.description == 0 || run.description > self.descriptions {
            return Err(FormatError::Damaged("tfhd"));
        }
        if let Some((last, _)) = self.last {
            let delta = run.decode.checked_sub(last).ok_or(FormatError::Order)?;
            if delta == 0 || u32::try_from(delta).is_err() {
                return Err(FormatError::Order);
            }
        }
        let mut decode = run.decode;
        for sample in run.samples() {
            decode = decode.checked_add(sample.duration.into()).ok_or(FormatError::Order)?;
        }
        if decode > LATEST { Err(FormatError::Order) } else { Ok(()) }
    }

    /// Takes a checked run over.
    fn add(&mut self, run: &TrackRun<'_>, at: u64) {
        let mut decode = run.decode;
        let mut count = 0u32;
        for sample in run.samples() {
            self.add_sample(&sample, decode);
            decode = decode.saturating_add(sample.duration.into());
            count = count.saturating_add(1);
        }
        if count == 0 {
            return;
        }
        self.chunks.push(at.saturating_add(run.data_offset));
        let same = self.chunk_runs.last().is_some_and(|&(_, n, d)| n == count && d == run.description);
        if !same {
            let chunk = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
            self.chunk_runs.push((chunk, count, run.description));
        }
    }

    fn add_sample(&mut self, sample: &SampleEntry, decode: u64) {
        if let Some((last, _)) = self.last {
            self.deltas.push(u32::try_from(decode.saturating_sub(last)).unwrap_or(u32::MAX));
        }
        self.last = Some((decode, sample.duration));
        self.first.get_or_insert((decode, sample.composition));
        self.lowest_composition = self.lowest_composition.min(sample.composition);
        let end = signed(decode) + i64::from(sample.composition) + i64::from(sample.duration);
        self.end = self.end.max(end);
        self.compositions.push(sample.composition);
        self.sizes.push(sample.size);
        if sample.sync {
            self.syncs.push(u32::try_from(self.sizes.len()).unwrap_or(u32::MAX));
        }
    }

    /// No less than the bytes that `write` makes.
    pub(super) fn encoded_len(&self) -> usize {
        let words = self.deltas.as_slice().len() * 2
            + self.compositions.as_slice().len() * 2
            + self.chunk_runs.len() * 3
            + self.chunks.len() * 2
            + self.sizes.len()
            + self.syncs.len();
        words.saturating_mul(4).saturating_add(4096)
    }

    /// The content of `stbl` behind `stsd` (8.6, 8.7).
    pub(super) fn write(&self, b: &mut Boxes, track: Track) {
        let mut deltas = self.deltas.clone();
        if let Some((_, duration)) = self.last {
            deltas.push(duration);
        }
        b.full(b"stts", 0, 0, |b| {
            count(b, deltas.as_slice().len());
            for &(run, delta) in deltas.as_slice() {
                b.u32(run);
                b.u32(delta);
            }
        });
        let lift = self.lift();
        if self.compositions.as_slice().iter().any(|&(_, composition)| composition != 0) {
            b.full(b"ctts", 0, 0, |b| {
                count(b, self.compositions.as_slice().len());
                for &(run, composition) in self.compositions.as_slice() {
                    b.u32(run);
                    b.u32(u32::try_from(i64::from(composition) + lift).unwrap_or(0));
                }
            });
        }
        b.full(b"stsc", 0, 0, |b| {
            count(b, self.chunk_runs.len());
            for &(chunk, samples, description) in &self.chunk_runs {
                b.u32(chunk);
                b.u32(samples);
                b.u32(description);
            }
        });
        b.full(b"stsz", 0, 0, |b| {
            b.u32(0);
            count(b, self.sizes.len());
            self.sizes.iter().for_each(|&size| b.u32(size));
        });
        b.full(b"co64", 0, 0, |b| {
            count(b, self.chunks.len());
            self.chunks.iter().for_each(|&chunk| b.u64(chunk));
        });
        match track {
            Track::Video => b.full(b"stss", 0, 0, |b| {
                count(b, self.syncs.len());
                self.syncs.iter().for_each(|&sample| b.u32(sample));
            }),
            Track::Audio => self.write_roll(b),
        }
    }

    /// AAC decodes right only from the frame before (10.1.1): says so to whoever seeks.
    fn write_roll(&self, b: &mut Boxes) {
        b.full(b"sgpd", 1, 0, |b| {
            b.bytes(b"roll");
            b.u32(2); // length of an entry
            b.u32(1);
            b.u16((-1i16).cast_unsigned());
        });
        b.full(b"sbgp", 0, 0, |b| {
            b.bytes(b"roll");
            b.u32(1);
            count(b, self.sizes.len());
            b.u32(1);
        });
    }
}

fn count(b: &mut Boxes, len: usize) {
    b.u32(u32::try_from(len).unwrap_or(u32::MAX));
}

/// Times are checked against [`LATEST`], so nothing is lost here.
fn signed(decode: u64) -> i64 {
    i64::try_from(decode).unwrap_or(i64::MAX)
}
