//! Waiting for a room to be there.

use std::time::Duration;

use livekit_protocol::Room;
use thiserror::Error;
use tokio::time::{Instant, sleep_until};

use crate::job::Plan;
use crate::room::{Directory, DirectoryError};

/// Why there is no room to record.
#[derive(Debug, Error)]
pub enum RoomError {
    /// The server doesn't know it.
    #[error("room `{room}` isn't there{}", waited(.after))]
    NotThere {
        /// Its name.
        room: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// The server can't be asked.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl RoomError {
    /// The code that the Egress API would give.
    pub fn code(&self) -> i32 {
        match self {
            Self::NotThere { .. } => 404,
            Self::Directory(error) => error.code(),
        }
    }

    fn may_pass(&self) -> bool {
        match self {
            Self::NotThere { .. } => true,
            Self::Directory(error) => error.may_pass(),
        }
    }
}

fn waited(after: &Duration) -> String {
    if after.is_zero() { String::new() } else { format!(" (waited {} s)", after.as_secs()) }
}

/// Looks for the plan's room until it is there or the plan's patience ends. `on_wait` is told once when it isn't
/// there at first.
///
/// # Errors
/// The room isn't there in time, or the server can't be asked.
pub async fn find(plan: &Plan, mut on_wait: impl FnMut()) -> Result<Room, RoomError> {
    let server = plan.endpoint.authority();
    let directory = Directory::at(plan.endpoint.as_str(), server, &plan.api_key, &plan.api_secret);
    let deadline = Instant::now() + plan.wait_for_room;
    let mut first = true;
    loop {
        let asked = Instant::now();
        let error = match ask(&directory, plan).await {
            Ok(room) => return Ok(room),
            Err(error) => error,
        };
        if !error.may_pass() || asked >= deadline {
            return Err(error);
        }
        // The last question is asked when patience ends, not before.
        let next = (asked + plan.poll_interval).min(deadline);
        if first {
            tracing::info!(room.name = plan.room, "waiting for the room");
            on_wait();
            first = false;
        }
        sleep_until(next).await;
    }
}

async fn ask(directory: &Directory, plan: &Plan) -> Result<Room, RoomError> {
    let room = directory.find(&plan.room).await?;
    room.ok_or_else(|| RoomError::NotThere { room: plan.room.clone(), after: plan.wait_for_room })
}
