//! Networks on which packets are late, overtake each other, come twice or never.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::check::Report;
use livetape_rig::harness::{Family, Network, PATIENCE, Weather};

use crate::support::{Stage, both_to_the_end, finish};

const CALM: Weather =
    Weather { delay: Duration::from_millis(50), jitter: Duration::ZERO, lost: 0, doubled: 0, seed: 1 };
const ROUGH: Weather =
    Weather { jitter: Duration::from_millis(30), lost: 5, doubled: 5, seed: 20_260_501, ..CALM };

#[test]
fn packets_that_overtake_each_other_cost_nothing() -> Result<()> {
    let report = record_in(ROUGH)?;
    for person in &report.participants {
        let offset = person.offset.as_ref().context("no flash or no beep")?;
        ensure!(offset.p95_ms < 75.0, "{}", report.brief());
    }
    Ok(())
}

#[test]
#[ignore = "two recordings: `make chaos`"]
fn chaos_jitter_costs_less_than_forty_milliseconds_of_sync() -> Result<()> {
    let (calm, rough) = (record_in(CALM)?, record_in(ROUGH)?);
    for (calm, rough) in calm.participants.iter().zip(&rough.participants) {
        let p95 = |offset: &Option<livetape_rig::check::Offset>| offset.as_ref().map(|offset| offset.p95_ms);
        let (calm, rough) = (p95(&calm.offset).context("calm")?, p95(&rough.offset).context("rough")?);
        println!("out of sync by {calm:.0} ms in calm weather, {rough:.0} ms in rough (95 %)");
        ensure!(rough <= calm + 40.0, "{calm} became {rough}");
    }
    Ok(())
}

fn record_in(weather: Weather) -> Result<Report> {
    let stage = Stage::across(|| Network::rough(Family::V4, weather))?;
    let publishers = stage.publish_two()?;
    let recording = stage.record_encrypted(&[])?;
    sleep(Duration::from_secs(12));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    publishers.leave()?;
    let report = stage.report()?;
    println!("{weather:?}\n{}", report.brief());
    both_to_the_end(&report).with_context(|| outcome.stderr.clone())?;
    for person in &report.participants {
        let (frozen, muted) = (person.longest_freeze(), person.longest_unheard());
        println!("p{}: frozen for {frozen:.2} s, muted for {muted:.2} s at the most", person.number);
        ensure!(frozen <= 1.0 && muted <= 0.1, "{}", report.brief());
    }
    Ok(report)
}
