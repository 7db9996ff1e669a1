//! Senders, which this side doesn't have.

use crate::error::RtcError;
use crate::media_stream_track::MediaStreamTrack;
use crate::rtp_parameters::RtpParameters;
use crate::stats::RtcStats;

/// Where pictures would be encoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum VideoEncoderBackend {
    /// Left to the implementation.
    #[default]
    Auto,
    /// In software.
    Software,
    /// On any hardware.
    Hardware,
    /// On an NVIDIA card.
    Nvenc,
    /// By VA-API.
    Vaapi,
    /// By Apple's VideoToolbox.
    VideoToolbox,
    /// Encoded already.
    PreEncoded,
}

impl VideoEncoderBackend {
    /// There are none.
    pub fn list_available() -> impl IntoIterator<Item = Self> {
        []
    }
}

/// Sends nothing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RtpSender {}

impl RtpSender {
    /// There is none.
    pub fn track(&self) -> Option<MediaStreamTrack> {
        None
    }

    /// Nothing to tell.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::unused_async, reason = "livekit awaits it")]
    pub async fn get_stats(&self) -> Result<Vec<RtcStats>, RtcError> {
        Ok(Vec::new())
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always: this side only receives.
    pub fn set_track(&self, _track: Option<MediaStreamTrack>) -> Result<(), RtcError> {
        Err(RtcError::receive_only())
    }

    /// Empty.
    pub fn parameters(&self) -> RtpParameters {
        RtpParameters::default()
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always: this side only receives.
    pub fn set_parameters(&self, _parameters: RtpParameters) -> Result<(), RtcError> {
        Err(RtcError::receive_only())
    }

    /// Without effect.
    pub fn set_video_encoder_backend(&self, _backend: VideoEncoderBackend) {}
}
