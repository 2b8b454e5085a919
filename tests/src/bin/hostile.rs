//! Damages input for as long as there is time, on as many cores as there are.
//!
//! ```text
//! cargo hostile --seconds 3600 [--files] [--from SEED] [--jobs N]
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

use dr_tests::hostile::{Fate, Files, Form, Sound};

const USAGE: &str = "usage: hostile [--seconds N] [--files] [--from SEED] [--jobs N]

  --files      only reads: small scans, Terraform states and estates, damaged byte by byte; else whole scans are judged
  --seconds N  for how long: 60 unless told; with 0 one seed a job is tried
  --from SEED  the first seed: 0 unless told
  --jobs N     how many threads: one a core unless told";

struct Asked {
    seconds: u64,
    files: bool,
    from: u64,
    jobs: u64,
}

fn asked(mut words: impl Iterator<Item = String>) -> Option<Asked> {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut asked = Asked {
        seconds: 60,
        files: false,
        from: 0,
        jobs: u64::try_from(cores).ok()?,
    };
    while let Some(word) = words.next() {
        if word == "--files" {
            asked.files = true;
            continue;
        }
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
    states: AtomicU64,
    estates: AtomicU64,
    judged: AtomicU64,
    broken: AtomicU64,
}

/// What is damaged.
enum Input {
    Whole(Box<Sound>),
    Files(Files),
}

impl Input {
    fn damage(&self, seed: u64) -> (Form, Fate) {
        match self {
            // An estate is read much faster than a scan is judged, which is what most can go wrong in.
            Self::Whole(sound) if seed.is_multiple_of(4) => (Form::Estate, sound.estate(seed)),
            Self::Whole(sound) => (Form::Scan, sound.scan(seed)),
            Self::Files(files) => files.read(seed),
        }
    }
}

fn damage(input: &Input, seed: u64, count: &Count) {
    let one = |of: &AtomicU64| {
        of.fetch_add(1, Ordering::Relaxed);
    };
    let Ok((form, fate)) = catch_unwind(AssertUnwindSafe(|| input.damage(seed))) else {
        eprintln!("BROKEN by seed {seed}");
        one(&count.broken);
        return;
    };
    one(match form {
        Form::Scan => &count.scans,
        Form::State => &count.states,
        Form::Estate => &count.estates,
    });
    if fate == Fate::Judged {
        one(&count.judged);
    }
}

/// The most memory that this process ever held, in MB; where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
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
            let (asked, count) = (&asked, &count);
            scope.spawn(move || {
                let input = if asked.files {
                    Input::Files(Files::new())
                } else {
                    Input::Whole(Box::default())
                };
                let mut seed = asked.from + job;
                loop {
                    damage(&input, seed, count);
                    seed += asked.jobs;
                    if began.elapsed() >= end {
                        break;
                    }
                }
            });
        }
    });
    let told = |number: &AtomicU64| number.load(Ordering::Relaxed);
    println!(
        "{} scans, {} states and {} estates from seed {} on, {} of them {}, {} jobs, {:.0} s; {} panics; at most {} MB",
        told(&count.scans),
        told(&count.states),
        told(&count.estates),
        asked.from,
        told(&count.judged),
        if asked.files { "read" } else { "judged" },
        asked.jobs,
        began.elapsed().as_secs_f64(),
        told(&count.broken),
        peak().map_or_else(|| "?".to_owned(), |peak| peak.to_string()),
    );
    if told(&count.broken) == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
