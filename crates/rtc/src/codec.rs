//! Codecs that LiveKit carries.

/// A codec as negotiated in SDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// VP8 (RFC 7741).
    Vp8,
    /// VP9 (RFC 9628).
    Vp9,
    /// H.264, packetization mode 0 or 1 (RFC 6184).
    H264,
    /// H.265 (RFC 7798).
    H265,
    /// AV1 (AOM RTP specification).
    Av1,
    /// Opus (RFC 7587).
    Opus,
    /// Redundant audio around Opus (RFC 2198).
    Red,
    /// G.711 µ-law (RFC 3551).
    Pcmu,
    /// G.711 A-law (RFC 3551).
    Pcma,
}

impl Codec {
    /// Whether this is a sound codec.
    pub fn is_audio(self) -> bool {
        matches!(self, Self::Opus | Self::Red | Self::Pcmu | Self::Pcma)
    }
}
