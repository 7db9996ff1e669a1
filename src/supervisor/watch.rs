//! Watches a child from launch to death.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::ChildStderr;
use tokio::time::{Instant, sleep_until, timeout};

use crate::e2ee::RoomKey;
use crate::job::{Cause, Input, State, transition};

use super::keys::Keys;
use super::launch::Seat;
use super::protocol::{Command, Report};
use super::{Lines, Observer, Signals, wall_nanos};

/// How long the next line of a log may take whose process is gone.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How long a recorder is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To finish after it was asked to, or to be gone after its last word.
    pub finish: Duration,
    /// To say something, once it reports its progress each second: one that is silent for longer hangs, and
    /// what it wrote is worth more than what it might still do.
    pub silence: Duration,
}

impl Default for Patience {
    /// Finishing: a third of what service managers grant (90 s), so that the file can still be closed.
    fn default() -> Self {
        Self { finish: Duration::from_secs(30), silence: Duration::from_secs(30) }
    }
}

/// Where a job is that one child after another works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Where it is.
    pub state: State,
    /// Wall time of time zero in nanoseconds, 0 when nothing was recorded.
    pub started_at: i64,
}

impl Default for Life {
    fn default() -> Self {
        Self { state: State::Starting, started_at: 0 }
    }
}

/// How watching a child ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It said why it ended, or was asked to: the recording is over.
    Over(Watched),
    /// It is gone without a word.
    Died {
        /// Where the job stands.
        life: Life,
        /// Of what, for a person.
        how: String,
    },
}

/// What a job's recording came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Where the job is: always `Ending`.
    pub state: State,
    /// Why it ended.
    pub cause: Cause,
    /// Wall time of time zero in nanoseconds, 0 when nothing was recorded.
    pub started_at: i64,
    /// Wall time of the end.
    pub ended_at: i64,
}

/// Watches until the child is gone and its last word is read; passes keys on that are new.
pub async fn watch(
    seat: Seat,
    life: Life,
    keys: &mut Keys,
    patience: Patience,
    signals: &mut Signals,
    observer: &mut dyn Observer,
) -> Fate {
    let Life { state, started_at } = life;
    let watch = Watch {
        seat,
        keys,
        patience,
        observer,
        state,
        cause: None,
        started_at,
        stopping: false,
        limit: None,
        hung: None,
    };
    watch.run(signals).await
}

struct Watch<'a> {
    seat: Seat,
    keys: &'a mut Keys,
    patience: Patience,
    observer: &'a mut dyn Observer,
    state: State,
    cause: Option<Cause>,
    started_at: i64,
    stopping: bool,
    /// By then the child must have said something, and why that matters.
    limit: Option<Limit>,
    /// It was killed for that.
    hung: Option<&'static str>,
}

/// A moment that a healthy child doesn't let pass.
#[derive(Debug, Clone, Copy)]
struct Limit {
    at: Instant,
    /// What it is when it does.
    otherwise: &'static str,
}

impl Watch<'_> {
    async fn run(mut self, signals: &mut Signals) -> Fate {
        let mut log = self.seat.log.take();
        loop {
            let limit = self.limit.map(|limit| limit.at);
            tokio::select! {
                line = self.seat.reports.next() => match line {
                    Ok(Some(line)) => self.on_line(&line),
                    Ok(None) => break,
                    Err(error) => {
                        self.on_nonsense(&error);
                        break;
                    }
                },
                line = next_log_line(&mut log) => match line {
                    Some(line) => self.observer.relay(&line),
                    None => log = None,
                },
                () = signals.next() => self.on_signal().await,
                keys = self.keys.changed() => self.on_keys(keys).await,
                () = sleep_until(limit.unwrap_or_else(Instant::now)), if limit.is_some() => self.on_limit(),
            }
        }
        self.on_end(log, signals).await
    }

    fn on_line(&mut self, line: &[u8]) {
        let report = match serde_json::from_slice(line) {
            Ok(report) => report,
            // A child killed in the middle of a line, or a library that prints: not a reason to end a recording.
            Err(error) => {
                tracing::warn!(error = %error, "a line of the recorder makes no sense");
                return;
            }
        };
        self.observer.report(&report);
        match report {
            // A later child's first picture is not the recording's.
            Report::Started { started_at } if self.started_at == 0 => {
                self.started_at = started_at;
                self.step(Input::Started);
            }
            Report::Ended { end } => {
                self.step(Input::Ended(end.clone()));
                // A signal that we passed on is the reason, unless something broke on the way.
                let broke = matches!(end, crate::job::End::Failed { .. });
                if self.cause.is_none() || broke {
                    self.cause = Some(Cause::Recorder(end));
                }
                self.expect_the_end();
            }
            Report::Progress { .. } if !matches!(self.state, State::Ending(_)) => {
                let at = Instant::now() + self.patience.silence;
                self.limit = Some(Limit { at, otherwise: "the recorder hung" });
            }
            Report::KeyWanted { .. } => self.keys.wanted(),
            Report::Started { .. }
            | Report::Joined { .. }
            | Report::Progress { .. }
            | Report::Notice { .. } => {}
        }
    }

    /// From now on it has so long to be gone.
    fn expect_the_end(&mut self) {
        let at = Instant::now() + self.patience.finish;
        self.limit = Some(Limit { at, otherwise: "the recorder hung at its end" });
    }

    /// The first signal asks the child to finish; the second one ends it, and what it wrote is closed.
    async fn on_signal(&mut self) {
        if self.stopping {
            self.kill("a second signal");
            return;
        }
        self.stopping = true;
        self.observer.stopping();
        self.step(Input::Stop);
        self.cause.get_or_insert(Cause::Signal);
        self.expect_the_end();
        if let Err(error) = self.seat.tell(&Command::Stop).await {
            tracing::warn!(error = %error, "the recorder no longer listens");
        }
    }

    async fn on_keys(&mut self, keys: Vec<RoomKey>) {
        if let Err(error) = self.seat.tell(&Command::Keys { keys }).await {
            tracing::warn!(error = %error, "the recorder takes no keys");
        }
    }

    fn on_limit(&mut self) {
        let Some(Limit { otherwise, .. }) = self.limit.take() else { return };
        self.kill(otherwise);
        if let State::Ending(_) = self.state {
            self.step(Input::Lost);
            self.cause = Some(Cause::Broken { error: otherwise.to_owned(), code: 500 });
        } else {
            self.hung = Some(otherwise);
        }
    }

    fn on_nonsense(&mut self, error: &io::Error) {
        tracing::error!(error = %error, "the recorder's reports can't be read");
        self.kill("its reports can't be read");
    }

    fn kill(&mut self, why: &str) {
        tracing::warn!(reason = why, "killing the recorder");
        if let Err(error) = self.seat.child.start_kill() {
            tracing::warn!(error = %error, "the recorder can't be killed");
        }
    }

    /// Its pipe is closed: wait until the process is gone too, so that nobody writes to the log any more.
    async fn on_end(mut self, mut log: Option<Lines<ChildStderr>>, signals: &mut Signals) -> Fate {
        let deadline = Instant::now() + self.patience.finish;
        let mut killed = false;
        let status = loop {
            tokio::select! {
                status = self.seat.child.wait() => break status,
                line = next_log_line(&mut log) => match line {
                    Some(line) => self.observer.relay(&line),
                    None => log = None,
                },
                () = signals.next() => {
                    // Whoever says stop wants no other recorder.
                    self.step(Input::Stop);
                    self.cause.get_or_insert(Cause::Signal);
                    self.kill("a signal while it ends");
                }
                () = sleep_until(deadline), if !killed => {
                    killed = true;
                    self.kill("its pipe is closed but it lives");
                }
            }
        };
        // What it said last is still in the pipe, which a process that it started may hold open.
        while log.is_some() {
            match timeout(LAST_WORDS, next_log_line(&mut log)).await {
                Ok(Some(line)) => self.observer.relay(&line),
                Ok(None) | Err(_) => log = None,
            }
        }
        if let State::Starting | State::Active = self.state {
            let life = Life { state: self.state, started_at: self.started_at };
            let how = match self.hung {
                Some(otherwise) => otherwise.to_owned(),
                None => format!("the recorder died ({})", how(status.as_ref())),
            };
            return Fate::Died { life, how };
        }
        let cause =
            self.cause.unwrap_or(Cause::Broken { error: "the recorder said nothing".to_owned(), code: 500 });
        Fate::Over(Watched { state: self.state, cause, started_at: self.started_at, ended_at: wall_nanos() })
    }

    fn step(&mut self, input: Input) {
        match transition(self.state, input) {
            Ok(next) => self.state = next,
            Err(refused) => tracing::warn!(error = %refused, "out of order"),
        }
    }
}

/// A line of the child's log, or `None` at its end; pends for ever without a pipe.
async fn next_log_line(log: &mut Option<Lines<ChildStderr>>) -> Option<String> {
    match log {
        Some(pipe) => {
            pipe.next().await.ok().flatten().map(|line| String::from_utf8_lossy(&line).into_owned())
        }
        None => std::future::pending().await,
    }
}

/// How a process ended, for a person.
fn how(status: Result<&ExitStatus, &io::Error>) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match status {
        Ok(status) => match status.signal() {
            Some(signal) => format!("signal {signal}"),
            None => format!("exit code {}", status.code().unwrap_or_default()),
        },
        Err(error) => error.to_string(),
    }
}
