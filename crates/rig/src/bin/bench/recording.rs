//! A whole recording, four encrypted participants at 360p30 into 720p30, beside a bare GStreamer pipeline
//! that decodes, composes and encodes the same content with the same encoder line from files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use livetape_rig::check::{check, probe};
use livetape_rig::harness::{
    LiveKitServer, Process, PublishOptions, Publishers, Recorder, Scratch, python, rig_file,
};

use super::cost::{Cost, observe};
use super::{KEY, PEOPLE};

/// One recording by livetape.
pub fn livetape(scratch: &Scratch, livetape: &Path, seconds: u32) -> Result<Cost> {
    let server = LiveKitServer::start(scratch)?;
    let publishers =
        Publishers::start(scratch, &server.url(), "bench", &PublishOptions::encrypted(PEOPLE, KEY))?;
    let (key, film) = (scratch.join("key.txt"), scratch.join("film.mp4"));
    std::fs::write(&key, KEY)?;
    let (url, key, output) = (server.url(), key.to_string_lossy(), film.to_string_lossy());
    let duration = format!("{seconds}s");
    let target = ["--url", &url, "--room", "bench", "--e2ee-key-file", &key, "--output", &output];
    let line = [&["record"], &target[..], &["--duration", &duration]].concat();
    let recording = Recorder::new(livetape, scratch).start(&line)?;
    let (cpu, pss) = observe(recording.pid(), patience(seconds));
    let outcome = recording.wait(Duration::from_secs(30))?;
    ensure!(outcome.status.success(), "livetape: {}: {}", outcome.status, outcome.stderr);
    publishers.leave()?;
    let report = check(&film, 30, &[])?;
    println!("{}", report.brief());
    std::fs::remove_file(&film)?;
    Ok(Cost { cpu: cpu.as_secs_f64() / report.facts.duration, pss })
}

/// The same content from files, paced by their time stamps.
pub fn gstreamer(scratch: &Scratch, clips: &[PathBuf], seconds: u32) -> Result<Cost> {
    let film = scratch.join("bare.mp4");
    let encoder = encoder_line()?;
    let mut pipeline = format!(
        "compositor name=picture background=black force-live=true \
         sink_1::xpos=640 sink_2::ypos=360 sink_3::xpos=640 sink_3::ypos=360 \
         ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 \
         ! {encoder} bitrate=3000 key-int-max=120 ! video/x-h264,profile=main,stream-format=avc,alignment=au ! queue ! file. \
         audiomixer name=sound force-live=true ! audio/x-raw,rate=48000,channels=2 ! audioconvert \
         ! avenc_aac bitrate=192000 ! queue ! file. mp4mux name=file ! filesink location={} ",
        film.display()
    );
    for (i, clip) in clips.iter().enumerate() {
        pipeline += &format!(
            "filesrc location={} ! matroskademux name=d{i} \
             d{i}. ! queue ! clocksync ! vp8dec threads=1 ! picture.sink_{i} \
             d{i}. ! queue ! clocksync ! opusdec ! audioconvert ! audioresample ! sound. ",
            clip.display()
        );
    }
    let mut command = Command::new("gst-launch-1.0");
    command.args(["-q", "-e"]).args(pipeline.split_whitespace()).current_dir(scratch.path());
    let mut process = Process::start("gst-launch-1.0", &mut command)?;
    let (cpu, pss) = observe(process.pid(), patience(seconds));
    // Forced-live mixers never end by themselves.
    process.signal(rustix::process::Signal::INT)?;
    let _ = process.wait(Duration::from_secs(20))?;
    let facts = probe(&film).with_context(|| format!("the bare pipeline: {:?}", process.stderr()))?;
    std::fs::remove_file(&film)?;
    Ok(Cost { cpu: cpu.as_secs_f64() / facts.duration, pss })
}

/// A recording ends a little after its duration: its last look counts.
fn patience(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds) + 5)
}

/// The encoder as the programme has it.
fn encoder_line() -> Result<String> {
    let programme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/programme.gst");
    let text = std::fs::read_to_string(&programme).with_context(|| programme.display().to_string())?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("! x264enc "));
    Ok(format!("x264enc {}", line.context("no x264enc in programme.gst")?))
}

/// What the participants publish, as files.
pub fn clips(scratch: &Scratch, seconds: u32) -> Result<Vec<PathBuf>> {
    (0..PEOPLE)
        .map(|number| {
            let clip = scratch.join(&format!("clip{number}.webm"));
            // Longer than it is played: the end is not measured.
            let (number, seconds) = (number.to_string(), (seconds + 10).to_string());
            let mut command = Command::new(python()?);
            command.arg(rig_file("clip.py")).args([&number, &seconds]).arg(&clip);
            let output = command.output().context("clip.py")?;
            ensure!(output.status.success(), "clip.py: {}", String::from_utf8_lossy(&output.stderr));
            Ok(clip)
        })
        .collect()
}
