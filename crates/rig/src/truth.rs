//! What every test picture and sound carries: the code, the flash, the hum and the beep.
//!
//! `tests/rig/truth.py` describes it and draws it for publishers; here it is read, and drawn for the
//! checker's own tests. A test compares the two.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Frame counters run below this: a multiple of every frame rate in use, two hours at 30 a second.
pub const COUNTERS: u32 = 216_000;
/// White frames at the head of every second.
pub const FLASH_FRAMES: u32 = 3;
/// Samples a second, everywhere.
pub const RATE: u32 = 48_000;
/// How long a beep lasts, in samples.
pub const BEEP_SAMPLES: u32 = 3_840;
/// Amplitude of the quiet tone between beeps, of full scale 1.
pub const HUM: f32 = 0.03;
/// Amplitude of a beep.
pub const BEEP: f32 = 0.15;
/// Cells of the block, white ring included.
pub const BLOCK: (u32, u32) = (12, 8);
/// Cells of data.
pub const DATA: (u32, u32) = (8, 4);

/// What one frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// Number of the participant, below 64.
    pub participant: u8,
    /// Frame counter modulo [`COUNTERS`]: the capture time in frames since the Unix epoch.
    pub counter: u32,
}

impl Code {
    /// The 32 bits that the picture shows.
    #[must_use]
    pub fn to_bits(self) -> u32 {
        let value = ((u32::from(self.participant) & 0x3F) << 18) | (self.counter % COUNTERS);
        (value << 8) | u32::from(crc8(value))
    }

    /// Reads 32 bits; `None` where the checksum is wrong.
    #[must_use]
    pub fn from_bits(bits: u32) -> Option<Self> {
        let value = bits >> 8;
        let counter = value & 0x3_FFFF;
        let sound = u32::from(crc8(value)) == bits & 0xFF && counter < COUNTERS;
        sound.then(|| Self { participant: u8::try_from(value >> 18).unwrap_or(u8::MAX), counter })
    }

    /// Whether this frame is one of the white ones.
    #[must_use]
    pub fn is_flash(self, fps: u32) -> bool {
        self.counter % fps < FLASH_FRAMES
    }
}

/// Frames from `from` to `to`, the short way round the counter.
#[must_use]
pub fn frames_between(from: u32, to: u32) -> i64 {
    let (all, half) = (i64::from(COUNTERS), i64::from(COUNTERS) / 2);
    let forward = (i64::from(to) - i64::from(from)).rem_euclid(all);
    if forward > half { forward - all } else { forward }
}

/// When the frame with this counter was captured, given a moment less than an hour away.
#[must_use]
pub fn captured_at(counter: u32, fps: u32, near: SystemTime) -> SystemTime {
    let since = near.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u32::try_from(since.as_millis() * u128::from(fps) / 1000 % u128::from(COUNTERS)).unwrap_or(0);
    let index = i128::try_from(since.as_millis()).unwrap_or(0) * i128::from(fps) / 1000
        + i128::from(frames_between(now, counter));
    let nanos = index.max(0) * 1_000_000_000 / i128::from(fps.max(1));
    UNIX_EPOCH + Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

/// The participant's tone in Hz.
#[must_use]
pub fn tone(participant: u8) -> u32 {
    500 + 300 * u32::from(participant % 16)
}

/// Amplitude of the participant's sound at a sample of a second, of full scale 1.
#[must_use]
pub fn level_at(sample: u32) -> f32 {
    let fade = RATE / 200;
    match sample {
        s if s < BEEP_SAMPLES => BEEP,
        s if s < BEEP_SAMPLES + fade => BEEP + (HUM - BEEP) * (s - BEEP_SAMPLES) as f32 / fade as f32,
        _ => HUM,
    }
}

/// Side of a cell in a picture of this size, and the block's top left corner, in pixels.
#[must_use]
pub fn grid(width: f32, height: f32) -> (f32, f32, f32) {
    let side = (height * 2.0 / 27.0).min(width / 24.0);
    (side, width / 2.0 - 6.0 * side, height / 20.0)
}

/// CRC-8, polynomial 0x07, start 0xA5, over 24 bits.
fn crc8(value: u32) -> u8 {
    value.to_be_bytes()[1..].iter().fold(0xA5, |mut crc: u8, byte| {
        crc ^= byte;
        for _ in 0..8 {
            crc = if crc & 0x80 != 0 { (crc << 1) ^ 0x07 } else { crc << 1 };
        }
        crc
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [(u8, u32, u32); 4] =
        [(0, 0, 0x00000088), (1, 29, 0x04001D70), (5, 123456, 0x15E24044), (63, 215999, 0xFF4BBF5B)];

    #[test]
    fn words_are_those_of_the_publisher() {
        // Printed by `truth.word(p, k)`.
        for (participant, counter, bits) in WORDS {
            let code = Code { participant, counter };
            assert_eq!(code.to_bits(), bits);
            assert_eq!(Code::from_bits(bits), Some(code));
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let bits = Code { participant: 5, counter: 123_456 }.to_bits();
        for bit in 0..32 {
            assert_eq!(Code::from_bits(bits ^ (1 << bit)), None, "bit {bit}");
        }
    }

    #[test]
    fn capture_time_is_found_on_both_sides_of_the_wrap() {
        let at = UNIX_EPOCH + Duration::from_secs(7_200 * 1000);
        assert_eq!(captured_at(COUNTERS - 30, 30, at), at - Duration::from_secs(1));
        assert_eq!(captured_at(30, 30, at), at + Duration::from_secs(1));
    }
}
