//! A TURN server and the way to it, from its URI (RFC 7065). Pure.

use std::fmt;

use zeroize::Zeroizing;

/// Ports where the URI names none (RFC 8656, 6).
const PORT: u16 = 3478;
const TLS_PORT: u16 = 5349;

/// What lies between us and the server; between the server and the peer it is UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayTransport {
    /// Datagrams.
    Udp,
    /// A plain connection.
    Tcp,
    /// A connection with TLS; the certificate must be for the host of the URI.
    Tls,
}

/// A TURN server with credentials for it. The password is wiped when dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayServer {
    /// A name, or an address without brackets.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The way to it.
    pub transport: RelayTransport,
    pub(super) username: String,
    pub(super) password: Zeroizing<String>,
}

impl RelayServer {
    /// Reads `turn:host[:port][?transport=udp|tcp]` or `turns:…`; `None` for anything else: STUN, DTLS.
    pub fn parse(uri: &str, username: &str, password: &str) -> Option<Self> {
        let (scheme, rest) = uri.split_once(':')?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "turn" => false,
            "turns" => true,
            _ => return None,
        };
        let transport = match (is_tls, query.to_ascii_lowercase().as_str()) {
            (false, "" | "transport=udp") => RelayTransport::Udp,
            (false, "transport=tcp") => RelayTransport::Tcp,
            (true, "" | "transport=tcp") => RelayTransport::Tls,
            _ => return None,
        };
        let (host, port) = split_port(place)?;
        let port = match port {
            Some(text) => text.parse().ok().filter(|port| *port != 0)?,
            None if is_tls => TLS_PORT,
            None => PORT,
        };
        (!host.is_empty()).then(|| Self {
            host: host.to_owned(),
            port,
            transport,
            username: username.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        })
    }
}

/// Host and port of `host:port`, `[v6]:port`, or either without the port.
fn split_port(place: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        return match port.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => port.is_empty().then_some((host, None)),
        };
    }
    match place.split_once(':') {
        Some((host, port)) => Some((host, Some(port))),
        None => Some((place, None)),
    }
}

impl fmt::Debug for RelayServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelayServer({self})")
    }
}

impl fmt::Display for RelayServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} by {:?}", self.host, self.port, self.transport)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_turn_uri_is_read_and_nothing_else() {
        use RelayTransport::{Tcp, Tls, Udp};
        for (uri, expected) in [
            ("turn:10.0.0.1:3479?transport=udp", Some(("10.0.0.1", 3479, Udp))),
            ("turn:relay.example", Some(("relay.example", 3478, Udp))),
            ("turn:relay.example:80?transport=tcp", Some(("relay.example", 80, Tcp))),
            ("turns:relay.example:443?transport=tcp", Some(("relay.example", 443, Tls))),
            ("TURNS:relay.example", Some(("relay.example", 5349, Tls))),
            ("turn:[2001:db8::1]:3478", Some(("2001:db8::1", 3478, Udp))),
            ("turn:[2001:db8::1]", Some(("2001:db8::1", 3478, Udp))),
            ("turn:[2001:db8::1", None),
            ("turn:[2001:db8::1]3478", None),
            ("turns:relay.example?transport=udp", None),
            ("stun:relay.example:3478", None),
            ("turn:relay.example:0", None),
            ("turn:relay.example:65536", None),
            ("turn:", None),
            ("", None),
        ] {
            let server = RelayServer::parse(uri, "u", "p");
            let found = server.as_ref().map(|server| (server.host.as_str(), server.port, server.transport));
            assert_eq!(found, expected, "{uri}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let server = RelayServer::parse("turn:relay.example", "somebody", "hunter2").unwrap();
        let text = format!("{server:?} {server:#?} {server}");
        assert!(!text.contains("hunter2") && !text.contains("somebody"), "{text}");
    }
}
