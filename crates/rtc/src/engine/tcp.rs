//! One ICE path over TCP: the active side (RFC 6544), packets framed by their length (RFC 4571).
//!
//! For networks that let no UDP through, and for SFUs that offer nothing else to a client whose UDP
//! failed a while ago. What waits to be written is bounded; more is dropped, as a network would.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::net::TcpStream;

/// The most bytes that may wait to be written.
const MAX_OUTBOX: usize = 256 << 10;
/// Length prefix of a frame.
const PREFIX: usize = 2;
/// How much is read at once. With at most one unfinished frame (64 KiB) waiting, the inbox stays small.
const CHUNK: usize = 4 << 10;

/// An established connection.
#[derive(Debug)]
pub(super) struct TcpPath {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    stream: TcpStream,
    inbox: BytesMut,
    outbox: BytesMut,
}

impl TcpPath {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
        Ok(Self { local, remote, stream, inbox: BytesMut::new(), outbox: BytesMut::new() })
    }

    /// Sends a packet, or drops it when too much waits.
    pub(super) fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        let Ok(len) = u16::try_from(packet.len()) else { return Ok(()) };
        if self.outbox.len() > MAX_OUTBOX {
            return Ok(());
        }
        self.outbox.extend_from_slice(&len.to_be_bytes());
        self.outbox.extend_from_slice(packet);
        self.flush()
    }

    /// The next packet, copied to `out`; writes what waits on the way.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        while !self.outbox.is_empty() {
            match self.stream.poll_write_ready(cx) {
                Poll::Ready(writable) => writable.and_then(|()| self.flush())?,
                Poll::Pending => break,
            }
        }
        loop {
            if let Some(len) = take_frame(&mut self.inbox, out) {
                return Poll::Ready(Ok(len));
            }
            ready!(self.stream.poll_read_ready(cx))?;
            let mut chunk = [0; CHUNK];
            match self.stream.try_read(&mut chunk) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Ok(len) => self.inbox.extend_from_slice(chunk.get(..len).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while !self.outbox.is_empty() {
            match self.stream.try_write(&self.outbox) {
                Ok(written) => self.outbox.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Takes a whole frame out of `inbox`; one that doesn't fit `out` counts as empty.
fn take_frame(inbox: &mut BytesMut, out: &mut [u8]) -> Option<usize> {
    let prefix: [u8; PREFIX] = inbox.get(..PREFIX)?.try_into().ok()?;
    let len = usize::from(u16::from_be_bytes(prefix));
    let frame = inbox.get(PREFIX..)?.get(..len)?;
    let taken = match out.get_mut(..len) {
        Some(room) => {
            room.copy_from_slice(frame);
            len
        }
        None => 0,
    };
    inbox.advance(PREFIX + len);
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_whole_whatever_the_segments() {
        let wire = [0, 3, b'a', b'b', b'c', 0, 0, 0, 5, 1, 2, 3, 4, 5, 0, 1, b'z'];
        let mut inbox = BytesMut::new();
        let mut out = [0; 4];
        let mut frames = Vec::new();
        for byte in wire {
            inbox.extend_from_slice(&[byte]);
            while let Some(len) = take_frame(&mut inbox, &mut out) {
                frames.push(out[..len].to_vec());
            }
        }
        // The frame of five doesn't fit and counts as empty.
        assert_eq!(frames, [b"abc".to_vec(), vec![], vec![], b"z".to_vec()]);
        assert!(inbox.is_empty());
    }
}
