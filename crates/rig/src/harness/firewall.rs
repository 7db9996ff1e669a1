//! Packets that get lost: rules of nftables on loopback, gone when dropped. Needs root.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// Rules in a table of their own.
#[derive(Debug)]
pub struct Firewall {
    table: String,
}

impl Firewall {
    /// Loses this many of a hundred UDP packets from and to these ports, at random.
    ///
    /// # Errors
    /// When nftables refuse.
    pub fn lose(ports: &[u16], percent: u8) -> Result<Self> {
        let ports = set(ports);
        Self::with(&format!(
            "udp sport {ports} numgen random mod 100 < {percent} drop\n\
             udp dport {ports} numgen random mod 100 < {percent} drop"
        ))
    }

    /// Lets no UDP packet through from and to these ports.
    ///
    /// # Errors
    /// When nftables refuse.
    pub fn block(ports: &[u16]) -> Result<Self> {
        let ports = set(ports);
        Self::with(&format!("udp sport {ports} drop\nudp dport {ports} drop"))
    }

    /// Lets UDP packets reach this port from these ports only.
    ///
    /// # Errors
    /// When nftables refuse.
    pub fn only(to: u16, from: &[u16]) -> Result<Self> {
        Self::with(&format!("udp dport {to} udp sport != {} drop", set(from)))
    }

    /// The same, and no TCP to that other port.
    ///
    /// # Errors
    /// When nftables refuse.
    pub fn only_udp(to: u16, from: &[u16], tcp: u16) -> Result<Self> {
        Self::with(&format!("udp dport {to} udp sport != {} drop\ntcp dport {tcp} drop", set(from)))
    }

    fn with(rules: &str) -> Result<Self> {
        let table = format!("livetape_rig_{}", std::process::id());
        let text = format!(
            "table inet {table} {{\nchain input {{\ntype filter hook input priority 0; policy accept;\n{rules}\n}}\n}}\n"
        );
        let mut nft = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).spawn().context("nft")?;
        nft.stdin.take().context("a pipe")?.write_all(text.as_bytes())?;
        ensure!(nft.wait()?.success(), "nftables refuse (they need root): {rules}");
        Ok(Self { table })
    }
}

impl Drop for Firewall {
    fn drop(&mut self) {
        let gone = Command::new("nft").args(["delete", "table", "inet", &self.table]).status();
        if !gone.is_ok_and(|status| status.success()) {
            eprintln!("the rules of {} are still there", self.table);
        }
    }
}

/// UDP ports that a process has bound.
///
/// # Errors
/// When the process is gone.
pub fn udp_ports(pid: u32) -> Result<Vec<u16>> {
    let links = fs::read_dir(format!("/proc/{pid}/fd"))?.filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
    let inode = |link: std::path::PathBuf| {
        let text = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        Some(text.to_owned())
    };
    let inodes: HashSet<String> = links.filter_map(inode).collect();
    let tables = ["udp", "udp6"].map(|name| fs::read_to_string(format!("/proc/{pid}/net/{name}")));
    let mut ports = Vec::new();
    for line in tables.iter().flatten().flat_map(|text| text.lines().skip(1)) {
        // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
        let fields: Vec<&str> = line.split_whitespace().collect();
        let port = fields.get(1).and_then(|local| local.rsplit_once(':'));
        if let (Some((_, port)), Some(inode)) = (port, fields.get(9))
            && inodes.contains(*inode)
        {
            ports.extend(u16::from_str_radix(port, 16));
        }
    }
    Ok(ports)
}

fn set(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    format!("{{ {} }}", ports.join(", "))
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn a_process_has_the_ports_that_it_bound() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        assert!(udp_ports(std::process::id()).unwrap().contains(&port));
        drop(socket);
        assert!(!udp_ports(std::process::id()).unwrap().contains(&port));
    }
}
