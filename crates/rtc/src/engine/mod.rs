//! The engine: one peer connection, driven by one task.
//!
//! ```text
//!  handle (PeerConnection, RemoteTrack, DataChannel)          any task, never blocks
//!     │ commands (bounded), wishes (flags) ▼     ▲ observer calls, frame queues (bounded)
//!  driver: the only place that touches `Rtc` and the sockets
//!     mutate once → drain to `Timeout` → wait → …
//! ```
//!
//! It speaks SDP as text and knows nothing of any signalling protocol. It receives only: nothing is
//! ever encoded or sent but RTCP and data channels. Host candidates over UDP; where those find no path,
//! over TCP, and relayed ones (TURN over UDP, TCP, TLS).

mod candidate;
mod channel;
mod channels;
mod command;
mod driver;
mod error;
mod frame_queue;
mod link;
mod negotiation;
mod observer;
mod orphans;
mod peer;
mod receivers;
mod relay_server;
mod relay_wire;
mod relays;
mod remote_sdp;
mod section;
mod shared;
mod sockets;
mod tcp;
mod track;
mod tracks;
mod transport;
mod turn;

pub use channel::{ChannelConfig, ChannelObserver, ChannelState, DataChannel};
pub use error::EngineError;
pub use observer::{ConnectionState, Observer, SignalingState};
pub use peer::{PeerConfig, PeerConnection};
pub use relay_server::{RelayServer, RelayTransport};
pub use section::{MediaKind, Section};
pub use track::{FrameStream, RemoteTrack, TrackStats};
