//! From the engine's observer to the callbacks that `livekit` sets.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use livetape_rtc::engine::{self, ConnectionState, Observer, RemoteTrack, Section, SignalingState};
use parking_lot::Mutex;

use crate::data_channel::DataChannel;
use crate::peer_connection::{
    OnConnectionChange, OnDataChannel, OnIceCandidate, OnIceCandidateError, OnSignalingChange, OnTrack,
    TrackEvent,
};
use crate::remote::Remote;
use crate::rtp_receiver::RtpReceiver;
use crate::rtp_transceiver::RtpTransceiver;

/// The callbacks of one peer connection, and its tracks by engine number.
#[derive(Default)]
pub(crate) struct Bridge {
    pub(crate) on_connection: Mutex<Option<OnConnectionChange>>,
    pub(crate) on_signaling: Mutex<Option<OnSignalingChange>>,
    pub(crate) on_data_channel: Mutex<Option<OnDataChannel>>,
    pub(crate) on_track: Mutex<Option<OnTrack>>,
    /// Kept for their owner: candidates are part of our descriptions, so there are none to tell.
    pub(crate) on_candidate: Mutex<Option<OnIceCandidate>>,
    pub(crate) on_candidate_error: Mutex<Option<OnIceCandidateError>>,
    tracks: Mutex<Tracks>,
}

#[derive(Default)]
struct Tracks {
    by_number: HashMap<u64, Arc<Remote>>,
    /// The remote makes the offers (two peer connections).
    answering: bool,
    /// Sections and streams told of before.
    told: HashSet<(String, String)>,
    repeats: u64,
}

impl Bridge {
    /// The remote made an offer: this is the subscriber of two peer connections.
    pub(crate) fn set_answering(&self) {
        self.tracks.lock().answering = true;
    }

    /// The sections as transceivers, each bound to the track that it has now.
    pub(crate) fn transceivers(&self, sections: &[Section]) -> Vec<RtpTransceiver> {
        let mut tracks = self.tracks.lock();
        let present = |number: &u64| {
            let of = |section: &Section| section.track.as_ref().map(RemoteTrack::unique_id);
            sections.iter().any(|section| of(section) == Some(*number))
        };
        tracks.by_number.retain(|number, _| present(number));
        sections.iter().map(|section| tracks.transceiver(section)).collect()
    }

    /// Forgets every callback: the owner has closed.
    pub(crate) fn clear(&self) {
        *self.on_connection.lock() = None;
        *self.on_signaling.lock() = None;
        *self.on_data_channel.lock() = None;
        *self.on_track.lock() = None;
        *self.on_candidate.lock() = None;
        *self.on_candidate_error.lock() = None;
    }
}

impl Tracks {
    fn transceiver(&mut self, section: &Section) -> RtpTransceiver {
        let remote = section.track.as_ref().map(|track| self.remote(track));
        RtpTransceiver::new(section.mid.clone(), section.receiving, RtpReceiver::new(remote))
    }

    fn remote(&mut self, track: &RemoteTrack) -> Arc<Remote> {
        if let Some(remote) = self.by_number.get(&track.unique_id()) {
            return remote.clone();
        }
        let remote = Remote::new(track.clone(), self.stream_name(track));
        self.by_number.insert(track.unique_id(), remote.clone());
        remote
    }

    /// With two peer connections `livekit` 0.10 never forgets a (section, stream) that it has
    /// dispatched, so a track that comes back is never announced. Another name for the stream
    /// helps; `livekit` then takes the track's own name.
    fn stream_name(&mut self, track: &RemoteTrack) -> String {
        let name = track.stream_id();
        if !self.answering || self.told.insert((track.mid().to_owned(), name.to_owned())) {
            return name.to_owned();
        }
        self.repeats += 1;
        let participant = name.split('|').next().unwrap_or(name);
        format!("{participant}|g{}", self.repeats)
    }
}

impl Observer for Bridge {
    fn connection_state(&self, state: ConnectionState) {
        if let Some(handler) = &mut *self.on_connection.lock() {
            handler(state.into());
        }
    }

    fn signaling_state(&self, state: SignalingState) {
        if let Some(handler) = &mut *self.on_signaling.lock() {
            handler(state.into());
        }
    }

    fn track(&self, section: Section) {
        let mut tracks = self.tracks.lock();
        // Where we offer, livekit looks at the transceivers after each answer.
        if !tracks.answering {
            return;
        }
        let transceiver = tracks.transceiver(&section);
        drop(tracks);
        let receiver = transceiver.receiver();
        let (Some(track), streams) = (receiver.track(), receiver.streams()) else { return };
        if let Some(handler) = &mut *self.on_track.lock() {
            handler(TrackEvent { receiver, streams, track, transceiver });
        }
    }

    fn data_channel(&self, channel: engine::DataChannel) {
        if let Some(handler) = &mut *self.on_data_channel.lock() {
            handler(DataChannel::new(channel));
        }
    }
}
