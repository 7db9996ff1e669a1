//! The life of an allocation in virtual time, against a server of a few lines that can be told to misbehave.

use proptest::prelude::*;
use turn_client_proto::types::attribute::{Lifetime, XorRelayedAddress};
use turn_client_proto::types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};
use turn_client_proto::types::stun::attribute::{ErrorCode, Nonce, Realm};
use turn_client_proto::types::stun::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageIntegrityCredentials, MessageWriteVec,
};
use turn_client_proto::types::stun::prelude::{MessageWrite as _, MessageWriteExt as _};

use super::*;

const SFU: &str = "10.9.9.9:7882";
const RELAYED: &str = "203.0.113.7:50000";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn server() -> RelayServer {
    RelayServer::parse("turn:192.0.2.1:3478", "somebody", "hunter2").unwrap()
}

fn turn(now: Instant) -> Turn {
    Turn::new(address("192.0.2.2:4000"), address("192.0.2.1:3478"), &server(), now)
}

/// What the fake server does.
#[derive(Debug, Clone, Copy)]
struct Manners {
    lifetime: u32,
    password: &'static str,
    relays: bool,
}

const GOOD: Manners = Manners { lifetime: 600, password: "hunter2", relays: true };

/// The server's answer; `None` for what it ignores.
fn answer(request: &[u8], manners: Manners) -> Option<Vec<u8>> {
    let request = Message::from_bytes(request).ok()?;
    let credentials: MessageIntegrityCredentials =
        LongTermKeyCredentials::new("somebody".into(), manners.password.into(), "livekit".into()).into();
    let refuse = |code, signed: bool| {
        let mut reply = Message::builder_error(&request, MessageWriteVec::new());
        reply.add_attribute(&ErrorCode::builder(code).build().unwrap()).unwrap();
        if signed {
            reply.add_message_integrity(&credentials, IntegrityAlgorithm::Sha1).unwrap();
        } else {
            reply.add_attribute(&Realm::new("livekit").unwrap()).unwrap();
            reply.add_attribute(&Nonce::new("nonce").unwrap()).unwrap();
        }
        Some(reply.finish())
    };
    if request.validate_integrity(&credentials).is_err() {
        return refuse(ErrorCode::UNAUTHORIZED, false);
    }
    if request.has_method(CHANNEL_BIND) && !manners.relays {
        return refuse(ErrorCode::FORBIDDEN, true);
    }
    let mut reply = Message::builder_success(&request, MessageWriteVec::new());
    if request.has_method(ALLOCATE) {
        reply.add_attribute(&XorRelayedAddress::new(address(RELAYED), request.transaction_id())).unwrap();
    }
    if request.has_method(ALLOCATE) || request.has_method(REFRESH) {
        reply.add_attribute(&Lifetime::new(manners.lifetime)).unwrap();
    }
    reply.add_message_integrity(&credentials, IntegrityAlgorithm::Sha1).unwrap();
    Some(reply.finish())
}

/// Runs until `until`, at most; tells what the client did (and when, in seconds), and stops where it failed.
fn run(turn: &mut Turn, now: &mut Instant, until: Instant, manners: Option<Manners>) -> Vec<String> {
    let t0 = turn.base;
    let mut told = Vec::new();
    while *now < until {
        match turn.poll(*now) {
            Output::Send(message) => {
                if let Ok(request) = Message::from_bytes(&message) {
                    let name = match request.method() {
                        ALLOCATE => "allocate",
                        CHANNEL_BIND => "bind",
                        CREATE_PERMISSION => "permit",
                        REFRESH => "refresh",
                        _ => "other",
                    };
                    told.push(format!("{name} {}", now.duration_since(t0).as_secs()));
                } else {
                    told.push(format!("data {:?}", message.get(4..).unwrap()));
                }
                if let Some(reply) = manners.and_then(|manners| answer(&message, manners)) {
                    assert_eq!(turn.receive(&reply, &mut [0; 64], *now), None);
                }
            }
            Output::Allocated(address) => told.push(format!("allocated {address}")),
            Output::Failed => {
                told.push(format!("failed {}", now.duration_since(t0).as_secs()));
                break;
            }
            Output::Wait(at) => *now = at.min(until),
        }
    }
    told
}

fn ready(manners: Manners) -> (Turn, Instant) {
    let mut now = Instant::now();
    let mut turn = turn(now);
    let until = now + Duration::from_secs(1);
    let told = run(&mut turn, &mut now, until, Some(manners));
    assert_eq!(told, ["allocate 0", "allocate 0", &format!("allocated {RELAYED}")]);
    assert_eq!(turn.relayed(), Some(address(RELAYED)));
    (turn, now)
}

#[test]
fn a_peer_gets_a_channel_with_its_first_packet_and_loses_only_older_ones() {
    let (mut turn, mut now) = ready(GOOD);
    let sfu = address(SFU);
    assert_eq!(turn.send(sfu, b"old", now), None);
    assert_eq!(turn.send(sfu, b"new!", now), None);
    let until = now + Duration::from_secs(1);
    assert_eq!(run(&mut turn, &mut now, until, Some(GOOD)), ["bind 1", "data [110, 101, 119, 33]"]);
    // Channel data: number, length, bytes.
    assert_eq!(turn.send(sfu, b"next", now).unwrap(), *b"\x40\0\0\x04next");
    let mut out = [0; 64];
    assert_eq!(turn.receive(b"\x40\0\0\x03abc\0", &mut out, now), Some((sfu, 3)));
    assert_eq!(&out[..3], b"abc");
    // One that nobody bound, and one that is larger than anybody wants.
    assert_eq!(turn.receive(b"\x40\x01\0\x03abc\0", &mut out, now), None);
    assert_eq!(turn.receive(&[&[0x40, 0, 0, 65][..], &[0; 65]].concat(), &mut out, now), None);
    assert_eq!(turn.send(address("[2001:db8::1]:1"), b"v6", now), None);
}

#[test]
fn an_allocation_lives_for_hours_by_refreshing_everything_in_time() {
    let (mut turn, mut now) = ready(GOOD);
    turn.send(address(SFU), b"x", now);
    let until = now + Duration::from_secs(3 * 3600);
    let told = run(&mut turn, &mut now, until, Some(GOOD));
    let last = |what: &str| told.iter().rfind(|line| line.starts_with(what)).cloned();
    for (what, at_least) in [("refresh", 10_000), ("bind", 10_000), ("permit", 10_000)] {
        let line = last(what).unwrap_or_default();
        let at: u64 = line.split(' ').nth(1).and_then(|at| at.parse().ok()).unwrap_or(0);
        assert!(at > at_least, "{what}: {line} of {}", told.len());
    }
    assert!(!told.iter().any(|line| line.starts_with("failed")) && told.len() < 200, "{told:?}");
    assert!(turn.send(address(SFU), b"y", now).is_some());
}

#[test]
fn what_does_not_come_about_fails_in_bounded_time_and_says_so() {
    for (name, manners, expected) in [
        ("nobody there", None, "failed 9"),
        ("wrong password", Some(Manners { password: "other", ..GOOD }), "failed 10"),
        ("no life", Some(Manners { lifetime: 0, ..GOOD }), "failed 0"),
    ] {
        let mut now = Instant::now();
        let mut turn = turn(now);
        let until = now + Duration::from_secs(60);
        let told = run(&mut turn, &mut now, until, manners);
        assert_eq!(told.last().map(String::as_str), Some(expected), "{name}: {told:?}");
        assert!(told.len() < 30, "{name}: {told:?}");
        assert!(turn.has_failed() && turn.relayed().is_none() && turn.poll(now) == Output::Failed, "{name}");
    }
}

#[test]
fn a_server_that_dies_ends_the_path_and_its_address_is_told() {
    let (mut turn, mut now) = ready(GOOD);
    turn.send(address(SFU), b"x", now);
    let until = now + Duration::from_secs(1);
    run(&mut turn, &mut now, until, Some(GOOD));
    let until = now + Duration::from_secs(3600);
    let told = run(&mut turn, &mut now, until, None);
    assert_eq!(told.last().map(String::as_str), Some("failed 600"), "{told:?}");
    assert_eq!(turn.lost(), Some(address(RELAYED)));
}

#[test]
fn a_peer_that_is_refused_is_not_asked_for_again_and_peers_are_bounded() {
    let manners = Manners { relays: false, ..GOOD };
    let (mut turn, mut now) = ready(manners);
    for round in 0..3 {
        for port in 1..=100 {
            assert_eq!(turn.send(SocketAddr::new([10, 9, 9, 9].into(), port), b"x", now), None);
        }
        let until = now + Duration::from_secs(20);
        let told = run(&mut turn, &mut now, until, Some(manners));
        let binds = told.iter().filter(|line| line.starts_with("bind")).count();
        // Sixteen at once are spaced, and some asked for twice.
        let expected = if round == 0 { MAX_PEERS..=2 * MAX_PEERS } else { 0..=0 };
        assert!(expected.contains(&binds), "{told:?}");
    }
    assert!(!turn.has_failed());
}

#[test]
fn credentials_are_not_printed() {
    let (turn, _) = ready(GOOD);
    let text = format!("{turn:?}");
    assert!(!text.contains("hunter2") && !text.contains("somebody"), "{text}");
}

#[test]
fn an_allocation_that_is_given_back_is_gone() {
    let (mut turn, now) = ready(GOOD);
    let message = turn.delete(now).unwrap();
    let request = Message::from_bytes(&message).unwrap();
    assert!(request.has_method(REFRESH));
    assert_eq!(request.attribute::<Lifetime>().unwrap().seconds(), 0);
    assert_eq!(turn.send(address(SFU), b"x", now), None);
}

proptest! {
    /// Answers with bytes changed, cut or made up, in every state: no panic, no endless work.
    #[test]
    fn any_bytes_from_a_server_do_no_harm(
        junk in prop::collection::vec(any::<u8>(), 0..80),
        cut in 0_usize..200,
        spoil in prop::collection::vec((0_usize..200, any::<u8>()), 0..6),
        steps in 1_usize..8,
    ) {
        let mut now = Instant::now();
        let mut turn = turn(now);
        let mut out = [0; 128];
        for _ in 0..steps * 20 {
            match turn.poll(now) {
                Output::Send(message) => {
                    let Some(reply) = answer(&message, GOOD) else { continue };
                    let mut spoiled = reply.clone();
                    for (at, byte) in &spoil {
                        if let Some(place) = spoiled.get_mut(*at) {
                            *place = *byte;
                        }
                    }
                    spoiled.truncate(cut);
                    turn.receive(&spoiled, &mut out, now);
                    turn.receive(&junk, &mut out, now);
                    turn.receive(&reply, &mut out, now);
                }
                Output::Allocated(_) => {
                    turn.send(address(SFU), &junk, now);
                }
                Output::Wait(at) => now = at,
                Output::Failed => break,
            }
        }
    }
}
