//! What a process costs.

use std::fmt;
use std::time::{Duration, Instant};

use livetape_rig::harness::Usage;

/// What one run cost.
pub struct Cost {
    /// CPU seconds per second.
    pub cpu: f64,
    /// Largest proportional set size, in bytes.
    pub pss: u64,
}

/// CPU time and peak memory of a process until it ends, or until so long has passed.
pub fn observe(pid: u32, limit: Duration) -> (Duration, u64) {
    let (start, mut cpu, mut pss) = (Instant::now(), Duration::ZERO, 0);
    while start.elapsed() < limit {
        let usage = Usage::of(pid);
        if usage.pss == 0 || usage.cpu < cpu {
            break;
        }
        (cpu, pss) = (usage.cpu, pss.max(usage.pss));
        std::thread::sleep(Duration::from_millis(100));
    }
    (cpu, pss)
}

/// The middle one by CPU, with the largest memory of all.
pub fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
    let pss = costs.iter().map(|c| c.pss).max().unwrap_or(0);
    let middle = costs.len() / 2;
    Cost { cpu: costs.get(middle).map_or(f64::NAN, |c| c.cpu), pss }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} of a core, peak PSS {:.0} MB", self.cpu, self.pss as f64 / 1e6)
    }
}
