//! Relayed paths: for networks that let nothing but TURN through.
//!
//! Where there is a path anyhow, no relay is ever asked: a healthy connection has its own long before
//! [`AFTER`]. Without one, all servers that the other side named are asked at once, and ICE picks the best of
//! what comes of it. An allocation is kept until the connection ends, or until it is silent while a path is
//! looked for: then another is asked for, for the machine may be on another network now.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use str0m::net::Protocol;

use super::candidate;
use super::relay_server::RelayServer;
use super::relay_wire::RelayWire;
use super::sockets::{Arrival, Packet};
use super::turn::{Output, Turn};

/// How long other paths are given before relays are asked.
const AFTER: Duration = Duration::from_millis(500);
/// How long after that those that failed are asked again.
const AGAIN: Duration = Duration::from_secs(5);
/// How long a connection to a server may take, TLS included.
const OPENING: Duration = Duration::from_secs(10);
/// The most servers: LiveKit names one for each of its addresses, and one for TLS.
const MAX_SERVERS: usize = 8;
/// The largest message from a server: a datagram that is of interest, and what is around it.
const MESSAGE: usize = 2048 + 256;
/// Messages without a packet in them that one server may send before others get their turn.
const MAX_IDLE: usize = 32;

/// All relayed paths.
#[derive(Debug)]
pub(super) struct Relays {
    servers: Vec<RelayServer>,
    opening: Vec<Opening>,
    open: Vec<Relay>,
    /// When servers were asked last, in this search for a path.
    asked: Option<Instant>,
    /// When `handle_timeout` wants to be called.
    due: Option<Instant>,
    message: Vec<u8>,
}

/// A connection being made.
struct Opening {
    server: RelayServer,
    done: Pin<Box<dyn Future<Output = io::Result<RelayWire>> + Send>>,
}

#[derive(Debug)]
struct Relay {
    server: RelayServer,
    wire: RelayWire,
    turn: Turn,
    /// When the allocation wants to be looked at.
    due: Instant,
    /// When something came in last.
    heard: Instant,
    /// What the driver hasn't heard of yet.
    news: bool,
}

impl Relays {
    pub(super) fn new() -> Self {
        Self {
            servers: Vec::new(),
            opening: Vec::new(),
            open: Vec::new(),
            asked: None,
            due: None,
            message: vec![0; MESSAGE],
        }
    }

    /// The servers to ask from now on. Paths by others stay as long as they hold.
    pub(super) fn set_servers(&mut self, mut servers: Vec<RelayServer>) {
        servers.truncate(MAX_SERVERS);
        self.servers = servers;
    }

    /// Does what is due; `lost` is when the search for a path began, if there is none.
    pub(super) fn handle_timeout(&mut self, lost: Option<Instant>, now: Instant) {
        for relay in &mut self.open {
            if relay.due <= now {
                relay.settle(now);
            }
        }
        let wanted = ask_at(lost, self.asked).filter(|_| !self.servers.is_empty());
        self.due = match wanted {
            Some(at) if at <= now => {
                self.ask(lost.unwrap_or(now), now);
                ask_at(lost, self.asked)
            }
            wanted => wanted,
        };
        if lost.is_none() {
            self.asked = None;
        }
    }

    /// When `handle_timeout` wants to be called, unless the search for a path begins or ends before.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.open.iter().map(|relay| relay.due).chain(self.due).min()
    }

    fn ask(&mut self, lost: Instant, now: Instant) {
        self.asked = Some(now);
        for relay in &mut self.open {
            if relay.turn.relayed().is_some() && relay.heard < lost {
                relay.turn.fail();
                relay.due = now;
            }
        }
        for server in &self.servers {
            let busy = self.opening.iter().any(|opening| same_place(&opening.server, server))
                || self
                    .open
                    .iter()
                    .any(|relay| !relay.turn.has_failed() && same_place(&relay.server, server));
            if busy || self.opening.len() + self.open.len() >= MAX_SERVERS {
                continue;
            }
            tracing::debug!(%server, "asking for a relayed path");
            let opened = tokio::time::timeout(OPENING, RelayWire::open(server.clone()));
            let done = Box::pin(async { opened.await.unwrap_or_else(|late| Err(late.into())) });
            self.opening.push(Opening { server: server.clone(), done });
        }
    }

    /// Sends by the relay with this address, if there is one.
    pub(super) fn send(&mut self, source: SocketAddr, destination: SocketAddr, packet: &[u8]) {
        let Some(relay) = self.open.iter_mut().find(|relay| relay.turn.relayed() == Some(source)) else {
            return;
        };
        let now = Instant::now();
        if let Some(message) = relay.turn.send(destination, packet, now) {
            relay.wire.send(&message);
        } else {
            relay.settle(now);
        }
    }

    /// The next relayed packet, or news of a relayed address.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Arrival> {
        let now = Instant::now();
        self.poll_opening(cx, now);
        let mut at = 0;
        while let Some(relay) = self.open.get_mut(at) {
            match relay.poll(cx, &mut self.message, buffer, now) {
                Poll::Ready(Ok(arrival)) => return Poll::Ready(arrival),
                Poll::Ready(Err(error)) => {
                    let Relay { server, turn, .. } = self.open.swap_remove(at);
                    tracing::debug!(%server, %error, "relayed path ended");
                    let address = turn.lost();
                    if let Some(gone) = address.and_then(|it| candidate::relayed(it, turn.local())) {
                        return Poll::Ready(Arrival::Gone(gone));
                    }
                }
                Poll::Pending => at += 1,
            }
        }
        Poll::Pending
    }

    fn poll_opening(&mut self, cx: &mut Context<'_>, now: Instant) {
        let mut at = 0;
        while let Some(opening) = self.opening.get_mut(at) {
            let Poll::Ready(done) = opening.done.as_mut().poll(cx) else {
                at += 1;
                continue;
            };
            let server = self.opening.swap_remove(at).server;
            match done {
                Ok(wire) => {
                    let turn = Turn::new(wire.local, wire.remote, &server, now);
                    let mut relay = Relay { server, wire, turn, due: now, heard: now, news: false };
                    relay.settle(now);
                    self.open.push(relay);
                }
                Err(error) => tracing::debug!(%server, %error, "no way to the TURN server"),
            }
        }
    }

    /// Gives the allocations back.
    pub(super) fn close(&mut self, now: Instant) {
        for relay in &mut self.open {
            if let Some(message) = relay.turn.delete(now) {
                relay.wire.send(&message);
            }
        }
    }
}

/// When servers are to be asked: a while after the search for a path began, then again and again.
fn ask_at(lost: Option<Instant>, asked: Option<Instant>) -> Option<Instant> {
    let first = lost?.checked_add(AFTER)?;
    match asked.and_then(|at| at.checked_add(AGAIN)) {
        Some(again) => Some(first.max(again)),
        None => Some(first),
    }
}

fn same_place(one: &RelayServer, other: &RelayServer) -> bool {
    (&one.host, one.port, one.transport) == (&other.host, other.port, other.transport)
}

impl Relay {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        message: &mut [u8],
        buffer: &mut [u8],
        now: Instant,
    ) -> Poll<io::Result<Arrival>> {
        for _ in 0..MAX_IDLE {
            if self.turn.has_failed() {
                return Poll::Ready(Err(io::Error::other("no allocation")));
            }
            let news = self.turn.relayed().filter(|_| std::mem::take(&mut self.news));
            if let Some(candidate) = news.and_then(|it| candidate::relayed(it, self.turn.local())) {
                return Poll::Ready(Ok(Arrival::Candidate(candidate)));
            }
            let len = match self.wire.poll(cx, message) {
                Poll::Ready(Ok(len)) => len,
                // A datagram of ours that found nobody; the requests' own patience decides.
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            };
            self.heard = now;
            let found = self.turn.receive(message.get(..len).unwrap_or_default(), buffer, now);
            self.settle(now);
            if let (Some((source, len)), Some(destination)) = (found, self.turn.relayed()) {
                let packet = Packet { proto: Protocol::Udp, len, source, destination };
                return Poll::Ready(Ok(Arrival::Packet(packet)));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Does what the allocation wants done.
    fn settle(&mut self, now: Instant) {
        loop {
            match self.turn.poll(now) {
                Output::Send(message) => self.wire.send(&message),
                Output::Allocated(address) => {
                    tracing::debug!(server = %self.server, %address, "relayed path");
                    self.news = true;
                }
                Output::Failed => {
                    self.due = now;
                    return;
                }
                Output::Wait(until) => {
                    self.due = until;
                    return;
                }
            }
        }
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("server", &self.server).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_asked_a_while_after_the_path_was_lost_and_again_until_there_is_one() {
        let t0 = Instant::now();
        let ms = |ms| Some(t0 + Duration::from_millis(ms));
        for (lost, asked, expected) in [
            (None, None, None),
            (None, ms(100), None),
            (ms(0), None, ms(500)),
            (ms(0), ms(500), ms(5500)),
            // Lost anew: not sooner than after the others had their time.
            (ms(9000), ms(500), ms(9500)),
        ] {
            assert_eq!(ask_at(lost, asked), expected, "{lost:?} {asked:?}");
        }
    }
}
