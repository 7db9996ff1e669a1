//! Real pictures and sounds: x264 with B-frames and AAC, through our log, judged by a decoder that isn't ours.

use std::fs;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;

use super::logs::{Log, close};
use crate::sample::{AudioConfig, Sample, Track, VideoConfig};

/// White at frame 15 of each 30, and a click at the same instant: half a second into each second.
const PICTURE: &str = "color=black:s=320x180:r=30:d=SECONDS,drawbox=c=white:t=fill:enable='eq(mod(n,30),15)'";
const SOUND: &str =
    "aevalsrc='if(between(mod(t,1),0.5,0.51),0.9*sin(2*PI*1000*(t-0.5)),0)|0':s=48000:d=SECONDS";

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{program} {arguments:?}: {said}");
    output.stdout
}

fn probe(file: &Path, arguments: &[&str]) -> Vec<String> {
    let all = [&["-v", "error", "-of", "csv=p=0"], arguments, &[file.to_str().unwrap()]].concat();
    let said = String::from_utf8(run("ffprobe", &all)).unwrap();
    // Side data that wasn't asked for leaves commas and empty lines.
    said.lines().map(|line| line.trim_matches(',').to_owned()).filter(|line| !line.is_empty()).collect()
}

/// A programme as our encoders would hand it over, and what it takes to decode it.
fn encode(dir: &Path, seconds: u32, x264: &str) -> (VideoConfig, AudioConfig, Vec<Sample>) {
    let file = dir.join("encoded.mp4");
    let (picture, sound) =
        (PICTURE.replace("SECONDS", &seconds.to_string()), SOUND.replace("SECONDS", &seconds.to_string()));
    let name = file.to_str().unwrap();
    let inputs = ["-v", "error", "-y", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound];
    let codecs = ["-c:v", "libx264", "-preset", "superfast", "-pix_fmt", "yuv420p", "-x264-params", x264];
    let sound = ["-c:a", "aac", "-b:a", "192k", "-use_editlist", "1", name];
    run("ffmpeg", &[&inputs[..], &codecs, &sound].concat());
    let bytes = fs::read(&file).unwrap();
    let video = VideoConfig { width: 320, height: 180, fps: 30, avcc: Bytes::from(content(&bytes, b"avcC")) };
    // AAC-LC, 48 kHz, stereo.
    let asc = Bytes::from_static(&[0x11, 0x90]);
    let audio = AudioConfig { sample_rate: 48_000, channels: 2, asc, bitrate: 192_000, priming: 1024 };
    let mut samples: Vec<Sample> = Vec::new();
    for (track, stream) in [(Track::Video, "v"), (Track::Audio, "a")] {
        let fields = "packet=pts_time,dts_time,duration_time,size,pos,flags";
        let packets =
            probe(&file, &["-of", "compact=p=0", "-select_streams", stream, "-show_entries", fields]);
        for line in packets {
            let field = |name: &str| line.split('|').find_map(|field| field.strip_prefix(name)).unwrap();
            let nanos = |name: &str| (field(name).parse::<f64>().unwrap() * 1e9).round() as i64;
            // ffmpeg's file has the priming taken out already; our encoders' time stamps don't.
            let primed = if track == Track::Audio { 1024 * 1_000_000_000 / 48_000 } else { 0 };
            let (pos, size): (usize, usize) =
                (field("pos=").parse().unwrap(), field("size=").parse().unwrap());
            samples.push(Sample {
                track,
                pts: nanos("pts_time=") + primed,
                dts: nanos("dts_time=") + primed,
                duration: u64::try_from(nanos("duration_time=")).unwrap(),
                sync: field("flags=").starts_with('K'),
                data: Bytes::copy_from_slice(&bytes[pos..pos + size]),
            });
        }
    }
    samples.sort_by_key(|sample| sample.dts);
    (video, audio, samples)
}

fn content(bytes: &[u8], kind: &[u8]) -> Vec<u8> {
    let at = bytes.windows(4).position(|window| window == kind).unwrap();
    let size = u32::from_be_bytes(bytes[at - 4..at].try_into().unwrap()) as usize;
    bytes[at + 4..at - 4 + size].to_vec()
}

/// When each white picture is shown, in seconds.
fn flashes(file: &Path) -> Vec<f64> {
    let name = file.to_str().unwrap();
    let to_gray = [
        "-v",
        "error",
        "-i",
        name,
        "-map",
        "0:v",
        "-fps_mode",
        "passthrough",
        "-vf",
        "scale=1:1,format=gray",
    ];
    let gray = run("ffmpeg", &[&to_gray[..], &["-f", "rawvideo", "-"]].concat());
    let times = probe(file, &["-select_streams", "v", "-show_entries", "frame=pts_time"]);
    assert_eq!(gray.len(), times.len());
    let white = gray.iter().zip(times).filter(|(luma, _)| **luma > 128);
    white.map(|(_, time)| time.parse().unwrap()).collect()
}

/// The left channel from time zero on. (`-copyts`: else ffmpeg moves a file whose first packet is priming to zero.)
fn sound(file: &Path) -> Vec<f32> {
    let name = file.to_str().unwrap();
    let steady = "aresample=async=1:first_pts=0,pan=mono|c0=c0";
    let samples = run(
        "ffmpeg",
        &[
            "-v", "error", "-copyts", "-i", name, "-map", "0:a", "-af", steady, "-ar", "48000", "-f",
            "f32le", "-",
        ],
    );
    samples.chunks_exact(4).map(|sample| f32::from_le_bytes(sample.try_into().unwrap())).collect()
}

/// When each click begins.
fn clicks(file: &Path) -> Vec<f64> {
    let loud: Vec<usize> =
        sound(file).iter().enumerate().filter(|(_, sample)| sample.abs() > 0.3).map(|(n, _)| n).collect();
    let mut found: Vec<usize> = Vec::new();
    let mut last = None;
    for n in loud {
        if last.is_none_or(|last| n - last > 24_000) {
            found.push(n);
        }
        last = Some(n);
    }
    found.into_iter().map(|n| n as f64 / 48_000.0).collect()
}

/// Flash and click come out at these times, within 5 ms; every frame decodes without a word.
fn assert_in_sync(file: &Path, frames: usize, expected: &[f64]) {
    let name = file.to_str().unwrap();
    run("ffmpeg", &["-v", "warning", "-xerror", "-i", name, "-f", "null", "-"]);
    let counted =
        probe(file, &["-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames"]);
    assert_eq!(counted, [frames.to_string()]);
    for (what, found) in [("flash", flashes(file)), ("click", clicks(file))] {
        assert_eq!(found.len(), expected.len(), "{what}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 0.005, "{what} at {found} instead of {expected}");
        }
    }
}

#[test]
fn encoded_by_x264_with_b_frames_and_aac_it_plays_live_closed_and_torn() {
    let dir = tempfile::tempdir().unwrap();
    let (video, audio, samples) = encode(dir.path(), 4, "bframes=3:b-adapt=0:keyint=60:rc-lookahead=10");
    let reordered = samples.iter().filter(|sample| sample.pts != sample.dts).count();
    assert!(reordered > 60, "B-frames: {reordered}");
    let log = Log::new(&video, &audio, &samples);
    let file = dir.path().join("log.mp4");

    fs::write(&file, log.bytes()).unwrap();
    assert_in_sync(&file, 120, &[0.5, 1.5, 2.5, 3.5]);

    let (closed, found) = close(log.bytes());
    assert_eq!(found.unwrap().video_samples, 120);
    fs::write(&file, &closed).unwrap();
    assert_in_sync(&file, 120, &[0.5, 1.5, 2.5, 3.5]);
    let said =
        probe(&file, &["-show_entries", "format=duration:stream=codec_name,start_time,duration,color_space"]);
    assert_eq!(said[0], "h264,bt709,0.000000,4.000000");
    assert_eq!(said[1].split(',').take(2).collect::<Vec<_>>(), ["aac", "0.000000"]);
    let sound: f64 = said[1].split(',').nth(2).unwrap().parse().unwrap();
    let all: f64 = said[2].parse().unwrap();
    assert!((sound - 4.0).abs() < 0.022 && (all - 4.0).abs() < 0.022, "{said:?}");

    // Killed within the last fragments.
    let torn = log.bytes();
    let (kept, found) = close(torn[..torn.len() - torn.len() / 5].to_vec());
    let found = found.unwrap();
    fs::write(&file, &kept).unwrap();
    let frames = usize::try_from(found.video_samples).unwrap();
    assert!((60..120).contains(&frames));
    let flashes = (0..4).map(|n| f64::from(n) + 0.5).filter(|at| *at < frames as f64 / 30.0 - 0.01);
    let counted =
        probe(&file, &["-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames"]);
    assert_eq!(counted, [frames.to_string()]);
    assert!(self::flashes(&file).len() >= flashes.count() - 1);
}

#[test]
fn killed_while_the_tables_are_appended_it_still_plays_as_fragments() {
    let dir = tempfile::tempdir().unwrap();
    let (video, audio, samples) = encode(dir.path(), 2, "bframes=2");
    let log = Log::new(&video, &audio, &samples);
    let live = log.bytes();
    let (closed, _) = close(live.clone());
    let file = dir.path().join("log.mp4");
    let tables = closed.len() - live.len();
    for appended in [4, 8, 100, tables / 2, tables - 1, tables] {
        let mut bytes = live.clone();
        bytes.extend_from_slice(&closed[live.len()..live.len() + appended]);
        fs::write(&file, &bytes).unwrap();
        let counted = Command::new("ffprobe")
            .args(["-v", "quiet", "-of", "csv=p=0", "-count_frames", "-select_streams", "v"])
            .args(["-show_entries", "stream=nb_read_frames"])
            .arg(&file)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(counted.stdout).unwrap().trim(), "60", "{appended} bytes appended");
    }
}
