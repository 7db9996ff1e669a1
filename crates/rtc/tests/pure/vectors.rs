//! Frames that real SDKs sealed, and what a receiver must make of them. The file is
//! `LIVETAPE_E2EE_VECTORS` if set, else the copy in this repository. Every section runs; a section
//! that isn't known here is an error.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use livetape_rtc::e2ee::{DEFAULT_SALT, Kdf, KeySize, derive, is_marked, open_data, split_trailer};
use livetape_rtc::{
    Codec, Format, Keyring, KeyringOptions, Opened, Opener, Refusal, RtpPacket, SealedFrame, TrackReceiver,
    open_clear,
};
use serde::Deserialize;
use serde_json::Value;

use crate::packetize;
use crate::support::frame;

const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/e2ee-vectors.json");

/// A vector of any section; each section uses the fields that it has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vector {
    name: String,
    codec: String,
    mime: String,
    kdf: Option<String>,
    passphrase: Option<String>,
    key_material_hex: Option<String>,
    material_hex: String,
    salt: Option<String>,
    salt_hex: String,
    key_size_bits: Option<usize>,
    key_bits: usize,
    aes_key_hex: String,
    key_index: u8,
    ratchet_count: usize,
    ratchets: usize,
    plaintext_hex: String,
    ciphertext_hex: String,
    packet_trailer: bool,
    packet_trailer_meta: Option<TrailerMeta>,
    sif_trailer_hex: Option<String>,
    frame_hex: String,
    js_output_hex: Option<String>,
    iv_hex: String,
    encrypted_value_hex: String,
    payload_protobuf_hex: String,
    received_frame_hex: String,
    rtp_payload_hex: String,
    rtp_payloads_hex: Vec<String>,
    marker: bool,
    frames: Vec<Captured>,
}

#[derive(Debug, Deserialize)]
struct TrailerMeta {
    user_timestamp_us: Option<String>,
    frame_id: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Captured {
    rtp_timestamp: u32,
    rtp_payloads_hex: Vec<String>,
    ciphertext_hex: String,
    plaintext_hex: String,
}

#[derive(Debug, Deserialize)]
struct RatchetChain {
    passphrase: String,
    salt: String,
    kdf: String,
    steps: Vec<Vector>,
}

fn bytes(hex_text: &str) -> Vec<u8> {
    hex::decode(hex_text).expect("hexadecimal")
}

fn codec(name: &str) -> Codec {
    match name.rsplit('/').next().unwrap_or(name).to_lowercase().as_str() {
        "opus" => Codec::Opus,
        "red" => Codec::Red,
        "vp8" => Codec::Vp8,
        "vp9" => Codec::Vp9,
        "h264" => Codec::H264,
        "h265" => Codec::H265,
        "av1" => Codec::Av1,
        other => panic!("unknown codec {other}"),
    }
}

fn kdf(name: Option<&str>) -> Kdf {
    match name {
        None | Some("PBKDF2") => Kdf::Pbkdf2,
        Some("HKDF") => Kdf::Hkdf,
        Some(other) => panic!("unknown derivation {other}"),
    }
}

impl Vector {
    fn material(&self) -> Vec<u8> {
        match (&self.key_material_hex, &self.passphrase) {
            (Some(material), _) => bytes(material),
            (None, Some(passphrase)) => passphrase.as_bytes().to_vec(),
            (None, None) => panic!("{}: no material", self.name),
        }
    }

    /// A ring as a recorder would have it: the key as it was given out, and a window for ratchets,
    /// looked through beforehand. Rings are made once, for a derivation takes long.
    fn keyring(&self, window: u8) -> Arc<Keyring> {
        type Rings = Mutex<BTreeMap<(Vec<u8>, Vec<u8>, bool, bool, u8, u8), Arc<Keyring>>>;
        static RINGS: Rings = Mutex::new(BTreeMap::new());
        let (material, kdf) = (self.material(), kdf(self.kdf.as_deref()));
        let salt = self.salt.as_deref().map_or(DEFAULT_SALT, str::as_bytes);
        let long = self.key_size_bits == Some(256);
        let name = (material.clone(), salt.to_vec(), kdf == Kdf::Hkdf, long, self.key_index, window);
        let mut rings = RINGS.lock().unwrap();
        let ring = rings.entry(name).or_insert_with(|| {
            let key_size = if long { KeySize::Aes256 } else { KeySize::Aes128 };
            let options = KeyringOptions { ratchet_window: window, key_size, ..Default::default() };
            let ring = Keyring::new(options);
            ring.set_shared(self.key_index, &material, kdf, salt);
            ring.prepare();
            Arc::new(ring)
        });
        ring.clone()
    }

    fn opener(&self) -> Opener {
        let window = u8::try_from(self.ratchet_count).expect("a small count");
        let mut opener = Opener::new(self.keyring(window), "publisher".to_owned());
        opener.set_sif_trailer(Bytes::from(self.sif_trailer_hex.as_deref().map(bytes).unwrap_or_default()));
        opener
    }

    /// What an opener without any leniency makes of it.
    fn strict(&self, data: &[u8]) -> Opened {
        let mut opener = self.opener();
        opener.set_deviations(false);
        opener.open(sealed(codec(&self.codec), data))
    }
}

fn sealed(codec: Codec, data: &[u8]) -> SealedFrame {
    frame(codec, data, Instant::now())
}

fn check_open(name: &str, opened: Opened, plaintext_hex: &str) {
    match opened {
        Opened::Open(frame) => assert_eq!(hex::encode(&frame.data), plaintext_hex, "{name}"),
        other => panic!("{name}: {other:?}"),
    }
}

fn check_refused(name: &str, opened: &Opened) {
    assert!(matches!(opened, Opened::Refused(_)), "{name}: {opened:?}");
}

fn check_kdf(v: &Vector) {
    let (kdf, salt) = (kdf(v.kdf.as_deref()), bytes(&v.salt_hex));
    let mut material = bytes(&v.material_hex);
    for _ in 0..v.ratchets {
        material = derive(kdf, &material, &salt).to_vec();
    }
    let derived = derive(kdf, &material, &salt);
    assert_eq!(hex::encode(&derived[..v.key_bits / 8]), v.aes_key_hex, "{}", v.name);
}

fn check_ratchet_chain(chain: &RatchetChain) {
    let ring = Keyring::new(KeyringOptions::default());
    let kdf = kdf(Some(&chain.kdf));
    ring.set("ann", 0, chain.passphrase.as_bytes(), kdf, chain.salt.as_bytes());
    for step in &chain.steps {
        let material = ring.get_material(Some("ann"), 0).expect("a key");
        assert_eq!(hex::encode(&material), step.material_hex, "step {}", step.ratchets);
        let key = derive(kdf, &material, chain.salt.as_bytes());
        assert_eq!(hex::encode(&key[..16]), step.aes_key_hex, "step {}", step.ratchets);
        let next = ring.ratchet(Some("ann"), 0).expect("a key");
        assert_eq!(next[..16], key[..16], "a key begins the next material");
    }
}

fn check_vector(v: &Vector) {
    let frame = bytes(&v.ciphertext_hex);
    if codec(&v.codec) == Codec::H265 {
        check_h265_over_rtp(v, &frame);
    }
    check_open(&v.name, v.strict(&frame), &v.plaintext_hex);
    check_open(&v.name, v.opener().open(sealed(codec(&v.codec), &frame)), &v.plaintext_hex);
    let (_, trailer) = split_trailer(&frame);
    assert_eq!(trailer.is_some(), v.packet_trailer, "{}", v.name);
    if let (Some(trailer), Some(meta)) = (trailer, &v.packet_trailer_meta) {
        let stamp = trailer.user_timestamp_us.map(|us| us.to_string());
        assert_eq!((stamp, trailer.frame_id), (meta.user_timestamp_us.clone(), meta.frame_id), "{}", v.name);
    }
}

/// Nobody could capture encrypted H.265: it is packetized here, in packets of several units, of one, and of parts.
fn check_h265_over_rtp(v: &Vector, frame: &[u8]) {
    for most in [8, 24, 64, 1_200] {
        let payloads: Vec<String> = packetize::h265(frame, most).iter().map(hex::encode).collect();
        let received = receive(Codec::H265, &[(0, &payloads)], &[]);
        assert_eq!(received.len(), 1, "{}, {most} bytes", v.name);
        for sealed in received {
            assert_eq!(sealed.data, frame, "{}, {most} bytes", v.name);
            let mut opener = v.opener();
            opener.set_deviations(false);
            check_open(&v.name, opener.open(sealed), &v.plaintext_hex);
        }
    }
}

/// What a real worker does, and where a recorder differs on purpose.
fn check_behaviour(v: &Vector) {
    let data = bytes(&v.frame_hex);
    let codec = codec(&v.codec);
    let v = &Vector { passphrase: Some("correct horse battery staple".to_owned()), ..v.clone_for_opening() };
    let opened = v.opener().open(sealed(codec, &data));
    match v.name.as_str() {
        "empty_frame" | "encode_empty_frame" => assert_eq!(opened, Opened::Empty, "{}", v.name),
        // A client plays the silence or shows the blank picture; a recorder drops both.
        "sif_opus_silence" | "sif_vp8_8x8_key" | "sif_foreign_payload" | "sif_h264_annexb_assembled" => {
            assert_eq!(opened, Opened::ServerInjected, "{}", v.name);
        }
        "unencrypted_opus_in_encrypted_track" => {
            assert_eq!(opened, Opened::Refused(Refusal::Clear), "{}", v.name);
        }
        "unencrypted_track_encryption_none" => {
            let expected = v.js_output_hex.as_deref().expect("passed through");
            check_open(&v.name, open_clear(sealed(codec, &data)), expected);
        }
        "encode_av1" => assert_eq!(opened, Opened::Refused(Refusal::NotSupported), "{}", v.name),
        other => panic!("unknown behaviour {other}"),
    }
}

impl Vector {
    fn clone_for_opening(&self) -> Self {
        Self {
            name: self.name.clone(),
            sif_trailer_hex: self.sif_trailer_hex.clone(),
            js_output_hex: self.js_output_hex.clone(),
            ..Self::default()
        }
    }
}

/// Leniency must not open what nobody sealed.
fn check_negative(v: &Vector) {
    let data = bytes(&v.ciphertext_hex);
    check_refused(&v.name, &v.strict(&data));
    check_refused(&v.name, &v.opener().open(sealed(codec(&v.codec), &data)));
}

fn check_data_packet(v: &Vector) {
    let (iv, value) = (bytes(&v.iv_hex), bytes(&v.encrypted_value_hex));
    let opened = open_data(&v.keyring(0), "publisher", v.key_index, &iv, &value).expect("opens");
    assert_eq!(hex::encode(opened), v.payload_protobuf_hex, "{}", v.name);
}

/// Senders that deviate: shut by the rule, open with leniency, and again at once.
fn check_deviation(v: &Vector) {
    let data = bytes(&v.received_frame_hex);
    check_refused(&v.name, &v.strict(&data));
    let mut opener = v.opener();
    for _ in 0..2 {
        check_open(&v.name, opener.open(sealed(codec(&v.codec), &data)), &v.plaintext_hex);
    }
    if !v.rtp_payloads_hex.is_empty() {
        let received = receive(codec(&v.codec), &[(0, &v.rtp_payloads_hex)], &[]);
        assert_eq!(hex::encode(&received[0].data), v.received_frame_hex, "{}", v.name);
    }
}

/// Feeds packets through a receiver: the last payload of a time stamp has the marker.
fn receive(codec: Codec, frames: &[(u32, &Vec<String>)], sif_trailer: &[u8]) -> Vec<SealedFrame> {
    let clock_rate = if codec.is_audio() { 48_000 } else { 90_000 };
    let mut receiver = TrackReceiver::new(&[Format { payload_type: 96, codec, clock_rate }]);
    receiver.set_sif_trailer(Bytes::copy_from_slice(sif_trailer));
    let (now, mut seq) = (Instant::now(), 1_000);
    for (i, (timestamp, payloads)) in frames.iter().enumerate() {
        let same_picture_goes_on = frames.get(i + 1).is_some_and(|(next, _)| next == timestamp);
        for (n, payload) in payloads.iter().enumerate() {
            let marker = n + 1 == payloads.len() && !same_picture_goes_on;
            let payload = Bytes::from(bytes(payload));
            receiver.push(now, RtpPacket { seq, timestamp: *timestamp, marker, payload_type: 96, payload });
            seq += 1;
        }
    }
    std::iter::from_fn(|| receiver.poll_frame()).collect()
}

/// Raw RTP payloads to open frames. Layers of one VP9 picture come out as one frame.
fn check_native_capture(v: &Vector) {
    let packets: Vec<_> = v.frames.iter().map(|f| (f.rtp_timestamp, &f.rtp_payloads_hex)).collect();
    let received = receive(codec(&v.codec), &packets, &[]);
    let mut pictures: Vec<(u32, String, String)> = Vec::new();
    for f in &v.frames {
        match pictures.last_mut().filter(|(timestamp, ..)| *timestamp == f.rtp_timestamp) {
            Some((_, sealed, open)) => {
                sealed.push_str(&f.ciphertext_hex);
                open.push_str(&f.plaintext_hex);
            }
            None => pictures.push((f.rtp_timestamp, f.ciphertext_hex.clone(), f.plaintext_hex.clone())),
        }
    }
    assert_eq!(received.len(), pictures.len(), "{}", v.name);
    let mut opener = v.opener();
    opener.set_deviations(false);
    for (frame, (_, sealed, open)) in received.into_iter().zip(pictures) {
        assert_eq!(hex::encode(&frame.data), sealed, "{}", v.name);
        check_open(&v.name, opener.open(frame), &open);
    }
}

fn check_sif_capture(v: &Vector) {
    let (payload, trailer) =
        (bytes(&v.rtp_payload_hex), bytes(v.sif_trailer_hex.as_deref().expect("a trailer")));
    assert!(v.marker && is_marked(&payload, &trailer), "{}", v.mime);
    let payloads = vec![v.rtp_payload_hex.clone()];
    assert_eq!(receive(codec(&v.mime), &[(0, &payloads)], &trailer), [], "{}", v.mime);
    // On an unencrypted track it comes without the suffix: blank pictures are still known.
    let bare = vec![hex::encode(payload.strip_suffix(&trailer[..]).expect("a suffix"))];
    for frame in receive(codec(&v.mime), &[(0, &bare)], &[]) {
        let video = !frame.meta.codec.is_audio();
        assert_eq!(open_clear(frame) == Opened::ServerInjected, video, "{}", v.mime);
    }
}

fn each(section: &str, list: Value, check: fn(&Vector)) -> usize {
    let vectors: Vec<Vector> =
        serde_json::from_value(list).unwrap_or_else(|error| panic!("section {section}: {error}"));
    vectors.iter().for_each(check);
    vectors.len()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a person names other vectors")]
fn every_vector_of_every_section_does_as_it_says() {
    let path = std::env::var("LIVETAPE_E2EE_VECTORS").unwrap_or_else(|_| BUNDLED.to_owned());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let file: BTreeMap<String, Value> = serde_json::from_str(&text).expect("an object of sections");
    let mut counts = BTreeMap::new();
    for (section, list) in file {
        let count = match section.as_str() {
            "description" | "fields" => continue,
            "ratchet_chain" => {
                let chain: RatchetChain = serde_json::from_value(list).expect("a chain");
                check_ratchet_chain(&chain);
                chain.steps.len()
            }
            "kdf_vectors" => each(&section, list, check_kdf),
            "vectors" => each(&section, list, check_vector),
            "behaviours" => each(&section, list, check_behaviour),
            "negatives" => each(&section, list, check_negative),
            "data_packets" => each(&section, list, check_data_packet),
            "legacy" | "native_quirks" => each(&section, list, check_deviation),
            "native_capture" => each(&section, list, check_native_capture),
            "sif_captures" => each(&section, list, check_sif_capture),
            unknown => panic!("section {unknown} is not known to this test"),
        };
        assert!(count > 0, "section {section} is empty");
        counts.insert(section, count);
    }
    assert_eq!(counts.len(), 10, "sections that ran: {counts:?}");
    println!("vectors of {path}: {counts:?}");
}
