//! The opener against bare AES-128-GCM of the same library, in alternating rounds on the same
//! machine, so that their ratio means something where absolute figures don't.
//!
//! Frames come out of a `TrackReceiver`, as they do in a recorder, and are timed from the hand that
//! gives a `SealedFrame` to the hand that has an `OpenFrame`. The bare side decrypts a buffer where it
//! lies and does nothing else: it reads no header, knows no key index, and hands nothing on.
//!
//! `cargo bench -p livetape-rtc`; `--floor 0.8` makes a lower ratio an error (VP8 of 1,200 B and
//! 30 kB).

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use bytes::Bytes;
use livetape_rtc::e2ee::{DEFAULT_SALT, Kdf, derive, escape};
use livetape_rtc::{
    Codec, Format, Keyring, KeyringOptions, Opened, Opener, RtpPacket, SealedFrame, TrackReceiver,
};

const ROUNDS: usize = 201;
const IV: [u8; 12] = [7; 12];
/// One that must be escaped in H.264.
const IV_WITH_ESCAPE: [u8; 12] = [7, 7, 7, 0, 0, 1, 7, 7, 7, 7, 7, 7];
/// The most bytes of a frame that a packet carries here.
const MTU: usize = 1_200;

fn key() -> Option<LessSafeKey> {
    let derived = derive(Kdf::Hkdf, b"bench", DEFAULT_SALT);
    UnboundKey::new(&AES_128_GCM, derived.get(..16)?).ok().map(LessSafeKey::new)
}

/// A frame of `len` bytes, sealed and not yet escaped.
fn seal(key: &LessSafeKey, header: &[u8], len: usize, iv: [u8; 12]) -> Option<Vec<u8>> {
    let mut body: Vec<u8> = (header.len()..len).map(|n| (n * 31 % 251) as u8).collect();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(iv), Aad::from(header), &mut body).ok()?;
    Some([header, &body, &iv, &[12, 0]].concat())
}

/// A frame's payloads, as RTP carries them.
fn payloads(codec: Codec, frame: &[u8]) -> Vec<Vec<u8>> {
    let piece = |header: &[u8], piece: &[u8]| [header, piece].concat();
    match (codec, frame) {
        (Codec::Vp8, _) => {
            let pieces = frame.chunks(MTU).enumerate();
            pieces.map(|(i, bytes)| piece(&[if i == 0 { 0x10 } else { 0 }], bytes)).collect()
        }
        (Codec::H264, [0, 0, 0, 1, unit @ ..]) if unit.len() <= MTU => vec![unit.to_vec()],
        (Codec::H264, [0, 0, 0, 1, header, body @ ..]) => {
            let last = body.len().div_ceil(MTU) - 1;
            let flags = |i| if i == 0 { 0x80 } else { 0 } | if i == last { 0x40 } else { 0 };
            let indicator = header & 0xe0 | 28;
            let fragments = body.chunks(MTU).enumerate();
            fragments.map(|(i, bytes)| piece(&[indicator, flags(i) | header & 0x1f], bytes)).collect()
        }
        _ => vec![frame.to_vec()],
    }
}

/// So many equal frames as a receiver hands them out.
fn receive(codec: Codec, sealed: &[u8], count: usize) -> Vec<SealedFrame> {
    let clock_rate = if codec.is_audio() { 48_000 } else { 90_000 };
    let mut receiver = TrackReceiver::new(&[Format { payload_type: 96, codec, clock_rate }]);
    let payloads = payloads(codec, sealed);
    let (now, mut seq, mut frames) = (Instant::now(), 0, Vec::with_capacity(count));
    for timestamp in (0..).step_by(3_000).take(count) {
        for (i, payload) in payloads.iter().enumerate() {
            let marker = i + 1 == payloads.len();
            let payload = Bytes::copy_from_slice(payload);
            receiver.push(now, RtpPacket { seq, timestamp, marker, payload_type: 96, payload });
            seq += 1;
        }
        frames.extend(receiver.poll_frame());
    }
    frames
}

/// What bare decryption in place takes for as many frames.
fn bare_round(key: &LessSafeKey, sealed: &[u8], header: usize, iv: [u8; 12], count: usize) -> Duration {
    let mut frames: Vec<Vec<u8>> = (0..count).map(|_| sealed.to_vec()).collect();
    let begin = Instant::now();
    for frame in &mut frames {
        let end = frame.len() - 14;
        let (head, rest) = frame.split_at_mut(header);
        let body = rest.get_mut(..end - header).unwrap_or_default();
        let nonce = Nonce::assume_unique_for_key(iv);
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
    let mut frames = receive(codec, sealed, count);
    // Frames live on, as they do in a recorder; so do the bare ones.
    let begin = Instant::now();
    for frame in frames.drain(..) {
        opened.push(opener.open(frame));
    }
    let took = begin.elapsed();
    assert_eq!(opened.len(), count);
    assert!(opened.iter().all(|opened| matches!(opened, Opened::Open(_))));
    took
}

/// The median over alternating rounds of bare time by opener time.
fn ratio(codec: Codec, header: &[u8], len: usize, ratchet_window: u8, iv: [u8; 12]) -> Option<f64> {
    let key = key()?;
    let bare_frame = seal(&key, header, len, iv)?;
    let sealed = match codec {
        Codec::H264 => [header, &escape(bare_frame.get(header.len()..)?)].concat(),
        _ => bare_frame.clone(),
    };
    let ring = Keyring::new(KeyringOptions { ratchet_window, ..KeyringOptions::default() });
    ring.set_shared(0, b"bench", Kdf::Hkdf, DEFAULT_SALT);
    let mut opener = Opener::new(Arc::new(ring), "bench".to_owned());
    // A batch that stays in the cache: a frame has just been put together when it is opened.
    let count = (1 << 20) / len.max(1024);
    // Its memory is touched by the first round, which doesn't count.
    let mut opened_frames = Vec::with_capacity(count);
    let (mut ratios, mut best) = (Vec::new(), (Duration::MAX, Duration::MAX));
    for round in 0..ROUNDS {
        let bare = bare_round(&key, &bare_frame, header.len(), iv, count);
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
    let escapes = sealed.len() - bare_frame.len();
    println!(
        "{codec:?} {len:>6} B, window {ratchet_window:>2}, escapes {escapes}: \
         bare {bare:>5.2} µs, opener {opened:>5.2} µs, ratio {median:.2}"
    );
    Some(median)
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip_while(|arg| arg != "--floor").skip(1);
    let floor: f64 = args.next().and_then(|floor| floor.parse().ok()).unwrap_or(0.0);
    let h264: [u8; 6] = [0, 0, 0, 1, 0x41, 0x9a];
    let vp8 = [1, 0, 0];
    let judged = [1_200, 30_000].map(|len| ratio(Codec::Vp8, &vp8, len, 0, IV));
    for len in [1_200, 30_000] {
        ratio(Codec::Vp8, &vp8, len, 16, IV);
    }
    for len in [1_200, 30_000] {
        ratio(Codec::H264, &h264, len, 0, IV);
    }
    // One in a hundred and fifty frames of this size has an escape.
    ratio(Codec::H264, &h264, 30_000, 0, IV_WITH_ESCAPE);
    ratio(Codec::Opus, &[0x78], 160, 0, IV);
    match judged.iter().all(|ratio| ratio.is_some_and(|ratio| ratio >= floor)) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
