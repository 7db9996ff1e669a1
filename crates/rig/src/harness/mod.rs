//! The harness: real servers, publishers and recorders, each ended by its pid, leftovers found.
//!
//! A test makes a [`Scratch`] first, so that it is dropped last: everything else writes into its
//! directory, and whatever still has a file open there when it goes was left behind. While one test has it, others
//! wait: two cores carry one scenario.

mod bridge;
mod chromium;
mod control;
mod firewall;
mod host;
mod network;
mod nginx;
mod ports;
mod process;
mod proxy;
mod publishers;
mod recorder;
mod redis;
mod relay;
mod scratch;
mod server;
mod tools;
mod usage;
mod weather;
mod websocket;
mod whip;
mod wire;

pub use control::{Control, Measured};
pub use firewall::{Firewall, udp_ports};
pub use host::Host;
pub use network::{Family, Network};
pub use nginx::{Certificate, Nginx};
pub use ports::{free_tcp, free_udp};
pub use process::{Line, Process, kill};
pub use proxy::Proxy;
pub use publishers::{PublishOptions, Publishers};
pub use recorder::{Outcome, Recorder, Recording};
pub use redis::Redis;
pub use relay::Relay;
pub use scratch::Scratch;
pub use server::{API_KEY, API_SECRET, LiveKitServer};
pub use tools::{livekit_server, python, rig_file, web_sdk};
pub use usage::Usage;
pub use weather::Weather;
pub use whip::Player;
pub use wire::{Stream, Wire};

use std::time::Duration;

/// How long anything may take to start, join or end before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);
