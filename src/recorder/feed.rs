//! One task a track: frames from the seat, opened and placed in time, into the programme.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use livetape_rtc::{Codec, OpenFrame, Refusal};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::sleep_until;

use super::failures::{Failures, Wanted};
use crate::media::{AudioInput, MediaError, Programme, SourceId, VideoInput};
use crate::room::{Encryption, Frames, Received, TrackFacts};
use crate::supervisor::protocol::LockReason;
use crate::timeline::{Cadence, Kind, ParticipantClock, TrackClock};

/// How long the last picture of a track that ended stands: it may come back by another connection.
const STAND: Duration = Duration::from_secs(2);

/// What a feed tells the recorder; only changes, so a small channel does.
#[derive(Debug)]
pub enum FeedEvent {
    /// A frame was opened and handed to the decoder: the first, or the first after refusals.
    Flows {
        /// Which track.
        sid: String,
        /// Its place on running time.
        pts: Duration,
    },
    /// A frame stayed shut: the first, or one with another reason.
    Shut {
        /// Which track.
        sid: String,
        /// Why.
        reason: LockReason,
    },
    /// A key would open its frames. At most once a second.
    KeyWanted {
        /// Whose frames.
        identity: String,
        /// Which key.
        wanted: Wanted,
    },
}

/// The clock that a participant's tracks share.
pub type SharedClock = Arc<Mutex<ParticipantClock>>;

/// A running feed; dropping it ends the task and takes the source out of the programme.
#[derive(Debug)]
pub struct Feed {
    task: JoinHandle<()>,
    keyframe: Arc<Notify>,
    handover: Arc<Handover>,
}

/// Frames of the same track that come by another way; newer ones replace those that weren't taken yet.
#[derive(Debug, Default)]
struct Handover {
    frames: Mutex<Option<Frames>>,
    bell: Notify,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

enum Input {
    Picture(VideoInput),
    Sound(AudioInput),
}

impl Feed {
    /// Starts feeding.
    pub fn start(
        facts: &TrackFacts,
        frames: Frames,
        source: SourceId,
        clock: SharedClock,
        programme: Arc<Programme>,
        programme_fps: u32,
        events: mpsc::Sender<FeedEvent>,
    ) -> Self {
        let keyframe = Arc::new(Notify::new());
        let handover = Arc::new(Handover::default());
        let feeder = Feeder {
            sid: facts.sid.clone(),
            identity: facts.identity.clone(),
            kind: facts.kind,
            custom: facts.encryption == Encryption::Custom,
            source,
            clock,
            programme,
            events,
            input: None,
            track_clock: None,
            cadence: Cadence::new(programme_fps),
            torn: false,
            last: None,
            failures: Failures::default(),
        };
        let task = tokio::spawn(feeder.run(frames, keyframe.clone(), handover.clone()));
        Self { task, keyframe, handover }
    }

    /// The track comes by another way now: the connection was made anew. What still comes by the old one is used
    /// until the new one can be decoded.
    pub fn go_on_with(&self, frames: Frames) {
        *self.handover.frames.lock().unwrap_or_else(PoisonError::into_inner) = Some(frames);
        self.handover.bell.notify_one();
    }

    /// The decoder needs a keyframe.
    pub fn ask_keyframe(&self) {
        self.keyframe.notify_one();
    }
}

struct Feeder {
    sid: String,
    identity: String,
    kind: Kind,
    custom: bool,
    source: SourceId,
    clock: SharedClock,
    programme: Arc<Programme>,
    events: mpsc::Sender<FeedEvent>,
    /// Made for the codec of the first frame, made anew when the codec changes.
    input: Option<(Codec, Input)>,
    track_clock: Option<TrackClock>,
    cadence: Cadence,
    /// A picture was lost; only a keyframe mends what depends on it.
    torn: bool,
    /// What was told last: flowing, or shut for a reason.
    last: Option<Result<(), LockReason>>,
    failures: Failures,
}

impl Feeder {
    async fn run(mut self, frames: Frames, keyframe: Arc<Notify>, handover: Arc<Handover>) {
        let (mut current, mut next) = (Some(frames), None);
        // The last picture stands until then; after it, initials do.
        let mut stands_until: Option<Instant> = None;
        loop {
            tokio::select! {
                received = receive(&mut current) => match received {
                    Some(received) => self.on_received(received).await,
                    None => {
                        current = next.take();
                        self.begin_anew();
                        stands_until = current.is_none().then(|| Instant::now() + STAND);
                    }
                },
                received = receive(&mut next) => match received {
                    Some(Received::Frame(frame)) if frame.keyframe || self.kind == Kind::Sound => {
                        current = next.take();
                        self.begin_anew();
                        self.on_received(Received::Frame(frame)).await;
                    }
                    Some(_) => {}
                    None => next = None,
                },
                () = handover.bell.notified() => {
                    let frames = handover.frames.lock().unwrap_or_else(PoisonError::into_inner).take();
                    if current.is_some() {
                        next = frames;
                    } else {
                        (current, stands_until) = (frames, None);
                    }
                }
                () = keyframe.notified() => {
                    if let Some(frames) = &current {
                        frames.request_keyframe();
                    }
                }
                () = sleep_until(stands_until.unwrap_or_else(Instant::now).into()), if stands_until.is_some() => {
                    (self.input, stands_until) = (None, None);
                }
            }
        }
    }

    /// Another connection has its own numbering of packets and its own time stamps. Its pictures build on none that
    /// the decoder has.
    fn begin_anew(&mut self) {
        self.torn = self.kind == Kind::Picture;
        if let Some(clock) = &mut self.track_clock {
            clock.begin_anew();
        }
    }

    async fn on_received(&mut self, received: Received) {
        match received {
            Received::Frame(frame) => {
                self.failures.opened();
                if self.kind == Kind::Picture {
                    self.torn = !frame.keyframe && (self.torn || !frame.meta.contiguous);
                }
                if !self.torn {
                    self.on_frame(frame).await;
                }
            }
            Received::Refused(refusal) => {
                tracing::debug!(track.sid = %self.sid, %refusal, "a frame stays shut");
                self.on_refused(refusal).await;
            }
        }
    }

    async fn on_frame(&mut self, frame: OpenFrame) {
        let arrival = self.programme.running_time().saturating_sub(Instant::now() - frame.meta.arrival);
        let clock = self.track_clock.get_or_insert_with(|| TrackClock::new(self.kind, frame.meta.clock_rate));
        let placed = {
            let mut shared = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
            clock.place(&frame.meta, nanos(arrival), &mut shared)
        };
        let pts = match self.kind {
            Kind::Picture => self.cadence.place(placed.pts),
            Kind::Sound => placed.pts,
        };
        // Before the programme began: nothing could be done with it.
        let Ok(pts) = u64::try_from(pts).map(Duration::from_nanos) else { return };
        match self.push(pts, frame) {
            Ok(()) => self.tell(Ok(()), pts).await,
            Err(error) => {
                tracing::warn!(track.sid = %self.sid, %error, "a track can't be decoded");
                self.tell(Err(LockReason::NotSupported), pts).await;
            }
        }
    }

    fn push(&mut self, pts: Duration, frame: OpenFrame) -> Result<(), MediaError> {
        let codec = frame.meta.codec;
        if self.input.as_ref().is_none_or(|(made_for, _)| *made_for != codec) {
            tracing::info!(track.sid = %self.sid, ?codec, "decoding");
            // The old branch leaves before the new one comes: both go by the same source.
            self.input = None;
            let input = match self.kind {
                Kind::Picture => Input::Picture(self.programme.add_video(self.source, codec)?),
                Kind::Sound => Input::Sound(self.programme.add_audio(self.source, codec)?),
            };
            self.input = Some((codec, input));
        }
        match &self.input {
            Some((_, Input::Picture(input))) => drop(input.push(pts, frame.keyframe, frame.data)),
            Some((_, Input::Sound(input))) => drop(input.push(pts, frame.data)),
            None => {}
        }
        Ok(())
    }

    async fn on_refused(&mut self, refusal: Refusal) {
        let wanted = self.failures.refused(refusal, Instant::now()).filter(|_| !self.custom);
        if let Some(wanted) = wanted {
            let identity = self.identity.clone();
            // Asked again in a second, should the recorder be too busy to hear it.
            let _ = self.events.try_send(FeedEvent::KeyWanted { identity, wanted });
        }
        let reason = if self.custom { LockReason::NotSupported } else { lock_reason(refusal) };
        self.tell(Err(reason), self.programme.running_time()).await;
    }

    async fn tell(&mut self, news: Result<(), LockReason>, pts: Duration) {
        if self.last == Some(news) {
            return;
        }
        self.last = Some(news);
        let sid = self.sid.clone();
        let event = match news {
            Ok(()) => FeedEvent::Flows { sid, pts },
            Err(reason) => FeedEvent::Shut { sid, reason },
        };
        // The recorder is gone only when all feeds are about to be dropped.
        let _ = self.events.send(event).await;
    }
}

/// The next of these frames; pends where there are none.
async fn receive(frames: &mut Option<Frames>) -> Option<Received> {
    match frames {
        Some(frames) => frames.next().await,
        None => std::future::pending().await,
    }
}

fn lock_reason(reason: Refusal) -> LockReason {
    match reason {
        Refusal::MissingKey { .. } => LockReason::MissingKey,
        Refusal::WrongKey { .. } => LockReason::WrongKey,
        Refusal::Clear => LockReason::Clear,
        Refusal::NotSupported | Refusal::Malformed => LockReason::NotSupported,
    }
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
