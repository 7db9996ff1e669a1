//! Two machines and what lies between them: one for the server and its publishers, one for the
//! recorder. They are network namespaces, gone with everything in them when dropped. Needs root.

use std::net::IpAddr;

use anyhow::{Context as _, Result};

use super::Weather;
use super::bridge::Bridge;
use super::host::{Host, Namespace};

/// The interface of each machine.
const INTERFACE: &str = "wire";

/// How the two machines number themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
}

/// Two machines, joined.
#[derive(Debug)]
pub struct Network {
    family: Family,
    // Dropped before the interfaces that it reads.
    bridge: Option<Bridge>,
    room: Namespace,
    recorder: Namespace,
    /// The last part of the recorder's address.
    number: u8,
}

impl Network {
    /// Joined by a cable that loses nothing.
    ///
    /// # Errors
    /// When namespaces or interfaces can't be made.
    pub fn cable(family: Family) -> Result<Self> {
        let network = Self::apart(family)?;
        let other = network.recorder.name();
        let pair =
            ["link", "add", "name", INTERFACE, "type", "veth", "peer", "name", INTERFACE, "netns", other];
        network.room.ip(&pair)?;
        network.up()
    }

    /// Joined by a network with weather.
    ///
    /// # Errors
    /// When namespaces or interfaces can't be made.
    pub fn rough(family: Family, weather: Weather) -> Result<Self> {
        let mut network = Self::apart(family)?;
        let ends = [network.room(), network.recorder()];
        network.bridge = Some(Bridge::between(&ends, INTERFACE, weather)?);
        network.up()
    }

    fn apart(family: Family) -> Result<Self> {
        let (room, recorder) = (Namespace::new("room")?, Namespace::new("recorder")?);
        Ok(Self { family, bridge: None, room, recorder, number: 2 })
    }

    fn up(self) -> Result<Self> {
        for (namespace, host) in [(&self.room, self.room()), (&self.recorder, self.recorder())] {
            give(namespace, host.address())?;
            namespace.ip(&["link", "set", INTERFACE, "up"])?;
        }
        Ok(self)
    }

    /// Where the server and its publishers are.
    #[must_use]
    pub fn room(&self) -> Host {
        Host::within(&self.room, INTERFACE, self.address(1))
    }

    /// Where the recorder is.
    #[must_use]
    pub fn recorder(&self) -> Host {
        Host::within(&self.recorder, INTERFACE, self.address(self.number))
    }

    /// Lets so many kilobits a second through on the way to the recorder, with a queue of 300 ms.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn narrow(&self, kbit: u32) -> Result<()> {
        let rate = format!("{kbit}kbit");
        // The burst holds two packets: what comes more at once has to queue.
        let filter = ["tbf", "rate", &rate, "burst", "3000", "latency", "300ms"];
        self.room.tc(&[&["qdisc", "add", "dev", INTERFACE, "root"][..], &filter].concat())
    }

    /// Takes that back.
    ///
    /// # Errors
    /// When it wasn't narrow.
    pub fn widen(&self) -> Result<()> {
        self.room.tc(&["qdisc", "delete", "dev", INTERFACE, "root"])
    }

    /// Bytes that have reached the recorder's machine.
    ///
    /// # Errors
    /// When its interface is gone.
    pub fn received(&self) -> Result<u64> {
        // The thread's own view: the process's is that of its first thread.
        let table = self.recorder().enter(|| Ok(std::fs::read_to_string("/proc/thread-self/net/dev")?))?;
        let line = table.lines().find_map(|line| line.trim().strip_prefix(INTERFACE)?.strip_prefix(':'));
        let first = line.and_then(|counters| counters.split_whitespace().next()).context("no interface")?;
        Ok(first.parse()?)
    }

    /// The recorder's machine gets another address; the one that it had is gone.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn renumber(&mut self) -> Result<()> {
        let old = self.address(self.number);
        self.number += 1;
        self.recorder.ip(&["address", "delete", &with_prefix(old), "dev", INTERFACE])?;
        give(&self.recorder, self.address(self.number))
    }

    /// Private addresses (RFC 1918, RFC 4193), as a recorder may reach without TLS.
    fn address(&self, number: u8) -> IpAddr {
        match self.family {
            Family::V4 => IpAddr::from([10, 189, 0, number]),
            Family::V6 => IpAddr::from([0xfd89, 0, 0, 0, 0, 0, 0, u16::from(number)]),
        }
    }
}

fn give(namespace: &Namespace, address: IpAddr) -> Result<()> {
    let text = with_prefix(address);
    let add = ["address", "add", &text, "dev", INTERFACE];
    // Whether somebody else has it needn't be asked (RFC 4862, 5.4): it would cost a second.
    let nodad: &[&str] = if address.is_ipv6() { &["nodad"] } else { &[] };
    namespace.ip(&[&add[..], nodad].concat())
}

fn with_prefix(address: IpAddr) -> String {
    format!("{address}/{}", if address.is_ipv6() { 64 } else { 24 })
}
