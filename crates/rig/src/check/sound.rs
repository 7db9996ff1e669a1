//! Hears one participant in one channel: how loud its tone is, and where its beeps start.
//!
//! The sound is turned by the tone's frequency and averaged over 10 ms, which lets through this tone and
//! none of the others (all are multiples of 100 Hz). A beep's onset makes that average rise in a straight
//! line for 10 ms; where it passes half way lies 5 ms after the onset, to a fraction of a millisecond.

use std::collections::VecDeque;

use crate::truth::{HUM, RATE};

/// Samples of the sliding average.
const WINDOW: usize = (RATE / 100) as usize;
/// The level is noted once in so many samples: half a millisecond.
const STEP: usize = 24;
/// Notes kept: 60 ms.
const KEPT: usize = 120;
/// Notes after the first suspicion until a beep is judged: 35 ms.
const JUDGED: usize = 70;
/// A beep is at least this loud: mixers may turn participants down, not to a third.
const LEAST_BEEP: f32 = 0.05;
/// A step is at least this large, as a factor.
const LEAST_STEP: f32 = 2.2;

/// Listens for one tone.
#[derive(Debug)]
pub struct Ear {
    turn: (f32, f32),
    phase: (f32, f32),
    window: VecDeque<(f32, f32)>,
    sum: (f64, f64),
    levels: VecDeque<f32>,
    hum: f32,
    /// Notes since a suspicion.
    suspected: Option<usize>,
    /// Notes during which no new beep is looked for.
    deaf: usize,
    samples: u64,
}

/// What the ear says at a note.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// Amplitude of the tone over the last 10 ms.
    pub level: f32,
    /// Position of a beep's first sample, counted from the first that was heard; told some 40 ms later.
    pub beep: Option<f64>,
}

impl Ear {
    /// An ear for this frequency, in Hz.
    #[must_use]
    pub fn new(frequency: u32) -> Self {
        let angle = -std::f32::consts::TAU * frequency as f32 / RATE as f32;
        Self {
            turn: (angle.cos(), angle.sin()),
            phase: (1.0, 0.0),
            window: VecDeque::from(vec![(0.0, 0.0); WINDOW]),
            sum: (0.0, 0.0),
            levels: VecDeque::with_capacity(KEPT + 1),
            hum: HUM,
            suspected: None,
            deaf: 0,
            samples: 0,
        }
    }

    /// Hears one sample; every half millisecond it says what it heard.
    pub fn hear(&mut self, sample: f32) -> Option<Note> {
        let (c, s) = self.phase;
        let now = (sample * c, sample * s);
        let old = self.window.pop_front().unwrap_or_default();
        self.window.push_back(now);
        self.sum.0 += f64::from(now.0) - f64::from(old.0);
        self.sum.1 += f64::from(now.1) - f64::from(old.1);
        let (tc, ts) = self.turn;
        self.phase = (c * tc - s * ts, c * ts + s * tc);
        self.samples += 1;
        if !self.samples.is_multiple_of(STEP as u64) {
            return None;
        }
        // Turning loses length by rounding: made good here.
        let length = self.phase.0.hypot(self.phase.1);
        self.phase = (self.phase.0 / length, self.phase.1 / length);
        let level = (self.sum.0.hypot(self.sum.1) * 2.0 / WINDOW as f64) as f32;
        Some(Note { level, beep: self.note(level) })
    }

    fn note(&mut self, level: f32) -> Option<f64> {
        self.levels.push_back(level);
        if self.levels.len() > KEPT {
            self.levels.pop_front();
        }
        self.deaf = self.deaf.saturating_sub(1);
        match self.suspected.as_mut() {
            None => {
                let before = self.hum.max(LEAST_BEEP / LEAST_STEP);
                if self.deaf == 0 && level > before * LEAST_STEP {
                    self.suspected = Some(0);
                } else if level < before * LEAST_STEP {
                    // A fifth of a second's memory.
                    self.hum += (level - self.hum) / 400.0;
                }
                None
            }
            Some(notes) if *notes < JUDGED => {
                *notes += 1;
                None
            }
            Some(_) => {
                self.suspected = None;
                let onset = self.onset();
                if onset.is_some() {
                    // Until the beep is over.
                    self.deaf = 160;
                } else {
                    // It was none: this is how loud the hum is now.
                    self.deaf = 20;
                    self.hum = level;
                }
                onset
            }
        }
    }

    /// The onset among the levels kept, when they step up to a beep that lasts.
    fn onset(&self) -> Option<f64> {
        let n = self.levels.len();
        let mut plateau: Vec<f32> = self.levels.iter().skip(n.checked_sub(30)?).copied().collect();
        plateau.sort_by(f32::total_cmp);
        let (least, beep) = (*plateau.get(3)?, *plateau.get(15)?);
        let suspicion = n.checked_sub(JUDGED + 2)?;
        // 12 ms before the suspicion nothing of the beep is in the window.
        let before = *self.levels.get(suspicion.checked_sub(24)?)?;
        if beep < LEAST_BEEP || beep < before * LEAST_STEP || least < beep * 0.6 {
            return None;
        }
        let half = f32::midpoint(beep, before);
        let start = suspicion.saturating_sub(24);
        let after = (start..n).find(|&i| self.levels.get(i).is_some_and(|&l| l >= half))?;
        let (low, high) = (*self.levels.get(after.checked_sub(1)?)?, *self.levels.get(after)?);
        let part = f64::from((half - low) / (high - low).max(1e-6)).clamp(0.0, 1.0);
        // The last level covers samples up to `self.samples`.
        let back = ((n - 1 - after) as f64 + 1.0 - part) * STEP as f64;
        Some(self.samples as f64 - back - WINDOW as f64 / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::truth::{level_at, tone};

    fn sound(participant: u8, sample: u64) -> f32 {
        let second = (sample % u64::from(RATE)) as u32;
        let angle =
            std::f64::consts::TAU * f64::from(tone(participant)) * f64::from(second) / f64::from(RATE);
        level_at(second) * angle.sin() as f32
    }

    #[test]
    fn beeps_are_placed_to_a_millisecond_among_three_others() {
        let mut ear = Ear::new(tone(1));
        let late = 12_345u64;
        let beeps: Vec<f64> = (0..4 * u64::from(RATE))
            .filter_map(|i| {
                let mine = if i >= late { sound(1, i - late) } else { 0.0 };
                ear.hear(mine + sound(0, i) + sound(2, i + 100) + sound(3, i))
            })
            .filter_map(|note| note.beep)
            .collect();
        assert_eq!(beeps.len(), 4, "{beeps:?}");
        for (k, beep) in beeps.iter().enumerate() {
            let truth = late as f64 + k as f64 * f64::from(RATE);
            assert!((beep - truth).abs() < 60.0, "{beep} is not {truth}");
        }
    }

    #[test]
    fn a_hum_that_comes_back_is_no_beep() {
        let mut ear = Ear::new(tone(2));
        let heard = (0..u64::from(RATE)).filter_map(|i| {
            let at = i + 6_000;
            ear.hear(if i < 20_000 { 0.0 } else { sound(2, at) })
        });
        assert_eq!(heard.filter(|note| note.beep.is_some()).count(), 1, "the one beep at 42,000");
    }
}
