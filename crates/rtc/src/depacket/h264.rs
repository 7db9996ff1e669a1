//! H.264 (RFC 6184, packetization modes 0 and 1): single NAL units, STAP-A, FU-A. Every NAL unit
//! gets a four-byte start code; delimiters, SEI, filler and trailing zeros all stay.

use super::assembly::{Assembled, Assembly};
use super::{Depacketizer, Malformed};

const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// Makes Annex B of payloads.
#[derive(Debug, Default)]
pub(crate) struct H264 {
    frame: Assembly,
    in_fragment: bool,
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
        if self.in_fragment && kind != FU_A {
            return Err(Malformed);
        }
        match kind {
            1..=23 => self.frame.append_nal(payload),
            STAP_A => self.push_aggregate(rest),
            FU_A => self.push_fragment(first, rest),
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

impl H264 {
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

    fn push_fragment(&mut self, indicator: u8, fragment: &[u8]) -> Result<(), Malformed> {
        let (&header, bytes) = fragment.split_first().ok_or(Malformed)?;
        let (start, end) = (header & 0x80 != 0, header & 0x40 != 0);
        if start == self.in_fragment {
            return Err(Malformed);
        }
        if start {
            self.frame.append_nal(&[indicator & 0xe0 | header & 0x1f])?;
        }
        self.in_fragment = !end;
        self.frame.append(bytes)
    }
}
