//! Signalling breaks in the middle, or the server says something: what it costs, in picture and sound. Media lives.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livekit_protocol::leave_request::Action;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{DisconnectReason, LeaveRequest, SignalResponse};
use livetape_rig::harness::{PATIENCE, Proxy};
use prost::Message as _;

use crate::support::{ROOM, Stage, both_lack_at_most, finish};

/// What one outage may cost, in seconds, while media lives.
const MOST: f64 = 1.0;
/// What it may cost where the client says goodbye to the old connection first: the SFU asks a camera for a keyframe
/// once a second at most.
const MOST_ANEW: f64 = 2.0;
/// How often the figures are taken.
const RUNS: usize = 5;

#[test]
fn two_seconds_without_signalling_cost_less_than_one() -> Result<()> {
    signalling_cut(Duration::from_secs(2))
}

#[test]
fn a_server_that_wants_a_new_connection_costs_no_tile() -> Result<()> {
    leave(Action::Reconnect, DisconnectReason::Migration)
}

#[test]
#[ignore = "many recordings: `make chaos`"]
fn chaos_signalling_is_cut_for_half_a_second_two_and_ten() -> Result<()> {
    for cut in [500, 2_000, 10_000] {
        (0..RUNS).try_for_each(|_| signalling_cut(Duration::from_millis(cut)))?;
    }
    Ok(())
}

#[test]
#[ignore = "minutes: `make chaos`"]
fn chaos_signalling_is_cut_for_longer_than_the_client_tries() -> Result<()> {
    (0..RUNS).try_for_each(|_| signalling_cut(Duration::from_secs(60)))
}

#[test]
#[ignore = "many recordings: `make chaos`"]
fn chaos_the_server_asks_for_a_new_connection() -> Result<()> {
    for action in [Action::Reconnect, Action::Resume] {
        (0..RUNS).try_for_each(|_| leave(action, DisconnectReason::Migration))?;
    }
    Ok(())
}

#[test]
#[ignore = "many recordings: `make chaos`"]
fn chaos_the_server_ends_the_connection() -> Result<()> {
    (0..RUNS).try_for_each(|_| leave(Action::Disconnect, DisconnectReason::ServerShutdown))
}

#[test]
#[ignore = "many recordings: `make chaos`"]
fn chaos_a_token_that_expired_while_signalling_was_away_ends_nothing() -> Result<()> {
    (0..RUNS).try_for_each(|_| {
        interrupted("token expired, signalling cut for 2 s", MOST, |stage, proxy| {
            let token = stage.server.room(&["expired_token", ROOM])?;
            say(proxy, Message::RefreshToken(token))?;
            cut(proxy, Duration::from_secs(2));
            Ok(())
        })
    })
}

fn signalling_cut(length: Duration) -> Result<()> {
    interrupted(&format!("signalling cut for {length:?}"), MOST, |_, proxy| {
        cut(proxy, length);
        Ok(())
    })
}

fn leave(action: Action, reason: DisconnectReason) -> Result<()> {
    let what = format!("{} for {}", action.as_str_name(), reason.as_str_name());
    interrupted(&what, MOST_ANEW, |_, proxy| {
        let leave = LeaveRequest { action: action.into(), reason: reason.into(), ..LeaveRequest::default() };
        say(proxy, Message::Leave(leave))
    })
}

fn cut(proxy: &Proxy, length: Duration) {
    proxy.cut();
    sleep(length);
    proxy.heal();
}

fn say(proxy: &Proxy, message: Message) -> Result<()> {
    proxy.say(&SignalResponse { message: Some(message) }.encode_to_vec())
}

/// Records two people by way of a relay, while something happens there.
fn interrupted(what: &str, most: f64, happens: impl FnOnce(&Stage, &Proxy) -> Result<()>) -> Result<()> {
    let stage = Stage::new()?;
    let publishers = stage.publish_two()?;
    let proxy = Proxy::to(stage.server.port())?;
    let recording = stage.record_encrypted_at(&format!("ws://127.0.0.1:{}", proxy.port()), &[])?;
    // The instants are what is tested, not conditions that are waited for.
    sleep(Duration::from_secs(3));
    happens(&stage, &proxy)?;
    sleep(Duration::from_secs(5));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    publishers.leave()?;

    let report = stage.report()?;
    let story = || format!("{}\n{}", report.brief(), outcome.stderr);
    both_lack_at_most(&report, what, most).with_context(story)?;
    for person in &report.participants {
        let hidden = person.hidden.iter().map(|span| span.length()).fold(0.0, f64::max);
        ensure!(hidden < 0.1 && person.places.len() == 1, "hidden for {hidden:.2} s: {}", story());
    }
    Ok(())
}
