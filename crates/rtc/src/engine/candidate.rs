//! ICE candidates: ours from addresses, the remote's from text. Pure.

use std::net::SocketAddr;

use str0m::Candidate;
use str0m::net::{Protocol, TcpType};

/// Our UDP socket.
pub(super) fn udp(address: SocketAddr) -> Option<Candidate> {
    Candidate::host(address, "udp").ok()
}

/// Our end of a TCP connection that we made.
pub(super) fn tcp(address: SocketAddr) -> Option<Candidate> {
    Candidate::builder().tcp().host(address).tcptype(TcpType::Active).build().ok()
}

/// An address of ours on a TURN server; `local` is what the server relays to.
pub(super) fn relayed(address: SocketAddr, local: SocketAddr) -> Option<Candidate> {
    Candidate::relayed(address, local, "udp").ok()
}

/// A remote candidate as a trickle message has it; `None` for one that can't be read.
pub(super) fn remote(text: &str) -> Option<Candidate> {
    let text = text.trim();
    Candidate::from_sdp_string(text.strip_prefix("a=").unwrap_or(text)).ok()
}

/// The remote candidates within a description.
pub(super) fn within(sdp: &str) -> impl Iterator<Item = Candidate> {
    sdp.lines().filter(|line| line.starts_with("a=candidate:")).filter_map(remote)
}

/// The remote waits for TCP connections there (RFC 6544, 4.5).
pub(super) fn is_tcp(candidate: &Candidate) -> bool {
    candidate.proto() == Protocol::Tcp && candidate.tcptype() != Some(TcpType::Active)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_read_with_or_without_the_attribute_name() {
        let text = "candidate:1 1 udp 2130706431 127.0.0.1 7902 typ host";
        let udp = remote(text).unwrap();
        assert_eq!(udp.addr(), "127.0.0.1:7902".parse().unwrap());
        assert!(!is_tcp(&udp));
        let sdp = format!(
            "v=0\r\na={text}\r\na=candidate:2 1 tcp 1671430143 10.0.0.1 7901 typ host tcptype passive\r\n"
        );
        let found: Vec<_> = within(&sdp).collect();
        assert_eq!(found.iter().map(is_tcp).collect::<Vec<_>>(), [false, true]);
        assert_eq!(remote("candidate:nonsense"), None);
    }
}
