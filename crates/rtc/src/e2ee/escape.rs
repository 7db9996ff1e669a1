//! Emulation prevention for the sealed part of H.264 and H.265 frames: a sender puts `03` after
//! `00 00` wherever a byte 0..=3 follows, a receiver takes each such `03` out, exactly once.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Set up once: that costs more than the search of a small frame.
static ESCAPED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(&[0, 0, 3]));

/// Takes the escapes out. Borrows when there is none, which is nearly always.
pub fn unescape(data: &[u8]) -> Cow<'_, [u8]> {
    let mut hits = ESCAPED.find_iter(data).peekable();
    if hits.peek().is_none() {
        return Cow::Borrowed(data);
    }
    let mut out = Vec::with_capacity(data.len());
    let mut from = 0;
    for hit in hits {
        out.extend_from_slice(data.get(from..hit + 2).unwrap_or_default());
        from = hit + 3;
    }
    out.extend_from_slice(data.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// Puts the escapes in, as a sender does.
pub fn escape(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + data.len() / 64);
    let mut zeros = 0;
    for &byte in data {
        if zeros >= 2 && byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        out.push(byte);
        zeros = if byte == 0 { zeros + 1 } else { 0 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The receiver's rule as the specification words it, byte by byte.
    fn unescape_by_the_book(data: &[u8]) -> Vec<u8> {
        let (mut out, mut i) = (Vec::new(), 0);
        while i < data.len() {
            if data[i..].starts_with(&[0, 0, 3]) {
                out.extend([0, 0]);
                i += 3;
            } else {
                out.push(data[i]);
                i += 1;
            }
        }
        out
    }

    #[test]
    fn nothing_to_take_out_costs_no_copy() {
        assert!(matches!(unescape(&[0, 0, 4, 0, 0]), Cow::Borrowed(_)));
    }

    #[test]
    fn escaped_data_has_no_start_code() {
        assert_eq!(escape(&[0, 0, 1, 0, 0, 0, 3]), [0, 0, 3, 1, 0, 0, 3, 0, 3]);
        assert_eq!(escape(&[0; 6]), [0, 0, 3, 0, 0, 3, 0, 0]);
    }

    proptest! {
        #[test]
        fn what_was_escaped_comes_back(data in proptest::collection::vec(0u8..5, 0..400)) {
            let sealed = escape(&data);
            prop_assert!(memchr::memmem::find(&sealed, &[0, 0, 1]).is_none());
            prop_assert_eq!(unescape(&sealed).into_owned(), data);
        }

        #[test]
        fn any_bytes_follow_the_rule(data in proptest::collection::vec(0u8..5, 0..400)) {
            prop_assert_eq!(unescape(&data).into_owned(), unescape_by_the_book(&data));
        }
    }
}
