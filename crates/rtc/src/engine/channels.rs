//! The driver's side of data channels: which str0m channel is which of ours.
//!
//! str0m can't offer an application section without a channel, and channels asked for early may be
//! closed again before there is a transport. So an offer carries a placeholder that is never used,
//! and real channels reach str0m only once the section is agreed upon.

use std::sync::Arc;

use str0m::Rtc;
use str0m::channel::{ChannelConfig as RtcChannelConfig, ChannelId, Reliability};
use tokio::sync::Notify;

use super::{ChannelConfig, ChannelState, DataChannel};

/// The placeholder's stream id: far from what either side picks.
const PLACEHOLDER_STREAM: u16 = 1000;

/// Our channels, open and to be opened.
#[derive(Debug, Default)]
pub(super) struct Channels {
    /// Waiting for the application section.
    asked: Vec<DataChannel>,
    known: Vec<(ChannelId, DataChannel)>,
    placeholder: Option<ChannelId>,
}

impl Channels {
    /// A channel that the owner wants.
    pub(super) fn ask(&mut self, channel: DataChannel) {
        self.asked.push(channel);
    }

    /// Whether an offer needs an application section.
    pub(super) fn wanted(&self) -> bool {
        !self.asked.is_empty()
    }

    /// The channel that stands for the section in an offer.
    pub(super) fn placeholder_config() -> RtcChannelConfig {
        RtcChannelConfig {
            label: String::new(),
            negotiated: Some(PLACEHOLDER_STREAM),
            ..RtcChannelConfig::default()
        }
    }

    pub(super) fn set_placeholder(&mut self, id: ChannelId) {
        self.placeholder = Some(id);
    }

    /// One step towards what the owner wants; true when `Rtc` was touched and must be drained.
    pub(super) fn step(&mut self, rtc: &mut Rtc, agreed: bool) -> bool {
        self.drop_unopened();
        if agreed && !self.asked.is_empty() {
            let channel = self.asked.remove(0);
            let id = rtc.direct_api().create_data_channel(rtc_config(channel.config()));
            self.known.push((id, channel));
            return true;
        }
        self.step_closing(rtc) || self.step_sending(rtc)
    }

    /// Closed again before there was anything to open.
    fn drop_unopened(&mut self) {
        self.asked.retain(|channel| {
            let keep = channel.state() == ChannelState::Connecting;
            if !keep {
                channel.on_state(ChannelState::Closed);
            }
            keep
        });
    }

    fn step_closing(&mut self, rtc: &mut Rtc) -> bool {
        let closing = |(_, channel): &(_, DataChannel)| channel.state() == ChannelState::Closing;
        let Some(at) = self.known.iter().position(closing) else { return false };
        let (id, channel) = self.known.remove(at);
        rtc.direct_api().close_data_channel(id);
        channel.on_state(ChannelState::Closed);
        true
    }

    fn step_sending(&mut self, rtc: &mut Rtc) -> bool {
        for (id, channel) in &self.known {
            let Some((data, binary)) = channel.front() else { continue };
            let Some(mut writer) = rtc.channel(*id) else { continue };
            match writer.write(binary, &data) {
                Ok(true) => {
                    channel.on_taken();
                    return true;
                }
                // SCTP's buffer is full: the next drain tries again.
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(channel.label = channel.label(), %error, "message not sent");
                    channel.on_taken();
                }
            }
        }
        false
    }

    /// str0m opened a channel; `Some` when it is the remote's and new to us.
    pub(super) fn on_open(
        &mut self,
        rtc: &mut Rtc,
        id: ChannelId,
        label: String,
        driver: &Arc<Notify>,
    ) -> Option<DataChannel> {
        if self.placeholder == Some(id) {
            return None;
        }
        let stream_id = rtc.direct_api().sctp_stream_id_by_channel_id(id);
        if let Some(channel) = self.by_id(id) {
            channel.on_stream_id(stream_id);
            channel.on_state(ChannelState::Open);
            return None;
        }
        let config = ChannelConfig { label, ..ChannelConfig::default() };
        let channel = DataChannel::new(config, ChannelState::Open, driver.clone());
        channel.on_stream_id(stream_id);
        self.known.push((id, channel.clone()));
        Some(channel)
    }

    pub(super) fn by_id(&self, id: ChannelId) -> Option<&DataChannel> {
        self.known.iter().find(|(known, _)| *known == id).map(|(_, channel)| channel)
    }

    pub(super) fn on_close(&mut self, id: ChannelId) {
        if let Some(at) = self.known.iter().position(|(known, _)| *known == id) {
            self.known.remove(at).1.on_state(ChannelState::Closed);
        }
    }

    /// The transport is gone.
    pub(super) fn close_all(&mut self) {
        for channel in self.asked.drain(..).chain(self.known.drain(..).map(|(_, channel)| channel)) {
            channel.on_state(ChannelState::Closed);
        }
    }
}

fn rtc_config(config: &ChannelConfig) -> RtcChannelConfig {
    let reliability = match (config.max_retransmits, config.max_lifetime_ms) {
        (Some(retransmits), _) => Reliability::MaxRetransmits { retransmits },
        (None, Some(lifetime)) => Reliability::MaxPacketLifetime { lifetime },
        (None, None) => Reliability::Reliable,
    };
    RtcChannelConfig {
        label: config.label.clone(),
        ordered: !config.unordered,
        reliability,
        negotiated: config.negotiated,
        protocol: config.protocol.clone(),
    }
}
