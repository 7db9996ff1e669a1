//! H.265 (RFC 7798, without decoding order numbers): single NAL units, aggregation packets,
//! fragmentation units. Every NAL unit gets a four-byte start code; nothing is left out.

use super::assembly::Assembled;
use super::units::Units;
use super::{Depacketizer, Malformed};

const AGGREGATE: u8 = 48;
const FRAGMENT: u8 = 49;

/// Makes Annex B of payloads.
#[derive(Debug, Default)]
pub(crate) struct H265 {
    units: Units,
}

fn kind(header: u8) -> u8 {
    header >> 1 & 0x3f
}

/// Whether a NAL unit can be the first of an access unit. The slice's own flag may be sealed, so any
/// slice will do; a frame that lacks its beginning doesn't authenticate.
fn begins_access_unit(kind: u8) -> bool {
    matches!(kind, 0..=9 | 16..=21 | 32..=35 | 39)
}

impl Depacketizer for H265 {
    fn begins_frame(&self, payload: &[u8]) -> bool {
        match payload {
            [first, _, fragment, ..] if kind(*first) == FRAGMENT => {
                fragment & 0x80 != 0 && begins_access_unit(fragment & 0x3f)
            }
            [first, _, _, _, nal, ..] if kind(*first) == AGGREGATE => begins_access_unit(kind(*nal)),
            [first, ..] => begins_access_unit(kind(*first)),
            [] => false,
        }
    }

    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let [first, second, rest @ ..] = payload else { return Err(Malformed) };
        let kind = kind(*first);
        if self.units.in_fragment() && kind != FRAGMENT {
            return Err(Malformed);
        }
        match kind {
            0..=47 => self.units.push(payload),
            AGGREGATE => self.units.push_aggregate(rest),
            FRAGMENT => {
                self.units.push_fragment(rest, |header| [first & 0x81 | (header & 0x3f) << 1, *second])
            }
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
