//! The sockets of one peer connection: a UDP socket for each address of the machine, and TCP
//! connections to the remote and relays where UDP finds no path.
//!
//! str0m wants concrete local addresses. Loopback is among them, for servers on the same machine;
//! link-local addresses are left out, for they need a scope that candidates don't carry.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use str0m::Candidate;
use str0m::net::Protocol;
use tokio::io::ReadBuf;
use tokio::net::{TcpStream, UdpSocket};

use super::candidate;
use super::relay_server::RelayServer;
use super::relays::Relays;
use super::tcp::TcpPath;

/// What the kernel may hold for us: a burst of key frames while the machine is busy.
const RECEIVE_BUFFER: usize = 4 << 20;
/// How often in a row a socket may fail before it is given up. One failed send can make one failed
/// receive; only a dead interface fails again and again.
const MAX_ERRORS: u32 = 64;
/// How long UDP is given before TCP is tried.
const TCP_AFTER: Duration = Duration::from_millis(500);
/// The most TCP connections and wishes for them.
const MAX_TCP: usize = 8;

/// What came in.
#[derive(Debug, Clone)]
pub(super) enum Arrival {
    /// A packet is in the buffer.
    Packet(Packet),
    /// A TCP connection or a relay is there: we can be reached so, too.
    Candidate(Candidate),
    /// We can't any more.
    Gone(Candidate),
}

/// A packet that came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet {
    pub proto: Protocol,
    pub len: usize,
    pub source: SocketAddr,
    pub destination: SocketAddr,
}

/// A socket and its address.
#[derive(Debug)]
struct Bound {
    local: SocketAddr,
    socket: UdpSocket,
    errors: u32,
}

/// A TCP connection being made.
struct Connecting {
    remote: SocketAddr,
    done: Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>,
}

impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").field("remote", &self.remote).finish_non_exhaustive()
    }
}

/// All sockets.
#[derive(Debug)]
pub(super) struct Sockets {
    bound: Vec<Bound>,
    tcp: Vec<TcpPath>,
    connecting: Vec<Connecting>,
    /// TCP addresses of the remote, and when they are to be tried.
    wished: Vec<(Instant, SocketAddr)>,
    relays: Relays,
    /// Where the next search for a datagram begins, so that no socket starves another.
    turn: usize,
}

impl Sockets {
    /// Binds a socket for each address; those that can't be bound are left out.
    pub(super) fn bind() -> Self {
        let mut sockets = Self {
            bound: Vec::new(),
            tcp: Vec::new(),
            connecting: Vec::new(),
            wished: Vec::new(),
            relays: Relays::new(),
            turn: 0,
        };
        sockets.refresh();
        sockets
    }

    /// Binds addresses that the machine has got since; returns them.
    pub(super) fn refresh(&mut self) -> Vec<SocketAddr> {
        let mut fresh = Vec::new();
        for address in interface_addresses().unwrap_or_default() {
            if self.bound.iter().any(|bound| bound.local.ip() == address) {
                continue;
            }
            match bind(address) {
                Ok(bound) => {
                    fresh.push(bound.local);
                    self.bound.push(bound);
                }
                Err(error) => tracing::debug!(%address, %error, "address not usable"),
            }
        }
        fresh
    }

    /// Gives up the sockets of addresses that the machine has lost; returns those.
    pub(super) fn vanished(&mut self) -> Vec<SocketAddr> {
        // When they can't be listed, none is known to be gone.
        let Ok(there) = interface_addresses() else { return Vec::new() };
        let gone = self.bound.extract_if(.., |bound| !there.contains(&bound.local.ip()));
        gone.map(|bound| bound.local).collect()
    }

    /// The local UDP addresses.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.bound.iter().map(|bound| bound.local).collect()
    }

    /// The remote listens here; tried after a while, if there is no path by then.
    pub(super) fn wish_tcp(&mut self, remote: SocketAddr, now: Instant) {
        let known = self.wished.iter().any(|(_, wished)| *wished == remote)
            || self.connecting.iter().any(|connecting| connecting.remote == remote)
            || self.tcp.iter().any(|path| path.remote == remote);
        let room = self.wished.len() + self.connecting.len() + self.tcp.len() < MAX_TCP;
        if let (false, true, Some(at)) = (known, room, now.checked_add(TCP_AFTER)) {
            self.wished.push((at, remote));
        }
    }

    /// The relays that may be asked for a path.
    pub(super) fn set_relay_servers(&mut self, servers: Vec<RelayServer>) {
        self.relays.set_servers(servers);
    }

    /// When `handle_timeout` wants to be called.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.wished.iter().map(|(at, _)| *at).chain(self.relays.poll_timeout()).min()
    }

    /// Looks for other paths, if there is none; `lost` is since when.
    pub(super) fn handle_timeout(&mut self, lost: Option<Instant>, now: Instant) {
        self.connect_due(now, lost.is_some());
        self.relays.handle_timeout(lost, now);
    }

    /// Connects to what is due, or forgets it when there is a path already.
    fn connect_due(&mut self, now: Instant, needed: bool) {
        let (due, later) = self.wished.drain(..).partition(|(at, _)| *at <= now);
        self.wished = later;
        let due: Vec<_> = due;
        for (_, remote) in due.into_iter().filter(|_| needed) {
            let done = Box::pin(TcpStream::connect(remote));
            self.connecting.push(Connecting { remote, done });
        }
    }

    /// Sends or drops, as a network would.
    pub(super) fn send(
        &mut self,
        proto: Protocol,
        source: SocketAddr,
        destination: SocketAddr,
        packet: &[u8],
    ) {
        let sent = if proto == Protocol::Udp {
            let Some(bound) = self.bound.iter().find(|bound| bound.local == source) else {
                self.relays.send(source, destination, packet);
                return;
            };
            bound.socket.try_send_to(packet, destination).map(|_| ())
        } else {
            let to = |path: &&mut TcpPath| path.local == source && path.remote == destination;
            let Some(path) = self.tcp.iter_mut().find(to) else { return };
            path.send(packet)
        };
        if let Err(error) = sent {
            tracing::trace!(%source, %destination, %error, "packet not sent");
        }
    }

    /// The next packet or connection. Cancel safe.
    pub(super) async fn receive(&mut self, buffer: &mut [u8]) -> Arrival {
        std::future::poll_fn(|cx| {
            if let Poll::Ready(arrival) = self.poll_tcp(cx, buffer) {
                return Poll::Ready(arrival);
            }
            if let Poll::Ready(arrival) = self.relays.poll(cx, buffer) {
                return Poll::Ready(arrival);
            }
            self.poll_udp(cx, buffer).map(Arrival::Packet)
        })
        .await
    }

    /// Tells relays that they are done.
    pub(super) fn close(&mut self) {
        self.relays.close(Instant::now());
    }

    /// A datagram that is there already.
    pub(super) fn try_receive(&mut self, buffer: &mut [u8]) -> Option<Packet> {
        let count = self.bound.len();
        for step in 0..count {
            let at = (self.turn + step) % count;
            let Some(bound) = self.bound.get(at) else { continue };
            if let Ok((len, source)) = bound.socket.try_recv_from(buffer) {
                self.turn = at;
                return Some(Packet { proto: Protocol::Udp, len, source, destination: bound.local });
            }
        }
        None
    }

    fn poll_udp(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Packet> {
        let count = self.bound.len();
        for step in 0..count {
            let at = (self.turn + step) % count;
            let Some(bound) = self.bound.get_mut(at) else { continue };
            let mut read = ReadBuf::new(buffer);
            match bound.socket.poll_recv_from(cx, &mut read) {
                Poll::Ready(Ok(source)) => {
                    bound.errors = 0;
                    self.turn = at;
                    let (len, destination) = (read.filled().len(), bound.local);
                    return Poll::Ready(Packet { proto: Protocol::Udp, len, source, destination });
                }
                Poll::Ready(Err(error)) => {
                    bound.errors += 1;
                    if bound.errors > MAX_ERRORS {
                        tracing::warn!(address = %bound.local, %error, "socket given up");
                        self.bound.remove(at);
                    }
                    // Not done with this round: come back to the others, and to this one.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }

    fn poll_tcp(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Arrival> {
        let mut at = 0;
        while let Some(connecting) = self.connecting.get_mut(at) {
            let Poll::Ready(done) = connecting.done.as_mut().poll(cx) else {
                at += 1;
                continue;
            };
            let remote = self.connecting.swap_remove(at).remote;
            match done.and_then(TcpPath::new) {
                Ok(path) => {
                    let candidate = candidate::tcp(path.local);
                    self.tcp.push(path);
                    if let Some(candidate) = candidate {
                        return Poll::Ready(Arrival::Candidate(candidate));
                    }
                }
                Err(error) => tracing::debug!(%remote, %error, "no TCP connection"),
            }
        }
        let mut at = 0;
        while let Some(path) = self.tcp.get_mut(at) {
            match path.poll(cx, buffer) {
                Poll::Ready(Ok(len)) => {
                    let (source, destination) = (path.remote, path.local);
                    let packet = Packet { proto: Protocol::Tcp, len, source, destination };
                    return Poll::Ready(Arrival::Packet(packet));
                }
                Poll::Ready(Err(error)) => {
                    tracing::debug!(remote = %path.remote, %error, "TCP connection ended");
                    self.tcp.swap_remove(at);
                }
                Poll::Pending => at += 1,
            }
        }
        Poll::Pending
    }
}

fn bind(address: IpAddr) -> io::Result<Bound> {
    let socket = std::net::UdpSocket::bind((address, 0))?;
    socket.set_nonblocking(true)?;
    let (local, socket) = (socket.local_addr()?, UdpSocket::from_std(socket)?);
    widen(&socket);
    Ok(Bound { local, socket, errors: 0 })
}

/// Asks for a receive buffer as large as the system allows; less is no error.
pub(super) fn widen(socket: &UdpSocket) {
    let _ = socket2::SockRef::from(socket).set_recv_buffer_size(RECEIVE_BUFFER);
}

fn interface_addresses() -> io::Result<Vec<IpAddr>> {
    let mut addresses: Vec<_> = if_addrs::get_if_addrs()?
        .into_iter()
        .map(|interface| interface.ip())
        .filter(|ip| match ip {
            IpAddr::V4(ip) => !ip.is_link_local() && !ip.is_unspecified(),
            IpAddr::V6(ip) => !is_v6_link_local(ip) && !ip.is_unspecified(),
        })
        .collect();
    addresses.sort();
    addresses.dedup();
    Ok(addresses)
}

fn is_v6_link_local(ip: &Ipv6Addr) -> bool {
    ip.segments()[0] & 0xffc0 == 0xfe80
}
