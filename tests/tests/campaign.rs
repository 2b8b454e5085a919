//! Seeds over the shipped runbooks: what must never happen does not, every run rests, and what a run says of the loss is what
//! clients lost. First the trials of `dr simulate`, drawn from the shipped declaration of disasters; then our own campaign, in
//! which two to four operators meet everything that the simulator knows. Its long form is the binary `campaign`.

use std::collections::BTreeSet;

use std::sync::atomic::{AtomicUsize, Ordering};

use dr_core::campaign::{Campaign, Distribution, Fate, Setting, Trial};
use dr_core::config::builtin;
use dr_core::model::Mode;
use dr_tests::campaign::{self, Draw, Tally};
use dr_tests::lab;

fn setting(name: &str, mode: Mode, homeward: bool) -> Setting {
    let declared = Distribution::parse(builtin::disasters()).expect("the shipped one is right");
    let runbook = lab::runbook(name);
    Setting::new(lab::storefront(), runbook, mode, homeward, declared)
        .expect("a shipped runbook can be put to the test")
}

/// The trials of the seeds from 1 on, in their order, whichever thread played them.
fn play(setting: &Setting, seeds: usize, threads: usize) -> Vec<Trial> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut trials = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed) + 1;
            if seed > seeds {
                return trials;
            }
            trials.push(setting.trial(seed as u64).expect("the trial is played"));
        }
    };
    let mut trials: Vec<Trial> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let done = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
        done.flat_map(|trials| trials.expect("no trial panics"))
            .collect()
    });
    trials.sort_by_key(|trial| trial.seed);
    trials
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// Holds every promise against every trial; the campaign, for what else a test asks of it.
fn keeps_its_promises(name: &str, mode: Mode, homeward: bool, seeds: usize) -> Campaign {
    let setting = setting(name, mode, homeward);
    let trials = play(&setting, seeds, threads());
    let campaign = Campaign::of(&setting, &trials);
    assert_eq!(campaign.violations, [], "{name}, {mode}");
    assert!(campaign.is_sound(), "{:#?}", campaign.fates);
    for trial in &trials {
        if mode == Mode::Planned && trial.fate == Fate::Remained {
            assert_eq!(
                trial.lost, 0,
                "seed {}: what was taken back lost nothing",
                trial.seed
            );
        }
    }
    campaign
}

fn number(campaign: &Campaign, fate: Fate) -> u64 {
    let counts = campaign.fates.iter().filter(|count| count.fate == fate);
    counts.map(|count| count.trials).sum()
}

#[test]
fn failovers_under_drawn_disasters_keep_every_promise_and_most_end_protected() {
    let campaign = keeps_its_promises("failover", Mode::Unplanned, false, 200);
    assert!(
        number(&campaign, Fate::Protected) > 150,
        "{:#?}",
        campaign.fates
    );
    assert!(number(&campaign, Fate::Down) < 10, "{:#?}", campaign.fates);
}

#[test]
fn switchovers_under_drawn_mishaps_keep_every_promise() {
    let campaign = keeps_its_promises("failover", Mode::Planned, false, 60);
    assert!(
        number(&campaign, Fate::Protected) > 30,
        "{:#?}",
        campaign.fates
    );
}

#[test]
fn failbacks_under_drawn_mishaps_keep_every_promise() {
    let campaign = keeps_its_promises("failback", Mode::Planned, true, 60);
    assert!(
        number(&campaign, Fate::Protected) > 30,
        "{:#?}",
        campaign.fates
    );
}

#[test]
fn a_campaign_is_the_same_on_one_thread_and_on_many() {
    let setting = setting("failover", Mode::Unplanned, false);
    let one = Campaign::of(&setting, &play(&setting, 24, 1));
    let many = Campaign::of(&setting, &play(&setting, 24, 8));
    assert_eq!(one, many);
}

/// How many trials of our own campaign the suite plays: about two minutes of two cores in the development build.
const SEEDS: u64 = 5000;

fn operators(seeds: std::ops::Range<u64>, jobs: usize) -> Tally {
    campaign::play_all(&campaign::scenes(), seeds, jobs, &|_| {})
}

#[test]
fn two_to_four_operators_who_meet_everything_that_can_go_wrong_keep_every_promise() {
    let tally = operators(1..SEEDS + 1, threads());
    assert_eq!(tally.broken, [], "replay: --bin campaign -- --replay SEED");
    assert_eq!(tally.trials, SEEDS);
    let least = [
        ("operator", 2 * SEEDS),
        ("operator died", SEEDS / 10),
        ("run taken over", SEEDS / 2),
        ("run completed", SEEDS / 2),
        ("run unwound", SEEDS / 50),
        ("attempt told that somebody acts", SEEDS / 2),
        ("attempt cut off from the store", SEEDS / 10),
        ("attempt fenced", 20),
        ("fault between look and call", SEEDS / 4),
        ("fault Paused", SEEDS / 10),
        ("fault ClockOff", SEEDS),
        ("fault CutOff", SEEDS / 2),
    ];
    for (what, times) in least {
        let seen = tally.count(what);
        assert!(seen >= times, "{what}: {seen}, and {times} are wanted");
    }
}

#[test]
fn a_trial_of_operators_is_the_same_on_one_thread_and_on_many() {
    assert_eq!(operators(1..25, 1), operators(1..25, 4));
}

#[test]
fn every_fault_that_the_simulator_knows_is_drawn_or_mends_one_that_is() {
    let scenes = campaign::scenes();
    let mut drawn = BTreeSet::new();
    for seed in 1..=1000 {
        let draw = Draw::of(&scenes, seed);
        let mishaps = draw.mishaps.iter().map(|mishap| &mishap.fault);
        for fault in draw.strike.iter().chain(mishaps) {
            drawn.insert(campaign::class(fault));
            drawn.extend(fault.mended_by().as_ref().map(campaign::class));
        }
    }
    let source = include_str!("../../dr-core/src/sim/fault.rs");
    let list = source
        .split_once("pub enum Fault {")
        .and_then(|(_, after)| after.split_once("\n}"))
        .expect("the list of faults stands in its file")
        .0;
    let known: BTreeSet<String> = list
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_uppercase))
        .filter_map(|line| line.split(['(', ',', ' ']).next())
        .map(str::to_owned)
        .collect();
    assert!(known.len() > 30, "{known:?}");
    assert_eq!(known.difference(&drawn).collect::<Vec<_>>(), [""; 0]);
}
