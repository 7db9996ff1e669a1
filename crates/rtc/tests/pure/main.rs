//! What the crate promises through its public face, without a network: LiveKit's encryption by the
//! vectors of real SDKs, and the opener's conduct over time.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod hostile;
mod opener;
mod packetize;
mod support;
mod vectors;
