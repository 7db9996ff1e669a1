//! A remote track and the stream of its frames.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::MediaKind;
use super::frame_queue::FrameQueue;
use super::remote_sdp::Source;
use crate::SealedFrame;

/// Numbers tracks within the process: the same mid and names may come back for another track.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// A track that the remote sends. Cheap to clone; all clones are one track.
#[derive(Clone)]
pub struct RemoteTrack {
    shared: Arc<TrackShared>,
}

/// What came in on a track so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrackStats {
    /// RTP packets, repaired ones included, padding excluded.
    pub packets: u64,
    /// Bytes of their payload.
    pub bytes: u64,
    /// Whole frames.
    pub frames: u64,
    /// Frames dropped because nobody read them in time.
    pub dropped: u64,
    /// Key frames asked for.
    pub keyframe_requests: u64,
}

pub(super) struct TrackShared {
    id: u64,
    mid: String,
    kind: MediaKind,
    source: Source,
    state: Mutex<State>,
    frames: Notify,
    driver: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    queue: FrameQueue,
    ended: bool,
    /// Counts the readers so far: the newest has the track.
    reader: u64,
    want_keyframe: bool,
    sif_trailer: Option<Bytes>,
    stats: TrackStats,
}

impl RemoteTrack {
    pub(super) fn new(mid: &str, kind: MediaKind, source: Source, driver: Arc<Notify>) -> Self {
        let shared = TrackShared {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            mid: mid.to_owned(),
            kind,
            source,
            state: Mutex::default(),
            frames: Notify::new(),
            driver,
        };
        Self { shared: Arc::new(shared) }
    }

    /// A number that no other track of this process has had.
    pub fn unique_id(&self) -> u64 {
        self.shared.id
    }

    /// The remote's name for the track (the second part of `a=msid`).
    pub fn id(&self) -> &str {
        &self.shared.source.track
    }

    /// The remote's name for the stream it belongs to (the first part of `a=msid`).
    pub fn stream_id(&self) -> &str {
        &self.shared.source.stream
    }

    /// The section that carries it.
    pub fn mid(&self) -> &str {
        &self.shared.mid
    }

    /// Sound or picture.
    pub fn kind(&self) -> MediaKind {
        self.shared.kind
    }

    /// Its RTP synchronisation source.
    pub fn ssrc(&self) -> u32 {
        self.shared.source.ssrc
    }

    /// No frame will be added any more.
    pub fn ended(&self) -> bool {
        self.shared.state.lock().ended
    }

    /// What came in so far.
    pub fn stats(&self) -> TrackStats {
        let state = self.shared.state.lock();
        TrackStats { dropped: state.queue.dropped(), ..state.stats }
    }

    /// The track's frames, from the last key frame that is waiting. One reader at a time: an older
    /// stream ends when a new one is made.
    pub fn frames(&self) -> FrameStream {
        let mut state = self.shared.state.lock();
        state.reader += 1;
        let reader = state.reader;
        let ask = state.queue.set_read(true) && self.kind() == MediaKind::Video;
        drop(state);
        self.shared.frames.notify_waiters();
        if ask {
            self.request_keyframe();
        }
        FrameStream { track: self.clone(), reader }
    }

    /// Asks the sender for a key frame; the driver spaces requests.
    pub fn request_keyframe(&self) {
        self.shared.state.lock().want_keyframe = true;
        self.shared.driver.notify_one();
    }

    /// Packets that end in `trailer` were made up by the SFU and are left out (empty: none are).
    pub fn set_sif_trailer(&self, trailer: Bytes) {
        self.shared.state.lock().sif_trailer = Some(trailer);
        self.shared.driver.notify_one();
    }

    pub(super) fn source(&self) -> &Source {
        &self.shared.source
    }

    pub(super) fn take_keyframe_wish(&self) -> bool {
        std::mem::take(&mut self.shared.state.lock().want_keyframe)
    }

    pub(super) fn take_sif_trailer(&self) -> Option<Bytes> {
        self.shared.state.lock().sif_trailer.take()
    }

    /// Somebody reads it.
    pub(super) fn is_read(&self) -> bool {
        Arc::strong_count(&self.shared) > 1 && self.shared.state.lock().queue.is_read()
    }

    pub(super) fn count_packet(&self, bytes: usize) {
        let stats = &mut self.shared.state.lock().stats;
        stats.packets += 1;
        stats.bytes += bytes as u64;
    }

    pub(super) fn count_keyframe_request(&self) {
        self.shared.state.lock().stats.keyframe_requests += 1;
    }

    pub(super) fn push(&self, frame: SealedFrame) {
        let mut state = self.shared.state.lock();
        state.stats.frames += 1;
        if state.queue.push(frame) {
            state.want_keyframe = true;
        }
        drop(state);
        self.shared.frames.notify_waiters();
    }

    pub(super) fn end(&self) {
        self.shared.state.lock().ended = true;
        self.shared.frames.notify_waiters();
    }
}

impl fmt::Debug for RemoteTrack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteTrack")
            .field("mid", &self.mid())
            .field("stream", &self.stream_id())
            .field("track", &self.id())
            .field("ssrc", &self.ssrc())
            .finish_non_exhaustive()
    }
}

/// The frames of one track, in order. Dropping it leaves the track to the next reader.
#[derive(Debug)]
pub struct FrameStream {
    track: RemoteTrack,
    reader: u64,
}

impl FrameStream {
    /// The next frame; `None` when the track has ended or another reader took it. Cancel safe.
    pub async fn next(&mut self) -> Option<SealedFrame> {
        loop {
            let notified = self.track.shared.frames.notified();
            tokio::pin!(notified);
            // Enlisted before the look, so that a frame in between isn't missed.
            notified.as_mut().enable();
            {
                let mut state = self.track.shared.state.lock();
                if state.reader != self.reader {
                    return None;
                }
                if let Some(frame) = state.queue.pop() {
                    return Some(frame);
                }
                if state.ended {
                    return None;
                }
            }
            notified.await;
        }
    }

    /// The track being read.
    pub fn track(&self) -> &RemoteTrack {
        &self.track
    }
}

impl Drop for FrameStream {
    fn drop(&mut self) {
        let mut state = self.track.shared.state.lock();
        if state.reader == self.reader {
            state.queue.set_read(false);
            drop(state);
            self.track.shared.driver.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::runtime::Builder;

    use super::*;
    use crate::{Codec, FrameMeta};

    const KEY: &[u8] = &[0x10, 1];
    const DELTA: &[u8] = &[0x11, 2];

    fn track() -> RemoteTrack {
        let source = Source { ssrc: 1, stream: "PA".into(), track: "TR".into() };
        RemoteTrack::new("0", MediaKind::Video, source, Arc::default())
    }

    fn push(track: &RemoteTrack, data: &'static [u8]) {
        let meta = FrameMeta {
            codec: Codec::Vp8,
            contiguous: true,
            rtp_time: 0,
            clock_rate: 90_000,
            arrival: Instant::now(),
            sender_report: None,
        };
        track.push(SealedFrame { meta, data: data.into(), unit_ends: Vec::new() });
    }

    fn read(stream: &mut FrameStream) -> Option<Bytes> {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(stream.next()).map(|frame| frame.data.freeze())
    }

    #[test]
    fn what_came_before_its_reader_is_not_lost() {
        let track = track();
        [DELTA, KEY, DELTA].into_iter().for_each(|data| push(&track, data));
        let mut stream = track.frames();
        assert_eq!([read(&mut stream), read(&mut stream)], [Some(KEY.into()), Some(DELTA.into())]);
        assert!(!track.take_keyframe_wish(), "one was waiting");
        let other = self::track();
        let _stream = other.frames();
        assert!(other.take_keyframe_wish());
    }

    #[test]
    fn a_track_that_ends_by_itself_gives_what_it_has() {
        let track = track();
        push(&track, KEY);
        let mut stream = track.frames();
        track.end();
        assert_eq!([read(&mut stream), read(&mut stream)], [Some(KEY.into()), None]);
        assert_eq!(read(&mut track.frames()), None, "nor does it begin again");
    }

    #[test]
    fn the_newest_reader_has_the_track() {
        let track = track();
        let mut first = track.frames();
        let mut second = track.frames();
        push(&track, KEY);
        assert_eq!(read(&mut first), None);
        drop(first);
        assert!(track.is_read(), "the one that went had it no longer");
        assert_eq!(read(&mut second), Some(KEY.into()));
        drop(second);
        assert!(!track.is_read());
    }
}
