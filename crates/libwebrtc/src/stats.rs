//! Statistics, named as in the W3C's webrtc-stats; only what the engine knows without effort.

use livetape_rtc::engine::{MediaKind, RemoteTrack};

/// One report.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RtcStats {
    /// A received stream.
    InboundRtp(InboundRtpStats),
}

/// A received stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboundRtpStats {
    /// Synchronisation source.
    pub ssrc: u32,
    /// `audio` or `video`.
    pub kind: String,
    /// The section that carries it.
    pub mid: String,
    /// The track's name.
    pub track_identifier: String,
    /// Packets, repaired ones included.
    pub packets_received: u64,
    /// Bytes of payload.
    pub bytes_received: u64,
    /// Whole frames.
    pub frames_received: u64,
    /// Frames dropped for want of a reader.
    pub frames_dropped: u64,
    /// Key frames asked for.
    pub pli_count: u64,
}

impl RtcStats {
    pub(crate) fn of(track: &RemoteTrack) -> Self {
        let stats = track.stats();
        Self::InboundRtp(InboundRtpStats {
            ssrc: track.ssrc(),
            kind: match track.kind() {
                MediaKind::Audio => "audio".into(),
                MediaKind::Video => "video".into(),
            },
            mid: track.mid().to_owned(),
            track_identifier: track.id().to_owned(),
            packets_received: stats.packets,
            bytes_received: stats.bytes,
            frames_received: stats.frames,
            frames_dropped: stats.dropped,
            pli_count: stats.keyframe_requests,
        })
    }
}
