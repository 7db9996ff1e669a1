//! Encrypted data packets.

use livetape_rtc::e2ee::{open_data, seal_data};

use super::cases::each_case;
use super::frames::RING;

#[test]
fn a_spoiled_data_packet_never_opens() {
    each_case(|dice| {
        let sealed = seal_data(&RING, "ann", 0, &dice.bytes(60)).unwrap();
        let mut value = sealed.value.clone();
        for _ in 0..1 + dice.below(2) {
            dice.harm(&mut value);
        }
        let opened = open_data(&RING, "ann", sealed.key_index, &sealed.iv, &value);
        assert!(opened.is_err() || value == sealed.value);
    });
}

#[test]
fn any_data_packet_is_survived() {
    each_case(|dice| {
        let (iv, value, index) = (dice.bytes(20), dice.bytes(60), dice.byte() & 3);
        assert!(open_data(&RING, "ann", index, &iv, &value).is_err());
    });
}
