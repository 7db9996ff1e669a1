//! Boxes, read: every byte may be a lie, so nothing is sliced or allocated by what a box claims.

use super::FormatError;

/// What is left of a byte string; every read checks that it is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], FormatError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(FormatError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(FormatError::Short)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u16(&mut self) -> Result<u16, FormatError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, FormatError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, FormatError> {
        self.array().map(i32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, FormatError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64, FormatError> {
        self.array().map(i64::from_be_bytes)
    }

    /// The next box: its type and content. Only 32-bit sizes; 0 ("to the end") and 1 (64-bit) are refused, for
    /// we don't write them inside anything.
    pub(super) fn next_box(&mut self) -> Result<([u8; 4], &'a [u8]), FormatError> {
        let size = self.u32()?;
        let kind = self.array::<4>()?;
        let body = size.checked_sub(8).ok_or(FormatError::Damaged("nested"))?;
        let body = self.take(usize::try_from(body).map_err(|_| FormatError::Short)?)?;
        Ok((kind, body))
    }

    /// Version and flags of a full box, whose content this reader is at.
    pub(super) fn version_and_flags(&mut self) -> Result<(u8, u32), FormatError> {
        let word = self.u32()?;
        Ok((u8::try_from(word >> 24).unwrap_or(0), word & 0x00ff_ffff))
    }
}

/// The first child of the given type.
pub(super) fn child<'a>(body: &'a [u8], kind: &'static str) -> Result<&'a [u8], FormatError> {
    let mut boxes = Reader::new(body);
    while !boxes.is_empty() {
        let (found, content) = boxes.next_box()?;
        if found == kind.as_bytes() {
            return Ok(content);
        }
    }
    Err(FormatError::Missing(kind))
}

/// The first box down a path of types.
pub(super) fn descend<'a>(body: &'a [u8], path: &[&'static str]) -> Result<&'a [u8], FormatError> {
    path.iter().try_fold(body, |body, kind| child(body, kind))
}
