//! The connection state, from what ICE and DTLS report. Pure; time is an argument.
//!
//! str0m never says "failed", reports DTLS once, and may hold a dead path for usable for 15 s and
//! more. So all that is made here: a path that is silent for [`SILENCE`] is lost (ICE keepalives come
//! every two seconds at least), a lost path has failed after [`LOST_FOR`], one whose local address is
//! gone at once, and one that was never found after [`NEVER_FOUND`].

use std::time::{Duration, Instant};

use super::ConnectionState;

/// How long a path in use may be silent.
const SILENCE: Duration = Duration::from_secs(5);
/// How long a path may be lost before it counts as failed.
const LOST_FOR: Duration = Duration::from_secs(4);
/// How long the first checks may take.
const NEVER_FOUND: Duration = Duration::from_secs(20);

/// The driver looks once a second at least; when it didn't, the process stood still and heard
/// nothing for that reason.
const STOOD_STILL: Duration = Duration::from_secs(3);

/// ICE and DTLS as one state.
#[derive(Debug)]
pub(super) struct Link {
    dtls: bool,
    /// ICE has a usable pair.
    path: bool,
    /// When ICE lost its pair, or when the checks began.
    since: Option<Instant>,
    /// When something came in last.
    heard: Option<Instant>,
    /// When `poll` was called last.
    looked: Option<Instant>,
    /// An address of ours is gone, and nothing came since: a path that was lost then doesn't come back.
    uprooted: bool,
    /// Closed by the remote: nothing brings it back.
    closed: bool,
    reported: ConnectionState,
}

impl Link {
    pub(super) fn new() -> Self {
        Self {
            dtls: false,
            path: false,
            since: None,
            heard: None,
            looked: None,
            uprooted: false,
            closed: false,
            reported: ConnectionState::New,
        }
    }

    /// Checks can begin: both descriptions are there.
    pub(super) fn on_checking(&mut self, now: Instant) {
        if !self.path {
            self.since.get_or_insert(now);
        }
    }

    /// ICE has a usable pair, or has none any more.
    pub(super) fn on_path(&mut self, usable: bool, now: Instant) {
        if usable != self.path {
            self.path = usable;
            self.since = (!usable).then_some(now);
        }
    }

    /// Something came in.
    pub(super) fn on_heard(&mut self, now: Instant) {
        self.heard = Some(now);
        self.uprooted = false;
    }

    /// The machine has lost an address.
    pub(super) fn on_address_gone(&mut self) {
        self.uprooted = true;
    }

    /// The DTLS handshake is through.
    pub(super) fn on_dtls(&mut self) {
        self.dtls = true;
    }

    /// The remote closed the transport.
    pub(super) fn on_remote_closed(&mut self) {
        self.closed = true;
    }

    /// Since when ICE has been looking for a pair; `None` while it has one, and before it may look.
    pub(super) fn pathless_since(&self) -> Option<Instant> {
        self.since.filter(|_| !self.path)
    }

    /// When the state may change by time alone.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let silent = self.silent_at();
        match self.reported {
            ConnectionState::Connected => silent,
            ConnectionState::Connecting | ConnectionState::Disconnected => {
                self.since.or(silent)?.checked_add(self.patience())
            }
            ConnectionState::New | ConnectionState::Failed | ConnectionState::Closed => None,
        }
    }

    /// The new state, if it isn't the one reported last.
    pub(super) fn poll(&mut self, now: Instant) -> Option<ConnectionState> {
        let looked = self.looked.replace(now).unwrap_or(now);
        if now.saturating_duration_since(looked) > STOOD_STILL {
            self.heard = self.heard.map(|_| now);
            self.since = self.since.map(|_| now);
        }
        let silent = self.silent_at().filter(|at| *at <= now);
        let lost = if self.path { silent } else { self.since };
        let overdue = lost.and_then(|at| at.checked_add(self.patience())).is_some_and(|at| at <= now);
        let state = match (self.dtls, lost) {
            _ if self.closed || overdue => ConnectionState::Failed,
            (true, None) if self.path => ConnectionState::Connected,
            (true, _) => ConnectionState::Disconnected,
            (false, None) if !self.path => ConnectionState::New,
            (false, _) => ConnectionState::Connecting,
        };
        (state != self.reported).then(|| {
            self.reported = state;
            state
        })
    }

    /// When the path in use counts as silent.
    fn silent_at(&self) -> Option<Instant> {
        self.heard.filter(|_| self.dtls && self.path)?.checked_add(SILENCE)
    }

    fn patience(&self) -> Duration {
        match (self.dtls, self.uprooted) {
            (true, true) => Duration::ZERO,
            (true, false) => LOST_FOR,
            (false, _) => NEVER_FOUND,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks every second from `from` to `to`, both included, and gives the changes in seconds.
    fn watch(link: &mut Link, t0: Instant, from: u64, to: u64) -> Vec<(u64, ConnectionState)> {
        let look = |at| link.poll(t0 + Duration::from_secs(at)).map(|state| (at, state));
        (from..=to).filter_map(look).collect()
    }

    fn connected(t0: Instant) -> Link {
        let mut link = Link::new();
        link.on_checking(t0);
        assert_eq!(link.poll(t0), Some(ConnectionState::Connecting));
        link.on_path(true, t0);
        assert_eq!(link.poll(t0), None);
        link.on_dtls();
        link.on_heard(t0);
        assert_eq!(link.poll(t0), Some(ConnectionState::Connected));
        link
    }

    #[test]
    fn a_restart_that_loses_the_path_reports_connected_again() {
        let t0 = Instant::now();
        let mut link = connected(t0);
        link.on_path(false, t0);
        assert_eq!(link.poll(t0), Some(ConnectionState::Disconnected));
        link.on_path(true, t0);
        assert_eq!(link.poll(t0), Some(ConnectionState::Connected));
    }

    #[test]
    fn a_lost_path_fails_after_its_time_and_may_come_back() {
        let t0 = Instant::now();
        let mut link = connected(t0);
        link.on_path(false, t0);
        let changes = [(0, ConnectionState::Disconnected), (4, ConnectionState::Failed)];
        assert_eq!(watch(&mut link, t0, 0, 8), changes);
        assert_eq!(link.deadline(), None);
        let later = t0 + Duration::from_secs(8);
        link.on_path(true, later);
        link.on_heard(later);
        assert_eq!(link.poll(later), Some(ConnectionState::Connected));
    }

    #[test]
    fn a_path_whose_address_is_gone_has_failed_at_once() {
        let t0 = Instant::now();
        let mut link = connected(t0);
        link.on_address_gone();
        assert_eq!(link.poll(t0), None, "another pair took over");
        link.on_path(false, t0);
        assert_eq!(link.poll(t0), Some(ConnectionState::Failed));
        link.on_path(true, t0);
        link.on_heard(t0);
        assert_eq!(link.poll(t0), Some(ConnectionState::Connected));
        link.on_path(false, t0);
        assert_eq!(link.poll(t0), Some(ConnectionState::Disconnected), "it was another loss");
    }

    #[test]
    fn a_silent_path_is_lost_though_ice_holds_on_to_it() {
        let t0 = Instant::now();
        let mut link = connected(t0);
        assert_eq!(link.deadline(), Some(t0 + SILENCE));
        let changes = [(5, ConnectionState::Disconnected), (9, ConnectionState::Failed)];
        assert_eq!(watch(&mut link, t0, 1, 12), changes);
        let later = t0 + Duration::from_secs(12);
        link.on_heard(later);
        assert_eq!(link.poll(later), Some(ConnectionState::Connected));
    }

    #[test]
    fn a_process_that_stood_still_has_lost_nothing() {
        let t0 = Instant::now();
        let mut link = connected(t0);
        assert_eq!(link.poll(t0 + Duration::from_secs(60)), None);
        assert_eq!(watch(&mut link, t0, 61, 65), [(65, ConnectionState::Disconnected)]);
    }

    #[test]
    fn checks_that_find_nothing_fail() {
        let t0 = Instant::now();
        let mut link = Link::new();
        assert_eq!(link.poll(t0), None);
        link.on_checking(t0);
        // str0m may go from Checking to Disconnected before there is any candidate: harmless.
        link.on_path(false, t0);
        let changes = [(0, ConnectionState::Connecting), (20, ConnectionState::Failed)];
        assert_eq!(watch(&mut link, t0, 0, 25), changes);
    }

    #[test]
    fn what_the_remote_closed_stays_closed() {
        let t0 = Instant::now();
        let mut link = connected(t0);
        link.on_remote_closed();
        assert_eq!(link.poll(t0), Some(ConnectionState::Failed));
        link.on_path(false, t0);
        link.on_path(true, t0);
        assert_eq!(link.poll(t0), None);
    }
}
