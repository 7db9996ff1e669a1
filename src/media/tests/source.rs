//! Cameras and microphones made by GStreamer's own encoders.

use std::time::Duration;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSrc};

/// One encoded frame, with its time from the start of the clip.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) pts: Duration,
    pub(super) keyframe: bool,
    pub(super) data: Bytes,
}

/// Seconds of a moving test picture in VP8 at 30 fps.
pub(super) fn camera(pattern: &str, width: u32, height: u32, seconds: u32) -> Vec<Frame> {
    encode(
        &format!(
            "videotestsrc pattern={pattern} num-buffers={} ! video/x-raw,format=I420,width={width},height={height},framerate=30/1 \
             ! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=60 target-bitrate=600000 ! appsink name=out sync=false",
            seconds * 30
        ),
        None,
    )
}

/// A single keyframe of one colour, 640×360.
pub(super) fn still(pattern: &str) -> Bytes {
    camera(pattern, 640, 360, 1).swap_remove(0).data
}

/// Opus packets of 20 ms with these stereo samples at 48 kHz.
pub(super) fn microphone(samples: &[[f32; 2]]) -> Vec<Frame> {
    let mut raw = Vec::with_capacity(samples.len() * 8);
    for value in samples.iter().flatten() {
        raw.extend_from_slice(&value.to_le_bytes());
    }
    let mut packets = encode(
        "appsrc name=in format=time caps=audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved \
         ! audioconvert ! opusenc frame-size=20 bitrate=128000 ! appsink name=out sync=false",
        Some(raw),
    );
    // As RTP counts: the encoder's delay is nobody's business.
    for (packet, at) in packets.iter_mut().zip((0..).step_by(20)) {
        packet.pts = Duration::from_millis(at);
    }
    packets
}

/// G.711 packets of 20 ms, made by this encoder element.
pub(super) fn telephone(encoder: &str, samples: &[[f32; 2]]) -> Vec<Frame> {
    let raw = samples.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
    encode(
        &format!(
            "appsrc name=in format=time caps=audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved \
             ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=8000,channels=1 \
             ! audiobuffersplit output-buffer-duration=1/50 ! {encoder} ! appsink name=out sync=false"
        ),
        Some(raw),
    )
}

/// A sine of this pitch.
pub(super) fn tone(hertz: f32, seconds: usize) -> Vec<[f32; 2]> {
    (0..48_000 * seconds)
        .map(|n| {
            let value = (n as f32 * hertz * std::f32::consts::TAU / 48_000.0).sin() * 0.3;
            [value, value]
        })
        .collect()
}

fn encode(pipeline: &str, raw: Option<Vec<u8>>) -> Vec<Frame> {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(pipeline).unwrap().downcast::<gst::Pipeline>().unwrap();
    let out = pipeline.by_name("out").unwrap().downcast::<AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    if let Some(raw) = raw {
        let src = pipeline.by_name("in").unwrap().downcast::<AppSrc>().unwrap();
        let mut buffer = gst::Buffer::from_slice(raw);
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::ZERO);
        src.push_buffer(buffer).unwrap();
        src.end_of_stream().unwrap();
    }
    let mut frames = Vec::new();
    while let Ok(sample) = out.pull_sample() {
        let buffer = sample.buffer().unwrap();
        if buffer.flags().contains(gst::BufferFlags::HEADER) {
            continue;
        }
        frames.push(Frame {
            pts: buffer.pts().unwrap().into(),
            keyframe: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            data: Bytes::copy_from_slice(&buffer.map_readable().unwrap()),
        });
    }
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(!frames.is_empty(), "the fake source encoded nothing");
    frames
}
