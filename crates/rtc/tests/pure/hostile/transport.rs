//! Datagrams of an evil network into a connected transport. What the network's encryption keeps out
//! is `str0m`'s to refuse; that it does, and lives on, is ours to know.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Instant;

use str0m::media::{Direction, MediaKind};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use super::cases::each_case;
use super::dice::Dice;
use crate::support::ms;

/// A receiver that is connected, and what its sender sent until then.
struct Transport {
    rtc: Rtc,
    heard: Vec<Vec<u8>>,
    now: Instant,
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn rtc(port: u16, now: Instant) -> Rtc {
    let mut rtc = RtcConfig::new().set_rtp_mode(true).build(now);
    rtc.add_local_candidate(Candidate::host(address(port), "udp").unwrap());
    rtc
}

/// Everything that `rtc` wants to send, and whether it said that it is connected.
fn drain(rtc: &mut Rtc) -> (Vec<Vec<u8>>, bool) {
    let (mut sent, mut connected) = (Vec::new(), false);
    loop {
        match rtc.poll_output().unwrap() {
            Output::Timeout(_) => return (sent, connected),
            Output::Transmit(out) => sent.push(out.contents.to_vec()),
            Output::Event(event) => connected |= matches!(event, Event::Connected),
        }
    }
}

/// One datagram from one port to the other, and what comes of it.
fn deliver(rtc: &mut Rtc, now: Instant, [from, to]: [u16; 2], datagram: &[u8]) -> (Vec<Vec<u8>>, bool) {
    if let Ok(receive) = Receive::new(Protocol::Udp, address(from), address(to), datagram) {
        // Refused or taken, both are fine.
        let _ = rtc.handle_input(Input::Receive(now, receive));
    }
    drain(rtc)
}

fn pass_time(rtc: &mut Rtc, now: Instant) -> Vec<Vec<u8>> {
    let (mut sent, _) = drain(rtc);
    rtc.handle_input(Input::Timeout(now)).unwrap();
    sent.extend(drain(rtc).0);
    sent
}

impl Transport {
    fn connect() -> Self {
        let mut now = Instant::now();
        let (mut sender, mut rtc) = (rtc(1, now), rtc(2, now));
        let mut changes = sender.sdp_api();
        changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        changes.add_channel("data".to_owned());
        let (offer, pending) = changes.apply().unwrap();
        let answer = rtc.sdp_api().accept_offer(offer).unwrap();
        sender.sdp_api().accept_answer(pending, answer).unwrap();
        let (mut heard, mut connected) = (Vec::new(), false);
        while !connected || heard.len() < 20 {
            now += ms(20);
            let mut to_rtc = pass_time(&mut sender, now);
            let mut to_sender = pass_time(&mut rtc, now);
            while !to_rtc.is_empty() || !to_sender.is_empty() {
                for datagram in std::mem::take(&mut to_rtc) {
                    let (answers, is) = deliver(&mut rtc, now, [1, 2], &datagram);
                    to_sender.extend(answers);
                    connected |= is;
                    heard.push(datagram);
                }
                for datagram in std::mem::take(&mut to_sender) {
                    to_rtc.extend(deliver(&mut sender, now, [2, 1], &datagram).0);
                }
            }
            assert!(heard.len() < 1_000, "the two never met");
        }
        Self { rtc, heard, now }
    }

    fn case(&mut self, dice: &mut Dice) {
        let mut datagram = match dice.below(3) {
            // Behind a first byte that says STUN, DTLS, or RTP and RTCP (RFC 7983, 7).
            0 => [&[dice.pick(&[0, 1, 20, 22, 23, 0x80, 0x90, 0xb0]), dice.byte()], &dice.bytes(200)[..]]
                .concat(),
            _ => self.heard[dice.below(self.heard.len())].clone(),
        };
        for _ in 0..1 + dice.below(3) {
            dice.harm(&mut datagram);
        }
        let (sent, _) = deliver(&mut self.rtc, self.now, [1, 2], &datagram);
        assert!(sent.len() < 10, "{} datagrams in answer to one", sent.len());
        assert!(self.rtc.is_alive(), "one datagram ended the connection: {datagram:02x?}");
    }
}

#[test]
fn any_datagram_is_survived() {
    thread_local! {
        static TRANSPORT: RefCell<Transport> = RefCell::new(Transport::connect());
    }
    each_case(|dice| TRANSPORT.with_borrow_mut(|transport| transport.case(dice)));
}
