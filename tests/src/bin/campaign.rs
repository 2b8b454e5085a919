//! The long form of our own campaign: as many seeds as there is time for, on as many cores as there are.
//!
//! ```text
//! cargo run --release -p dr-tests --no-default-features --bin campaign -- --seeds 1000000 [--from S] [--jobs N]
//! cargo run --release -p dr-tests --no-default-features --bin campaign -- --replay SEED
//! ```
//!
//! Exit code 0: nothing was broken; 1: something was; 2: the command line is wrong.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a command prints what it found, and measures how long that took"
)]

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use dr_tests::campaign::{Draw, Tally, play, play_all, scenes};

const USAGE: &str = "usage: campaign [--seeds N] [--from S] [--jobs N] | campaign --replay SEED

  --seeds N   how many trials: 5000 unless told
  --from S    the first seed: 1 unless told; how to go on where a campaign was interrupted
  --jobs N    how many threads: one a core unless told
  --replay S  plays one seed and tells its story";

/// What the command line asks for.
struct Asked {
    seeds: u64,
    from: u64,
    jobs: usize,
    replay: Option<u64>,
}

fn asked(mut words: impl Iterator<Item = String>) -> Option<Asked> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut asked = Asked {
        seeds: 5000,
        from: 1,
        jobs: cores,
        replay: None,
    };
    while let Some(word) = words.next() {
        let value: u64 = words.next()?.parse().ok()?;
        match word.as_str() {
            "--seeds" => asked.seeds = value,
            "--from" => asked.from = value,
            "--jobs" => asked.jobs = usize::try_from(value).ok()?,
            "--replay" => asked.replay = Some(value),
            _ => return None,
        }
    }
    Some(asked)
}

fn main() -> ExitCode {
    let Some(asked) = asked(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match asked.replay {
        Some(seed) => replay(seed),
        None => campaign(&asked),
    }
}

fn replay(seed: u64) -> ExitCode {
    let scenes = scenes();
    let draw = Draw::of(&scenes, seed);
    println!("{draw:#?}");
    let trial = play(&scenes, &draw, true);
    for line in &trial.story {
        println!("{line}");
    }
    if trial.broken.is_empty() {
        println!("nothing was broken");
        return ExitCode::SUCCESS;
    }
    for rule in &trial.broken {
        println!("BROKEN {rule}");
    }
    ExitCode::FAILURE
}

fn campaign(asked: &Asked) -> ExitCode {
    let began = Instant::now();
    let scenes = scenes();
    let told = Mutex::new(Instant::now());
    let progress = |tally: &Tally| {
        let mut told = told.lock().expect("nobody panics while telling");
        if told.elapsed() >= Duration::from_secs(5) {
            *told = Instant::now();
            let done = tally.trials;
            let a_second = done as f64 / began.elapsed().as_secs_f64();
            eprintln!(
                "{done} of {} trials, {a_second:.0} a second; were it interrupted: --from {}",
                asked.seeds,
                asked.from + done.saturating_sub(64 * asked.jobs as u64),
            );
        }
    };
    let end = asked.from.saturating_add(asked.seeds);
    let tally = play_all(&scenes, asked.from..end, asked.jobs, &progress);
    let took = began.elapsed().as_secs_f64();
    for (what, times) in &tally.seen {
        println!("{times:>12}  {what}");
    }
    println!(
        "{} trials from seed {} on, {} jobs, {took:.1} s, {:.0} a second; fingerprint {:016x}",
        tally.trials,
        asked.from,
        asked.jobs,
        tally.trials as f64 / took,
        tally.fingerprint,
    );
    let Some(first) = tally.broken.first() else {
        println!("0 violations");
        return ExitCode::SUCCESS;
    };
    for rule in &first.rules {
        println!("BROKEN by seed {}: {rule}", first.seed);
    }
    println!(
        "to see it again: cargo run -p dr-tests --no-default-features --bin campaign -- --replay {}",
        first.seed
    );
    ExitCode::FAILURE
}
