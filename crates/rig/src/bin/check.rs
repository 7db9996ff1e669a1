//! `check FILE [--participants 0,1,2,3] [--fps 30]`: what a recording of the rig's publishers holds, as JSON.
//!
//! Ends with 1 when something is not as expected of the participants named.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use livetape_rig::check::{Expectation, check, judge};
use serde_json::json;

#[derive(Parser)]
#[command(about = "Looks at and listens to a recording of the rig's publishers")]
struct Args {
    /// The recording.
    file: PathBuf,
    /// Numbers of those who are to be seen and heard from beginning to end.
    #[arg(long, value_delimiter = ',')]
    participants: Vec<u8>,
    /// Frames a second that the publishers capture.
    #[arg(long, default_value_t = 30)]
    fps: u32,
    /// One line a participant instead of JSON.
    #[arg(long)]
    brief: bool,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let report = check(&args.file, args.fps, &args.participants)?;
    let findings = match &args.participants[..] {
        // Nothing is expected of a file about which nothing was said.
        [] => Vec::new(),
        numbers => judge(&report, &Expectation::of(numbers.iter().copied())),
    };
    if args.brief {
        println!("{}", report.brief());
        for finding in &findings {
            println!("{}", serde_json::to_string(finding)?);
        }
    } else {
        println!("{}", serde_json::to_string_pretty(&json!({ "report": report, "findings": findings }))?);
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
