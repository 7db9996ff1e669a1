//! What each depacketizer makes of payloads, right and wrong.

use super::*;

/// All payloads of one frame in, the frame out.
fn frame(codec: Codec, payloads: &[&[u8]]) -> Option<Assembled> {
    let mut depacketizer = depacketizer(codec);
    for payload in payloads {
        depacketizer.push(payload).ok()?;
    }
    depacketizer.finish()
}

fn bytes(codec: Codec, payloads: &[&[u8]]) -> Option<Vec<u8>> {
    frame(codec, payloads).map(|f| f.data.to_vec())
}

#[test]
fn vp8_descriptors_of_every_length_come_off() {
    for descriptor in [
        &[0x10][..],
        &[0x90, 0x00],
        &[0x90, 0x80, 0x11],
        &[0x90, 0x80, 0x91, 0x22],
        &[0x90, 0xe0, 0x91, 0x22, 0x33, 0x44],
    ] {
        let first = [descriptor, &[1, 2]].concat();
        assert_eq!(bytes(Codec::Vp8, &[&first, &[0x00, 3], &[0x01, 4]]), Some(vec![1, 2, 3, 4]));
    }
}

#[test]
fn vp8_without_its_beginning_is_no_frame() {
    assert_eq!(bytes(Codec::Vp8, &[&[0x00, 1, 2]]), None); // not a start
    assert_eq!(bytes(Codec::Vp8, &[&[0x11, 1, 2]]), None); // start of a later partition
    assert_eq!(bytes(Codec::Vp8, &[&[0x10, 1], &[0x10, 2]]), None); // a second start
}

#[test]
fn vp9_layer_boundaries_are_kept() {
    let picture = frame(
        Codec::Vp9,
        &[
            &[0xba, 0x81, 0x02, 0x00, 0x00, 1], // I L F B V, layer 0, a structure of one byte
            &[0xb4, 0x81, 0x02, 0x00, 2],       // E
            &[0xbc, 0x81, 0x02, 0x02, 3],       // B E, layer 1
        ],
    );
    let picture = picture.expect("a picture");
    assert_eq!(&picture.data[..], [1, 2, 3]);
    assert_eq!((picture.unit_ends, picture.keyframe), (vec![2, 3], Some(true)));
}

#[test]
fn vp9_of_one_layer_has_no_boundaries() {
    let picture = frame(Codec::Vp9, &[&[0x4c, 1, 2]]).expect("a picture");
    assert_eq!((picture.unit_ends, picture.keyframe), (vec![], Some(false)));
}

#[test]
fn vp9_layers_must_begin_and_end() {
    assert_eq!(bytes(Codec::Vp9, &[&[0x04, 1]]), None); // no beginning
    assert_eq!(bytes(Codec::Vp9, &[&[0x08, 1]]), None); // no end
    assert_eq!(bytes(Codec::Vp9, &[&[0x08, 1], &[0x08, 2]]), None); // begins twice
    assert_eq!(bytes(Codec::Vp9, &[&[0x1c | 0x40, 1, 1, 1, 0, 9]]), None); // four reference indexes
}

#[test]
fn h264_in_all_its_packets_keeps_every_byte() {
    let stap = [0x78, 0, 3, 0x67, 0x42, 0, 0, 2, 0x68, 0];
    let payloads: [&[u8]; 5] =
        [&[9, 0xf0], &stap, &[0x7c, 0x85, 0x88, 1], &[0x7c, 5, 2], &[0x7c, 0x45, 0, 0]];
    let mut expected = vec![0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x67, 0x42, 0, 0, 0, 0, 1, 0x68, 0];
    expected.extend([0, 0, 0, 1, 0x65, 0x88, 1, 2, 0, 0]);
    assert_eq!(bytes(Codec::H264, &payloads), Some(expected));
}

#[test]
fn h264_that_lacks_parts_is_no_frame() {
    assert_eq!(bytes(Codec::H264, &[&[0x7c, 0x85, 0x88, 1]]), None); // no end
    assert_eq!(bytes(Codec::H264, &[&[0x7c, 5, 2]]), None); // no start
    assert_eq!(bytes(Codec::H264, &[&[0x7c, 0x85, 1], &[0x7c, 0x85, 2]]), None); // starts twice
    assert_eq!(bytes(Codec::H264, &[&[0x7c, 0x85, 1], &[0x61, 2]]), None); // interrupted
    assert_eq!(bytes(Codec::H264, &[&[0x78, 0, 9, 0x67]]), None); // claims more than there is
    assert_eq!(bytes(Codec::H264, &[&[0x78, 0]]), None);
    assert_eq!(bytes(Codec::H264, &[&[0x79, 0, 1, 0, 1, 9]]), None); // STAP-B
}

#[test]
fn h265_in_all_its_packets_keeps_every_byte() {
    let aggregate = [0x60, 1, 0, 3, 0x40, 1, 7, 0, 2, 0x42, 1];
    let payloads: [&[u8]; 3] = [&aggregate, &[0x62, 1, 0x80 | 19, 8], &[0x62, 1, 0x40 | 19, 0]];
    let expected = [0, 0, 0, 1, 0x40, 1, 7, 0, 0, 0, 1, 0x42, 1, 0, 0, 0, 1, 0x26, 1, 8, 0];
    assert_eq!(bytes(Codec::H265, &payloads), Some(expected.to_vec()));
    assert_eq!(bytes(Codec::H265, &[&[0x62, 1, 0x80 | 19, 8]]), None); // no end
    assert_eq!(bytes(Codec::H265, &[&[0x64, 1, 0, 0]]), None); // PACI
}

#[test]
fn av1_obus_get_sizes_and_a_delimiter() {
    let sequence_and_frame = [0x28, 2, 0x08, 0xaa, 0x30, 1, 2]; // W=2 N: sequence header, frame
    let unit = frame(Codec::Av1, &[&sequence_and_frame]).expect("a temporal unit");
    assert_eq!(&unit.data[..], [0x12, 0, 0x0a, 1, 0xaa, 0x32, 2, 1, 2]);
    assert_eq!(unit.keyframe, Some(true));
    assert!(crate::is_keyframe(Codec::Av1, &unit.data));
    // Lengths before all of them (W=0); one with a size of its own; a delimiter that has no place.
    let counted = [0x00, 2, 0x12, 0x00, 3, 0x34, 0x08, 7, 4, 0x32, 1, 9, 0xff];
    assert_eq!(bytes(Codec::Av1, &[&counted]), Some(vec![0x12, 0, 0x36, 0x08, 1, 7, 0x32, 1, 9]));
}

#[test]
fn av1_fragments_become_one_obu() {
    let long = vec![5; 200];
    let first = [&[0x50, 0x30][..], &long].concat(); // W=1 Y
    let unit = bytes(Codec::Av1, &[&first, &[0xd0, 6], &[0x90, 7]]).expect("a temporal unit");
    assert_eq!(unit[..5], [0x12, 0, 0x32, 202 & 0x7f | 0x80, 1]);
    assert_eq!((unit.len(), &unit[205..]), (207, &[6, 7][..]));
    assert_eq!(bytes(Codec::Av1, &[&first]), None); // no end
    assert_eq!(bytes(Codec::Av1, &[&[0x90, 7]]), None); // no beginning
    assert_eq!(bytes(Codec::Av1, &[&first, &[0x10, 7]]), None); // interrupted
    assert_eq!(bytes(Codec::Av1, &[&[0x00, 9, 0x30]]), None); // claims more than there is
}

#[test]
fn after_a_loss_a_frame_begins_only_where_it_can() {
    let cases: [(Codec, &[u8], bool); 15] = [
        (Codec::Av1, &[0x10, 0x30, 1], true),
        (Codec::Av1, &[0x10, 0x20, 1], false), // a tile group
        (Codec::Av1, &[0x90, 0x30, 1], false), // continues
        (Codec::H264, &[0x41, 0x9a], true),
        (Codec::H264, &[0x41, 0x1a], false), // a later slice
        (Codec::H264, &[0x78, 0, 2, 0x67, 1], true),
        (Codec::H264, &[0x7c, 0x85, 0x88], true),
        (Codec::H264, &[0x7c, 0x05, 0x88], false),
        (Codec::H265, &[0x62, 1, 0x80 | 19], true),
        (Codec::H265, &[0x62, 1, 19], false),
        (Codec::Vp8, &[0x10, 0], true),
        (Codec::Vp8, &[0x00, 0], false),
        (Codec::Vp9, &[0x08, 0], true),
        (Codec::Vp9, &[0x38, 0x02, 0], false), // a higher layer
        (Codec::Vp9, &[0x00, 0], false),
    ];
    for (codec, payload, expected) in cases {
        assert_eq!(depacketizer(codec).begins_frame(payload), expected, "{codec:?} {payload:02x?}");
    }
}

#[test]
fn a_frame_without_end_is_bounded() {
    let mut depacketizer = depacketizer(Codec::H264);
    let nal = vec![0x41; 60_000];
    let pushed = (0..1_000).take_while(|_| depacketizer.push(&nal).is_ok()).count();
    assert_eq!(pushed, (8 << 20) / 60_004);
}
