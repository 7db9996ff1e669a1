//! The command line: one file a command, and what their ends mean to a shell.

mod child;
mod exit;
mod face;
mod panic;
mod record;
mod spool;
mod status;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Environment, RecordFlags};
use crate::telemetry::{Console, LogFormat};

use exit::Exit;

/// Records LiveKit rooms from the server side, end-to-end encrypted ones included.
#[derive(Debug, Parser)]
#[command(name = "livetape", version, propagate_version = true)]
struct Cli {
    /// How the log on stderr looks
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Record(Box<RecordFlags>),
    /// Recordings that aren't delivered yet
    Spool(spool::SpoolFlags),
    /// Records one room for a parent (started by `record`)
    #[command(hide = true)]
    Child {
        /// Says what this machine lacks, and ends
        #[arg(long)]
        check: bool,
    },
}

/// Reads the command line, runs the command, and turns its end into an exit code.
pub fn main() -> ExitCode {
    let Cli { log_format, command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistakes; where they go and which code they mean, clap knows.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::BadInput.code() } else { Exit::Ok.code() });
        }
    };
    let console = Console::default();
    let env = match Environment::of_process() {
        Ok(env) => env,
        Err(error) => {
            console.say(&format!("error: the working directory can't be read: {error}"));
            return ExitCode::from(Exit::BadInput.code());
        }
    };
    let exit = match command {
        Command::Record(flags) => record::run(*flags, &env, log_format, &console),
        Command::Spool(flags) => spool::run(flags, &env, log_format, &console),
        Command::Child { check } => child::run(check, &env, log_format, &console),
    };
    ExitCode::from(exit.code())
}
