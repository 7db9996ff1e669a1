//! The `moov` box: what a recording is, without (live) or with (closed) the tables of its samples.

use super::FormatError;
use super::boxes::Boxes;
use super::entry;
use super::tables::{Tables, TrackTable};
use super::ticks::{self, MOVIE_TIMESCALE};
use crate::sample::{AudioConfig, Track, VideoConfig};

/// Seconds between the format's epoch (1904) and Unix's (1970).
const EPOCH_1904: u64 = 2_082_844_800;

/// `und`, packed (ISO/IEC 14496-12, 8.4.2.3).
const LANGUAGE: u16 = 0x55c4;

/// What is known of a recording before its first sample: all that both forms of its `moov` share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movie {
    /// Seconds since 1904; 0 where it isn't known.
    pub(super) created: u64,
    pub(super) video: MovieTrack,
    pub(super) audio: MovieTrack,
}

/// One track's constants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MovieTrack {
    pub(super) track: Track,
    /// Ticks per second.
    pub(super) timescale: u32,
    /// Pixels; 0 for sound.
    pub(super) width: u16,
    pub(super) height: u16,
    /// Where time zero of the recording lies in the track's own time: behind its [`Cadence::lead`], and behind the
    /// encoder's priming. An edit list says it.
    pub(super) zero: u32,
    /// Whole sample entry boxes; fragments name them by their place, from 1.
    pub(super) entries: Vec<Vec<u8>>,
}

/// One line of an edit list; `media_time` is -1 where nothing is shown.
struct Edit {
    duration: u64,
    media_time: i64,
}

/// The times in a track's headers.
struct Span {
    media: u64,
    edits: Vec<Edit>,
}

impl Movie {
    /// A movie of these two tracks, one sample description each.
    pub fn new(video: &VideoConfig, audio: &AudioConfig) -> Self {
        let Cadence { timescale, lead } = cadence(video.fps);
        let sample_rate = audio.sample_rate.max(1);
        let sound_lead = ticks::rescale(i64::from(lead), timescale, sample_rate);
        let sound_lead = u32::try_from(sound_lead).unwrap_or(0);
        Self {
            created: 0,
            video: MovieTrack {
                track: Track::Video,
                timescale,
                zero: lead,
                width: u16::try_from(video.width).unwrap_or(u16::MAX),
                height: u16::try_from(video.height).unwrap_or(u16::MAX),
                entries: vec![entry::avc1(video)],
            },
            audio: MovieTrack {
                track: Track::Audio,
                timescale: sample_rate,
                width: 0,
                height: 0,
                zero: sound_lead.saturating_add(audio.priming),
                entries: vec![entry::mp4a(audio)],
            },
        }
    }

    pub(super) fn set_created(&mut self, unix_seconds: u64) {
        self.created = unix_seconds.saturating_add(EPOCH_1904);
    }

    /// The `moov` of a movie whose samples come in fragments.
    pub(super) fn live(&self) -> Vec<u8> {
        let mut b = Boxes::default();
        b.plain(b"moov", |b| {
            self.mvhd(b, 0);
            for track in [&self.video, &self.audio] {
                // A duration of 0 means: as long as the fragments (8.6.6.3).
                let edits = vec![Edit { duration: 0, media_time: i64::from(track.zero) }];
                self.trak(b, track, &Span { media: 0, edits }, |b| {
                    for table in [b"stts", b"stsc", b"stco"] {
                        b.full(table, 0, 0, |b| b.u32(0));
                    }
                    b.full(b"stsz", 0, 0, |b| b.zeros(8));
                });
            }
            b.plain(b"mvex", |b| {
                for track in [&self.video, &self.audio] {
                    b.full(b"trex", 0, 0, |b| {
                        b.u32(track.id());
                        b.u32(1);
                        b.u32(0);
                        b.u32(0);
                        b.u32(0x0200_0000); // depends on no other sample
                    });
                }
            });
        });
        b.into_vec()
    }

    /// The `moov` of the closed file, whose samples lie where `tables` say. Tracks without samples are left out.
    ///
    /// # Errors
    /// [`FormatError::TooLong`] where the tables outgrow a 32-bit box.
    pub fn closed(&self, tables: &Tables) -> Result<Vec<u8>, FormatError> {
        let tracks: Vec<_> = [(&self.video, &tables.video), (&self.audio, &tables.audio)]
            .into_iter()
            .filter(|(_, table)| table.samples() > 0)
            .map(|(track, table)| (track, table, span(track, table)))
            .collect();
        let shown = tracks.iter().map(|(_, _, span)| span.shown()).max().unwrap_or(0);
        let room: usize = tracks.iter().map(|(_, table, _)| table.encoded_len()).sum();
        if u32::try_from(room.saturating_add(0x1_0000)).is_err() {
            return Err(FormatError::TooLong);
        }
        let mut b = Boxes::with_capacity(room + 0x1000);
        b.plain(b"moov", |b| {
            self.mvhd(b, shown);
            for (track, table, span) in &tracks {
                self.trak(b, track, span, |b| table.write(b, track.track));
            }
        });
        Ok(b.into_vec())
    }

    fn mvhd(&self, b: &mut Boxes, duration: u64) {
        b.full(b"mvhd", 1, 0, |b| {
            b.u64(self.created);
            b.u64(self.created);
            b.u32(MOVIE_TIMESCALE);
            b.u64(duration);
            b.u32(0x0001_0000); // rate
            b.u16(0x0100); // volume
            b.zeros(10);
            unity_matrix(b);
            b.zeros(24);
            b.u32(3); // next track
        });
    }

    fn trak(&self, b: &mut Boxes, track: &MovieTrack, span: &Span, tables: impl FnOnce(&mut Boxes)) {
        let (handler, name): (&[u8; 4], &[u8]) = match track.track {
            Track::Video => (b"vide", b"Picture\0"),
            Track::Audio => (b"soun", b"Sound\0"),
        };
        b.plain(b"trak", |b| {
            b.full(b"tkhd", 1, 3, |b| {
                b.u64(self.created);
                b.u64(self.created);
                b.u32(track.id());
                b.u32(0);
                b.u64(span.shown());
                b.zeros(8);
                b.u16(0); // layer
                b.u16(0); // alternate group
                b.u16(if track.track == Track::Audio { 0x0100 } else { 0 });
                b.u16(0);
                unity_matrix(b);
                b.u32(u32::from(track.width) << 16);
                b.u32(u32::from(track.height) << 16);
            });
            b.plain(b"edts", |b| elst(b, &span.edits));
            b.plain(b"mdia", |b| {
                b.full(b"mdhd", 1, 0, |b| {
                    b.u64(self.created);
                    b.u64(self.created);
                    b.u32(track.timescale);
                    b.u64(span.media);
                    b.u16(LANGUAGE);
                    b.u16(0);
                });
                b.full(b"hdlr", 0, 0, |b| {
                    b.u32(0);
                    b.bytes(handler);
                    b.zeros(12);
                    b.bytes(name);
                });
                b.plain(b"minf", |b| {
                    match track.track {
                        Track::Video => b.full(b"vmhd", 0, 1, |b| b.zeros(8)),
                        Track::Audio => b.full(b"smhd", 0, 0, |b| b.zeros(4)),
                    }
                    b.plain(b"dinf", |b| {
                        b.full(b"dref", 0, 0, |b| {
                            b.u32(1);
                            b.full(b"url ", 0, 1, |_| ());
                        });
                    });
                    b.plain(b"stbl", |b| {
                        b.full(b"stsd", 0, 0, |b| {
                            b.u32(u32::try_from(track.entries.len()).unwrap_or(u32::MAX));
                            track.entries.iter().for_each(|entry| b.bytes(entry));
                        });
                        tables(b);
                    });
                });
            });
        });
    }
}

impl MovieTrack {
    pub(super) fn id(&self) -> u32 {
        match self.track {
            Track::Video => 1,
            Track::Audio => 2,
        }
    }
}

impl Span {
    fn shown(&self) -> u64 {
        self.edits.iter().map(|edit| edit.duration).fold(0, u64::saturating_add)
    }
}

/// Maps a closed track's own time, which begins at its first sample, to the time of the movie.
fn span(track: &MovieTrack, table: &TrackTable) -> Span {
    let scale = track.timescale;
    let media = table.media_duration();
    let first = table.first_composition();
    let start = table.start().saturating_sub(i64::from(track.zero));
    let skipped = first.saturating_add(start.saturating_neg().max(0));
    let mut edits = Vec::new();
    let late = u64::try_from(ticks::rescale(start, scale, MOVIE_TIMESCALE)).unwrap_or(0);
    if late > 0 {
        edits.push(Edit { duration: late, media_time: -1 });
    }
    let shown = table.composition_end().saturating_sub(skipped).max(0);
    let shown = u64::try_from(ticks::rescale(shown, scale, MOVIE_TIMESCALE)).unwrap_or(0);
    edits.push(Edit { duration: shown, media_time: skipped });
    Span { media, edits }
}

fn elst(b: &mut Boxes, edits: &[Edit]) {
    b.full(b"elst", 1, 0, |b| {
        b.u32(u32::try_from(edits.len()).unwrap_or(u32::MAX));
        for edit in edits {
            b.u64(edit.duration);
            b.i64(edit.media_time);
            b.u32(0x0001_0000); // rate 1
        }
    });
}

fn unity_matrix(b: &mut Boxes) {
    for value in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] {
        b.u32(value);
    }
}

/// The clock of the pictures, and what both tracks' own times begin with.
struct Cadence {
    /// Ticks per second: exact for whole frame rates, and 33 µs or finer for all others.
    timescale: u32,
    /// Two frames. Encoders that reorder frames decode the first so much before it is shown, and decoding times
    /// have no sign. Negative composition offsets would be the other way, but FFmpeg 5.1 shows pictures of fragments
    /// late by them; a longer lead is the third, but GStreamer 1.22 skips what it leaves empty.
    lead: u32,
}

fn cadence(fps: u32) -> Cadence {
    match fps {
        30..=1000 => Cadence { timescale: fps * 1000, lead: 2 * 1000 },
        1..30 => Cadence { timescale: fps * 3000, lead: 2 * 3000 },
        _ => Cadence { timescale: MOVIE_TIMESCALE, lead: MOVIE_TIMESCALE / 15 },
    }
}
