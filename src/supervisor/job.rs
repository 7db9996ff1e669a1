//! One job from its plan to its outcome.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use rustix::rand::{GetRandomFlags, getrandom};
use time::OffsetDateTime;
use tokio::time::sleep;

use crate::e2ee::KeySource;
use crate::job::{
    Cause, EgressId, End, Facts, Input, Outcome, Plan, RecordedFile, State, Verdict, transition,
};
use crate::storage::{ParentLock, RecordingDir, RecordingMeta, Spool, StorageError};

use super::deliver;
use super::keys::Keys;
use super::protocol::{Order, Report};
use super::restart::{Restart, Restarts};
use super::rooms::{RoomError, find};
use super::watch::{Fate, Life, Watched, watch};
use super::{Launcher, Observer, Signals, wall_nanos};

/// Makes one recording. There is always an outcome; what failed is in it. Keys are those of the plan, and what
/// `keys` has newer ones of.
pub async fn run(
    plan: Plan,
    keys: Box<dyn KeySource>,
    launcher: &Launcher,
    signals: &mut Signals,
    observer: &mut dyn Observer,
) -> Outcome {
    let mut job = Job { id: new_id(), room_sid: String::new(), plan };
    let found = tokio::select! {
        found = find(&job.plan, || observer.waiting(&job.plan.room)) => found,
        () = signals.next() => return job.outcome(Verdict::Aborted, Cause::Signal),
    };
    match found {
        Ok(room) => job.room_sid = room.sid,
        Err(error) => {
            let cause = match &error {
                RoomError::NotThere { .. } => Cause::NoRoom(error.to_string()),
                _ => Cause::Broken { error: error.to_string(), code: error.code() },
            };
            return job.outcome(Verdict::Failed, cause);
        }
    }
    let keys = Keys::new(job.plan.keys.clone(), keys);
    job.record(keys, launcher, signals, observer).await
}

struct Job {
    id: EgressId,
    room_sid: String,
    plan: Plan,
}

impl Job {
    async fn record(
        self,
        keys: Keys,
        launcher: &Launcher,
        signals: &mut Signals,
        observer: &mut dyn Observer,
    ) -> Outcome {
        let output = self.output();
        let place = match self.make_place(output.clone()).await {
            Ok(place) => place,
            Err(error) => return self.broken(format!("the spool takes no recording: {error}")),
        };
        let order = self.order(place.recording.path().to_owned());
        let mut noting = Noting { observer, place: &place };
        let watched = match capture(order, keys, launcher, signals, &mut noting).await {
            Ok(watched) => watched,
            Err(error) => return self.broken(format!("the recorder can't be started: {error}")),
        };
        if watched.cause == Cause::Recorder(End::Replaced) {
            // Another recorder appends to this log now: it is not ours to close.
            return self.finish(watched, Ok(None));
        }
        let Place { spool, recording, charge, .. } = place;
        let delivered = blocking(move || deliver::finish(&spool, recording, charge, &output)).await;
        self.finish(watched, delivered.unwrap_or_else(Err))
    }

    /// A directory in the spool, with us in charge.
    async fn make_place(&self, output: PathBuf) -> Result<Place, String> {
        let meta = RecordingMeta {
            egress_id: self.id.to_string(),
            room_name: self.plan.room.clone(),
            room_sid: Some(self.room_sid.clone()),
            host: self.plan.endpoint.authority().to_owned(),
            output,
            created_at: wall_nanos(),
            started_at: None,
        };
        let (spool, id) = (self.plan.spool.clone(), self.id.clone());
        let made = blocking(move || {
            let spool = Spool::open(spool)?;
            let recording = spool.create(id.as_str(), &meta)?;
            let charge = recording.lock_parent()?;
            Ok::<_, StorageError>(Place { spool, recording, charge, meta: Arc::new(meta) })
        });
        made.await?.map_err(|error| error.to_string())
    }

    fn order(&self, recording: PathBuf) -> Order {
        let plan = &self.plan;
        Order {
            egress_id: self.id.clone(),
            url: plan.endpoint.as_str().to_owned(),
            api_key: plan.api_key.clone(),
            api_secret: plan.api_secret.clone(),
            room_name: plan.room.clone(),
            room_sid: self.room_sid.clone(),
            // As of each launch.
            keys: vec![],
            layout: plan.layout,
            encoding: plan.encoding.clone(),
            duration: plan.duration,
            restart: 0,
            started_at: None,
            recording,
        }
    }

    fn output(&self) -> PathBuf {
        let now = i128::from(wall_nanos());
        let now = OffsetDateTime::from_unix_timestamp_nanos(now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let facts = Facts { room_id: &self.room_sid, room_name: &self.plan.room, now };
        self.plan.output.resolve(&self.plan.cwd, &facts)
    }

    fn finish(self, watched: Watched, delivered: Result<Option<RecordedFile>, String>) -> Outcome {
        let Watched { state, mut cause, started_at, ended_at } = watched;
        let (input, file) = match delivered {
            Ok(None) if state == State::Ending(Verdict::Complete) => {
                cause = Cause::Broken { error: "nothing was written".to_owned(), code: 500 };
                (Input::NotClosed, None)
            }
            Ok(file) => (Input::Closed, file),
            Err(error) => {
                cause = Cause::Broken { error, code: 500 };
                (Input::NotClosed, None)
            }
        };
        let verdict = match transition(state, input) {
            Ok(State::Done(verdict)) => verdict,
            // A watched job is always ending; anything else is a failure that must show.
            Ok(_) | Err(_) => Verdict::Failed,
        };
        let outcome = self.outcome(verdict, cause);
        Outcome { started_at, ended_at, file, ..outcome }
    }

    fn broken(self, error: String) -> Outcome {
        self.outcome(Verdict::Failed, Cause::Broken { error, code: 500 })
    }

    fn outcome(self, verdict: Verdict, cause: Cause) -> Outcome {
        let now = wall_nanos();
        Outcome {
            id: self.id,
            room_sid: self.room_sid,
            room_name: self.plan.room,
            layout: self.plan.layout,
            preset: self.plan.preset,
            output: self.plan.output_text,
            verdict,
            cause,
            started_at: 0,
            ended_at: now,
            updated_at: now,
            file: None,
        }
    }
}

/// Has children record, one after another should one die, until it is over.
///
/// # Errors
/// Not even the first could be started.
async fn capture(
    mut order: Order,
    mut keys: Keys,
    launcher: &Launcher,
    signals: &mut Signals,
    observer: &mut dyn Observer,
) -> io::Result<Watched> {
    let mut restarts = Restarts::default();
    let mut life = Life::default();
    loop {
        order.keys = keys.newest().to_vec();
        let how = match launcher.launch(&order).await {
            Ok(seat) => match watch(seat, life, &mut keys, launcher.patience, signals, observer).await {
                Fate::Over(watched) => return Ok(watched),
                Fate::Died { life: now, how } => {
                    life = now;
                    how
                }
            },
            Err(error) if order.restart == 0 => return Err(error),
            Err(error) => format!("the recorder can't be started: {error}"),
        };
        let (input, cause) = match restarts.after_death(Instant::now()) {
            Restart::Close => (Input::Lost, Cause::Broken { error: how, code: 500 }),
            Restart::Again(pause) => {
                observer.report(&Report::Notice { text: format!("{how}; another goes on") });
                order.restart = order.restart.saturating_add(1);
                order.started_at = (life.started_at != 0).then_some(life.started_at);
                tokio::select! {
                    () = sleep(pause) => continue,
                    () = signals.next() => (Input::Stop, Cause::Signal),
                }
            }
        };
        // A life that is neither over nor given up takes both.
        let state = transition(life.state, input).unwrap_or(State::Ending(Verdict::Failed));
        return Ok(Watched { state, cause, started_at: life.started_at, ended_at: wall_nanos() });
    }
}

/// A recording that we are in charge of.
struct Place {
    spool: Spool,
    recording: RecordingDir,
    charge: ParentLock,
    meta: Arc<RecordingMeta>,
}

/// Notes time zero beside the log, for whoever recovers it.
struct Noting<'a> {
    observer: &'a mut dyn Observer,
    place: &'a Place,
}

impl Observer for Noting<'_> {
    fn waiting(&mut self, room: &str) {
        self.observer.waiting(room);
    }

    fn report(&mut self, report: &Report) {
        if let Report::Started { started_at } = report {
            let meta = RecordingMeta { started_at: Some(*started_at), ..(*self.place.meta).clone() };
            let recording = self.place.recording.clone();
            // Not waited for: it syncs, and the disk may be slow.
            drop(tokio::task::spawn_blocking(move || {
                if let Err(error) = recording.write_meta(&meta) {
                    tracing::warn!(error = %error, "time zero isn't noted in the spool");
                }
            }));
        }
        self.observer.report(report);
    }

    fn relay(&mut self, line: &str) {
        self.observer.relay(line);
    }

    fn stopping(&mut self) {
        self.observer.stopping();
    }
}

/// Runs what blocks where it may; a bug in it is an error like another.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| format!("closing broke: {error}"))
}

/// An id of random bytes of the system.
fn new_id() -> EgressId {
    let mut bytes = [0; 32];
    loop {
        // Bytes that couldn't be had stay as they are, and so the loop goes on until the system has some:
        // early at boot, for a moment.
        if getrandom(&mut bytes, GetRandomFlags::empty()).is_ok_and(|count| count == bytes.len())
            && let Some(id) = EgressId::from_random(&bytes)
        {
            return id;
        }
    }
}
