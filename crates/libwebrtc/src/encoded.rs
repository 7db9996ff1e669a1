//! This crate's extension: a track's frames, opened but still encoded.
//!
//! Opening (decryption) runs on the reader's task, so that it costs the network nothing. An
//! encrypted track never gives a frame that didn't authenticate, nor one that came in clear. Redundant
//! sound comes out as Opus, with what was lost and could be had from later packets. Frames whose key
//! isn't there yet wait for it ([`Hold`]).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use livetape_rtc::e2ee::{Attempt, Hold};
use livetape_rtc::engine::{FrameStream, MediaKind, RemoteTrack};
use livetape_rtc::{OpenFrame, Opened, Refusal, SealedFrame, Unwrapper, open_clear};
use tokio::time::timeout;

use crate::audio_track::RtcAudioTrack;
use crate::media_stream_track::MediaStreamTrack;
use crate::native::frame_cryptor::no_key;
use crate::remote::Remote;
use crate::video_track::RtcVideoTrack;

/// While frames wait for a key and none comes in, the keys are looked at so often.
const LOOK: Duration = Duration::from_millis(20);

/// What the track's owner says of it (`TrackInfo.encryption`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Frames come in clear.
    Clear,
    /// Frames are sealed; any that isn't is refused.
    Encrypted,
}

/// What came of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It may be decoded.
    Frame(OpenFrame),
    /// It may not. Where a key is missing or wrong, it waits for another: then it may still come.
    Refused(Refusal),
}

/// The frames of one track. One reader at a time: a newer stream ends an older one.
#[derive(Debug)]
pub struct EncodedFrameStream {
    remote: Arc<Remote>,
    frames: Option<FrameStream>,
    expect: Encryption,
    hold: Hold,
    /// What came of frames and wasn't taken yet: at most what was on hold.
    ready: VecDeque<Opened>,
    /// The keys that frames were tried with last.
    generation: u64,
    unwrapper: Unwrapper,
    /// Frames that came in one; a payload's size bounds it.
    unwrapped: VecDeque<OpenFrame>,
    /// Frames were lost; decoding begins again at the next key frame.
    interrupted: bool,
}

/// Handles of tracks.
pub trait Track {
    #[doc(hidden)]
    fn shared(&self) -> TrackRef<'_>;
}

/// What is behind a handle.
#[doc(hidden)]
#[derive(Debug)]
pub struct TrackRef<'a>(&'a Arc<Remote>);

impl Track for MediaStreamTrack {
    fn shared(&self) -> TrackRef<'_> {
        TrackRef(self.remote())
    }
}

impl Track for RtcVideoTrack {
    fn shared(&self) -> TrackRef<'_> {
        TrackRef(self.remote())
    }
}

impl Track for RtcAudioTrack {
    fn shared(&self) -> TrackRef<'_> {
        TrackRef(self.remote())
    }
}

impl EncodedFrameStream {
    /// The track's frames, from the last key frame that is waiting (a key frame is asked for when
    /// none is). At most two seconds wait; then up to the next key frame is dropped.
    pub fn new(track: &impl Track, expect: Encryption) -> Self {
        let remote = track.shared().0.clone();
        let frames = remote.track().map(RemoteTrack::frames);
        Self {
            remote,
            frames,
            expect,
            hold: Hold::default(),
            ready: VecDeque::new(),
            generation: 0,
            unwrapper: Unwrapper::default(),
            unwrapped: VecDeque::new(),
            interrupted: false,
        }
    }

    /// The next frame; `None` when the track has ended. Cancel safe.
    pub async fn next(&mut self) -> Option<Received> {
        loop {
            if let Some(frame) = self.unwrapped.pop_front() {
                return Some(Received::Frame(frame));
            }
            let unwrapped = match self.ready.pop_front() {
                Some(Opened::Open(frame)) => {
                    self.note_opened(&frame);
                    self.unwrapper.unwrap(frame, &mut self.unwrapped)
                }
                Some(Opened::Refused(refusal)) => return Some(Received::Refused(refusal)),
                Some(Opened::Empty | Opened::ServerInjected) => Ok(()),
                None => self.take_more().await.map(Ok)?,
            };
            if let Err(refusal) = unwrapped {
                self.interrupted = true;
                return Some(Received::Refused(refusal));
            }
        }
    }

    /// Asks the sender for a key frame; requests are spaced.
    pub fn request_keyframe(&self) {
        if let Some(track) = self.remote.track() {
            track.request_keyframe();
        }
    }

    /// The engine's track: names, counters.
    pub fn track(&self) -> Option<&RemoteTrack> {
        self.remote.track()
    }

    /// Waits for a frame, or for what waits to open; `None` when the track has ended.
    async fn take_more(&mut self) -> Option<()> {
        let next = self.frames.as_mut()?.next();
        let frame = if self.hold.is_empty() { Ok(next.await) } else { timeout(LOOK, next).await };
        let generation = self.remote.cryptor().map_or(0, |cryptor| cryptor.generation());
        let (remote, expect) = (&self.remote, self.expect);
        if std::mem::replace(&mut self.generation, generation) != generation {
            self.hold.retry(|frame| open(remote, expect, frame), &mut self.ready);
        }
        if let Ok(frame) = frame {
            self.hold.take(frame?, |frame| open(remote, expect, frame), &mut self.ready);
        }
        Some(())
    }

    /// After an interruption nothing decodes until a key frame comes: ask until it does.
    fn note_opened(&mut self, frame: &OpenFrame) {
        self.interrupted |= !frame.meta.contiguous;
        if frame.keyframe {
            self.interrupted = false;
        } else if self.interrupted && self.track().is_some_and(|t| t.kind() == MediaKind::Video) {
            self.request_keyframe();
        }
    }
}

fn open(remote: &Remote, expect: Encryption, frame: SealedFrame) -> Attempt {
    match expect {
        Encryption::Clear => Ok(open_clear(frame)),
        Encryption::Encrypted => match remote.cryptor() {
            Some(cryptor) => cryptor.open(frame),
            None => no_key(frame),
        },
    }
}
