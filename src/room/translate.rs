//! livekit's words into ours.

use libwebrtc::encoded::{EncodedFrameStream, Encryption as Expect};
use livekit::RoomEvent;
use livekit::participant::ParticipantKind;
use livekit::prelude::{Participant, RemoteParticipant, RemoteTrackPublication};
use livekit::track::{RemoteTrack, TrackKind, TrackSource};

use super::{Encryption, Member, MemberKind, SeatEvent, TrackFacts};
use crate::timeline::Kind;

/// What one event of livekit means to us; most mean nothing.
pub(super) fn room_event(event: RoomEvent) -> Vec<SeatEvent> {
    let mut out = Vec::new();
    match event {
        RoomEvent::Connected { participants_with_tracks } => {
            for (participant, publications) in participants_with_tracks {
                out.push(SeatEvent::Member(member(&participant)));
                for publication in publications {
                    out.push(SeatEvent::Published(facts(&participant, &publication)));
                }
            }
            out.push(SeatEvent::Settled);
        }
        RoomEvent::ParticipantConnected(participant) | RoomEvent::ParticipantActive(participant) => {
            out.push(SeatEvent::Member(member(&participant)));
        }
        RoomEvent::ParticipantNameChanged { participant: Participant::Remote(participant), .. } => {
            out.push(SeatEvent::Member(member(&participant)));
        }
        RoomEvent::ParticipantDisconnected(participant) => {
            out.push(SeatEvent::Left { identity: participant.identity().to_string() });
        }
        RoomEvent::TrackPublished { publication, participant } => {
            out.push(SeatEvent::Published(facts(&participant, &publication)));
        }
        RoomEvent::TrackUnpublished { publication, participant } => {
            out.push(SeatEvent::Unpublished {
                identity: participant.identity().to_string(),
                sid: publication.sid().to_string(),
            });
        }
        RoomEvent::TrackSubscribed { track, publication, participant } => {
            let facts = facts(&participant, &publication);
            let frames = frames(&track, facts.encryption);
            out.push(SeatEvent::Subscribed(facts, frames));
        }
        RoomEvent::TrackUnsubscribed { publication, .. } => {
            out.push(SeatEvent::Unsubscribed { sid: publication.sid().to_string() });
        }
        RoomEvent::TrackMuted { publication, .. } => {
            out.push(SeatEvent::Muted { sid: publication.sid().to_string(), muted: true });
        }
        RoomEvent::TrackUnmuted { publication, .. } => {
            out.push(SeatEvent::Muted { sid: publication.sid().to_string(), muted: false });
        }
        RoomEvent::TrackSubscriptionFailed { participant, error, track_sid } => {
            tracing::warn!(
                participant.identity = %participant.identity(), track.sid = %track_sid, %error,
                "a track can't be subscribed"
            );
        }
        RoomEvent::Reconnecting => out.push(SeatEvent::Reconnecting),
        RoomEvent::Reconnected => out.push(SeatEvent::Settled),
        RoomEvent::Disconnected { reason } => out.push(SeatEvent::Lost(reason)),
        _ => {}
    }
    out
}

fn member(participant: &RemoteParticipant) -> Member {
    Member {
        identity: participant.identity().to_string(),
        name: participant.name(),
        kind: match participant.kind() {
            ParticipantKind::Egress => MemberKind::Recorder,
            ParticipantKind::Agent => MemberKind::Agent,
            _ => MemberKind::Person,
        },
    }
}

fn facts(participant: &RemoteParticipant, publication: &RemoteTrackPublication) -> TrackFacts {
    TrackFacts {
        sid: publication.sid().to_string(),
        identity: participant.identity().to_string(),
        kind: match publication.kind() {
            TrackKind::Audio => Kind::Sound,
            TrackKind::Video => Kind::Picture,
        },
        screen: matches!(publication.source(), TrackSource::Screenshare | TrackSource::ScreenshareAudio),
        muted: publication.is_muted(),
        av1: publication.mime_type().eq_ignore_ascii_case("video/av1"),
        encryption: match publication.encryption_type() {
            livekit::e2ee::EncryptionType::None => Encryption::None,
            livekit::e2ee::EncryptionType::Gcm => Encryption::Gcm,
            livekit::e2ee::EncryptionType::Custom => Encryption::Custom,
        },
    }
}

fn frames(track: &RemoteTrack, encryption: Encryption) -> EncodedFrameStream {
    let expect = match encryption {
        Encryption::None => Expect::Clear,
        Encryption::Gcm | Encryption::Custom => Expect::Encrypted,
    };
    EncodedFrameStream::new(&track.rtc_track(), expect)
}
