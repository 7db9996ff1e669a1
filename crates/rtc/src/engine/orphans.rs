//! RTP packets whose track isn't known yet: media may overtake the description that names it.
//!
//! Kept for [`MAX_AGE`], at most [`MAX_PACKETS`] (about 1.2 MB); the oldest make way. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a packet waits for its description.
const MAX_AGE: Duration = Duration::from_secs(2);
/// How many packets wait.
const MAX_PACKETS: usize = 1024;

/// Packets without a track, in order of arrival.
#[derive(Debug)]
pub(super) struct Orphans<P> {
    waiting: VecDeque<(Instant, u32, P)>,
}

impl<P> Default for Orphans<P> {
    fn default() -> Self {
        Self { waiting: VecDeque::new() }
    }
}

impl<P> Orphans<P> {
    /// Keeps a packet of `ssrc`.
    pub(super) fn push(&mut self, now: Instant, ssrc: u32, packet: P) {
        while self.waiting.len() >= MAX_PACKETS
            || self.waiting.front().is_some_and(|(at, ..)| now.saturating_duration_since(*at) > MAX_AGE)
        {
            self.waiting.pop_front();
        }
        self.waiting.push_back((now, ssrc, packet));
    }

    /// The packets of `ssrc` that are young enough.
    pub(super) fn take(&mut self, now: Instant, ssrc: u32) -> Vec<(Instant, P)> {
        let (mine, others): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(_, of, _)| *of == ssrc);
        self.waiting = others;
        mine.into_iter()
            .filter(|(at, ..)| now.saturating_duration_since(*at) <= MAX_AGE)
            .map(|(at, _, packet)| (at, packet))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_wait_for_their_description_but_not_for_ever() {
        let t0 = Instant::now();
        let mut orphans = Orphans::default();
        orphans.push(t0, 1, 'a');
        orphans.push(t0, 2, 'b');
        orphans.push(t0 + MAX_AGE, 1, 'c');
        let late = t0 + MAX_AGE + Duration::from_millis(1);
        assert_eq!(orphans.take(late, 1), [(t0 + MAX_AGE, 'c')]);
        assert_eq!(orphans.take(t0, 2), [(t0, 'b')]);
        for n in 0..MAX_PACKETS * 2 {
            orphans.push(t0, 3, char::from_digit((n % 10) as u32, 10).unwrap());
        }
        assert_eq!(orphans.take(t0, 3).len(), MAX_PACKETS);
    }
}
