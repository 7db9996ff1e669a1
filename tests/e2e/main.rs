//! End to end: a real LiveKit server, participants made with LiveKit's own SDK, and the `livetape` binary
//! as a user runs it. Recordings are judged by looking and listening (`crates/rig`).

mod chat;
mod chromium;
mod churn;
mod codecs;
mod four_encrypted;
mod keys;
mod kill;
mod machines;
mod network;
mod older_server;
mod outage;
mod promptness;
mod rekey;
mod relay;
mod restart;
mod support;
mod tls;
mod weather;
mod whip;
