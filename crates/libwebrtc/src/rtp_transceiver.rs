//! A media section as it was when looked at: its receiver stays the one it had then, for mids are
//! used again for other tracks.

use crate::error::RtcError;
use crate::rtp_parameters::{RtpCodecCapability, RtpEncodingParameters};
use crate::rtp_receiver::RtpReceiver;
use crate::rtp_sender::RtpSender;

/// How a section is to be set up.
#[derive(Debug, Clone)]
pub struct RtpTransceiverInit {
    /// Only `RecvOnly` is possible.
    pub direction: RtpTransceiverDirection,
    /// For senders.
    pub stream_ids: Vec<String>,
    /// For senders.
    pub send_encodings: Vec<RtpEncodingParameters>,
}

/// Which way media goes.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum RtpTransceiverDirection {
    /// Both ways.
    SendRecv,
    /// From here.
    SendOnly,
    /// To here.
    RecvOnly,
    /// None for now.
    Inactive,
    /// None for ever.
    Stopped,
}

/// A media section.
#[derive(Clone, Debug)]
pub struct RtpTransceiver {
    mid: Option<String>,
    receiving: bool,
    receiver: RtpReceiver,
}

impl RtpTransceiver {
    pub(crate) fn new(mid: Option<String>, receiving: bool, receiver: RtpReceiver) -> Self {
        Self { mid, receiving, receiver }
    }

    /// The section's name, once negotiated.
    pub fn mid(&self) -> Option<String> {
        self.mid.clone()
    }

    /// What was negotiated.
    pub fn current_direction(&self) -> Option<RtpTransceiverDirection> {
        self.mid.as_ref().map(|_| match self.receiving {
            true => RtpTransceiverDirection::RecvOnly,
            false => RtpTransceiverDirection::Inactive,
        })
    }

    /// What is wanted.
    pub fn direction(&self) -> RtpTransceiverDirection {
        RtpTransceiverDirection::RecvOnly
    }

    /// A sender that sends nothing.
    pub fn sender(&self) -> RtpSender {
        RtpSender::default()
    }

    /// The receiver.
    pub fn receiver(&self) -> RtpReceiver {
        self.receiver.clone()
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always: this side only receives.
    pub fn set_codec_preferences(&self, _codecs: Vec<RtpCodecCapability>) -> Result<(), RtcError> {
        Err(RtcError::receive_only())
    }

    /// Refuses: sections are kept for the next track.
    ///
    /// # Errors
    /// Always.
    pub fn stop(&self) -> Result<(), RtcError> {
        Err(RtcError::receive_only())
    }
}
