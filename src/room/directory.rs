//! Which rooms there are: asked before anything joins, for joining a misspelt room would create it.

use std::time::Duration;

use livekit_api::access_token::AccessTokenError;
use livekit_api::services::room::RoomClient;
use livekit_api::services::{ServerError, ServiceError};
use livekit_protocol::Room;
use thiserror::Error;

use crate::job::Secret;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a server didn't say which rooms it has.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// The server doesn't take our key and secret.
    #[error("{server} refuses the API key or secret: {why}")]
    Refused {
        /// Host and port.
        server: String,
        /// In the server's words.
        why: String,
    },
    /// Something answers, but not as LiveKit does when it takes our credentials.
    #[error(
        "{server} doesn't answer like a LiveKit server that takes this API key and secret; check them, and the URL"
    )]
    Odd {
        /// Host and port.
        server: String,
    },
    /// Nothing answers, or not over a trusted connection.
    #[error("can't reach {server}: {why}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// The innermost cause.
        why: String,
    },
}

impl DirectoryError {
    /// The code that the Egress API would give.
    pub fn code(&self) -> i32 {
        match self {
            Self::Refused { .. } | Self::Odd { .. } => 401,
            Self::Unreachable { .. } => 503,
        }
    }

    /// Whether asking again may help.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Odd { .. } => false,
            // A certificate doesn't get better by waiting.
            Self::Unreachable { why, .. } => !why.contains("certificate"),
        }
    }
}

/// A server's list of rooms.
#[derive(Debug)]
pub struct Directory {
    client: RoomClient,
    server: String,
}

impl Directory {
    /// The list of the server at `url` (`http` or `ws`, with or without TLS); `server` is its host and port, for
    /// people.
    pub fn at(url: &str, server: &str, api_key: &Secret, api_secret: &Secret) -> Self {
        let client = RoomClient::with_api_key(url, api_key.expose(), api_secret.expose())
            .with_request_timeout(PATIENCE);
        Self { client, server: server.to_owned() }
    }

    /// The room of this name, if it is there.
    ///
    /// # Errors
    /// The server can't be asked.
    pub async fn find(&self, name: &str) -> Result<Option<Room>, DirectoryError> {
        let rooms =
            self.client.list_rooms(vec![name.to_owned()]).await.map_err(|error| self.explain(error))?;
        // The server filters by name; a proxy or an old server may not.
        Ok(rooms.into_iter().find(|room| room.name == name && !room.sid.is_empty()))
    }

    fn explain(&self, error: ServiceError) -> DirectoryError {
        let server = self.server.clone();
        match error {
            ServiceError::Twirp(ServerError::Twirp(answer)) => match answer.code.as_str() {
                "unauthenticated" | "permission_denied" => {
                    DirectoryError::Refused { server, why: answer.msg }
                }
                _ => DirectoryError::Unreachable { server, why: answer.to_string() },
            },
            // LiveKit says in plain text that it doesn't know a key or that a signature is wrong, and the client
            // library can read only JSON and protobuf.
            ServiceError::Twirp(ServerError::Request(error)) if error.is_decode() => {
                DirectoryError::Odd { server }
            }
            ServiceError::Twirp(ServerError::Request(error)) if error.is_timeout() => {
                DirectoryError::Unreachable {
                    server,
                    why: format!("no answer within {} s", PATIENCE.as_secs()),
                }
            }
            ServiceError::Twirp(ServerError::Request(error)) => {
                DirectoryError::Unreachable { server, why: innermost(&error) }
            }
            ServiceError::AccessToken(AccessTokenError::InvalidKeys) => {
                DirectoryError::Refused { server, why: "key or secret are empty".to_owned() }
            }
            other => DirectoryError::Unreachable { server, why: other.to_string() },
        }
    }
}

/// The last cause of a chain says what happened; those before say who noticed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
