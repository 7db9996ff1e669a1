//! Locks: one for whoever writes the log, one for whoever is in charge. Both end with the process that holds them.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Being in charge of a recording: its parent's, until dropped.
#[derive(Debug)]
pub struct ParentLock {
    _file: File,
}

impl ParentLock {
    pub(super) fn new(file: File) -> Self {
        Self { _file: file }
    }
}

/// How often a held lock is tried again: `flock` has no wait with a limit.
const RETRY: Duration = Duration::from_millis(5);

/// Takes the lock within `patience`; says whether it could. Someone who only looked holds it for microseconds.
pub(super) fn exclusive_within(file: &File, patience: Duration) -> io::Result<bool> {
    let deadline = Instant::now() + patience;
    loop {
        if attempt(file, FlockOperation::NonBlockingLockExclusive)? {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        std::thread::sleep(RETRY);
    }
}

/// Whether someone holds the lock exclusively. Looks with a shared lock, so that two who look don't see each other.
pub(super) fn is_held(file: &File) -> io::Result<bool> {
    if attempt(file, FlockOperation::NonBlockingLockShared)? {
        flock(file, FlockOperation::Unlock)?;
        return Ok(false);
    }
    Ok(true)
}

fn attempt(file: &File, operation: FlockOperation) -> io::Result<bool> {
    loop {
        match flock(file, operation) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(Errno::INTR) => {}
            Err(other) => return Err(other.into()),
        }
    }
}
