//! AV1 (AOM's RTP specification 1.0): OBUs, whole or in fragments, become the temporal unit that
//! decoders take: a delimiter first, every OBU with its size. Never encrypted, so this form is free.

use super::assembly::{Assembled, Assembly};
use super::{Depacketizer, Malformed};
use crate::leb128::leb128;

const DELIMITER: [u8; 2] = [0x12, 0x00];
/// No OBU of a call is larger.
const MAX_OBU: usize = 8 << 20;

mod obu {
    pub(super) const SEQUENCE_HEADER: u8 = 1;
    pub(super) const TEMPORAL_DELIMITER: u8 = 2;
    pub(super) const FRAME_HEADER: u8 = 3;
    pub(super) const METADATA: u8 = 5;
    pub(super) const FRAME: u8 = 6;
    pub(super) const TILE_LIST: u8 = 8;

    pub(super) const EXTENSION: u8 = 0x04;
    pub(super) const HAS_SIZE: u8 = 0x02;

    pub(super) fn kind(header: u8) -> u8 {
        header >> 3 & 0x0f
    }
}

/// Makes temporal units of payloads.
#[derive(Debug, Default)]
pub(crate) struct Av1 {
    unit: Assembly,
    /// The beginning of an OBU that goes on in the next packet.
    fragment: Vec<u8>,
    in_fragment: bool,
    keyframe: bool,
}

/// A payload's OBU elements, and whether the first continues one and the last is continued.
struct Elements<'a> {
    continues: bool,
    continued: bool,
    begins_sequence: bool,
    list: Vec<&'a [u8]>,
}

impl<'a> Elements<'a> {
    fn parse(payload: &'a [u8]) -> Option<Self> {
        let (&header, mut rest) = payload.split_first()?;
        let count = usize::from(header >> 4 & 3);
        let mut list = Vec::new();
        while !rest.is_empty() {
            // With a count, the last element takes the rest; without, each has its length.
            let element = if list.len() + 1 == count {
                std::mem::take(&mut rest)
            } else {
                let (len, after) = leb128(rest)?;
                let (element, after) = after.split_at_checked(len)?;
                rest = after;
                element
            };
            list.push(element);
        }
        let whole = count == 0 || list.len() == count;
        let bit = |mask: u8| header & mask != 0;
        (whole && !list.is_empty()).then_some(Self {
            continues: bit(0x80),
            continued: bit(0x40),
            begins_sequence: bit(0x08),
            list,
        })
    }
}

impl Depacketizer for Av1 {
    fn begins_frame(&self, payload: &[u8]) -> bool {
        let Some(elements) = Elements::parse(payload).filter(|elements| !elements.continues) else {
            return false;
        };
        let first = elements.list.first().and_then(|element| element.first());
        first.is_some_and(|header| {
            let kind = obu::kind(*header);
            matches!(kind, obu::SEQUENCE_HEADER..=obu::FRAME_HEADER | obu::METADATA | obu::FRAME)
        })
    }

    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let elements = Elements::parse(payload).ok_or(Malformed)?;
        if elements.continues != self.in_fragment {
            return Err(Malformed);
        }
        if self.unit.is_empty() {
            self.unit.append(&DELIMITER)?;
        }
        self.keyframe |= elements.begins_sequence;
        let last = elements.list.len() - 1;
        for (i, element) in elements.list.into_iter().enumerate() {
            let (continues, continued) = (i == 0 && elements.continues, i == last && elements.continued);
            if !continues && !continued {
                self.append_obu(element)?;
                continue;
            }
            if self.fragment.len() + element.len() > MAX_OBU {
                return Err(Malformed);
            }
            self.fragment.extend_from_slice(element);
            if !continued {
                let whole = std::mem::take(&mut self.fragment);
                self.append_obu(&whole)?;
            }
        }
        self.in_fragment = elements.continued;
        Ok(())
    }

    fn finish(&mut self) -> Option<Assembled> {
        let (complete, keyframe) = (!self.in_fragment && self.unit.len() > DELIMITER.len(), self.keyframe);
        let unit = self.unit.take();
        self.reset();
        unit.filter(|_| complete).map(|unit| Assembled { keyframe: Some(keyframe), ..unit })
    }

    fn reset(&mut self) {
        self.unit.clear();
        self.fragment.clear();
        self.in_fragment = false;
        self.keyframe = false;
    }
}

impl Av1 {
    /// Appends an OBU with its size field; delimiters and tile lists have no place in RTP.
    fn append_obu(&mut self, element: &[u8]) -> Result<(), Malformed> {
        let Some((&header, rest)) = element.split_first() else { return Ok(()) };
        let kind = obu::kind(header);
        if matches!(kind, obu::TEMPORAL_DELIMITER | obu::TILE_LIST) {
            return Ok(());
        }
        self.keyframe |= kind == obu::SEQUENCE_HEADER;
        let extension = usize::from(header & obu::EXTENSION != 0);
        let (extension, rest) = rest.split_at_checked(extension).ok_or(Malformed)?;
        let body = if header & obu::HAS_SIZE != 0 {
            let (len, after) = leb128(rest).ok_or(Malformed)?;
            after.get(..len).ok_or(Malformed)?
        } else {
            rest
        };
        self.unit.append(&[header | obu::HAS_SIZE])?;
        self.unit.append(extension)?;
        self.append_leb128(body.len())?;
        self.unit.append(body)
    }

    fn append_leb128(&mut self, mut value: usize) -> Result<(), Malformed> {
        loop {
            let low = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 {
                return self.unit.append(&[low]);
            }
            self.unit.append(&[low | 0x80])?;
        }
    }
}
