//! `livetape record`: checks everything, records one room, says what came of it.

use std::io::Write as _;

use crate::config::{Environment, KeyFiles, RecordFlags, gather};
use crate::job::{Mistake, Outcome, Plan, Verdict, egress_info};
use crate::supervisor::{self, Launcher, Signals, check_output, check_spool, preflight};
use crate::telemetry::{self, Console, LogFormat};

use super::exit::Exit;
use super::face::Face;

/// What is logged unless `RUST_LOG` says otherwise: on a terminal the status line says the rest.
const QUIET: &str = "warn";
const NORMAL: &str = "info";

/// Runs the command.
pub fn run(flags: RecordFlags, env: &Environment, log_format: LogFormat, console: &Console) -> Exit {
    let filter = env.get("RUST_LOG").unwrap_or(if console.is_terminal() { QUIET } else { NORMAL }).to_owned();
    telemetry::install(&filter, log_format, console);
    let launcher = Launcher::this_program(filter, log_format == LogFormat::Json, console.is_terminal());
    match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime.block_on(record(flags, env, &launcher, console)),
        Err(error) => {
            console.say(&format!("error: can't start: {error}"));
            Exit::Failed
        }
    }
}

async fn record(flags: RecordFlags, env: &Environment, launcher: &Launcher, console: &Console) -> Exit {
    let json = flags.json;
    let plan = match check(flags, env, launcher).await {
        Ok(plan) => plan,
        Err(mistakes) => {
            for mistake in mistakes {
                console.say(&format!("error: {mistake}"));
            }
            return Exit::BadInput;
        }
    };
    let mut signals = match Signals::install() {
        Ok(signals) => signals,
        Err(error) => {
            console.say(&format!("error: signals can't be caught: {error}"));
            return Exit::Failed;
        }
    };
    let mut face = Face::new(console);
    let keys = Box::new(KeyFiles::of(&plan));
    let outcome = supervisor::run(plan, keys, launcher, &mut signals, &mut face).await;
    drop(face);
    tell(&outcome, json, console);
    Exit::from(&outcome)
}

/// Everything that can be known to be wrong before anything joins, at once.
async fn check(flags: RecordFlags, env: &Environment, launcher: &Launcher) -> Result<Plan, Vec<Mistake>> {
    let (request, mut mistakes) = gather(flags, env);
    let output = request.output.clone().unwrap_or_default();
    let spool = request.spool.clone();
    let plan = Plan::try_from(request);
    if let Err(found) = &plan {
        mistakes.extend(found.iter().cloned());
    }
    mistakes.extend(check_output(&output, env.cwd()).err());
    mistakes.extend(check_spool(&spool).err());
    mistakes.extend(preflight(launcher).await);
    match plan {
        Ok(plan) if mistakes.is_empty() => Ok(plan),
        _ => Err(mistakes),
    }
}

/// The last words: on stderr for people, on stdout the file, or all of it as JSON.
fn tell(outcome: &Outcome, json: bool, console: &Console) {
    if let Some((error, _)) = outcome.error() {
        console.say(&match outcome.verdict {
            Verdict::LimitReached => format!("warning: {error}"),
            _ => format!("error: {error}"),
        });
    }
    let mut out = std::io::stdout().lock();
    let written = if json {
        match serde_json::to_string(&egress_info(outcome)) {
            Ok(text) => writeln!(out, "{text}"),
            Err(error) => Err(error.into()),
        }
    } else {
        match &outcome.file {
            Some(file) => writeln!(out, "{}", file.path.display()),
            None => Ok(()),
        }
    };
    if let Err(error) = written.and_then(|()| out.flush()) {
        tracing::warn!(error = %error, "stdout is closed");
    }
}
