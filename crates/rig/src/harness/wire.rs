//! What publishers really sent, seen on the wire: encoders leave frames out, and no recorder can have those. And
//! what the server passes on.
//!
//! RTP headers are in clear (RFC 3550, 5.1; RFC 3711 protects what follows them), so a look at the
//! packets on their way into the server tells every frame of every stream, whoever made it.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::net::{AddressFamily, Protocol, RecvFlags, SocketType, recv, socket, sockopt};

/// `ETH_P_IP` as the kernel wants it (packet(7)): packets on their way in, once each on loopback.
const IPV4: u32 = 0x0800_u16.to_be() as u32;
/// A second of everything on loopback.
const BUFFER: usize = 16 << 20;
/// RTP ticks of video in a second (RFC 3551, 5).
const TICKS: u32 = 90_000;

/// The frames of one stream.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// RTP time stamps of its frames, as they came.
    stamps: Vec<u32>,
    payload_types: BTreeSet<u8>,
    last: Option<u16>,
    lost: u64,
}

/// Which packets are listened to: those from or to a UDP port.
#[derive(Debug, Clone, Copy)]
enum Way {
    To(u16),
    From(u16),
}

impl Stream {
    /// The payload types that its packets had.
    #[must_use]
    pub fn payload_types(&self) -> &BTreeSet<u8> {
        &self.payload_types
    }

    /// Frames that a camera of `fps` pictures a second left out, and how many it should have sent,
    /// from the first that was seen to the last.
    ///
    /// # Errors
    /// When packets escaped us: then nothing can be said.
    pub fn left_out(&self, fps: u32) -> Result<(u32, u32)> {
        ensure!(self.lost == 0, "{} packets were not seen on the wire", self.lost);
        let (Some(first), Some(last)) = (self.stamps.first(), self.stamps.last()) else { return Ok((0, 0)) };
        let frame = TICKS / fps;
        let frames_between = |from: u32, to: u32| (to.wrapping_sub(from) + frame / 2) / frame;
        let due = frames_between(*first, *last) + 1;
        let gaps = self.stamps.windows(2).map(|pair| frames_between(pair[0], pair[1]).saturating_sub(1));
        Ok((gaps.sum(), due))
    }

    fn take(&mut self, Header { payload_type, seq, stamp, .. }: Header) {
        self.payload_types.insert(payload_type);
        if let Some(last) = self.last {
            let step = seq.wrapping_sub(last);
            if step == 0 || step > 0x8000 {
                return;
            }
            self.lost += u64::from(step) - 1;
        }
        self.last = Some(seq);
        if self.stamps.last() != Some(&stamp) {
            self.stamps.push(stamp);
        }
    }
}

/// Listens on loopback. Needs the right to (root, or CAP_NET_RAW).
#[derive(Debug)]
pub struct Wire {
    stop: Arc<AtomicBool>,
    listener: Option<JoinHandle<HashMap<u32, Stream>>>,
}

impl Wire {
    /// Starts to note RTP on its way to this UDP port.
    ///
    /// # Errors
    /// When packets can't be listened to.
    pub fn listen(port: u16) -> Result<Self> {
        Self::on(Way::To(port))
    }

    /// Starts to note RTP that comes from this UDP port.
    ///
    /// # Errors
    /// When packets can't be listened to.
    pub fn listen_from(port: u16) -> Result<Self> {
        Self::on(Way::From(port))
    }

    fn on(way: Way) -> Result<Self> {
        let socket =
            socket(AddressFamily::PACKET, SocketType::DGRAM, NonZeroU32::new(IPV4).map(Protocol::from_raw))
                .context("listening to packets needs root")?;
        sockopt::set_socket_recv_buffer_size_force(&socket, BUFFER)?;
        sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(Duration::from_millis(100)))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let listener = std::thread::spawn(move || hear(&socket, way, &stopped));
        Ok(Self { stop, listener: Some(listener) })
    }

    /// Everything heard so far, by SSRC.
    #[must_use]
    pub fn streams(mut self) -> HashMap<u32, Stream> {
        self.stop.store(true, Ordering::Relaxed);
        self.listener.take().and_then(|l| l.join().ok()).unwrap_or_default()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn hear(socket: &OwnedFd, way: Way, stop: &AtomicBool) -> HashMap<u32, Stream> {
    let mut streams: HashMap<u32, Stream> = HashMap::new();
    let mut packet = [0; 128];
    while !stop.load(Ordering::Relaxed) {
        let Ok((taken, _)) = recv(socket, &mut packet[..], RecvFlags::empty()) else { continue };
        if let Some(header) = packet.get(..taken).and_then(|p| rtp(p, way)) {
            streams.entry(header.ssrc).or_default().take(header);
        }
    }
    streams
}

/// What is read of an RTP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    payload_type: u8,
    seq: u16,
    stamp: u32,
    ssrc: u32,
}

/// The RTP header of an IPv4 packet, if it is RTP that goes this way.
fn rtp(packet: &[u8], way: Way) -> Option<Header> {
    const UDP: u8 = 17;
    let (first, protocol) = (*packet.first()?, *packet.get(9)?);
    let udp = packet.get(usize::from(first & 15) * 4..)?;
    let passes = match way {
        Way::From(port) => u16_at(udp, 0)? == port,
        Way::To(port) => u16_at(udp, 2)? == port,
    };
    if first >> 4 != 4 || protocol != UDP || !passes {
        return None;
    }
    let rtp = udp.get(8..)?;
    // Version 2, and no RTCP (RFC 5761, 4).
    let payload_type = rtp.get(1)? & 0x7f;
    if rtp.first()? >> 6 != 2 || (64..=95).contains(&payload_type) {
        return None;
    }
    Some(Header { payload_type, seq: u16_at(rtp, 2)?, stamp: u32_at(rtp, 4)?, ssrc: u32_at(rtp, 8)? })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(seq: u16, stamp: u32) -> Header {
        Header { payload_type: 96, seq, stamp, ssrc: 4 }
    }

    #[test]
    fn frames_that_were_left_out_are_counted_and_repeated_ones_are_not() {
        let mut stream = Stream::default();
        for (seq, frame) in [(65_534, 0), (65_535, 0), (0, 1), (1, 3), (2, 4), (3, 7)] {
            stream.take(header(seq, 4_294_960_000_u32.wrapping_add(frame * 3_000)));
        }
        // The same picture again, a tick later, as encoders do on request.
        stream.take(header(4, 4_294_960_000_u32.wrapping_add(7 * 3_000 + 1)));
        assert_eq!(stream.left_out(30).unwrap(), (3, 8));
    }

    #[test]
    fn a_packet_that_escaped_is_told() {
        let mut stream = Stream::default();
        stream.take(header(1, 0));
        stream.take(header(3, 3_000));
        assert!(stream.left_out(30).is_err());
    }

    #[test]
    fn packets_are_told_by_where_they_go_and_come_from() {
        let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1];
        packet.extend([0x10, 0, 0x20, 0, 0, 0, 0, 0]);
        packet.extend([0x80, 0x60, 1, 2, 0, 0, 0, 3, 0, 0, 0, 4, 9]);
        assert_eq!(rtp(&packet, Way::To(0x2000)), Some(header(0x0102, 3)));
        assert_eq!(rtp(&packet, Way::From(0x1000)), Some(header(0x0102, 3)));
        assert_eq!((rtp(&packet, Way::To(0x1000)), rtp(&packet, Way::From(0x2000))), (None, None));
        packet[29] = 200;
        assert_eq!(rtp(&packet, Way::To(0x2000)), None, "a sender report");
    }
}
