//! Random names.

/// A random UUID (RFC 9562, 5.4). Names only, no secrets: std's hasher seeds are random enough.
pub fn create_random_uuid() -> String {
    use std::hash::{BuildHasher, RandomState};
    let high = RandomState::new().hash_one("high");
    let low = RandomState::new().hash_one("low");
    let high = high & !0xf000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    let (time, rest) = (high >> 32, high & 0xffff_ffff);
    let (clock, node) = (low >> 48, low & 0xffff_ffff_ffff);
    format!("{time:08x}-{:04x}-{:04x}-{clock:04x}-{node:012x}", rest >> 16, rest & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::create_random_uuid;

    #[test]
    fn names_differ_and_have_the_form() {
        let (a, b) = (create_random_uuid(), create_random_uuid());
        assert_ne!(a, b);
        let lengths: Vec<_> = a.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(a.as_bytes()[14], b'4');
    }
}
