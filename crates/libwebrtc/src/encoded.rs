//! This crate's extension: a track's frames, opened but still encoded.
//!
//! Opening (decryption) runs on the reader's task, so that it costs the network nothing. An
//! encrypted track never gives a frame that didn't authenticate, nor one that came in clear. Redundant
//! sound comes out as Opus, with what was lost and could be had from later packets.

use std::collections::VecDeque;
use std::sync::Arc;

use livetape_rtc::engine::{FrameStream, MediaKind, RemoteTrack};
use livetape_rtc::{OpenFrame, Opened, Refusal, SealedFrame, Unwrapper, open_clear};

use crate::audio_track::RtcAudioTrack;
use crate::media_stream_track::MediaStreamTrack;
use crate::remote::Remote;
use crate::video_track::RtcVideoTrack;

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
    /// It may not.
    Refused(Refusal),
}

/// The frames of one track. One reader at a time: a newer stream ends an older one.
#[derive(Debug)]
pub struct EncodedFrameStream {
    remote: Arc<Remote>,
    frames: Option<FrameStream>,
    expect: Encryption,
    unwrapper: Unwrapper,
    /// Frames that came in one; a payload's size bounds it.
    unwrapped: VecDeque<OpenFrame>,
    /// Frames were refused or lost; decoding begins again at the next key frame.
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
            let frame = self.frames.as_mut()?.next().await?;
            let opened = match self.open(frame) {
                Opened::Open(frame) => {
                    self.note_opened(&frame);
                    self.unwrapper.unwrap(frame, &mut self.unwrapped)
                }
                Opened::Refused(refusal) => Err(refusal),
                Opened::Empty | Opened::ServerInjected => Ok(()),
            };
            if let Err(refusal) = opened {
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

    fn open(&self, frame: SealedFrame) -> Opened {
        match self.expect {
            Encryption::Clear => open_clear(frame),
            Encryption::Encrypted => {
                // The last byte of a sealed frame names its key.
                let index = frame.data.last().copied().unwrap_or(0);
                let opened = self.remote.cryptor().and_then(|cryptor| cryptor.open(frame));
                opened.unwrap_or(Opened::Refused(Refusal::MissingKey { index }))
            }
        }
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
