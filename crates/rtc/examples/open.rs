//! From RTP payloads to frames that a decoder may have: what LiveKit's Python SDK sent, as captured, goes
//! into a receiver, comes out in sealed frames, and out of an opener in open ones. No network.
//!
//! ```text
//! cargo run --release -p livetape-rtc --example open
//! ```

use std::sync::Arc;
use std::time::Instant;

use livetape_rtc::e2ee::Kdf;
use livetape_rtc::{Codec, Format, Keyring, KeyringOptions, Opened, Opener, RtpPacket, TrackReceiver};
use serde::Deserialize;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const CAPTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/e2ee-vectors.json");

#[derive(Deserialize)]
struct File {
    native_capture: Vec<Capture>,
}

#[derive(Deserialize)]
struct Capture {
    name: String,
    codec: String,
    kdf: String,
    key_material_hex: String,
    salt: String,
    key_index: u8,
    /// How often the sender had ratcheted its key, without telling.
    ratchet_count: u8,
    frames: Vec<Sent>,
}

#[derive(Deserialize)]
struct Sent {
    rtp_timestamp: u32,
    rtp_payloads_hex: Vec<String>,
}

fn main() -> Outcome<()> {
    let File { native_capture } = serde_json::from_str(&std::fs::read_to_string(CAPTURES)?)?;
    native_capture.iter().try_for_each(open)
}

fn open(capture: &Capture) -> Outcome<()> {
    let (codec, clock_rate) = match capture.codec.as_str() {
        "opus" => (Codec::Opus, 48_000),
        "vp8" => (Codec::Vp8, 90_000),
        "vp9" => (Codec::Vp9, 90_000),
        "h264" => (Codec::H264, 90_000),
        other => return Err(format!("no example for {other}").into()),
    };
    let ratchet_window = capture.ratchet_count;
    let keys = Keyring::new(KeyringOptions { ratchet_window, ..KeyringOptions::default() });
    let material = hex::decode(&capture.key_material_hex)?;
    let kdf = if capture.kdf == "HKDF" { Kdf::Hkdf } else { Kdf::Pbkdf2 };
    keys.set_shared(capture.key_index, &material, kdf, capture.salt.as_bytes());
    // Without this the window's steps are derived one a frame, and the first frames stay shut.
    keys.prepare();
    let mut receiver = TrackReceiver::new(&[Format { payload_type: 96, codec, clock_rate }]);
    let mut opener = Opener::new(Arc::new(keys), "publisher".to_owned());

    println!("{}", capture.name);
    let mut seq = 0;
    for (i, sent) in capture.frames.iter().enumerate() {
        // A picture's packets share a time stamp, its last one has the marker; VP9's spatial layers are
        // captured one by one.
        let next = capture.frames.get(i + 1).map(|next| next.rtp_timestamp);
        let whole = next != Some(sent.rtp_timestamp);
        let count = sent.rtp_payloads_hex.len();
        for (n, payload) in sent.rtp_payloads_hex.iter().enumerate() {
            let packet = RtpPacket {
                seq,
                timestamp: sent.rtp_timestamp,
                marker: whole && n + 1 == count,
                payload_type: 96,
                payload: hex::decode(payload)?.into(),
            };
            receiver.push(Instant::now(), packet);
            seq += 1;
        }
        while let Some(sealed) = receiver.poll_frame() {
            let bytes = sealed.data.len();
            match opener.open(sealed) {
                Opened::Open(frame) => println!(
                    "  RTP time {}: {bytes} sealed bytes, {} open ones{}",
                    frame.meta.rtp_time & u64::from(u32::MAX),
                    frame.data.len(),
                    if frame.keyframe && !codec.is_audio() { ", a key frame" } else { "" },
                ),
                other => println!("  {bytes} sealed bytes: {other:?}"),
            }
        }
    }
    Ok(())
}
