//! What the driver shows to callers. Locks are held for a read or a write, never while calling out.

use parking_lot::Mutex;

use super::{ConnectionState, Section, SignalingState};

/// A peer connection's visible state.
#[derive(Debug)]
pub(super) struct Shared {
    pub state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub connection: ConnectionState,
    pub signaling: SignalingState,
    pub sections: Vec<Section>,
    /// Text, and whether it is an offer.
    pub local: Option<(bool, String)>,
    pub remote: Option<(bool, String)>,
    /// The owner closed it; the driver ends, at once or after its readers.
    pub closed: bool,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                connection: ConnectionState::New,
                signaling: SignalingState::Stable,
                sections: Vec::new(),
                local: None,
                remote: None,
                closed: false,
            }),
        }
    }
}
