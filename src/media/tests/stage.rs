//! A programme under test: plays clips into it at their time and gathers what comes out.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use super::source::Frame;
use crate::job::{Encoding, Layout};
use crate::media::*;
use crate::sample::{AudioConfig, Sample, Track, VideoConfig};

/// 360p30: a quarter of the default's cost, for what doesn't depend on size.
fn small() -> Encoding {
    Encoding { width: 640, height: 360, video_kbps: 1000, ..encoding() }
}

/// 720p30, as by default.
pub(super) fn encoding() -> Encoding {
    Encoding { width: 1280, height: 720, fps: 30, video_kbps: 3000, audio_kbps: 192, key_frame_interval_s: 4 }
}

/// Tiles of cameras with these sources.
pub(super) fn scene(sources: &[u64]) -> Scene {
    let tile =
        |&id: &u64| Tile { source: SourceId(id), name: format!("Guest {id}"), state: TileState::Video };
    Scene { tiles: sources.iter().map(tile).collect() }
}

/// Everything that came out.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) video: Option<VideoConfig>,
    pub(super) audio: Option<AudioConfig>,
    pub(super) samples: Vec<Sample>,
    pub(super) asked: Vec<SourceId>,
    pub(super) failed: Option<String>,
    pub(super) finished: bool,
}

impl Output {
    /// Samples of one track, as they came.
    pub(super) fn track(&self, track: Track) -> Vec<&Sample> {
        self.samples.iter().filter(|s| s.track == track).collect()
    }

    /// When pictures are shown, in order.
    pub(super) fn shown(&self) -> Vec<i64> {
        let mut shown: Vec<_> = self.track(Track::Video).iter().map(|s| s.pts).collect();
        shown.sort_unstable();
        shown
    }
}

/// Where a clip's frame goes when its time has come.
pub(super) type Push<'a> = &'a dyn Fn(&Frame, Duration) -> Pushed;

/// Real time has to be had: one programme at a time.
static TURN: Mutex<()> = Mutex::new(());

/// The programme and the thread that listens to it.
pub(super) struct Stage {
    pub(super) programme: Programme,
    _turn: MutexGuard<'static, ()>,
    listener: JoinHandle<Output>,
}

impl Stage {
    pub(super) fn open() -> Self {
        Self::with(small())
    }

    pub(super) fn with(encoding: Encoding) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (programme, mut events) = Programme::start(&ProgrammeSpec::new(encoding, Layout::Grid)).unwrap();
        let listener = std::thread::spawn(move || {
            let mut output = Output::default();
            while let Some(event) = events.blocking_recv() {
                match event {
                    ProgrammeEvent::Configured { video, audio } => {
                        assert!(
                            output.video.is_none() && output.samples.is_empty(),
                            "configured once, first"
                        );
                        (output.video, output.audio) = (Some(video), Some(audio));
                    }
                    ProgrammeEvent::Sample(sample) => output.samples.push(sample),
                    ProgrammeEvent::NeedKeyframe(source) => output.asked.push(source),
                    ProgrammeEvent::Failed(reason) => output.failed = Some(reason),
                    ProgrammeEvent::Finished => output.finished = true,
                }
            }
            output
        });
        Self { programme, _turn: turn, listener }
    }

    /// Waits until the programme's clock says so.
    pub(super) fn until(&self, time: Duration) {
        sleep(time.saturating_sub(self.programme.running_time()));
    }

    /// Plays clips side by side, each frame when its time has come, counted from `from`.
    pub(super) fn play(&self, from: Duration, clips: &[(Push<'_>, &[Frame])]) {
        let mut frames: Vec<_> =
            clips.iter().flat_map(|(push, frames)| frames.iter().map(move |f| (f.pts, push, f))).collect();
        frames.sort_by_key(|(pts, ..)| *pts);
        for (pts, push, frame) in frames {
            self.until(from + pts);
            push(frame, from + pts);
        }
    }

    /// Flushes, and says how long that took.
    pub(super) fn finish(self) -> (Output, Duration) {
        let begun = Instant::now();
        self.programme.finish();
        let output = self.listener.join().unwrap();
        let took = begun.elapsed();
        assert_eq!(output.failed, None);
        assert!(output.finished);
        (output, took)
    }
}
