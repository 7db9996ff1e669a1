//! Data channels.

use std::fmt;
use std::str::Utf8Error;
use std::sync::Arc;

use livetape_rtc::engine::{self, ChannelObserver, ChannelState};
use parking_lot::Mutex;
use serde::Deserialize;

use crate::rtp_parameters::Priority;

/// How a channel is set up.
#[derive(Clone, Debug)]
pub struct DataChannelInit {
    /// Messages come in order.
    pub ordered: bool,
    /// Milliseconds in which a message may be sent again.
    pub max_retransmit_time: Option<i32>,
    /// How often a message may be sent again.
    pub max_retransmits: Option<i32>,
    /// Sub-protocol.
    pub protocol: String,
    /// Agreed upon out of band.
    pub negotiated: bool,
    /// The stream agreed upon; -1 for none.
    pub id: i32,
    /// Against others; not used.
    pub priority: Option<Priority>,
}

impl Default for DataChannelInit {
    fn default() -> Self {
        Self {
            ordered: true,
            max_retransmit_time: None,
            max_retransmits: None,
            protocol: String::new(),
            negotiated: false,
            id: -1,
            priority: None,
        }
    }
}

impl DataChannelInit {
    pub(crate) fn config(self, label: &str) -> engine::ChannelConfig {
        let count = |value: Option<i32>| value.and_then(|v| u16::try_from(v).ok());
        engine::ChannelConfig {
            label: label.to_owned(),
            unordered: !self.ordered,
            max_retransmits: count(self.max_retransmits),
            max_lifetime_ms: count(self.max_retransmit_time),
            protocol: self.protocol,
            negotiated: self.negotiated.then(|| u16::try_from(self.id).ok()).flatten(),
        }
    }
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum DataChannelError {
    /// The channel isn't open, or too much is waiting.
    #[error("the data channel is not open, or too much is waiting in it")]
    Send,
    /// Text must be UTF-8.
    #[error("text messages must be UTF-8")]
    Utf8(#[from] Utf8Error),
}

/// The life of a channel.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataChannelState {
    /// Not yet.
    Connecting,
    /// Open.
    Open,
    /// Asked to close.
    Closing,
    /// Closed.
    Closed,
}

impl From<ChannelState> for DataChannelState {
    fn from(state: ChannelState) -> Self {
        match state {
            ChannelState::Connecting => Self::Connecting,
            ChannelState::Open => Self::Open,
            ChannelState::Closing => Self::Closing,
            ChannelState::Closed => Self::Closed,
        }
    }
}

/// A message.
#[derive(Debug)]
pub struct DataBuffer<'a> {
    /// Its bytes.
    pub data: &'a [u8],
    /// Not text.
    pub binary: bool,
}

/// Hears of state changes.
pub type OnStateChange = Box<dyn FnMut(DataChannelState) + Send + Sync>;
/// Hears messages.
pub type OnMessage = Box<dyn FnMut(DataBuffer) + Send + Sync>;
/// Hears how many bytes left the queue.
pub type OnBufferedAmountChange = Box<dyn FnMut(u64) + Send + Sync>;

#[derive(Default)]
struct Handlers {
    state: Mutex<Option<OnStateChange>>,
    message: Mutex<Option<OnMessage>>,
    buffered: Mutex<Option<OnBufferedAmountChange>>,
}

impl ChannelObserver for Handlers {
    fn state(&self, state: ChannelState) {
        if let Some(handler) = &mut *self.state.lock() {
            handler(state.into());
        }
    }

    fn message(&self, data: &[u8], binary: bool) {
        if let Some(handler) = &mut *self.message.lock() {
            handler(DataBuffer { data, binary });
        }
    }

    fn taken(&self, bytes: u64) {
        if let Some(handler) = &mut *self.buffered.lock() {
            handler(bytes);
        }
    }
}

/// A data channel. Cheap to clone; all clones are one channel.
#[derive(Clone)]
pub struct DataChannel {
    channel: engine::DataChannel,
    handlers: Arc<Handlers>,
}

impl DataChannel {
    pub(crate) fn new(channel: engine::DataChannel) -> Self {
        let handlers = Arc::new(Handlers::default());
        channel.set_observer(handlers.clone());
        Self { channel, handlers }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the channel isn't open or too much is waiting; when text isn't UTF-8.
    pub fn send(&self, data: &[u8], binary: bool) -> Result<(), DataChannelError> {
        if !binary {
            std::str::from_utf8(data)?;
        }
        self.channel.send(data, binary).map_err(|_| DataChannelError::Send)
    }

    /// The SCTP stream; -1 while unknown.
    pub fn id(&self) -> i32 {
        self.channel.stream_id().map_or(-1, i32::from)
    }

    /// Its name.
    pub fn label(&self) -> String {
        self.channel.label().to_owned()
    }

    /// Its state.
    pub fn state(&self) -> DataChannelState {
        self.channel.state().into()
    }

    /// Closes it.
    pub fn close(&self) {
        self.channel.close();
    }

    /// Bytes that wait to be sent.
    pub fn buffered_amount(&self) -> u64 {
        self.channel.waiting() as u64
    }

    /// Who hears of state changes.
    pub fn on_state_change(&self, handler: Option<OnStateChange>) {
        *self.handlers.state.lock() = handler;
    }

    /// Who hears messages.
    pub fn on_message(&self, handler: Option<OnMessage>) {
        *self.handlers.message.lock() = handler;
    }

    /// Who hears how many bytes left the queue; `livekit` sends more only then.
    pub fn on_buffered_amount_change(&self, handler: Option<OnBufferedAmountChange>) {
        *self.handlers.buffered.lock() = handler;
    }
}

impl fmt::Debug for DataChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataChannel")
            .field("id", &self.id())
            .field("label", &self.label())
            .field("state", &self.state())
            .finish()
    }
}
