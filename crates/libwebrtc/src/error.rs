//! The one error of this crate's surface.

use livetape_rtc::engine::EngineError;

/// The kind of an [`RtcError`].
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum RtcErrorType {
    /// Not the caller's doing.
    Internal,
    /// A description that can't be used.
    InvalidSdp,
    /// Not now, or not here.
    InvalidState,
}

/// Why a call was refused.
#[derive(Debug, thiserror::Error)]
#[error("{error_type:?}: {message}")]
pub struct RtcError {
    /// The kind.
    pub error_type: RtcErrorType,
    /// In words.
    pub message: String,
}

impl RtcError {
    /// What only a publisher needs.
    pub(crate) fn receive_only() -> Self {
        Self { error_type: RtcErrorType::InvalidState, message: "this side only receives".into() }
    }
}

impl From<EngineError> for RtcError {
    fn from(error: EngineError) -> Self {
        let error_type = match error {
            EngineError::Sdp(_) => RtcErrorType::InvalidSdp,
            EngineError::Closed | EngineError::State(_) => RtcErrorType::InvalidState,
            EngineError::Busy | EngineError::NoSocket | EngineError::Transport(_) => RtcErrorType::Internal,
        };
        Self { error_type, message: error.to_string() }
    }
}
