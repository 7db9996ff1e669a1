//! Requests to the driver that need an answer or an order. The queue holds [`CAPACITY`]; a caller
//! that may wait waits, any other gets [`EngineError::Busy`].

use tokio::sync::oneshot;

use super::{DataChannel, EngineError, MediaKind, RelayServer};

/// How many requests may wait for the driver.
pub(super) const CAPACITY: usize = 128;

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, EngineError>>;

/// A request to the driver.
#[derive(Debug)]
pub(super) enum Command {
    /// One more section to receive on, from the next offer on.
    AddReceiver(MediaKind),
    /// Make an offer; the session changes only with its answer.
    CreateOffer { ice_restart: bool, reply: Reply<String> },
    /// Hand out the answer to the last remote offer.
    CreateAnswer { reply: Reply<String> },
    /// The local offer or answer is in force, with this text.
    SetLocal { offer: bool, sdp: String, reply: Reply<()> },
    /// A remote offer or answer.
    SetRemote { offer: bool, sdp: String, reply: Reply<()> },
    /// Drop the pending local offer.
    Rollback { reply: Reply<()> },
    /// One remote ICE candidate, as an SDP attribute value.
    AddCandidate { candidate: String, reply: Reply<()> },
    /// Open a data channel.
    OpenChannel(DataChannel),
    /// TURN servers that may be asked for a path.
    SetRelayServers(Vec<RelayServer>),
}
