//! livekit's news, put in the order that they have for a recorder. Pure; time is an argument.
//!
//! A client that makes its connection anew without trying to mend the old one first tells that everyone left, and
//! only then that the connection broke. So a departure is held until what follows says which it was, for
//! [`MOMENT`] at most.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::SeatEvent;

/// How long a departure waits for an explanation: livekit tells both in one go.
const MOMENT: Duration = Duration::from_millis(50);

/// Departures that nothing has followed yet.
#[derive(Debug, Default)]
pub(super) struct Order {
    held: VecDeque<SeatEvent>,
    due: Option<Instant>,
}

impl Order {
    /// Takes one event; appends to `out` what can be told.
    pub(super) fn push(&mut self, event: SeatEvent, now: Instant, out: &mut VecDeque<SeatEvent>) {
        match event {
            SeatEvent::Left { .. } | SeatEvent::Unpublished { .. } | SeatEvent::Unsubscribed { .. } => {
                self.due.get_or_insert(now + MOMENT);
                self.held.push_back(event);
            }
            // They left because of it.
            SeatEvent::Reconnecting => {
                out.push_back(event);
                self.release(out);
            }
            // Whoever isn't told again at the next seat is gone; until then nobody is.
            SeatEvent::Lost(_) => {
                *self = Self::default();
                out.push_back(event);
            }
            SeatEvent::Member(_)
            | SeatEvent::Published(_)
            | SeatEvent::Subscribed(..)
            | SeatEvent::Muted { .. }
            | SeatEvent::Settled => {
                self.release(out);
                out.push_back(event);
            }
        }
    }

    /// When what is held must be released.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Nothing explains them: they left.
    pub(super) fn release(&mut self, out: &mut VecDeque<SeatEvent>) {
        self.due = None;
        out.append(&mut self.held);
    }
}

#[cfg(test)]
mod tests {
    use livekit_protocol::DisconnectReason;

    use super::*;

    /// One letter each: `l`eft, `p` unpublished, `u`nsubscribed, `m`uted, `r`econnecting, `s`ettled, `x` lost.
    fn event(letter: char) -> SeatEvent {
        let (identity, sid) = ("ann".to_owned(), "TR_a".to_owned());
        match letter {
            'l' => SeatEvent::Left { identity },
            'p' => SeatEvent::Unpublished { identity, sid },
            'u' => SeatEvent::Unsubscribed { sid },
            'm' => SeatEvent::Muted { sid, muted: true },
            'r' => SeatEvent::Reconnecting,
            's' => SeatEvent::Settled,
            _ => SeatEvent::Lost(DisconnectReason::UnknownReason),
        }
    }

    fn letter(event: &SeatEvent) -> char {
        match event {
            SeatEvent::Left { .. } => 'l',
            SeatEvent::Unpublished { .. } => 'p',
            SeatEvent::Unsubscribed { .. } => 'u',
            SeatEvent::Muted { .. } => 'm',
            SeatEvent::Reconnecting => 'r',
            SeatEvent::Settled => 's',
            _ => 'x',
        }
    }

    #[test]
    fn departures_wait_for_what_explains_them() {
        let now = Instant::now();
        let table = [
            ("", "", ""),
            ("m", "m", ""),
            ("upl", "", "upl"),
            ("uplr", "rupl", ""),
            ("uplm", "uplm", ""),
            ("upls", "upls", ""),
            ("uplx", "x", ""),
            ("lrls", "rlls", ""),
            ("lrl", "rl", "l"),
        ];
        for (told, at_once, later) in table {
            let (mut order, mut out) = (Order::default(), VecDeque::new());
            told.chars().for_each(|letter| order.push(event(letter), now, &mut out));
            assert_eq!(out.drain(..).map(|e| letter(&e)).collect::<String>(), at_once, "{told}");
            assert_eq!(order.due(), (!later.is_empty()).then(|| now + MOMENT), "{told}");
            order.release(&mut out);
            assert_eq!(out.drain(..).map(|e| letter(&e)).collect::<String>(), later, "{told}");
            assert_eq!(order.due(), None);
        }
    }

    #[test]
    fn the_first_departure_counts() {
        let (now, mut order, mut out) = (Instant::now(), Order::default(), VecDeque::new());
        order.push(event('l'), now, &mut out);
        order.push(event('l'), now + MOMENT / 2, &mut out);
        assert_eq!(order.due(), Some(now + MOMENT));
    }
}
