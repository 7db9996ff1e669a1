//! `make demo`: a LiveKit server, two encrypted participants, and twenty seconds of them in an MP4.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use livetape_rig::check::check;
use livetape_rig::harness::{LiveKitServer, PublishOptions, Publishers, Recorder, Scratch};

const KEY: &str = "correct horse battery staple";

#[derive(Parser)]
#[command(about = "Records an encrypted room and shows what came of it")]
struct Args {
    /// The `livetape` binary.
    livetape: PathBuf,
    /// Where the recording goes.
    #[arg(long)]
    into: Option<PathBuf>,
    /// How long to record, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let into = args.into.unwrap_or_else(|| std::env::temp_dir().join("livetape-demo"));
    std::fs::create_dir_all(&into).with_context(|| format!("making {}", into.display()))?;
    let film = std::path::absolute(into.join("demo.mp4"))?;
    let _ = std::fs::remove_file(&film);

    let scratch = Scratch::new()?;
    let server = LiveKitServer::start(&scratch)?;
    println!("LiveKit server     {}", server.url());
    let options = PublishOptions::encrypted(2, KEY).with(&["--names", r#"["Ada Lovelace", "岡崎 恵 🎹"]"#]);
    let publishers = Publishers::start(&scratch, &server.url(), "demo", &options)?;
    println!("Publishing         two participants, VP8 simulcast and Opus, end-to-end encrypted");

    let key_file = scratch.join("key.txt");
    std::fs::write(&key_file, format!("{KEY}\n"))?;
    let seconds = format!("{}s", args.seconds);
    let (url, key, output) = (server.url(), key_file.to_string_lossy(), film.to_string_lossy());
    let flags = [
        ["record", "--url"],
        [&url, "--room"],
        ["demo", "--e2ee-key-file"],
        [&key, "--output"],
        [&output, "--duration"],
    ];
    let line: Vec<&str> = flags.as_flattened().iter().copied().chain([seconds.as_str()]).collect();
    println!("Recording          livetape {}", line.join(" "));
    let limit = Duration::from_secs(u64::from(args.seconds) + 60);
    let outcome = Recorder::new(&args.livetape, &scratch).run(&line, limit)?;
    eprint!("{}", outcome.stderr);
    ensure!(outcome.status.success(), "livetape: {}", outcome.status);
    publishers.leave()?;

    println!("Recorded           {}", film.display());
    println!("ffprobe            {}", ffprobe(&film)?);
    println!("Contact sheet      {}", contact_sheet(&film, args.seconds)?.display());
    println!(
        "Seen and heard     {}",
        check(&film, 30, &[0, 1])?.brief().replace('\n', "\n                   ")
    );
    Ok(())
}

fn ffprobe(film: &Path) -> Result<String> {
    let entries =
        "format=duration,size:stream=codec_name,profile,width,height,avg_frame_rate,sample_rate,channels";
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "compact=p=0:nk=0", "-show_entries", entries])
        .arg(film)
        .output()?;
    ensure!(output.status.success(), "ffprobe: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" · "))
}

/// Ten pictures of the film in one.
fn contact_sheet(film: &Path, seconds: u32) -> Result<PathBuf> {
    let sheet = film.with_extension("png");
    let filter = format!("fps=10/{},scale=384:-2,tile=5x2", seconds.max(1));
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i"])
        .arg(film)
        .args(["-vf", &filter, "-frames:v", "1"])
        .arg(&sheet)
        .output()?;
    ensure!(output.status.success(), "ffmpeg: {}", String::from_utf8_lossy(&output.stderr));
    Ok(sheet)
}
