//! A track's frames as a network leaves them.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Codec;

const VP8: Format = Format { payload_type: 96, codec: Codec::Vp8, clock_rate: 90_000 };
const VP9: Format = Format { payload_type: 98, codec: Codec::Vp9, clock_rate: 90_000 };
const H264: Format = Format { payload_type: 102, codec: Codec::H264, clock_rate: 90_000 };
const OPUS: Format = Format { payload_type: 111, codec: Codec::Opus, clock_rate: 48_000 };
const RED: Format = Format { payload_type: 63, codec: Codec::Red, clock_rate: 48_000 };
const TRAILER: &[u8] = b"qW8rT3sL";

/// A track under test: its receiver and a clock that only the test moves.
struct Track {
    receiver: TrackReceiver,
    now: Instant,
    payload_type: u8,
}

impl Track {
    fn new(formats: &[Format]) -> Self {
        let mut receiver = TrackReceiver::new(formats);
        receiver.set_sif_trailer(Bytes::from_static(TRAILER));
        Self { receiver, now: Instant::now(), payload_type: formats[0].payload_type }
    }

    fn push(&mut self, seq: u64, timestamp: u32, marker: bool, payload: &[u8]) {
        let payload = Bytes::copy_from_slice(payload);
        let packet = RtpPacket { seq, timestamp, marker, payload_type: self.payload_type, payload };
        self.receiver.push(self.now, packet);
    }

    /// Time passes; what is missing is given up.
    fn wait(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.receiver.handle_timeout(self.now);
    }

    fn asks(&mut self) -> bool {
        self.receiver.take_keyframe_request(self.now)
    }

    /// Payloads of the frames so far, and whether each follows the one before.
    fn frames(&mut self) -> Vec<(Vec<u8>, bool)> {
        std::iter::from_fn(|| self.receiver.poll_frame())
            .map(|f| (f.data.to_vec(), f.meta.contiguous))
            .collect()
    }
}

const KEY: &[u8] = &[0x10, 0x00, 0xa0]; // descriptor, a tag that says keyframe
const DELTA: &[u8] = &[0x10, 0x01, 0xb0];
const MORE: &[u8] = &[0x00, 0xcc];

#[test]
fn frames_end_by_marker_or_by_a_new_time_stamp() {
    let mut track = Track::new(&[VP8]);
    track.push(1, 100, false, KEY);
    assert_eq!(track.frames(), []);
    track.push(2, 100, true, MORE);
    assert_eq!(track.frames(), [(vec![0x00, 0xa0, 0xcc], true)]);
    track.push(3, 200, false, DELTA); // its marker is missing
    track.push(4, 300, true, DELTA);
    assert_eq!(track.frames(), [(vec![0x01, 0xb0], true), (vec![0x01, 0xb0], true)]);
    assert!(!track.asks());
}

#[test]
fn a_frame_that_lacks_a_packet_is_gone_whole_and_a_keyframe_is_asked_for() {
    let mut track = Track::new(&[VP8]);
    track.push(1, 100, true, KEY);
    track.push(2, 200, false, DELTA);
    track.push(4, 200, true, MORE); // 3 is missing
    track.push(5, 300, true, DELTA);
    assert_eq!(track.frames().len(), 1);
    assert!(!track.asks());
    track.wait(500);
    assert_eq!(track.frames(), [(vec![0x01, 0xb0], false)]);
    assert!(track.asks());
    assert!(!track.asks());
    track.wait(700);
    assert!(track.asks());
    track.push(6, 400, true, KEY);
    assert_eq!(track.frames(), [(vec![0x00, 0xa0], true)]);
    track.wait(5_000);
    assert!(!track.asks());
    assert_eq!(track.receiver.poll_timeout(), None);
}

#[test]
fn a_loss_that_takes_the_beginning_of_a_frame_takes_the_frame() {
    let mut track = Track::new(&[VP8]);
    track.push(1, 100, true, KEY);
    track.push(3, 200, false, MORE); // the beginning of 200 was in 2
    track.push(4, 200, true, MORE);
    track.push(5, 300, true, DELTA);
    track.wait(500);
    assert_eq!(track.frames(), [(vec![0x00, 0xa0], true), (vec![0x01, 0xb0], false)]);
    assert_eq!(track.receiver.stats().broken_frames, 1);
}

#[test]
fn after_a_cut_a_keyframe_is_asked_for_at_once() {
    let mut track = Track::new(&[VP8]);
    track.push(1, 100, true, KEY);
    track.now += Duration::from_secs(2);
    track.push(200, 18_100, true, DELTA);
    assert!(track.asks(), "what is missing is too old to be waited for");
    track.push(201, 21_100, true, KEY);
    let frames = track.frames();
    assert_eq!(frames.iter().map(|(_, contiguous)| *contiguous).collect::<Vec<_>>(), [true, false, true]);
    track.wait(5_000);
    assert!(!track.asks(), "it has come");
}

#[test]
fn padding_uses_numbers_and_is_no_loss() {
    let mut track = Track::new(&[VP8]);
    track.push(1, 100, true, KEY);
    track.push(2, 100, false, &[]);
    track.push(3, 100, true, &[]);
    track.push(4, 200, true, DELTA);
    assert_eq!(track.frames(), [(vec![0x00, 0xa0], true), (vec![0x01, 0xb0], true)]);
    assert_eq!(track.receiver.stats().lost, 0);
}

#[test]
fn what_the_sfu_made_up_is_taken_out_before_depacketisation() {
    let mut track = Track::new(&[H264]);
    track.push(1, 100, true, &[0x65, 0x88, 1]);
    let blank = [&[0x18, 0, 2, 0x67, 0x42][..], TRAILER].concat(); // no valid aggregate
    track.push(2, 200, true, &blank);
    track.push(3, 300, true, &[0x41, 0x9a, 2]);
    assert_eq!(
        track.frames(),
        [(vec![0, 0, 0, 1, 0x65, 0x88, 1], true), (vec![0, 0, 0, 1, 0x41, 0x9a, 2], true)]
    );
    let stats = track.receiver.stats();
    assert_eq!((stats.injected, stats.broken_frames, stats.lost), (1, 0, 0));
}

#[test]
fn a_track_joined_in_the_middle_of_a_frame_begins_with_the_next() {
    let mut track = Track::new(&[VP9]);
    track.push(1, 100, true, &[0x04, 9]); // ends a layer frame whose beginning nobody has
    track.push(2, 200, true, &[0x4c, 1]);
    assert_eq!(track.frames(), [(vec![1], false)]);
    assert!(track.asks());
    track.push(3, 300, true, &[0x0c, 2]); // not predicted: a keyframe, whatever its sealed bytes say
    track.wait(700);
    assert!(!track.asks());
}

#[test]
fn without_a_keyframe_at_the_beginning_one_is_asked_for() {
    let mut track = Track::new(&[VP8]);
    assert!(!track.asks());
    track.push(1, 100, true, DELTA);
    assert!(track.asks());
    assert_eq!(track.receiver.poll_timeout(), Some(track.now + Duration::from_millis(700)));
}

#[test]
fn sound_may_change_its_payload_type_packet_by_packet() {
    let mut track = Track::new(&[RED, OPUS]);
    track.push(1, 0, false, &[1, 2]);
    track.payload_type = 111;
    track.push(2, 960, false, &[3]);
    track.payload_type = 13; // comfort noise was never agreed on
    track.push(3, 1920, false, &[4]);
    track.payload_type = 63;
    track.push(4, 2880, true, &[5]);
    let codecs: Vec<_> = std::iter::from_fn(|| track.receiver.poll_frame()).map(|f| f.meta.codec).collect();
    assert_eq!(codecs, [Codec::Red, Codec::Opus, Codec::Red]);
    assert_eq!(track.receiver.stats().ignored, 1);
    assert!(!track.asks());
}

#[test]
fn lost_sound_is_told_by_the_frame_after_it_soon() {
    let mut track = Track::new(&[OPUS]);
    track.push(1, 0, false, &[1]);
    track.push(3, 1920, false, &[3]);
    track.wait(60);
    assert_eq!(track.frames(), [(vec![1], true), (vec![3], false)]);
    assert!(!track.asks());
}

#[test]
fn times_are_unwrapped_and_reports_share_their_scale() {
    let mut track = Track::new(&[VP8]);
    track.push(1, u32::MAX - 99, true, KEY);
    track.receiver.push_sender_report(1_000, u32::MAX - 49);
    track.push(2, 100, true, DELTA);
    let (first, second) = (track.receiver.poll_frame().unwrap(), track.receiver.poll_frame().unwrap());
    assert_eq!(second.meta.rtp_time - first.meta.rtp_time, 200);
    let report = second.meta.sender_report.unwrap();
    assert_eq!((report.ntp_ns, report.rtp_time), (1_000, first.meta.rtp_time + 50));
}

#[test]
fn the_arrival_of_a_frame_is_that_of_its_first_packet() {
    let mut track = Track::new(&[VP8]);
    let first = track.now;
    track.push(1, 100, false, KEY);
    track.wait(30);
    track.push(2, 100, true, MORE);
    assert_eq!(track.receiver.poll_frame().map(|f| f.meta.arrival), Some(first));
}

/// 300 frames of three packets over a network with loss, delay and doubles; each frame that comes
/// out must be one that went in, in order, and at most once.
fn check_network(seed: u64, loss_percent: u64, jitter_ms: u64) -> usize {
    let (mut state, start) = (seed | 1, Instant::now());
    let mut below = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    let mut sent = Vec::new();
    for frame in 0..300u32 {
        for part in 0..3u8 {
            let tag = u8::from(!frame.is_multiple_of(30));
            let payload = [if part == 0 { 0x10 } else { 0 }, if part == 0 { tag } else { part }, frame as u8];
            let seq = u64::from(frame) * 3 + u64::from(part);
            let packet = (seq, frame * 3_000, part == 2, payload);
            for _ in 0..1 + u64::from(below(10) == 0) {
                let at = Duration::from_millis(u64::from(frame) * 33 + below(jitter_ms + 1));
                if below(100) >= loss_percent {
                    sent.push((at, packet));
                }
            }
        }
    }
    sent.sort();
    let mut track = Track::new(&[VP8]);
    let (mut frames, mut last) = (0, None);
    for (at, (seq, timestamp, marker, payload)) in sent {
        track.now = start + at;
        track.receiver.handle_timeout(track.now);
        track.push(seq, timestamp, marker, &payload);
        while let Some(frame) = track.receiver.poll_frame() {
            let number = ((frame.meta.rtp_time - (1 << 32)) / 3_000) as u32;
            let tag = u8::from(!number.is_multiple_of(30));
            assert_eq!(&frame.data[..], [tag, number as u8, 1, number as u8, 2, number as u8], "seed {seed}");
            // The very first frames may have been overtaken before the track was known.
            assert!(
                last.is_none_or(|last| frame.meta.contiguous == (last + 1 == number)),
                "seed {seed}: frame {number}"
            );
            assert!(last < Some(number), "seed {seed}: in order");
            last = Some(number);
            frames += 1;
        }
    }
    frames
}

#[test]
fn frames_survive_a_network_whole_and_in_order() {
    assert!(check_network(3, 0, 400) >= 290);
    assert_eq!(check_network(3, 0, 0), 300);
    for seed in 1..20 {
        let frames = check_network(seed * 104_729, 5, 300);
        assert!((235..300).contains(&frames), "seed {seed}: {frames}");
    }
}

proptest! {
    #[test]
    fn any_network_is_survived(seed in any::<u64>(), loss in 0u64..50, jitter in 0u64..1_500) {
        check_network(seed, loss, jitter);
    }
}
