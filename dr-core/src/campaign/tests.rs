use super::*;
use crate::config::{self, Source, builtin};
use crate::model::{Duration, Mode};
use crate::runbook::Runbook;

fn setting_of(declared: Source, name: &str, mode: Mode, homeward: bool) -> Setting {
    let estate = config::load_estate(builtin::storefront_estate());
    let estate = estate.unwrap_or_else(|problems| panic!("{problems}"));
    let source = builtin::storefront_runbook(name).expect("a shipped runbook");
    let runbook = Runbook::parse(source).unwrap_or_else(|problems| panic!("{problems}"));
    let declared = Distribution::parse(declared).unwrap_or_else(|problems| panic!("{problems}"));
    Setting::new(estate, runbook, mode, homeward, declared).expect("it can be put to the test")
}

fn everyday() -> Setting {
    setting_of(builtin::disasters(), "failover", Mode::Unplanned, false)
}

/// A region is lost, and nothing else goes wrong unless a test says so.
fn declared(more: &str) -> Source {
    let text = "disasters: one\nabout: One disaster.\n\
        people: { names: [ada, grace], notice: 2m, answer: 1m }\n\
        strikes: [ { strike: region-dark, weight: 1, site: primary, lasts: 40m } ]\n";
    Source::new("test", format!("{text}{more}"))
}

#[test]
fn the_same_seed_is_the_same_trial_whatever_was_played_before() {
    let setting = everyday();
    let first = setting.play(&setting.draw(7)).unwrap();
    setting.trial(8).unwrap();
    let again = everyday();
    let second = again.play(&again.draw(7)).unwrap();
    assert_eq!(first.trial, second.trial);
    assert_eq!(first.story, second.story);
    assert_ne!(setting.draw(7), setting.draw(8));
}

#[test]
fn rows_are_drawn_as_often_as_they_are_declared() {
    let setting = setting_of(
        declared("mishaps: [ { mishap: mirror-stops, chance: 20%, after: 0s, lasts: 1m to 3m } ]"),
        "failover",
        Mode::Unplanned,
        false,
    );
    let draws: Vec<Draw> = (0..2000).map(|seed| setting.draw(seed)).collect();
    let mirror = draws
        .iter()
        .filter(|draw| draw.incidents.len() == 2)
        .count();
    assert!((320..480).contains(&mirror), "{mirror} of 2000");
    for draw in &draws {
        let strike = &draw.incidents[0];
        assert_eq!(strike.at, draw.lead);
        assert_eq!(strike.lasts, Some(Duration::from_mins(40)));
    }
}

#[test]
fn a_plain_loss_of_the_region_is_failed_over_and_protected_again_when_it_returns() {
    let setting = setting_of(declared(""), "failover", Mode::Unplanned, false);
    let trial = setting.trial(1).unwrap();
    assert_eq!(trial.fate, Fate::Protected);
    assert_eq!(trial.violations, [] as [String; 0]);
    let recovery = trial.recovery.expect("clients are served");
    let legs: Duration = trial.legs.iter().map(|leg| leg.took).sum();
    assert_eq!(legs, recovery, "the legs add up to the outage: {trial:#?}");
    assert_eq!(trial.legs[0].name, LegName::Notice);
}

#[test]
fn the_legs_of_every_trial_add_up_to_its_longest_outage() {
    let setting = everyday();
    for seed in 1..=20 {
        let trial = setting.trial(seed).unwrap();
        let Some(recovery) = trial.recovery else {
            continue;
        };
        let legs: Duration = trial.legs.iter().map(|leg| leg.took).sum();
        assert_eq!(legs, recovery, "seed {seed}: {:#?}", trial.legs);
        assert!(trial.legs.iter().all(|leg| leg.gain <= leg.took));
    }
}

#[test]
fn a_failback_begins_away_from_home_and_ends_there() {
    let setting = setting_of(declared(""), "failback", Mode::Planned, true);
    assert_eq!(setting.direction, setting.estate.outward().reversed());
    let trial = setting.trial(3).unwrap();
    assert_eq!(trial.fate, Fate::Protected);
    assert_eq!(trial.lost, 0);
}

#[test]
fn what_does_not_matter_is_left_out_of_the_worst_and_what_stays_is_as_bad() {
    let mishaps = "mishaps:\n\
        - { mishap: mirror-stops, chance: 100%, after: 0s, lasts: 30m }\n\
        - { mishap: monitoring-blind, chance: 100%, site: standby, after: 0s, lasts: 30m }\n\
        - { mishap: promotion-refused, chance: 100%, level: 2, after: 0s }\n\
        - { mishap: short-of-capacity, chance: 100%, site: standby, level: 1, after: 0s, lasts: 2h }\n\
        - { mishap: region-dark, chance: 100%, site: standby, after: 0s, lasts: 3h }\n";
    let setting = setting_of(declared(mishaps), "failover", Mode::Unplanned, false);
    let drawn = setting.draw(5);
    assert_eq!(drawn.incidents.len(), 6);
    let shrunk = shrink(&setting, &drawn).unwrap();
    assert!(shrunk.badness.is_in(&shrunk.trial));
    assert!(shrunk.shrunk.incidents.len() <= 2, "{:#?}", shrunk.shrunk);
    for incident in &shrunk.shrunk.incidents {
        let mut fewer = shrunk.shrunk.clone();
        fewer.incidents.retain(|other| other != incident);
        let trial = setting.try_out(&fewer).unwrap();
        assert!(!shrunk.badness.is_in(&trial), "{incident} is needless");
    }
}

#[test]
fn quantiles_are_lengths_that_trials_had_and_what_never_ended_is_the_longest() {
    let setting = setting_of(declared(""), "failover", Mode::Unplanned, false);
    let trial = |seed: u64, recovery: Option<u64>| Trial {
        seed,
        fate: recovery.map_or(Fate::Down, |_| Fate::Protected),
        recovery: recovery.map(Duration::from_mins),
        lost: 0,
        loss: Duration::ZERO,
        runs: 1,
        violations: Vec::new(),
        legs: Vec::new(),
    };
    let mut trials: Vec<Trial> = (1..=99).map(|n| trial(n, Some(n))).collect();
    trials.push(trial(100, None));
    let campaign = Campaign::of(&setting, &trials);
    let minutes = |n| Quantile::Time(Duration::from_mins(n));
    assert_eq!(campaign.recovery.p50, minutes(50));
    assert_eq!(campaign.recovery.p95, minutes(95));
    assert_eq!(campaign.recovery.p99, minutes(99));
    assert_eq!(campaign.recovery.worst, Quantile::Never);
    assert_eq!(campaign.recovery.worst_seed, Some(100));
    assert_eq!(campaign.recovery.within, 30);
    let shown: u64 = campaign.recovery.bars.iter().sum();
    assert_eq!(shown + campaign.recovery.longer, 99);
    assert!(campaign.meets(30) && !campaign.meets(31));
}

#[test]
fn a_page_of_a_campaign_stands_alone() {
    let setting = everyday();
    let trials: Vec<Trial> = (1..=10).map(|seed| setting.trial(seed).unwrap()).collect();
    let mut campaign = Campaign::of(&setting, &trials);
    campaign.story = Some(shrink(&setting, &setting.draw(3)).unwrap());
    let page = to_html(&campaign);
    assert!(page.contains("<svg") && page.contains("What takes the time"));
    for reference in ["http:", "https:", "src=", "<script"] {
        assert!(!page.contains(reference), "{reference}");
    }
}

#[test]
fn an_operator_who_dies_before_anything_is_durable_is_followed_by_one_who_begins_anew() {
    for after in ["2m", "2m 3s", "2m 10s", "2m 40s"] {
        let mishap =
            format!("mishaps: [ {{ mishap: operator-dies, chance: 100%, after: {after} }} ]");
        let setting = setting_of(declared(&mishap), "failover", Mode::Unplanned, false);
        let trial = setting.trial(104).unwrap();
        assert_eq!(trial.fate, Fate::Protected, "{after}: {trial:#?}");
        assert!(
            trial.recovery.is_some_and(|r| r < Duration::from_mins(30)),
            "{after}: {trial:#?}"
        );
    }
}

#[test]
fn a_lag_beyond_the_objective_is_accepted_where_the_primary_is_lost_and_refuses_a_planned_move() {
    let mishap =
        "mishaps: [ { mishap: replication-stalls, chance: 100%, before: 8m, lasts: 10m } ]";
    let lost = setting_of(declared(mishap), "failover", Mode::Unplanned, false);
    let trial = lost.trial(2).unwrap();
    assert!(
        matches!(trial.fate, Fate::Served | Fate::Protected),
        "{trial:#?}"
    );
    assert!(
        trial.recovery.is_some_and(|r| r < Duration::from_mins(30)),
        "{trial:#?}"
    );
    assert!(trial.loss > Duration::from_mins(6), "{trial:#?}");
    let planned = setting_of(declared(mishap), "failover", Mode::Planned, false);
    assert_eq!(planned.trial(2).unwrap().lost, 0);
}
