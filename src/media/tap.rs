//! The encoders' ends: buffers become samples with times from time zero.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer_app::{AppSink, AppSinkCallbacks};

use super::ProgrammeEvent;
use super::gate::Gate;
use super::outbox::Outbox;
use crate::job::Encoding;
use crate::sample::{AudioConfig, Sample, Track, VideoConfig};

/// What `avenc_aac` (libavcodec's AAC-LC encoder) puts before the first sound: one frame. Its first packet
/// carries the first input's time stamp all the same, so sound is heard this much late unless an edit list
/// skips it (ISO/IEC 14496-12, 8.6.6).
const AAC_PRIMING: u32 = 1024;

/// Collects both tracks; says `Configured` before the first sample.
#[derive(Debug)]
pub(super) struct Tap {
    encoding: Encoding,
    gate: Arc<Gate>,
    outbox: Arc<Outbox>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    video: Option<VideoConfig>,
    audio: Option<AudioConfig>,
    /// Samples of the quicker track, until the other has said how it decodes.
    held: Vec<Sample>,
    configured: bool,
    video_ended: bool,
    audio_ended: bool,
}

/// More than the encoders' delay could ever hold back (30 s of sound).
const HELD_LIMIT: usize = 1500;

impl Tap {
    /// Listens to the two sinks.
    pub(super) fn connect(
        encoding: Encoding,
        gate: Arc<Gate>,
        outbox: Arc<Outbox>,
        video: &AppSink,
        audio: &AppSink,
    ) {
        let tap = Arc::new(Self { encoding, gate, outbox, state: Mutex::default() });
        for (track, sink) in [(Track::Video, video), (Track::Audio, audio)] {
            let (on_sample, on_eos) = (tap.clone(), tap.clone());
            sink.set_callbacks(
                AppSinkCallbacks::builder()
                    .new_sample(move |sink| {
                        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                        if let Err(reason) = on_sample.take(track, &sample) {
                            on_sample.outbox.fail(reason);
                            return Err(gst::FlowError::Error);
                        }
                        Ok(gst::FlowSuccess::Ok)
                    })
                    .eos(move |_| on_eos.ended(track))
                    .build(),
            );
        }
    }

    fn take(&self, track: Track, sample: &gst::Sample) -> Result<(), String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.configured {
            self.configure(&mut state, track, sample)?;
        }
        let sample = self.sample(track, sample)?;
        if state.configured {
            self.outbox.send(ProgrammeEvent::Sample(sample));
            return Ok(());
        }
        state.held.push(sample);
        if let (Some(video), Some(audio)) = (&state.video, &state.audio) {
            self.outbox.send(ProgrammeEvent::Configured { video: video.clone(), audio: audio.clone() });
            state.configured = true;
            for sample in std::mem::take(&mut state.held) {
                self.outbox.send(ProgrammeEvent::Sample(sample));
            }
        } else if state.held.len() > HELD_LIMIT {
            return Err(format!("one of the encoders gives nothing, {track:?} waits for it"));
        }
        Ok(())
    }

    fn ended(&self, track: Track) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match track {
            Track::Video => state.video_ended = true,
            Track::Audio => state.audio_ended = true,
        }
        if state.video_ended && state.audio_ended {
            self.outbox.finish();
        }
    }

    fn configure(&self, state: &mut State, track: Track, sample: &gst::Sample) -> Result<(), String> {
        let caps = sample.caps().ok_or("an encoder gave no caps")?;
        let codec_data = caps
            .structure(0)
            .and_then(|s| s.get::<gst::Buffer>("codec_data").ok())
            .ok_or_else(|| format!("{track:?} has no codec data"))?;
        let codec_data = bytes(&codec_data)?;
        match track {
            Track::Video if state.video.is_none() => {
                let Encoding { width, height, fps, .. } = self.encoding;
                state.video = Some(VideoConfig { width, height, fps, avcc: codec_data });
            }
            Track::Audio if state.audio.is_none() => {
                state.audio = Some(AudioConfig {
                    sample_rate: super::SAMPLE_RATE,
                    channels: super::CHANNELS,
                    asc: codec_data,
                    bitrate: self.encoding.audio_kbps.saturating_mul(1000),
                    priming: AAC_PRIMING,
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn sample(&self, track: Track, sample: &gst::Sample) -> Result<Sample, String> {
        let buffer = sample.buffer().ok_or("an encoder gave a sample without a buffer")?;
        let zero =
            self.gate.zero().and_then(|zero| i64::try_from(zero).ok()).ok_or("a sample before time zero")?;
        let pts = running_time(sample, buffer.pts())?;
        let dts = match buffer.dts() {
            Some(dts) => running_time(sample, Some(dts))?,
            None => pts,
        };
        Ok(Sample {
            track,
            pts: pts.saturating_sub(zero),
            dts: dts.saturating_sub(zero),
            duration: buffer.duration().map_or(0, gst::ClockTime::nseconds),
            sync: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            data: bytes(buffer)?,
        })
    }
}

/// Running time of a buffer's time stamp. `x264enc` shifts its segment by a thousand hours so that decoding
/// times stay positive: the segment takes that out again, and the result may be negative.
fn running_time(sample: &gst::Sample, time: Option<gst::ClockTime>) -> Result<i64, String> {
    let time = time.ok_or("an encoded buffer without a time stamp")?;
    let segment = sample
        .segment()
        .and_then(|s| s.downcast_ref::<gst::ClockTime>())
        .ok_or("an encoder's segment is not in time")?;
    let nanos = |t: gst::ClockTime| i64::try_from(t.nseconds()).map_err(|_| "a time stamp out of range");
    match segment.to_running_time_full(time) {
        Some(gst::Signed::Positive(t)) => Ok(nanos(t)?),
        Some(gst::Signed::Negative(t)) => Ok(-nanos(t)?),
        None => Err("a time stamp outside its segment".into()),
    }
}

fn bytes(buffer: &gst::BufferRef) -> Result<Bytes, String> {
    let map = buffer.map_readable().map_err(|_| "an encoder's buffer can't be read")?;
    Ok(Bytes::copy_from_slice(&map))
}
