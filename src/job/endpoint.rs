//! Where a LiveKit server is, checked: scheme, host, and that credentials don't travel in clear.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The URL of a LiveKit server, as it may be dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Checks a URL. `insecure` allows `ws` and `http` to any host.
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub fn parse(text: &str, insecure: bool) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|e| {
            format!("`{}` isn't a URL ({e}); write it like wss://meet.example.com", redact(text))
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a name or password in the URL isn't used; take it out".to_owned());
        }
        let clear = match url.scheme() {
            "ws" | "http" => true,
            "wss" | "https" => false,
            other => return Err(format!("scheme `{other}` isn't one of wss, https, ws, http")),
        };
        let Some(host) = url.host() else {
            return Err(format!("`{url}` names no host"));
        };
        if clear && !insecure && !is_near(&host) {
            return Err(format!(
                "{}:// sends the token in clear to {host}, which isn't a loopback or private address; \
                 use wss://, or say --insecure",
                url.scheme()
            ));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("a LiveKit server is named by scheme, host and port only, without a path".to_owned());
        }
        Ok(Self(url))
    }

    /// Host and port, for lines that people read.
    pub fn authority(&self) -> &str {
        self.0.authority()
    }

    /// The URL without its trailing slash.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Loopback, private (RFC 1918, RFC 4193) and link-local addresses, and `localhost` (RFC 6761, 6.3).
///
/// Other names may resolve to anything, tomorrow to something else: they count as far.
fn is_near(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Host::Ipv4(ip) => is_near_v4(*ip),
        Host::Ipv6(ip) => is_near_v6(*ip),
    }
}

fn is_near_v4(ip: Ipv4Addr) -> bool {
    ip.is_loopback() || ip.is_private() || ip.is_link_local()
}

fn is_near_v6(ip: Ipv6Addr) -> bool {
    match ip.to_ipv4_mapped() {
        Some(v4) => is_near_v4(v4),
        None => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// What may be shown of a URL that doesn't parse: nothing before an `@`.
fn redact(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, tail)| tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_ones() {
        for url in [
            "wss://meet.example.com",
            "https://meet.example.com:7443/",
            "ws://localhost:7880",
            "ws://127.0.0.1:7880",
            "http://10.1.2.3",
            "ws://192.168.0.9:1",
            "ws://172.16.0.1",
            "ws://[::1]:7880",
            "ws://[fd00::1]",
            "ws://[::ffff:10.0.0.1]",
            "ws://livekit.localhost",
        ] {
            assert!(Endpoint::parse(url, false).is_ok(), "{url}");
        }
        assert_eq!(Endpoint::parse("wss://a.example:7443/", false).unwrap().as_str(), "wss://a.example:7443");
    }

    #[test]
    fn clear_text_to_far_hosts_needs_a_word() {
        for url in [
            "ws://meet.example.com",
            "http://8.8.8.8",
            "ws://172.32.0.1",
            "ws://livekit",
            "ws://localhost.example.com",
            "ws://[2001:db8::1]",
            "ws://[::ffff:8.8.8.8]",
            "ws://127.0.0.1.nip.io",
        ] {
            let error = Endpoint::parse(url, false).unwrap_err();
            assert!(error.contains("--insecure"), "{url}: {error}");
            assert!(Endpoint::parse(url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn bad_ones() {
        for (url, says) in [
            ("", "isn't a URL"),
            ("meet.example.com", "isn't a URL"),
            ("meet.example.com:443", "scheme"),
            ("ftp://meet.example.com", "scheme `ftp`"),
            ("wss://", "isn't a URL"),
            ("wss://meet.example.com/room", "without a path"),
            ("wss://meet.example.com?access_token=x", "without a path"),
            ("wss://user:pw@meet.example.com", "password"),
        ] {
            let error = Endpoint::parse(url, false).unwrap_err();
            assert!(error.contains(says), "{url}: {error}");
            assert!(!error.contains("pw@"), "{error}");
        }
    }
}
