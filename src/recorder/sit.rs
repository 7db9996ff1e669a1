//! The way to a seat: is the room there, a token, the join.

use std::sync::Arc;
use std::time::Duration;

use livetape_rtc::e2ee::Keyring;
use tokio::time::timeout;

use crate::job::join_token;
use crate::room::{Directory, JoinError, Seat, SeatOptions};
use crate::supervisor::protocol::Order;

/// How long one join may take.
const JOIN_TIMEOUT: Duration = Duration::from_secs(15);

/// Why there is no seat.
#[derive(Debug)]
pub enum NoSeat {
    /// The room, or this session of it, is no longer.
    RoomIsGone,
    /// The server won't have us.
    Refused(String),
    /// Another try may help.
    Unreachable(String),
}

/// Takes the first seat. The parent has just seen the room; that it is the same session is checked
/// by the caller once seated.
pub async fn sit_first(order: Order, keyring: Arc<Keyring>) -> Result<Seat, NoSeat> {
    join(order, keyring).await
}

/// Takes a seat again: never by making a room that isn't there.
pub async fn sit_again(order: Order, keyring: Arc<Keyring>) -> Result<Seat, NoSeat> {
    let directory = Directory::at(&order.url, "the server", &order.api_key, &order.api_secret);
    match directory.find(&order.room_name).await {
        Ok(Some(room)) if room.sid == order.room_sid => join(order, keyring).await,
        Ok(_) => Err(NoSeat::RoomIsGone),
        Err(error) => Err(NoSeat::Unreachable(error.to_string())),
    }
}

async fn join(order: Order, keyring: Arc<Keyring>) -> Result<Seat, NoSeat> {
    let token = join_token(&order.api_key, &order.api_secret, &order.egress_id, &order.room_name)
        .map_err(|error| NoSeat::Refused(error.to_string()))?;
    let options = SeatOptions { url: order.url, token, keyring };
    tracing::info!("joining");
    match timeout(JOIN_TIMEOUT, Seat::take(options)).await {
        Ok(Ok(seat)) => Ok(seat),
        Ok(Err(JoinError::Refused(error))) => Err(NoSeat::Refused(error)),
        Ok(Err(JoinError::Unreachable(error))) => Err(NoSeat::Unreachable(error)),
        Err(_) => Err(NoSeat::Unreachable("joining took too long".into())),
    }
}
