//! The spool: who may look, who is in charge, who is ended.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::logs::Log;
use crate::output::mp4::tests::programme::{audio, small, video};
use crate::output::mp4::tests::strict;
use crate::storage::{ChildIdentity, RecordingDir, RecordingMeta, RecordingState, Spool, StorageError};

pub(super) fn meta(id: &str) -> RecordingMeta {
    RecordingMeta {
        egress_id: id.to_owned(),
        room_name: "a room & more".to_owned(),
        room_sid: None,
        host: "meet.example.com".to_owned(),
        output: PathBuf::from("/nowhere/out.mp4"),
        created_at: 1,
        started_at: None,
    }
}

pub(super) fn spool_with(id: &str) -> (tempfile::TempDir, Spool, RecordingDir) {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::open(dir.path().join("spool")).unwrap();
    let recording = spool.create(id, &meta(id)).unwrap();
    (dir, spool, recording)
}

fn write_log(recording: &RecordingDir) -> Log {
    let log = Log::new(&video(), &audio(), &small(45));
    fs::write(recording.log_path(), log.bytes()).unwrap();
    log
}

/// A process that holds the log's lock until it is ended, as a child does.
fn holder(recording: &RecordingDir) -> Child {
    let mut child = Command::new("flock")
        .arg("--exclusive")
        .arg("--no-fork")
        .arg(recording.log_path())
        .args(["sh", "-c", "echo held; exec sleep 60"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");
    child
}

fn identity(child: &Child) -> ChildIdentity {
    ChildIdentity::of(i32::try_from(child.id()).unwrap()).unwrap()
}

#[test]
fn only_its_owner_can_look_into_a_spool() {
    let (dir, spool, recording) = spool_with("EG_x");
    for path in [spool.path(), recording.path()] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
    }
    let open = dir.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(Spool::open(open), Err(StorageError::SpoolOpen(_))));
}

#[test]
fn an_id_is_never_a_path() {
    let (_dir, spool, _) = spool_with("EG_x");
    for id in ["", ".", "..", "a/b", "../EG_x", "/etc", "EG x", "é", &"x".repeat(200)] {
        assert!(matches!(spool.create(id, &meta(id)), Err(StorageError::BadId(_))), "{id:?}");
        assert!(matches!(spool.remove(id), Err(StorageError::BadId(_))), "{id:?}");
    }
    assert!(matches!(spool.recover("EG_y"), Err(StorageError::NoSuchRecording(_))));
}

#[test]
fn meta_is_what_was_written_and_is_replaced_whole() {
    let (_dir, _spool, recording) = spool_with("EG_x");
    assert_eq!(recording.meta().unwrap(), meta("EG_x"));
    let started = RecordingMeta { started_at: Some(5), ..meta("EG_x") };
    recording.write_meta(&started).unwrap();
    assert_eq!(recording.meta().unwrap(), started);
    assert_eq!(recording.child().unwrap(), None);
    let me = ChildIdentity::current().unwrap();
    recording.write_child(&me).unwrap();
    assert_eq!(recording.child().unwrap(), Some(me.clone()));
    assert!(me.is_alive());
    assert!(!ChildIdentity { start_time: me.start_time + 1, ..me.clone() }.is_alive());
    assert!(!ChildIdentity { boot_id: String::new(), ..me }.is_alive());
}

#[test]
fn ls_says_how_each_recording_stands() {
    let (_dir, spool, recording) = spool_with("EG_x");
    let state = || {
        let entries = spool.list().unwrap();
        assert_eq!(entries.len(), 1);
        entries.into_iter().next().unwrap()
    };
    assert_eq!((state().state, state().bytes), (RecordingState::Interrupted, 0));
    write_log(&recording);
    let entry = state();
    assert_eq!(entry.state, RecordingState::Interrupted);
    assert_eq!((entry.room.as_str(), entry.output), ("a room & more", Some("/nowhere/out.mp4".into())));
    assert_eq!(entry.recorded.as_millis(), 1533);

    let mut child = holder(&recording);
    assert_eq!(state().state, RecordingState::Orphaned);
    let charge = recording.lock_parent().unwrap();
    assert_eq!(state().state, RecordingState::Recording);
    assert!(matches!(spool.recover("EG_x"), Err(StorageError::InUse(_))));
    assert!(matches!(spool.remove("EG_x"), Err(StorageError::InUse(_))));
    drop(charge);
    assert!(matches!(spool.remove("EG_x"), Err(StorageError::LogHeld(_))));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(state().state, RecordingState::Interrupted);
    drop(spool.recover("EG_x").unwrap());
    assert_eq!(state().state, RecordingState::Closed);
    assert_eq!(state().recorded.as_millis(), 1533);
    spool.remove("EG_x").unwrap();
    assert!(spool.list().unwrap().is_empty());
}

#[test]
fn a_damaged_recording_hides_no_other() {
    let (_dir, spool, first) = spool_with("EG_1");
    let second = spool.create("EG_2", &meta("EG_2")).unwrap();
    fs::write(first.path().join("meta.json"), "{").unwrap();
    fs::write(first.log_path(), vec![7; 50_000]).unwrap();
    write_log(&second);
    let entries = spool.list().unwrap();
    assert_eq!(entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["EG_1", "EG_2"]);
    assert_eq!((entries[0].bytes, entries[0].room.as_str()), (50_000, ""));
    assert_eq!(entries[1].recorded.as_millis(), 1533);
}

#[test]
fn recovery_ends_a_child_that_lives_and_closes_what_it_wrote() {
    let (_dir, spool, recording) = spool_with("EG_x");
    let log = write_log(&recording);
    let mut child = holder(&recording);
    recording.write_child(&identity(&child)).unwrap();
    let begun = Instant::now();
    let recovered = spool.recover("EG_x").unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(!child.wait().unwrap().success());
    log.assert_closed(&fs::read(recording.log_path()).unwrap(), 0..log.fragments.len());
    recovered.recording.remove(recovered.charge).unwrap();
    assert!(spool.list().unwrap().is_empty());
}

#[test]
fn a_process_that_only_has_the_childs_pid_is_spared() {
    let (_dir, spool, recording) = spool_with("EG_x");
    write_log(&recording);
    let mut other = holder(&recording);
    let stale = ChildIdentity { start_time: identity(&other).start_time + 1, ..identity(&other) };
    recording.write_child(&stale).unwrap();
    assert!(matches!(spool.recover("EG_x"), Err(StorageError::LogHeld(_))));
    assert!(identity(&other).is_alive());
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn nothing_recorded_is_no_error() {
    let (_dir, spool, recording) = spool_with("EG_x");
    assert!(spool.recover("EG_x").unwrap().log.is_empty());
    assert!(!recording.log_path().exists(), "recovery makes no log");
}

#[test]
fn a_recording_is_closed_while_its_parent_is_in_charge() {
    let (_dir, spool, recording) = spool_with("EG_x");
    write_log(&recording);
    let charge = recording.lock_parent().unwrap();
    let closed = spool.finish(&recording).unwrap();
    let file = strict::read(&fs::read(recording.log_path()).unwrap());
    assert_eq!(
        (file.video.len(), file.audio.len()),
        (closed.video_samples as usize, closed.audio_samples as usize)
    );
    assert_eq!(File::open(recording.log_path()).unwrap().metadata().unwrap().len(), closed.bytes);
    drop(charge);
}
