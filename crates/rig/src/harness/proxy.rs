//! A TCP relay that can be cut: signalling goes, media (UDP) lives. It can also say what a server of its own accord
//! wouldn't: that it moves, that a client's token is another one, or that it is an older server.

use std::io::{self, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::websocket::ToClient;

/// Relays connections on a port of its own to another port on loopback.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

/// Where clients ask for a single peer connection: older servers don't know it.
const SINGLE_PEER: &[u8] = b"GET /rtc/v1";

#[derive(Debug, Default)]
struct Shared {
    /// The server counts as one that knows two peer connections only.
    older: bool,
    /// How often a client was told so.
    told: usize,
    cut: bool,
    ended: bool,
    open: Vec<TcpStream>,
    /// The WebSockets among them.
    sockets: Vec<ToClient>,
}

impl Proxy {
    /// Starts relaying to this port.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn to(port: u16) -> Result<Self> {
        Self::start(port, Shared::default())
    }

    /// Starts relaying to this port, as if the server were one from before single peer connections:
    /// clients are told that there is no such thing (404), and fall back to two.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn to_older(port: u16) -> Result<Self> {
        Self::start(port, Shared { older: true, ..Shared::default() })
    }

    fn start(port: u16, shared: Shared) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("a port for the relay")?;
        let shared = Arc::new(Mutex::new(shared));
        let own = listener.local_addr()?.port();
        let state = shared.clone();
        thread::spawn(move || relay(&listener, port, &state));
        Ok(Self { port: own, shared })
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many clients were told that there is no single peer connection.
    #[must_use]
    pub fn told_older(&self) -> usize {
        lock(&self.shared).told
    }

    /// Cuts every connection, and each that comes.
    pub fn cut(&self) {
        let mut shared = lock(&self.shared);
        shared.cut = true;
        shared.sockets.clear();
        for stream in shared.open.drain(..) {
            // One that is closed already is as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Says a binary message to the client that opened a WebSocket last, as if the server had.
    ///
    /// # Errors
    /// When there is none.
    pub fn say(&self, message: &[u8]) -> Result<()> {
        let last = lock(&self.shared).sockets.last().cloned();
        Ok(last.context("nobody has a WebSocket open")?.say(message)?)
    }

    /// Relays again.
    pub fn heal(&self) {
        lock(&self.shared).cut = false;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        lock(&self.shared).ended = true;
        // Wakes the listener, so that it sees the end.
        let _ = TcpStream::connect_timeout(
            &SocketAddr::from(([127, 0, 0, 1], self.port)),
            Duration::from_secs(1),
        );
    }
}

fn relay(listener: &TcpListener, port: u16, shared: &Arc<Mutex<Shared>>) {
    for client in listener.incoming() {
        if lock(shared).ended {
            return;
        }
        let Ok(client) = client else { continue };
        let shared = shared.clone();
        // One that is refused sees its connection reset or closed.
        thread::spawn(move || pass_on(client, port, &shared));
    }
}

fn pass_on(mut client: TcpStream, port: u16, shared: &Arc<Mutex<Shared>>) -> io::Result<()> {
    if lock(shared).older && asks_for_single_peer(&client)? {
        lock(shared).told += 1;
        client.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        return client.shutdown(Shutdown::Write);
    }
    let mut state = lock(shared);
    if state.cut {
        return client.shutdown(Shutdown::Both);
    }
    let server = TcpStream::connect(("127.0.0.1", port))?;
    state.open.extend([client.try_clone()?, server.try_clone()?]);
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (to_client, shared) = (ToClient::new(client.try_clone()?), shared.clone());
    thread::spawn(move || {
        let socket = to_client.clone();
        let _ = to_client.pass_on(server, || lock(&shared).sockets.push(socket));
        let _ = client.shutdown(Shutdown::Write);
    });
    Ok(())
}

/// Looks at the beginning of a request without taking it.
fn asks_for_single_peer(client: &TcpStream) -> io::Result<bool> {
    let mut head = [0; SINGLE_PEER.len()];
    client.set_read_timeout(Some(Duration::from_secs(5)))?;
    loop {
        let seen = client.peek(&mut head)?;
        if seen == head.len() || head.get(..seen) != SINGLE_PEER.get(..seen) || seen == 0 {
            client.set_read_timeout(None)?;
            return Ok(head == SINGLE_PEER);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
