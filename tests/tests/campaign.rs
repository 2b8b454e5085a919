//! Seeds over the shipped runbooks, drawn from the shipped declaration of disasters: what must never happen does not, every
//! run rests, and what a run says of the loss is what clients lost.

use std::sync::atomic::{AtomicUsize, Ordering};

use dr_core::campaign::{Campaign, Distribution, Fate, Setting, Trial};
use dr_core::config::builtin;
use dr_core::model::Mode;
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
    let campaign = keeps_its_promises("failover", Mode::Unplanned, false, 400);
    assert!(
        number(&campaign, Fate::Protected) > 300,
        "{:#?}",
        campaign.fates
    );
    assert!(number(&campaign, Fate::Down) < 20, "{:#?}", campaign.fates);
}

#[test]
fn switchovers_under_drawn_mishaps_keep_every_promise() {
    let campaign = keeps_its_promises("failover", Mode::Planned, false, 120);
    assert!(
        number(&campaign, Fate::Protected) > 60,
        "{:#?}",
        campaign.fates
    );
}

#[test]
fn failbacks_under_drawn_mishaps_keep_every_promise() {
    let campaign = keeps_its_promises("failback", Mode::Planned, true, 120);
    assert!(
        number(&campaign, Fate::Protected) > 60,
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

/// `cargo test --release -p dr-tests --no-default-features --test campaign -- --ignored`
#[test]
#[ignore = "the long form: minutes in release"]
fn twenty_thousand_disasters_keep_every_promise() {
    keeps_its_promises("failover", Mode::Unplanned, false, 20_000);
    keeps_its_promises("failover", Mode::Planned, false, 5_000);
    keeps_its_promises("failback", Mode::Planned, true, 5_000);
}
