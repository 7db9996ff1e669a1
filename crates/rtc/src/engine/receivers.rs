//! The driver's side of remote tracks: which SSRC is which track, and its packets made into frames.
//!
//! Only SSRCs that a description names are taken: the mid alone would let the last packets of a
//! section's former track into the new one (T2).

use std::collections::HashMap;
use std::time::{Instant, UNIX_EPOCH};

use bytes::Bytes;
use str0m::Rtc;
use str0m::bwe::Bitrate;
use str0m::format::Codec as RtcCodec;
use str0m::media::KeyframeRequestKind;
use str0m::rtp::{RtpPacket as RtcPacket, Ssrc};

use super::orphans::Orphans;
use super::{MediaKind, RemoteTrack};
use crate::{Codec, Format, RtpPacket, TrackReceiver};

/// The tracks being received.
#[derive(Debug, Default)]
pub(super) struct Receivers {
    by_ssrc: HashMap<u32, Receiver>,
    orphans: Orphans<RtcPacket>,
}

#[derive(Debug)]
struct Receiver {
    track: RemoteTrack,
    receiver: TrackReceiver,
    /// The RTP time of the sender report passed on last.
    reported: Option<u32>,
}

impl Receivers {
    /// A description names a new track; packets that came before it are taken in.
    pub(super) fn add(&mut self, rtc: &Rtc, track: RemoteTrack, now: Instant) {
        let ssrc = track.ssrc();
        let receiver = TrackReceiver::new(&formats(rtc, track.kind()));
        let mut entry = Receiver { track, receiver, reported: None };
        for (at, packet) in self.orphans.take(now, ssrc) {
            entry.push(at, packet);
        }
        if let Some(former) = self.by_ssrc.insert(ssrc, entry) {
            former.track.end();
        }
    }

    /// The track is gone from its section.
    pub(super) fn remove(&mut self, track: &RemoteTrack) {
        track.end();
        let ssrc = track.ssrc();
        if self.by_ssrc.get(&ssrc).is_some_and(|r| r.track.unique_id() == track.unique_id()) {
            self.by_ssrc.remove(&ssrc);
        }
    }

    /// A packet came in.
    pub(super) fn push(&mut self, now: Instant, packet: RtcPacket) {
        let ssrc = *packet.header.ssrc;
        match self.by_ssrc.get_mut(&ssrc) {
            Some(receiver) => receiver.push(now, packet),
            None => self.orphans.push(now, ssrc, packet),
        }
    }

    /// Time has passed, or a reader wished for something.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        for receiver in self.by_ssrc.values_mut() {
            if let Some(trailer) = receiver.track.take_sif_trailer() {
                receiver.receiver.set_sif_trailer(trailer);
            }
            if receiver.track.take_keyframe_wish() {
                receiver.receiver.want_keyframe();
            }
            if receiver.receiver.poll_timeout().is_some_and(|at| at <= now) {
                receiver.receiver.handle_timeout(now);
                receiver.drain();
            }
        }
    }

    /// When time matters next.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.by_ssrc.values().filter_map(|receiver| receiver.receiver.poll_timeout()).min()
    }

    /// Asks for one due key frame; true when `Rtc` was touched and must be drained.
    pub(super) fn request_keyframe(&mut self, rtc: &mut Rtc, now: Instant) -> bool {
        for (ssrc, receiver) in &mut self.by_ssrc {
            if receiver.track.kind() != MediaKind::Video {
                continue;
            }
            if !receiver.receiver.take_keyframe_request(now) {
                continue;
            }
            // By SSRC: a mid that was used before has two streams.
            if let Some(stream) = rtc.direct_api().stream_rx(&Ssrc::from(*ssrc)) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
                receiver.track.count_keyframe_request();
                return true;
            }
        }
        false
    }

    /// Says how many bits a second the network carries to us, all tracks together (REMB); false when no
    /// track is there to say it for.
    pub(super) fn tell_bandwidth(&self, rtc: &mut Rtc, bits: u64) -> bool {
        // The SFU follows what is said for one stream; it had better be the same each time.
        let pictures = self.by_ssrc.values().filter(|r| r.track.kind() == MediaKind::Video);
        let Some(ssrc) = pictures.map(|r| r.track.ssrc()).min() else { return false };
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_rx(&Ssrc::from(ssrc)) else { return false };
        stream.request_remb(Bitrate::from(bits));
        true
    }

    /// Somebody reads one of the tracks.
    pub(super) fn any_read(&self) -> bool {
        self.by_ssrc.values().any(|receiver| receiver.track.is_read())
    }

    /// The transport is gone.
    pub(super) fn end_all(&mut self) {
        for (_, receiver) in self.by_ssrc.drain() {
            receiver.track.end();
        }
    }
}

impl Receiver {
    fn push(&mut self, now: Instant, packet: RtcPacket) {
        if let Some(info) = packet.last_sender_info {
            let rtp_time = wire_time(info.rtp_time.numer());
            if self.reported != Some(rtp_time) {
                self.reported = Some(rtp_time);
                let since_epoch = info.ntp_time.duration_since(UNIX_EPOCH).unwrap_or_default();
                let ntp_ns = i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX);
                self.receiver.push_sender_report(ntp_ns, rtp_time);
            }
        }
        if !packet.payload.is_empty() {
            self.track.count_packet(packet.payload.len());
        }
        let packet = RtpPacket {
            seq: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload_type: *packet.header.payload_type,
            payload: Bytes::from_owner(packet.payload),
        };
        self.receiver.push(now, packet);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(frame) = self.receiver.poll_frame() {
            self.track.push(frame);
        }
    }
}

/// str0m extends report times in its own way; the wire's 32 bits are what the receiver takes.
fn wire_time(extended: u64) -> u32 {
    (extended & u64::from(u32::MAX)) as u32
}

/// The negotiated formats of a kind of media.
fn formats(rtc: &Rtc, kind: MediaKind) -> Vec<Format> {
    let mut formats = Vec::new();
    for params in rtc.codec_config().params() {
        let spec = params.spec();
        let Some(codec) = codec(spec.codec) else { continue };
        if codec.is_audio() != (kind == MediaKind::Audio) {
            continue;
        }
        let clock_rate = spec.clock_rate.get();
        formats.push(Format { payload_type: *params.pt(), codec, clock_rate });
        if let Some(red) = params.red().filter(|_| codec == Codec::Opus) {
            formats.push(Format { payload_type: *red, codec: Codec::Red, clock_rate });
        }
    }
    formats
}

fn codec(codec: RtcCodec) -> Option<Codec> {
    Some(match codec {
        RtcCodec::Opus => Codec::Opus,
        RtcCodec::PCMU => Codec::Pcmu,
        RtcCodec::PCMA => Codec::Pcma,
        RtcCodec::H264 => Codec::H264,
        RtcCodec::H265 => Codec::H265,
        RtcCodec::Vp8 => Codec::Vp8,
        RtcCodec::Vp9 => Codec::Vp9,
        RtcCodec::Av1 => Codec::Av1,
        _ => return None,
    })
}
