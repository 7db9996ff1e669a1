//! The server dies in the middle, or is asked to: what becomes of the recording.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use livetape_rig::check::Participant;
use livetape_rig::harness::{LiveKitServer, PATIENCE, PublishOptions, Publishers, Redis};
use livetape_rig::truth::captured_at;

use crate::support::{FPS, KEY, ROOM, Stage, finish};

/// How long the server is away.
const AWAY: Duration = Duration::from_secs(3);
const RUNS: usize = 5;

fn publish(stage: &Stage) -> Result<Publishers> {
    Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &PublishOptions::encrypted(2, KEY))
}

#[test]
fn a_room_that_died_with_its_server_is_over_once_the_server_is_back() -> Result<()> {
    forgotten_room(killed)
}

#[test]
#[ignore = "many recordings: `make chaos`"]
fn chaos_a_server_that_forgets_its_rooms_is_killed_or_shut_down() -> Result<()> {
    (0..RUNS).try_for_each(|_| forgotten_room(killed))?;
    (0..RUNS).try_for_each(|_| forgotten_room(shut_down))
}

#[test]
#[ignore = "minutes: `make chaos`"]
fn chaos_a_server_that_keeps_its_rooms_is_killed() -> Result<()> {
    (0..RUNS).try_for_each(|_| kept_room())
}

fn killed(server: &mut LiveKitServer) -> Result<SystemTime> {
    server.kill()?;
    Ok(SystemTime::now())
}

/// Asked once, a server waits for everyone to leave, and they stay; asked again, it puts them out.
fn shut_down(server: &mut LiveKitServer) -> Result<SystemTime> {
    server.terminate()?;
    sleep(Duration::from_secs(2));
    server.terminate()?;
    let died = SystemTime::now();
    server.wait()?;
    Ok(died)
}

/// The server ends, as `ends` does it and says when, and comes back without any rooms: the same name is another
/// session, so another recording.
fn forgotten_room(ends: impl FnOnce(&mut LiveKitServer) -> Result<SystemTime>) -> Result<()> {
    let mut stage = Stage::new()?;
    let publishers = publish(&stage)?;
    let recording = stage.record_encrypted(&[])?;
    sleep(Duration::from_secs(4));
    let died = ends(&mut stage.server)?;
    sleep(AWAY);
    stage.server.restart()?;
    let back = Instant::now();
    let outcome = finish(recording, PATIENCE)?;
    let noticed = back.elapsed();
    publishers.kill()?;

    let report = stage.report()?;
    let story = || format!("{}\n{}", report.brief(), outcome.stderr);
    ensure!(report.participants.len() == 2, "{}", story());
    for person in &report.participants {
        let (_, last) = person.counters.context("a camera")?;
        let lost = died.duration_since(captured_at(last, FPS, died)).unwrap_or_default();
        println!(
            "p{}: the last {lost:?} are missing; the end came {noticed:?} after the server",
            person.number
        );
        ensure!(lost < Duration::from_millis(500), "{}", story());
    }
    ensure!(noticed < Duration::from_secs(3), "{}", story());
    Ok(())
}

/// The server is killed and comes back with its rooms, for Redis kept them: the recording goes on in the same file.
fn kept_room() -> Result<()> {
    let mut stage = Stage::new()?;
    let redis = Redis::start(&stage.scratch)?;
    stage.server = LiveKitServer::start_with(&stage.scratch, &redis.config())?;
    let publishers = publish(&stage)?;
    let recording = stage.record_encrypted(&[])?;
    sleep(Duration::from_secs(4));
    stage.server.kill()?;
    let died = SystemTime::now();
    sleep(AWAY);
    stage.server.restart()?;
    sleep(Duration::from_secs(10));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    let events = publishers.events();
    publishers.leave()?;

    let report = stage.report()?;
    let story = || format!("{}\n{}", report.brief(), outcome.stderr);
    ensure!(report.participants.len() == 2, "{}", story());
    for person in &report.participants {
        let who = format!("p{}", person.number);
        let back = events.iter().rfind(|e| e["event"] == "reconnected" && e["who"] == *who);
        let back = back.and_then(|e| e["at"].as_f64()).context("it never came back")?;
        let back = UNIX_EPOCH + Duration::from_secs_f64(back);
        let (away, late) = (back.duration_since(died)?.as_secs_f64(), seen_again(person, back)?);
        let sound = person.longest_unheard();
        println!(
            "{who}: away for {away:.2} s, seen {late:+.2} s after it was back; lacks {:.2} s of picture, {sound:.2} s of sound",
            person.longest_unseen(FPS)
        );
        ensure!(late < 2.0 && sound < away + 2.0, "{}", story());
        let until = person.seen.context("a camera")?.to;
        ensure!(until > report.facts.duration - 0.5, "{}", story());
    }
    Ok(())
}

/// How long after it was back somebody was seen again, in seconds.
fn seen_again(person: &Participant, back: SystemTime) -> Result<f64> {
    let gap = person.longest_gap().context("no gap")?;
    let first = captured_at(gap.after + gap.frames + 1, FPS, back);
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map(|t| t.as_secs_f64());
    Ok(seconds(first)? - seconds(back)?)
}
