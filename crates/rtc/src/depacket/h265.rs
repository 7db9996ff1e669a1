//! H.265 (RFC 7798, without decoding order numbers): single NAL units, aggregation packets,
//! fragmentation units. Every NAL unit gets a four-byte start code; nothing is left out.

use super::assembly::{Assembled, Assembly};
use super::{Depacketizer, Malformed};

const AGGREGATE: u8 = 48;
const FRAGMENT: u8 = 49;

/// Makes Annex B of payloads.
#[derive(Debug, Default)]
pub(crate) struct H265 {
    frame: Assembly,
    in_fragment: bool,
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
        if self.in_fragment && kind != FRAGMENT {
            return Err(Malformed);
        }
        match kind {
            0..=47 => self.frame.append_nal(payload),
            AGGREGATE => self.push_aggregate(rest),
            FRAGMENT => self.push_fragment([*first, *second], rest),
            _ => Err(Malformed),
        }
    }

    fn finish(&mut self) -> Option<Assembled> {
        let complete = !std::mem::take(&mut self.in_fragment);
        self.frame.take().filter(|_| complete)
    }

    fn reset(&mut self) {
        self.frame.clear();
        self.in_fragment = false;
    }
}

impl H265 {
    fn push_aggregate(&mut self, mut units: &[u8]) -> Result<(), Malformed> {
        while !units.is_empty() {
            let [high, low, rest @ ..] = units else { return Err(Malformed) };
            let size = usize::from(u16::from_be_bytes([*high, *low]));
            let (unit, next) = rest.split_at_checked(size).ok_or(Malformed)?;
            if !unit.is_empty() {
                self.frame.append_nal(unit)?;
            }
            units = next;
        }
        Ok(())
    }

    fn push_fragment(&mut self, [first, second]: [u8; 2], fragment: &[u8]) -> Result<(), Malformed> {
        let (&header, bytes) = fragment.split_first().ok_or(Malformed)?;
        let (start, end) = (header & 0x80 != 0, header & 0x40 != 0);
        if start == self.in_fragment {
            return Err(Malformed);
        }
        if start {
            self.frame.append_nal(&[first & 0x81 | (header & 0x3f) << 1, second])?;
        }
        self.in_fragment = !end;
        self.frame.append(bytes)
    }
}
