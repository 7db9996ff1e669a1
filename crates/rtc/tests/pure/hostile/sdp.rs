//! Descriptions of an evil server: an offer that was spoiled, through the peer connection's own door.
//! They hold no candidates, so that nothing is sent anywhere.

use std::cell::LazyCell;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use livetape_rtc::engine::{
    ConnectionState, DataChannel, EngineError, Observer, PeerConfig, PeerConnection, Section, SignalingState,
};
use str0m::media::{Direction, MediaKind};
use str0m::{Candidate, RtcConfig};

use super::cases::{each_case, each_case_of};
use super::dice::Dice;

struct Deaf;

impl Observer for Deaf {
    fn connection_state(&self, _: ConnectionState) {}
    fn signaling_state(&self, _: SignalingState) {}
    fn track(&self, _: Section) {}
    fn data_channel(&self, _: DataChannel) {}
}

/// What an SFU offers: sound, two pictures, data.
static OFFER: LazyLock<String> = LazyLock::new(|| {
    let mut rtc = RtcConfig::new().set_rtp_mode(true).build(Instant::now());
    let mut changes = rtc.sdp_api();
    for kind in [MediaKind::Audio, MediaKind::Video, MediaKind::Video] {
        let (stream, track) = (Some("PA_x|TR_x".to_owned()), Some("TR_x".to_owned()));
        changes.add_media(kind, Direction::SendOnly, stream, track, None);
    }
    changes.add_channel("data".to_owned());
    changes.apply().unwrap().0.to_sdp_string()
});

const WORDS: [&str; 12] = [
    "",
    "-1",
    "0",
    "65536",
    "4294967296",
    "99999999999999999999",
    "a=sendrecv",
    "a=mid:0",
    "a=ssrc-group:FID 1",
    "a=ssrc:1 msid:- -",
    "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "m=audio 9 UDP/TLS/RTP/SAVPF",
];

fn spoil(dice: &mut Dice, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..1 + dice.below(4) {
        let (at, other) = (dice.below(lines.len().max(1)), dice.below(lines.len().max(1)));
        let Some(line) = lines.get(at).cloned() else { break };
        match dice.below(6) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(other, line),
            2 => lines.swap(at, other),
            3 => lines[at] = dice.pick(&WORDS).to_owned(),
            4 => {
                let mut words: Vec<&str> = line.split(' ').collect();
                let word = dice.below(words.len());
                words[word] = dice.pick(&WORDS);
                lines[at] = words.join(" ");
            }
            _ => {
                let mut bytes = line.into_bytes();
                dice.harm(&mut bytes);
                lines[at] = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
    }
    lines.join("\r\n") + "\r\n"
}

/// A conversation each, so there are fewer of them.
#[test]
fn any_offer_is_survived() {
    thread_local! {
        static RUNTIME: LazyCell<tokio::runtime::Runtime> =
            LazyCell::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
    }
    each_case_of(100, |dice| {
        let offer = spoil(dice, &OFFER);
        RUNTIME.with(|runtime| {
            runtime.block_on(async {
                let peer = PeerConnection::new(PeerConfig::default(), Arc::new(Deaf)).unwrap();
                let taken = peer.set_remote_description(true, offer.clone()).await;
                let answer = peer.create_answer().await;
                for closed in [taken.err(), answer.err()] {
                    assert!(!matches!(closed, Some(EngineError::Closed)), "the driver died of {offer}");
                }
            });
        });
    });
}

#[test]
fn any_candidate_is_survived() {
    const CANDIDATE: &str =
        "candidate:1 1 tcp 1671430143 127.0.0.1 7901 typ host tcptype passive generation 0 ufrag x";
    each_case(|dice| {
        let _ = Candidate::from_sdp_string(&spoil(dice, CANDIDATE));
    });
}
