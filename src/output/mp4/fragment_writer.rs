//! Samples in, fragments out. Each is whole in itself: losing what follows never hurts it.

use std::time::Duration;

use bytes::Bytes;

use super::boxes::Boxes;
use super::crc::Crc32c;
use super::fragment_reader::{NON_SYNC, TRACK_FLAGS, TRAILER_MARK, run_flags};
use super::head::{Descriptions, Head};
use super::movie::MovieTrack;
use super::tables::Tables;
use super::{FormatError, Movie, ticks};
use crate::sample::{AudioConfig, Sample, Track, VideoConfig};

/// The longest fragment: what a kill may cost beyond what the encoders hold.
pub const FRAGMENT: Duration = Duration::from_millis(250);

/// A fragment is cut early at this many bytes, whatever its length in time.
const MOST_BYTES: usize = 16 << 20;

/// Larger access units don't exist; one is left out rather than written with a wrapped length.
const MOST_SAMPLE_BYTES: usize = 1 << 30;

/// Where a log that was left goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    pub(crate) movie: Movie,
    pub(crate) descriptions: Descriptions,
    pub(crate) sequence: u32,
    pub(crate) video_decode: u64,
    pub(crate) audio_decode: u64,
    /// Where the next run's time zero may lie at the earliest, in nanoseconds on the recording's time line.
    pub end: i64,
}

/// Cuts encoded samples into fragments of at most a given length, at sample boundaries, in order of arrival:
/// a track that runs ahead of the other isn't held back.
///
/// The sound's priming is taken out by an edit list in the head: give each access unit the time that its
/// content would have if the encoder had no delay from input to output *time stamps* (the first is at the time of
/// the first input sample, although its content is the priming).
#[derive(Debug)]
pub struct FragmentWriter {
    movie: Movie,
    sequence: u32,
    video: Lane,
    audio: Lane,
    handed_out: i64,
}

/// One track on its way into the next fragment. Times in ticks of the track, unless they say otherwise.
#[derive(Debug)]
struct Lane {
    track: Track,
    timescale: u32,
    description: u32,
    limit: u64,
    /// Time zero of this run, in nanoseconds on the recording's time line.
    origin: i64,
    /// The track's own time at the recording's time zero.
    zero: i64,
    /// Ticks that this run's encoder puts before its first real sound.
    priming: i64,
    /// No sample is decoded before this.
    floor: u64,
    /// How far apart the last two samples were: how long one lasts that doesn't say it.
    step: u32,
    newest: Option<u64>,
    pending: Vec<Pending>,
    bytes: usize,
}

#[derive(Debug)]
struct Pending {
    decode: u64,
    duration: u32,
    composition: i32,
    sync: bool,
    data: Bytes,
}

impl FragmentWriter {
    /// A writer for a new log.
    pub fn new(video: &VideoConfig, audio: &AudioConfig, fragment: Duration) -> Self {
        let movie = Movie::new(video, audio);
        let resume = Resume {
            movie,
            descriptions: Descriptions { video: 1, audio: 1 },
            sequence: 1,
            video_decode: 0,
            audio_decode: 0,
            end: 0,
        };
        Self::resume(audio, fragment, &resume, 0)
    }

    /// A writer that goes on with a log; `origin` is where this run's time zero lies on the recording's time line,
    /// in nanoseconds: the wall time that has passed since the first run's time zero. Earlier than `resume.end` is
    /// taken as `resume.end`.
    pub fn resume(audio: &AudioConfig, fragment: Duration, resume: &Resume, origin: i64) -> Self {
        let movie = resume.movie.clone();
        let origin = origin.max(resume.end);
        let limit = i64::try_from(fragment.as_nanos()).unwrap_or(i64::MAX);
        let lane = |track: &MovieTrack, description, priming: u32, floor| Lane {
            track: track.track,
            timescale: track.timescale,
            description,
            limit: u64::try_from(ticks::from_nanos(limit, track.timescale)).unwrap_or(0),
            origin,
            zero: i64::from(track.zero),
            priming: i64::from(priming),
            floor,
            step: 0,
            newest: None,
            pending: Vec::new(),
            bytes: 0,
        };
        let descriptions = resume.descriptions;
        let video = lane(&movie.video, descriptions.video, 0, resume.video_decode);
        let audio = lane(&movie.audio, descriptions.audio, audio.priming, resume.audio_decode);
        Self { movie, sequence: resume.sequence, video, audio, handed_out: 0 }
    }

    /// Says when the recording began, in seconds since the Unix epoch; only before [`Self::init_segment`].
    #[must_use]
    pub fn created_at(mut self, unix_seconds: u64) -> Self {
        self.movie.set_created(unix_seconds);
        self
    }

    /// The head of a new log: `ftyp`, the live `moov`, and padding up to [`super::HEAD_LEN`].
    ///
    /// # Errors
    /// [`FormatError::HeadFull`] where the decoder configurations are absurdly long.
    pub fn init_segment(&self) -> Result<Bytes, FormatError> {
        Head::build(&self.movie).map(Bytes::from)
    }

    /// Takes a sample; returns a fragment when one is full.
    pub fn push(&mut self, sample: Sample) -> Option<Bytes> {
        if sample.data.len() > MOST_SAMPLE_BYTES {
            return None;
        }
        let bytes = self.video.bytes.saturating_add(self.audio.bytes).saturating_add(sample.data.len());
        let lane = match sample.track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        };
        let next = lane.place(&sample);
        let before = (!lane.fits(&next) || bytes > MOST_BYTES).then(|| self.flush()).flatten();
        let lane = match sample.track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        };
        lane.push(next);
        // Full once another sample like this one wouldn't fit: waiting for it would only add to what a kill costs.
        if before.is_none() && lane.is_full() { self.flush() } else { before }
    }

    /// What is pending, as a shorter fragment.
    pub fn flush(&mut self) -> Option<Bytes> {
        let end = self.video.end_nanos().into_iter().chain(self.audio.end_nanos()).max()?;
        self.handed_out = self.handed_out.max(end);
        let mut lanes: Vec<&mut Lane> =
            [&mut self.video, &mut self.audio].into_iter().filter(|lane| !lane.pending.is_empty()).collect();
        let data: usize = lanes.iter().map(|lane| lane.bytes).sum();
        let mut b = Boxes::with_capacity(data + 1024);
        let mut offsets = Vec::with_capacity(2);
        b.plain(b"moof", |b| {
            b.full(b"mfhd", 0, 0, |b| b.u32(self.sequence));
            for lane in &lanes {
                offsets.push(lane.traf(b));
            }
        });
        let mut at = b.len() + 8;
        for (slot, lane) in offsets.into_iter().zip(&lanes) {
            b.put_u32(slot, u32::try_from(at).unwrap_or(u32::MAX));
            at += lane.bytes;
        }
        b.plain(b"mdat", |b| {
            for sample in lanes.iter().flat_map(|lane| &lane.pending) {
                b.bytes(&sample.data);
            }
        });
        let crc = Crc32c::of(b.as_slice());
        b.plain(b"free", |b| {
            b.bytes(TRAILER_MARK);
            b.u32(crc);
        });
        lanes.iter_mut().for_each(|lane| lane.clear());
        self.sequence = self.sequence.saturating_add(1);
        Some(b.into_vec().into())
    }

    /// When the last picture or sound in the fragments handed out by this writer ends, on the recording's time line.
    pub fn recorded(&self) -> Duration {
        Duration::from_nanos(u64::try_from(self.handed_out).unwrap_or(0))
    }
}

impl Lane {
    /// Where a sample goes: its times on the track's clock.
    fn place(&self, sample: &Sample) -> Pending {
        let tick = |nanos: i64| {
            let shown = ticks::from_nanos(nanos.saturating_add(self.origin), self.timescale);
            shown.saturating_sub(self.priming).saturating_add(self.zero)
        };
        let pts = tick(sample.pts);
        let dts = if self.track == Track::Audio { pts } else { tick(sample.dts) };
        let decode = u64::try_from(dts).unwrap_or(0).max(self.floor);
        let composition = pts.saturating_sub(i64::try_from(decode).unwrap_or(i64::MAX));
        let composition = match self.track {
            Track::Video => i32::try_from(composition).unwrap_or(0),
            Track::Audio => 0,
        };
        let duration = match sample.duration {
            0 => i64::from(self.step),
            nanos => ticks::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX), self.timescale),
        };
        Pending {
            decode,
            duration: u32::try_from(duration.max(1)).unwrap_or(u32::MAX),
            composition,
            sync: sample.sync || self.track == Track::Audio,
            data: sample.data.clone(),
        }
    }

    /// Whether the fragment stays within its limit with this sample in it, and without a gap: a fragment says how
    /// long a sample lasts by when the next one comes.
    fn fits(&self, next: &Pending) -> bool {
        let (Some(first), Some(last)) = (self.pending.first(), self.pending.last()) else { return true };
        let gap = next.decode.saturating_sub(last.decode.saturating_add(last.duration.into()));
        let len = next.decode.saturating_add(next.duration.into()).saturating_sub(first.decode);
        len <= self.limit && gap <= u64::from(last.duration / 2)
    }

    fn is_full(&self) -> bool {
        let (Some(first), Some(last)) = (self.pending.first(), self.pending.last()) else { return false };
        let another = u64::from(last.duration).saturating_mul(2);
        last.decode.saturating_add(another).saturating_sub(first.decode) > self.limit
    }

    fn push(&mut self, next: Pending) {
        if let Some(newest) = self.newest {
            self.step = u32::try_from(next.decode.saturating_sub(newest)).unwrap_or(0);
        }
        self.newest = Some(next.decode);
        self.floor = next.decode.saturating_add(1);
        self.bytes += next.data.len();
        self.pending.push(next);
    }

    fn clear(&mut self) {
        self.pending.clear();
        self.bytes = 0;
    }

    fn end_nanos(&self) -> Option<i64> {
        let ends = self.pending.iter().map(|sample| {
            let decode = i64::try_from(sample.decode).unwrap_or(i64::MAX);
            decode.saturating_add(sample.composition.into()).saturating_add(sample.duration.into())
        });
        ends.max().map(|end| ticks::to_nanos(end.saturating_sub(self.zero), self.timescale))
    }

    /// Writes the track's part of the `moof`; returns where its data offset is to be filled in.
    fn traf(&self, b: &mut Boxes) -> usize {
        let mut slot = 0;
        b.plain(b"traf", |b| {
            b.full(b"tfhd", 0, TRACK_FLAGS, |b| {
                b.u32(if self.track == Track::Video { 1 } else { 2 });
                b.u32(self.description);
            });
            b.full(b"tfdt", 1, 0, |b| b.u64(self.pending.first().map_or(0, |first| first.decode)));
            b.full(b"trun", 1, run_flags(self.track), |b| {
                b.u32(u32::try_from(self.pending.len()).unwrap_or(u32::MAX));
                slot = b.len();
                b.u32(0);
                let next = self.pending.iter().skip(1).map(|next| Some(next.decode)).chain([None]);
                for (sample, next) in self.pending.iter().zip(next) {
                    let exact = next.and_then(|next| u32::try_from(next - sample.decode).ok());
                    b.u32(exact.unwrap_or(sample.duration));
                    b.u32(u32::try_from(sample.data.len()).unwrap_or(u32::MAX));
                    if self.track == Track::Video {
                        // Depends on others or not (8.6.4.3), and whether decoding can begin here.
                        b.u32(if sample.sync { 0x0200_0000 } else { 0x0100_0000 | NON_SYNC });
                        b.i32(sample.composition);
                    }
                }
            });
        });
        slot
    }
}

impl Resume {
    /// What a log with this head and these tables asks of its next run.
    pub(crate) fn new(head: &Head, descriptions: Descriptions, tables: &Tables, audio: &AudioConfig) -> Self {
        let movie = head.movie.clone();
        let (video_decode, audio_decode) = (tables.decode_end(Track::Video), tables.decode_end(Track::Audio));
        // The next run's first sound lies by its priming before its time zero, and must not overlap.
        let shown = |decode: u64, zero: u32| i64::try_from(decode).unwrap_or(i64::MAX) - i64::from(zero);
        let sound = shown(audio_decode, movie.audio.zero).saturating_add(audio.priming.into());
        let picture = shown(video_decode, movie.video.zero);
        let end = tables
            .end()
            .max(ticks::to_nanos(sound, movie.audio.timescale))
            .max(ticks::to_nanos(picture, movie.video.timescale));
        let end = if tables.fragments() == 0 { 0 } else { end };
        let sequence = tables.sequence().saturating_add(1);
        Self { movie, descriptions, sequence, video_decode, audio_decode, end }
    }
}
