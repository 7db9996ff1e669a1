//! Killed at any instant, a recording is recovered to one playable file that lacks at most a second.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use livetape_rig::check::{Gap, Participant, check};
use livetape_rig::harness::{PATIENCE, PublishOptions, Publishers, Recording, kill};
use livetape_rig::truth::captured_at;

use crate::support::{FPS, KEY, ROOM, Stage, finish};

/// Whom a kill hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    /// The parent starts another, which goes on in the same file.
    Child,
    /// The child records on, until recovery ends it.
    Parent,
    /// Nobody is left.
    Both,
}

/// Instants after the start, in milliseconds, from a fixed seed.
fn instants(count: usize) -> Vec<u64> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        2_000 + state % 3_000
    };
    std::iter::repeat_with(next).take(count).collect()
}

#[test]
fn a_kill_costs_at_most_a_second() -> Result<()> {
    kill_at(&instants(2))
}

#[test]
#[ignore = "many recordings: `make chaos`"]
fn chaos_sixty_kills_cost_at_most_a_second_each() -> Result<()> {
    kill_at(&instants(20))
}

fn kill_at(instants: &[u64]) -> Result<()> {
    let stage = Stage::new()?;
    let options = PublishOptions::encrypted(2, KEY);
    let publishers = Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    for &instant in instants {
        for victim in [Victim::Child, Victim::Parent, Victim::Both] {
            one_kill(&stage, victim, Duration::from_millis(instant))
                .with_context(|| format!("{victim:?} killed after {instant} ms"))?;
        }
    }
    publishers.leave()?;
    Ok(())
}

fn one_kill(stage: &Stage, victim: Victim, after: Duration) -> Result<()> {
    let spool = stage.scratch.join("spool");
    let _ = std::fs::remove_dir_all(&spool);
    let spool_flag = spool.to_string_lossy();
    let recording = stage.record_encrypted(&["--spool", &spool_flag, "--duration", "30s"])?;
    // The instant is what is tested, not a condition that is waited for.
    std::thread::sleep(after);
    let children = recording.children();
    ensure!(children.len() == 1, "children of the recorder: {children:?}");
    if victim != Victim::Child {
        recording.kill()?;
    }
    if victim != Victim::Parent {
        kill(&children)?;
    }
    let killed = SystemTime::now();
    if victim == Victim::Child {
        return one_restart(stage, recording, after, killed);
    }
    let outcome = recording.wait(PATIENCE)?;
    ensure!(!outcome.status.success(), "a recording that was killed is no success");
    let film = recovered(stage, &spool)?;
    let report = check(&film, FPS, &[])?;
    let counters = report.participants.iter().filter_map(|p| p.counters);
    let last = counters.map(|(_, last)| captured_at(last, FPS, killed)).max().context("no frame")?;
    let lost = killed.duration_since(last).unwrap_or_default();
    println!("{victim:?} after {after:?}: {:.2} s kept, {lost:?} lost", report.facts.duration);
    ensure!(lost <= Duration::from_secs(1), "{lost:?} lost: {}", report.brief());
    std::fs::remove_file(&film)?;
    Ok(())
}

/// The child is dead: another goes on in the same file, and what is missing is what was lost and the way back.
fn one_restart(stage: &Stage, recording: Recording, after: Duration, killed: SystemTime) -> Result<()> {
    const GOES_ON: Duration = Duration::from_secs(4);
    std::thread::sleep(GOES_ON);
    let children = recording.children();
    ensure!(children.len() == 1, "children after the restart: {children:?}");
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    let report = stage.report()?;
    let gaps: Vec<Gap> = report.participants.iter().filter_map(Participant::longest_gap).collect();
    // The last frame of the dead child is the newest that anyone has before the gap.
    let last = gaps.iter().map(|gap| captured_at(gap.after, FPS, killed)).max().context("no gap")?;
    let lost = killed.duration_since(last).unwrap_or_default();
    let missing: Vec<f64> = report.participants.iter().map(|p| p.longest_unseen(FPS)).collect();
    println!(
        "Child after {after:?}: {:.2} s in one file, {lost:?} lost, {missing:.2?} s missing with the way back",
        report.facts.duration
    );
    ensure!(lost <= Duration::from_secs(1), "{lost:?} lost: {}\n{}", report.brief(), outcome.stderr);
    ensure!(report.participants.len() == 2, "{}", report.brief());
    // A second for what was lost, a second and a half for the way back.
    ensure!(
        missing.iter().all(|gap| (0.0..2.5).contains(gap)),
        "{missing:?}: {}\n{}",
        report.brief(),
        outcome.stderr
    );
    for participant in &report.participants {
        let until = participant.seen.context("a camera")?.to;
        ensure!(until > report.facts.duration - 0.5, "{}", report.brief());
        let offset = participant.offset.as_ref().context("no flash or no beep")?;
        ensure!(offset.p95_ms < 75.0, "{}", report.brief());
    }
    std::fs::remove_file(&stage.film)?;
    Ok(())
}

/// The MP4 that `livetape spool recover` makes of what lies in the spool.
fn recovered(stage: &Stage, spool: &Path) -> Result<PathBuf> {
    let args = ["spool", "--spool", &spool.to_string_lossy(), "recover", "--all"];
    let outcome = stage.recorder.run(&args, PATIENCE)?;
    ensure!(outcome.status.success(), "spool recover: {}{}", outcome.stdout, outcome.stderr);
    let mut made = outcome.stdout.lines().map(PathBuf::from).filter(|path| path.is_file());
    match (made.next(), made.next()) {
        (Some(film), None) => Ok(film),
        _ => bail!("not one file: {}{}", outcome.stdout, outcome.stderr),
    }
}
