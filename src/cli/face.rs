//! What a recording shows while it runs: a status line on a terminal, log lines elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::supervisor::Observer;
use crate::supervisor::protocol::Report;
use crate::telemetry::Console;

use super::status;

/// How often the line's spinner turns.
const TICK: Duration = Duration::from_millis(200);

/// Shows a recording to whoever watches.
pub struct Face {
    console: Console,
    /// The status line, on a terminal.
    line: Option<ProgressBar>,
}

impl Face {
    /// A status line when stderr is a terminal.
    pub fn new(console: &Console) -> Self {
        let line = console.is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let line = ProgressBar::new_spinner().with_style(style).with_message("looking for the room");
            line.enable_steady_tick(TICK);
            console.put(line.clone());
            line
        });
        Self { console: console.clone(), line }
    }

    fn show(&self, text: String) {
        if let Some(line) = &self.line {
            line.set_message(text);
        }
    }

    /// A line that stays.
    fn tell(&self, text: &str) {
        match self.line {
            Some(_) => self.console.say(text),
            None => tracing::warn!("{text}"),
        }
    }
}

impl Observer for Face {
    fn waiting(&mut self, room: &str) {
        self.show(format!("waiting for room {}", crate::job::sanitise(room)));
    }

    fn report(&mut self, report: &Report) {
        match report {
            Report::Joined { room_sid } => {
                tracing::info!(room.id = room_sid, "joined");
                self.show("joined; nothing to see or hear yet".to_owned());
            }
            Report::Started { started_at } => tracing::info!(started_at, "recording"),
            Report::Progress { recorded_ms, bytes, participants, locked } => {
                tracing::debug!(
                    recorded_ms,
                    recorded_bytes = bytes,
                    participants,
                    locked = locked.len(),
                    "progress"
                );
                self.show(status::progress(*recorded_ms, *bytes, *participants, locked));
            }
            Report::KeyWanted { identity, index, why } => {
                tracing::debug!(participant.identity = identity, key.index = index, ?why, "a key is wanted");
            }
            Report::Notice { text } => self.tell(text),
            Report::Ended { end } => {
                tracing::info!(end = ?end, "the recorder ended");
                self.show("closing the file".to_owned());
            }
        }
    }

    fn relay(&mut self, line: &str) {
        self.console.say(line);
    }

    fn stopping(&mut self) {
        tracing::info!("stopping");
        self.show("stopping; once more to stop at once".to_owned());
    }
}

impl Drop for Face {
    fn drop(&mut self) {
        self.console.clear();
    }
}
