//! H.264 (RFC 6184, packetization modes 0 and 1): single NAL units, STAP-A, FU-A. Every NAL unit
//! gets a four-byte start code; delimiters, SEI, filler and trailing zeros all stay.

use super::assembly::Assembled;
use super::units::Units;
use super::{Depacketizer, Malformed};

const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// Makes Annex B of payloads.
#[derive(Debug, Default)]
pub(crate) struct H264 {
    units: Units,
}

/// Whether a NAL unit can be the first of an access unit, judged by its first two bytes: a slice
/// must begin with macroblock 0 (first_mb_in_slice is the first Exp-Golomb number, 0 is a `1` bit).
fn begins_access_unit(kind: u8, second: Option<u8>) -> bool {
    match kind {
        1 | 5 => second.is_some_and(|byte| byte & 0x80 != 0),
        6..=9 => true,
        _ => false,
    }
}

impl Depacketizer for H264 {
    fn begins_frame(&self, payload: &[u8]) -> bool {
        match payload {
            [first, fragment, rest @ ..] if first & 0x1f == FU_A => {
                fragment & 0x80 != 0 && begins_access_unit(fragment & 0x1f, rest.first().copied())
            }
            [first, _, _, nal, rest @ ..] if first & 0x1f == STAP_A => {
                begins_access_unit(nal & 0x1f, rest.first().copied())
            }
            [first, rest @ ..] => begins_access_unit(first & 0x1f, rest.first().copied()),
            [] => false,
        }
    }

    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let (&first, rest) = payload.split_first().ok_or(Malformed)?;
        let kind = first & 0x1f;
        if self.units.in_fragment() && kind != FU_A {
            return Err(Malformed);
        }
        match kind {
            1..=23 => self.units.push(payload),
            STAP_A => self.units.push_aggregate(rest),
            FU_A => self.units.push_fragment(rest, |header| [first & 0xe0 | header & 0x1f]),
            _ => Err(Malformed),
        }
    }

    fn finish(&mut self) -> Option<Assembled> {
        self.units.finish()
    }

    fn reset(&mut self) {
        self.units.reset();
    }
}
