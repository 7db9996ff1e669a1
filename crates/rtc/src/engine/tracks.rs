//! Which track each section carries, kept in step with the remote's descriptions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use str0m::Rtc;
use tokio::sync::Notify;

use super::receivers::Receivers;
use super::remote_sdp::{RemoteSection, sections};
use super::{RemoteTrack, Section};

/// The tracks that the remote sends, by mid.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    by_mid: HashMap<String, RemoteTrack>,
}

/// What a description made of them.
#[derive(Debug, Default)]
pub(super) struct Synced {
    /// All sections.
    pub sections: Vec<Section>,
    /// Those that began to carry a new track.
    pub fresh: Vec<Section>,
}

impl Tracks {
    /// Ends tracks that are gone and begins those that are new.
    pub(super) fn sync(
        &mut self,
        sdp: &str,
        receivers: &mut Receivers,
        rtc: &Rtc,
        driver: &Arc<Notify>,
    ) -> Synced {
        let now = Instant::now();
        let mut former = std::mem::take(&mut self.by_mid);
        let mut synced = Synced::default();
        for remote in sections(sdp) {
            let kept = former.remove(&remote.mid).and_then(|track| keep(track, &remote, receivers));
            let is_fresh = kept.is_none();
            let track = kept.or_else(|| {
                let source = remote.source?;
                let track = RemoteTrack::new(&remote.mid, remote.kind, source, driver.clone());
                tracing::debug!(?track, "track begins");
                receivers.add(rtc, track.clone(), now);
                Some(track)
            });
            let section = Section {
                mid: Some(remote.mid.clone()),
                kind: remote.kind,
                receiving: remote.sending,
                track: track.clone(),
            };
            if let Some(track) = track {
                self.by_mid.insert(remote.mid, track);
                synced.fresh.extend(is_fresh.then(|| section.clone()));
            }
            synced.sections.push(section);
        }
        for track in former.values() {
            end(track, receivers);
        }
        synced
    }
}

/// The same section with another source is another track.
fn keep(track: RemoteTrack, remote: &RemoteSection, receivers: &mut Receivers) -> Option<RemoteTrack> {
    let same = remote.source.as_ref() == Some(track.source());
    if !same {
        end(&track, receivers);
    }
    same.then_some(track)
}

fn end(track: &RemoteTrack, receivers: &mut Receivers) {
    tracing::debug!(?track, "track ends");
    receivers.remove(track);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sdp(mid: &str, direction: &str, track: &str, ssrc: u32) -> String {
        format!(
            "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{mid}\r\na={direction}\r\n\
             a=msid:PA|{track} {track}\r\na=ssrc:{ssrc} cname:c\r\n"
        )
    }

    #[test]
    fn a_section_used_again_is_another_track_and_ends_the_former() {
        let rtc = Rtc::new(Instant::now());
        let (mut tracks, mut receivers) = (Tracks::default(), Receivers::default());
        let driver = Arc::new(Notify::new());
        let mut sync = |sdp: &str| tracks.sync(sdp, &mut receivers, &rtc, &driver);

        let first = sync(&sdp("1", "sendonly", "TR_a", 10)).fresh.remove(0).track.unwrap();
        assert!(sync(&sdp("1", "sendonly", "TR_a", 10)).fresh.is_empty(), "nothing changed");
        let second = sync(&sdp("1", "sendonly", "TR_b", 20)).fresh.remove(0).track.unwrap();
        assert!(first.ended() && !second.ended());

        let idle = sync(&sdp("1", "inactive", "TR_b", 20));
        assert!(second.ended() && idle.sections[0].track.is_none() && !idle.sections[0].receiving);

        let again = sync(&sdp("1", "sendonly", "TR_b", 20)).fresh.remove(0).track.unwrap();
        assert_ne!(again.unique_id(), second.unique_id());
        sync("");
        assert!(again.ended(), "the section is gone");
    }
}
