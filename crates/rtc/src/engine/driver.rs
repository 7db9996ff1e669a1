//! The driver: the only place that touches `Rtc` and the sockets.
//!
//! Its one rule (str0m's): each mutation is followed by a full drain of `poll_output` before the
//! next. So it waits for one thing, does that one thing, and settles.

use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::net::Receive;
use str0m::rtp::RawPacket;
use str0m::{Event, IceConnectionState, Input, Output, Rtc, RtcError};
use tokio::sync::{Notify, mpsc};

use super::candidate;
use super::channels::Channels;
use super::command::Command;
use super::link::Link;
use super::negotiation::Negotiation;
use super::receivers::Receivers;
use super::shared::Shared;
use super::sockets::{Arrival, Packet, Sockets};
use super::tracks::Tracks;
use super::{ConnectionState, EngineError, Observer, PeerConfig, SignalingState, transport};
use crate::bandwidth::Bandwidth;

mod commands;

/// The largest datagram that is of interest; RTP stays below the path MTU.
const DATAGRAM: usize = 2048;
/// How many datagrams are taken in before commands get their turn.
const BATCH: usize = 64;
/// The longest wait, when nothing is due, and how often it is asked which addresses the machine has.
const IDLE: Duration = Duration::from_secs(1);

/// One peer connection at work.
pub(super) struct Driver {
    rtc: Rtc,
    sockets: Sockets,
    negotiation: Negotiation,
    channels: Channels,
    receivers: Receivers,
    tracks: Tracks,
    link: Link,
    bandwidth: Bandwidth,
    config: PeerConfig,
    observer: Arc<dyn Observer>,
    inbox: mpsc::Receiver<Command>,
    shared: Arc<Shared>,
    wake: Arc<Notify>,
    buffer: Vec<u8>,
    /// The datagram being taken in: when it came, and its length.
    taking: Option<(Instant, usize)>,
    /// When the machine's addresses were last looked at.
    surveyed: Instant,
    life: Life,
}

/// How the driver's life goes; forward only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Running,
    /// Closed by its owner; receives on for its readers until then.
    Lingering(Instant),
    Over,
}

impl Driver {
    pub(super) fn new(
        config: PeerConfig,
        observer: Arc<dyn Observer>,
        inbox: mpsc::Receiver<Command>,
        shared: Arc<Shared>,
        wake: Arc<Notify>,
    ) -> Result<Self, EngineError> {
        let sockets = Sockets::bind();
        let addresses = sockets.addresses();
        if addresses.is_empty() {
            return Err(EngineError::NoSocket);
        }
        let mut driver = Self {
            rtc: transport::config().build(Instant::now()),
            sockets,
            negotiation: Negotiation::new(),
            channels: Channels::default(),
            receivers: Receivers::default(),
            tracks: Tracks::default(),
            link: Link::new(),
            bandwidth: Bandwidth::default(),
            config,
            observer,
            inbox,
            shared,
            wake,
            buffer: vec![0; DATAGRAM],
            taking: None,
            surveyed: Instant::now(),
            life: Life::Running,
        };
        for candidate in addresses.into_iter().filter_map(candidate::udp) {
            driver.rtc.add_local_candidate(candidate);
            driver.drain();
        }
        Ok(driver)
    }

    pub(super) async fn run(mut self) {
        loop {
            let due = self.settle();
            if self.life == Life::Over {
                break;
            }
            self.wait(due).await;
        }
        self.finish();
    }

    async fn wait(&mut self, due: Instant) {
        tokio::select! {
            command = self.inbox.recv(), if !self.inbox.is_closed() || !self.inbox.is_empty() => {
                match command {
                    Some(command) => self.on_command(command),
                    None => self.on_closed(),
                }
            }
            () = self.wake.notified() => self.on_wake(),
            arrival = self.sockets.receive(&mut self.buffer) => self.on_arrival(arrival),
            () = tokio::time::sleep_until(due.into()) => self.on_timeout(),
        }
    }

    /// Drains, does whatever else is due, one mutation at a time, and says when to look again.
    fn settle(&mut self) -> Instant {
        let mut due = self.drain();
        if self.surveyed.elapsed() >= IDLE {
            due = self.survey();
        }
        loop {
            let now = Instant::now();
            self.receivers.handle_timeout(now);
            let touched = self.channels.step(&mut self.rtc, self.negotiation.has_application())
                || self.receivers.request_keyframe(&mut self.rtc, now)
                || self.tell_bandwidth(now);
            if !touched {
                break;
            }
            due = self.drain();
        }
        let now = Instant::now();
        self.report(now);
        if let Life::Lingering(until) = self.life
            && (until <= now || !self.receivers.any_read())
        {
            self.life = Life::Over;
        }
        self.sockets.handle_timeout(self.link.pathless_since(), now);
        let others = [
            self.receivers.poll_timeout(),
            self.link.deadline(),
            self.sockets.poll_timeout(),
            now.checked_add(IDLE),
        ];
        others.into_iter().flatten().fold(due, Instant::min)
    }

    /// Gives up what hangs on addresses that the machine has lost: what is sent from there never arrives.
    fn survey(&mut self) -> Instant {
        self.surveyed = Instant::now();
        for address in self.sockets.vanished() {
            tracing::info!(%address, "address gone");
            self.link.on_address_gone();
            // Another path takes another time, and carries more or less.
            self.bandwidth = Bandwidth::default();
            if let Some(candidate) = candidate::udp(address) {
                self.rtc.direct_api().invalidate_candidate(&candidate);
                self.drain();
            }
        }
        self.drain()
    }

    /// Takes everything out of `Rtc`; returns when it wants to be called.
    fn drain(&mut self) -> Instant {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => return at,
                Ok(Output::Transmit(out)) => {
                    self.sockets.send(out.proto, out.source, out.destination, &out.contents);
                }
                Ok(Output::Event(event)) => self.on_event(event),
                Err(error) => {
                    self.on_broken(&error);
                    return Instant::now();
                }
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::IceConnectionStateChange(state) => {
                use IceConnectionState::{Completed, Connected};
                self.link.on_path(matches!(state, Connected | Completed), Instant::now());
            }
            Event::Connected => self.link.on_dtls(),
            Event::RawPacket(packet) => {
                if let (RawPacket::RtpRx(header, _), Some((at, len))) = (*packet, self.taking)
                    && let Some(sent) = header.ext_vals.abs_send_time
                {
                    self.bandwidth.push(at, sent, len);
                }
            }
            Event::RtpPacket(packet) => self.receivers.push(packet.timestamp, packet),
            Event::ChannelOpen(id, label) => {
                let new = self.channels.on_open(&mut self.rtc, id, label, &self.wake);
                if let Some(channel) = new {
                    self.observer.data_channel(channel);
                }
            }
            Event::ChannelData(data) => {
                if let Some(channel) = self.channels.by_id(data.id) {
                    channel.on_message(&data.data, data.binary);
                }
            }
            Event::ChannelClose(id) => self.channels.on_close(id),
            Event::Closed => self.link.on_remote_closed(),
            _ => {}
        }
    }

    fn on_arrival(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Candidate(candidate) => {
                self.rtc.add_local_candidate(candidate);
            }
            Arrival::Gone(candidate) => {
                self.rtc.direct_api().invalidate_candidate(&candidate);
            }
            Arrival::Packet(first) => {
                self.link.on_heard(Instant::now());
                self.input(first);
                for _ in 1..BATCH {
                    self.drain();
                    match self.sockets.try_receive(&mut self.buffer) {
                        Some(next) => self.input(next),
                        None => break,
                    }
                }
            }
        }
    }

    fn input(&mut self, packet: Packet) {
        let Packet { proto, len, source, destination } = packet;
        let Some(data) = self.buffer.get(..len) else { return };
        // Whatever isn't STUN, DTLS, RTP or RTCP is nobody's.
        let Ok(receive) = Receive::new(proto, source, destination, data) else { return };
        let now = Instant::now();
        self.taking = Some((now, len));
        if let Err(error) = self.rtc.handle_input(Input::Receive(now, receive)) {
            tracing::debug!(%error, "packet refused");
        }
    }

    /// Tells the remote how much the network carries, when that is due; true when `Rtc` must be drained.
    fn tell_bandwidth(&mut self, now: Instant) -> bool {
        let told = self.bandwidth.take_report(now);
        told.is_some_and(|bits| self.receivers.tell_bandwidth(&mut self.rtc, bits))
    }

    fn on_timeout(&mut self) {
        if let Err(error) = self.rtc.handle_input(Input::Timeout(Instant::now())) {
            self.on_broken(&error);
        }
    }

    /// A flag was raised; most are looked at in `settle`.
    fn on_wake(&mut self) {
        if self.shared.state.lock().closed {
            self.on_closed();
        }
    }

    fn on_closed(&mut self) {
        if self.life == Life::Running {
            let now = Instant::now();
            let until = now.checked_add(self.config.linger).unwrap_or(now);
            self.life = Life::Lingering(until);
            // Readers of media may stay a while; messages go to the next connection.
            self.channels.close_all();
        }
    }

    fn on_broken(&mut self, error: &RtcError) {
        tracing::warn!(%error, "transport broken");
        self.link.on_remote_closed();
        self.life = Life::Over;
    }

    /// Tells of a new connection state.
    fn report(&mut self, now: Instant) {
        let Some(state) = self.link.poll(now) else { return };
        let mut shared = self.shared.state.lock();
        if shared.closed {
            if state == ConnectionState::Failed {
                self.life = Life::Over;
            }
            return;
        }
        shared.connection = state;
        drop(shared);
        tracing::debug!(?state, "connection state");
        self.observer.connection_state(state);
    }

    /// Says goodbye to the remote, and ends everything that hangs on this connection.
    fn finish(&mut self) {
        if self.rtc.close().is_ok() {
            while let Ok(Output::Transmit(_) | Output::Event(_)) = self.farewell() {}
        }
        self.sockets.close();
        self.receivers.end_all();
        self.channels.close_all();
        let mut shared = self.shared.state.lock();
        if shared.closed {
            shared.connection = ConnectionState::Closed;
            shared.signaling = SignalingState::Closed;
        }
    }

    fn farewell(&mut self) -> Result<Output, RtcError> {
        let output = self.rtc.poll_output()?;
        if let Output::Transmit(out) = &output {
            self.sockets.send(out.proto, out.source, out.destination, &out.contents);
        }
        Ok(output)
    }
}
