//! Taking and leaving a seat.

use std::collections::VecDeque;
use std::sync::Arc;

use libwebrtc::native::frame_cryptor;
use livekit::e2ee::key_provider::{KeyProvider, KeyProviderOptions};
use livekit::e2ee::{E2eeOptions, EncryptionType};
use livekit::{DisconnectReason, Room, RoomError, RoomEvent, RoomOptions};
use livetape_rtc::e2ee::Keyring;
use tokio::sync::mpsc;

use super::SeatEvent;
use super::translate;
use crate::job::Secret;

/// How to sit down.
#[derive(Debug)]
pub struct SeatOptions {
    /// Signalling URL.
    pub url: String,
    /// Access token, minted for this seat.
    pub token: Secret,
    /// Keys, where there are any; livekit's own E2EE management works on the same ring.
    pub keyring: Option<Arc<Keyring>>,
}

/// Why nobody sat down.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The server refused the token or the room.
    #[error("the server refused the seat: {0}")]
    Refused(String),
    /// The server can't be reached, or the connection broke while joining.
    #[error("can't reach the room: {0}")]
    Unreachable(String),
}

impl JoinError {
    /// Whether another try may help.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}

/// A seat in a room. Dropping it without [`Seat::leave`] leaves the goodbye to the server's timeout.
#[derive(Debug)]
pub struct Seat {
    room: Room,
    // livekit's own channel; it is drained as fast as it fills, for nothing here waits.
    inbound: mpsc::UnboundedReceiver<RoomEvent>,
    ready: VecDeque<SeatEvent>,
    lost: bool,
}

impl Seat {
    /// Joins. Everything published so far is subscribed, and told as events.
    pub async fn take(options: SeatOptions) -> Result<Self, JoinError> {
        let encryption = options.keyring.map(|keyring| E2eeOptions {
            encryption_type: EncryptionType::Gcm,
            key_provider: frame_cryptor::with_keyring(keyring, || {
                KeyProvider::new(KeyProviderOptions::default())
            }),
        });
        let mut room_options = RoomOptions::default();
        room_options.auto_subscribe = true;
        room_options.adaptive_stream = false;
        room_options.dynacast = false;
        room_options.encryption = encryption;
        let (room, inbound) = Room::connect(&options.url, options.token.expose(), room_options)
            .await
            .map_err(|error| classify(&error))?;
        Ok(Self { room, inbound, ready: VecDeque::new(), lost: false })
    }

    /// The room session's id (`RM_…`).
    pub async fn room_sid(&self) -> String {
        self.room.sid().await.to_string()
    }

    /// The next event; `None` after [`SeatEvent::Lost`]. Cancel safe.
    pub async fn next_event(&mut self) -> Option<SeatEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.lost |= matches!(event, SeatEvent::Lost(_));
                return Some(event);
            }
            if self.lost {
                return None;
            }
            match self.inbound.recv().await {
                Some(event) => translate::room_event(event, &mut self.ready),
                None => self.ready.push_back(SeatEvent::Lost(DisconnectReason::UnknownReason)),
            }
        }
    }

    /// Leaves with a goodbye.
    pub async fn leave(self) {
        if let Err(error) = self.room.close().await {
            tracing::debug!(%error, "the goodbye did not reach the room");
        }
    }
}

fn classify(error: &RoomError) -> JoinError {
    let text = error.to_string();
    // livekit tells a refusal (401, 403, 404) only in words.
    let refused = ["401", "403", "404", "nauthorized", "orbidden", "permission"];
    if refused.iter().any(|word| text.contains(word)) {
        JoinError::Refused(text)
    } else {
        JoinError::Unreachable(text)
    }
}
