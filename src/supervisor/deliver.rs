//! From a recording in the spool to a file where it was asked for: the same for a job's end and for recovery.

use std::fs;
use std::path::Path;

use crate::job::RecordedFile;
use crate::storage::{ClosedLog, ParentLock, RecordingDir, Spool, deliver};

/// Closes a recording that the caller is in charge of, and delivers it. `None`: nothing was recorded, and
/// nothing stays in the spool.
///
/// # Errors
/// One line that says what is wrong and where the recording is now. Nothing is lost.
pub fn finish(
    spool: &Spool,
    recording: RecordingDir,
    charge: ParentLock,
    output: &Path,
) -> Result<Option<RecordedFile>, String> {
    let log = spool.finish(&recording).map_err(|error| kept(&recording, &error.to_string()))?;
    hand_over(recording, &log, charge, output)
}

/// Delivers a closed recording, and removes it from the spool.
///
/// # Errors
/// As [`finish`].
pub fn hand_over(
    recording: RecordingDir,
    log: &ClosedLog,
    charge: ParentLock,
    output: &Path,
) -> Result<Option<RecordedFile>, String> {
    let file = if log.is_empty() {
        None
    } else {
        // A directory that a template names may be new; a failure shows in what follows.
        let made = output.parent().map_or(Ok(()), fs::create_dir_all);
        made.map_err(|error| {
            kept(&recording, &format!("can't make the directory of {}: {error}", output.display()))
        })?;
        let path =
            deliver(&recording.log_path(), output).map_err(|error| kept(&recording, &error.to_string()))?;
        Some(RecordedFile { path, size: log.bytes, duration: log.recorded })
    };
    if let Err(error) = recording.remove(charge) {
        // The file is where it belongs; what is left can be removed by hand.
        tracing::warn!(error = %error, "the spool keeps an empty recording");
    }
    Ok(file)
}

fn kept(recording: &RecordingDir, why: &str) -> String {
    let id = recording.id();
    format!("{why}; the recording is kept in {}: livetape spool recover {id}", recording.path().display())
}
