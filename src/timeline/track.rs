//! One track's place on running time.

use livetape_rtc::{FrameMeta, SenderReport};

use super::{MILLISECOND, MinDelay, ParticipantClock, SECOND, ticks_to_ns};

/// What a track carries; sound leads, pictures follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A microphone.
    Sound,
    /// A camera.
    Picture,
}

/// Where a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Running time in nanoseconds; strictly rising within a track.
    pub pts: i64,
    /// The track was moved: the decoder should take this as a discontinuity.
    pub moved: bool,
}

/// The time in which a new track may still be moved freely: its first packets often come in a burst.
const SETTLING: i64 = 500 * MILLISECOND;
/// A placed sound stays where it is until it is wrong by more than this.
const SOUND_SLACK: i64 = 30 * MILLISECOND;
/// The same for a picture that follows no sound.
const PICTURE_SLACK: i64 = 15 * MILLISECOND;
/// How fast a picture moves towards its sound once settled, per second.
const SLEW_PER_SECOND: i64 = 10 * MILLISECOND;
/// A sender report that contradicts the arrivals by more than this is not believed.
const BELIEVABLE: i64 = 500 * MILLISECOND;
/// A jump of RTP time against arrivals that means a new time line (source restarted, clock stepped).
const NEW_TIMELINE: i64 = 3 * SECOND;

/// Places the frames of one track on running time.
#[derive(Debug, Clone)]
pub struct TrackClock {
    kind: Kind,
    clock_rate: u32,
    origin: Option<Origin>,
    least: MinDelay,
    last_pts: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Origin {
    rtp: u64,
    first_arrival: i64,
    last_arrival: i64,
    offset: i64,
    follows_sound: bool,
}

impl TrackClock {
    /// A clock for a new track whose RTP time runs at `clock_rate` ticks a second.
    pub fn new(kind: Kind, clock_rate: u32) -> Self {
        Self { kind, clock_rate, origin: None, least: MinDelay::new(SECOND, 10), last_pts: None }
    }

    /// The source's time begins anew, as after a reconnect; what is placed still only rises.
    pub fn begin_anew(&mut self) {
        self.origin = None;
        self.least.clear();
    }

    /// Places a frame that came in at running time `arrival` (nanoseconds).
    pub fn place(&mut self, frame: &FrameMeta, arrival: i64, participant: &mut ParticipantClock) -> Placed {
        let mut moved = self.origin.is_none();
        let mut origin = self.origin.unwrap_or_else(|| self.begin(frame.rtp_time, arrival));
        let mut media = self.media_ns(&origin, frame.rtp_time);
        if (media + origin.offset - arrival).abs() > NEW_TIMELINE {
            self.least.clear();
            origin = self.begin(frame.rtp_time, arrival);
            media = 0;
            moved = true;
        }
        let by_arrival = self.least.observe(arrival, arrival - media);
        let settling = arrival - origin.first_arrival < SETTLING;
        moved |= match self.kind {
            Kind::Sound => Self::lead(&mut origin, by_arrival, settling),
            Kind::Picture => {
                let by_sound = frame
                    .sender_report
                    .and_then(|report| participant.running_of(self.wall_ns(frame.rtp_time, report)))
                    .map(|running| running - media)
                    .filter(|offset| (offset - by_arrival).abs() <= BELIEVABLE);
                Self::follow(&mut origin, by_sound, by_arrival, settling, arrival)
            }
        };
        let mut pts = media + origin.offset;
        if self.kind == Kind::Sound
            && let Some(report) = frame.sender_report
        {
            participant.set_by_sound(self.wall_ns(frame.rtp_time, report), pts);
        }
        if let Some(last) = self.last_pts
            && pts <= last
        {
            // Never backwards: a player, and every element downstream, relies on it.
            pts = last + 1;
        }
        origin.last_arrival = arrival;
        self.origin = Some(origin);
        self.last_pts = Some(pts);
        Placed { pts, moved }
    }

    fn begin(&self, rtp: u64, arrival: i64) -> Origin {
        Origin { rtp, first_arrival: arrival, last_arrival: arrival, offset: arrival, follows_sound: false }
    }

    fn media_ns(&self, origin: &Origin, rtp_time: u64) -> i64 {
        ticks_to_ns(rtp_time.wrapping_sub(origin.rtp) as i64, self.clock_rate)
    }

    fn wall_ns(&self, rtp_time: u64, report: SenderReport) -> i64 {
        let since = ticks_to_ns(rtp_time.wrapping_sub(report.rtp_time) as i64, self.clock_rate);
        report.ntp_ns.saturating_add(since)
    }

    /// Sound: placed by arrivals; moved only while settling, or when wrong by more than the slack.
    fn lead(origin: &mut Origin, by_arrival: i64, settling: bool) -> bool {
        let wrong = by_arrival - origin.offset;
        let slack = if settling { 0 } else { SOUND_SLACK };
        // While settling only earlier: the least delay so far can only fall.
        if (settling && wrong < 0) || wrong.abs() > slack && !settling {
            origin.offset = by_arrival;
            return !settling;
        }
        false
    }

    /// Picture: to its sound by the sender's clock; without one, by arrivals.
    fn follow(
        origin: &mut Origin,
        by_sound: Option<i64>,
        by_arrival: i64,
        settling: bool,
        arrival: i64,
    ) -> bool {
        let target = by_sound.unwrap_or(by_arrival);
        let wrong = target - origin.offset;
        let newly_following = by_sound.is_some() && !origin.follows_sound;
        origin.follows_sound = by_sound.is_some();
        if newly_following || settling {
            origin.offset = target;
        } else if by_sound.is_some() {
            let passed = (arrival - origin.last_arrival).clamp(0, SECOND);
            let step = (SLEW_PER_SECOND as i128 * passed as i128 / SECOND as i128) as i64;
            origin.offset += wrong.clamp(-step, step);
        } else if wrong.abs() > PICTURE_SLACK {
            origin.offset = target;
        }
        false
    }
}

#[cfg(test)]
mod tests;
