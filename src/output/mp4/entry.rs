//! Sample entries: what a decoder must know about a track before its first sample.

use super::boxes::Boxes;
use crate::sample::{AudioConfig, VideoConfig};

/// `avc1` with `avcC` and `colr` (ISO/IEC 14496-15, 5.4.2; 14496-12, 12.1.5): H.264 in BT.709, limited range.
pub(super) fn avc1(config: &VideoConfig) -> Vec<u8> {
    let mut b = Boxes::default();
    b.plain(b"avc1", |b| {
        b.zeros(6);
        b.u16(1); // data_reference_index
        b.zeros(16);
        b.u16(u16::try_from(config.width).unwrap_or(u16::MAX));
        b.u16(u16::try_from(config.height).unwrap_or(u16::MAX));
        b.u32(0x0048_0000); // 72 dpi
        b.u32(0x0048_0000);
        b.u32(0);
        b.u16(1); // frames per sample
        b.zeros(32); // compressorname
        b.u16(0x0018); // depth
        b.u16(0xffff); // pre_defined
        b.plain(b"avcC", |b| b.bytes(&config.avcc));
        b.plain(b"colr", |b| {
            b.bytes(b"nclx");
            b.u16(1); // primaries, transfer, matrix: BT.709
            b.u16(1);
            b.u16(1);
            b.u8(0); // limited range
        });
        b.plain(b"pasp", |b| {
            b.u32(1);
            b.u32(1);
        });
    });
    b.into_vec()
}

/// `mp4a` with `esds` (ISO/IEC 14496-14, 5.6; descriptors: 14496-1, 7.2.6): AAC.
pub(super) fn mp4a(config: &AudioConfig) -> Vec<u8> {
    let mut b = Boxes::default();
    b.plain(b"mp4a", |b| {
        b.zeros(6);
        b.u16(1); // data_reference_index
        b.zeros(8);
        b.u16(config.channels);
        b.u16(16); // samplesize
        b.u32(0);
        // 16.16; rates that don't fit are said by the AudioSpecificConfig alone (14496-12, 12.2.3.2).
        b.u32(u16::try_from(config.sample_rate).map_or(0, |rate| u32::from(rate) << 16));
        b.full(b"esds", 0, 0, |b| b.bytes(&es_descriptor(config)));
    });
    b.into_vec()
}

fn es_descriptor(config: &AudioConfig) -> Vec<u8> {
    let specific = descriptor(0x05, &config.asc);
    let mut decoder = Boxes::default();
    decoder.u8(0x40); // MPEG-4 audio
    decoder.u8(0x15); // audio stream, reserved bit set
    decoder.bytes(&[0, 0x18, 0]); // bufferSizeDB: 6144 bits a channel, stereo, doubled
    decoder.u32(config.bitrate);
    decoder.u32(config.bitrate);
    decoder.bytes(&specific);
    let mut es = Boxes::default();
    es.u16(0); // ES_ID
    es.u8(0);
    es.bytes(&descriptor(0x04, decoder.as_slice()));
    es.bytes(&descriptor(0x06, &[0x02])); // sync layer as in MP4 files
    descriptor(0x03, es.as_slice())
}

/// Tag, length in four groups of seven bits (14496-1, 8.3.3), content.
fn descriptor(tag: u8, content: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(content.len()).unwrap_or(0).to_be_bytes();
    let len = u32::from_be_bytes([0, a, b, c]);
    let group = |shift: u32| u8::try_from((len >> shift) & 0x7f).unwrap_or(0);
    let mut out = vec![tag, group(21) | 0x80, group(14) | 0x80, group(7) | 0x80, group(0)];
    out.extend_from_slice(content);
    out
}
