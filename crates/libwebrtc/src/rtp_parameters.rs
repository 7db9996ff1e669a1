//! Parameters of senders. They stand in signatures; nothing is sent.

use crate::rtp_transceiver::RtpTransceiverDirection;

/// How much a stream or channel matters against others.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum Priority {
    /// Least.
    VeryLow,
    /// Less.
    Low,
    /// Usual.
    Medium,
    /// Most.
    High,
}

/// What an encoder gives up first.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Default)]
pub enum DegradationPreference {
    /// Neither; frames are dropped before the encoder.
    MaintainFramerateAndResolution,
    /// The size.
    MaintainFramerate,
    /// The frame rate.
    MaintainResolution,
    /// Some of both.
    #[default]
    Balanced,
}

/// A header extension in use.
#[derive(Debug, Clone)]
pub struct RtpHeaderExtensionParameters {
    /// Its name.
    pub uri: String,
    /// Its number.
    pub id: i32,
    /// Encrypted (RFC 6904).
    pub encrypted: bool,
}

/// A codec in use.
#[derive(Debug, Clone, Default)]
pub struct RtpCodecParameters {
    /// Payload type.
    pub payload_type: u8,
    /// Media type.
    pub mime_type: String,
    /// Ticks per second.
    pub clock_rate: Option<u64>,
    /// Channels of sound.
    pub channels: Option<u16>,
}

/// RTCP in use.
#[derive(Debug, Clone, Default)]
pub struct RtcpParameters {
    /// Canonical name.
    pub cname: String,
    /// Reduced-size RTCP (RFC 5506).
    pub reduced_size: bool,
}

/// What a sender does.
#[derive(Debug, Clone, Default)]
pub struct RtpParameters {
    /// Codecs.
    pub codecs: Vec<RtpCodecParameters>,
    /// Header extensions.
    pub header_extensions: Vec<RtpHeaderExtensionParameters>,
    /// Encodings.
    pub encodings: Vec<RtpEncodingParameters>,
    /// RTCP.
    pub rtcp: RtcpParameters,
    preference: Option<DegradationPreference>,
}

impl RtpParameters {
    /// What is given up first.
    pub fn set_degradation_preference(&mut self, preference: DegradationPreference) {
        self.preference = Some(preference);
    }

    /// What is given up first, if set.
    pub fn degradation_preference(&self) -> Option<DegradationPreference> {
        self.preference
    }
}

/// One encoding of a track to send.
#[derive(Debug, Clone)]
pub struct RtpEncodingParameters {
    /// In use.
    pub active: bool,
    /// Bits per second.
    pub max_bitrate: Option<u64>,
    /// Frames per second.
    pub max_framerate: Option<f64>,
    /// Against others.
    pub priority: Priority,
    /// Its name.
    pub rid: String,
    /// Divides width and height.
    pub scale_resolution_down_by: Option<f64>,
    /// Layers, such as `L3T3_KEY`.
    pub scalability_mode: Option<String>,
    /// `ssrc` counts.
    pub has_ssrc: bool,
    /// Synchronisation source.
    pub ssrc: u32,
}

impl Default for RtpEncodingParameters {
    fn default() -> Self {
        Self {
            active: true,
            max_bitrate: None,
            max_framerate: None,
            priority: Priority::Low,
            rid: String::new(),
            scale_resolution_down_by: None,
            scalability_mode: None,
            has_ssrc: false,
            ssrc: 0,
        }
    }
}

/// A codec that could be used.
#[derive(Debug, Clone)]
pub struct RtpCodecCapability {
    /// Channels of sound.
    pub channels: Option<u16>,
    /// Ticks per second.
    pub clock_rate: Option<u64>,
    /// Media type.
    pub mime_type: String,
    /// Format parameters.
    pub sdp_fmtp_line: Option<String>,
}

/// A header extension that could be used.
#[derive(Debug, Clone)]
pub struct RtpHeaderExtensionCapability {
    /// Its name.
    pub uri: String,
    /// Which way.
    pub direction: RtpTransceiverDirection,
}

/// What could be used.
#[derive(Debug, Clone, Default)]
pub struct RtpCapabilities {
    /// Codecs.
    pub codecs: Vec<RtpCodecCapability>,
    /// Header extensions.
    pub header_extensions: Vec<RtpHeaderExtensionCapability>,
}
