//! Ports that nobody uses.

use std::net::{TcpListener, UdpSocket};

use anyhow::{Context as _, Result};

/// A TCP port on loopback that was free a moment ago.
///
/// # Errors
/// When the machine has none.
pub fn free_tcp() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("a TCP port")?;
    Ok(listener.local_addr()?.port())
}

/// A UDP port on loopback that was free a moment ago.
///
/// # Errors
/// When the machine has none.
pub fn free_udp() -> Result<u16> {
    let socket = UdpSocket::bind("127.0.0.1:0").context("a UDP port")?;
    Ok(socket.local_addr()?.port())
}
