//! livekit's words into ours.

use std::collections::VecDeque;

use libwebrtc::encoded::{EncodedFrameStream, Encryption as Expect};
use livekit::RoomEvent;
use livekit::participant::ParticipantKind;
use livekit::prelude::{Participant, RemoteParticipant, RemoteTrackPublication};
use livekit::track::{RemoteTrack, TrackKind, TrackSource};

use super::{Encryption, Member, MemberKind, SeatEvent, TrackFacts};
use crate::timeline::Kind;

/// Appends what one event of livekit means to us; most mean nothing.
pub(super) fn room_event(event: RoomEvent, out: &mut VecDeque<SeatEvent>) {
    match event {
        RoomEvent::Connected { participants_with_tracks } => {
            for (participant, publications) in participants_with_tracks {
                out.push_back(SeatEvent::Member(member(&participant)));
                for publication in publications {
                    out.push_back(SeatEvent::Published(facts(&participant, &publication)));
                }
            }
            out.push_back(SeatEvent::Settled);
        }
        RoomEvent::ParticipantConnected(participant) | RoomEvent::ParticipantActive(participant) => {
            out.push_back(SeatEvent::Member(member(&participant)));
        }
        RoomEvent::ParticipantNameChanged { participant: Participant::Remote(participant), .. } => {
            out.push_back(SeatEvent::Member(member(&participant)));
        }
        RoomEvent::ParticipantDisconnected(participant) => {
            out.push_back(SeatEvent::Left { identity: participant.identity().to_string() });
        }
        RoomEvent::TrackPublished { publication, participant } => {
            out.push_back(SeatEvent::Published(facts(&participant, &publication)));
        }
        RoomEvent::TrackUnpublished { publication, participant } => {
            out.push_back(SeatEvent::Unpublished {
                identity: participant.identity().to_string(),
                sid: publication.sid().to_string(),
            });
        }
        RoomEvent::TrackSubscribed { track, publication, participant } => {
            let facts = facts(&participant, &publication);
            let frames = frames(&track, facts.encryption);
            out.push_back(SeatEvent::Subscribed(facts, frames));
        }
        RoomEvent::TrackUnsubscribed { publication, .. } => {
            out.push_back(SeatEvent::Unsubscribed { sid: publication.sid().to_string() });
        }
        RoomEvent::TrackMuted { publication, .. } => {
            out.push_back(SeatEvent::Muted { sid: publication.sid().to_string(), muted: true });
        }
        RoomEvent::TrackUnmuted { publication, .. } => {
            out.push_back(SeatEvent::Muted { sid: publication.sid().to_string(), muted: false });
        }
        RoomEvent::TrackSubscriptionFailed { participant, error, track_sid } => {
            tracing::warn!(
                participant.identity = %participant.identity(), track.sid = %track_sid, %error,
                "a track can't be subscribed"
            );
        }
        RoomEvent::Reconnecting => out.push_back(SeatEvent::Reconnecting),
        RoomEvent::Reconnected => out.push_back(SeatEvent::Settled),
        RoomEvent::Disconnected { reason } => out.push_back(SeatEvent::Lost(reason)),
        _ => {}
    }
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
