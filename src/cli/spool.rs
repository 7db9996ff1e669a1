//! `livetape spool`: what isn't delivered yet, and what to do about it.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::config::{Environment, RecordConfig, spool_dir};
use crate::job::{RecordedFile, sanitise};
use crate::storage::{RecordingState, Recovered, Spool, SpoolEntry};
use crate::supervisor::deliver::hand_over;
use crate::telemetry::{self, Console, LogFormat};

use super::exit::Exit;

/// Recordings that aren't delivered yet.
#[derive(Debug, Args)]
pub struct SpoolFlags {
    /// The spool, when it isn't where `record` has it by default
    #[arg(long = "spool", global = true, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The file given to `record --config`
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists them
    Ls {
        /// As JSON, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Closes recordings whose parent is gone, and delivers them; a recorder that still runs is ended first
    #[command(group(clap::ArgGroup::new("which").required(true).args(["id", "all"])))]
    Recover {
        /// The recording
        id: Option<String>,
        /// All that nobody is in charge of
        #[arg(long)]
        all: bool,
        /// Where to, instead of where it was asked for
        #[arg(long, short, value_name = "PATH", requires = "id")]
        output: Option<PathBuf>,
    },
    /// Deletes a recording, for good
    Rm {
        /// The recording
        id: String,
    },
}

/// Runs the command.
pub fn run(flags: SpoolFlags, env: &Environment, log_format: LogFormat, console: &Console) -> Exit {
    telemetry::install(env.get("RUST_LOG").unwrap_or("warn"), log_format, console);
    let SpoolFlags { dir, config, verb } = flags;
    let configured = match config.map(|path| RecordConfig::load(&env.cwd().join(path))).transpose() {
        Ok(config) => config.unwrap_or_default().spool.dir,
        Err(mistake) => {
            console.say(&format!("error: {mistake}"));
            return Exit::BadInput;
        }
    };
    let spool = match Spool::open(spool_dir(dir.or(configured), env)) {
        Ok(spool) => spool,
        Err(error) => {
            console.say(&format!("error: --spool: {error}"));
            return Exit::BadInput;
        }
    };
    let done = match verb {
        Verb::Ls { json } => list(&spool, json),
        Verb::Recover { id: Some(id), output, .. } => recover(&spool, &id, output, env, console),
        Verb::Recover { id: None, .. } => recover_all(&spool, env, console),
        Verb::Rm { id } => spool.remove(&id).map_err(|error| error.to_string()),
    };
    match done {
        Ok(()) => Exit::Ok,
        Err(error) => {
            console.say(&format!("error: {error}"));
            Exit::Failed
        }
    }
}

fn list(spool: &Spool, json: bool) -> Result<(), String> {
    let entries = spool.list().map_err(|error| error.to_string())?;
    let mut out = io::stdout().lock();
    let written = if json { write_json(&entries, &mut out) } else { write_table(&entries, &mut out) };
    written.map_err(|error| error.to_string())
}

fn write_json(entries: &[SpoolEntry], out: &mut impl Write) -> io::Result<()> {
    for entry in entries {
        serde_json::to_writer(&mut *out, entry)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn write_table(entries: &[SpoolEntry], out: &mut impl Write) -> io::Result<()> {
    for entry in entries {
        let SpoolEntry { id, state, bytes, recorded, room, output } = entry;
        let state = match state {
            RecordingState::Recording => "recording",
            RecordingState::Orphaned => "orphaned",
            RecordingState::Interrupted => "interrupted",
            RecordingState::Closed => "closed",
        };
        let output = output.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        // What came from a room must not drive the terminal.
        let room = sanitise(room);
        let seconds = recorded.as_secs();
        writeln!(out, "{id}  {state:<11}  {seconds:>6} s  {bytes:>12} B  {room}  {output}")?;
    }
    out.flush()
}

fn recover(
    spool: &Spool,
    id: &str,
    output: Option<PathBuf>,
    env: &Environment,
    console: &Console,
) -> Result<(), String> {
    let Recovered { recording, log, charge } = spool.recover(id).map_err(|error| error.to_string())?;
    let output = match output {
        Some(path) => env.cwd().join(path),
        // Where it should have gone can't be known any more: it is named by its id, here.
        None => match recording.meta() {
            Ok(meta) => meta.output,
            Err(_) => env.cwd().join(format!("{id}.mp4")),
        },
    };
    match hand_over(recording, &log, charge, &output)? {
        Some(RecordedFile { path, .. }) => {
            writeln!(io::stdout(), "{}", path.display()).map_err(|error| error.to_string())
        }
        None => {
            console.say(&format!("{id}: nothing was recorded"));
            Ok(())
        }
    }
}

/// One that fails keeps no other from being recovered.
fn recover_all(spool: &Spool, env: &Environment, console: &Console) -> Result<(), String> {
    let entries = spool.list().map_err(|error| error.to_string())?;
    let mut failed = 0_u32;
    for entry in entries.iter().filter(|entry| entry.state != RecordingState::Recording) {
        if let Err(error) = recover(spool, &entry.id, None, env, console) {
            console.say(&format!("error: {error}"));
            failed += 1;
        }
    }
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} couldn't be recovered", entries.len())) }
}
