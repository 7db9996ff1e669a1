//! The queue between the driver and a track's reader.
//!
//! It holds at most [`MAX_SPAN`] of media and [`MAX_BYTES`]. Before a reader attaches it keeps the
//! frames since the last key frame, for media comes before anybody knows of the track. When it is
//! full, video is dropped up to the next key frame (and one is asked for), sound loses its oldest;
//! the frame after a gap says so. Sans-IO but for the lock: arrival times are the frames' own.

use std::collections::VecDeque;
use std::time::Duration;

use crate::SealedFrame;

/// The longest stretch of media that may wait.
pub(super) const MAX_SPAN: Duration = Duration::from_secs(2);
/// The most bytes that may wait: two seconds at 64 Mbit/s.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// Frames on their way to a reader.
#[derive(Debug, Default)]
pub(super) struct FrameQueue {
    frames: VecDeque<SealedFrame>,
    bytes: usize,
    read: bool,
    /// A gap was made here; the next frame out isn't contiguous with the one before.
    gap: bool,
    /// Nothing but a key frame is of use.
    wait_keyframe: bool,
    dropped: u64,
}

impl FrameQueue {
    /// Takes a frame in; true when a key frame must be asked for.
    pub(super) fn push(&mut self, frame: SealedFrame) -> bool {
        let start = frame.starts_decoding();
        let video = !frame.meta.codec.is_audio();
        if video {
            match start {
                Some(true) if !self.read => self.clear(),
                Some(false) if self.wait_keyframe => {
                    self.dropped += 1;
                    return false;
                }
                _ => {}
            }
            self.wait_keyframe = false;
        }
        self.bytes = self.bytes.saturating_add(frame.data.len());
        self.frames.push_back(frame);
        let mut ask = false;
        while self.is_full() {
            self.gap = true;
            if video {
                self.dropped += self.frames.len() as u64;
                self.clear();
                // With nobody reading a key frame would only be dropped again.
                ask = self.read;
                self.wait_keyframe = start.is_some();
            } else {
                self.dropped += 1;
                self.take_front();
            }
        }
        ask
    }

    /// The oldest frame.
    pub(super) fn pop(&mut self) -> Option<SealedFrame> {
        let mut frame = self.take_front()?;
        if std::mem::take(&mut self.gap) {
            frame.meta.contiguous = false;
        }
        Some(frame)
    }

    /// A reader came or went; true when decoding can't begin at what is waiting.
    pub(super) fn set_read(&mut self, read: bool) -> bool {
        self.read = read;
        read && self.frames.front().is_none_or(|frame| frame.starts_decoding() != Some(true))
    }

    /// Somebody reads it.
    pub(super) fn is_read(&self) -> bool {
        self.read
    }

    /// Frames dropped here so far.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn is_full(&self) -> bool {
        let span = match (self.frames.front(), self.frames.back()) {
            (Some(first), Some(last)) => last.meta.arrival.saturating_duration_since(first.meta.arrival),
            _ => Duration::ZERO,
        };
        span > MAX_SPAN || (self.bytes > MAX_BYTES && self.frames.len() > 1)
    }

    fn take_front(&mut self) -> Option<SealedFrame> {
        let frame = self.frames.pop_front()?;
        self.bytes = self.bytes.saturating_sub(frame.data.len());
        Some(frame)
    }

    fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::BytesMut;

    use super::*;
    use crate::{Codec, FrameMeta};

    fn frame(codec: Codec, at: Instant, data: &'static [u8]) -> SealedFrame {
        let meta = FrameMeta {
            codec,
            contiguous: true,
            rtp_time: 0,
            clock_rate: 90_000,
            arrival: at,
            sender_report: None,
        };
        SealedFrame { meta, data: data.into(), unit_ends: Vec::new() }
    }

    const KEY: &[u8] = &[0x10, 1];
    const DELTA: &[u8] = &[0x11, 2];

    #[test]
    fn a_late_reader_begins_at_the_last_key_frame() {
        let t0 = Instant::now();
        let at = |ms| t0 + Duration::from_millis(ms);
        let mut queue = FrameQueue::default();
        for (ms, data) in [(0, DELTA), (10, KEY), (20, DELTA), (30, KEY), (40, DELTA)] {
            assert!(!queue.push(frame(Codec::Vp8, at(ms), data)));
        }
        assert!(!queue.set_read(true));
        let out: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|f| f.meta.arrival).collect();
        assert_eq!(out, [at(30), at(40)]);
    }

    #[test]
    fn a_stalled_reader_loses_up_to_the_next_key_frame_and_is_told() {
        let t0 = Instant::now();
        let mut queue = FrameQueue::default();
        assert!(queue.set_read(true), "nothing to begin at: ask for a key frame");
        queue.push(frame(Codec::Vp8, t0, KEY));
        assert!(queue.push(frame(Codec::Vp8, t0 + MAX_SPAN + Duration::from_millis(1), DELTA)));
        assert!(!queue.push(frame(Codec::Vp8, t0 + MAX_SPAN * 2, DELTA)));
        assert!(queue.pop().is_none());
        queue.push(frame(Codec::Vp8, t0 + MAX_SPAN * 2, KEY));
        assert!(!queue.pop().unwrap().meta.contiguous);
        assert_eq!(queue.dropped(), 3);
    }

    #[test]
    fn what_nobody_reads_is_bounded_by_bytes_too() {
        let t0 = Instant::now();
        let big = |tag: u8| {
            let mut frame = frame(Codec::Vp8, t0, &[]);
            frame.data = BytesMut::from(&[vec![tag], vec![0; MAX_BYTES / 4]].concat()[..]);
            frame
        };
        let mut queue = FrameQueue::default();
        // No time passes: only bytes count. Each frame is a little over a quarter.
        for (tag, waiting) in [(0, 1), (1, 2), (1, 3), (1, 0), (1, 0), (0, 1), (1, 2), (0, 1)] {
            assert!(!queue.push(big(tag)), "nobody reads: a key frame would be dropped again");
            assert_eq!(queue.frames.len(), waiting);
        }
        assert_eq!(queue.dropped(), 5);
        // One frame that is too big by itself is handed out all the same.
        let mut huge = big(0);
        huge.data = BytesMut::zeroed(MAX_BYTES + 1);
        queue.push(huge);
        assert_eq!(queue.pop().unwrap().data.len(), MAX_BYTES + 1);
    }

    #[test]
    fn sound_loses_its_oldest_only() {
        let t0 = Instant::now();
        let mut queue = FrameQueue::default();
        for ms in (0..=3000).step_by(20) {
            assert!(!queue.push(frame(Codec::Opus, t0 + Duration::from_millis(ms), &[1])));
        }
        let first = queue.pop().unwrap();
        assert_eq!(first.meta.arrival, t0 + Duration::from_millis(1000));
        assert!(!first.meta.contiguous);
        assert!(queue.pop().unwrap().meta.contiguous);
    }
}
