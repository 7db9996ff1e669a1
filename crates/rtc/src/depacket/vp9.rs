//! VP9 (RFC 9628). A picture is up to several spatial layer frames of one time stamp, each from a
//! packet with B to a packet with E; each is encrypted on its own, so the boundaries are kept.

use super::assembly::{Assembled, Assembly};
use super::{Depacketizer, Malformed};

/// More spatial layers than the three-bit layer number can name.
const MAX_UNITS: usize = 8;

/// Strips descriptors, joins the rest, remembers where layer frames end.
#[derive(Debug, Default)]
pub(crate) struct Vp9 {
    picture: Assembly,
    ends: Vec<usize>,
    in_unit: bool,
    keyframe: bool,
}

/// What matters of a payload descriptor.
#[derive(Debug, Clone, Copy)]
struct Descriptor {
    len: usize,
    begins_unit: bool,
    ends_unit: bool,
    /// P: depends on earlier pictures.
    predicted: bool,
    spatial_layer: u8,
}

impl Descriptor {
    fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let bit = |mask: u8| first & mask != 0;
        let (picture_id, predicted, layers, flexible) = (bit(0x80), bit(0x40), bit(0x20), bit(0x10));
        let (begins_unit, ends_unit, structure) = (bit(0x08), bit(0x04), bit(0x02));
        let mut len = 1;
        if picture_id {
            let long = payload.get(len)? & 0x80 != 0;
            len += if long { 2 } else { 1 };
        }
        let mut spatial_layer = 0;
        if layers {
            spatial_layer = payload.get(len)? >> 1 & 7;
            len += if flexible { 1 } else { 2 };
        }
        if flexible && predicted {
            // At most three reference indexes (RFC 9628, 4.2).
            let more = |at: usize| payload.get(at).map(|index| index & 1 != 0);
            let mut indexes = 1;
            while more(len)? {
                indexes += 1;
                if indexes > 3 {
                    return None;
                }
                len += 1;
            }
            len += 1;
        }
        if structure {
            len += Self::structure_len(payload.get(len..)?)?;
        }
        Some(Self { len, begins_unit, ends_unit, predicted, spatial_layer })
    }

    /// Length of the scalability structure (RFC 9628, 4.2.1).
    fn structure_len(data: &[u8]) -> Option<usize> {
        let first = *data.first()?;
        let (layers, sizes, groups) = (usize::from(first >> 5) + 1, first & 0x10 != 0, first & 0x08 != 0);
        let mut len = 1 + if sizes { 4 * layers } else { 0 };
        if groups {
            let pictures = *data.get(len)?;
            len += 1;
            for _ in 0..pictures {
                len += 1 + usize::from(data.get(len)? >> 2 & 3);
            }
        }
        Some(len)
    }
}

impl Depacketizer for Vp9 {
    fn begins_frame(&self, payload: &[u8]) -> bool {
        Descriptor::parse(payload).is_some_and(|d| d.begins_unit && d.spatial_layer == 0)
    }

    fn push(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let descriptor = Descriptor::parse(payload).ok_or(Malformed)?;
        if descriptor.begins_unit == self.in_unit || self.ends.len() >= MAX_UNITS {
            return Err(Malformed);
        }
        if self.picture.is_empty() {
            self.keyframe = !descriptor.predicted && descriptor.spatial_layer == 0;
        }
        self.picture.append(payload.get(descriptor.len..).ok_or(Malformed)?)?;
        self.in_unit = !descriptor.ends_unit;
        if descriptor.ends_unit {
            self.ends.push(self.picture.len());
        }
        Ok(())
    }

    fn finish(&mut self) -> Option<Assembled> {
        let (complete, keyframe) = (!self.in_unit, self.keyframe);
        let mut ends = std::mem::take(&mut self.ends);
        let frame = self.picture.take();
        self.reset();
        if ends.len() == 1 {
            ends.clear();
        }
        frame.filter(|_| complete).map(|f| Assembled { unit_ends: ends, keyframe: Some(keyframe), ..f })
    }

    fn reset(&mut self) {
        self.picture.clear();
        self.ends.clear();
        self.in_unit = false;
    }
}
