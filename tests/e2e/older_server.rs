//! A server that knows no single peer connection: the room is recorded over two.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};
use livetape_rig::harness::{PATIENCE, Proxy, PublishOptions, Publishers};

use crate::support::{FPS, KEY, ROOM, Stage, both_to_the_end, finish};

#[test]
fn who_comes_late_and_cameras_that_come_back_are_recorded_over_two_connections() -> Result<()> {
    let stage = Stage::new()?;
    let options = PublishOptions::encrypted(2, KEY).with(&["--later", "p1"]);
    let mut publishers = Publishers::start(&stage.scratch, &stage.server.url(), ROOM, &options)?;
    let older = Proxy::to_older(stage.server.port())?;
    let recording = stage.record_encrypted_at(&format!("ws://127.0.0.1:{}", older.port()), &[])?;
    // The instants are what is tested, not conditions that are waited for.
    sleep(Duration::from_secs(2));
    for (what, who) in [
        ("join", "p1"),
        ("camera_off", "p0"),
        ("camera_on", "p0"),
        ("camera_off", "p0"),
        ("camera_on", "p0"),
        ("leave", "p1"),
        ("join", "p1"),
    ] {
        publishers.command(what, who)?;
        sleep(Duration::from_secs(1));
    }
    sleep(Duration::from_secs(3));
    recording.stop()?;
    let outcome = finish(recording, PATIENCE)?;
    publishers.leave()?;
    let report = stage.report()?;
    println!("{}\n{}", report.brief(), outcome.stderr);
    ensure!(older.told_older() > 0, "it never asked for a single peer connection");
    both_to_the_end(&report)?;
    for person in &report.participants {
        // The camera's second off, or the rejoin, and a second for the keyframe.
        let gone = person.longest_unseen(FPS);
        println!("p{} lacks {gone:.2} s of picture at the most", person.number);
        ensure!(gone < 3.0, "{}\n{}", report.brief(), outcome.stderr);
    }
    Ok(())
}
