//! The running programme: one pipeline from encoded frames of many to encoded samples of one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;
use livetape_rtc::Codec;

use super::bin::{self, PROGRAMME};
use super::branch::{Branch, Trunk};
use super::gate::{Gate, Verdict};
use super::inbox::Inbox;
use super::input::{AudioInput, VideoInput};
use super::keeper::{self, Branches, Keeper, hide};
use super::outbox::{Outbox, ProgrammeEvents};
use super::paint::Labels;
use super::pulse::{Pulse, PulseMeter};
use super::tap::Tap;
use super::{BYTES_PER_FRAME, MediaError, SAMPLE_RATE, Scene, SourceId, preflight};
use crate::job::{Encoding, Layout};

/// How long a flush may go without a sample, after the mixers' latency, before the rest is given up. Commonly all
/// of it takes a tenth of a second; a machine that lags (by [`LAG`] at most) takes longer.
pub(super) const FLUSH: Duration = Duration::from_secs(1);
/// How far composing may fall behind the clock, on a machine that is too slow. Beyond it pictures are left out
/// ahead of the encoder until it has caught up; sound goes on.
const LAG: Duration = Duration::from_secs(2);

/// What to produce.
#[derive(Debug, Clone)]
pub struct ProgrammeSpec {
    /// Canvas, cadence, bit rates.
    pub encoding: Encoding,
    /// How tiles are laid out.
    pub layout: Layout,
    /// How long the mixers wait for frames: what comes later than this after its time is shown late (pictures)
    /// or lost (sound).
    pub latency: Duration,
}

impl ProgrammeSpec {
    /// With the default latency of 200 ms.
    pub fn new(encoding: Encoding, layout: Layout) -> Self {
        Self { encoding, layout, latency: Duration::from_millis(200) }
    }
}

/// A programme on the air. Dropping it stops it at once, without a flush.
#[derive(Debug)]
pub struct Programme {
    trunk: Trunk,
    latency: Duration,
    gate: Arc<Gate>,
    pulse: Arc<PulseMeter>,
    picture: gst::Element,
    sound: gst::Element,
    videos: Branches,
    audios: Branches,
    shown: Mutex<Option<Scene>>,
    keeper: Option<JoinHandle<()>>,
}

impl Programme {
    /// Builds the pipeline and lets its clock run. Nothing is encoded before [`open_gate`](Self::open_gate).
    ///
    /// # Errors
    /// Elements are missing (all are named), or the pipeline doesn't start.
    pub fn start(spec: &ProgrammeSpec) -> Result<(Self, ProgrammeEvents), MediaError> {
        preflight()?;
        let pipeline = PROGRAMME.pipeline()?;
        let parts = Parts::of(&pipeline)?;
        parts.configure(spec);

        let (outbox, events) = Outbox::new(spec.encoding.fps);
        let gate = Arc::new(Gate::new(spec.encoding.fps));
        let trunk =
            Trunk { pipeline: pipeline.clone(), inbox: Arc::new(Inbox::default()), outbox: outbox.clone() };
        // The compositor starts its time line anew when its last pad goes, which must never happen while a
        // recording runs: this one stays, and shows nothing.
        let anchor = parts.picture.request_pad_simple("sink_%u");
        hide(&anchor.ok_or_else(|| PROGRAMME.error("the compositor gives no pad"))?);
        let pulse = Arc::new(PulseMeter::default());
        let meter = pulse.clone();
        guard_picture(&PROGRAMME.pad(&parts.picture, "src")?, gate.clone(), meter, nanos(spec.latency + LAG));
        guard_sound(&PROGRAMME.pad(&parts.sound, "src")?, gate.clone(), pulse.clone());
        Tap::connect(spec.encoding.clone(), gate.clone(), outbox, &parts.video, &parts.audio);
        listen(&trunk)?;

        let (videos, audios) = (Branches::default(), Branches::default());
        let keeper = Keeper {
            trunk: trunk.clone(),
            encoding: spec.encoding.clone(),
            layout: spec.layout,
            videos: videos.clone(),
            audios: audios.clone(),
            labels: Labels::attach(&parts.labels),
            encoders: [PROGRAMME.pad(&parts.x264, "sink")?, PROGRAMME.pad(&parts.aac, "sink")?],
        };
        let keeper = std::thread::Builder::new()
            .name("programme".into())
            .spawn(move || keeper.run())
            .map_err(|e| PROGRAMME.error(e))?;
        let programme = Self {
            trunk,
            latency: spec.latency,
            gate,
            pulse,
            picture: parts.picture,
            sound: parts.sound,
            videos,
            audios,
            shown: Mutex::new(None),
            keeper: Some(keeper),
        };
        // A monotonic clock of the machine: no sink may impose another. The base time is set before the mixers
        // start, for they run from PAUSED on, and without it they would race ahead of the clock.
        let clock = gst::SystemClock::obtain();
        pipeline.use_clock(Some(&clock));
        pipeline.set_start_time(gst::ClockTime::NONE);
        pipeline.set_base_time(clock.time());
        pipeline.set_state(gst::State::Playing).map_err(|e| PROGRAMME.error(e))?;
        Ok((programme, events))
    }

    /// Running time, right now: what the pipeline's clock has counted since it started.
    pub fn running_time(&self) -> Duration {
        self.trunk.pipeline.current_running_time().map_or(Duration::ZERO, Into::into)
    }

    /// What the mixers gave so far: it rises all the time, or the programme stands still.
    pub fn pulse(&self) -> Pulse {
        self.pulse.read()
    }

    /// Shows these tiles, in this order, from the next picture on. Cheap where nothing changed.
    pub fn set_scene(&self, scene: &Scene) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.as_ref() != Some(scene) {
            *shown = Some(scene.clone());
            self.trunk.inbox.scene(scene.clone());
        }
    }

    /// A way in for the pictures of a source; they are seen where a tile of the scene names it.
    ///
    /// # Errors
    /// The codec isn't a video codec, or its decoder doesn't start.
    pub fn add_video(&self, source: SourceId, codec: Codec) -> Result<VideoInput, MediaError> {
        let text = bin::decoder(codec).filter(|_| !codec.is_audio()).ok_or(MediaError::Codec(codec))?;
        let branch = Branch::new(source, text, &self.trunk, &self.picture, keeper::hide)?;
        register(&self.videos, &branch);
        self.trunk.inbox.redraw();
        Ok(VideoInput { branch: Some(branch), codec, inbox: self.trunk.inbox.clone() })
    }

    /// A way in for the sound of a source; it is heard at once.
    ///
    /// # Errors
    /// The codec isn't a sound codec that is decoded here, or its decoder doesn't start.
    pub fn add_audio(&self, source: SourceId, codec: Codec) -> Result<AudioInput, MediaError> {
        let text = bin::decoder(codec).filter(|_| codec.is_audio()).ok_or(MediaError::Codec(codec))?;
        let branch = Branch::new(source, text, &self.trunk, &self.sound, |_| {})?;
        register(&self.audios, &branch);
        Ok(AudioInput { branch, codec, ends: Mutex::new(None) })
    }

    /// Begins the recording at this running time: everything before is dropped ahead of the encoders. Time zero
    /// is the first picture not before `at`, which is returned. Only the first call counts. Should `at` be further
    /// back than the latency, the first samples come later than zero: what was dropped by then is gone.
    pub fn open_gate(&self, at: Duration) -> Duration {
        Duration::from_nanos(self.gate.open(nanos(at)))
    }

    /// Ends the recording now: what was captured so far is composed, encoded and handed out, then
    /// [`Finished`](super::ProgrammeEvent::Finished) follows: as soon as the mixers' latency is over and the
    /// encoders are empty (within half a second, where the machine keeps up).
    pub fn finish(&self) {
        self.gate.close(nanos(self.running_time()));
        self.trunk.inbox.flushed_by(Instant::now() + self.latency);
    }
}

impl Drop for Programme {
    fn drop(&mut self) {
        self.trunk.inbox.quit();
        if let Some(keeper) = self.keeper.take() {
            // It has nothing to say, not even in a panic.
            let _ = keeper.join();
        }
        if let Some(bus) = self.trunk.pipeline.bus() {
            bus.unset_sync_handler();
        }
        // Going down can't be refused.
        let _ = self.trunk.pipeline.set_state(gst::State::Null);
        self.trunk.outbox.finish();
    }
}

/// The named elements of `programme.gst`.
struct Parts {
    picture: gst::Element,
    canvas: gst::Element,
    labels: gst::Element,
    x264: gst::Element,
    video: AppSink,
    sound: gst::Element,
    aac: gst::Element,
    audio: AppSink,
}

impl Parts {
    fn of(pipeline: &gst::Pipeline) -> Result<Self, MediaError> {
        let bin: &gst::Bin = pipeline.upcast_ref();
        Ok(Self {
            picture: PROGRAMME.element(bin, "picture")?,
            canvas: PROGRAMME.element(bin, "canvas")?,
            labels: PROGRAMME.element(bin, "labels")?,
            x264: PROGRAMME.element(bin, "x264")?,
            video: PROGRAMME.element(bin, "video")?,
            sound: PROGRAMME.element(bin, "sound")?,
            aac: PROGRAMME.element(bin, "aac")?,
            audio: PROGRAMME.element(bin, "audio")?,
        })
    }

    fn configure(&self, spec: &ProgrammeSpec) {
        let Encoding { width, height, fps, video_kbps, audio_kbps, key_frame_interval_s } = spec.encoding;
        let int = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let latency = nanos(spec.latency);
        self.picture.set_property("latency", latency);
        self.sound.set_property("latency", latency);
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", int(width))
            .field("height", int(height))
            .field("framerate", gst::Fraction::new(int(fps), 1))
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
            .field("interlace-mode", "progressive")
            .field("colorimetry", "bt601")
            .field("chroma-site", "mpeg2")
            .build();
        self.canvas.set_property("caps", caps);
        self.x264.set_property("bitrate", video_kbps);
        self.x264.set_property("key-int-max", key_frame_interval_s.saturating_mul(fps));
        self.x264.set_property("threads", encoder_threads(&spec.encoding));
        self.aac.set_property("bitrate", int(audio_kbps.saturating_mul(1000)));
    }
}

/// As many threads as there are 720p30 pictures in a second's work: one encodes that in half of its time, and
/// each more costs memory and holds back a picture.
fn encoder_threads(encoding: &Encoding) -> u32 {
    const EACH: u64 = 1280 * 720 * 30;
    let pixels = u64::from(encoding.width) * u64::from(encoding.height) * u64::from(encoding.fps);
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    u32::try_from(pixels.div_ceil(EACH).clamp(1, cores)).unwrap_or(1)
}

fn register(branches: &Branches, branch: &Arc<Branch>) {
    let mut branches = branches.lock().unwrap_or_else(PoisonError::into_inner);
    branches.retain(|b| b.strong_count() > 0);
    branches.push(Arc::downgrade(branch));
}

/// Errors below a decode bin are that bin's; any other is the programme's.
fn listen(trunk: &Trunk) -> Result<(), MediaError> {
    let bus = trunk.pipeline.bus().ok_or_else(|| PROGRAMME.error("has no bus"))?;
    let (inbox, outbox) = (trunk.inbox.clone(), trunk.outbox.clone());
    let pipeline = trunk.pipeline.downgrade();
    bus.set_sync_handler(move |_, message| {
        if let (gst::MessageView::Error(error), Some(pipeline)) = (message.view(), pipeline.upgrade()) {
            match branch_of(error.src(), pipeline.upcast_ref()) {
                Some(bin) => {
                    tracing::debug!(error = %error.error(), debug = ?error.debug(), "a decoder broke");
                    inbox.broken(bin);
                }
                None => outbox.fail(format!("{} ({:?})", error.error(), error.debug())),
            }
        }
        gst::BusSyncReply::Drop
    });
    Ok(())
}

/// The bin directly below the pipeline that `object` lies in, if it lies in one.
fn branch_of(object: Option<&gst::Object>, pipeline: &gst::Object) -> Option<gst::Object> {
    let mut child = object?.clone();
    loop {
        let parent = child.parent()?;
        if parent == *pipeline {
            return child.is::<gst::Bin>().then_some(child);
        }
        child = parent;
    }
}

fn guard_picture(pad: &gst::Pad, gate: Arc<Gate>, pulse: Arc<PulseMeter>, lag: u64) {
    let behind = AtomicBool::new(false);
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        pulse.picture();
        let Some(start) = info.buffer().and_then(|b| b.pts()).map(gst::ClockTime::nseconds) else {
            return gst::PadProbeReturn::Drop;
        };
        match gate.picture(start) {
            Verdict::Pass | Verdict::Clip { .. } => {}
            Verdict::Drop => return gst::PadProbeReturn::Drop,
            Verdict::End => return end(pad),
        }
        let now = pad
            .parent_element()
            .and_then(|e| e.current_running_time())
            .map_or(start, gst::ClockTime::nseconds);
        let late = now.saturating_sub(start) > lag;
        if late && !behind.swap(true, Ordering::Relaxed) {
            tracing::warn!(lag_ms = lag / 1_000_000, "the machine is too slow: pictures are left out");
        } else if !late {
            behind.store(false, Ordering::Relaxed);
        }
        if late { gst::PadProbeReturn::Drop } else { gst::PadProbeReturn::Ok }
    });
}

fn guard_sound(pad: &gst::Pad, gate: Arc<Gate>, pulse: Arc<PulseMeter>) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        pulse.sound();
        let Some(buffer) = info.buffer_mut() else { return gst::PadProbeReturn::Drop };
        let Some(start) = buffer.pts().map(gst::ClockTime::nseconds) else {
            return gst::PadProbeReturn::Drop;
        };
        let frames = buffer.size() / BYTES_PER_FRAME;
        match gate.sound(start, start + frames_to_nanos(frames)) {
            Verdict::Pass => gst::PadProbeReturn::Ok,
            Verdict::Drop => gst::PadProbeReturn::Drop,
            Verdict::End => end(pad),
            Verdict::Clip { from, to } => match clip(buffer, start, from, to) {
                Some(cut) => {
                    *buffer = cut;
                    gst::PadProbeReturn::Ok
                }
                None => gst::PadProbeReturn::Drop,
            },
        }
    });
}

/// The part of a block of sound between two running times, to the sample.
fn clip(buffer: &gst::Buffer, start: u64, from: u64, to: u64) -> Option<gst::Buffer> {
    let frames = buffer.size() / BYTES_PER_FRAME;
    let first = nanos_to_frames(from.saturating_sub(start)).min(frames);
    let last = nanos_to_frames(to.saturating_sub(start)).min(frames);
    let (skip, size) = (first * BYTES_PER_FRAME, last.saturating_sub(first) * BYTES_PER_FRAME);
    if size == 0 {
        return None;
    }
    let mut cut = buffer
        .copy_region(gst::BufferCopyFlags::MEMORY | gst::BufferCopyFlags::FLAGS, skip..skip + size)
        .ok()?;
    let at = cut.get_mut()?;
    at.set_pts(gst::ClockTime::from_nseconds(from.max(start)));
    at.set_duration(gst::ClockTime::from_nseconds(frames_to_nanos(size / BYTES_PER_FRAME)));
    Some(cut)
}

/// Tells the encoder behind `pad` that nothing follows; what still comes is refused by the pad itself.
fn end(pad: &gst::Pad) -> gst::PadProbeReturn {
    pad.push_event(gst::event::Eos::new());
    gst::PadProbeReturn::Drop
}

fn frames_to_nanos(frames: usize) -> u64 {
    let nanos = frames as u128 * 1_000_000_000 / u128::from(SAMPLE_RATE);
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

fn nanos_to_frames(nanos: u64) -> usize {
    let frames = (u128::from(nanos) * u128::from(SAMPLE_RATE) + 500_000_000) / 1_000_000_000;
    usize::try_from(frames).unwrap_or(usize::MAX)
}

fn nanos(time: Duration) -> u64 {
    // The largest value means "none" to GStreamer and to the gate.
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).min(u64::MAX - 1)
}
