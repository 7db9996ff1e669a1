//! What carries messages between us and a TURN server: datagrams, a connection, or one with TLS.
//!
//! In a stream, messages tell their own length, and channel data is padded to four bytes (RFC 8656, 12.5).
//! What waits to be written is bounded; more is dropped, as a network would.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, BytesMut};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UdpSocket};

use super::relay_server::{RelayServer, RelayTransport};

/// The most bytes that may wait to be written.
const MAX_OUTBOX: usize = 256 << 10;
/// How much is read at once. With at most one unfinished message (64 KiB) waiting, the inbox stays small.
const CHUNK: usize = 4 << 10;
/// A STUN message's header and what stands in its middle (RFC 8489, 5), and channel data's header (RFC 8656, 12.4).
const STUN_HEADER: usize = 20;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const CHANNEL_HEADER: usize = 4;

/// An open way to the server.
#[derive(Debug)]
pub(super) struct RelayWire {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    carrier: Carrier,
}

#[derive(Debug)]
enum Carrier {
    Datagrams(UdpSocket),
    Stream(Stream),
}

impl RelayWire {
    /// Looks the server up and connects to it.
    pub(super) async fn open(server: RelayServer) -> io::Result<Self> {
        let place = (server.host.as_str(), server.port);
        if server.transport == RelayTransport::Udp {
            let mut found = tokio::net::lookup_host(place).await?;
            let remote = found.next().ok_or(io::ErrorKind::NotFound)?;
            let any =
                if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
            let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
            // Only what comes from the server is let in from here on.
            socket.connect(remote).await?;
            super::sockets::widen(&socket);
            return Ok(Self { local: socket.local_addr()?, remote, carrier: Carrier::Datagrams(socket) });
        }
        let tcp = TcpStream::connect(place).await?;
        tcp.set_nodelay(true)?;
        let (local, remote) = (tcp.local_addr()?, tcp.peer_addr()?);
        let io: Pin<Box<dyn Io>> = if server.transport == RelayTransport::Tls {
            let name = ServerName::try_from(server.host).map_err(io::Error::other)?;
            let config = tokio::task::spawn_blocking(tls).await??;
            Box::pin(tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await?)
        } else {
            Box::pin(tcp)
        };
        Ok(Self { local, remote, carrier: Carrier::Stream(Stream::new(io)) })
    }

    /// Sends a message, or drops it.
    pub(super) fn send(&mut self, message: &[u8]) {
        match &mut self.carrier {
            Carrier::Datagrams(socket) => {
                if let Err(error) = socket.try_send(message) {
                    tracing::trace!(%error, "message not sent");
                }
            }
            Carrier::Stream(stream) => stream.send(message),
        }
    }

    /// The next message, copied to `out`; writes what waits on the way. One that doesn't fit counts as empty.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        match &mut self.carrier {
            Carrier::Datagrams(socket) => {
                let mut read = ReadBuf::new(out);
                ready!(socket.poll_recv(cx, &mut read))?;
                Poll::Ready(Ok(read.filled().len()))
            }
            Carrier::Stream(stream) => stream.poll(cx, out),
        }
    }
}

/// The process's TLS provider, and the roots that the rest of it trusts (`SSL_CERT_FILE`, or the system's).
fn tls() -> io::Result<ClientConfig> {
    let provider = CryptoProvider::get_default().ok_or_else(|| io::Error::other("no TLS provider"))?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Ok(ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

trait Io: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Io for T {}

/// Messages in a stream of bytes.
struct Stream {
    io: Pin<Box<dyn Io>>,
    inbox: BytesMut,
    outbox: BytesMut,
    /// TLS keeps what was written until it is flushed.
    unflushed: bool,
}

impl Stream {
    fn new(io: Pin<Box<dyn Io>>) -> Self {
        Self { io, inbox: BytesMut::new(), outbox: BytesMut::new(), unflushed: false }
    }

    fn send(&mut self, message: &[u8]) {
        if self.outbox.len() > MAX_OUTBOX {
            return;
        }
        self.outbox.extend_from_slice(message);
        let padded = message.len().next_multiple_of(4);
        self.outbox.resize(self.outbox.len() + padded - message.len(), 0);
        // At once if it can be; an error shows when the driver polls, which it does before it waits.
        let _ = self.write(&mut Context::from_waker(Waker::noop()));
    }

    fn poll(&mut self, cx: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = self.write(cx) {
            written?;
        }
        loop {
            if let Some(len) = take_message(&mut self.inbox, out)? {
                return Poll::Ready(Ok(len));
            }
            let mut chunk = [0; CHUNK];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(self.io.as_mut().poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            self.inbox.extend_from_slice(read.filled());
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outbox.is_empty() {
            let written = ready!(self.io.as_mut().poll_write(cx, &self.outbox))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outbox.advance(written);
            self.unflushed = true;
        }
        if self.unflushed {
            ready!(self.io.as_mut().poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("outbox", &self.outbox.len()).finish_non_exhaustive()
    }
}

/// Takes a whole message out of `inbox`, padding included; one that doesn't fit `out` counts as empty.
///
/// # Errors
/// When it isn't TURN: nothing behind it can be read either.
fn take_message(inbox: &mut BytesMut, out: &mut [u8]) -> io::Result<Option<usize>> {
    let Some(&[kind, _, high, low]) = inbox.first_chunk() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let length = match kind {
        0x00..=0x3f => match inbox.get(CHANNEL_HEADER..STUN_HEADER) {
            Some(rest) if rest.starts_with(&MAGIC_COOKIE) => STUN_HEADER + length,
            Some(_) => return Err(io::ErrorKind::InvalidData.into()),
            None => return Ok(None),
        },
        0x40..=0x4f => (CHANNEL_HEADER + length).next_multiple_of(4),
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    let Some(message) = inbox.get(..length) else { return Ok(None) };
    let taken = match out.get_mut(..length) {
        Some(room) => {
            room.copy_from_slice(message);
            length
        }
        None => 0,
    };
    inbox.advance(length);
    Ok(Some(taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_and_without_the_padding_of_others_whatever_the_segments() {
        let stun = [&[0, 1, 0, 4][..], &[0x21, 0x12, 0xa4, 0x42], &[7; 12], &[1, 2, 3, 4]].concat();
        let channel = [0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0];
        let large = [&[0x40, 1, 0, 60][..], &[9; 60]].concat();
        let wire = [&stun[..], &channel, &large, &stun].concat();
        let (mut inbox, mut out, mut found) = (BytesMut::new(), [0; 32], Vec::new());
        for byte in wire {
            inbox.extend_from_slice(&[byte]);
            while let Some(len) = take_message(&mut inbox, &mut out).unwrap() {
                found.push(out[..len].to_vec());
            }
        }
        // The large one doesn't fit and counts as empty.
        assert_eq!(found, [stun.clone(), channel.to_vec(), vec![], stun]);
        assert!(inbox.is_empty());
    }

    #[test]
    fn what_is_not_turn_ends_the_stream() {
        let alert = [0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        for wire in [&alert[..], &[0x80, 0, 0, 0], &[0x50, 0, 0, 4]] {
            let mut inbox = BytesMut::from(wire);
            assert!(take_message(&mut inbox, &mut [0; 32]).is_err(), "{wire:?}");
        }
    }

    #[tokio::test]
    async fn channel_data_is_padded_on_its_way_out() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut stream = Stream::new(Box::pin(near));
        stream.send(&[0x40, 0, 0, 1, 9]);
        let mut wire = [0xff; 8];
        tokio::io::AsyncReadExt::read_exact(&mut far, &mut wire).await.unwrap();
        assert_eq!(wire, [0x40, 0, 0, 1, 9, 0, 0, 0]);
    }

    #[tokio::test]
    async fn a_server_that_reads_nothing_costs_bounded_memory() {
        let (near, _far) = tokio::io::duplex(64);
        let mut stream = Stream::new(Box::pin(near));
        for _ in 0..10_000 {
            stream.send(&[0; 1200]);
        }
        assert!(stream.outbox.len() <= MAX_OUTBOX + 1200, "{}", stream.outbox.len());
    }
}
