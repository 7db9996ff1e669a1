//! A network with weather between two hosts: a TUN device on each, and a thread that carries packets
//! from one to the other, late, out of order, twice or never.
//!
//! The kernel's own emulator (netem) isn't in every kernel; this needs TUN alone.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::ioctl::{Updater, ioctl};

use super::Weather;
use super::host::Host;
use super::weather::Way;

/// More packets than this on the way: further ones are lost, as in any network.
const MOST_ON_THE_WAY: usize = 20_000;
/// How soon the end is noticed.
const LOOK: Duration = Duration::from_millis(100);

/// A network between two hosts; it ends when dropped.
#[derive(Debug)]
pub(super) struct Bridge {
    stop: Arc<AtomicBool>,
    carrier: Option<JoinHandle<()>>,
}

/// A packet on its way. Ordered by when it comes, then by when it set out.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Trip {
    due: Instant,
    number: u64,
    to: usize,
    packet: Vec<u8>,
}

impl Bridge {
    /// Makes a TUN device of that name on each host, and carries packets between them.
    pub(super) fn between(hosts: &[Host; 2], interface: &str, weather: Weather) -> Result<Self> {
        let [first, second] = hosts;
        let ends = [first.enter(|| tun(interface))?, second.enter(|| tun(interface))?];
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let carrier = std::thread::spawn(move || carry(ends, weather, &stopped));
        Ok(Self { stop, carrier: Some(carrier) })
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(carrier) = self.carrier.take()
            && carrier.join().is_err()
        {
            eprintln!("the bridge broke down");
        }
    }
}

fn carry(mut ends: [File; 2], weather: Weather, stop: &AtomicBool) {
    let mut ways = [Way::new(weather, 0), Way::new(weather, 1)];
    let mut trips: BinaryHeap<Reverse<Trip>> = BinaryHeap::new();
    let mut number = 0;
    let mut packet = [0; 2048];
    while !stop.load(Ordering::Relaxed) {
        await_packets(&ends, trips.peek().map(|Reverse(trip)| trip.due));
        for (from, way) in ways.iter_mut().enumerate() {
            while let Some(len) = ends.get_mut(from).and_then(|end| take(end, &mut packet)) {
                let now = Instant::now();
                for takes in way.cross() {
                    if trips.len() < MOST_ON_THE_WAY {
                        let (to, packet) = (1 - from, packet.get(..len).unwrap_or_default().to_vec());
                        trips.push(Reverse(Trip { due: now + takes, number, to, packet }));
                        number += 1;
                    }
                }
            }
        }
        let now = Instant::now();
        while trips.peek().is_some_and(|Reverse(trip)| trip.due <= now) {
            let Some(Reverse(trip)) = trips.pop() else { break };
            // An interface that is down takes none: lost.
            let _ = ends.get_mut(trip.to).map(|end| end.write(&trip.packet));
        }
    }
}

/// Waits until a packet is there, or one is due.
fn await_packets(ends: &[File; 2], due: Option<Instant>) {
    let wait = due.map_or(LOOK, |due| due.saturating_duration_since(Instant::now()).min(LOOK));
    let wait = Timespec { tv_sec: 0, tv_nsec: wait.as_nanos() as _ };
    let [first, second] = ends;
    let mut fds = [PollFd::new(first, PollFlags::IN), PollFd::new(second, PollFlags::IN)];
    // Whatever is wrong with a device shows when it is read.
    let _ = poll(&mut fds, Some(&wait));
}

fn take(end: &mut File, packet: &mut [u8]) -> Option<usize> {
    loop {
        match end.read(packet) {
            Ok(len) => return Some(len),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// `struct ifreq` as TUNSETIFF reads it (linux/if.h).
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

/// A TUN device of the network we are on: IP packets, nothing before them.
fn tun(interface: &str) -> Result<File> {
    const TUNSETIFF: u32 = 0x4004_54ca;
    const IFF_TUN: u16 = 0x0001;
    const IFF_NO_PI: u16 = 0x1000;
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let opened = OpenOptions::new().read(true).write(true).custom_flags(nonblocking).open("/dev/net/tun");
    let device = opened.context("/dev/net/tun")?;
    let mut request = Request { name: [0; 16], flags: IFF_TUN | IFF_NO_PI, rest: [0; 22] };
    ensure!(interface.len() < request.name.len(), "`{interface}` is too long for an interface");
    for (to, from) in request.name.iter_mut().zip(interface.bytes()) {
        *to = from;
    }
    #[expect(
        unsafe_code,
        reason = "TUNSETIFF has no safe wrapper; it reads and writes one ifreq, which lives here"
    )]
    unsafe {
        ioctl(&device, Updater::<TUNSETIFF, Request>::new(&mut request))?;
    }
    Ok(device)
}
