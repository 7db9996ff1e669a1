//! Networks that let media through by a relay alone: no UDP to the server, no ICE-TCP.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, ensure};
use livetape_rig::harness::{Firewall, PATIENCE, PublishOptions, Publishers, Relay, Scratch, udp_ports};
use livetape_rig::truth::captured_at;

use crate::support::{FPS, KEY, ROOM, Stage, finish};

#[test]
fn where_only_turn_over_udp_gets_through_it_records() -> Result<()> {
    by_relay(|_| Relay::udp(), 1)
}

#[test]
fn where_only_turn_over_tls_gets_through_it_records() -> Result<()> {
    by_relay(Relay::tls, 1)
}

#[test]
#[ignore = "many recordings: `make chaos`"]
fn chaos_only_turn_gets_through_five_times_each() -> Result<()> {
    by_relay(|_| Relay::udp(), 5)?;
    by_relay(Relay::tls, 5)
}

fn by_relay(relay: impl Fn(&Scratch) -> Result<Relay>, times: usize) -> Result<()> {
    (0..times).try_for_each(|_| record(&relay))
}

fn record(relay: impl Fn(&Scratch) -> Result<Relay>) -> Result<()> {
    let scratch = Scratch::new()?;
    let relay = relay(&scratch)?;
    let mut stage = Stage::configured(scratch, &relay.config())?;
    if let Some(authority) = relay.authority() {
        stage.recorder = stage.recorder.env("SSL_CERT_FILE", authority);
    }
    let options = PublishOptions::encrypted(2, KEY);
    let publishers = Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let may_send = [udp_ports(publishers.pid())?, relay.ports().to_vec()].concat();
    let wall = Firewall::only_udp(stage.server.media_port(), &may_send, stage.server.media_tcp_port())?;
    let (asked, clock) = (SystemTime::now(), Instant::now());
    let recording = stage.record_encrypted(&["--duration", "6s"])?;
    let join = std::iter::repeat_with(|| {
        std::thread::sleep(Duration::from_millis(20));
        recording.stderr().into_iter().find(|line| line.text.contains("joining"))
    });
    let join = join.take(500).flatten().next().context("it never joined")?;
    let joined = asked + join.at.duration_since(clock);
    let outcome = finish(recording, PATIENCE)?;
    drop(wall);
    publishers.leave()?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    ensure!(!outcome.stderr.contains("turn_client"), "packets in the log");
    ensure!(report.participants.len() == 2, "{}", report.brief());
    let first = report.participants.iter().filter_map(|p| p.counters).map(|(first, _)| first);
    let first = first.map(|number| captured_at(number, FPS, asked)).min().context("no frame")?;
    println!("relayed: first frame {:?} after the join", first.duration_since(joined).unwrap_or_default());
    ensure!(first < joined + Duration::from_secs(4), "the first frame took too long: {}", report.brief());
    for person in &report.participants {
        let (seen, heard) = (person.seen.context("a camera")?, person.heard.context("a microphone")?);
        let end = report.facts.duration - 0.5;
        ensure!(seen.to > end && heard.to > end, "{}", report.brief());
        let offset = person.offset.as_ref().context("no flash or no beep")?;
        ensure!(offset.p95_ms < 75.0, "{}", report.brief());
    }
    Ok(())
}
