//! What the driver's owner asks for: descriptions, candidates, channels.

use std::time::Instant;

use str0m::Candidate;

use super::super::tracks::Synced;
use super::super::{EngineError, candidate};
use super::{Command, Driver};

impl Driver {
    pub(super) fn on_command(&mut self, command: Command) {
        // A caller that has gone doesn't need its answer.
        match command {
            Command::AddReceiver(kind) => self.negotiation.add_receiver(kind),
            Command::OpenChannel(channel) => self.channels.ask(channel),
            Command::SetRelayServers(servers) => self.sockets.set_relay_servers(servers),
            Command::CreateOffer { ice_restart, reply } => {
                let _ = reply.send(self.create_offer(ice_restart));
            }
            Command::CreateAnswer { reply } => {
                let _ = reply.send(self.negotiation.create_answer());
            }
            Command::SetLocal { offer, sdp, reply } => {
                let done = self.negotiation.set_local(offer);
                if done.is_ok() {
                    self.shared.state.lock().local = Some((offer, sdp));
                }
                let _ = reply.send(done);
                self.signaling_changed();
            }
            Command::SetRemote { offer, sdp, reply } => {
                let done = self.set_remote(offer, sdp);
                let _ = reply.send(done);
                self.signaling_changed();
            }
            Command::Rollback { reply } => {
                self.negotiation.rollback();
                let _ = reply.send(Ok(()));
                self.signaling_changed();
            }
            Command::AddCandidate { candidate, reply } => {
                if let Some(candidate) = candidate::remote(&candidate) {
                    self.wish_tcp(&candidate);
                    self.rtc.add_remote_candidate(candidate);
                }
                let _ = reply.send(Ok(()));
            }
        }
    }

    fn create_offer(&mut self, ice_restart: bool) -> Result<String, EngineError> {
        if ice_restart {
            // The machine may have moved to another network.
            for candidate in self.sockets.refresh().into_iter().filter_map(candidate::udp) {
                self.rtc.add_local_candidate(candidate);
                self.drain();
            }
        }
        self.negotiation.create_offer(&mut self.rtc, &mut self.channels, ice_restart)
    }

    fn wish_tcp(&mut self, candidate: &Candidate) {
        if candidate::is_tcp(candidate) {
            self.sockets.wish_tcp(candidate.addr(), Instant::now());
        }
    }

    fn set_remote(&mut self, offer: bool, sdp: String) -> Result<(), EngineError> {
        self.negotiation.set_remote(&mut self.rtc, offer, &sdp)?;
        self.link.on_checking(Instant::now());
        self.drain();
        for candidate in candidate::within(&sdp) {
            self.wish_tcp(&candidate);
        }
        let Synced { sections, fresh } = self.tracks.sync(&sdp, &mut self.receivers, &self.rtc, &self.wake);
        let mut shared = self.shared.state.lock();
        shared.sections = sections;
        shared.remote = Some((offer, sdp));
        drop(shared);
        for section in fresh {
            self.observer.track(section);
        }
        Ok(())
    }

    fn signaling_changed(&mut self) {
        let state = self.negotiation.state();
        let mut shared = self.shared.state.lock();
        if shared.closed || shared.signaling == state {
            return;
        }
        shared.signaling = state;
        drop(shared);
        self.observer.signaling_state(state);
    }
}
