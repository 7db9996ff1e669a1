//! `make bench`: CPU seconds per second and peak memory of one recording beside a bare GStreamer pipeline,
//! and of receiving alone. Rounds are interleaved: machines drift.

mod cost;
mod receiving;
mod recording;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use livetape_rig::harness::Scratch;

use cost::median;

const KEY: &str = "correct horse battery staple";
const PEOPLE: u8 = 4;

#[derive(Parser)]
#[command(about = "What a recording costs, beside a bare GStreamer pipeline; and what receiving costs")]
struct Args {
    /// The `livetape` binary; without it no recordings are made.
    #[arg(long)]
    livetape: Option<PathBuf>,
    /// The `receive` example of `crates/libwebrtc`; without it receiving isn't measured.
    #[arg(long)]
    receive: Option<PathBuf>,
    /// How long each recording is, in seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Runs of each kind.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

fn main() -> Result<()> {
    let Args { livetape, receive, seconds, rounds } = Args::parse();
    let scratch = Scratch::new()?;
    if let Some(livetape) = livetape {
        let clips = recording::clips(&scratch, seconds)?;
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            let cost = recording::livetape(&scratch, &livetape, seconds)?;
            println!("round {round}: livetape   {cost}");
            ours.push(cost);
            let cost = recording::gstreamer(&scratch, &clips, seconds)?;
            println!("round {round}: gstreamer  {cost}");
            bare.push(cost);
        }
        println!("median:  livetape   {}", median(ours));
        println!("median:  gstreamer  {}", median(bare));
    }
    if let Some(receive) = receive {
        let mut costs = Vec::new();
        for round in 1..=rounds {
            let cost = receiving::receive(&scratch, &receive, seconds)?;
            println!("round {round}: receiving  {cost}");
            costs.push(cost);
        }
        println!("median:  receiving  {}", median(costs));
    }
    Ok(())
}
