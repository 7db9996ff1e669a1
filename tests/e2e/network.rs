//! Networks as they are: without UDP, with losses, and cut for a while.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::harness::{Firewall, PATIENCE, Recording, udp_ports};

use crate::support::{Stage, both_lack_at_most, both_to_the_end, finish};

/// The recorder's own ports: what its publishers send stays whole.
fn ports_of(recording: &Recording) -> Result<Vec<u16>> {
    let child = *recording.children().first().context("no recorder")?;
    let ports = udp_ports(child)?;
    ensure!(!ports.is_empty(), "the recorder has no UDP port");
    Ok(ports)
}

#[test]
fn without_udp_it_comes_by_tcp() -> Result<()> {
    let stage = Stage::new()?;
    let publishers = stage.publish_two()?;
    let wall = Firewall::only(stage.server.media_port(), &udp_ports(publishers.pid())?)?;
    let outcome = finish(stage.record_encrypted(&["--duration", "6s"])?, PATIENCE)?;
    drop(wall);
    publishers.leave()?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    both_to_the_end(&report)
}

#[test]
fn with_five_of_a_hundred_packets_lost_nobody_freezes_for_a_second() -> Result<()> {
    let stage = Stage::new()?;
    let publishers = stage.publish_two()?;
    let recording = stage.record_encrypted(&[])?;
    sleep(Duration::from_secs(2));
    let wall = Firewall::lose(&ports_of(&recording)?, 5)?;
    sleep(Duration::from_secs(10));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    drop(wall);
    publishers.leave()?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    both_to_the_end(&report)?;
    for person in &report.participants {
        let (frozen, muted) = (person.longest_freeze(), person.longest_unheard());
        println!("p{}: frozen for {frozen:.2} s, muted for {muted:.2} s at the most", person.number);
        ensure!(frozen <= 1.0 && muted <= 0.1, "{}", report.brief());
        let offset = person.offset.as_ref().context("no flash or no beep")?;
        ensure!(offset.p95_ms < 75.0, "{}", report.brief());
    }
    Ok(())
}

#[test]
fn two_seconds_without_udp_cost_little_more_than_that() -> Result<()> {
    udp_cut(Duration::from_secs(2))
}

#[test]
#[ignore = "many recordings: `make chaos`"]
fn chaos_udp_is_cut_for_two_seconds_and_ten() -> Result<()> {
    for cut in [2, 10] {
        (0..5).try_for_each(|_| udp_cut(Duration::from_secs(cut)))?;
    }
    Ok(())
}

fn udp_cut(cut: Duration) -> Result<()> {
    let stage = Stage::new()?;
    let publishers = stage.publish_two()?;
    let recording = stage.record_encrypted(&[])?;
    sleep(Duration::from_secs(3));
    let wall = Firewall::block(&ports_of(&recording)?)?;
    sleep(cut);
    drop(wall);
    sleep(Duration::from_secs(6));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    publishers.leave()?;
    let report = stage.report()?;
    // A keyframe must be asked for, and come.
    both_lack_at_most(&report, &format!("UDP cut for {cut:?}"), cut.as_secs_f64() + 1.5)
        .with_context(|| outcome.stderr.clone())
}
