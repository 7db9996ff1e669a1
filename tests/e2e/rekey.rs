//! Keys that come late, and keys that change while a recording runs: little is lost, and nothing for long.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use livetape_rig::check::Report;
use livetape_rig::harness::{PATIENCE, PublishOptions, Publishers, Recording};

use crate::support::{FPS, KEY, ROOM, Stage, finish};

/// How a room comes to another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// Another one under the same index.
    InPlace,
    /// The same, but the key file has it before the publishers have.
    Ahead,
    /// One under the next index.
    NextIndex,
    /// The next of the ratchet, which nobody announces.
    Ratchet,
}

/// When the key file has it, after the publishers have.
const BEHIND: Duration = Duration::from_millis(100);

/// What may be missing at one change, in seconds.
struct Bounds {
    picture: f64,
    sound: f64,
}

/// What is promised.
const PROMISED: Bounds = Bounds { picture: 0.5, sound: 0.3 };
/// For a key file that is later than frames are worth waiting for.
const FAR_BEHIND: Bounds = Bounds { picture: 3.5, sound: 2.0 };
/// What tells a broken recorder from a busy machine.
const SAMPLE: Bounds = Bounds { picture: 1.0, sound: 0.6 };

#[test]
fn a_key_that_comes_six_seconds_late_is_taken_up_at_once() -> Result<()> {
    late(Duration::from_secs(6))
}

#[test]
#[ignore = "for the figure: `make chaos`"]
fn chaos_a_key_that_comes_ten_seconds_late_is_taken_up_at_once() -> Result<()> {
    (0..3).try_for_each(|_| late(Duration::from_secs(10)))
}

#[test]
fn a_room_that_changes_its_key_is_recorded_on() -> Result<()> {
    let plan = [Change::InPlace, Change::Ratchet, Change::NextIndex];
    changes(&plan, BEHIND, Duration::from_secs(4), &SAMPLE)
}

#[test]
#[ignore = "a minute: `make chaos`"]
fn chaos_a_new_key_in_place_every_five_seconds() -> Result<()> {
    changes(&[Change::InPlace; 12], BEHIND, Duration::from_secs(5), &PROMISED)
}

#[test]
#[ignore = "a minute: `make chaos`"]
fn chaos_a_new_index_every_five_seconds() -> Result<()> {
    changes(&[Change::NextIndex; 12], BEHIND, Duration::from_secs(5), &PROMISED)
}

#[test]
#[ignore = "a minute: `make chaos`"]
fn chaos_a_ratchet_step_every_five_seconds() -> Result<()> {
    changes(&[Change::Ratchet; 12], BEHIND, Duration::from_secs(5), &PROMISED)
}

#[test]
#[ignore = "a minute: `make chaos`"]
fn chaos_key_files_that_are_ahead_or_far_behind() -> Result<()> {
    let (every, far) = (Duration::from_secs(6), Duration::from_millis(1500));
    changes(&[Change::Ahead; 4], Duration::from_millis(1500), every, &PROMISED)?;
    changes(&[Change::InPlace; 4], far, every, &FAR_BEHIND)
}

/// Writes a key as one should: never half of it can be read.
fn lay_out(path: &Path, key: &str) -> Result<SystemTime> {
    let new = path.with_extension("new");
    fs::write(&new, format!("{key}\n"))?;
    fs::rename(new, path)?;
    Ok(SystemTime::now())
}

/// When the recording began, as the recorder's log says.
fn began(stderr: &str) -> Result<SystemTime> {
    let after = stderr.split("started_at=").nth(1).context("no start in the log")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    Ok(UNIX_EPOCH + Duration::from_nanos(digits.parse()?))
}

fn since(began: SystemTime, moment: SystemTime) -> f64 {
    moment.duration_since(began).map_or(0.0, |since| since.as_secs_f64())
}

fn late(by: Duration) -> Result<()> {
    let stage = Stage::new()?;
    let options = PublishOptions::encrypted(2, KEY);
    let publishers = Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let key = stage.scratch.join("late.txt");
    let path = key.to_string_lossy().into_owned();
    let recording = stage.record(&["--e2ee-key-file", &path, "--e2ee-key-late"])?;
    until_recording(&recording)?;
    sleep(by);
    let laid = lay_out(&key, KEY)?;
    sleep(Duration::from_secs(4));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    publishers.leave()?;
    let (report, laid) = (stage.report()?, since(began(&outcome.stderr)?, laid));
    for number in [0, 1] {
        let person = report.participant(number).with_context(|| report.brief())?;
        let (seen, heard) = (person.seen.context("no picture")?, person.heard.context("no sound")?);
        let (picture, sound) = (seen.from - laid, heard.from - laid);
        println!("p{number}: seen {picture:+.2} s, heard {sound:+.2} s after the key was laid out");
        ensure!(picture < 2.0 && sound < 1.5, "{}", report.brief());
        ensure!(picture > -1.0 && sound > -1.0, "before there was a key: {}", report.brief());
        let end = report.facts.duration - 1.0;
        ensure!(seen.to > end && heard.to > end, "{}", report.brief());
        ensure!(person.longest_unseen(FPS) < 0.5 && person.longest_unheard() < 0.5, "{}", report.brief());
    }
    ensure!(outcome.stderr.contains("nothing from \"p0\" opens: there is no key"), "{}", outcome.stderr);
    Ok(())
}

/// Waits until the programme runs.
fn until_recording(recording: &Recording) -> Result<()> {
    let limit = Instant::now() + PATIENCE;
    while !recording.stderr().iter().any(|line| line.text.contains("started_at=")) {
        ensure!(Instant::now() < limit, "it never began: {:?}", recording.stderr());
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A room that changes its key so many times.
struct Rotation {
    publishers: Publishers,
    index: u8,
    /// Key files by index.
    files: Vec<PathBuf>,
}

impl Rotation {
    /// One change, with its key in the file so long after the publishers have it (or before); returns when the
    /// publishers began with it.
    fn change(&mut self, change: Change, number: usize, apart: Duration) -> Result<SystemTime> {
        let key = format!("key number {number}");
        if change == Change::Ahead {
            self.lay_out(&key)?;
            sleep(apart);
        }
        let at = SystemTime::now();
        match change {
            Change::InPlace => drop(self.publishers.set_key(&key, self.index)?),
            Change::Ahead => {
                self.publishers.set_key(&key, self.index)?;
                return Ok(at);
            }
            Change::NextIndex => {
                self.index += 1;
                self.publishers.set_key(&key, self.index)?;
                self.publishers.use_key(self.index)?;
            }
            Change::Ratchet => {
                self.publishers.ratchet(self.index)?;
                return Ok(at);
            }
        }
        sleep(apart);
        self.lay_out(&key)?;
        Ok(at)
    }

    fn lay_out(&self, key: &str) -> Result<()> {
        let file = self.files.get(usize::from(self.index)).context("a file for each index")?;
        lay_out(file, key).map(drop)
    }
}

fn changes(plan: &[Change], apart: Duration, every: Duration, bounds: &Bounds) -> Result<()> {
    let stage = Stage::new()?;
    let options = PublishOptions::encrypted(2, KEY);
    let publishers = Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let files: Vec<PathBuf> = (0..16).map(|index| stage.scratch.join(&format!("key{index}"))).collect();
    lay_out(&files[0], KEY)?;
    let named = files.iter().enumerate().map(|(index, path)| format!("{index}={}", path.display()));
    let mut flags = vec!["--e2ee-key-late".to_owned()];
    named.for_each(|named| flags.extend(["--e2ee-key-file".to_owned(), named]));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let recording = stage.record(&flags)?;
    until_recording(&recording)?;
    let mut rotation = Rotation { publishers, index: 0, files };
    let mut at = Vec::new();
    for (number, change) in plan.iter().enumerate() {
        sleep(every);
        at.push(rotation.change(*change, number, apart)?);
    }
    sleep(Duration::from_secs(3));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    rotation.publishers.leave()?;
    let report = stage.report()?;
    let began = began(&outcome.stderr)?;
    let at: Vec<f64> = at.into_iter().map(|moment| since(began, moment)).collect();
    println!("{plan:?}, the file {apart:?} apart");
    judge(&report, &at, bounds).with_context(|| format!("{}\n{}", report.brief(), outcome.stderr))
}

/// What went missing around each change.
fn judge(report: &Report, at: &[f64], bounds: &Bounds) -> Result<()> {
    for number in [0, 1] {
        let person = report.participant(number).context("someone is missing")?;
        let (seen, heard) = (person.seen.context("no picture")?, person.heard.context("no sound")?);
        let end = report.facts.duration - 1.0;
        let (mut pictures, mut sounds) = (Vec::new(), Vec::new());
        for &moment in at {
            let near = moment - 0.5..moment + 2.5;
            let frames: u32 =
                person.gaps.iter().filter(|gap| near.contains(&gap.at)).map(|gap| gap.frames).sum();
            pictures.push(f64::from(frames) / f64::from(FPS));
            let silent = person.muted.iter().filter(|span| near.contains(&span.from));
            sounds.push(silent.fold(0.0, |sum, span| sum + span.length()));
        }
        println!("p{number}: missing at each change, pictures {pictures:.2?} s, sound {sounds:.2?} s");
        ensure!(seen.to > end && heard.to > end, "p{number} is lost");
        let worst = |list: &[f64]| list.iter().copied().fold(0.0, f64::max);
        ensure!(
            worst(&pictures) < bounds.picture && worst(&sounds) < bounds.sound,
            "p{number}: too much is missing"
        );
    }
    Ok(())
}
