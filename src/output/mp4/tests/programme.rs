//! Made-up programmes: samples with times as encoders give them and bytes that can be told apart.

use bytes::Bytes;
use proptest::prelude::*;

use crate::sample::{AudioConfig, Sample, Track, VideoConfig};

pub(crate) const SECOND: i64 = 1_000_000_000;

pub(crate) fn video() -> VideoConfig {
    VideoConfig { width: 320, height: 180, fps: 30, avcc: Bytes::from_static(&[1, 77, 64, 31, 255, 225, 0]) }
}

pub(crate) fn audio() -> AudioConfig {
    AudioConfig {
        sample_rate: 48_000,
        channels: 2,
        asc: Bytes::from_static(&[0x11, 0x90]),
        bitrate: 192_000,
        priming: 1024,
    }
}

/// Bytes that name their sample, so that a swapped one is found out.
fn content(track: Track, number: usize, len: usize) -> Bytes {
    let seed = number * 2 + usize::from(track == Track::Audio);
    (0..len).map(|i| u8::try_from((seed * 131 + i * 7 + seed / 256) % 251).unwrap()).collect()
}

/// Pictures in decoding order: groups of one reference frame and `b` that are shown before it.
pub(crate) fn pictures(count: usize, fps: i64, b: usize, len: impl Fn(usize) -> usize) -> Vec<Sample> {
    let at = |frame: i64| frame * SECOND / fps;
    let group = i64::try_from(b).unwrap() + 1;
    let delay = if b == 0 { 0 } else { 1 };
    (0..count)
        .map(|n| {
            let decoded = i64::try_from(n).unwrap();
            // Frame 0 is alone; then P at the end of its group, and the B frames it is ahead of.
            let shown = match decoded {
                0 => 0,
                n => {
                    let (g, place) = ((n - 1) / group, (n - 1) % group);
                    if place == 0 { (g + 1) * group } else { g * group + place }
                }
            };
            Sample {
                track: Track::Video,
                pts: at(shown),
                dts: at(decoded - delay),
                duration: u64::try_from(SECOND / fps).unwrap(),
                sync: n % 24 == 0,
                data: content(Track::Video, n, len(n)),
            }
        })
        .collect()
}

/// Sound as an encoder gives it: the first access unit has the time of the first input.
pub(crate) fn sounds(count: usize, len: impl Fn(usize) -> usize) -> Vec<Sample> {
    (0..count)
        .map(|n| Sample {
            track: Track::Audio,
            pts: i64::try_from(n).unwrap() * 1024 * SECOND / 48_000,
            dts: i64::try_from(n).unwrap() * 1024 * SECOND / 48_000,
            duration: 21_333_333,
            sync: true,
            data: content(Track::Audio, n, len(n)),
        })
        .collect()
}

/// Both tracks in the order in which encoders would hand them over; pictures come `late` behind the sound.
pub(crate) fn merge(pictures: Vec<Sample>, sounds: Vec<Sample>, late: i64) -> Vec<Sample> {
    let mut all: Vec<(i64, Sample)> = pictures.into_iter().map(|s| (s.dts + late, s)).collect();
    all.extend(sounds.into_iter().map(|s| (s.dts, s)));
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, sample)| sample).collect()
}

/// One second of both, small.
pub(crate) fn small(frames: usize) -> Vec<Sample> {
    let sounds = sounds(frames * 48_000 / 30 / 1024, |n| 5 + n % 9);
    merge(pictures(frames, 30, 2, |n| 11 + n * 5 % 17), sounds, 0)
}

/// Any programme: cadence, reordering, gaps, skew between the tracks, either track missing.
pub(crate) fn any() -> impl Strategy<Value = (VideoConfig, Vec<Sample>)> {
    let tracks = (0usize..60, 0usize..80, prop::sample::select(vec![15i64, 24, 25, 30, 50, 60]), 0usize..3);
    (tracks, 0i64..SECOND, 0usize..60, 0i64..3 * SECOND, 1usize..300).prop_map(
        |((frames, units, fps, b), late, gap_at, gap, size)| {
            let mut pictures = pictures(frames, fps, b, |n| n * 37 % size);
            // From some keyframe on, everything is later: a gap.
            let from = pictures.iter().skip(gap_at).position(|s| s.sync).map(|n| n + gap_at);
            for sample in pictures.iter_mut().skip(from.unwrap_or(usize::MAX)) {
                sample.pts += gap;
                sample.dts += gap;
            }
            let config = VideoConfig { fps: u32::try_from(fps).unwrap(), ..video() };
            (config, merge(pictures, sounds(units, |n| n * 13 % size), late))
        },
    )
}
