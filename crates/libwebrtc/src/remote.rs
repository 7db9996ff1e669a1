//! What all handles of one track share: the engine's track and what `livekit` hangs on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use livetape_rtc::engine::RemoteTrack;
use parking_lot::Mutex;

use crate::native::frame_cryptor::Cryptor;
use crate::native::packet_trailer::PacketTrailerHandler;

/// A track, remote or (only in name) local.
#[derive(Debug)]
pub(crate) struct Remote {
    id: String,
    stream_id: String,
    track: Option<RemoteTrack>,
    enabled: AtomicBool,
    cryptor: Mutex<Option<Arc<Cryptor>>>,
    trailer: Mutex<Option<PacketTrailerHandler>>,
}

impl Remote {
    /// A track of the engine, in a stream of this name.
    pub(crate) fn new(track: RemoteTrack, stream_id: String) -> Arc<Self> {
        Self::make(track.id().to_owned(), stream_id, Some(track))
    }

    /// A track that would be published: it exists in name only.
    pub(crate) fn local(id: &str) -> Arc<Self> {
        Self::make(id.to_owned(), String::new(), None)
    }

    fn make(id: String, stream_id: String, track: Option<RemoteTrack>) -> Arc<Self> {
        Arc::new(Self {
            id,
            stream_id,
            track,
            enabled: AtomicBool::new(true),
            cryptor: Mutex::default(),
            trailer: Mutex::default(),
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn stream_id(&self) -> &str {
        &self.stream_id
    }

    pub(crate) fn track(&self) -> Option<&RemoteTrack> {
        self.track.as_ref()
    }

    pub(crate) fn enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    pub(crate) fn set_enabled(&self, enabled: bool) -> bool {
        self.enabled.swap(enabled, Ordering::Relaxed) != enabled
    }

    pub(crate) fn ended(&self) -> bool {
        self.track.as_ref().is_none_or(RemoteTrack::ended)
    }

    pub(crate) fn cryptor(&self) -> Option<Arc<Cryptor>> {
        self.cryptor.lock().clone()
    }

    pub(crate) fn set_cryptor(&self, cryptor: Arc<Cryptor>) {
        *self.cryptor.lock() = Some(cryptor);
    }

    pub(crate) fn trailer(&self) -> Option<PacketTrailerHandler> {
        self.trailer.lock().clone()
    }

    pub(crate) fn set_trailer(&self, handler: PacketTrailerHandler) {
        *self.trailer.lock() = Some(handler);
    }
}
