//! Offers and answers, kept in step with str0m's state machine.
//!
//! str0m changes its session only when an answer is accepted, and forgets a pending offer when
//! another is made. The text that goes out may be edited by the caller (livekit turns `inactive`
//! into `recvonly` and adds `stereo=1`): str0m needs only its own pending changes and the answer,
//! so the edited text is remembered, never parsed.

use str0m::Rtc;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind as RtcMediaKind, Mid};

use super::channels::Channels;
use super::remote_sdp::only_receive;
use super::{EngineError, MediaKind, SignalingState};

/// The exchange of descriptions.
#[derive(Debug)]
pub(super) struct Negotiation {
    state: SignalingState,
    /// Sections asked for that no offer carries yet.
    asked: Vec<MediaKind>,
    pending: Option<Pending>,
    /// Sections that both sides know.
    agreed: Vec<(Mid, MediaKind)>,
    /// The application section is agreed upon.
    application: bool,
    /// The answer that str0m made to the last remote offer.
    answer: Option<String>,
}

#[derive(Debug)]
struct Pending {
    offer: SdpPendingOffer,
    new: Vec<(Mid, MediaKind)>,
    application: bool,
}

impl Negotiation {
    pub(super) fn new() -> Self {
        Self {
            state: SignalingState::Stable,
            asked: Vec::new(),
            pending: None,
            agreed: Vec::new(),
            application: false,
            answer: None,
        }
    }

    pub(super) fn state(&self) -> SignalingState {
        self.state
    }

    /// Whether data channels can be opened.
    pub(super) fn has_application(&self) -> bool {
        self.application
    }

    /// One more section to receive on.
    pub(super) fn add_receiver(&mut self, kind: MediaKind) {
        self.asked.push(kind);
    }

    /// Makes an offer of everything asked for. There is always one, changes or not.
    pub(super) fn create_offer(
        &mut self,
        rtc: &mut Rtc,
        channels: &mut Channels,
        ice_restart: bool,
    ) -> Result<String, EngineError> {
        self.forget_pending();
        let idle = self.idle_sections(rtc);
        let mut changes = rtc.sdp_api();
        let mut new = Vec::new();
        for kind in std::mem::take(&mut self.asked) {
            let rtc_kind = match kind {
                MediaKind::Audio => RtcMediaKind::Audio,
                MediaKind::Video => RtcMediaKind::Video,
            };
            let mid = changes.add_media(rtc_kind, Direction::RecvOnly, None, None, None);
            new.push((mid, kind));
        }
        let application = !self.application && channels.wanted();
        if application {
            channels.set_placeholder(changes.add_channel_with_config(Channels::placeholder_config()));
        }
        // Before the first answer there is nothing to restart: str0m would offer credentials that it
        // doesn't adopt.
        if ice_restart && (self.application || !self.agreed.is_empty()) {
            changes.ice_restart(true);
        }
        for mid in idle {
            changes.set_direction(mid, Direction::RecvOnly);
        }
        if !changes.has_changes() {
            // An offer without a change is none for str0m. A turn there and back is a change; on
            // sound it costs nothing, on video lost packets would not be asked for again.
            let audio = self.agreed.iter().find(|(_, kind)| *kind == MediaKind::Audio);
            let mid = audio.or(self.agreed.first()).map(|(mid, _)| *mid);
            let mid = mid.ok_or(EngineError::State("there is nothing to offer"))?;
            changes.set_direction(mid, Direction::Inactive);
            changes.set_direction(mid, Direction::RecvOnly);
        }
        let (offer, pending) = changes.apply().ok_or(EngineError::State("there is nothing to offer"))?;
        self.pending = Some(Pending { offer: pending, new, application });
        Ok(offer.to_sdp_string())
    }

    /// The pending offer went out, in the caller's wording.
    pub(super) fn set_local(&mut self, offer: bool) -> Result<(), EngineError> {
        match (offer, self.state) {
            (true, SignalingState::Stable | SignalingState::HaveLocalOffer) => {
                if self.pending.is_none() {
                    return Err(EngineError::State("this offer was not made here"));
                }
                self.state = SignalingState::HaveLocalOffer;
                Ok(())
            }
            (false, SignalingState::HaveRemoteOffer) => {
                self.state = SignalingState::Stable;
                Ok(())
            }
            _ => Err(EngineError::State("no such local description is due")),
        }
    }

    /// The remote answered our offer, or offers something. Returns its text as taken.
    pub(super) fn set_remote(&mut self, rtc: &mut Rtc, offer: bool, sdp: &str) -> Result<(), EngineError> {
        let unusable = |error: &dyn std::fmt::Display| EngineError::Sdp(error.to_string());
        if offer {
            self.forget_pending();
            let offer = SdpOffer::from_sdp_string(&only_receive(sdp)).map_err(|e| unusable(&e))?;
            let answer = rtc.sdp_api().accept_offer(offer).map_err(|e| unusable(&e))?;
            self.answer = Some(answer.to_sdp_string());
            self.application |= sdp.contains("\nm=application");
            self.state = SignalingState::HaveRemoteOffer;
        } else {
            let pending = self.pending.take();
            let pending = pending.ok_or(EngineError::State("no answer is due"))?;
            self.state = SignalingState::Stable;
            let answer = SdpAnswer::from_sdp_string(sdp).map_err(|e| unusable(&e))?;
            let accepted = rtc.sdp_api().accept_answer(pending.offer, answer);
            accepted.map_err(|e| unusable(&e))?;
            self.agreed.extend(pending.new);
            self.application |= pending.application;
        }
        Ok(())
    }

    /// str0m made the answer while it took the offer.
    pub(super) fn create_answer(&self) -> Result<String, EngineError> {
        if self.state != SignalingState::HaveRemoteOffer {
            return Err(EngineError::State("no offer to answer"));
        }
        self.answer.clone().ok_or(EngineError::State("no offer to answer"))
    }

    /// Takes the local offer back.
    pub(super) fn rollback(&mut self) {
        self.forget_pending();
        self.state = SignalingState::Stable;
    }

    /// What a pending offer carried is asked for again with the next.
    fn forget_pending(&mut self) {
        if let Some(pending) = self.pending.take() {
            let again = pending.new.into_iter().map(|(_, kind)| kind);
            self.asked.splice(0..0, again);
        }
    }

    /// Sections that the remote turned off; we still want to receive on them.
    fn idle_sections(&self, rtc: &Rtc) -> Vec<Mid> {
        let idle =
            |mid: &Mid| rtc.media(*mid).is_some_and(|m| !m.stopped() && m.direction() == Direction::Inactive);
        self.agreed.iter().map(|(mid, _)| *mid).filter(idle).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// An SFU that answers.
    struct Sfu(Rtc);

    impl Sfu {
        fn answer(&mut self, offer: &str) -> String {
            let offer = SdpOffer::from_sdp_string(offer).unwrap();
            self.0.sdp_api().accept_offer(offer).unwrap().to_sdp_string()
        }
    }

    fn parties() -> (Rtc, Negotiation, Channels, Sfu) {
        let now = Instant::now();
        let sfu = Sfu(Rtc::new(now));
        (Rtc::new(now), Negotiation::new(), Channels::default(), sfu)
    }

    fn sections_of(sdp: &str) -> usize {
        sdp.matches("\nm=").count()
    }

    #[test]
    fn there_is_an_offer_even_when_nothing_changed() {
        let (mut rtc, mut negotiation, mut channels, mut sfu) = parties();
        negotiation.add_receiver(MediaKind::Audio);
        negotiation.add_receiver(MediaKind::Video);
        for _ in 0..3 {
            let offer = negotiation.create_offer(&mut rtc, &mut channels, false).unwrap();
            assert_eq!(sections_of(&offer), 2);
            assert_eq!(offer.matches("a=recvonly").count(), 2);
            negotiation.set_local(true).unwrap();
            assert_eq!(negotiation.state(), SignalingState::HaveLocalOffer);
            let answer = sfu.answer(&offer);
            negotiation.set_remote(&mut rtc, false, &answer).unwrap();
            assert_eq!(negotiation.state(), SignalingState::Stable);
        }
    }

    #[test]
    fn sections_that_the_remote_turned_off_are_offered_again() {
        let (mut rtc, mut negotiation, mut channels, mut sfu) = parties();
        negotiation.add_receiver(MediaKind::Audio);
        let offer = negotiation.create_offer(&mut rtc, &mut channels, false).unwrap();
        let answer = sfu.answer(&offer).replace("a=sendonly", "a=inactive");
        negotiation.set_remote(&mut rtc, false, &answer).unwrap();
        let offer = negotiation.create_offer(&mut rtc, &mut channels, false).unwrap();
        assert!(offer.contains("a=recvonly") && !offer.contains("a=inactive"));
    }

    #[test]
    fn what_an_offer_taken_back_asked_for_is_in_the_next() {
        let (mut rtc, mut negotiation, mut channels, mut sfu) = parties();
        negotiation.add_receiver(MediaKind::Video);
        negotiation.create_offer(&mut rtc, &mut channels, false).unwrap();
        negotiation.set_local(true).unwrap();
        negotiation.rollback();
        assert_eq!(negotiation.state(), SignalingState::Stable);
        negotiation.add_receiver(MediaKind::Audio);
        let offer = negotiation.create_offer(&mut rtc, &mut channels, true).unwrap();
        assert!(offer.find("m=video") < offer.find("m=audio"));
        assert_eq!(sections_of(&offer), 2);
        let answer = sfu.answer(&offer);
        negotiation.set_remote(&mut rtc, false, &answer).unwrap();
    }

    #[test]
    fn descriptions_out_of_turn_are_refused() {
        let (mut rtc, mut negotiation, mut channels, mut sfu) = parties();
        assert!(negotiation.create_offer(&mut rtc, &mut channels, false).is_err());
        assert!(negotiation.set_local(true).is_err());
        assert!(negotiation.create_answer().is_err());
        assert!(negotiation.set_remote(&mut rtc, true, "no description").is_err());
        negotiation.add_receiver(MediaKind::Audio);
        let offer = negotiation.create_offer(&mut rtc, &mut channels, false).unwrap();
        let answer = sfu.answer(&offer);
        negotiation.set_remote(&mut rtc, false, &answer).unwrap();
        assert!(negotiation.set_remote(&mut rtc, false, &answer).is_err());
    }

    #[test]
    fn an_offer_of_the_remote_is_answered_without_sending() {
        let (mut rtc, mut negotiation, _, mut sfu) = parties();
        let mut changes = sfu.0.sdp_api();
        changes.add_media(RtcMediaKind::Video, Direction::SendRecv, None, None, None);
        let (offer, _pending) = changes.apply().unwrap();
        negotiation.set_remote(&mut rtc, true, &offer.to_sdp_string()).unwrap();
        let answer = negotiation.create_answer().unwrap();
        assert!(answer.contains("a=recvonly") && !answer.contains("a=ssrc:"));
        negotiation.set_local(false).unwrap();
        assert_eq!(negotiation.state(), SignalingState::Stable);
    }
}
