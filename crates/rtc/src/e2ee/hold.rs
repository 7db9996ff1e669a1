//! Frames of one track that stayed shut for want of a key, kept for when it comes.
//!
//! Promises: at most two seconds and 8 MiB wait; what comes out is in order; the frame after a hole says
//! so (`contiguous`). Of pictures the oldest go first, up to the next keyframe: without what they build on
//! the others are of no use. Pure: time is the frames' own.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Opened, Refusal};
use crate::SealedFrame;

/// The longest stretch of media that may wait.
const MAX_SPAN: Duration = Duration::from_secs(2);
/// The most bytes that may wait.
const MAX_BYTES: usize = 8 << 20;

/// What came of trying to open a frame: `Err` gives it back, for a key that comes later may open it.
pub type Attempt = Result<Opened, (Refusal, SealedFrame)>;

/// The frames that wait, oldest first.
#[derive(Debug, Default)]
pub struct Hold {
    frames: VecDeque<SealedFrame>,
    bytes: usize,
    /// A frame was lost here; the next one that opens isn't contiguous with the one before.
    hole: bool,
    /// Nothing but a keyframe is worth keeping.
    wait_keyframe: bool,
}

impl Hold {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Tries a frame that has just come, and keeps it if it stays shut for now; what there is to know goes to
    /// `out`. One that opens ends the wait of those before it: they could only come out of order.
    pub fn take(
        &mut self,
        frame: SealedFrame,
        open: impl FnOnce(SealedFrame) -> Attempt,
        out: &mut VecDeque<Opened>,
    ) {
        match open(frame) {
            Ok(opened) => {
                self.give_up(&opened);
                self.hand_out(opened, out);
            }
            Err((refusal, frame)) => {
                self.keep(frame);
                out.push_back(Opened::Refused(refusal));
            }
        }
    }

    /// The keys have changed: tries all that waits, in order. What still stays shut goes on waiting, unless a
    /// later frame opens.
    pub fn retry(&mut self, mut open: impl FnMut(SealedFrame) -> Attempt, out: &mut VecDeque<Opened>) {
        self.bytes = 0;
        for frame in std::mem::take(&mut self.frames) {
            match open(frame) {
                Ok(opened) => {
                    self.give_up(&opened);
                    self.hand_out(opened, out);
                }
                Err((_, frame)) => {
                    self.bytes = self.bytes.saturating_add(frame.data.len());
                    self.frames.push_back(frame);
                }
            }
        }
    }

    fn give_up(&mut self, opened: &Opened) {
        if let Opened::Open(_) = opened {
            self.hole |= !self.frames.is_empty();
            self.frames.clear();
            self.bytes = 0;
        }
    }

    fn hand_out(&mut self, opened: Opened, out: &mut VecDeque<Opened>) {
        match opened {
            Opened::Open(mut frame) => {
                frame.meta.contiguous &= !std::mem::take(&mut self.hole);
                self.wait_keyframe = false;
                out.push_back(Opened::Open(frame));
            }
            Opened::Refused(refusal) => {
                self.hole = true;
                out.push_back(Opened::Refused(refusal));
            }
            Opened::Empty | Opened::ServerInjected => {}
        }
    }

    fn keep(&mut self, frame: SealedFrame) {
        let starts = frame.starts_decoding();
        if self.wait_keyframe && starts == Some(false) {
            return;
        }
        self.wait_keyframe = false;
        self.bytes = self.bytes.saturating_add(frame.data.len());
        self.frames.push_back(frame);
        while self.is_over() {
            self.drop_oldest();
        }
        self.wait_keyframe = self.frames.is_empty() && starts.is_some();
    }

    fn is_over(&self) -> bool {
        let span = match (self.frames.front(), self.frames.back()) {
            (Some(first), Some(last)) => last.meta.arrival.saturating_duration_since(first.meta.arrival),
            _ => Duration::ZERO,
        };
        span > MAX_SPAN || self.bytes > MAX_BYTES
    }

    /// The oldest frame goes, and with it those that can't be decoded without it.
    fn drop_oldest(&mut self) {
        self.hole = true;
        while let Some(frame) = self.frames.pop_front() {
            self.bytes = self.bytes.saturating_sub(frame.data.len());
            if self.frames.front().is_some_and(|next| next.starts_decoding() != Some(false)) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::BytesMut;

    use super::*;
    use crate::{Codec, FrameMeta, OpenFrame};

    const KEY: u8 = 0x10;
    const DELTA: u8 = 0x11;

    /// A track whose frames carry their number; those from `shut.0` to `shut.1` have no key.
    struct Track {
        hold: Hold,
        codec: Codec,
        start: Instant,
        shut: std::ops::Range<u64>,
        size: usize,
        out: VecDeque<Opened>,
    }

    impl Track {
        fn new(codec: Codec, shut: std::ops::Range<u64>) -> Self {
            let (hold, start, out) = (Hold::default(), Instant::now(), VecDeque::new());
            Self { hold, codec, start, shut, size: 10, out }
        }

        fn frame(&self, number: u64, head: u8) -> SealedFrame {
            let meta = FrameMeta {
                codec: self.codec,
                contiguous: true,
                rtp_time: number,
                clock_rate: 90_000,
                arrival: self.start + Duration::from_millis(number * 20),
                sender_report: None,
            };
            SealedFrame { meta, data: BytesMut::from(&vec![head; self.size][..]), unit_ends: Vec::new() }
        }

        /// Frames of these numbers come; those in `keys` are keyframes.
        fn comes(&mut self, numbers: std::ops::Range<u64>, keys: &[u64]) -> &mut Self {
            for number in numbers {
                let head = if keys.contains(&number) { KEY } else { DELTA };
                let frame = self.frame(number, head);
                let shut = self.shut.clone();
                self.hold.take(frame, |frame| attempt(&shut, frame), &mut self.out);
            }
            self
        }

        /// The key comes of all but these.
        fn key_comes(&mut self, shut: std::ops::Range<u64>) -> &mut Self {
            self.shut = shut.clone();
            self.hold.retry(|frame| attempt(&shut, frame), &mut self.out);
            self
        }

        /// What was opened since the last call: numbers, and those before which something is missing.
        fn opened(&mut self) -> (Vec<u64>, Vec<u64>) {
            let frames = self.out.drain(..).filter_map(|opened| match opened {
                Opened::Open(frame) => Some(frame),
                _ => None,
            });
            let frames: Vec<OpenFrame> = frames.collect();
            let holes = frames.iter().filter(|frame| !frame.meta.contiguous);
            (frames.iter().map(|f| f.meta.rtp_time).collect(), holes.map(|f| f.meta.rtp_time).collect())
        }
    }

    fn attempt(shut: &std::ops::Range<u64>, frame: SealedFrame) -> Attempt {
        if shut.contains(&frame.meta.rtp_time) {
            return Err((Refusal::MissingKey { index: 1 }, frame));
        }
        let SealedFrame { meta, data, .. } = frame;
        Ok(Opened::Open(OpenFrame { meta, keyframe: data[0] == KEY, data: data.freeze() }))
    }

    fn numbers(range: std::ops::Range<u64>) -> Vec<u64> {
        range.collect()
    }

    #[test]
    fn a_key_that_comes_in_time_loses_nothing() {
        for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9] {
            let mut track = Track::new(codec, 10..20);
            track.comes(0..20, &[0]);
            assert_eq!(track.out.iter().filter(|o| matches!(o, Opened::Refused(_))).count(), 10);
            track.key_comes(0..0).comes(20..25, &[]);
            assert_eq!(track.opened(), (numbers(0..25), vec![]), "{codec:?}");
            assert!(track.hold.is_empty());
        }
    }

    #[test]
    fn sound_keeps_its_newest_two_seconds() {
        let mut track = Track::new(Codec::Opus, 0..1000);
        track.comes(0..500, &[]).key_comes(0..0);
        assert_eq!(track.opened(), (numbers(399..500), vec![399]));
    }

    #[test]
    fn pictures_keep_what_can_be_decoded() {
        // A keyframe 1.4 s ago: what came before it goes.
        let mut track = Track::new(Codec::Vp8, 0..1000);
        track.comes(0..120, &[0, 50]).key_comes(0..0);
        assert_eq!(track.opened(), (numbers(50..120), vec![50]));
        // None since 3 s: nothing is worth keeping, until one comes.
        let mut track = Track::new(Codec::Vp8, 0..1000);
        track.comes(0..150, &[0]);
        assert!(track.hold.is_empty());
        track.comes(150..160, &[155]).key_comes(0..0).comes(160..162, &[]);
        assert_eq!(track.opened(), (numbers(155..162), vec![155]));
        // The key came in between: the next frame says that something is missing.
        let mut track = Track::new(Codec::Vp8, 0..1000);
        track.comes(0..150, &[0]).key_comes(0..0).comes(150..152, &[]);
        assert_eq!(track.opened(), (numbers(150..152), vec![150]));
    }

    #[test]
    fn bytes_are_bounded() {
        for codec in [Codec::Vp8, Codec::Vp9] {
            let mut track = Track::new(codec, 0..1000);
            track.size = MAX_BYTES / 4;
            track.comes(0..90, &[0, 88]);
            assert!(track.hold.bytes <= MAX_BYTES && track.hold.frames.len() <= 4, "{codec:?}");
            track.key_comes(0..0);
            assert_eq!(track.opened().0.last(), Some(&89), "{codec:?}");
            // One that is larger than all that may wait.
            track.shut = 0..1000;
            track.size = MAX_BYTES + 1;
            track.comes(90..91, &[90]);
            assert!(track.hold.is_empty() && track.hold.bytes == 0, "{codec:?}");
        }
    }

    #[test]
    fn a_single_frame_that_never_opens_delays_nothing() {
        let mut track = Track::new(Codec::Opus, 10..11);
        track.comes(0..12, &[]);
        assert_eq!(track.opened(), (vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11], vec![11]));
        assert!(track.hold.is_empty());
    }

    #[test]
    fn of_two_keys_the_later_may_come_alone() {
        let mut track = Track::new(Codec::Opus, 0..1000);
        track.comes(0..10, &[]).key_comes(0..5);
        assert_eq!(track.opened(), (numbers(5..10), vec![5]));
        // The other way round the later frames wait on.
        let mut track = Track::new(Codec::Opus, 0..1000);
        track.comes(0..10, &[]).key_comes(5..10);
        assert_eq!((track.opened(), track.hold.frames.len()), ((numbers(0..5), vec![]), 5));
    }
}
