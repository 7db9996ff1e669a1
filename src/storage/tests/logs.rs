//! Logs for tests, and what their closed form must hold.

use std::path::Path;

use bytes::Bytes;

use super::disk::MemDisk;
use crate::output::mp4::tests::strict;
use crate::output::mp4::{FRAGMENT, FragmentWriter};
use crate::sample::{AudioConfig, Sample, Track, VideoConfig};
use crate::storage::StorageError;
use crate::storage::close::{ClosedLog, close_disk};

/// A log in its pieces: which samples each fragment holds is known.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) head: Bytes,
    /// Each with the samples it brought.
    pub(super) fragments: Vec<(Bytes, Vec<Sample>)>,
    pub(super) priming: u32,
}

impl Log {
    pub(super) fn new(video: &VideoConfig, audio: &AudioConfig, samples: &[Sample]) -> Self {
        let mut writer = FragmentWriter::new(video, audio, FRAGMENT);
        let head = writer.init_segment().unwrap();
        let (mut fragments, mut pending): (Vec<(Bytes, Vec<Sample>)>, Vec<Sample>) = (Vec::new(), Vec::new());
        for sample in samples {
            let out = writer.push(sample.clone());
            // Whether the sample itself is in the fragment is told by the bytes.
            if let Some(fragment) = out {
                let mut inside = std::mem::take(&mut pending);
                let count = count(&fragment);
                if inside.len() < count {
                    inside.push(sample.clone());
                } else {
                    pending.push(sample.clone());
                }
                assert_eq!(inside.len(), count);
                fragments.push((fragment, inside));
            } else {
                pending.push(sample.clone());
            }
        }
        if let Some(fragment) = writer.flush() {
            fragments.push((fragment, pending));
        }
        Self { head, fragments, priming: audio.priming }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut all = self.head.to_vec();
        self.fragments.iter().for_each(|(fragment, _)| all.extend_from_slice(fragment));
        all
    }

    /// How many fragments are whole in the first `len` bytes, and where the last of them ends.
    pub(super) fn whole(&self, len: usize) -> (usize, usize) {
        let mut end = self.head.len();
        let mut count = 0;
        for (fragment, _) in &self.fragments {
            if end + fragment.len() > len {
                break;
            }
            end += fragment.len();
            count += 1;
        }
        (count, end)
    }

    /// The closed file holds exactly the samples of these fragments, each at its time.
    pub(super) fn assert_closed(&self, file: &[u8], kept: impl Iterator<Item = usize>) {
        let found = strict::read(file);
        let kept: Vec<&Sample> = kept.flat_map(|n| &self.fragments[n].1).collect();
        for track in [Track::Video, Track::Audio] {
            let expected: Vec<_> = kept.iter().filter(|sample| sample.track == track).collect();
            let shown = found.track(track);
            assert_eq!(shown.len(), expected.len(), "{track:?}");
            let priming = if track == Track::Audio { f64::from(self.priming) / 48_000.0 } else { 0.0 };
            for (shown, sample) in shown.iter().zip(expected) {
                assert_eq!(shown.data, sample.data);
                assert_eq!(shown.sync, sample.sync);
                let at = sample.pts as f64 / 1e9 - priming;
                // A tick of the coarsest clock (24 × 3000 Hz), and one of the movie's.
                assert!((shown.at - at).abs() < 4e-5, "{track:?} at {} instead of {at}", shown.at);
            }
        }
        let end = kept.iter().map(|sample| {
            let priming = if sample.track == Track::Audio { f64::from(self.priming) / 48_000.0 } else { 0.0 };
            (sample.pts as f64 + sample.duration as f64) / 1e9 - priming
        });
        let end = end.fold(0.0, f64::max);
        // A short gap is given to the frame before it.
        let slack = kept.iter().map(|sample| sample.duration as f64 / 2e9).fold(0.0, f64::max);
        assert!(
            (-1e-4..slack + 1e-4).contains(&(found.duration - end)),
            "{} s instead of {end}",
            found.duration
        );
    }
}

fn count(fragment: &[u8]) -> usize {
    let parsed = crate::output::mp4::Fragment::parse(fragment).unwrap();
    parsed.runs().map(|run| run.samples().count()).sum()
}

/// Closes a log in memory.
pub(super) fn close(bytes: Vec<u8>) -> (Vec<u8>, Result<ClosedLog, StorageError>) {
    let mut disk = MemDisk::new(bytes);
    let result = close_disk(&mut disk, Path::new("log.mp4"));
    (disk.bytes, result)
}
