//! What of the live programme is the recording: everything from time zero to the end, nothing else.
//!
//! The mixers run from the start of the pipeline; what lies before the gate is dropped ahead of the
//! encoders, so that waiting for the first picture costs next to nothing and the first sample is a keyframe.

use std::sync::atomic::{AtomicU64, Ordering};

/// Nanoseconds in a second.
const SECOND: u128 = 1_000_000_000;
/// Not decided yet.
const NEVER: u64 = u64::MAX;

/// The window, in running time. Set once each from any thread, asked for every buffer.
#[derive(Debug)]
pub(super) struct Gate {
    fps: u32,
    open: AtomicU64,
    close: AtomicU64,
}

/// What becomes of a stretch of picture or sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Before the recording.
    Drop,
    /// Part of it.
    Pass,
    /// Part of it between these running times.
    Clip {
        /// First instant inside.
        from: u64,
        /// First instant outside again.
        to: u64,
    },
    /// The recording is over.
    End,
}

impl Gate {
    /// A gate that is shut, for a programme of this cadence.
    pub(super) fn new(fps: u32) -> Self {
        Self { fps: fps.max(1), open: AtomicU64::new(NEVER), close: AtomicU64::new(NEVER) }
    }

    /// Opens at the first picture not before `at`; only the first call counts. Returns time zero.
    pub(super) fn open(&self, at: u64) -> u64 {
        set_once(&self.open, picture_from(at, self.fps))
    }

    /// Shuts at the first picture not before `at`; only the first call counts.
    pub(super) fn close(&self, at: u64) -> u64 {
        set_once(&self.close, picture_from(at, self.fps))
    }

    /// Time zero, once known.
    pub(super) fn zero(&self) -> Option<u64> {
        let zero = self.open.load(Ordering::Acquire);
        (zero != NEVER).then_some(zero)
    }

    /// Judges a picture that is shown from `start`.
    pub(super) fn picture(&self, start: u64) -> Verdict {
        if start >= self.close.load(Ordering::Acquire) {
            Verdict::End
        } else if start >= self.open.load(Ordering::Acquire) {
            Verdict::Pass
        } else {
            Verdict::Drop
        }
    }

    /// Judges a block of sound from `start` to `end`.
    pub(super) fn sound(&self, start: u64, end: u64) -> Verdict {
        let (open, close) = (self.open.load(Ordering::Acquire), self.close.load(Ordering::Acquire));
        if start >= close {
            Verdict::End
        } else if end <= open {
            Verdict::Drop
        } else if start >= open && end <= close {
            Verdict::Pass
        } else {
            let (from, to) = (start.max(open), end.min(close));
            if from < to { Verdict::Clip { from, to } } else { Verdict::Drop }
        }
    }
}

/// When the first picture not before `at` is shown: pictures are at `⌊n·10⁹ / fps⌋`.
fn picture_from(at: u64, fps: u32) -> u64 {
    let fps = u128::from(fps);
    let n = (u128::from(at) * fps).div_ceil(SECOND);
    u64::try_from(n * SECOND / fps).unwrap_or(NEVER - 1)
}

fn set_once(cell: &AtomicU64, value: u64) -> u64 {
    match cell.compare_exchange(NEVER, value, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => value,
        Err(earlier) => earlier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_shut_gate_drops_everything() {
        let gate = Gate::new(30);
        assert_eq!(gate.zero(), None);
        assert_eq!(gate.picture(1 << 60), Verdict::Drop);
        assert_eq!(gate.sound(0, 20 * MS), Verdict::Drop);
    }

    #[test]
    fn time_zero_is_a_picture_and_sound_is_cut_to_it() {
        let gate = Gate::new(30);
        // Pictures at 66.666666 and 100 ms.
        assert_eq!(gate.open(70 * MS), 100 * MS);
        assert_eq!(gate.picture(66_666_666), Verdict::Drop);
        assert_eq!(gate.picture(100 * MS), Verdict::Pass);
        assert_eq!(gate.sound(80 * MS, 100 * MS), Verdict::Drop);
        assert_eq!(gate.sound(90 * MS, 110 * MS), Verdict::Clip { from: 100 * MS, to: 110 * MS });
        assert_eq!(gate.sound(110 * MS, 130 * MS), Verdict::Pass);
    }

    #[test]
    fn the_end_is_the_same_instant_for_both() {
        let gate = Gate::new(25);
        gate.open(0);
        assert_eq!(gate.close(990 * MS), 1000 * MS);
        assert_eq!(gate.picture(960 * MS), Verdict::Pass);
        assert_eq!(gate.picture(1000 * MS), Verdict::End);
        assert_eq!(gate.sound(990 * MS, 1010 * MS), Verdict::Clip { from: 990 * MS, to: 1000 * MS });
        assert_eq!(gate.sound(1000 * MS, 1020 * MS), Verdict::End);
    }

    #[test]
    fn closing_a_gate_that_never_opened_ends_at_once() {
        let gate = Gate::new(30);
        gate.close(40 * MS);
        assert_eq!(gate.picture(66_666_666), Verdict::End);
        assert_eq!(gate.sound(80 * MS, 100 * MS), Verdict::End);
    }

    #[test]
    fn only_the_first_word_counts() {
        let gate = Gate::new(30);
        assert_eq!(gate.open(0), 0);
        assert_eq!(gate.open(500 * MS), 0);
        assert_eq!(gate.zero(), Some(0));
    }

    #[test]
    fn pictures_are_where_the_compositor_puts_them() {
        for n in [0_u64, 1, 2, 3, 29, 30, 31, 107_999, 5_184_000] {
            let pts = u64::try_from(u128::from(n) * SECOND / 30).unwrap();
            assert_eq!(picture_from(pts, 30), pts, "picture {n} is its own");
            let next = u64::try_from(u128::from(n + 1) * SECOND / 30).unwrap();
            assert_eq!(picture_from(pts + 1, 30), next);
        }
        assert_eq!(picture_from(u64::MAX, 30), NEVER - 1);
    }
}
