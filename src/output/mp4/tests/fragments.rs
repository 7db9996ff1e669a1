//! How samples are cut into fragments.

use proptest::prelude::*;

use super::programme::{self, SECOND, audio, merge, pictures, sounds, video};
use crate::output::mp4::{FRAGMENT, Fragment, FragmentWriter};
use crate::sample::{Sample, Track};

fn cut(video: &crate::sample::VideoConfig, samples: Vec<Sample>) -> Vec<bytes::Bytes> {
    let mut writer = FragmentWriter::new(video, &audio(), FRAGMENT);
    let mut fragments: Vec<_> = samples.into_iter().filter_map(|sample| writer.push(sample)).collect();
    fragments.extend(writer.flush());
    assert!(writer.flush().is_none(), "nothing is left");
    fragments
}

#[test]
fn a_fragment_leaves_as_soon_as_no_other_frame_fits() {
    // 7 frames of 33.3 ms: an eighth would make 267 ms.
    let mut writer = FragmentWriter::new(&video(), &audio(), FRAGMENT);
    let full: Vec<_> =
        pictures(30, 30, 0, |_| 10).into_iter().map(|sample| writer.push(sample).is_some()).collect();
    let at: Vec<_> = full.iter().enumerate().filter(|(_, full)| **full).map(|(n, _)| n).collect();
    assert_eq!(at, [6, 13, 20, 27]);
    assert_eq!(writer.recorded().as_millis(), 933);
}

#[test]
fn a_track_that_runs_ahead_is_not_held_back() {
    let samples = merge(pictures(30, 30, 2, |_| 10), sounds(47, |_| 5), SECOND / 2);
    let fragments = cut(&video(), samples);
    let first = Fragment::parse(&fragments[0]).unwrap();
    let tracks: Vec<_> = first.runs().map(|run| (run.track, run.samples().count())).collect();
    assert_eq!(tracks, [(Track::Audio, 11)], "sound alone, 235 ms of it");
}

#[test]
fn pictures_decoded_before_time_zero_have_a_time_and_none_is_shown_before_it_is_decoded() {
    let fragments = cut(&video(), pictures(30, 30, 2, |_| 10));
    let first = Fragment::parse(&fragments[0]).unwrap();
    let run = first.runs().next().unwrap();
    let compositions: Vec<_> = run.samples().map(|sample| sample.composition).collect();
    assert_eq!((run.decode, &compositions[..4]), (2000 - 1000, &[1000, 3000, 0, 0][..]));
}

#[test]
fn a_clock_that_stands_or_goes_back_still_gives_rising_decoding_times() {
    let mut samples = pictures(8, 30, 0, |_| 10);
    samples[3].dts = samples[2].dts;
    samples[4].dts = samples[1].dts;
    let fragments = cut(&video(), samples);
    let mut last = None;
    for fragment in &fragments {
        for run in Fragment::parse(fragment).unwrap().runs() {
            let mut decode = run.decode;
            for sample in run.samples() {
                assert!(last.is_none_or(|last| decode > last));
                last = Some(decode);
                decode += u64::from(sample.duration);
            }
        }
    }
}

#[test]
fn samples_that_dont_say_how_long_they_last_are_not_taken_for_gaps() {
    let silent = pictures(60, 30, 0, |_| 10).into_iter().map(|sample| Sample { duration: 0, ..sample });
    let fragments = cut(&video(), silent.collect());
    assert!(fragments.len() <= 11, "{}", fragments.len());
    let lasts: Vec<u32> = fragments
        .iter()
        .skip(2)
        .flat_map(|bytes| {
            Fragment::parse(bytes).unwrap().runs().flat_map(|run| run.samples()).collect::<Vec<_>>()
        })
        .map(|sample| sample.duration)
        .collect();
    assert!(lasts.iter().all(|ticks| *ticks == 1000), "{lasts:?}");
}

proptest! {
    #[test]
    fn no_fragment_is_longer_than_its_limit((video, samples) in programme::any()) {
        let count = samples.len();
        let longest = samples.iter().map(|sample| sample.duration).max().unwrap_or(0);
        let fragments = cut(&video, samples);
        let mut seen = 0;
        for bytes in &fragments {
            let fragment = Fragment::parse(bytes).unwrap();
            prop_assert_eq!(fragment.len, bytes.len() as u64);
            for run in fragment.runs() {
                seen += run.samples().count();
                let scale = if run.track == Track::Audio { 48_000 } else { 1000 * u64::from(video.fps.max(30)) };
                let scale = if run.track == Track::Video && video.fps < 30 { 3000 * u64::from(video.fps) } else { scale };
                let ticks: u64 = run.samples().map(|sample| u64::from(sample.duration)).sum();
                let nanos = ticks * 1_000_000_000 / scale;
                prop_assert!(nanos <= 250_000_000.max(longest) + 30_000, "{} ns", nanos);
            }
        }
        prop_assert_eq!(seen, count);
    }
}
