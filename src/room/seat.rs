//! Taking and leaving a seat.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use libwebrtc::native::frame_cryptor;
use livekit::e2ee::key_provider::{KeyProvider, KeyProviderOptions};
use livekit::e2ee::{E2eeOptions, EncryptionType};
use livekit::rtc_engine::EngineError;
use livekit::{DisconnectReason, Room, RoomError, RoomEvent, RoomOptions};
use livetape_rtc::e2ee::Keyring;
use tokio::sync::mpsc;
use tokio::time::timeout_at;

use super::order::Order;
use super::{SeatEvent, translate};
use crate::job::Secret;

/// How to sit down.
#[derive(Debug)]
pub struct SeatOptions {
    /// Signalling URL.
    pub url: String,
    /// Access token, minted for this seat.
    pub token: Secret,
    /// Keys, those to come included; livekit's own E2EE management works on the same ring.
    pub keyring: Arc<Keyring>,
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
    /// The room session's id.
    sid: String,
    // livekit's own channel; it is drained as fast as it fills, for nothing here waits.
    inbound: mpsc::UnboundedReceiver<RoomEvent>,
    order: Order,
    ready: VecDeque<SeatEvent>,
    lost: bool,
}

impl Seat {
    /// Joins. Everything published so far is subscribed, and told as events.
    pub async fn take(options: SeatOptions) -> Result<Self, JoinError> {
        let encryption = E2eeOptions {
            encryption_type: EncryptionType::Gcm,
            key_provider: frame_cryptor::with_keyring(options.keyring, || {
                KeyProvider::new(KeyProviderOptions::default())
            }),
        };
        let mut room_options = RoomOptions::default();
        room_options.auto_subscribe = true;
        room_options.adaptive_stream = false;
        room_options.dynacast = false;
        room_options.encryption = Some(encryption);
        let (room, inbound) = Room::connect(&options.url, options.token.expose(), room_options)
            .await
            .map_err(|error| classify(&error))?;
        let sid = room.sid().await.to_string();
        let (order, ready) = (Order::default(), VecDeque::new());
        Ok(Self { room, sid, inbound, order, ready, lost: false })
    }

    /// The id of the room session that was joined (`RM_…`).
    pub fn room_sid(&self) -> &str {
        &self.sid
    }

    /// The next event; `None` after [`SeatEvent::Lost`]. Cancel safe.
    ///
    /// livekit mends its connection into whatever room has the name by then: another session is a room that closed.
    pub async fn next_event(&mut self) -> Option<SeatEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.lost |= matches!(event, SeatEvent::Lost(_));
                return Some(event);
            }
            if self.lost {
                return None;
            }
            let received = match self.order.due() {
                Some(due) => timeout_at(due.into(), self.inbound.recv()).await,
                None => Ok(self.inbound.recv().await),
            };
            match received {
                Ok(Some(_)) if self.is_elsewhere() => {
                    self.tell(SeatEvent::Lost(DisconnectReason::RoomClosed))
                }
                Ok(Some(event)) => {
                    translate::room_event(event).into_iter().for_each(|event| self.tell(event))
                }
                Ok(None) => self.tell(SeatEvent::Lost(DisconnectReason::UnknownReason)),
                Err(_) => self.order.release(&mut self.ready),
            }
        }
    }

    fn tell(&mut self, event: SeatEvent) {
        self.order.push(event, Instant::now(), &mut self.ready);
    }

    fn is_elsewhere(&self) -> bool {
        self.room.maybe_sid().is_some_and(|sid| sid.as_str() != self.sid)
    }

    /// Leaves with a goodbye.
    pub async fn leave(self) {
        if let Err(error) = self.room.close().await {
            tracing::debug!(%error, "the goodbye did not reach the room");
        }
    }
}

/// livekit tells the server's own answer (`rtc/validate`) from what a proxy in between may have made of an outage;
/// only the former is a refusal.
fn classify(error: &RoomError) -> JoinError {
    let text = error.to_string();
    let RoomError::Engine(EngineError::Signal(signal)) = error else { return JoinError::Unreachable(text) };
    let answer = signal.to_string();
    let refused =
        ["401", "403", "404"].iter().any(|code| answer.starts_with(&format!("client error: {code}")));
    if refused { JoinError::Refused(text) } else { JoinError::Unreachable(text) }
}
