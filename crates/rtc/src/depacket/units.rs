//! What H.264 and H.265 have in common: NAL units that come whole, several in a packet, or one in fragments.

use super::Malformed;
use super::assembly::{Assembled, Assembly};

/// The NAL units of a frame, each behind a four-byte start code.
#[derive(Debug, Default)]
pub(super) struct Units {
    frame: Assembly,
    in_fragment: bool,
}

impl Units {
    /// Whether a unit has begun whose end hasn't come.
    pub(super) fn in_fragment(&self) -> bool {
        self.in_fragment
    }

    /// A whole unit.
    pub(super) fn push(&mut self, unit: &[u8]) -> Result<(), Malformed> {
        self.frame.append_nal(unit)
    }

    /// Several, each behind its size in 16 bits.
    pub(super) fn push_aggregate(&mut self, mut units: &[u8]) -> Result<(), Malformed> {
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

    /// A fragment behind its own header, whose two highest bits say that the unit begins and ends; `unit_header` makes
    /// the unit's header of it.
    pub(super) fn push_fragment<const N: usize>(
        &mut self,
        fragment: &[u8],
        unit_header: impl FnOnce(u8) -> [u8; N],
    ) -> Result<(), Malformed> {
        let (&header, bytes) = fragment.split_first().ok_or(Malformed)?;
        let (start, end) = (header & 0x80 != 0, header & 0x40 != 0);
        if start == self.in_fragment {
            return Err(Malformed);
        }
        if start {
            self.frame.append_nal(&unit_header(header))?;
        }
        self.in_fragment = !end;
        self.frame.append(bytes)
    }

    /// The frame, if no unit lacks its end.
    pub(super) fn finish(&mut self) -> Option<Assembled> {
        let complete = !std::mem::take(&mut self.in_fragment);
        self.frame.take().filter(|_| complete)
    }

    pub(super) fn reset(&mut self) {
        self.frame.clear();
        self.in_fragment = false;
    }
}
