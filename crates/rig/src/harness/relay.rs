//! A LiveKit server's own TURN server: by UDP, by TLS, or both.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::nginx::{Certificate, certify};
use super::{Scratch, free_tcp, free_udp};

/// Credentials that the TURN server takes from anyone who knows them: base62 of `rigkey|PA_relay`, and base62 of
/// SHA-256 of `SECRET|PA_relay`, with the secret of the rig's servers. Worth as little as that one.
const USERNAME: &str = "5FGblJ3XBBFfyrs1OLN5A";
const PASSWORD: &str = "UBcGbhZ8tcQbqB2gEcF0jb6jpicezU79X3PNudeDvaI";

/// Ports that a TURN server may relay from.
const PORTS: u16 = 20;

/// What a server is told of relays.
#[derive(Debug)]
pub struct Relay {
    listener: String,
    named: String,
    relaying: Vec<u16>,
    authority: Option<PathBuf>,
}

impl Relay {
    /// Relays for clients that reach it by UDP.
    ///
    /// # Errors
    /// When ports can't be had.
    pub fn udp() -> Result<Self> {
        let listener = format!("udp_port: {}", free_udp()?);
        Ok(Self { listener, named: String::new(), relaying: ports()?, authority: None })
    }

    /// Relays for clients that reach it by TLS; the certificate is of an authority of our own.
    ///
    /// # Errors
    /// When ports or certificates can't be had.
    pub fn tls(scratch: &Scratch) -> Result<Self> {
        let port = free_tcp()?;
        let dir = scratch.join(&format!("relay-{port}"));
        std::fs::create_dir_all(&dir)?;
        let authority = certify(&dir, Certificate::Right)?;
        // The server itself names port 443 to its clients, where nobody listens here; the right one is named beside it.
        let listener = format!(
            "domain: 127.0.0.1, tls_port: {port}, cert_file: {0}/tls.crt, key_file: {0}/tls.key",
            dir.display()
        );
        let named = format!(
            "  turn_servers: [{{host: localhost, port: {port}, protocol: tls, username: {USERNAME}, \
             credential: {PASSWORD}}}]\n"
        );
        Ok(Self { listener, named, relaying: ports()?, authority: Some(authority) })
    }

    /// The ports that relayed packets come from.
    #[must_use]
    pub fn ports(&self) -> &[u16] {
        &self.relaying
    }

    /// The authority's certificate, for `SSL_CERT_FILE`; `None` without TLS.
    #[must_use]
    pub fn authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// What is to be added to the server's configuration, behind its `rtc`.
    #[must_use]
    pub fn config(&self) -> String {
        let (first, last) = (self.relaying.first().unwrap_or(&0), self.relaying.last().unwrap_or(&0));
        format!(
            "  node_ip: 127.0.0.1\n{}turn: {{enabled: true, {}, bind_addresses: [\"127.0.0.1\"], \
             relay_range_start: {first}, relay_range_end: {last}}}",
            self.named, self.listener
        )
    }
}

/// Consecutive UDP ports that were free a moment ago.
fn ports() -> Result<Vec<u16>> {
    let free = |port: &u16| UdpSocket::bind(("127.0.0.1", *port)).is_ok();
    let mut attempts = (0..100).filter_map(|_| {
        let first = free_udp().ok()?;
        let range: Vec<u16> = (first..first.checked_add(PORTS)?).collect();
        range.iter().all(free).then_some(range)
    });
    attempts.next().context("no range of UDP ports")
}
