//! What each of LiveKit's reasons for a disconnect means for a recording.

use livekit_protocol::DisconnectReason as Reason;

use super::End;

/// What to do about a disconnect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disconnect {
    /// The recording is over.
    Finish(End),
    /// Nothing says that the room is over: join again, with the same identity, if the room session still is the same.
    Rejoin,
    /// The room can't be had: `End::Failed` with this line and this code (as the Egress API uses it).
    Fail {
        /// One line for a person.
        error: &'static str,
        /// HTTP-like code.
        code: i32,
    },
}

/// Decides on a disconnect.
///
/// An administrator's removal is a decision about us: never answered by joining again. A take-over by
/// the same identity is another recorder doing our work: we leave silently.
pub fn on_disconnect(reason: Reason) -> Disconnect {
    match reason {
        // We left by ourselves.
        Reason::ClientInitiated => Disconnect::Finish(End::Stopped),
        Reason::DuplicateIdentity => Disconnect::Finish(End::Replaced),
        Reason::ParticipantRemoved => Disconnect::Finish(End::Removed),
        Reason::RoomDeleted | Reason::RoomClosed => Disconnect::Finish(End::RoomEnded),
        // The server or the way to it, not the room.
        Reason::UnknownReason
        | Reason::ServerShutdown
        | Reason::StateMismatch
        | Reason::Migration
        | Reason::SignalClose
        | Reason::ConnectionTimeout
        | Reason::MediaFailure
        // While mending, the client's token was out of date or the server not ready; a new one is minted.
        | Reason::JoinFailure => Disconnect::Rejoin,
        // Said to phone callees and agents only.
        Reason::UserUnavailable | Reason::UserRejected | Reason::SipTrunkFailure | Reason::AgentError => {
            Disconnect::Fail {
                error: "the server ended the session for a reason that isn't a recorder's",
                code: 500,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_row() {
        #[derive(Debug, PartialEq)]
        enum Short {
            Finish(End),
            Rejoin,
            Fail(i32),
        }
        use Short::{Fail, Finish, Rejoin};
        let table = [
            ("UNKNOWN_REASON", Rejoin),
            ("CLIENT_INITIATED", Finish(End::Stopped)),
            ("DUPLICATE_IDENTITY", Finish(End::Replaced)),
            ("SERVER_SHUTDOWN", Rejoin),
            ("PARTICIPANT_REMOVED", Finish(End::Removed)),
            ("ROOM_DELETED", Finish(End::RoomEnded)),
            ("STATE_MISMATCH", Rejoin),
            ("JOIN_FAILURE", Rejoin),
            ("MIGRATION", Rejoin),
            ("SIGNAL_CLOSE", Rejoin),
            ("ROOM_CLOSED", Finish(End::RoomEnded)),
            ("USER_UNAVAILABLE", Fail(500)),
            ("USER_REJECTED", Fail(500)),
            ("SIP_TRUNK_FAILURE", Fail(500)),
            ("CONNECTION_TIMEOUT", Rejoin),
            ("MEDIA_FAILURE", Rejoin),
            ("AGENT_ERROR", Fail(500)),
        ];
        // The table is whole: as many rows as values that the protocol knows.
        let known = (0..64).filter(|&value| Reason::try_from(value).is_ok()).count();
        assert_eq!(known, table.len());
        for (name, expected) in table {
            let got = match on_disconnect(Reason::from_str_name(name).unwrap()) {
                Disconnect::Finish(end) => Finish(end),
                Disconnect::Rejoin => Rejoin,
                Disconnect::Fail { code, .. } => Fail(code),
            };
            assert_eq!(got, expected, "{name}");
        }
    }
}
