//! A data channel as callers see it.
//!
//! What is sent waits here, at most [`MAX_WAITING`] bytes, until SCTP takes it; more is refused.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::EngineError;

/// The most bytes that may wait for SCTP.
const MAX_WAITING: usize = 8 << 20;

/// How a channel is set up (RFC 8832).
#[derive(Debug, Clone, Default)]
pub struct ChannelConfig {
    /// Its name.
    pub label: String,
    /// Messages may overtake one another.
    pub unordered: bool,
    /// How often a message may be sent again; `None` for a limit by time, or none.
    pub max_retransmits: Option<u16>,
    /// How long a message may be sent again, in milliseconds.
    pub max_lifetime_ms: Option<u16>,
    /// The sub-protocol.
    pub protocol: String,
    /// Agreed upon out of band, under this stream id.
    pub negotiated: Option<u16>,
}

/// The life of a channel; forward only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChannelState {
    /// Waiting for SCTP or for the other side.
    Connecting,
    /// Open.
    Open,
    /// Asked to close.
    Closing,
    /// Closed.
    Closed,
}

/// Hears what happens on a channel, on the driver's task; must return at once.
pub trait ChannelObserver: Send + Sync + 'static {
    /// The state changed.
    fn state(&self, state: ChannelState);
    /// A message came in.
    fn message(&self, data: &[u8], binary: bool);
    /// SCTP took this many bytes of what was sent.
    fn taken(&self, bytes: u64);
}

/// A data channel. Cheap to clone; all clones are one channel.
#[derive(Clone)]
pub struct DataChannel {
    shared: Arc<ChannelShared>,
}

struct ChannelShared {
    config: ChannelConfig,
    state: Mutex<State>,
    observer: Mutex<Option<Arc<dyn ChannelObserver>>>,
    driver: Arc<Notify>,
}

struct State {
    state: ChannelState,
    stream_id: Option<u16>,
    waiting: VecDeque<(Bytes, bool)>,
    waiting_bytes: usize,
}

impl DataChannel {
    pub(super) fn new(config: ChannelConfig, state: ChannelState, driver: Arc<Notify>) -> Self {
        let state = State { state, stream_id: config.negotiated, waiting: VecDeque::new(), waiting_bytes: 0 };
        let shared = ChannelShared { config, state: Mutex::new(state), observer: Mutex::default(), driver };
        Self { shared: Arc::new(shared) }
    }

    /// Its name.
    pub fn label(&self) -> &str {
        &self.shared.config.label
    }

    /// Its SCTP stream, once known.
    pub fn stream_id(&self) -> Option<u16> {
        self.shared.state.lock().stream_id
    }

    /// Its state.
    pub fn state(&self) -> ChannelState {
        self.shared.state.lock().state
    }

    /// Bytes that SCTP hasn't taken yet.
    pub fn waiting(&self) -> usize {
        self.shared.state.lock().waiting_bytes
    }

    /// Who hears what happens on it.
    pub fn set_observer(&self, observer: Arc<dyn ChannelObserver>) {
        *self.shared.observer.lock() = Some(observer);
    }

    /// Sends a message.
    ///
    /// # Errors
    /// `Closed` unless the channel is open; `Busy` when too much is waiting.
    pub fn send(&self, data: &[u8], binary: bool) -> Result<(), EngineError> {
        let mut state = self.shared.state.lock();
        if state.state != ChannelState::Open {
            return Err(EngineError::Closed);
        }
        let waiting = state.waiting_bytes.saturating_add(data.len());
        if waiting > MAX_WAITING {
            return Err(EngineError::Busy);
        }
        state.waiting_bytes = waiting;
        state.waiting.push_back((Bytes::copy_from_slice(data), binary));
        drop(state);
        self.shared.driver.notify_one();
        Ok(())
    }

    /// Asks for the channel to be closed.
    pub fn close(&self) {
        let mut state = self.shared.state.lock();
        if state.state < ChannelState::Closing {
            state.state = ChannelState::Closing;
        }
        drop(state);
        self.shared.driver.notify_one();
    }

    pub(super) fn config(&self) -> &ChannelConfig {
        &self.shared.config
    }

    /// The message to hand to SCTP next.
    pub(super) fn front(&self) -> Option<(Bytes, bool)> {
        self.shared.state.lock().waiting.front().cloned()
    }

    /// SCTP took the front message.
    pub(super) fn on_taken(&self) {
        let mut state = self.shared.state.lock();
        let Some((data, _)) = state.waiting.pop_front() else { return };
        state.waiting_bytes = state.waiting_bytes.saturating_sub(data.len());
        drop(state);
        self.notify(|observer| observer.taken(data.len() as u64));
    }

    pub(super) fn on_message(&self, data: &[u8], binary: bool) {
        self.notify(|observer| observer.message(data, binary));
    }

    pub(super) fn on_stream_id(&self, id: Option<u16>) {
        self.shared.state.lock().stream_id = id;
    }

    /// Moves the state forward and tells of it.
    pub(super) fn on_state(&self, to: ChannelState) {
        let mut state = self.shared.state.lock();
        if state.state >= to {
            return;
        }
        state.state = to;
        if to == ChannelState::Closed {
            state.waiting.clear();
            state.waiting_bytes = 0;
        }
        drop(state);
        self.notify(|observer| observer.state(to));
    }

    fn notify(&self, tell: impl FnOnce(&dyn ChannelObserver)) {
        let observer = self.shared.observer.lock().clone();
        if let Some(observer) = observer {
            tell(&*observer);
        }
    }
}

impl fmt::Debug for DataChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataChannel")
            .field("label", &self.label())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
