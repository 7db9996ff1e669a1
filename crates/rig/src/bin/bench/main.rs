//! `make bench`: CPU seconds per recorded second and peak memory of one recording, four encrypted
//! participants at 360p30 into 720p30, beside a bare GStreamer pipeline that decodes, composes and encodes
//! the same content with the same encoder line from files. Rounds are interleaved: machines drift.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use livetape_rig::check::{check, probe};
use livetape_rig::harness::{
    LiveKitServer, Process, PublishOptions, Publishers, Recorder, Scratch, Usage, python, rig_file,
};

const KEY: &str = "correct horse battery staple";
const PEOPLE: u8 = 4;

#[derive(Parser)]
#[command(about = "What a recording costs, beside a bare GStreamer pipeline")]
struct Args {
    /// The `livetape` binary.
    livetape: PathBuf,
    /// How long each recording is, in seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Recordings of each kind.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

/// What one run cost.
struct Cost {
    /// CPU seconds per recorded second.
    cpu: f64,
    /// Largest proportional set size, in bytes.
    pss: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let scratch = Scratch::new()?;
    let clips = clips(&scratch, args.seconds)?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 1..=args.rounds {
        let cost = livetape(&scratch, &args)?;
        println!("round {round}: livetape   {cost}");
        ours.push(cost);
        let cost = gstreamer(&scratch, &clips, args.seconds)?;
        println!("round {round}: gstreamer  {cost}");
        bare.push(cost);
    }
    println!("median:  livetape   {}", median(ours));
    println!("median:  gstreamer  {}", median(bare));
    Ok(())
}

fn livetape(scratch: &Scratch, args: &Args) -> Result<Cost> {
    let server = LiveKitServer::start(scratch)?;
    let publishers =
        Publishers::start(scratch, &server.url(), "bench", &PublishOptions::encrypted(PEOPLE, KEY))?;
    let (key, film) = (scratch.join("key.txt"), scratch.join("film.mp4"));
    std::fs::write(&key, KEY)?;
    let (url, key, output) = (server.url(), key.to_string_lossy(), film.to_string_lossy());
    let seconds = format!("{}s", args.seconds);
    let target = ["--url", &url, "--room", "bench", "--e2ee-key-file", &key, "--output", &output];
    let line = [&["record"], &target[..], &["--duration", &seconds]].concat();
    let recording = Recorder::new(&args.livetape, scratch).start(&line)?;
    let (cpu, pss) = observe(recording.pid(), args.seconds);
    let outcome = recording.wait(Duration::from_secs(30))?;
    ensure!(outcome.status.success(), "livetape: {}: {}", outcome.status, outcome.stderr);
    publishers.leave()?;
    let report = check(&film, 30, &[])?;
    println!("{}", report.brief());
    std::fs::remove_file(&film)?;
    Ok(Cost { cpu: cpu / report.facts.duration, pss })
}

/// The same content from files, paced by their time stamps.
fn gstreamer(scratch: &Scratch, clips: &[PathBuf], seconds: u32) -> Result<Cost> {
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
    let (cpu, pss) = observe(process.pid(), seconds);
    // Forced-live mixers never end by themselves.
    process.signal(rustix::process::Signal::INT)?;
    let _ = process.wait(Duration::from_secs(20))?;
    let facts = probe(&film).with_context(|| format!("the bare pipeline: {:?}", process.stderr()))?;
    std::fs::remove_file(&film)?;
    Ok(Cost { cpu: cpu / facts.duration, pss })
}

/// CPU seconds and peak memory over so many seconds, start included.
fn observe(pid: u32, seconds: u32) -> (f64, u64) {
    let (start, mut cpu, mut pss) = (Instant::now(), Duration::ZERO, 0);
    // A recording ends a little after its duration: its last look counts.
    while start.elapsed() < Duration::from_secs(u64::from(seconds) + 5) {
        let usage = Usage::of(pid);
        if usage.pss == 0 || usage.cpu < cpu {
            break;
        }
        (cpu, pss) = (usage.cpu, pss.max(usage.pss));
        std::thread::sleep(Duration::from_millis(100));
    }
    (cpu.as_secs_f64(), pss)
}

/// The encoder as the programme has it.
fn encoder_line() -> Result<String> {
    let programme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/programme.gst");
    let text = std::fs::read_to_string(&programme).with_context(|| programme.display().to_string())?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("! x264enc "));
    Ok(format!("x264enc {}", line.context("no x264enc in programme.gst")?))
}

fn clips(scratch: &Scratch, seconds: u32) -> Result<Vec<PathBuf>> {
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

fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
    let pss = costs.iter().map(|c| c.pss).max().unwrap_or(0);
    let middle = costs.len() / 2;
    Cost { cpu: costs.get(middle).map_or(f64::NAN, |c| c.cpu), pss }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} of a core, peak PSS {:.0} MB", self.cpu, self.pss as f64 / 1e6)
    }
}
