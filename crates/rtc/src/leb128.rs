//! The variable-length numbers of AV1 (bitstream specification, 4.10.5).

/// An unsigned LEB128 number of at most four bytes, and what follows it.
pub(crate) fn leb128(data: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0usize;
    for (i, byte) in data.iter().enumerate().take(4) {
        value |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, data.get(i + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_where_they_say_and_not_beyond_four_bytes() {
        assert_eq!(leb128(&[0x05, 9]), Some((5, &[9][..])));
        assert_eq!(leb128(&[0x80, 0x01]), Some((128, &[][..])));
        assert_eq!(leb128(&[0x80]), None);
        assert_eq!(leb128(&[0xff, 0xff, 0xff, 0xff, 0x01]), None);
    }
}
