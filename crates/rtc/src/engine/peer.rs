//! The handle of a peer connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};

use super::command::{CAPACITY, Command, Reply};
use super::driver::Driver;
use super::shared::Shared;
use super::{
    ChannelConfig, ChannelState, ConnectionState, DataChannel, EngineError, MediaKind, Observer, RelayServer,
    Section, SignalingState,
};

/// What a peer connection is told once.
#[derive(Debug, Clone, Default)]
pub struct PeerConfig {
    /// How long a closed connection goes on receiving for readers that still read. A rejoin under
    /// the same identity then loses nothing until the SFU switches over; zero ends at once.
    pub linger: Duration,
}

/// A peer connection. Cheap to clone; it ends when closed or when the last clone is dropped.
#[derive(Clone)]
pub struct PeerConnection {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    driver: Arc<Notify>,
}

impl PeerConnection {
    /// Binds sockets and starts the driver on the current tokio runtime.
    ///
    /// # Errors
    /// `NoSocket` when the machine has no usable address.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(config: PeerConfig, observer: Arc<dyn Observer>) -> Result<Self, EngineError> {
        let (commands, inbox) = mpsc::channel(CAPACITY);
        let shared = Arc::new(Shared::new());
        let driver = Arc::new(Notify::new());
        let task = Driver::new(config, observer, inbox, shared.clone(), driver.clone())?;
        tokio::spawn(task.run());
        Ok(Self { commands, shared, driver })
    }

    /// One more section to receive on, from the next offer on.
    ///
    /// # Errors
    /// `Closed`, `Busy`.
    pub fn add_receiver(&self, kind: MediaKind) -> Result<(), EngineError> {
        self.post(Command::AddReceiver(kind))
    }

    /// An offer of all that was asked for.
    ///
    /// # Errors
    /// `Closed`; `State` when there is nothing to offer.
    pub async fn create_offer(&self, ice_restart: bool) -> Result<String, EngineError> {
        self.ask(|reply| Command::CreateOffer { ice_restart, reply }).await
    }

    /// The answer to the remote's offer.
    ///
    /// # Errors
    /// `Closed`; `State` when there is no offer.
    pub async fn create_answer(&self) -> Result<String, EngineError> {
        self.ask(|reply| Command::CreateAnswer { reply }).await
    }

    /// Puts a local offer or answer in force; `sdp` is what the other side gets to see.
    ///
    /// # Errors
    /// `Closed`; `State` when none is due.
    pub async fn set_local_description(&self, offer: bool, sdp: String) -> Result<(), EngineError> {
        self.ask(|reply| Command::SetLocal { offer, sdp, reply }).await
    }

    /// Takes a remote offer or answer. An answer equal to the last remote description takes the
    /// pending offer back.
    ///
    /// # Errors
    /// `Closed`; `State` when none is due; `Sdp` when it can't be used.
    pub async fn set_remote_description(&self, offer: bool, sdp: String) -> Result<(), EngineError> {
        let repeated = !offer && self.remote_description().is_some_and(|(_, last)| last == sdp);
        if repeated {
            return self.ask(|reply| Command::Rollback { reply }).await;
        }
        self.ask(|reply| Command::SetRemote { offer, sdp, reply }).await
    }

    /// Takes a remote candidate (`candidate:…`); those of no use here are ignored.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn add_ice_candidate(&self, candidate: String) -> Result<(), EngineError> {
        self.ask(|reply| Command::AddCandidate { candidate, reply }).await
    }

    /// A data channel, opened as soon as there is a transport.
    ///
    /// # Errors
    /// `Closed`, `Busy`.
    pub fn create_data_channel(&self, config: ChannelConfig) -> Result<DataChannel, EngineError> {
        let channel = DataChannel::new(config, ChannelState::Connecting, self.driver.clone());
        self.post(Command::OpenChannel(channel.clone()))?;
        Ok(channel)
    }

    /// TURN servers that are asked for a path when none is found without them, in place of those before.
    ///
    /// # Errors
    /// `Closed`, `Busy`.
    pub fn set_relay_servers(&self, servers: Vec<RelayServer>) -> Result<(), EngineError> {
        self.post(Command::SetRelayServers(servers))
    }

    /// The connection state.
    pub fn connection_state(&self) -> ConnectionState {
        self.shared.state.lock().connection
    }

    /// The signalling state.
    pub fn signaling_state(&self) -> SignalingState {
        self.shared.state.lock().signaling
    }

    /// The media sections, those not negotiated yet included.
    pub fn sections(&self) -> Vec<Section> {
        self.shared.state.lock().sections.clone()
    }

    /// The local description in force, and whether it is an offer.
    pub fn local_description(&self) -> Option<(bool, String)> {
        self.shared.state.lock().local.clone()
    }

    /// The remote description in force, and whether it is an offer.
    pub fn remote_description(&self) -> Option<(bool, String)> {
        self.shared.state.lock().remote.clone()
    }

    /// Closes: seen as closed at once, its driver ends by itself (see [`PeerConfig::linger`]).
    pub fn close(&self) {
        let mut state = self.shared.state.lock();
        state.closed = true;
        state.connection = ConnectionState::Closed;
        state.signaling = SignalingState::Closed;
        drop(state);
        self.driver.notify_one();
    }

    fn is_closed(&self) -> bool {
        self.shared.state.lock().closed
    }

    fn post(&self, command: Command) -> Result<(), EngineError> {
        if self.is_closed() {
            return Err(EngineError::Closed);
        }
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => EngineError::Busy,
            mpsc::error::TrySendError::Closed(_) => EngineError::Closed,
        })
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, EngineError> {
        if self.is_closed() {
            return Err(EngineError::Closed);
        }
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| EngineError::Closed)?;
        answer.await.map_err(|_| EngineError::Closed)?
    }
}

impl std::fmt::Debug for PeerConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PeerConnection")
            .field("connection", &self.connection_state())
            .field("signaling", &self.signaling_state())
            .finish_non_exhaustive()
    }
}
