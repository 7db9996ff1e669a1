//! The scenario that everything is for: four encrypted publishers, all seen and heard, in sync.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use livetape_rig::check::{Expectation, Finding, judge};
use livetape_rig::harness::{Control, PublishOptions, Publishers, Wire};

use crate::support::{FPS, KEY, Stage, finish};

/// What may be wrong, beyond what the publishers and an ordinary subscriber have.
struct Bounds {
    /// Share of frames missing beyond those that the publisher itself left out.
    missing: f64,
    /// 95th percentile of the A/V offset, in milliseconds, beyond an ordinary subscriber's.
    offset_ms: f64,
    /// By when everyone is seen, in seconds: the SFU spaces requests for keyframes by up to a second.
    seen_by: f64,
}

/// What is promised, for a machine that has the time.
const PROMISED: Bounds = Bounds { missing: 0.005, offset_ms: 40.0, seen_by: 1.5 };
/// What tells a broken recorder from a busy machine, in a test that must not depend on the machine.
const SAMPLE: Bounds = Bounds { missing: 0.08, offset_ms: 75.0, seen_by: 2.5 };

#[test]
fn four_encrypted_publishers_are_seen_and_heard_in_sync() -> Result<()> {
    record_four(10, &SAMPLE, false)
}

#[test]
#[ignore = "a minute: `make chaos`"]
fn chaos_four_encrypted_publishers_for_a_minute() -> Result<()> {
    record_four(60, &PROMISED, true)
}

fn record_four(seconds: u32, bounds: &Bounds, with_control: bool) -> Result<()> {
    let stage = Stage::new()?;
    let url = stage.server.url();
    let publishers = Publishers::start(&stage.scratch, &url, "demo", &PublishOptions::encrypted(4, KEY))?;
    let duration = format!("{seconds}s");
    let wire = Wire::listen(stage.server.media_port())?;
    let recording = stage.record_encrypted(&["--duration", &duration])?;
    let outcome = finish(recording, Duration::from_secs(u64::from(seconds) + 30))?;
    let streams = wire.streams();
    // Afterwards: decoding four tracks in Python beside the recording would measure the machine.
    let measured = if with_control {
        Control::start(&stage.scratch, &url, "demo", 4, 20, Some(KEY))?.measured()?
    } else {
        Default::default()
    };
    let sent = publishers.leave()?;

    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    for (who, control) in &measured {
        println!("control {who}: {control:?}");
    }
    // Frames that a publisher's encoder left out can't be in any file.
    let mut left_out = HashMap::new();
    for left in &sent {
        let best = left["ssrcs"][0].as_u64().and_then(|ssrc| u32::try_from(ssrc).ok()).context("an SSRC")?;
        let stream = streams.get(&best).with_context(|| format!("the wire has no stream of {left}"))?;
        let (missing, due) = stream.left_out(FPS)?;
        println!("sent: {left}, left out {missing} of {due}");
        left_out.insert(left["who"].to_string(), f64::from(missing) / f64::from(due.max(1)));
    }
    let video = report.facts.video.as_ref().context("no video")?;
    assert_eq!((video.codec.as_str(), video.profile.as_str()), ("h264", "Main"));
    assert_eq!((video.width, video.height), (1280, 720));
    let audio = report.facts.audio.as_ref().context("no audio")?;
    assert_eq!((audio.codec.as_str(), audio.rate, audio.channels), ("aac", 48_000, 2));
    assert!((report.facts.duration - f64::from(seconds)).abs() < 0.5, "{} s", report.facts.duration);

    let mut bad = Vec::new();
    for finding in judge(&report, &Expectation::of(0..4)) {
        match &finding {
            Finding::FramesMissing { participant, share, .. } => {
                // The server begins with the first layer that has a keyframe, and a lower one may be slower.
                let found = report.participant(*participant).context("a participant")?;
                let head: u32 =
                    found.gaps.iter().filter(|gap| gap.at <= bounds.seen_by).map(|gap| gap.frames).sum();
                // What is promised holds for the whole minute.
                let head = if with_control { 0 } else { head };
                let share = share - f64::from(head) / f64::from(found.expected.max(1));
                println!("p{participant}: {head} of them in the head");
                let own = left_out.get(&format!("\"p{participant}\"")).copied().unwrap_or(0.0);
                if share > bounds.missing + own {
                    bad.push(finding);
                }
            }
            Finding::OutOfSync { participant, p95_ms, .. } => {
                let who = format!("p{participant}");
                let control =
                    measured.get(&who).and_then(|m| m.offset_ms.as_ref()).map_or(0.0, |o| o.p95_abs);
                if *p95_ms > bounds.offset_ms + control {
                    bad.push(finding);
                }
            }
            Finding::SeenInPart { span, .. } | Finding::HeardInPart { span, .. }
                if span.from <= bounds.seen_by => {}
            // Nobody is heard before the server passes the first sound on; then all are.
            Finding::Silence { span } if !with_control && span.from == 0.0 && span.to <= bounds.seen_by => {}
            // The grid arranges itself while the first tracks arrive.
            Finding::Moved { at, .. } if *at < bounds.seen_by => {}
            // A busy machine's business, unless it is promised.
            Finding::Frozen { .. } | Finding::Uneven { .. } if !with_control => {}
            _ => bad.push(finding),
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
    Ok(())
}
