//! `livetape child`: the hidden command that records one room for a parent.
//!
//! The order comes on stdin, reports go to what was stdout. Stdout itself becomes stderr, so that a
//! library that prints can't disturb the line protocol.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

use crate::config::Environment;
use crate::job::End;
use crate::recorder;
use crate::supervisor::protocol::{Command, Order, Report};
use crate::supervisor::{say_preflight, small_pages};
use crate::telemetry::{self, Console, LogFormat};

use super::exit::Exit;
use super::panic::report_panics;

/// Commands in flight. Full: who listens for them waits, on a thread of its own.
const COMMANDS: usize = 4;

/// More than any line with keys of ordinary length takes, in bytes: no copy is left behind in growing.
const LINE_ROOM: usize = 64 * 1024;

/// Reports in flight: at one a second, and 32 questions for keys at the most, some seconds of a parent that doesn't
/// read. Full: the recorder drops progress.
const REPORTS: usize = 128;

/// How long the last word may take to get through to a parent that doesn't read.
const LAST_WORD: Duration = Duration::from_secs(2);

/// Runs the command.
pub fn run(check: bool, env: &Environment, log_format: LogFormat, console: &Console) -> Exit {
    telemetry::install(env.get("RUST_LOG").unwrap_or("info"), log_format, console);
    let reports = match take_stdout() {
        Ok(reports) => Arc::new(reports),
        Err(error) => {
            tracing::error!(error = %error, "no pipe to report on");
            return Exit::Failed;
        }
    };
    if check {
        return match say_preflight(&recorder::missing(), &*reports) {
            Ok(()) => Exit::Ok,
            Err(_) => Exit::Failed,
        };
    }
    small_pages();
    report_panics(Arc::clone(&reports));
    let mut stdin = BufReader::new(io::stdin());
    let order = match read_order(&mut stdin) {
        Ok(order) => order,
        Err(error) => {
            tracing::error!(error = %error, "no order");
            return Exit::BadInput;
        }
    };
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let exit = runtime.block_on(record(order, stdin, reports));
            // Nothing that still runs may hold the process up.
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            tracing::error!(error = %error, "can't start");
            Exit::Failed
        }
    }
}

async fn record(order: Order, stdin: BufReader<io::Stdin>, pipe: Arc<File>) -> Exit {
    let (command_sender, commands) = mpsc::channel(COMMANDS);
    let (orphan_sender, orphaned) = oneshot::channel();
    let (reports, report_receiver) = mpsc::channel(REPORTS);
    let (written_sender, written) = oneshot::channel();
    // Threads of their own, for both block: they end with the process.
    let term = command_sender.clone();
    thread::spawn(move || listen(stdin, &command_sender, orphan_sender));
    thread::spawn(move || {
        write_reports(report_receiver, &pipe);
        let _ = written_sender.send(());
    });
    let stop_on_term = tokio::spawn(async move { obey_signals(&term).await });

    let Some(end) = recorder::run(order, commands, orphaned, reports.clone()).await else {
        return Exit::Failed;
    };

    stop_on_term.abort();
    let exit = if let End::Failed { .. } = end { Exit::Failed } else { Exit::Ok };
    tracing::info!(end = ?end, "ended");
    let _ = tokio::time::timeout(LAST_WORD, reports.send(Report::Ended { end })).await;
    drop(reports);
    let _ = tokio::time::timeout(LAST_WORD, written).await;
    exit
}

/// A pipe of our own to the parent; what prints to stdout from now on prints to stderr.
fn take_stdout() -> io::Result<File> {
    let pipe = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(File::from(pipe))
}

fn read_order(stdin: &mut impl io::BufRead) -> io::Result<Order> {
    let mut line = Zeroizing::new(String::new());
    stdin.read_line(&mut line)?;
    // What the parser says would quote the order, secrets and all.
    serde_json::from_str(&line).map_err(|error| {
        io::Error::new(io::ErrorKind::InvalidData, format!("it makes no sense at column {}", error.column()))
    })
}

/// Passes commands on until the parent is gone.
fn listen(mut stdin: BufReader<io::Stdin>, commands: &mpsc::Sender<Command>, orphaned: oneshot::Sender<()>) {
    loop {
        // There may be keys in it: it is wiped, and never quoted.
        let mut line = Zeroizing::new(String::with_capacity(LINE_ROOM));
        if !matches!(stdin.read_line(&mut line), Ok(1..)) {
            break;
        }
        match serde_json::from_str(&line) {
            Ok(command) => {
                let _ = commands.blocking_send(command);
            }
            Err(error) => tracing::warn!(column = error.column(), "a command makes no sense"),
        }
    }
    let _ = orphaned.send(());
}

/// Writes reports until there are no more; goes on swallowing them when the parent is gone.
fn write_reports(mut reports: mpsc::Receiver<Report>, mut pipe: &File) {
    let mut heard = true;
    while let Some(report) = reports.blocking_recv() {
        let Ok(mut line) = serde_json::to_vec(&report) else { continue };
        line.push(b'\n');
        if heard && pipe.write_all(&line).is_err() {
            tracing::info!("the parent no longer reads reports");
            heard = false;
        }
    }
}

/// SIGTERM means Stop, for a service manager tells every process of a service. SIGINT and SIGHUP are the
/// parent's business.
async fn obey_signals(commands: &mpsc::Sender<Command>) {
    let (Ok(mut term), Ok(mut int), Ok(mut hup)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()))
    else {
        return;
    };
    loop {
        tokio::select! {
            _ = term.recv() => {
                let _ = commands.try_send(Command::Stop);
            }
            _ = int.recv() => {}
            _ = hup.recv() => {}
        }
    }
}
