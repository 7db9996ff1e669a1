//! One relayed path: an allocation on a TURN server (RFC 8656). Pure; time is an argument.
//!
//! It sees whole messages, whatever carries them. Each peer gets a channel at its first packet, which
//! installs the permission too: one round trip for both, four bytes a packet from then on. Allocation,
//! permissions and channels are refreshed by `turn-client-proto` for as long as they are used. Of its two
//! variants only the one for datagrams is used: the one for streams neither pads channel data, as RFC 8656
//! (12.5) asks for and pion insists on, nor bounds what it keeps.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use turn_client_proto::api::{Transmit, TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet};
use turn_client_proto::prelude::{DelayedTransmitBuild as _, TurnClientApi as _};
use turn_client_proto::types::{AddressFamily, Instant as Nanos, TransportType, TurnCredentials};
use turn_client_proto::udp::TurnClientUdp;

use super::relay_server::{RelayServer, RelayTransport};

/// How long an allocation may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A lost request is sent again after this long, then after twice that, and so on.
const FIRST_RTO: Duration = Duration::from_millis(250);
const LONGEST_RTO: Duration = Duration::from_secs(2);
const RETRANSMITS: u32 = 7;
/// The most peers: an SFU has an address or two for each of its interfaces.
const MAX_PEERS: usize = 16;
/// The shortest wait between two looks, whatever the server makes of its timers.
const LEAST_WAIT: Duration = Duration::from_millis(10);

/// An allocation, made or being made.
pub(super) struct Turn {
    client: TurnClientUdp,
    /// The client counts from here.
    base: Instant,
    local: SocketAddr,
    server: SocketAddr,
    state: State,
    peers: Vec<Peer>,
}

/// Forward only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Allocating,
    Ready(SocketAddr),
    /// With the address that it had, if any.
    Failed(Option<SocketAddr>),
}

/// Somebody whom we sent something.
#[derive(Debug)]
struct Peer {
    address: SocketAddr,
    channel: Channel,
}

#[derive(Debug)]
enum Channel {
    /// Asked for; this is the newest packet that waits for it.
    Binding(Vec<u8>),
    Bound,
    /// The server won't relay to this peer.
    Refused,
}

/// What a [`Turn`] wants done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// Send this to the server.
    Send(Vec<u8>),
    /// Packets can be relayed from now on, from and to this address.
    Allocated(SocketAddr),
    /// There is no allocation, and there won't be any.
    Failed,
    /// Nothing more until then, or until something comes in.
    Wait(Instant),
}

impl Turn {
    /// Begins to allocate on a server at this address.
    pub(super) fn new(local: SocketAddr, address: SocketAddr, server: &RelayServer, now: Instant) -> Self {
        let credentials = TurnCredentials::new(&server.username, &server.password);
        let mut config = TurnConfig::new(credentials);
        if address.is_ipv6() {
            config.set_address_family(AddressFamily::IPV6);
        }
        match server.transport {
            RelayTransport::Udp => {
                config.set_request_retransmits(FIRST_RTO, LONGEST_RTO, RETRANSMITS, LONGEST_RTO);
            }
            // A stream loses nothing: one request, and time for its answer.
            RelayTransport::Tcp | RelayTransport::Tls => {
                config.set_request_retransmits(PATIENCE, PATIENCE, 1, PATIENCE);
            }
        }
        let client = TurnClientUdp::allocate(local, address, config);
        Self { client, base: now, local, server: address, state: State::Allocating, peers: Vec::new() }
    }

    /// The relayed address, once there is one.
    pub(super) fn relayed(&self) -> Option<SocketAddr> {
        match self.state {
            State::Ready(address) => Some(address),
            State::Allocating | State::Failed(_) => None,
        }
    }

    /// The relayed address that there was until it failed.
    pub(super) fn lost(&self) -> Option<SocketAddr> {
        match self.state {
            State::Ready(address) => Some(address),
            State::Allocating => None,
            State::Failed(address) => address,
        }
    }

    /// There is no allocation, and there won't be any.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    /// Nothing more is expected of it.
    pub(super) fn fail(&mut self) -> Output {
        self.state = State::Failed(self.lost());
        Output::Failed
    }

    /// Our address, as the server's side of this machine has it.
    pub(super) fn local(&self) -> SocketAddr {
        self.local
    }

    /// A packet for a peer; what is returned goes to the server. The first one waits for its channel, and
    /// only the newest does.
    pub(super) fn send(&mut self, to: SocketAddr, packet: &[u8], now: Instant) -> Option<Vec<u8>> {
        let relayed = self.relayed()?;
        if relayed.is_ipv4() != to.is_ipv4() {
            return None;
        }
        let nanos = self.nanos(now);
        match self.peers.iter_mut().find(|peer| peer.address == to).map(|peer| &mut peer.channel) {
            Some(Channel::Bound) => {
                let sent = self.client.send_to(TransportType::Udp, to, packet, nanos);
                sent.ok().flatten().map(|transmit| transmit.data.build())
            }
            Some(Channel::Binding(waiting)) => {
                packet.clone_into(waiting);
                None
            }
            Some(Channel::Refused) => None,
            None => {
                if self.peers.len() < MAX_PEERS
                    && self.client.bind_channel(TransportType::Udp, to, nanos).is_ok()
                {
                    self.peers.push(Peer { address: to, channel: Channel::Binding(packet.to_vec()) });
                }
                None
            }
        }
    }

    /// A message from the server. A packet of a peer within it is copied to `out`: who sent it, and its
    /// length. What doesn't fit is dropped.
    pub(super) fn receive(
        &mut self,
        message: &[u8],
        out: &mut [u8],
        now: Instant,
    ) -> Option<(SocketAddr, usize)> {
        let nanos = self.nanos(now);
        let transmit = Transmit::new(message, TransportType::Udp, self.server, self.local);
        let TurnRecvRet::PeerData(packet) = self.client.recv(transmit, nanos) else { return None };
        let data = packet.data();
        out.get_mut(..data.len())?.copy_from_slice(data);
        Some((packet.peer, data.len()))
    }

    /// What is to be done next; ask until it says to wait or that it failed.
    pub(super) fn poll(&mut self, now: Instant) -> Output {
        let nanos = self.nanos(now);
        if self.has_failed() {
            return Output::Failed;
        }
        if let Some(transmit) = self.client.poll_transmit(nanos) {
            return Output::Send(transmit.data.to_vec());
        }
        while let Some(event) = self.client.poll_event() {
            if let Some(output) = self.on_event(event, now) {
                return output;
            }
        }
        let patience = match self.state {
            State::Allocating => PATIENCE.saturating_sub(now.saturating_duration_since(self.base)),
            State::Ready(_) | State::Failed(_) => PATIENCE,
        };
        match self.client.poll(nanos) {
            TurnPollRet::WaitUntil(at) if !patience.is_zero() => {
                let wait = at.saturating_duration_since(nanos).min(patience).max(LEAST_WAIT);
                Output::Wait(now.checked_add(wait).unwrap_or(now))
            }
            _ => self.fail(),
        }
    }

    fn on_event(&mut self, event: TurnEvent, now: Instant) -> Option<Output> {
        match event {
            TurnEvent::AllocationCreated(TransportType::Udp, address) if self.state == State::Allocating => {
                self.state = State::Ready(address);
                Some(Output::Allocated(address))
            }
            TurnEvent::AllocationCreateFailed(_) => Some(self.fail()),
            TurnEvent::ChannelCreated(_, address) => {
                let peer = self.peers.iter_mut().find(|peer| peer.address == address)?;
                let former = std::mem::replace(&mut peer.channel, Channel::Bound);
                let Channel::Binding(packet) = former else { return None };
                self.send(address, &packet, now).map(Output::Send)
            }
            TurnEvent::ChannelCreateFailed(_, address) => {
                let peer = self.peers.iter_mut().find(|peer| peer.address == address)?;
                peer.channel = Channel::Refused;
                tracing::debug!(%address, "the TURN server doesn't relay to this peer");
                None
            }
            _ => None,
        }
    }

    /// Gives the allocation back; what is returned goes to the server.
    pub(super) fn delete(&mut self, now: Instant) -> Option<Vec<u8>> {
        let nanos = self.nanos(now);
        self.client.delete(nanos).ok()?;
        self.fail();
        self.client.poll_transmit(nanos).map(|transmit| transmit.data.to_vec())
    }

    fn nanos(&self, now: Instant) -> Nanos {
        let since = now.saturating_duration_since(self.base).as_nanos();
        Nanos::from_nanos(i64::try_from(since).unwrap_or(i64::MAX))
    }
}

/// The client would print its credentials.
impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("server", &self.server)
            .field("state", &self.state)
            .field("peers", &self.peers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
