//! What can go wrong between a caller and the driver.

/// Why the engine refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The peer connection was closed, or its driver has ended.
    #[error("the peer connection is closed")]
    Closed,
    /// More requests are waiting than the driver's queue holds.
    #[error("the peer connection is busy")]
    Busy,
    /// The call doesn't fit the signalling state.
    #[error("not possible in this signalling state: {0}")]
    State(&'static str),
    /// A description or candidate that can't be used.
    #[error("unusable SDP: {0}")]
    Sdp(String),
    /// No socket could be bound.
    #[error("no UDP socket could be bound")]
    NoSocket,
    /// The transport failed beyond repair.
    #[error("transport: {0}")]
    Transport(String),
}
