//! The recorder on a machine of its own: IPv6 alone, a link that becomes thin, an address that changes.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use livetape_rig::harness::{Family, Network, PATIENCE};

use crate::support::{Stage, both_lack_at_most, both_to_the_end, finish};

#[test]
fn where_there_is_ipv6_alone_it_records() -> Result<()> {
    let stage = Stage::across(|| Network::cable(Family::V6))?;
    let publishers = stage.publish_two()?;
    let outcome = finish(stage.record_encrypted(&["--duration", "6s"])?, PATIENCE)?;
    publishers.leave()?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    both_to_the_end(&report)
}

#[test]
fn a_recorder_that_gets_another_address_records_on() -> Result<()> {
    let mut stage = Stage::across(|| Network::cable(Family::V4))?;
    let publishers = stage.publish_two()?;
    let recording = stage.record_encrypted(&[])?;
    sleep(Duration::from_secs(3));
    stage.network.as_mut().context("a network")?.renumber()?;
    sleep(Duration::from_secs(9));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    publishers.leave()?;
    let report = stage.report()?;
    both_lack_at_most(&report, "another address", 3.0).with_context(|| outcome.stderr.clone())
}

/// How long a picture may stand on a link of 0.4 Mbit/s, in seconds: a lower layer, not a freeze.
const FROZEN: f64 = 1.0;
/// By when the better layers are back, once the link is.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// Kilobits a second: two cameras' better layers and sound are more, the lower layers and sound far less.
const BETTER: f64 = 500.0;

#[test]
#[ignore = "most of a minute: `make chaos`"]
fn chaos_a_thin_link_costs_sharpness_and_gives_it_back() -> Result<()> {
    let stage = Stage::across(|| Network::cable(Family::V4))?;
    let network = stage.network.as_ref().context("a network")?;
    let publishers = stage.publish_two()?;
    let recording = stage.record_encrypted(&[])?;
    let before = rates(network, 5)?;
    network.narrow(400)?;
    let thin = rates(network, 20)?;
    network.widen()?;
    let wide = Instant::now();
    let mut back = Vec::new();
    while back.last().is_none_or(|rate| *rate < BETTER) && wide.elapsed() < BACK_WITHIN {
        back.extend(rates(network, 1)?);
    }
    let took = wide.elapsed();
    back.extend(rates(network, 2)?);
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    publishers.leave()?;
    let report = stage.report()?;
    println!("kbit/s: {before:.0?} thin {thin:.0?} wide again {back:.0?}\n{}", report.brief());
    both_to_the_end(&report).with_context(|| outcome.stderr.clone())?;
    for person in &report.participants {
        let frozen = person.longest_freeze();
        println!(
            "thin link: p{} frozen for {frozen:.2} s, {:.2} s unheard",
            person.number,
            person.longest_unheard()
        );
        ensure!(frozen < FROZEN, "{}\n{}", report.brief(), outcome.stderr);
    }
    ensure!(back.iter().any(|rate| *rate >= BETTER), "the better layers weren't back after {took:?}");
    println!("thin link: the better layers were back after {took:?}");
    Ok(())
}

/// Kilobits that reached the recorder in each of so many seconds.
fn rates(network: &Network, seconds: u32) -> Result<Vec<f64>> {
    let (mut rates, mut before) = (Vec::new(), network.received()?);
    for _ in 0..seconds {
        let started = Instant::now();
        sleep(Duration::from_secs(1));
        let now = network.received()?;
        rates.push((now - before) as f64 * 8e-3 / started.elapsed().as_secs_f64());
        before = now;
    }
    Ok(rates)
}
