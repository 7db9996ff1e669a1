//! Delivery: whole, and over nothing.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::storage::{StorageError, deliver};

fn log_in(dir: &Path, content: &[u8]) -> std::path::PathBuf {
    let recording = dir.join("EG_x");
    fs::create_dir_all(&recording).unwrap();
    let log = recording.join("log.mp4");
    fs::write(&log, content).unwrap();
    log
}

#[test]
fn the_same_file_system_renames() {
    let dir = tempfile::tempdir().unwrap();
    let log = log_in(dir.path(), b"one");
    let inode = fs::metadata(&log).unwrap().ino();
    let output = dir.path().join("out.mp4");
    assert_eq!(deliver(&log, &output).unwrap(), output);
    assert_eq!((fs::metadata(&output).unwrap().ino(), log.exists()), (inode, false));
}

#[test]
fn another_file_system_copies_and_leaves_nothing_behind() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
    assert_ne!(
        fs::metadata(here.path()).unwrap().dev(),
        fs::metadata(there.path()).unwrap().dev(),
        "needs two"
    );
    let content: Vec<u8> = (0..3_000_000u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    for name in ["out.mp4", "out-1.mp4"] {
        let log = log_in(here.path(), &content);
        let path = deliver(&log, &there.path().join("out.mp4")).unwrap();
        assert_eq!(path, there.path().join(name));
        assert!(fs::read(&path).unwrap() == content);
        assert!(!log.exists());
    }
    assert_eq!(fs::read_dir(there.path()).unwrap().count(), 2);
}

#[test]
fn what_is_there_is_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out.mp4");
    fs::write(&output, "precious").unwrap();
    std::os::unix::fs::symlink("/nonexistent", dir.path().join("out-1.mp4")).unwrap();
    fs::create_dir(dir.path().join("out-2.mp4")).unwrap();
    let path = deliver(&log_in(dir.path(), b"two"), &output).unwrap();
    assert_eq!(path, dir.path().join("out-3.mp4"));
    assert_eq!(fs::read(&output).unwrap(), b"precious");
    assert_eq!(fs::read(path).unwrap(), b"two");
}

#[test]
fn a_failed_delivery_keeps_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let log = log_in(dir.path(), b"three");
    let refused = deliver(&log, &dir.path().join("no/such/directory/out.mp4"));
    assert!(matches!(refused, Err(StorageError::Io { .. })));
    assert_eq!(fs::read(&log).unwrap(), b"three");
}
