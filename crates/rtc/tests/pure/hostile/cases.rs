//! Runs a property on as many inputs as are asked for, on all cores. Inputs are numbered, and a
//! number makes the same input for ever: the one that fails is told, to be run alone.
//!
//! ```text
//! LIVETAPE_FUZZ_CASES=10000000   how many a target gets
//! LIVETAPE_FUZZ_CASE=123         only this one
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::Instant;

use super::dice::Dice;

/// What a target gets when nobody says otherwise.
const CASES: u64 = 20_000;

/// Every case must keep the property: it fails by a panic.
pub(super) fn each_case(property: impl Fn(&mut Dice) + Sync) {
    each_case_of(1, property);
}

/// As `each_case`, for a property that costs so many times more: it gets as many times fewer.
pub(super) fn each_case_of(cost: u64, property: impl Fn(&mut Dice) + Sync) {
    if let Some(case) = told("LIVETAPE_FUZZ_CASE") {
        return property(&mut Dice::new(case));
    }
    let cases = told("LIVETAPE_FUZZ_CASES").unwrap_or(CASES).div_ceil(cost);
    let (begin, property) = (Instant::now(), &property);
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    thread::scope(|scope| {
        for first in 0..threads {
            scope.spawn(move || {
                for case in (first..cases).step_by(threads as usize) {
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| property(&mut Dice::new(case)))) {
                        println!("LIVETAPE_FUZZ_CASE={case} fails");
                        resume_unwind(panic);
                    }
                }
            });
        }
    });
    let name = thread::current().name().unwrap_or_default().to_owned();
    println!("{name}: {cases} cases in {:.1} s", begin.elapsed().as_secs_f64());
}

#[expect(clippy::disallowed_methods, reason = "a person says how many, or which")]
fn told(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}
