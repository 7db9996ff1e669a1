//! The head, its changes, and what each step leaves on the disk.

use bytes::Bytes;

use super::programme::{audio, video};
use crate::output::mp4::{FormatError, HEAD_LEN, Head, HeadState, Movie};
use crate::sample::{AudioConfig, VideoConfig};

fn other(n: u8) -> VideoConfig {
    VideoConfig { avcc: Bytes::from(vec![n; 40]), ..video() }
}

#[test]
fn a_head_is_read_back_as_it_was_built() {
    let movie = Movie::new(&video(), &audio());
    let bytes = Head::build(&movie).unwrap();
    assert_eq!(bytes.len(), HEAD_LEN);
    let head = Head::parse(&bytes).unwrap();
    assert_eq!((head.movie, head.state), (movie, HeadState::Live));
}

#[test]
fn the_same_configuration_changes_nothing() {
    let mut head = Head::parse(&Head::build(&Movie::new(&video(), &audio())).unwrap()).unwrap();
    let (descriptions, patches) = head.describe(&video(), &audio()).unwrap();
    assert_eq!((descriptions.video, descriptions.audio, patches.len()), (1, 1, 0));
}

#[test]
fn another_configuration_is_added_and_every_step_is_readable() {
    let mut bytes = Head::build(&Movie::new(&video(), &audio())).unwrap();
    for n in 2..6u8 {
        let mut head = Head::parse(&bytes).unwrap();
        let (descriptions, patches) = head.describe(&other(n), &audio()).unwrap();
        assert_eq!((descriptions.video, descriptions.audio), (u32::from(n), 1));
        assert_eq!(patches.len(), 2);
        for (step, patch) in patches.iter().enumerate() {
            let at = usize::try_from(patch.at).unwrap();
            bytes[at..at + patch.bytes.len()].copy_from_slice(&patch.bytes);
            let now = Head::parse(&bytes).unwrap();
            assert_eq!(now.movie.video.entries.len(), usize::from(n) - 1 + step);
        }
        assert_eq!(Head::parse(&bytes).unwrap().movie, head.movie);
        // A closed head no longer says which moov was in force: the newest is found.
        let mut closed = bytes.clone();
        let patch = Head::close_patch(99_999);
        closed[32..48].copy_from_slice(&patch.bytes);
        let closed = Head::parse(&closed).unwrap();
        assert_eq!((closed.movie, closed.state), (head.movie, HeadState::Closed { end: 99_999 }));
    }
}

#[test]
fn a_head_without_room_says_so() {
    let mut head = Head::parse(&Head::build(&Movie::new(&video(), &audio())).unwrap()).unwrap();
    let refusal = (2..60).find_map(|n| head.describe(&other(n), &audio()).err());
    assert_eq!(refusal, Some(FormatError::HeadFull));
    let long = VideoConfig { avcc: vec![0; HEAD_LEN].into(), ..video() };
    assert_eq!(Head::build(&Movie::new(&long, &audio())), Err(FormatError::HeadFull));
}

#[test]
fn another_audio_clock_is_refused() {
    let mut head = Head::parse(&Head::build(&Movie::new(&video(), &audio())).unwrap()).unwrap();
    let slower = AudioConfig { sample_rate: 44_100, ..audio() };
    assert_eq!(head.describe(&video(), &slower).unwrap_err(), FormatError::Clock("sound"));
}
