//! RTP packets as the transport hands them over: decrypted (SRTP), de-duplicated only by luck, in
//! the order of arrival.

use bytes::Bytes;

use crate::Codec;

/// One received RTP packet of a track, or a retransmission of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtpPacket {
    /// Sequence number, extended to 64 bits (RFC 3550, appendix A.1).
    pub seq: u64,
    /// RTP time stamp as on the wire.
    pub timestamp: u32,
    /// The marker bit: for video the last packet of a picture.
    pub marker: bool,
    /// Payload type as on the wire.
    pub payload_type: u8,
    /// Payload without RTP padding; empty for a padding-only packet.
    pub payload: Bytes,
}

/// What a payload type of a track means, as negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// The payload type.
    pub payload_type: u8,
    /// Its codec.
    pub codec: Codec,
    /// Ticks of the RTP time stamp per second.
    pub clock_rate: u32,
}
