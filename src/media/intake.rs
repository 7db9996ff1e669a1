//! Which frames of one source go to its decoder. Pure: time is the frames' own.
//!
//! Bounded by duration: with a second of frames waiting, the rest is dropped up to the next keyframe,
//! and one is asked for. Nothing goes in before the first keyframe.

use std::collections::VecDeque;
use std::time::Duration;

/// How much may wait for a decoder.
const LIMIT: Duration = Duration::from_secs(1);
/// How many frames may wait, whatever their times say.
const LIMIT_FRAMES: usize = 256;
/// How long to wait for a keyframe before asking again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The state of one source's queue.
#[derive(Debug)]
pub(super) struct Intake {
    /// Times of the frames in the queue.
    waiting: VecDeque<Duration>,
    starved: Starved,
}

#[derive(Debug, PartialEq, Eq)]
enum Starved {
    /// Frames decode.
    No,
    /// Only a keyframe helps; the time of the frame that made us ask for one.
    Since(Option<Duration>),
}

/// What to do with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// Give it to the decoder.
    Take,
    /// Drop it.
    Drop,
    /// Drop it and ask the sender for a keyframe.
    DropAndAsk,
}

impl Intake {
    /// Nothing seen yet: a keyframe must come first.
    pub(super) fn new() -> Self {
        Self { waiting: VecDeque::new(), starved: Starved::Since(None) }
    }

    /// Judges a frame, when the decoder's queue holds `queued` of those taken before.
    pub(super) fn offer(&mut self, pts: Duration, keyframe: bool, queued: u64) -> Offer {
        let queued = usize::try_from(queued).unwrap_or(usize::MAX);
        let done = self.waiting.len().saturating_sub(queued);
        self.waiting.drain(..done);

        let oldest = self.waiting.front().copied().unwrap_or(pts);
        let full = pts.saturating_sub(oldest) >= LIMIT || self.waiting.len() >= LIMIT_FRAMES;
        if !full && (keyframe || self.starved == Starved::No) {
            self.starved = Starved::No;
            self.waiting.push_back(pts);
            return Offer::Take;
        }
        match self.starved {
            Starved::Since(Some(asked)) if pts >= asked && pts - asked < ASK_AGAIN => Offer::Drop,
            _ => {
                self.starved = Starved::Since(Some(pts));
                Offer::DropAndAsk
            }
        }
    }

    /// The decoder lost its state: as at the start.
    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn nothing_before_the_first_keyframe_and_one_request_a_second() {
        let mut intake = Intake::new();
        assert_eq!(intake.offer(ms(0), false, 0), Offer::DropAndAsk);
        assert_eq!(intake.offer(ms(33), false, 0), Offer::Drop);
        assert_eq!(intake.offer(ms(999), false, 0), Offer::Drop);
        assert_eq!(intake.offer(ms(1000), false, 0), Offer::DropAndAsk);
        assert_eq!(intake.offer(ms(1033), true, 0), Offer::Take);
        assert_eq!(intake.offer(ms(1066), false, 1), Offer::Take);
    }

    #[test]
    fn a_full_queue_drops_to_the_next_keyframe() {
        let mut intake = Intake::new();
        for n in 0..30 {
            assert_eq!(intake.offer(ms(n * 33), n == 0, n), Offer::Take, "{n}");
        }
        assert_eq!(intake.offer(ms(1000), false, 30), Offer::DropAndAsk);
        // The queue drains, but a delta frame after a hole is of no use.
        assert_eq!(intake.offer(ms(1033), false, 2), Offer::Drop);
        assert_eq!(intake.offer(ms(1066), true, 0), Offer::Take);
        assert_eq!(intake.offer(ms(1100), false, 0), Offer::Take);
    }

    #[test]
    fn a_pause_is_not_a_full_queue() {
        let mut intake = Intake::new();
        assert_eq!(intake.offer(ms(0), true, 0), Offer::Take);
        assert_eq!(intake.offer(ms(60_000), false, 0), Offer::Take);
        assert_eq!(intake.offer(ms(60_033), false, 1), Offer::Take);
    }

    #[test]
    fn frames_of_one_time_stamp_are_bounded_by_count() {
        let mut intake = Intake::new();
        let taken = (0..10_000_u64).filter(|n| intake.offer(ms(5), true, *n) == Offer::Take).count();
        assert_eq!(taken, LIMIT_FRAMES);
    }

    #[test]
    fn a_decoder_that_starts_anew_wants_a_keyframe() {
        let mut intake = Intake::new();
        assert_eq!(intake.offer(ms(0), true, 0), Offer::Take);
        intake.reset();
        assert_eq!(intake.offer(ms(33), false, 0), Offer::DropAndAsk);
    }
}
