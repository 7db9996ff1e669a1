//! The thread that keeps the recording: samples become fragments, fragments go to the log.
//!
//! It blocks on the disk, so that nothing else does. The programme's queue holds thirty seconds for it;
//! when that is full the programme says that the disk is too slow, and ends.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;

use crate::media::{ProgrammeEvent, ProgrammeEvents, SourceId};
use crate::output::mp4::{FRAGMENT, FragmentWriter};
use crate::sample::{AudioConfig, Sample, VideoConfig};
use crate::storage::{ChildIdentity, LogWriter, RecordingDir, StorageError};
use crate::supervisor::protocol::Order;

/// What the keeper tells the recorder.
#[derive(Debug)]
pub enum KeeperEvent {
    /// A decoder needs a keyframe.
    NeedKeyframe(SourceId),
    /// Everything is written and synced; nothing follows.
    Finished,
    /// Nothing more can be kept; what was written stays.
    Failed(String),
}

/// The running thread, and what it has done so far. It ends with its programme.
#[derive(Debug)]
pub struct Keeper {
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    bytes: AtomicU64,
    recorded_ms: AtomicU64,
    /// Where time zero of what the programme gives lies in the recording.
    origin: OnceLock<Duration>,
}

impl Keeper {
    /// Starts keeping what the programme gives.
    ///
    /// # Errors
    /// A line for a person: the recording's directory can't be written, or no thread can be had.
    pub fn start(
        order: &Order,
        events: ProgrammeEvents,
        to: mpsc::Sender<KeeperEvent>,
    ) -> Result<Self, String> {
        let recording = RecordingDir::at(PathBuf::from(&order.recording));
        let identity = ChildIdentity::current().map_err(|error| error.to_string())?;
        recording.write_child(&identity).map_err(|error| error.to_string())?;
        let tally = Arc::new(Tally::default());
        let work = Work {
            recording,
            events,
            to,
            duration: order.duration,
            end: None,
            tally: tally.clone(),
            open: None,
        };
        let spawned = std::thread::Builder::new().name("keeper".into()).spawn(move || work.run());
        spawned.map_err(|error| error.to_string())?;
        Ok(Self { tally })
    }

    /// Where the programme's time zero lies in the recording; to be said once, before anything comes out of it.
    pub fn begin_at(&self, origin: Duration) {
        // Only the first time counts, as for the programme's gate.
        let _ = self.tally.origin.set(origin);
    }

    /// Recorded time in milliseconds.
    pub fn recorded_ms(&self) -> u64 {
        self.tally.recorded_ms.load(Ordering::Relaxed)
    }

    /// Bytes in the log.
    pub fn bytes(&self) -> u64 {
        self.tally.bytes.load(Ordering::Relaxed)
    }
}

struct Work {
    recording: RecordingDir,
    events: ProgrammeEvents,
    to: mpsc::Sender<KeeperEvent>,
    duration: Option<Duration>,
    /// Samples from here on, in the programme's time, are not kept.
    end: Option<i64>,
    tally: Arc<Tally>,
    open: Option<(LogWriter, FragmentWriter)>,
}

impl Work {
    fn run(mut self) {
        let last = match self.keep() {
            Ok(()) => KeeperEvent::Finished,
            Err(error) => KeeperEvent::Failed(error),
        };
        // The recorder is gone only when the process is about to be.
        let _ = self.to.blocking_send(last);
    }

    fn keep(&mut self) -> Result<(), String> {
        while let Some(event) = self.events.blocking_recv() {
            match event {
                ProgrammeEvent::Configured { video, audio } => {
                    self.open(&video, &audio).map_err(|error| error.to_string())?;
                }
                ProgrammeEvent::Sample(sample) => self.sample(sample).map_err(|error| error.to_string())?,
                ProgrammeEvent::NeedKeyframe(source) => {
                    // Asked again by the decoder should the recorder be too busy to hear it.
                    let _ = self.to.try_send(KeeperEvent::NeedKeyframe(source));
                }
                ProgrammeEvent::Finished => return self.flush().map_err(|error| error.to_string()),
                ProgrammeEvent::Failed(error) => {
                    self.flush().map_err(|flush| format!("{error}; then {flush}"))?;
                    return Err(error);
                }
            }
        }
        self.flush().map_err(|error| error.to_string())?;
        Err("the programme vanished".into())
    }

    fn open(&mut self, video: &VideoConfig, audio: &AudioConfig) -> Result<(), StorageError> {
        let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let (log, resume) = LogWriter::open(&self.recording, video, audio, created)?;
        // It is said when the gate opens, which nothing comes out before.
        let origin = *self.tally.origin.wait();
        self.end = self.duration.map(|duration| nanos(duration.saturating_sub(origin)));
        let fragments = FragmentWriter::resume(audio, FRAGMENT, &resume, nanos(origin));
        self.tally.bytes.store(log.status().bytes, Ordering::Relaxed);
        self.open = Some((log, fragments));
        Ok(())
    }

    fn sample(&mut self, sample: Sample) -> Result<(), StorageError> {
        if self.end.is_some_and(|end| sample.pts >= end) {
            return Ok(());
        }
        let Some((log, fragments)) = &mut self.open else { return Ok(()) };
        if let Some(fragment) = fragments.push(sample) {
            Self::append(log, &fragment, &self.tally, fragments.recorded())?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StorageError> {
        let Some((log, fragments)) = &mut self.open else { return Ok(()) };
        if let Some(fragment) = fragments.flush() {
            Self::append(log, &fragment, &self.tally, fragments.recorded())?;
        }
        log.sync()?;
        let status = log.status();
        tracing::info!(
            log.bytes = status.bytes,
            log.worst_sync_ms = u64::try_from(status.worst_sync.as_millis()).unwrap_or(u64::MAX),
            "everything is written"
        );
        Ok(())
    }

    fn append(
        log: &mut LogWriter,
        fragment: &[u8],
        tally: &Tally,
        recorded: Duration,
    ) -> Result<(), StorageError> {
        log.append(fragment, Instant::now())?;
        tally.bytes.store(log.status().bytes, Ordering::Relaxed);
        tally.recorded_ms.store(u64::try_from(recorded.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(())
    }
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
