//! What a remote description says about the tracks it carries (RFC 8866, 8830, 5576). Pure.
//!
//! Only the lines that decide which SSRC belongs to which track are read; negotiation proper is
//! str0m's. Whatever can't be read is left out, never refused.

use super::MediaKind;

/// One media section of a remote description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RemoteSection {
    pub mid: String,
    pub kind: MediaKind,
    /// The remote sends on it.
    pub sending: bool,
    /// The track it carries, if it names one.
    pub source: Option<Source>,
}

/// A track as the remote names it. Two that differ in any part are two tracks (mids come back).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub stream: String,
    pub track: String,
    pub ssrc: u32,
}

/// The audio and video sections, in order.
pub(super) fn sections(sdp: &str) -> Vec<RemoteSection> {
    let mut found = Vec::new();
    for block in media_blocks(sdp) {
        found.extend(section(&block));
    }
    found
}

/// An SFU's offer says `sendrecv`; mirrored, we would have to send. It may only send to us (T8).
pub(super) fn only_receive(offer: &str) -> String {
    let mut out = String::with_capacity(offer.len());
    let mut media = false;
    for line in offer.lines().map(str::trim_end) {
        if line.starts_with("m=") {
            media = line.contains("RTP/");
        }
        out.push_str(if media && line == "a=sendrecv" { "a=sendonly" } else { line });
        out.push_str("\r\n");
    }
    out
}

fn media_blocks(sdp: &str) -> Vec<Vec<&str>> {
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    for line in sdp.lines().map(str::trim_end) {
        if line.starts_with("m=") {
            blocks.push(vec![line]);
        } else if let Some(block) = blocks.last_mut() {
            block.push(line);
        }
    }
    blocks
}

fn section(lines: &[&str]) -> Option<RemoteSection> {
    let kind = match lines.first()?.strip_prefix("m=")?.split(' ').next()? {
        "audio" => MediaKind::Audio,
        "video" => MediaKind::Video,
        _ => return None,
    };
    let attribute = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name));
    let has = |line: &str| lines.contains(&line);
    let mid = attribute("a=mid:")?.to_owned();
    let sending = !has("a=inactive") && !has("a=recvonly");
    Some(RemoteSection { mid, kind, sending, source: sending.then(|| source(lines)).flatten() })
}

fn source(lines: &[&str]) -> Option<Source> {
    let attribute = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name));
    let ssrc_lines = || {
        lines.iter().filter_map(|line| {
            let (ssrc, rest) = line.strip_prefix("a=ssrc:")?.split_once(' ')?;
            Some((ssrc.parse::<u32>().ok()?, rest))
        })
    };
    // The first of an FID group is the media, the second its retransmissions (RFC 4588, 8.1).
    let ssrc = attribute("a=ssrc-group:FID ")
        .and_then(|group| group.split(' ').next()?.parse().ok())
        .or_else(|| ssrc_lines().next().map(|(ssrc, _)| ssrc))?;
    let msid = attribute("a=msid:").or_else(|| {
        ssrc_lines().filter(|(of, _)| *of == ssrc).find_map(|(_, rest)| rest.strip_prefix("msid:"))
    })?;
    let (stream, track) = msid.split_once(' ').unwrap_or((msid, ""));
    (stream != "-").then(|| Source { stream: stream.to_owned(), track: track.to_owned(), ssrc })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na=sendrecv\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a1\r\na=sendonly\r\na=msid:PA_x|TR_a TR_a\r\n\
        a=ssrc:10 cname:x\r\na=ssrc:10 msid:PA_x|TR_a TR_a\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v1\r\na=sendonly\r\na=ssrc-group:FID 20 21\r\n\
        a=ssrc:20 msid:PA_x|TR_v TR_v\r\na=ssrc:21 msid:PA_x|TR_v TR_v\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v2\r\na=inactive\r\n";

    #[test]
    fn tracks_are_found_by_section() {
        let found = sections(ANSWER);
        let source = |stream: &str, track: &str, ssrc| {
            Some(Source { stream: stream.into(), track: track.into(), ssrc })
        };
        assert_eq!(found.len(), 3);
        assert_eq!((found[0].mid.as_str(), found[0].kind), ("a1", MediaKind::Audio));
        assert_eq!(found[0].source, source("PA_x|TR_a", "TR_a", 10));
        assert_eq!(found[1].source, source("PA_x|TR_v", "TR_v", 20));
        assert_eq!((found[2].sending, &found[2].source), (false, &None));
    }

    #[test]
    fn a_section_without_track_or_number_carries_none() {
        let sdp = "m=video 9 X 96\r\na=mid:1\r\na=sendonly\r\na=msid:- -\r\na=ssrc:1 cname:c\r\n\
            m=video 9 X 96\r\na=mid:2\r\na=sendonly\r\na=msid:PA|TR TR\r\na=ssrc:huge cname:c\r\n";
        assert!(sections(sdp).iter().all(|s| s.sending && s.source.is_none()));
        assert_eq!(sections("nonsense\r\nm=\r\nm=audio"), vec![]);
    }

    #[test]
    fn an_offer_to_send_and_receive_becomes_one_to_receive() {
        let offer =
            "m=application 9 UDP/DTLS/SCTP x\na=sendrecv\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=sendrecv\n";
        let expected = "m=application 9 UDP/DTLS/SCTP x\r\na=sendrecv\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=sendonly\r\n";
        assert_eq!(only_receive(offer), expected);
    }
}
