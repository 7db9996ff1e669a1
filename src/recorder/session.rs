//! What goes on while a seat is held: tracks become feeds, news become tiles.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::feed::{Feed, FeedEvent, SharedClock};
use super::locks::Locks;
use super::roster::{PictureState, Roster};
use crate::media::{Programme, SourceId};
use crate::room::{Frames, SeatEvent, TrackFacts};
use crate::supervisor::protocol::LockedTrack;
use crate::timeline::Kind;

/// Feeds, tiles and locks of one recording; outlives a seat, for a lost one is taken again.
#[derive(Debug)]
pub struct Session {
    programme: Arc<Programme>,
    fps: u32,
    roster: Roster,
    locks: Locks,
    tracks: HashMap<String, Track>,
    clocks: HashMap<String, SharedClock>,
    feed_events: mpsc::Sender<FeedEvent>,
}

#[derive(Debug)]
struct Track {
    identity: String,
    kind: Kind,
    source: SourceId,
    feed: Feed,
}

impl Session {
    /// Nothing and nobody yet.
    pub fn new(programme: Arc<Programme>, fps: u32, feed_events: mpsc::Sender<FeedEvent>) -> Self {
        Self {
            programme,
            fps,
            roster: Roster::default(),
            locks: Locks::default(),
            tracks: HashMap::new(),
            clocks: HashMap::new(),
            feed_events,
        }
    }

    /// Takes one event of the seat. ([`SeatEvent::Lost`] is the caller's.)
    pub fn on_seat(&mut self, event: SeatEvent) {
        match event {
            SeatEvent::Member(member) => self.roster.seat(member),
            SeatEvent::Left { identity } => {
                for sid in self.roster.leave(&identity) {
                    self.end_track(&sid);
                }
                self.clocks.remove(&identity);
            }
            SeatEvent::Published(facts) => {
                self.roster.publish(&facts);
            }
            SeatEvent::Unpublished { sid, .. } => {
                self.end_track(&sid);
                self.roster.unpublish(&sid);
            }
            SeatEvent::Subscribed(facts, frames) => self.on_subscribed(&facts, frames),
            SeatEvent::Unsubscribed { sid } => {
                self.end_track(&sid);
                self.roster.set_picture(&sid, PictureState::Expected);
            }
            SeatEvent::Muted { sid, muted } => self.roster.mute(&sid, muted),
            SeatEvent::Reconnecting => tracing::warn!("the connection to the room is being mended"),
            SeatEvent::Reconnected => tracing::info!("the connection to the room is mended"),
            SeatEvent::Lost(_) => {}
        }
        self.redraw();
    }

    /// Takes news of a feed.
    pub fn on_feed(&mut self, event: &FeedEvent) {
        match event {
            FeedEvent::Flows { sid, .. } => {
                if self.locks.clear(sid) {
                    tracing::info!(track.sid = %sid, "frames open");
                }
                self.roster.set_picture(sid, PictureState::Shown);
            }
            FeedEvent::Shut { sid, reason } => {
                if let Some(track) = self.tracks.get(sid) {
                    let now = self.programme.running_time();
                    self.locks.refused(sid, &track.identity, *reason, now);
                }
            }
        }
        self.redraw();
    }

    /// A decoder can't go on without a keyframe.
    pub fn on_need_keyframe(&self, source: SourceId) {
        if let Some(track) = self.tracks.values().find(|t| t.source == source) {
            track.feed.ask_keyframe();
        }
    }

    /// Time passes: tiles turn into locks; sentences that a person should read come back.
    pub fn on_tick(&mut self, now: Duration) -> Vec<String> {
        let shut: Vec<String> = self.locks.to_show(now).map(str::to_owned).collect();
        for sid in shut {
            self.roster.set_picture(&sid, PictureState::Locked);
        }
        self.redraw();
        self.locks.to_tell(now)
    }

    /// The seat is lost: nothing flows; tiles fall back to initials until it is taken again.
    pub fn on_lost(&mut self) {
        let sids: Vec<String> = self.tracks.keys().cloned().collect();
        for sid in sids {
            self.end_track(&sid);
            self.roster.unpublish(&sid);
        }
        self.clocks.clear();
        self.redraw();
    }

    /// A seat was taken again: those who are still there are told anew, the others are gone.
    pub fn on_reseated(&mut self) {
        self.roster.clear();
    }

    /// Members on the canvas.
    pub fn shown(&self) -> u32 {
        self.roster.shown()
    }

    /// Tracks that stay shut.
    pub fn locked(&self, now: Duration) -> Vec<LockedTrack> {
        self.locks.report(now)
    }

    fn on_subscribed(&mut self, facts: &TrackFacts, frames: Frames) {
        let source = self.roster.publish(facts);
        let clock = self.clocks.entry(facts.identity.clone()).or_default().clone();
        let events = self.feed_events.clone();
        // A track that was subscribed already is replaced: its old feed must leave first.
        self.tracks.remove(&facts.sid);
        let feed = Feed::start(facts, frames, source, clock, self.programme.clone(), self.fps, events);
        let track = Track { identity: facts.identity.clone(), kind: facts.kind, source, feed };
        self.tracks.insert(facts.sid.clone(), track);
    }

    fn end_track(&mut self, sid: &str) {
        self.locks.clear(sid);
        let Some(track) = self.tracks.remove(sid) else { return };
        if track.kind == Kind::Sound
            && let Some(clock) = self.clocks.get(&track.identity)
        {
            clock.lock().unwrap_or_else(std::sync::PoisonError::into_inner).forget();
        }
    }

    fn redraw(&self) {
        self.programme.set_scene(&self.roster.scene());
    }
}
