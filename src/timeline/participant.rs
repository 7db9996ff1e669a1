//! What the tracks of one participant share: the sender's wall clock on the room's time.

/// Relates a participant's wall clock (as its sender reports tell it) to running time.
///
/// The sound track sets it; picture tracks read it. One value, no history: the sound's own placement
/// is already filtered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParticipantClock {
    wall_to_running: Option<i64>,
}

impl ParticipantClock {
    /// The sound track says which running time its sender's wall time `wall_ns` has.
    pub fn set_by_sound(&mut self, wall_ns: i64, running_ns: i64) {
        self.wall_to_running = Some(running_ns.saturating_sub(wall_ns));
    }

    /// Running time of the sender's wall time, once a sound track has set the clock.
    pub fn running_of(&self, wall_ns: i64) -> Option<i64> {
        self.wall_to_running.map(|offset| wall_ns.saturating_add(offset))
    }

    /// The sound track is gone: pictures stand on their own again.
    pub fn forget(&mut self) {
        self.wall_to_running = None;
    }
}
