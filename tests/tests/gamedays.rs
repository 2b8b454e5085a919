//! Every shipped game day, and every example of docs/gamedays.md, played: the verdict of each seed, and that a seed tells the same
//! story to the byte.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::config::{Source, builtin};
use dr_core::gameday::{
    Audience, Beat, NobodyElse, Rehearsal, Scenario, Scorecard, Stage, Verdict, to_html,
};
use dr_core::runbook::Runbook;
use dr_core::runbook::engine::RunState;
use dr_core::runbook::host::{StopFlag, Watcher};
use dr_core::runbook::journal::Record;
use dr_core::sim::Simulation;
use dr_tests::lab;
use jiff::Timestamp;

struct Silent;

impl Watcher for Silent {
    fn recorded(&self, _: &RunState, _: &Record) {}
}

impl Audience for Silent {
    fn told(&self, _: Timestamp, _: &Beat) {}
}

fn runbooks() -> BTreeMap<String, Runbook> {
    let names = builtin::runbook_names().into_iter();
    names
        .map(|name| (name.to_owned(), lab::runbook(name)))
        .collect()
}

fn scenario(source: Source, seed: u64) -> Scenario {
    let mut scenario = Scenario::parse(source, &lab::storefront(), &runbooks())
        .unwrap_or_else(|problems| panic!("it is right: {problems}"));
    scenario.seed = seed;
    scenario
}

fn play(scenario: &Scenario) -> (Rehearsal, Vec<String>) {
    let simulation = Simulation::new(&lab::storefront(), scenario.seed);
    let stage = Stage {
        simulation: simulation.clone(),
        runbooks: runbooks(),
        audience: Arc::new(Silent),
        team: Arc::new(NobodyElse),
        stop: StopFlag::default(),
    };
    let rehearsal = stage.play(scenario).expect("it can be played");
    let log = simulation.log().iter().map(ToString::to_string).collect();
    (rehearsal, log)
}

/// A scorecard in the lines that matter when it is not as expected.
fn told(card: &Scorecard) -> String {
    let mut lines = vec![format!(
        "{} seed {}: {:?}",
        card.gameday, card.seed, card.verdict
    )];
    for act in &card.acts {
        lines.push(format!("{:?} {}: {}", act.outcome, act.act, act.said));
    }
    for score in &card.expectations {
        lines.push(format!(
            "{} {}: {}",
            score.met, score.expectation, score.because
        ));
    }
    for score in card
        .invariants
        .iter()
        .filter(|score| !score.broken.is_empty())
    {
        lines.push(format!("broken {}: {:?}", score.invariant, score.broken));
    }
    lines.push(format!("steady: {:?}", card.steady));
    lines.join("\n")
}

/// Ten seeds of a shipped game day, each as expected and with no rule broken; the first one twice, the same to the byte.
fn holds(name: &str) {
    let source = || builtin::storefront_gameday(name).expect("it is shipped");
    for seed in 1..=10 {
        let scenario = scenario(source(), seed);
        let (rehearsal, log) = play(&scenario);
        let card = &rehearsal.scorecard;
        assert_eq!(card.verdict, Verdict::Met, "{}", told(card));
        let broken = card.invariants.iter().any(|score| !score.broken.is_empty());
        assert!(!broken, "{}", told(card));
        if seed == 1 {
            let (again, log_again) = play(&scenario);
            assert_eq!(log, log_again);
            let bytes = |of: &Rehearsal| serde_json::to_string(of).expect("it serialises");
            assert_eq!(bytes(&rehearsal), bytes(&again));
            assert_eq!(rehearsal.journals, again.journals);
            let objectives = lab::storefront().objectives;
            assert_eq!(to_html(&rehearsal, objectives), to_html(&again, objectives));
        }
    }
}

macro_rules! shipped {
    ($($test:ident: $name:literal,)*) => {
        /// The game days with a test of their own.
        const TESTED: &[&str] = &[$($name),*];

        $(#[test]
        fn $test() {
            holds($name);
        })*
    };
}

shipped! {
    a_lost_region_is_survived_and_service_goes_home: "region-loss",
    a_region_that_only_clients_reach_is_fenced_by_its_lease: "region-isolated",
    a_lost_database_is_replaced: "database-loss",
    a_loss_beyond_the_objective_has_to_be_signed_for: "lag-beyond-rpo",
    a_storm_of_throttling_makes_it_slower_only: "throttling-storm",
    a_quota_that_is_too_small_is_found_beforehand: "short-of-quota",
    nothing_is_promoted_onto_a_site_without_capacity: "no-capacity",
    a_backup_delays_a_promotion_and_does_not_fail_it: "backup-in-the-way",
    a_promotion_whose_answer_is_lost_is_made_once: "promotion-answer-lost",
    a_run_outlives_its_operator_at_the_pivot: "operator-dies-at-the-pivot",
    a_second_operator_is_told_of_the_first: "two-operators",
    clients_that_ignore_ttls_are_never_served_by_the_old_primary: "resolvers-ignore-ttls",
    an_old_primary_that_returns_in_the_middle_takes_no_write: "old-primary-returns",
    going_home_under_load_loses_nothing: "failback-under-load",
    with_both_regions_gone_nothing_is_guessed: "standby-dies-too",
    a_wrong_clock_cannot_make_two_operators_act: "clock-skew",
    a_failover_does_not_need_the_monitoring_that_it_moves: "monitoring-blind",
}

#[test]
fn every_shipped_game_day_has_a_test_of_its_own_and_says_what_it_proves() {
    assert_eq!(builtin::gameday_names(), TESTED);
    for name in TESTED {
        let source = builtin::storefront_gameday(name).expect("it is shipped");
        let scenario = scenario(source, 1);
        assert_eq!(scenario.name, *name);
        assert!(
            scenario.proves.is_some(),
            "{name} does not say what it proves"
        );
    }
}

/// The game days of docs/gamedays.md: every block that is YAML.
fn examples() -> Vec<Source> {
    let page = include_str!("../../docs/gamedays.md");
    page.split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .map(|text| Source::new("docs/gamedays.md", text))
        .collect()
}

#[test]
fn every_example_of_the_documentation_is_played_and_comes_out_as_it_says() {
    let examples = examples();
    assert_eq!(examples.len(), 6);
    for seed in 1..=3 {
        for source in self::examples() {
            let (rehearsal, _) = play(&scenario(source, seed));
            let card = &rehearsal.scorecard;
            assert_eq!(card.verdict, Verdict::Met, "{}", told(card));
        }
    }
}

#[test]
fn the_documentation_has_every_fault_and_every_shipped_game_day() {
    let page = include_str!("../../docs/gamedays.md");
    let schema = dr_core::config::gameday_schema();
    let faults = schema["$defs"]["Happening"]["oneOf"].as_array();
    let words: Vec<&str> = faults
        .into_iter()
        .flatten()
        .filter_map(|fault| fault["const"].as_str())
        .collect();
    assert!(words.len() > 30, "{schema:#}");
    for word in words.into_iter().chain(TESTED.iter().copied()) {
        assert!(page.contains(&format!("`{word}`")), "{word}");
    }
}
