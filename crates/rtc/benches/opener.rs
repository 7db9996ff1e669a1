//! The opener against bare AES-128-GCM of the same library, in alternating rounds on the same
//! machine, so that their ratio means something where absolute figures don't.
//!
//! `cargo bench -p livetape-rtc`; `--floor 0.8` makes a lower ratio an error (VP8 of 1,200 B and
//! 30 kB).

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use bytes::Bytes;
use livetape_rtc::e2ee::{DEFAULT_SALT, Kdf, derive};
use livetape_rtc::{Codec, FrameMeta, Keyring, KeyringOptions, Opened, Opener, SealedFrame};

const ROUNDS: usize = 201;
const IV: [u8; 12] = [7; 12];

fn key() -> Option<LessSafeKey> {
    let derived = derive(Kdf::Hkdf, b"bench", DEFAULT_SALT);
    UnboundKey::new(&AES_128_GCM, derived.get(..16)?).ok().map(LessSafeKey::new)
}

/// A frame of `len` bytes, sealed; no byte pair in it needs an escape worth mentioning.
fn seal(key: &LessSafeKey, header: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut body: Vec<u8> = (header.len()..len).map(|n| (n * 31 % 251) as u8).collect();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(IV), Aad::from(header), &mut body).ok()?;
    Some([header, &body, &IV, &[12, 0]].concat())
}

fn frame(codec: Codec, data: &[u8]) -> SealedFrame {
    let meta = FrameMeta {
        codec,
        contiguous: true,
        rtp_time: 0,
        clock_rate: 90_000,
        arrival: Instant::now(),
        sender_report: None,
    };
    SealedFrame { meta, data: Bytes::copy_from_slice(data), unit_ends: Vec::new() }
}

/// What bare decryption in place takes for as many frames.
fn bare_round(key: &LessSafeKey, sealed: &[u8], header: usize, count: usize) -> Duration {
    let mut frames: Vec<Vec<u8>> = (0..count).map(|_| sealed.to_vec()).collect();
    let begin = Instant::now();
    for frame in &mut frames {
        let end = frame.len() - 14;
        let (head, rest) = frame.split_at_mut(header);
        let body = rest.get_mut(..end - header).unwrap_or_default();
        let nonce = Nonce::assume_unique_for_key(IV);
        black_box(key.open_in_place(nonce, Aad::from(&*head), body).is_ok());
    }
    let took = begin.elapsed();
    drop(frames);
    took
}

fn opener_round(
    opener: &mut Opener,
    codec: Codec,
    sealed: &[u8],
    count: usize,
    opened: &mut Vec<Opened>,
) -> Duration {
    opened.clear();
    let frames: Vec<SealedFrame> = (0..count).map(|_| frame(codec, sealed)).collect();
    // Frames live on, as they do in a recorder; so do the bare ones.
    let begin = Instant::now();
    for frame in frames {
        opened.push(opener.open(frame));
    }
    let took = begin.elapsed();
    assert!(opened.iter().all(|opened| matches!(opened, Opened::Open(_))));
    took
}

/// The median over alternating rounds of bare time by opener time.
fn ratio(codec: Codec, header: &[u8], len: usize, ratchet_window: u8) -> Option<f64> {
    let key = key()?;
    let sealed = seal(&key, header, len)?;
    let ring = Keyring::new(KeyringOptions { ratchet_window, ..KeyringOptions::default() });
    ring.set_shared(0, b"bench", Kdf::Hkdf, DEFAULT_SALT);
    let mut opener = Opener::new(Arc::new(ring), "bench".to_owned());
    // A batch that stays in the cache: a frame has just been put together when it is opened.
    let count = (1 << 20) / len.max(1024);
    // Its memory is touched by the first round, which doesn't count.
    let mut opened_frames = Vec::with_capacity(count);
    let (mut ratios, mut best) = (Vec::new(), (Duration::MAX, Duration::MAX));
    for round in 0..ROUNDS {
        let bare = bare_round(&key, &sealed, header.len(), count);
        let opened = opener_round(&mut opener, codec, &sealed, count, &mut opened_frames);
        if round > 0 {
            ratios.push(bare.as_secs_f64() / opened.as_secs_f64());
            best = (best.0.min(bare), best.1.min(opened));
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = *ratios.get(ratios.len() / 2)?;
    let each = |took: Duration| took.as_secs_f64() * 1e6 / count as f64;
    let (bare, opened) = (each(best.0), each(best.1));
    println!(
        "{codec:?} {len:>6} B, window {ratchet_window:>2}: bare {bare:>7.2} µs, opener {opened:>7.2} µs, ratio {median:.2}"
    );
    Some(median)
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip_while(|arg| arg != "--floor").skip(1);
    let floor: f64 = args.next().and_then(|floor| floor.parse().ok()).unwrap_or(0.0);
    let h264: [u8; 6] = [0, 0, 0, 1, 0x41, 0x9a];
    let judged = [ratio(Codec::Vp8, &[1, 0, 0], 1_200, 0), ratio(Codec::Vp8, &[1, 0, 0], 30_000, 0)];
    ratio(Codec::Vp8, &[1, 0, 0], 1_200, 16);
    ratio(Codec::Vp8, &[1, 0, 0], 30_000, 16);
    ratio(Codec::Opus, &[0x78], 160, 0);
    ratio(Codec::H264, &h264, 1_200, 0);
    ratio(Codec::H264, &h264, 30_000, 0);
    match judged.iter().all(|ratio| ratio.is_some_and(|ratio| ratio >= floor)) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
