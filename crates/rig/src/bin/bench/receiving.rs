//! Receiving alone: the `receive` example of `crates/libwebrtc` joins, opens every frame of four
//! encrypted participants at 360p30 with sound, and drops it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use livetape_rig::harness::{
    API_KEY, API_SECRET, LiveKitServer, Process, PublishOptions, Publishers, Scratch, Usage,
};

use super::cost::{Cost, observe};
use super::{KEY, PEOPLE};

/// Joining is over, and the senders' bit rates have grown, when a reader has read for so long.
const WARM_UP: u32 = 8;

/// What it costs per second, joining left out; memory all told.
pub fn receive(scratch: &Scratch, receive: &Path, seconds: u32) -> Result<Cost> {
    let server = LiveKitServer::start(scratch)?;
    let room = "receiving";
    let publishers =
        Publishers::start(scratch, &server.url(), room, &PublishOptions::encrypted(PEOPLE, KEY))?;
    let mut command = Command::new(receive);
    command.args([&server.url(), API_KEY, API_SECRET, room]);
    command.arg(format!("e2ee={KEY}")).arg(format!("secs={}", WARM_UP + seconds + 2));
    let mut process = Process::start("receive", &mut command)?;
    let (_, warm_pss) = observe(process.pid(), Duration::from_secs(WARM_UP.into()));
    let (begin, before) = (Instant::now(), Usage::of(process.pid()).cpu);
    let (after, pss) = observe(process.pid(), Duration::from_secs(seconds.into()));
    let span = begin.elapsed().as_secs_f64();
    let status = process.wait(Duration::from_secs(20))?;
    ensure!(status.success(), "receive: {status}: {:?}", process.stderr());
    publishers.leave()?;
    let lines = process.stdout();
    let in_time =
        |second: &Second| second.at > f64::from(WARM_UP) && second.at <= f64::from(WARM_UP + seconds);
    let seen: Vec<_> = lines.iter().filter_map(|line| Second::read(&line.text)).filter(in_time).collect();
    let sum = |of: fn(&Second) -> u64| seen.iter().map(of).sum::<u64>();
    let (frames, bytes, refused) = (sum(|s| s.frames), sum(|s| s.bytes), sum(|s| s.refused));
    // 30 pictures and 50 packets of sound a second from each, nearly.
    let wanted = u64::from(PEOPLE) * u64::from(seconds) * 75;
    ensure!(refused == 0 && frames >= wanted, "{frames} frames, {refused} refused; {wanted} wanted");
    let rate = bytes as f64 * 8e-6 / f64::from(seconds);
    println!("{} frames a second, {rate:.1} Mbit/s", frames / u64::from(seconds));
    Ok(Cost { cpu: after.saturating_sub(before).as_secs_f64() / span, pss: pss.max(warm_pss) })
}

/// One line of the example: what came in on a track within a second.
struct Second {
    /// Seconds since the start.
    at: f64,
    frames: u64,
    bytes: u64,
    refused: u64,
}

impl Second {
    fn read(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let before = |word: &str| -> Option<u64> {
            let at = words.iter().position(|found| *found == word)?;
            words.get(at.checked_sub(1)?)?.parse().ok()
        };
        let at = words.first()?.parse().ok()?;
        Some(Self { at, frames: before("frames")?, bytes: before("bytes")?, refused: before("refused")? })
    }
}
