//! Decodes the programme's samples with ffmpeg and says what is to be seen and heard.

use std::io::Write;
use std::process::{Command, Stdio};

use super::stage::Output;
use crate::sample::{Sample, Track, VideoConfig};

/// H.264 samples as a byte stream, parameter sets first.
pub(super) fn annex_b(config: &VideoConfig, samples: &[&Sample]) -> Vec<u8> {
    const START: [u8; 4] = [0, 0, 0, 1];
    let mut out = Vec::new();
    // AVCDecoderConfigurationRecord: five bytes, count of SPS, SPSs, count of PPS, PPSs.
    let mut at = 6;
    for _ in 0..2 {
        let length = usize::from(u16::from_be_bytes([config.avcc[at], config.avcc[at + 1]]));
        out.extend_from_slice(&START);
        out.extend_from_slice(&config.avcc[at + 2..at + 2 + length]);
        at += 2 + length + 1;
    }
    for sample in samples {
        let mut data = &sample.data[..];
        while let Some((length, rest)) = data.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            out.extend_from_slice(&START);
            out.extend_from_slice(&rest[..length]);
            data = &rest[length..];
        }
    }
    out
}

/// AAC samples with ADTS headers (ISO/IEC 13818-7, 6.2): 48 kHz, stereo, AAC-LC.
fn adts(samples: &[&Sample]) -> Vec<u8> {
    let mut out = Vec::new();
    for sample in samples {
        let length = sample.data.len() + 7;
        out.extend_from_slice(&[
            0xff,
            0xf1,
            0x4c,
            0x80 | (length >> 11) as u8,
            (length >> 3) as u8,
            ((length & 7) << 5) as u8 | 0x1f,
            0xfc,
        ]);
        out.extend_from_slice(&sample.data);
    }
    out
}

/// Runs ffmpeg on stdin, gives stdout.
pub(super) fn ffmpeg(args: &[&str], input: Vec<u8>) -> Vec<u8> {
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && complaints.is_empty(), "ffmpeg: {complaints}");
    output.stdout
}

/// Every picture's time in seconds and the mean luma of a region in it (`w:h:x:y`).
pub(super) fn luma(output: &Output, region: &str) -> Vec<(f64, f64)> {
    let stream = annex_b(output.video.as_ref().unwrap(), &output.track(Track::Video));
    let filter = format!("crop={region},scale=16:16:flags=area,format=gray");
    let raw =
        ffmpeg(&["-f", "h264", "-i", "-", "-vsync", "0", "-vf", &filter, "-f", "rawvideo", "-"], stream);
    let means = raw.chunks_exact(256).map(|p| p.iter().map(|v| f64::from(*v)).sum::<f64>() / 256.0);
    let shown = output.shown();
    assert_eq!(means.len(), shown.len(), "every sample decodes to a picture");
    shown.iter().map(|t| *t as f64 / 1e9).zip(means).collect()
}

/// Every sample's time in seconds, as a player that honours the edit list hears it, and its left value.
pub(super) fn sound(output: &Output) -> Vec<(f64, f32)> {
    let samples = output.track(Track::Audio);
    let zero = samples[0].pts as f64 / 1e9 - f64::from(output.audio.as_ref().unwrap().priming) / 48_000.0;
    let raw = ffmpeg(&["-f", "aac", "-i", "-", "-f", "f32le", "-ac", "2", "-"], adts(&samples));
    raw.chunks_exact(8)
        .enumerate()
        .map(|(n, s)| (zero + n as f64 / 48_000.0, f32::from_le_bytes([s[0], s[1], s[2], s[3]])))
        .collect()
}

/// The picture nearest to `time`, as PNG.
pub(super) fn png(output: &Output, time: f64) -> Vec<u8> {
    let n = output.shown().iter().filter(|t| (**t as f64) / 1e9 < time).count();
    let stream = annex_b(output.video.as_ref().unwrap(), &output.track(Track::Video));
    let filter = format!("select=eq(n\\,{n})");
    ffmpeg(
        &["-f", "h264", "-i", "-", "-vf", &filter, "-frames:v", "1", "-c:v", "png", "-f", "image2pipe", "-"],
        stream,
    )
}
