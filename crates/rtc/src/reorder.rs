//! Puts packets back in order. In-order packets pass at once; a packet behind a gap waits for the
//! missing ones, at most a bound counted *from its own arrival*, so that delays never add up. Then
//! the gap is declared lost. What is missing after a silence isn't waited for: the path was cut, and all of it
//! is too old by now. Every packet comes out at most once, in order. The bound follows what the network does
//! (see [`patience`]).
//!
//! Time is an argument; memory is bounded by count and bytes.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::RtpPacket;

mod patience;
use patience::Patience;

/// A larger jump forward is a restart of the numbering, once a second packet agrees (RFC 3550, A.1).
const MAX_DROPOUT: u64 = 3_000;
/// A silence of this length with this many packets missing in it was a cut. (Slow pictures, as of a shared screen, are
/// silent in between too, but then few are missing, and worth asking for again.)
const CUT: (Duration, u64) = (Duration::from_millis(250), 32);

/// Gaps given up on that are remembered, to learn how late they were.
const MAX_GAPS: usize = 64;

/// How long and how much is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReorderLimits {
    /// How long a packet waits, from its arrival, on a network that reorders nothing.
    pub(crate) wait: Duration,
    /// How long it waits at the most.
    pub(crate) longest: Duration,
    /// Most packets that wait.
    pub(crate) packets: usize,
    /// Most bytes that wait.
    pub(crate) bytes: usize,
    /// A packet further behind than this isn't late: a restart of the numbering, once a second one
    /// agrees.
    pub(crate) behind: u64,
}

impl ReorderLimits {
    /// Sound isn't retransmitted: only the network's own reordering is waited for.
    pub(crate) const AUDIO: Self = Self {
        wait: Duration::from_millis(60),
        longest: Duration::from_millis(200),
        packets: 256,
        bytes: 512 << 10,
        behind: 500,
    };
    /// Pictures are retransmitted, sometimes seconds late: at 1,000 packets a second a pair of those
    /// must not pass for a restart. On a long way a second request takes its time too.
    pub(crate) const VIDEO: Self = Self {
        wait: Duration::from_millis(500),
        longest: Duration::from_millis(1_000),
        packets: 4096,
        bytes: 8 << 20,
        behind: 5_000,
    };
}

/// A packet in its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ordered {
    pub(crate) packet: RtpPacket,
    pub(crate) arrival: Instant,
    /// Packets given up on between the one before and this one.
    pub(crate) lost_before: u64,
}

/// What became of a packet at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It's in line.
    Taken,
    /// It came before, or its place was given up.
    Duplicate,
    /// Its number is far from all others; believed when the next one confirms it.
    Stray,
}

/// The buffer of one stream of sequence numbers.
#[derive(Debug)]
pub(crate) struct Reorder {
    limits: ReorderLimits,
    patience: Patience,
    /// Numbers given up on (from, before), and when the packet came that had overtaken them.
    gaps: VecDeque<(u64, u64, Instant)>,
    /// Number of the packet whose turn it is.
    next: Option<u64>,
    held: BTreeMap<u64, (Instant, RtpPacket)>,
    held_bytes: usize,
    /// Held packets by arrival; entries of packets that left already are skipped.
    arrivals: VecDeque<(Instant, u64)>,
    ready: VecDeque<Ordered>,
    /// When a packet was taken last.
    heard: Option<Instant>,
    /// The number that would confirm a restart.
    restart: Option<u64>,
}

impl Reorder {
    pub(crate) fn new(limits: ReorderLimits) -> Self {
        Self {
            limits,
            patience: Patience::new(limits.wait, limits.longest),
            gaps: VecDeque::new(),
            next: None,
            held: BTreeMap::new(),
            held_bytes: 0,
            arrivals: VecDeque::new(),
            ready: VecDeque::new(),
            heard: None,
            restart: None,
        }
    }

    /// Takes a packet that came in at `now`.
    pub(crate) fn push(&mut self, now: Instant, packet: RtpPacket) -> Admission {
        let seq = packet.seq;
        let next = *self.next.get_or_insert(seq);
        if seq.abs_diff(next) > if seq > next { MAX_DROPOUT } else { self.limits.behind } {
            return self.push_stray(now, packet);
        }
        self.restart = None;
        self.patience.look(now);
        if seq < next || self.held.contains_key(&seq) {
            self.learn_of_given_up(now, seq);
            return Admission::Duplicate;
        }
        let silence = now.saturating_duration_since(self.heard.replace(now).unwrap_or(now));
        let newest = self.held.last_key_value().map_or(next, |(newest, _)| newest.saturating_add(1));
        let cut = silence >= CUT.0 && seq.saturating_sub(newest) >= CUT.1;
        self.learn_of_overtaken(now, seq);
        if seq == next {
            self.release(packet, now, 0);
            self.release_in_order();
        } else {
            self.held_bytes += packet.payload.len();
            self.held.insert(seq, (now, packet));
            self.arrivals.push_back((now, seq));
            while self.held.len() > self.limits.packets || self.held_bytes > self.limits.bytes {
                self.give_up_first_gap();
            }
            while cut && !self.held.is_empty() {
                self.give_up_first_gap();
            }
        }
        self.forget_old_arrivals();
        Admission::Taken
    }

    /// The next packet in order.
    pub(crate) fn poll(&mut self) -> Option<Ordered> {
        self.ready.pop_front()
    }

    /// When a packet will have waited long enough.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.arrivals.front().map(|(arrival, _)| *arrival + self.patience.wait())
    }

    /// Gives up on what is overdue at `now`.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.patience.look(now);
        while let Some((arrival, seq)) = self.arrivals.front().copied() {
            if arrival + self.patience.wait() > now {
                break;
            }
            while self.held.contains_key(&seq) {
                self.give_up_first_gap();
            }
            self.forget_old_arrivals();
        }
    }

    /// A packet that others overtook came in time.
    fn learn_of_overtaken(&mut self, now: Instant, seq: u64) {
        if self.held.last_key_value().is_none_or(|(newest, _)| *newest < seq) {
            return;
        }
        let first = self.arrivals.iter().find(|(_, waiting)| *waiting > seq);
        if let Some((arrival, _)) = first {
            self.patience.learn(now.saturating_duration_since(*arrival));
        }
    }

    /// A packet that was given up on came after all.
    fn learn_of_given_up(&mut self, now: Instant, seq: u64) {
        let gap = self.gaps.iter().find(|(from, before, _)| (*from..*before).contains(&seq));
        if let Some((_, _, since)) = gap {
            self.patience.learn(now.saturating_duration_since(*since));
        }
    }

    /// A number out of all range: a restart if two follow each other.
    fn push_stray(&mut self, now: Instant, packet: RtpPacket) -> Admission {
        let seq = packet.seq;
        if self.restart != Some(seq) {
            self.restart = seq.checked_add(1);
            return Admission::Stray;
        }
        self.restart = None;
        while !self.held.is_empty() {
            self.give_up_first_gap();
        }
        self.arrivals.clear();
        self.gaps.clear();
        // How many are missing can't be known; the one that announced the restart is.
        self.release(packet, now, 1);
        Admission::Taken
    }

    fn give_up_first_gap(&mut self) {
        let Some((seq, (arrival, packet))) = self.held.pop_first() else { return };
        self.held_bytes -= packet.payload.len();
        let next = self.next.unwrap_or(seq);
        let lost = seq.saturating_sub(next);
        if lost > 0 {
            if self.gaps.len() == MAX_GAPS {
                self.gaps.pop_front();
            }
            self.gaps.push_back((next, seq, arrival));
        }
        self.release(packet, arrival, lost);
        self.release_in_order();
    }

    fn release_in_order(&mut self) {
        while let Some(entry) = self.held.first_entry() {
            if Some(*entry.key()) != self.next {
                break;
            }
            let (arrival, packet) = entry.remove();
            self.held_bytes -= packet.payload.len();
            self.release(packet, arrival, 0);
        }
    }

    fn release(&mut self, packet: RtpPacket, arrival: Instant, lost_before: u64) {
        self.next = packet.seq.checked_add(1);
        self.ready.push_back(Ordered { packet, arrival, lost_before });
    }

    fn forget_old_arrivals(&mut self) {
        while self.arrivals.front().is_some_and(|(_, seq)| !self.held.contains_key(seq)) {
            self.arrivals.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
