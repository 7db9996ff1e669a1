//! The child's one task: sit, listen, and know when it is over.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep, timeout};

use super::failures::Wanted;
use super::feed::FeedEvent;
use super::keeper::{Keeper, KeeperEvent};
use super::keys::Keys;
use super::place::{News, Place, Seated, Sitting};
use super::questions::Questions;
use super::rejoin;
use super::session::Session;
use super::sit::{self, NoSeat};
use super::standstill::Standstill;
use crate::job::{Disconnect, on_disconnect};
use crate::media::{Programme, ProgrammeSpec};
use crate::room::{Seat, SeatEvent};
use crate::supervisor::protocol::{Command, End, ORPHAN_LIMIT, Order, Report};

/// How long sources may be late before the programme goes on without them: a packet that is lost and asked
/// for again over 100 ms comes in time. All of it is delay, and decoded pictures that wait.
const LATENCY: Duration = Duration::from_millis(300);
/// When the recording begins at the latest, after joining.
const BEGIN_AFTER: Duration = Duration::from_secs(1);
/// How long the goodbye to the room may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long a client that can't mend its connection may take to stop trying: as long as one try.
const GIVING_UP: Duration = Duration::from_secs(6);
/// How often tiles and clocks are looked at.
const TICK: Duration = Duration::from_millis(100);

/// Records one room, as ordered, until something ends it; what was written stays in the spool.
///
/// `orphaned` resolves when the parent is gone: then the room, the duration or [`ORPHAN_LIMIT`] ends it.
/// `reports` is for the parent; nothing waits for a parent that doesn't read. `None` when the programme broke: no
/// last word is due then, so that another recorder goes on.
pub async fn run(
    order: Order,
    commands: mpsc::Receiver<Command>,
    orphaned: oneshot::Receiver<()>,
    reports: mpsc::Sender<Report>,
) -> Option<End> {
    match Recorder::start(order, commands, orphaned, reports).await {
        Ok((recorder, inputs)) => recorder.run(inputs).await,
        Err(error) => Some(End::Failed { error, code: 500 }),
    }
}

struct Inputs {
    feeds: mpsc::Receiver<FeedEvent>,
    keeper: mpsc::Receiver<KeeperEvent>,
    commands: mpsc::Receiver<Command>,
    orphaned: oneshot::Receiver<()>,
}

struct Recorder {
    order: Order,
    keys: Keys,
    questions: Questions,
    programme: Arc<Programme>,
    session: Session,
    keeper: Keeper,
    reports: mpsc::Sender<Report>,
    place: Place,
    /// Running time of this child's first picture, once it has recorded something.
    zero: Option<Duration>,
    /// Where that lies in the recording: a former child began it.
    origin: Duration,
    joined: Option<Instant>,
    orphaned: Option<Instant>,
    progress_due: Instant,
    standstill: Standstill,
}

impl Recorder {
    async fn start(
        mut order: Order,
        commands: mpsc::Receiver<Command>,
        orphaned: oneshot::Receiver<()>,
        reports: mpsc::Sender<Report>,
    ) -> Result<(Self, Inputs), String> {
        let keys = Keys::start(std::mem::take(&mut order.keys));
        // The way into the room and the programme's start are walked at the same time.
        let trying: Sitting = if order.restart == 0 {
            Box::pin(sit::sit_first(order.clone(), keys.ring()))
        } else {
            Box::pin(sit::sit_again(order.clone(), keys.ring()))
        };
        let spec = ProgrammeSpec { encoding: order.encoding.clone(), layout: order.layout, latency: LATENCY };
        let started = tokio::task::spawn_blocking(move || Programme::start(&spec)).await;
        let (programme, events) = started.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
        let programme = Arc::new(programme);
        let (keeper_tx, keeper_rx) = mpsc::channel(64);
        let keeper = Keeper::start(&order, events, keeper_tx)?;
        let (feed_tx, feed_rx) = mpsc::channel(64);
        let recorder = Self {
            session: Session::new(programme.clone(), order.encoding.fps, feed_tx),
            keys,
            questions: Questions::default(),
            programme,
            keeper,
            reports,
            place: Place::Sitting { trying, attempt: 0, lost: None },
            zero: None,
            origin: Duration::ZERO,
            joined: None,
            orphaned: None,
            progress_due: Instant::now(),
            standstill: Standstill::default(),
            order,
        };
        Ok((recorder, Inputs { feeds: feed_rx, keeper: keeper_rx, commands, orphaned }))
    }

    async fn run(mut self, mut inputs: Inputs) -> Option<End> {
        let mut tick: Interval = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                news = self.place.next() => self.on_place(news).await,
                Some(event) = inputs.feeds.recv() => self.on_feed(event),
                event = inputs.keeper.recv() => {
                    if let Some(end) = self.on_keeper(event).await {
                        return Some(end);
                    }
                }
                Some(command) = inputs.commands.recv() => self.on_command(command),
                _ = &mut inputs.orphaned, if self.orphaned.is_none() => self.on_orphaned(),
                _ = tick.tick() => {
                    if self.stands_still() {
                        return None;
                    }
                    self.on_tick();
                }
            }
        }
    }

    async fn on_place(&mut self, news: News) {
        match news {
            News::Sat(seat, attempt) => self.on_sat(seat, attempt).await,
            News::NoSeat(reason, attempt, lost) => self.on_no_seat(reason, attempt, lost),
            News::Event(SeatEvent::Lost(reason)) => match on_disconnect(reason) {
                Disconnect::Rejoin => {
                    tracing::warn!(reason = reason.as_str_name(), "the seat is lost, taking it again");
                    self.take_again();
                }
                Disconnect::Finish(end) => self.finish(end),
                Disconnect::Fail { error, code } => {
                    self.finish(End::Failed { error: error.to_owned(), code });
                }
            },
            News::Event(event) => self.session.on_seat(event),
        }
    }

    async fn on_sat(&mut self, seat: Box<Seat>, attempt: u32) {
        let room_sid = seat.room_sid().to_owned();
        if room_sid != self.order.room_sid {
            // The room ended in between: this is another session under the same name, not ours to record.
            seat.leave().await;
            self.finish(End::RoomEnded);
            return;
        }
        tracing::info!(room.sid = %room_sid, "seated");
        self.joined.get_or_insert_with(Instant::now);
        self.place = Place::Seated(Seated::new(seat, attempt));
        self.report(Report::Joined { room_sid });
    }

    fn on_no_seat(&mut self, reason: NoSeat, attempt: u32, lost: Option<Instant>) {
        let since = lost.unwrap_or_else(Instant::now);
        match reason {
            NoSeat::RoomIsGone => self.finish(End::RoomEnded),
            NoSeat::Refused(error) => self.finish(End::Failed { error, code: 403 }),
            NoSeat::Unreachable(error) if since.elapsed() > rejoin::GIVE_UP_AFTER => {
                self.finish(End::Failed { error, code: 503 });
            }
            NoSeat::Unreachable(error) => {
                tracing::warn!(%error, attempt, "no seat yet");
                self.try_again(attempt.saturating_add(1), since, None);
            }
        }
    }

    /// The seat is lost, or given up: takes it again. Until that is done nobody is gone, and what still comes by the
    /// old connection is used.
    fn take_again(&mut self) {
        let Place::Seated(seated) = std::mem::replace(&mut self.place, Place::Nowhere) else { return };
        self.session.on_lost();
        let attempt = rejoin::attempt_after(seated.attempt, seated.since.elapsed());
        self.try_again(attempt, Instant::now(), Some(seated.seat));
    }

    fn try_again(&mut self, attempt: u32, since: Instant, former: Option<Box<Seat>>) {
        let sitting = sit::sit_again(self.order.clone(), self.keys.ring());
        let trying = Box::pin(async move {
            if let Some(seat) = former {
                // A client that is still mending would put us out of the new seat.
                let _ = timeout(GIVING_UP, seat.leave()).await;
            }
            sleep(rejoin::delay(attempt)).await;
            sitting.await
        });
        self.place = Place::Sitting { trying, attempt, lost: Some(since) };
    }

    fn on_feed(&mut self, event: FeedEvent) {
        self.session.on_feed(&event);
        match event {
            FeedEvent::Flows { pts, .. } => self.begin(pts),
            FeedEvent::KeyWanted { identity, wanted } => self.ask_for(identity, wanted),
            FeedEvent::Shut { .. } => {}
        }
    }

    fn ask_for(&mut self, identity: String, Wanted { index, why }: Wanted) {
        if self.questions.may_ask(&identity, index, std::time::Instant::now()) {
            self.report(Report::KeyWanted { identity, index, why });
        }
    }

    /// The first picture or sound: time zero, unless a former child recorded.
    fn begin(&mut self, at: Duration) {
        if self.zero.is_some() {
            return;
        }
        // The gate opens at a picture of the programme's cadence, so a few milliseconds later.
        let at = self.programme.open_gate(at);
        self.zero = Some(at);
        let ago = self.programme.running_time().saturating_sub(at);
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(ago);
        let began = i64::try_from(wall.as_nanos()).unwrap_or(i64::MAX);
        let started_at = self.order.started_at.unwrap_or(began);
        self.origin = Duration::from_nanos(began.saturating_sub(started_at).try_into().unwrap_or(0));
        self.keeper.begin_at(self.origin);
        self.report(Report::Started { started_at });
    }

    async fn on_keeper(&mut self, event: Option<KeeperEvent>) -> Option<End> {
        match event {
            Some(KeeperEvent::NeedKeyframe(source)) => {
                self.session.on_need_keyframe(source);
                None
            }
            Some(KeeperEvent::Finished) => Some(self.close(None).await),
            Some(KeeperEvent::Failed(error)) => Some(self.close(Some(error)).await),
            None => Some(self.close(Some("the writer of the log is gone".into())).await),
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Stop => self.finish(End::Stopped),
            Command::Keys { keys } => self.keys.take(keys),
        }
    }

    fn on_orphaned(&mut self) {
        tracing::warn!("the parent is gone; recording on");
        self.orphaned = Some(Instant::now());
    }

    /// While it flushes the programme looks after itself.
    fn stands_still(&mut self) -> bool {
        let still = !matches!(self.place, Place::Flushing { .. })
            && self.standstill.look(self.programme.running_time(), self.programme.pulse());
        if still {
            tracing::error!("the programme stands still");
        }
        still
    }

    fn on_tick(&mut self) {
        let now = self.programme.running_time();
        for text in self.session.on_tick(now) {
            self.report(Report::Notice { text });
        }
        if self.joined.is_some_and(|joined| joined.elapsed() >= BEGIN_AFTER) {
            self.begin(now);
        }
        if let Place::Seated(seated) = &self.place
            && seated.mending.is_some_and(|since| since.elapsed() >= rejoin::MEND_WITHIN)
        {
            tracing::warn!("the connection isn't mended, taking the seat again");
            self.take_again();
        }
        if self.orphaned.is_some_and(|since| since.elapsed() >= ORPHAN_LIMIT) {
            self.finish(End::Orphaned);
        }
        // The last samples come out a latency later; the keeper cuts at the exact end.
        if let (Some(zero), Some(duration)) = (self.zero, self.order.duration)
            && now + self.origin >= zero + duration + LATENCY
        {
            self.finish(End::Duration);
        }
        if Instant::now() >= self.progress_due {
            self.progress_due = Instant::now() + Duration::from_secs(1);
            self.report_progress();
        }
    }

    /// Lets what was captured come out; the seat is kept until it has, so that no tile goes dark in the last
    /// pictures. The first reason stands.
    fn finish(&mut self, end: End) {
        if matches!(self.place, Place::Flushing { .. }) {
            return;
        }
        tracing::info!(?end, "finishing");
        self.programme.finish();
        let seat = match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::Seated(seated) => Some(seated.seat),
            _ => None,
        };
        self.place = Place::Flushing { end, seat };
    }

    /// Everything is written: says goodbye, and why it was.
    async fn close(&mut self, failed: Option<String>) -> End {
        self.report_progress();
        let (asked, seat) = match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::Flushing { end, seat } => (Some(end), seat),
            Place::Seated(seated) => (None, Some(seated.seat)),
            Place::Sitting { .. } | Place::Nowhere => (None, None),
        };
        self.session.end();
        if let Some(seat) = seat {
            // The goodbye is a courtesy: the server finds out by itself.
            let _ = timeout(GOODBYE, seat.leave()).await;
        }
        match (failed, asked) {
            (Some(error), _) => End::Failed { error, code: 500 },
            (None, Some(end)) => end,
            (None, None) => End::Failed { error: "the programme ended by itself".into(), code: 500 },
        }
    }

    fn report_progress(&self) {
        let now = self.programme.running_time();
        self.report(Report::Progress {
            recorded_ms: self.keeper.recorded_ms(),
            bytes: self.keeper.bytes(),
            participants: self.session.shown(),
            locked: self.session.locked(now),
        });
    }

    fn report(&self, report: Report) {
        // A parent that doesn't read misses news; the recording doesn't wait for it.
        if self.reports.try_send(report).is_err() {
            tracing::debug!("a report was not taken");
        }
    }
}
