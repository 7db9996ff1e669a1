//! What a file holds, in figures: no judgement yet.

use serde::Serialize;

use super::decode::Facts;
use super::gap::Gap;
use super::listen::{Side, Voice};
use super::picture::Rect;
use super::span::Span;
use super::watch::Glimpse;
use crate::truth::frames_between;

/// A picture that stays longer than this is a freeze, in seconds.
const FREEZE: f64 = 0.101;
/// Out of sight for longer than this, a participant was away: its frames are not missing, in seconds.
const AWAY: f64 = 0.5;
/// A tile that moves by more than this is at another place, in pixels.
const MOVED: f32 = 8.0;

/// Everything that was found in a file.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What ffprobe says.
    pub facts: Facts,
    /// Pictures decoded.
    pub pictures: usize,
    /// From the first picture's time to the end of the last.
    pub video: Option<Span>,
    /// From the first sample's time to the last.
    pub audio: Option<Span>,
    /// Steps between pictures that are a quarter off the nominal one: when, and how long, in seconds.
    pub uneven: Vec<(f64, f64)>,
    /// When the whole picture was black.
    pub black: Vec<Span>,
    /// When nothing was heard at all.
    pub silences: Vec<Span>,
    /// Where sound is left out (positive) or repeated: when, and how much, in seconds.
    pub jumps: Vec<(f64, f64)>,
    /// Who was seen or heard.
    pub participants: Vec<Participant>,
}

impl Report {
    /// A participant by number.
    #[must_use]
    pub fn participant(&self, number: u8) -> Option<&Participant> {
        self.participants.iter().find(|p| p.number == number)
    }
}

/// One participant in the file.
#[derive(Debug, Clone, Serialize)]
pub struct Participant {
    /// Its number.
    pub number: u8,
    /// From the first picture with it to the end of the last.
    pub seen: Option<Span>,
    /// Where its tile was.
    pub places: Vec<Place>,
    /// Pictures in which it was seen.
    pub pictures: usize,
    /// First and last frame counter.
    pub counters: Option<(u32, u32)>,
    /// Frames that its publisher captured between the first and the last, as far as the canvas can show them.
    pub expected: u32,
    /// Those of them that are not in the file.
    pub missing: u32,
    /// Where frames are missing. Empty where the canvas is slower.
    pub gaps: Vec<Gap>,
    /// `missing / expected`.
    pub missing_share: f64,
    /// Frames that came after a later one.
    pub backward: u32,
    /// When the same frame stayed for more than 0.1 s.
    pub freezes: Vec<Span>,
    /// When it was out of sight, between first and last.
    pub hidden: Vec<Span>,
    /// From the first time its tone was heard to the last.
    pub heard: Option<Span>,
    /// When it was not heard, in between.
    pub muted: Vec<Span>,
    /// Side, and since when.
    pub sides: Vec<(f64, Side)>,
    /// Onsets of beeps.
    pub beeps: Vec<f64>,
    /// Times of the first white frames.
    pub flashes: Vec<f64>,
    /// Sound against picture.
    pub offset: Option<Offset>,
}

/// A tile's place for a while.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// When.
    pub span: Span,
    /// Where.
    pub tile: Rect,
}

/// Beep minus flash, in milliseconds: positive when sound is late.
#[derive(Debug, Clone, Serialize)]
pub struct Offset {
    /// Every pair: the flash's time in seconds, and the offset.
    pub pairs: Vec<(f64, f64)>,
    /// The median, with its sign.
    pub median_ms: f64,
    /// Median of the magnitudes.
    pub p50_ms: f64,
    /// 95th percentile of the magnitudes.
    pub p95_ms: f64,
}

impl Offset {
    pub(super) fn of(beeps: &[f64], flashes: &[f64]) -> Option<Self> {
        let pairs: Vec<(f64, f64)> = flashes
            .iter()
            .filter_map(|&flash| {
                let offsets = beeps.iter().map(|beep| beep - flash);
                let nearest = offsets.min_by(|a, b| a.abs().total_cmp(&b.abs()))?;
                (nearest.abs() < 0.45).then_some((flash, nearest * 1e3))
            })
            .collect();
        let mut signed: Vec<f64> = pairs.iter().map(|p| p.1).collect();
        let mut sizes: Vec<f64> = signed.iter().map(|o| o.abs()).collect();
        Some(Self {
            median_ms: percentile(&mut signed, 0.5)?,
            p50_ms: percentile(&mut sizes, 0.5)?,
            p95_ms: percentile(&mut sizes, 0.95)?,
            pairs,
        })
    }
}

/// Nearest-rank percentile; sorts.
fn percentile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.max(1) - 1).copied()
}

/// Times of a file's pictures, and its cadence against the publisher's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cadence<'a> {
    /// Time of every picture.
    pub times: &'a [f64],
    /// Seconds a picture lasts, nominally.
    pub step: f64,
    /// The publisher's frames a second.
    pub fps: u32,
}

impl Cadence<'_> {
    fn time(&self, picture: usize) -> f64 {
        self.times.get(picture).copied().unwrap_or_default()
    }

    fn end(&self, picture: usize) -> f64 {
        self.times.get(picture + 1).copied().unwrap_or(self.time(picture) + self.step)
    }

    pub(super) fn uneven(&self) -> Vec<(f64, f64)> {
        let steps = self.times.windows(2).map(|pair| (pair[1], pair[1] - pair[0]));
        steps.filter(|(_, step)| (step - self.step).abs() > self.step / 4.0).collect()
    }
}

impl Participant {
    pub(super) fn new(number: u8, glimpses: &[Glimpse], voice: Voice, cadence: Cadence<'_>) -> Self {
        let flashes = flashes(glimpses, cadence);
        let gaps = voice.heard.windows(2).map(|pair| Span { from: pair[0].to, to: pair[1].from });
        let (expected, missing, backward) = count(glimpses, cadence);
        Self {
            number,
            seen: glimpses.first().zip(glimpses.last()).map(|(first, last)| Span {
                from: cadence.time(first.picture),
                to: cadence.end(last.picture),
            }),
            places: places(glimpses, cadence),
            pictures: glimpses.len(),
            counters: glimpses.first().zip(glimpses.last()).map(|(a, b)| (a.counter, b.counter)),
            expected,
            missing,
            gaps: left_out(glimpses, cadence),
            missing_share: if expected == 0 { 0.0 } else { f64::from(missing) / f64::from(expected) },
            backward,
            freezes: freezes(glimpses, cadence),
            hidden: hidden(glimpses, cadence),
            heard: voice.heard.first().zip(voice.heard.last()).map(|(a, b)| Span { from: a.from, to: b.to }),
            muted: gaps.collect(),
            sides: voice.sides,
            offset: Offset::of(&voice.beeps, &flashes),
            beeps: voice.beeps,
            flashes,
        }
    }
}

fn places(glimpses: &[Glimpse], cadence: Cadence<'_>) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    for glimpse in glimpses {
        let (from, to) = (cadence.time(glimpse.picture), cadence.end(glimpse.picture));
        match found.last_mut() {
            Some(place) if place.tile.is_near(&glimpse.tile, MOVED) => place.span.to = to,
            _ => found.push(Place { span: Span { from, to }, tile: glimpse.tile }),
        }
    }
    found
}

/// Frames expected, missing and backward, over every stretch in sight.
fn count(glimpses: &[Glimpse], cadence: Cadence<'_>) -> (u32, u32, u32) {
    // A slower canvas can't show every frame.
    let shown = (1.0 / cadence.step / f64::from(cadence.fps)).min(1.0);
    let (mut expected, mut missing, mut backward) = (0, 0, 0);
    let away = |pair: &[Glimpse]| cadence.time(pair[1].picture) - cadence.end(pair[0].picture) > AWAY;
    let mut rest = glimpses;
    while !rest.is_empty() {
        let length = rest.windows(2).position(away).map_or(rest.len(), |last| last + 1);
        let (stretch, later) = rest.split_at(length);
        rest = later;
        let first = stretch[0].counter;
        let mut places: Vec<i64> = stretch.iter().map(|g| frames_between(first, g.counter)).collect();
        backward += places.windows(2).filter(|pair| pair[1] < pair[0]).count();
        places.sort_unstable();
        places.dedup();
        let span = places.last().zip(places.first()).map_or(0, |(last, first)| last - first + 1);
        let wanted = (span as f64 * shown).floor() as usize;
        expected += wanted;
        missing += wanted.saturating_sub(places.len());
    }
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (small(expected), small(missing), small(backward))
}

fn left_out(glimpses: &[Glimpse], cadence: Cadence<'_>) -> Vec<Gap> {
    if 1.0 / cadence.step < f64::from(cadence.fps) - 0.5 {
        return Vec::new();
    }
    let gap = |pair: &[Glimpse]| {
        let after = pair[0].counter;
        let frames = u32::try_from(frames_between(after, pair[1].counter) - 1).ok()?;
        (frames > 0).then(|| Gap { at: cadence.time(pair[1].picture), after, frames })
    };
    glimpses.windows(2).filter_map(gap).collect()
}

fn freezes(glimpses: &[Glimpse], cadence: Cadence<'_>) -> Vec<Span> {
    let mut found = Vec::new();
    for same in glimpses.chunk_by(|a, b| a.counter == b.counter && a.picture + 1 == b.picture) {
        let (first, last) = (same[0], same[same.len() - 1]);
        let span = Span { from: cadence.time(first.picture), to: cadence.end(last.picture) };
        if span.length() > FREEZE {
            found.push(span);
        }
    }
    found
}

fn hidden(glimpses: &[Glimpse], cadence: Cadence<'_>) -> Vec<Span> {
    let apart = glimpses.windows(2).filter(|pair| pair[0].picture + 1 < pair[1].picture);
    apart.map(|pair| Span { from: cadence.end(pair[0].picture), to: cadence.time(pair[1].picture) }).collect()
}

/// When each second's first white frame is shown; from its neighbours, where it is missing itself.
fn flashes(glimpses: &[Glimpse], cadence: Cadence<'_>) -> Vec<f64> {
    let fps = cadence.fps;
    let mut found = Vec::new();
    let mut last_second = None;
    for (i, glimpse) in glimpses.iter().enumerate() {
        let into = glimpse.counter % fps;
        let second = (glimpse.counter / fps, glimpse.counter >= fps * 3600);
        if !glimpse.flash || into > 2 || last_second == Some(second) {
            continue;
        }
        last_second = Some(second);
        if into == 0 {
            found.push(cadence.time(glimpse.picture));
            continue;
        }
        // The delay of the frames around it tells when the missing one would have been shown.
        let around = &glimpses[i.saturating_sub(4)..glimpses.len().min(i + 5)];
        let mut wanted: Vec<f64> = around
            .iter()
            .map(|g| {
                let frames = frames_between(glimpse.counter - into, g.counter);
                cadence.time(g.picture) - frames as f64 / f64::from(fps)
            })
            .collect();
        found.extend(percentile(&mut wanted, 0.5));
    }
    found
}
