//! What goes on while a seat is held: tracks become feeds, news become tiles.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::doubts::Doubts;
use super::feed::{Feed, FeedEvent, SharedClock};
use super::locks::Locks;
use super::roster::{PictureState, Roster};
use crate::media::{Programme, SourceId};
use crate::room::{Encryption, Frames, SeatEvent, TrackFacts};
use crate::supervisor::protocol::{LockReason, LockedTrack};
use crate::timeline::Kind;

/// Feeds, tiles and locks of one recording; outlives a seat, for a lost one is taken again.
#[derive(Debug)]
pub struct Session {
    programme: Arc<Programme>,
    fps: u32,
    roster: Roster,
    locks: Locks,
    doubts: Doubts,
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
            doubts: Doubts::default(),
            tracks: HashMap::new(),
            clocks: HashMap::new(),
            feed_events,
        }
    }

    /// Takes one event of the seat. ([`SeatEvent::Lost`] is the caller's.)
    pub fn on_seat(&mut self, event: SeatEvent) {
        match event {
            SeatEvent::Member(member) => {
                self.doubts.member(&member.identity);
                self.roster.seat(member);
            }
            SeatEvent::Left { identity } if !self.doubts.left(&identity) => self.leave(&identity),
            SeatEvent::Published(facts) => {
                self.doubts.track(&facts.sid);
                self.roster.publish(&facts);
            }
            SeatEvent::Unpublished { sid, .. } if !self.doubts.ended(&sid) => self.unpublish(&sid),
            SeatEvent::Subscribed(facts, frames) => self.on_subscribed(&facts, frames),
            SeatEvent::Unsubscribed { sid } if !self.doubts.ended(&sid) => {
                self.end_track(&sid);
                self.roster.set_picture(&sid, PictureState::Expected);
            }
            SeatEvent::Muted { sid, muted } => self.roster.mute(&sid, muted),
            SeatEvent::Reconnecting => {
                tracing::warn!("the connection to the room is being mended");
                self.doubts.begin();
            }
            SeatEvent::Settled => self.settle(),
            SeatEvent::Left { .. }
            | SeatEvent::Unpublished { .. }
            | SeatEvent::Unsubscribed { .. }
            | SeatEvent::Lost(_) => {}
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
            FeedEvent::KeyWanted { .. } => return,
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
        self.locks.take_told(now)
    }

    /// The seat is lost. It will be taken again: until everyone is told anew, nobody is gone, and what still comes
    /// by the old connection is used.
    pub fn on_lost(&mut self) {
        self.doubts.begin();
        for identity in self.roster.identities() {
            self.doubts.left(&identity);
        }
        for sid in self.tracks.keys() {
            self.doubts.ended(sid);
        }
    }

    /// It is over: nothing flows any more.
    pub fn end(&mut self) {
        self.tracks.clear();
        self.clocks.clear();
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
        self.doubts.track(&facts.sid);
        if let Some(track) = self.tracks.get(&facts.sid) {
            // It comes by another way now: decoder and tile stay.
            track.feed.go_on_with(frames);
            return;
        }
        let feed = Feed::start(facts, frames, source, clock, self.programme.clone(), self.fps, events);
        if facts.av1 && facts.encryption != Encryption::None {
            // It may never send a frame that would tell.
            let now = self.programme.running_time();
            self.locks.refused(&facts.sid, &facts.identity, LockReason::Av1, now);
        }
        let track = Track { identity: facts.identity.clone(), kind: facts.kind, source, feed };
        self.tracks.insert(facts.sid.clone(), track);
    }

    /// Everyone who is here was told.
    fn settle(&mut self) {
        let gone = self.doubts.settle();
        for identity in &gone.identities {
            self.leave(identity);
        }
        for sid in &gone.sids {
            self.unpublish(sid);
        }
    }

    fn leave(&mut self, identity: &str) {
        for sid in self.roster.leave(identity) {
            self.end_track(&sid);
        }
        self.clocks.remove(identity);
    }

    fn unpublish(&mut self, sid: &str) {
        self.end_track(sid);
        self.roster.unpublish(sid);
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
