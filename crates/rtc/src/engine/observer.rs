//! What a peer connection tells its owner. Calls come from the driver and must return at once.

use super::{DataChannel, Section};

/// The state of ICE and DTLS together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Nothing has been tried.
    New,
    /// Checks are running; never connected so far.
    Connecting,
    /// Media and data flow.
    Connected,
    /// The path is lost, perhaps only for a moment.
    Disconnected,
    /// The path has been lost for long; only an ICE restart may bring it back.
    Failed,
    /// Closed by this side.
    Closed,
}

/// Where the offer/answer exchange stands (RFC 8829, 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalingState {
    /// No exchange is under way.
    Stable,
    /// Our offer waits for its answer.
    HaveLocalOffer,
    /// The remote's offer waits for our answer.
    HaveRemoteOffer,
    /// Closed.
    Closed,
}

/// Receives a peer connection's events, in order, on the driver's task.
pub trait Observer: Send + Sync + 'static {
    /// The connection state changed.
    fn connection_state(&self, state: ConnectionState);
    /// The signalling state changed.
    fn signaling_state(&self, state: SignalingState);
    /// A media section began to carry a new remote track.
    fn track(&self, section: Section);
    /// The remote opened a data channel; set its observer before returning, so that nothing is lost.
    fn data_channel(&self, channel: DataChannel);
}
