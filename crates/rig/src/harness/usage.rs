//! What a process and its children cost, from `/proc`.

use std::time::Duration;

/// CPU time and memory of a process tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// User and system time, of ended children too.
    pub cpu: Duration,
    /// Proportional set size at this moment, in bytes.
    pub pss: u64,
}

/// Ticks of `/proc/PID/stat` a second; the kernel's interface has had this value for all its life.
const TICKS: u64 = 100;

impl Usage {
    /// Of this process and those below it.
    #[must_use]
    pub fn of(pid: u32) -> Self {
        let mut usage = Self { cpu: cpu(pid).unwrap_or_default(), pss: pss(pid).unwrap_or(0) };
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        for child in children.unwrap_or_default().split_whitespace().filter_map(|c| c.parse().ok()) {
            let below = Self::of(child);
            usage.cpu += below.cpu;
            usage.pss += below.pss;
        }
        usage
    }
}

fn cpu(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command's name is in brackets and may hold anything; fields count from behind it.
    let fields = stat.rsplit_once(')')?.1.split_whitespace();
    let ticks: u64 = fields.skip(11).take(4).filter_map(|f| f.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 1000 / TICKS))
}

fn pss(pid: u32) -> Option<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_costs_something() {
        let before = Usage::of(std::process::id());
        let mut x = 1u64;
        while Usage::of(std::process::id()).cpu < before.cpu + Duration::from_millis(20) {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        assert!(before.pss > 100_000, "{before:?}");
    }
}
