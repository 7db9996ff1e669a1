//! What no SDK at hand can send, from a WHIP client: H.265, G.711, odd sizes, redundant sound in clear.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::check::Report;
use livetape_rig::harness::{Player, Publishers, Wire};

use crate::support::{ROOM, Stage, finish};

/// Clip and sound of each participant, and the codecs that the recorder must have decoded.
const PLAYED: [(&str, &str, [&str; 2]); 4] = [
    ("h265-640x360", "opus", ["H265", "Opus"]),
    ("av1-640x360", "red", ["Av1", "Opus"]),
    ("h264-426x240", "pcmu", ["H264", "Pcmu"]),
    ("vp8-333x251", "pcma", ["Vp8", "Pcma"]),
];
/// Payload types of sound as the recorder offers them: RED, PCMU, PCMA (RFC 3551, 6), Opus.
const SOUNDS: [u8; 4] = [63, 0, 8, 111];

fn seen_and_heard(report: &Report, number: u8) -> Result<()> {
    let (video, audio, _) = PLAYED[usize::from(number)];
    let found = report.participant(number).with_context(|| format!("{video}: neither seen nor heard"))?;
    let seen = found.seen.with_context(|| format!("{video}: not seen"))?;
    let heard = found.heard.with_context(|| format!("{audio}: not heard"))?;
    ensure!(seen.from < 2.5 && heard.from < 2.5, "{video}: seen {seen:?}, {audio}: heard {heard:?}");
    ensure!(seen.length() > 5.0 && heard.length() > 5.0, "{video}: seen {seen:?}, {audio}: heard {heard:?}");
    ensure!(found.missing_share < 0.08, "{video}: {} of {} missing", found.missing, found.expected);
    ensure!(found.backward == 0, "{video}: {} frames out of order", found.backward);
    let offset = found.offset.as_ref().with_context(|| format!("{video}: no flash or no beep"))?;
    ensure!(offset.p95_ms < 75.0, "{video}: {audio} is {:+.1} ms off", offset.median_ms);
    Ok(())
}

#[test]
fn what_no_sdk_sends_is_seen_and_heard() -> Result<()> {
    let stage = Stage::new()?;
    let players: Vec<_> = (0..)
        .zip(PLAYED)
        .map(|(number, (video, audio, _))| Player::new(ROOM, number, video, audio))
        .collect();
    let publishers = Publishers::play(&stage.scratch, &stage.server.url(), &players)?;
    let wire = Wire::listen_from(stage.server.media_port())?;
    let outcome = finish(stage.record(&["--duration", "9s"])?, Duration::from_secs(40))?;
    let passed_on: BTreeSet<u8> =
        wire.streams().values().flat_map(|stream| stream.payload_types().iter().copied()).collect();
    let left = publishers.leave()?;
    let report = stage.report()?;
    println!("{}\n{}\n{left:?}\npassed on: {passed_on:?}", report.brief(), outcome.stderr);
    for codec in PLAYED.iter().flat_map(|(.., codecs)| codecs) {
        ensure!(outcome.stderr.contains(&format!("codec={codec}")), "no {codec}: {}", outcome.stderr);
    }
    // The server could have made Opus of RED; then this would be a test of Opus.
    ensure!(SOUNDS.iter().all(|sound| passed_on.contains(sound)), "passed on: {passed_on:?}");
    (0..4).try_for_each(|number| seen_and_heard(&report, number))
}
