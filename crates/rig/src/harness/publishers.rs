//! Participants made with LiveKit's own SDK (`tests/rig/publisher.py`).

use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::process::{Line, Process, aborted};
use super::server::credentials;
use super::{Host, PATIENCE, Scratch, python, rig_file};

/// Who publishes what; identities are `p0`, `p1`, …
#[derive(Debug, Clone)]
pub struct PublishOptions {
    /// How many participants.
    pub participants: u8,
    /// Number of the first.
    pub first: u8,
    /// The shared key, when the room is encrypted.
    pub key: Option<String>,
    /// Further options of `publisher.py`.
    pub more: Vec<String>,
}

impl PublishOptions {
    /// So many participants in clear: VP8 simulcast at 360p30, mono Opus.
    #[must_use]
    pub fn clear(participants: u8) -> Self {
        Self { participants, first: 0, key: None, more: Vec::new() }
    }

    /// The same with a shared key.
    #[must_use]
    pub fn encrypted(participants: u8, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..Self::clear(participants) }
    }

    /// With one more option of `publisher.py`, and its value where it has one.
    #[must_use]
    pub fn with(mut self, option: &[&str]) -> Self {
        self.more.extend(option.iter().map(|&o| o.to_owned()));
        self
    }
}

/// Publishing participants, in one process.
#[derive(Debug)]
pub struct Publishers {
    process: Process,
}

impl Publishers {
    /// Starts them and waits until all have published.
    ///
    /// # Errors
    /// When they can't join or publish within [`PATIENCE`].
    pub fn start(scratch: &Scratch, url: &str, room: &str, options: &PublishOptions) -> Result<Self> {
        Self::start_at(&Host::here(), scratch, url, room, options)
    }

    /// The same on a host.
    ///
    /// # Errors
    /// When they can't join or publish within [`PATIENCE`].
    pub fn start_at(
        host: &Host,
        scratch: &Scratch,
        url: &str,
        room: &str,
        options: &PublishOptions,
    ) -> Result<Self> {
        let command = host.command(python()?);
        Self::launch("publisher.py", command, scratch, url, room, options)
    }

    /// The same by another script that takes the same options and speaks the same lines.
    pub(super) fn launch(
        script: &str,
        mut command: Command,
        scratch: &Scratch,
        url: &str,
        room: &str,
        options: &PublishOptions,
    ) -> Result<Self> {
        command.arg(rig_file(script)).args(["--url", url, "--room", room]);
        command.args(["--participants", &options.participants.to_string()]);
        command.args(["--first", &options.first.to_string()]).args(&options.more);
        if let Some(key) = &options.key {
            command.args(["--e2ee-key-env", "RIG_E2EE_KEY"]).env("RIG_E2EE_KEY", key);
        }
        Self::run(scratch, script, &mut command)
    }

    /// Starts a publishing program, and waits until it says that all have published.
    pub(super) fn run(scratch: &Scratch, name: &str, command: &mut Command) -> Result<Self> {
        credentials(command).current_dir(scratch.path());
        let mut publishers = Self { process: Process::start(name, command)? };
        publishers.wait_for("ready", None)?;
        Ok(publishers)
    }

    /// Waits for an event, of one participant when named, that wasn't there before the last command.
    ///
    /// # Errors
    /// When it doesn't come within [`PATIENCE`].
    pub fn wait_for(&mut self, event: &str, who: Option<&str>) -> Result<Value> {
        self.wait_beyond(0, event, who)
    }

    fn wait_beyond(&mut self, seen: usize, event: &str, who: Option<&str>) -> Result<Value> {
        let wanted = |lines: &[Line]| {
            let mut events = lines.iter().skip(seen).filter_map(parse);
            events.find(|e| e["event"] == event && who.is_none_or(|who| e["who"] == who))
        };
        self.process.wait_for(PATIENCE, wanted).with_context(|| format!("waiting for {event}"))
    }

    /// Their process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Everything they said.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.process.stdout().iter().filter_map(parse).collect()
    }

    /// One command for one participant (`mute`, `unmute`, `camera_off`, `camera_on`, `leave`, `join`);
    /// returns when it was done, as `publisher.py` says it.
    ///
    /// # Errors
    /// When it isn't done within [`PATIENCE`].
    pub fn command(&mut self, what: &str, who: &str) -> Result<Value> {
        self.tell(&json!({ "do": what, "who": who }))
    }

    /// From now on a participant's pictures have this size, as when a phone is turned (Chromium only).
    ///
    /// # Errors
    /// When it isn't done within [`PATIENCE`].
    pub fn resize(&mut self, who: &str, width: u32, height: u32) -> Result<Value> {
        self.tell(&json!({ "do": "resize", "who": who, "width": width, "height": height }))
    }

    /// A new shared key for everyone.
    ///
    /// # Errors
    /// When it isn't taken within [`PATIENCE`].
    pub fn set_key(&mut self, key: &str, index: u8) -> Result<Value> {
        self.tell(&json!({ "do": "set_key", "key": key, "index": index }))
    }

    /// From now on everyone encrypts with the key of this index.
    ///
    /// # Errors
    /// When it isn't taken within [`PATIENCE`].
    pub fn use_key(&mut self, index: u8) -> Result<Value> {
        self.tell(&json!({ "do": "key_index", "index": index }))
    }

    /// Whether everyone encrypts from now on; their tracks stay declared as encrypted.
    ///
    /// # Errors
    /// When it isn't taken within [`PATIENCE`].
    pub fn encrypt(&mut self, on: bool) -> Result<Value> {
        self.tell(&json!({ "do": "encrypt", "on": on }))
    }

    /// One ratchet step on the shared key of this index, for everyone.
    ///
    /// # Errors
    /// When it isn't taken within [`PATIENCE`].
    pub fn ratchet(&mut self, index: u8) -> Result<Value> {
        self.tell(&json!({ "do": "ratchet", "index": index }))
    }

    /// Everyone sends this text: by a stream (`send_text`) or a single packet (`send_data`).
    ///
    /// # Errors
    /// When it isn't sent within [`PATIENCE`].
    pub fn send(&mut self, how: &str, text: &str, topic: &str) -> Result<Value> {
        self.tell(&json!({ "do": how, "text": text, "topic": topic }))
    }

    fn tell(&mut self, command: &Value) -> Result<Value> {
        let seen = self.process.stdout().len();
        self.process.tell(&command.to_string())?;
        self.wait_beyond(seen, "done", None)
    }

    /// All leave the room; returns what they said when leaving: frames captured and encoded. The SDK's native library
    /// was seen to abort at this point, once in some runs: whoever hasn't said anything by then is missing.
    ///
    /// # Errors
    /// When they don't end by themselves.
    pub fn leave(mut self) -> Result<Vec<Value>> {
        self.process.close_stdin();
        let status = self.process.wait(PATIENCE)?;
        if aborted(status) {
            println!("the publishers aborted at leaving: {:?}", self.process.stderr());
        } else {
            ensure!(status.success(), "the publishers: {status}: {:?}", self.process.stderr());
        }
        Ok(self.events().into_iter().filter(|e| e["event"] == "left").collect())
    }

    /// Ends them by a signal, as a crash would.
    ///
    /// # Errors
    /// When they are gone already.
    pub fn kill(mut self) -> Result<ExitStatus> {
        self.process.signal(rustix::process::Signal::KILL)?;
        self.process.wait(Duration::from_secs(5))
    }
}

fn parse(line: &Line) -> Option<Value> {
    serde_json::from_str(&line.text).ok()
}
