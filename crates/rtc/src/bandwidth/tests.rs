//! Links as they are: wide, thin for a while, with jitter, with clocks of their own.

use proptest::prelude::*;

use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A sender of so many kilobits a second over a link that changes; the estimate follows.
struct Link {
    bandwidth: Bandwidth,
    start: Instant,
    /// Milliseconds since the start.
    now: u64,
    /// Bytes that wait before the link.
    queue: f64,
    dice: u64,
    told: Vec<u64>,
}

impl Link {
    fn new() -> Self {
        let start = Instant::now() + Duration::from_secs(1_000);
        Self { bandwidth: Bandwidth::default(), start, now: 0, queue: 0.0, dice: 1, told: Vec::new() }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % bound.max(1)
    }

    /// `kbit` is sent for a while in packets of 500 bytes over a link that carries `carries`, has a
    /// queue of 300 ms, and delays each packet by up to `jitter` ms of its own.
    fn run(&mut self, seconds: u64, kbit: u64, carries: u64, jitter: u64) {
        self.run_ms(seconds * 1_000, kbit, carries, jitter);
    }

    /// The most kilobits that are told while so many are sent for a fifth of a second.
    fn probe(&mut self, kbit: u64, carries: u64) -> u64 {
        self.told.clear();
        self.run_ms(200, kbit, carries, 0);
        self.told.iter().max().map_or(0, |bits| bits / 1_000)
    }

    fn run_ms(&mut self, length: u64, kbit: u64, carries: u64, jitter: u64) {
        let (from, mut sent, mut arrivals) = (self.now, 0, Vec::new());
        for at in from..from + length {
            self.queue = (self.queue - carries as f64 / 8.0).max(0.0);
            while sent < (at - from) * kbit / 8 {
                sent += 500;
                if self.queue + 500.0 > carries as f64 / 8.0 * 300.0 {
                    continue; // dropped
                }
                self.queue += 500.0;
                let waits = (self.queue * 8.0 / carries as f64) as u64;
                arrivals.push((at + 20 + waits + self.below(jitter), at));
            }
        }
        arrivals.sort_unstable();
        for (at, sent) in arrivals {
            let now = self.start + ms(at);
            self.bandwidth.push(now, self.start + ms(sent) - Duration::from_secs(700), 500);
            self.told.extend(self.bandwidth.take_report(now));
        }
        self.now += length;
    }

    fn says(&self) -> u64 {
        self.told.last().map_or(0, |bits| bits / 1_000)
    }
}

#[test]
fn a_wide_link_is_told_as_wide_once_a_second() {
    let mut link = Link::new();
    link.run(10, 1_200, 50_000, 0);
    assert_eq!(link.says(), 100_000);
    assert!((9..=11).contains(&link.told.len()), "{}", link.told.len());
}

#[test]
fn a_thin_link_is_told_within_a_second_in_steps_that_make_a_trend() {
    let mut link = Link::new();
    link.run(5, 1_200, 50_000, 0);
    link.told.clear();
    link.run(1, 1_200, 400, 0);
    assert!((200..=400).contains(&link.says()), "{} kbit/s", link.says());
    let falling = link.told.windows(2).rev().take_while(|pair| pair[1] < pair[0]).count();
    assert!(falling >= 11, "{:?}", link.told);
}

#[test]
fn what_fits_again_is_told_soon() {
    let mut link = Link::new();
    link.run(5, 1_200, 50_000, 0);
    link.run(5, 1_200, 400, 0);
    link.run(5, 300, 400, 0);
    let low = link.says();
    assert!((200..=700).contains(&low), "{low} kbit/s");
    // A probe on a link that is wide again.
    link.run(1, 1_000, 50_000, 0);
    assert!(link.says() > 800, "{} kbit/s", link.says());
}

/// A fifth of a second: LiveKit's probes are no longer, and 200 kbit/s above what it sends.
#[test]
fn a_short_probe_shows_a_wide_link_and_no_thin_one() {
    for (carries, shown) in [(50_000, true), (280, false)] {
        let mut link = Link::new();
        link.run(5, 1_200, 50_000, 0);
        link.run(5, 1_200, 250, 0);
        link.run(5, 160, carries, 0);
        let highest = link.probe(360, carries);
        assert_eq!(highest > 360, shown, "{highest} kbit/s of {carries}");
    }
}

#[test]
fn jitter_is_no_queue() {
    for jitter in [20, 60, 150] {
        let mut link = Link::new();
        link.run(20, 600, 50_000, jitter);
        assert_eq!(link.told.iter().min(), Some(&100_000_000), "{jitter} ms");
    }
}

#[test]
fn a_burst_is_no_queue() {
    let mut link = Link::new();
    for _ in 0..10 {
        link.run(1, 1_000, 6_000, 0);
        link.queue = 60_000.0; // 80 ms of a key frame
    }
    assert_eq!(link.told.iter().min(), Some(&100_000_000));
}

#[test]
fn a_sender_whose_clock_wraps_or_drifts_is_no_queue() {
    let (mut bandwidth, start) = (Bandwidth::default(), Instant::now() + Duration::from_secs(1_000));
    for at in (0..300_000u64).step_by(10) {
        // 100 ppm slow; told with the wrong multiple of 64 s now and then.
        let off = Duration::from_secs(64 * (1 + u64::from(at % 170 == 0)));
        let now = start + ms(at);
        bandwidth.push(now, now - off - Duration::from_micros(at / 10), 1_000);
        assert!(bandwidth.take_report(now).is_none_or(|bits| bits == 100_000_000), "at {at} ms");
    }
}

proptest! {
    #[test]
    fn any_packets_are_survived(packets in proptest::collection::vec((0u64..200_000, 0u64..200_000, 0usize..2_000), 0..200)) {
        let (mut bandwidth, start) = (Bandwidth::default(), Instant::now() + Duration::from_secs(1_000));
        for (at, sent, bytes) in packets {
            bandwidth.push(start + ms(at), start + ms(sent), bytes);
            let told = bandwidth.take_report(start + ms(at));
            prop_assert!(told.is_none_or(|bits| (50_000..=100_000_000).contains(&bits)));
        }
    }
}
