//! A bug in a recorder is told to its parent before the process ends.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use crate::job::End;
use crate::supervisor::protocol::Report;

/// From now on a panic, in whatever thread, is the recorder's last word: it says so to the parent and
/// aborts. What was written is in the log already, and the parent closes it.
///
/// The panic's message may quote anything, so only its place goes into a status.
pub fn report_panics(reports: Arc<File>) {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        default(info);
        let place =
            info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
        let end = End::Failed { error: format!("a bug in the recorder{place}"), code: 500 };
        if let Ok(mut line) = serde_json::to_vec(&Report::Ended { end }) {
            line.push(b'\n');
            // One write of less than a page: it can't be torn apart by another thread's.
            let _ = (&*reports).write_all(&line);
        }
        abort();
    }));
}

#[expect(clippy::disallowed_methods, reason = "after a bug no thread may write to the log any more")]
fn abort() -> ! {
    std::process::abort()
}
