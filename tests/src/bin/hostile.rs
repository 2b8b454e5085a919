//! Damages input for as long as there is time, on as many cores as there are.
//!
//! ```text
//! cargo hostile --seconds 3600 [--from SEED] [--jobs N]
//! ```
//!
//! Exit code 0: nothing panicked; 1: something did, and its seed is told; 2: the command line is wrong.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a command prints what it found, and measures how long that took"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dr_tests::hostile::{Fate, Sound};

const USAGE: &str = "usage: hostile [--seconds N] [--from SEED] [--jobs N]

  --seconds N  for how long: 60 unless told
  --from SEED  the first seed: 0 unless told
  --jobs N     how many threads: one a core unless told";

struct Asked {
    seconds: u64,
    from: u64,
    jobs: u64,
}

fn asked(mut words: impl Iterator<Item = String>) -> Option<Asked> {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut asked = Asked {
        seconds: 60,
        from: 0,
        jobs: u64::try_from(cores).ok()?,
    };
    while let Some(word) = words.next() {
        let value: u64 = words.next()?.parse().ok()?;
        match word.as_str() {
            "--seconds" => asked.seconds = value,
            "--from" => asked.from = value,
            "--jobs" => asked.jobs = value.max(1),
            _ => return None,
        }
    }
    Some(asked)
}

/// What was done.
#[derive(Default)]
struct Count {
    scans: AtomicU64,
    estates: AtomicU64,
    judged: AtomicU64,
    broken: AtomicU64,
}

fn damage(sound: &Sound, seed: u64, count: &Count) {
    // An estate is read much faster than a scan is judged, which is what most can go wrong in.
    let (of, fate) = if seed.is_multiple_of(4) {
        let fate = catch_unwind(AssertUnwindSafe(|| sound.estate(seed)));
        (&count.estates, fate)
    } else {
        let fate = catch_unwind(AssertUnwindSafe(|| sound.scan(seed)));
        (&count.scans, fate)
    };
    of.fetch_add(1, Ordering::Relaxed);
    match fate {
        Ok(Fate::Judged) => drop(count.judged.fetch_add(1, Ordering::Relaxed)),
        Ok(Fate::Refused) => {}
        Err(_) => {
            eprintln!("BROKEN by seed {seed}");
            count.broken.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn main() -> ExitCode {
    let Some(asked) = asked(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let began = Instant::now();
    let end = Duration::from_secs(asked.seconds);
    let count = Count::default();
    thread::scope(|scope| {
        for job in 0..asked.jobs {
            let count = &count;
            let (from, jobs) = (asked.from, asked.jobs);
            scope.spawn(move || {
                let sound = Sound::new();
                let mut seed = from + job;
                while began.elapsed() < end {
                    damage(&sound, seed, count);
                    seed += jobs;
                }
            });
        }
    });
    let told = |number: &AtomicU64| number.load(Ordering::Relaxed);
    let (scans, estates) = (told(&count.scans), told(&count.estates));
    println!(
        "{scans} scans and {estates} estates from seed {} on, {} of them judged, {} jobs, {:.0} s; {} panics",
        asked.from,
        told(&count.judged),
        asked.jobs,
        began.elapsed().as_secs_f64(),
        told(&count.broken),
    );
    if told(&count.broken) == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
