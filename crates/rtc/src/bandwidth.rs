//! How much the network carries to us: estimated from when packets were sent (abs-send-time) and when
//! they came. Pure; time is an argument.
//!
//! An SFU that isn't told sends the best layers into a link that can't carry them, until nothing
//! arrives whole. The sign of a full link is that even the fastest of the latest packets was longer on
//! its way than packets used to be: a queue stands somewhere. Jitter isn't that, for some packets stay
//! fast. Then the estimate falls below what arrives, in small steps, for SFUs wait for a trend; without
//! a queue it grows, but never far beyond what was tried.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Packets by which the rate is measured that a full link carries, and that which was tried: an SFU's probes are short.
const RATE_WINDOW: Duration = Duration::from_millis(500);
const PROBE_WINDOW: Duration = Duration::from_millis(150);
/// For how long a queue must stand, and for how long none may, and the packets that say so at the least.
const QUEUE_WINDOW: (Duration, usize) = (Duration::from_millis(200), 8);
const CLEAR_WINDOW: (Duration, usize) = (Duration::from_millis(60), 4);
/// This much longer on its way than the fastest packet of the last [`MEMORY`] to twice that: a queue.
const QUEUE: i64 = 60_000;
/// Less than this: none.
const NO_QUEUE: i64 = 25_000;
const MEMORY: Duration = Duration::from_secs(10);
/// How often the estimate moves and may be told, and how often it is told though it didn't move.
const STEP: Duration = Duration::from_millis(50);
const REPEAT: Duration = Duration::from_secs(1);
/// Bits a second: where the estimate begins, and the least that it says.
const MOST: f64 = 100e6;
const LEAST: f64 = 50e3;
/// More packets than a second of anything that is recorded.
const MAX_PACKETS: usize = 8_192;
/// abs-send-time begins anew every 64 s (24 bits, 6.18).
const WRAP: i64 = 64_000_000;

/// The estimate of one transport.
#[derive(Debug)]
pub(crate) struct Bandwidth {
    /// Sending and arrival of the packet by which others are measured.
    origin: Option<(Instant, Instant)>,
    latest: VecDeque<Seen>,
    floor: Floor,
    estimate: f64,
    stepped: Option<Instant>,
    told: Option<(Instant, f64)>,
}

/// A packet that came.
#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Instant,
    /// How much longer than the first one it was on its way, in microseconds.
    delay: i64,
    bytes: usize,
}

impl Default for Bandwidth {
    fn default() -> Self {
        Self {
            origin: None,
            latest: VecDeque::new(),
            floor: Floor::default(),
            estimate: MOST,
            stepped: None,
            told: None,
        }
    }
}

impl Bandwidth {
    /// A packet of so many bytes came in; `sent` is the sender's clock, right up to multiples of 64 s.
    pub(crate) fn push(&mut self, now: Instant, sent: Instant, bytes: usize) {
        let (first_sent, first_at) = *self.origin.get_or_insert((sent, now));
        let delay = micros(now, first_at).wrapping_sub(micros(sent, first_sent));
        let near = self.latest.back().map_or(0, |seen| seen.delay);
        let delay = near + (delay.wrapping_sub(near) + WRAP / 2).rem_euclid(WRAP) - WRAP / 2;
        self.floor.push(now, delay);
        while self.latest.len() >= MAX_PACKETS
            || self.latest.front().is_some_and(|seen| now.saturating_duration_since(seen.at) > RATE_WINDOW)
        {
            self.latest.pop_front();
        }
        self.latest.push_back(Seen { at: now, delay, bytes });
        let due = self.stepped.is_none_or(|at| now.saturating_duration_since(at) >= STEP);
        if due {
            self.stepped = Some(now);
            self.step(now);
        }
    }

    /// The estimate in bits a second, when it is to be told (REMB).
    pub(crate) fn take_report(&mut self, now: Instant) -> Option<u64> {
        self.stepped?;
        let due = self.told.is_none_or(|(at, value)| {
            let since = now.saturating_duration_since(at);
            since >= REPEAT || (since >= STEP && (self.estimate / value - 1.0).abs() > 0.002)
        });
        due.then(|| {
            self.told = Some((now, self.estimate));
            self.estimate as u64
        })
    }

    fn step(&mut self, now: Instant) {
        if self.queue(now, QUEUE_WINDOW).is_some_and(|queue| queue > QUEUE) {
            let rate = self.rate(now, RATE_WINDOW);
            let lower = (self.estimate * 0.99).min(rate * 0.9).max(rate * 0.75);
            self.estimate = self.estimate.min(lower).max(LEAST);
        } else if self.queue(now, CLEAR_WINDOW).is_some_and(|queue| queue < NO_QUEUE) {
            // What was never tried isn't known; half as much again is worth a try.
            let tried = self.rate(now, PROBE_WINDOW) * 1.5 + 2.0 * LEAST;
            self.estimate = (self.estimate * 1.5).min(tried).max(self.estimate).min(MOST);
        }
    }

    /// Bits a second that arrived in the last while.
    fn rate(&self, now: Instant, window: Duration) -> f64 {
        let new = |seen: &&Seen| now.saturating_duration_since(seen.at) <= window;
        let bytes: usize = self.latest.iter().rev().take_while(new).map(|seen| seen.bytes).sum();
        bytes as f64 * 8.0 / window.as_secs_f64()
    }

    /// By how much the fastest of the latest packets is slower than the fastest there was.
    fn queue(&self, now: Instant, (window, least): (Duration, usize)) -> Option<i64> {
        let new = |seen: &&Seen| now.saturating_duration_since(seen.at) <= window;
        let count = self.latest.iter().rev().take_while(new).count().max(least);
        let fastest = self.latest.iter().rev().take(count).map(|seen| seen.delay).min();
        fastest.filter(|_| self.latest.len() >= least).map(|delay| delay - self.floor.least())
    }
}

/// The least delay of the last while: of this period and the one before, so that a clock that drifts
/// and a way that became longer are forgotten.
#[derive(Debug)]
struct Floor {
    since: Option<Instant>,
    this: i64,
    before: i64,
}

impl Default for Floor {
    fn default() -> Self {
        Self { since: None, this: i64::MAX, before: i64::MAX }
    }
}

impl Floor {
    fn push(&mut self, now: Instant, delay: i64) {
        let since = *self.since.get_or_insert(now);
        if now.saturating_duration_since(since) > MEMORY {
            (self.since, self.before, self.this) = (Some(now), self.this, i64::MAX);
        }
        self.this = self.this.min(delay);
    }

    fn least(&self) -> i64 {
        self.this.min(self.before)
    }
}

/// From `earlier` to `later`, with its sign, in microseconds.
fn micros(later: Instant, earlier: Instant) -> i64 {
    let size = |a: Instant, b: Instant| a.saturating_duration_since(b).as_micros() as i64;
    size(later, earlier) - size(earlier, later)
}

#[cfg(test)]
mod tests;
