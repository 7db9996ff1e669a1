//! The tests' own words: a sender that seals, frames by hand.

use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use livetape_rtc::e2ee::{DEFAULT_SALT, Kdf, clear_header_len, derive, escape};
use livetape_rtc::{Codec, FrameMeta, SealedFrame};

/// A frame as a receiver gets it.
pub fn frame(codec: Codec, data: &[u8], arrival: Instant) -> SealedFrame {
    let clock_rate = if codec.is_audio() { 48_000 } else { 90_000 };
    let meta =
        FrameMeta { codec, contiguous: true, rtp_time: 1 << 32, clock_rate, arrival, sender_report: None };
    SealedFrame { meta, data: data.into(), unit_ends: Vec::new() }
}

/// Seals frames as a publisher does.
pub struct Sender {
    material: Vec<u8>,
    key: LessSafeKey,
    index: u8,
    count: u32,
}

fn key(material: &[u8]) -> LessSafeKey {
    let derived = derive(Kdf::Hkdf, material, DEFAULT_SALT);
    LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &derived[..16]).unwrap())
}

impl Sender {
    /// HKDF, so that tests don't wait for PBKDF2.
    pub fn new(material: &[u8], index: u8) -> Self {
        Self { material: material.to_vec(), key: key(material), index, count: 0 }
    }

    pub fn ratchet(&mut self) {
        self.material = derive(Kdf::Hkdf, &self.material, DEFAULT_SALT).to_vec();
        self.key = key(&self.material);
    }

    /// `escaped`: what a conforming sender does for H.264 and H.265.
    pub fn seal_as(&mut self, plain: &[u8], header: usize, aad: &[u8], escaped: bool) -> Vec<u8> {
        self.count += 1;
        let mut iv = [7; 12];
        iv[8..].copy_from_slice(&self.count.to_be_bytes());
        self.seal_with(iv, plain, header, aad, escaped)
    }

    pub fn seal(&mut self, codec: Codec, plain: &[u8]) -> Vec<u8> {
        let header = clear_header_len(codec, plain).unwrap();
        self.seal_as(plain, header, &plain[..header], is_escaped(codec))
    }

    /// As `seal`, with an IV of the caller's choice.
    pub fn seal_at(&self, iv: [u8; 12], codec: Codec, plain: &[u8]) -> Vec<u8> {
        let header = clear_header_len(codec, plain).unwrap();
        self.seal_with(iv, plain, header, &plain[..header], is_escaped(codec))
    }

    fn seal_with(&self, iv: [u8; 12], plain: &[u8], header: usize, aad: &[u8], escaped: bool) -> Vec<u8> {
        let mut body = plain[header..].to_vec();
        let nonce = Nonce::assume_unique_for_key(iv);
        self.key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut body).unwrap();
        body.extend(iv);
        body.extend([12, self.index]);
        [&plain[..header], &if escaped { escape(&body) } else { body }].concat()
    }
}

fn is_escaped(codec: Codec) -> bool {
    matches!(codec, Codec::H264 | Codec::H265)
}

/// How a whole frame of this codec may begin: what encryption leaves in clear, and more.
pub fn opening(codec: Codec) -> &'static [u8] {
    match codec {
        Codec::H264 => &[0, 0, 0, 1, 0x65, 0x88],
        Codec::H265 => &[0, 0, 0, 1, 0x26, 0x01],
        Codec::Vp8 => &[0x70, 0, 0, 0x9d, 1, 0x2a, 0x40, 0, 0x40, 0],
        _ => &[0x78],
    }
}

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
