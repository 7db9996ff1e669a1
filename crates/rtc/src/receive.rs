//! One received track: packets in, sealed frames out, in order and exactly once.
//!
//! ```text
//! packet → reorder → injected by the SFU? → depacketize → frame ends? → SealedFrame
//! ```
//! A frame that lacks a packet is thrown away whole, and the next one says so (`contiguous`). Which
//! frames a decoder may have after that is not decided here.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use crate::depacket::{Depacketizer, depacketizer};
use crate::e2ee::is_marked;
use crate::keyframe::is_keyframe;
use crate::keyframe_request::KeyframeRequests;
use crate::reorder::{Admission, Ordered, Reorder, ReorderLimits};
use crate::rtp_time::RtpTime;
use crate::{Format, FrameMeta, RtpPacket, SealedFrame, SenderReport};

/// Frames that wait to be polled; full only if nobody polls, and then new ones are thrown away.
const MAX_FRAMES: usize = 8192;

/// Turns the packets of one stream of sequence numbers (one SSRC) into sealed frames. A track that
/// moves to another SSRC needs a new receiver: numbers and times begin anew. Sans-IO.
#[derive(Debug)]
pub struct TrackReceiver {
    lines: Vec<Line>,
    video: bool,
    sif_trailer: Bytes,
    reorder: Reorder,
    time: RtpTime,
    sender_report: Option<SenderReport>,
    /// The frame being put together.
    pending: Option<Pending>,
    /// The rest of this frame (by its time stamp) is thrown away.
    discarding: Option<u32>,
    /// The packet before the next one is unknown: at the beginning, and after a loss.
    after_gap: bool,
    last_timestamp: Option<u32>,
    /// Something was lost since the last frame.
    lost: bool,
    keyframe_seen: bool,
    keyframes: KeyframeRequests,
    frames: VecDeque<SealedFrame>,
    stats: ReceiveStats,
}

/// A payload type and what takes its payloads.
#[derive(Debug)]
struct Line {
    format: Format,
    depacketizer: Box<dyn Depacketizer>,
}

/// A frame of which something has come.
#[derive(Debug, Clone, Copy)]
struct Pending {
    line: usize,
    timestamp: u32,
    rtp_time: u64,
    arrival: Instant,
}

/// Counters of a received track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiveStats {
    /// Packets that came in, duplicates and padding included.
    pub packets: u64,
    /// Packets given up on.
    pub lost: u64,
    /// Packets that came twice or too late, or with a number out of all range.
    pub duplicates: u64,
    /// Packets of a payload type that isn't the track's.
    pub ignored: u64,
    /// Frames that the SFU made up, taken out.
    pub injected: u64,
    /// Frames handed out.
    pub frames: u64,
    /// Frames thrown away: a part was lost or made no sense.
    pub broken_frames: u64,
}

impl TrackReceiver {
    /// A receiver for a track with these formats (all of the media section; the first one tells
    /// sound from video). Packets of other payload types are counted and ignored.
    pub fn new(formats: &[Format]) -> Self {
        let video = formats.first().is_some_and(|format| !format.codec.is_audio());
        let line = |format: &Format| Line { format: *format, depacketizer: depacketizer(format.codec) };
        Self {
            lines: formats.iter().map(line).collect(),
            video,
            sif_trailer: Bytes::new(),
            reorder: Reorder::new(if video { ReorderLimits::VIDEO } else { ReorderLimits::AUDIO }),
            time: RtpTime::default(),
            sender_report: None,
            pending: None,
            discarding: None,
            after_gap: true,
            last_timestamp: None,
            lost: false,
            keyframe_seen: false,
            keyframes: KeyframeRequests::default(),
            frames: VecDeque::new(),
            stats: ReceiveStats::default(),
        }
    }

    /// The suffix that marks frames which the SFU made up (`JoinResponse.sif_trailer`); empty: none.
    pub fn set_sif_trailer(&mut self, trailer: Bytes) {
        self.sif_trailer = trailer;
    }

    /// Takes a packet that came in at `now`.
    pub fn push(&mut self, now: Instant, packet: RtpPacket) {
        self.stats.packets += 1;
        if self.reorder.push(now, packet) != Admission::Taken {
            self.stats.duplicates += 1;
        }
        self.take_ordered();
    }

    /// Takes the newest RTCP sender report: the sender's wall clock (nanoseconds since the Unix
    /// epoch) at an RTP time as on the wire. Frames carry it from here on.
    pub fn push_sender_report(&mut self, ntp_ns: i64, rtp_time: u32) {
        self.sender_report = Some(SenderReport { ntp_ns, rtp_time: self.time.unwrap(rtp_time) });
    }

    /// The next whole frame, if there is one. Poll until `None` after each `push` and timeout.
    pub fn poll_frame(&mut self) -> Option<SealedFrame> {
        self.frames.pop_front()
    }

    /// When `handle_timeout` and `take_keyframe_request` want to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.reorder.poll_timeout().into_iter().chain(self.keyframes.next()).min()
    }

    /// Gives up on packets that are overdue at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.reorder.handle_timeout(now);
        self.take_ordered();
    }

    /// Asks for a keyframe at the next occasion: a reader attached, or a frame didn't open.
    pub fn want_keyframe(&mut self) {
        if self.video {
            self.keyframe_seen = false;
            self.keyframes.want();
        }
    }

    /// Whether a keyframe request (RTCP PLI) is to be sent now: ask after every push, timeout and
    /// `want_keyframe`. Limits the rate by itself; true again from time to time until a keyframe has
    /// come.
    pub fn take_keyframe_request(&mut self, now: Instant) -> bool {
        self.keyframes.take(now)
    }

    /// What happened so far.
    pub fn stats(&self) -> ReceiveStats {
        self.stats
    }

    fn take_ordered(&mut self) {
        while let Some(ordered) = self.reorder.poll() {
            if ordered.lost_before > 0 {
                self.stats.lost += ordered.lost_before;
                self.on_gap();
            }
            self.on_packet(ordered);
        }
    }

    fn on_gap(&mut self) {
        match self.pending {
            Some(_) => self.break_frame(),
            None => self.note_loss(),
        }
        self.after_gap = true;
        self.discarding = None;
    }

    fn on_packet(&mut self, Ordered { packet, arrival, .. }: Ordered) {
        if packet.payload.is_empty() {
            return; // padding: its number counts, nothing else
        }
        let Some(line) = self.lines.iter().position(|l| l.format.payload_type == packet.payload_type) else {
            self.stats.ignored += 1;
            return;
        };
        if self.pending.is_some_and(|pending| pending.timestamp != packet.timestamp) {
            self.finish_frame(); // whole, though its marker never came
        }
        let before = self.last_timestamp.replace(packet.timestamp);
        let rtp_time = self.time.unwrap(packet.timestamp);
        if is_marked(&packet.payload, &self.sif_trailer) {
            // One packet, one frame; what follows begins a new one.
            self.stats.injected += 1;
            (self.after_gap, self.discarding) = (false, None);
            if self.pending.is_some() {
                self.break_frame();
            }
            return;
        }
        if self.discarding == Some(packet.timestamp) {
            self.discarding = self.discarding.filter(|_| !packet.marker);
            return;
        }
        self.discarding = None;
        let Some(Line { depacketizer, .. }) = self.lines.get_mut(line) else { return };
        let begins = self.pending.is_none();
        let unknown_begin = std::mem::take(&mut self.after_gap) && begins;
        let cut = unknown_begin
            && (before == Some(packet.timestamp) || !depacketizer.begins_frame(&packet.payload));
        if begins {
            self.pending = Some(Pending { line, timestamp: packet.timestamp, rtp_time, arrival });
        }
        let fits = self.pending.is_some_and(|pending| pending.line == line);
        if cut || !fits || depacketizer.push(&packet.payload).is_err() {
            self.break_frame();
            self.discarding = (self.video && !packet.marker).then_some(packet.timestamp);
        } else if packet.marker || !self.video {
            self.finish_frame();
        }
    }

    /// The pending frame is whole.
    fn finish_frame(&mut self) {
        let Some(pending) = self.pending.take() else { return };
        let Some(line) = self.lines.get_mut(pending.line) else { return };
        let Format { codec, clock_rate, .. } = line.format;
        let assembled = line.depacketizer.finish();
        let Some(frame) = assembled.filter(|_| self.frames.len() < MAX_FRAMES) else {
            self.stats.broken_frames += 1;
            self.note_loss();
            return;
        };
        if self.video {
            self.note_keyframe(frame.keyframe.unwrap_or_else(|| is_keyframe(codec, &frame.data)));
        }
        let meta = FrameMeta {
            codec,
            contiguous: !std::mem::take(&mut self.lost),
            rtp_time: pending.rtp_time,
            clock_rate,
            arrival: pending.arrival,
            sender_report: self.sender_report,
        };
        self.frames.push_back(SealedFrame { meta, data: frame.data, unit_ends: frame.unit_ends });
        self.stats.frames += 1;
    }

    /// The pending frame is lost.
    fn break_frame(&mut self) {
        if let Some(pending) = self.pending.take()
            && let Some(line) = self.lines.get_mut(pending.line)
        {
            line.depacketizer.reset();
        }
        self.stats.broken_frames += 1;
        self.note_loss();
    }

    fn note_loss(&mut self) {
        self.lost = true;
        self.want_keyframe();
    }

    fn note_keyframe(&mut self, keyframe: bool) {
        if keyframe {
            self.keyframe_seen = true;
            self.keyframes.satisfied();
        } else if !self.keyframe_seen {
            self.keyframes.want();
        }
    }
}

#[cfg(test)]
mod tests;
