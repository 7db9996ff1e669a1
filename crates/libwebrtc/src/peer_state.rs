//! The states of a peer connection, by the names that `livekit` knows.

use livetape_rtc::engine::{self, ConnectionState};

/// ICE and DTLS together.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum PeerConnectionState {
    /// Nothing tried.
    New,
    /// Trying for the first time.
    Connecting,
    /// Connected.
    Connected,
    /// Lost for now.
    Disconnected,
    /// Lost.
    Failed,
    /// Closed.
    Closed,
}

impl From<ConnectionState> for PeerConnectionState {
    fn from(state: ConnectionState) -> Self {
        match state {
            ConnectionState::New => Self::New,
            ConnectionState::Connecting => Self::Connecting,
            ConnectionState::Connected => Self::Connected,
            ConnectionState::Disconnected => Self::Disconnected,
            ConnectionState::Failed => Self::Failed,
            ConnectionState::Closed => Self::Closed,
        }
    }
}

/// ICE alone.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum IceConnectionState {
    /// Nothing tried.
    New,
    /// Trying.
    Checking,
    /// A path is in use.
    Connected,
    /// All paths are checked.
    Completed,
    /// Lost.
    Failed,
    /// Lost for now.
    Disconnected,
    /// Closed.
    Closed,
    /// Not a state.
    Max,
}

/// Whether local candidates are known. They always are: sockets are bound first.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum IceGatheringState {
    /// Not begun.
    New,
    /// Under way.
    Gathering,
    /// Done.
    Complete,
}

/// Where the exchange of descriptions stands.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum SignalingState {
    /// None under way.
    Stable,
    /// Our offer waits.
    HaveLocalOffer,
    /// Not used.
    HaveLocalPrAnswer,
    /// The remote's offer waits.
    HaveRemoteOffer,
    /// Not used.
    HaveRemotePrAnswer,
    /// Closed.
    Closed,
}

impl From<engine::SignalingState> for SignalingState {
    fn from(state: engine::SignalingState) -> Self {
        match state {
            engine::SignalingState::Stable => Self::Stable,
            engine::SignalingState::HaveLocalOffer => Self::HaveLocalOffer,
            engine::SignalingState::HaveRemoteOffer => Self::HaveRemoteOffer,
            engine::SignalingState::Closed => Self::Closed,
        }
    }
}
