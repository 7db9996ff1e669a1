//! Decodes a file with ffmpeg, as a stream: pictures and samples pass by and are not kept.
//!
//! Time stamps are the file's own (`-copyts`), edit lists applied; they come on stderr from `showinfo` and
//! `ashowinfo`, in the order of the data on stdout.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

/// Facts about a file, from ffprobe.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Facts {
    /// Seconds, as the container says.
    pub duration: f64,
    /// Bytes.
    pub size: u64,
    /// Pictures, when there are any.
    pub video: Option<VideoFacts>,
    /// Sound, when there is any.
    pub audio: Option<AudioFacts>,
}

/// Facts about pictures.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct VideoFacts {
    /// `h264`, …
    pub codec: String,
    /// `Main`, `High`, …
    pub profile: String,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Frames a second, nominally.
    pub fps: f64,
}

/// Facts about sound.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct AudioFacts {
    /// `aac`, …
    pub codec: String,
    /// Samples a second.
    pub rate: u32,
    /// Channels.
    pub channels: usize,
}

#[derive(Deserialize)]
struct Probe {
    #[serde(default)]
    streams: Vec<ProbeStream>,
    format: ProbeFormat,
}

#[derive(Deserialize)]
struct ProbeFormat {
    duration: Option<String>,
    size: Option<String>,
}

#[derive(Deserialize)]
struct ProbeStream {
    codec_type: String,
    #[serde(default)]
    codec_name: String,
    #[serde(default)]
    profile: String,
    width: Option<usize>,
    height: Option<usize>,
    r_frame_rate: Option<String>,
    sample_rate: Option<String>,
    channels: Option<usize>,
}

/// Asks ffprobe.
///
/// # Errors
/// When ffprobe can't be run or can't read the file.
pub fn probe(file: &Path) -> Result<Facts> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_streams", "-show_format", "-of", "json"])
        .arg(file)
        .output()
        .context("ffprobe")?;
    ensure!(output.status.success(), "ffprobe: {}", String::from_utf8_lossy(&output.stderr).trim());
    let probe: Probe = serde_json::from_slice(&output.stdout).context("what ffprobe says")?;
    let number = |text: &Option<String>| text.as_deref().and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    let find = |kind: &str| probe.streams.iter().find(|s| s.codec_type == kind);
    Ok(Facts {
        duration: number(&probe.format.duration),
        size: number(&probe.format.size) as u64,
        video: find("video").map(|s| VideoFacts {
            codec: s.codec_name.clone(),
            profile: s.profile.clone(),
            width: s.width.unwrap_or(0),
            height: s.height.unwrap_or(0),
            fps: s.r_frame_rate.as_deref().and_then(ratio).unwrap_or(0.0),
        }),
        audio: find("audio").map(|s| AudioFacts {
            codec: s.codec_name.clone(),
            rate: number(&s.sample_rate) as u32,
            channels: s.channels.unwrap_or(0),
        }),
    })
}

fn ratio(text: &str) -> Option<f64> {
    let (over, under) = text.split_once('/')?;
    let (over, under): (f64, f64) = (over.parse().ok()?, under.parse().ok()?);
    (under > 0.0).then(|| over / under)
}

/// Decodes the pictures to grey, calls `each` for every one, and returns their time stamps in seconds.
///
/// # Errors
/// When ffmpeg fails, or says more or fewer time stamps than pictures.
pub fn pictures(file: &Path, facts: &VideoFacts, mut each: impl FnMut(&[u8])) -> Result<Vec<f64>> {
    let args =
        ["-map", "0:v:0", "-vf", "showinfo=checksum=0", "-fps_mode", "passthrough", "-pix_fmt", "gray"];
    let mut picture = vec![0u8; facts.width * facts.height];
    ensure!(!picture.is_empty(), "pictures without a size");
    let mut count = 0usize;
    let stamps = ffmpeg(file, &args, "Parsed_showinfo", |out| {
        while fill(out, &mut picture)? {
            each(&picture);
            count += 1;
        }
        Ok(())
    })?;
    ensure!(stamps.len() == count, "{} time stamps for {count} pictures", stamps.len());
    Ok(stamps.into_iter().map(|s| s.time).collect())
}

/// Blocks of samples: where each starts, in seconds, and how many samples a channel it has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stamp {
    /// Seconds.
    pub time: f64,
    /// Samples a channel; 0 for pictures.
    pub samples: u64,
}

/// Decodes the sound to interleaved samples at the rig's rate, calls `each` with one sample of every
/// channel, and returns the time stamps of the blocks they came in.
///
/// # Errors
/// When ffmpeg fails.
pub fn samples(file: &Path, channels: usize, mut each: impl FnMut(&[f32])) -> Result<Vec<Stamp>> {
    ensure!((1..=8).contains(&channels), "{channels} channels");
    let filter = format!("aresample={},ashowinfo", crate::truth::RATE);
    let args = ["-map", "0:a:0", "-af", &filter, "-f", "f32le"];
    let mut block = vec![0u8; 4 * channels * 480];
    let mut frame = vec![0f32; channels];
    ffmpeg(file, &args, "Parsed_ashowinfo", |out| {
        loop {
            let read = fill_some(out, &mut block)?;
            for samples in block[..read].chunks_exact(4 * channels) {
                for (value, bytes) in frame.iter_mut().zip(samples.chunks_exact(4)) {
                    *value = f32::from_le_bytes(bytes.try_into().unwrap_or_default());
                }
                each(&frame);
            }
            if read < block.len() {
                return Ok(());
            }
        }
    })
}

fn ffmpeg(
    file: &Path,
    args: &[&str],
    filter: &str,
    read: impl FnOnce(&mut dyn Read) -> Result<()>,
) -> Result<Vec<Stamp>> {
    let raw: &[&str] = if args.contains(&"f32le") { &["-"] } else { &["-f", "rawvideo", "-"] };
    let mut child = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-nostats", "-copyts", "-threads", "2", "-i"])
        .arg(file)
        .args(args)
        .args(raw)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("ffmpeg")?;
    let stderr = child.stderr.take().context("ffmpeg's stderr")?;
    let name = filter.to_owned();
    let reader = std::thread::spawn(move || stamps(BufReader::new(stderr), &name));
    let mut stdout = child.stdout.take().context("ffmpeg's stdout")?;
    let outcome = read(&mut stdout);
    drop(stdout);
    let status = child.wait().context("ffmpeg")?;
    let Ok((stamps, last)) = reader.join() else { bail!("the reader of ffmpeg's stderr panicked") };
    outcome?;
    ensure!(status.success(), "ffmpeg: {status}: {last}");
    Ok(stamps)
}

/// Time stamps among ffmpeg's lines, and the last line for an error.
fn stamps(lines: impl BufRead, filter: &str) -> (Vec<Stamp>, String) {
    let (mut found, mut last) = (Vec::new(), String::new());
    for line in lines.lines().map_while(Result::ok) {
        let field = |name: &str| {
            let rest = line.split_once(name)?.1.trim_start();
            rest.split_whitespace().next()?.parse::<f64>().ok()
        };
        if line.contains(filter) {
            if let Some(time) = field(" pts_time:") {
                found.push(Stamp { time, samples: field(" nb_samples:").unwrap_or(0.0) as u64 });
            }
        } else if !line.trim().is_empty() {
            last = line;
        }
    }
    (found, last)
}

/// Fills the buffer; false at a clean end.
fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> Result<bool> {
    match fill_some(from, buffer)? {
        0 => Ok(false),
        n if n == buffer.len() => Ok(true),
        n => bail!("the last picture has {n} bytes of {}", buffer.len()),
    }
}

fn fill_some(from: &mut dyn Read, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(filled)
}
