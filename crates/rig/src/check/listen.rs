//! Gathers what is heard: every participant's tone in every channel, and silence.

use super::decode::Stamp;
use super::sound::Ear;
use super::span::Span;
use crate::truth::{HUM, RATE, tone};

/// The tone's presence is noted once in so many samples: 20 ms.
const NOTED: u64 = RATE as u64 / 50;
/// The hum counts as heard from this amplitude on; mixers may turn it down.
const PRESENT: f32 = HUM / 3.0;
/// Below −60 dB of full scale there is nothing to be heard.
const SILENT: f32 = 0.001;

/// One participant in one channel.
#[derive(Debug)]
struct Channel {
    ear: Ear,
    /// Smallest level within the current 20 ms.
    least: f32,
    levels: Vec<f32>,
    beeps: Vec<f64>,
}

/// Everything that was heard.
#[derive(Debug)]
pub struct Listen {
    participants: Vec<(u8, Vec<Channel>)>,
    samples: u64,
    peak: f32,
    /// Numbers of the silent blocks of 20 ms.
    silent: Vec<u64>,
}

/// Where a participant is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// In the first channel only.
    Left,
    /// In the second channel only.
    Right,
    /// In both, or there is one channel.
    Both,
}

/// One participant's sound in the file.
#[derive(Debug, Clone, Default)]
pub struct Voice {
    /// Stretches in which its tone is there.
    pub heard: Vec<Span>,
    /// Onsets of its beeps, in seconds.
    pub beeps: Vec<f64>,
    /// Side, and since when; a new entry where it changes.
    pub sides: Vec<(f64, Side)>,
}

impl Listen {
    /// Listens for these participants in so many channels.
    #[must_use]
    pub fn new(participants: &[u8], channels: usize) -> Self {
        let channel = |p: u8| Channel {
            ear: Ear::new(tone(p)),
            least: f32::INFINITY,
            levels: Vec::new(),
            beeps: Vec::new(),
        };
        let voices = participants.iter().map(|&p| (p, (0..channels).map(|_| channel(p)).collect()));
        Self { participants: voices.collect(), samples: 0, peak: 0.0, silent: Vec::new() }
    }

    /// Hears one sample of every channel.
    pub fn hear(&mut self, frame: &[f32]) {
        self.samples += 1;
        let noted = self.samples.is_multiple_of(NOTED);
        self.peak = frame.iter().fold(self.peak, |peak, s| peak.max(s.abs()));
        if noted {
            if self.peak < SILENT {
                self.silent.push(self.samples / NOTED - 1);
            }
            self.peak = 0.0;
        }
        for (_, channels) in &mut self.participants {
            for (channel, &sample) in channels.iter_mut().zip(frame) {
                if let Some(note) = channel.ear.hear(sample) {
                    channel.least = channel.least.min(note.level);
                    channel.beeps.extend(note.beep);
                }
                if noted {
                    channel.levels.push(channel.least);
                    channel.least = f32::INFINITY;
                }
            }
        }
    }

    /// Stretches of at least 40 ms without any sound.
    #[must_use]
    pub fn silences(&self, clock: &Clock) -> Vec<Span> {
        let mut found: Vec<(u64, u64)> = Vec::new();
        for &block in &self.silent {
            match found.last_mut() {
                Some((_, to)) if *to == block => *to = block + 1,
                _ => found.push((block, block + 1)),
            }
        }
        let long = found.into_iter().filter(|(from, to)| to - from >= 2);
        long.map(|(from, to)| clock.span(from * NOTED, to * NOTED)).collect()
    }

    /// What was heard of a participant.
    #[must_use]
    pub fn voice(&self, participant: u8, clock: &Clock) -> Voice {
        let Some((_, channels)) = self.participants.iter().find(|(p, _)| *p == participant) else {
            return Voice::default();
        };
        let blocks = channels.iter().map(|c| c.levels.len()).min().unwrap_or(0);
        let loudest = |i: usize| channels.iter().map(|c| c.levels[i]).fold(0.0, f32::max);
        let heard = merge((0..blocks).map(|i| loudest(i) >= PRESENT));
        let mut sides: Vec<(f64, Side)> = Vec::new();
        // Half a second decides: a click is no change of sides.
        for half in (0..blocks).collect::<Vec<_>>().chunks(25) {
            let sum = |c: Option<&Channel>| half.iter().filter_map(|&i| c?.levels.get(i)).sum::<f32>();
            let (left, right) = (sum(channels.first()), sum(channels.get(1)));
            if left.max(right) < PRESENT * half.len() as f32 / 2.0 {
                continue;
            }
            let side = match () {
                () if channels.len() < 2 => Side::Both,
                () if left > 4.0 * right => Side::Left,
                () if right > 4.0 * left => Side::Right,
                () => Side::Both,
            };
            if sides.last().is_none_or(|(_, last)| *last != side) {
                sides.push((clock.time(half[0] as f64 * NOTED as f64), side));
            }
        }
        Voice {
            heard: heard.into_iter().map(|(a, b)| clock.span(a * NOTED, b * NOTED)).collect(),
            beeps: beeps(channels).into_iter().map(|b| clock.time(b)).collect(),
            sides,
        }
    }
}

/// Beeps of all channels; the same one in two channels is one.
fn beeps(channels: &[Channel]) -> Vec<f64> {
    let mut all: Vec<f64> = channels.iter().flat_map(|c| c.beeps.iter().copied()).collect();
    all.sort_by(f64::total_cmp);
    all.dedup_by(|b, a| *b - *a < f64::from(RATE) / 20.0);
    all
}

/// Runs of presence, as block numbers. Gaps of one block are filled (a neighbour's beep clicks), runs of
/// less than three dropped.
fn merge(present: impl Iterator<Item = bool>) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for (block, _) in (0u64..).zip(present).filter(|(_, p)| *p) {
        match runs.last_mut() {
            Some((_, to)) if block <= *to + 1 => *to = block + 1,
            _ => runs.push((block, block + 1)),
        }
    }
    runs.retain(|(from, to)| to - from >= 3);
    runs
}

/// From positions of samples to the file's time.
#[derive(Debug, Default)]
pub struct Clock {
    /// Position of each block's first sample, and its time.
    blocks: Vec<(u64, f64)>,
}

impl Clock {
    /// Made of the blocks' time stamps.
    #[must_use]
    pub fn new(stamps: &[Stamp]) -> Self {
        let mut position = 0;
        let blocks = stamps.iter().map(|stamp| {
            let at = position;
            position += stamp.samples;
            (at, stamp.time)
        });
        Self { blocks: blocks.collect() }
    }

    /// The time of a sample, in seconds.
    #[must_use]
    pub fn time(&self, sample: f64) -> f64 {
        let after = self.blocks.partition_point(|(at, _)| *at as f64 <= sample);
        let (at, time) = self.blocks.get(after.saturating_sub(1)).copied().unwrap_or_default();
        time + (sample - at as f64) / f64::from(RATE)
    }

    /// Where time stamps and samples disagree by more than 2 ms: (when, seconds left out, negative when repeated).
    #[must_use]
    pub fn jumps(&self) -> Vec<(f64, f64)> {
        let steps = self.blocks.windows(2).filter_map(|pair| {
            let [(a, at), (b, bt)] = pair else { return None };
            let jump = bt - at - (b - a) as f64 / f64::from(RATE);
            (jump.abs() > 0.002).then_some((*bt, jump))
        });
        steps.collect()
    }

    fn span(&self, from: u64, to: u64) -> Span {
        Span { from: self.time(from as f64), to: self.time(to as f64) }
    }
}
