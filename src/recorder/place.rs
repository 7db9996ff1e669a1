//! Where a recorder stands with its room, and what happens there.

use std::pin::Pin;

use tokio::time::Instant;

use super::sit::NoSeat;
use crate::job::End;
use crate::room::{Seat, SeatEvent};

/// The way to a seat.
pub type Sitting = Pin<Box<dyn Future<Output = Result<Seat, NoSeat>> + Send>>;

/// Where we stand with the room.
pub enum Place {
    /// A seat is being taken.
    Sitting {
        /// On the way.
        trying: Sitting,
        /// How often it was tried in vain before.
        attempt: u32,
        /// When the seat was lost, if there was one.
        lost: Option<Instant>,
    },
    /// Seated.
    Seated(Seated),
    /// It is over; what was captured is coming out. The seat is kept so long, its news are not.
    Flushing {
        /// Why.
        end: End,
        /// Where there was one.
        seat: Option<Box<Seat>>,
    },
    /// Between two places.
    Nowhere,
}

/// A seat that is held.
pub struct Seated {
    /// It.
    pub seat: Box<Seat>,
    /// Since when.
    pub since: Instant,
    /// How often it was tried in vain before.
    pub attempt: u32,
    /// The client is mending its connection, since then.
    pub mending: Option<Instant>,
}

/// What happened.
pub enum News {
    /// A seat was taken, after so many tries in vain.
    Sat(Box<Seat>, u32),
    /// It wasn't.
    NoSeat(NoSeat, u32, Option<Instant>),
    /// The room has news.
    Event(SeatEvent),
}

impl Place {
    /// The next thing that happens where we are; cancel safe.
    pub async fn next(&mut self) -> News {
        match self {
            Self::Sitting { trying, attempt, lost } => match trying.await {
                Ok(seat) => News::Sat(Box::new(seat), *attempt),
                Err(reason) => News::NoSeat(reason, *attempt, *lost),
            },
            Self::Seated(seated) => match seated.seat.next_event().await {
                Some(event) => {
                    seated.note(&event);
                    News::Event(event)
                }
                None => std::future::pending().await,
            },
            Self::Flushing { .. } | Self::Nowhere => std::future::pending().await,
        }
    }
}

impl Seated {
    /// A seat that was taken now, after so many tries in vain.
    pub fn new(seat: Box<Seat>, attempt: u32) -> Self {
        Self { seat, since: Instant::now(), attempt, mending: None }
    }

    fn note(&mut self, event: &SeatEvent) {
        match event {
            SeatEvent::Reconnecting => self.mending = Some(Instant::now()),
            SeatEvent::Settled => self.mending = None,
            _ => {}
        }
    }
}
