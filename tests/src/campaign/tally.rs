//! Plays seeds on all cores, and counts what was seen.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::draw::Draw;
use super::scene::Scene;
use super::trial::play;

/// After how many trials of a thread progress is told.
const TELL_EVERY: u64 = 64;

/// A seed with what it broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The seed.
    pub seed: u64,
    /// What must never happen and did.
    pub rules: Vec<String>,
}

/// What was seen of many trials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub trials: u64,
    /// What was seen, and how often.
    pub seen: BTreeMap<String, u64>,
    /// Follows from everything that happened in all of them, whatever their order.
    pub fingerprint: u64,
    /// Those that broke something, by seed.
    pub broken: Vec<Broken>,
}

impl Tally {
    /// How often something was seen.
    pub fn count(&self, what: &str) -> u64 {
        self.seen.get(what).copied().unwrap_or_default()
    }

    fn add(&mut self, other: Self) {
        self.trials += other.trials;
        self.fingerprint = self.fingerprint.wrapping_add(other.fingerprint);
        for (what, times) in other.seen {
            *self.seen.entry(what).or_default() += times;
        }
        self.broken.extend(other.broken);
        self.broken.sort_by_key(|broken| broken.seed);
    }
}

/// Plays seeds on so many threads; `progress` is told now and then. Ends early when one broke something.
pub fn play_all(
    scenes: &[Scene],
    seeds: Range<u64>,
    jobs: usize,
    progress: &(dyn Fn(&Tally) + Sync),
) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let stop = AtomicBool::new(false);
    let all = Mutex::new(Tally::default());
    let hand_in = |some: &mut Tally| {
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        if !some.broken.is_empty() {
            stop.store(true, Ordering::Relaxed);
        }
        all.add(std::mem::take(some));
        progress(&all);
    };
    let worker = || {
        let mut mine = Tally::default();
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            mine.add(one(scenes, seed));
            if mine.trials == TELL_EVERY || !mine.broken.is_empty() {
                hand_in(&mut mine);
            }
        }
        hand_in(&mut mine);
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(worker);
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// One trial. A panic of the code under test is a broken rule like any other, and has its seed.
fn one(scenes: &[Scene], seed: u64) -> Tally {
    let played = catch_unwind(AssertUnwindSafe(|| {
        play(scenes, &Draw::of(scenes, seed), false)
    }));
    let mut tally = Tally {
        trials: 1,
        ..Tally::default()
    };
    let rules = match played {
        Ok(trial) => {
            for (what, times) in trial.seen {
                *tally.seen.entry(what).or_default() += times;
            }
            tally.fingerprint = trial.fingerprint;
            trial.broken
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            vec![format!("no-panic: {}", text.unwrap_or("without a message"))]
        }
    };
    if !rules.is_empty() {
        tally.broken.push(Broken { seed, rules });
    }
    tally
}
