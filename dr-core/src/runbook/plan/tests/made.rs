//! What a plan says.

use proptest::prelude::*;

use super::world::{World, id, written};
use crate::model::{Duration, Finding, Mode, Severity, SiteId, Subject, Verb};
use crate::port::{Effect, Place};
use crate::runbook::plan::{Fact, Plan, plan};

fn made(world: &World) -> Plan {
    plan(&world.request()).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

#[test]
fn a_planned_run_has_the_steps_of_switchovers_and_an_unplanned_one_has_not() {
    let catches_up = |mode| {
        let plan = made(&World::at_home(mode));
        plan.step(&id("verify-caught-up")).is_some()
    };
    assert!(catches_up(Mode::Planned));
    assert!(!catches_up(Mode::Unplanned));
}

#[test]
fn every_step_before_the_pivot_that_changes_something_says_how_it_is_taken_back_and_none_after_it()
{
    let plan = made(&World::at_home(Mode::Planned));
    let pivot = plan
        .stages
        .iter()
        .position(|stage| stage.steps.iter().any(|step| step.pivot))
        .expect("it promotes");
    for (index, stage) in plan.stages.iter().enumerate() {
        for step in &stage.steps {
            let changes = matches!(
                step.verb,
                Verb::Fence(_) | Verb::Provision(_) | Verb::Activate(_)
            );
            assert_eq!(step.undo.is_some(), changes && index < pivot, "{}", step.id);
        }
    }
}

#[test]
fn time_until_serving_is_the_slowest_step_of_each_stage_up_to_the_last_shift() {
    let plan = made(&World::at_home(Mode::Unplanned));
    let mut until_serving = Duration::ZERO;
    let mut total = Duration::ZERO;
    let mut open = false;
    for stage in &plan.stages {
        let slowest = stage.steps.iter().map(|step| step.expected).max().unwrap();
        total = total + slowest;
        if !open {
            until_serving = until_serving + slowest;
        }
        open |= stage
            .steps
            .iter()
            .any(|step| matches!(step.verb, Verb::Shift(_)));
    }
    assert!(open);
    assert_eq!(plan.prediction.until_serving, until_serving);
    assert_eq!(plan.prediction.total, total);
    assert!(until_serving < total);
}

#[test]
fn a_timeout_is_three_times_the_expected_time_and_a_minute_at_least_unless_it_is_written() {
    let mut world = World::at_home(Mode::Unplanned);
    let text = world.runbook.source.text.replace(
        "- fence: primary",
        "- fence: primary\n        timeout: 7s\n        attempts: 5",
    );
    world.runbook = written(&text);
    let plan = made(&world);
    for step in plan.steps() {
        if step.id == id("fence-primary") {
            assert_eq!((step.timeout, step.attempts), (Duration::from_secs(7), 5));
        } else {
            let bound = step.expected.times(3).max(Duration::from_secs(60));
            assert_eq!((step.timeout, step.attempts), (bound, 3), "{}", step.id);
        }
    }
}

#[test]
fn steps_work_on_the_site_that_their_role_has_in_this_direction() {
    let mut world = World::at_home(Mode::Planned);
    world.direction = world.direction.reversed();
    world.inventory = super::world::healthy(&world.estate, &world.direction);
    let plan = made(&world);
    let site = |step: &str| plan.step(&id(step)).unwrap().site.clone();
    assert_eq!(site("fence-primary"), Some(id("california")));
    assert_eq!(site("promote-database"), Some(id("ohio")));
    assert_eq!(site("approve"), None);
}

#[test]
fn the_facts_of_a_plan_are_what_was_read_and_nothing_that_was_not() {
    let mut world = World::at_home(Mode::Unplanned);
    let primary = Fact::Primary {
        component: id("database"),
        site: id("ohio"),
    };
    let replica = Fact::Replica {
        component: id("database"),
        site: id("california"),
    };
    let facts = made(&world).facts;
    assert!(
        facts.contains(&primary) && facts.contains(&replica),
        "{facts:?}"
    );

    world.lose_site("ohio");
    let facts = made(&world).facts;
    assert!(
        !facts.contains(&primary) && facts.contains(&replica),
        "{facts:?}"
    );
}

#[test]
fn a_plan_without_the_lost_site_is_possible_in_unplanned_mode_and_names_each_gap() {
    let mut world = World::at_home(Mode::Unplanned);
    world.lose_site("ohio");
    let plan = made(&world);
    let gaps = plan.findings.iter().filter(|finding| finding.code == "gap");
    let gaps: Vec<_> = gaps.collect();
    assert_eq!(gaps.len(), world.estate.components.len() - 1);
    assert!(gaps.iter().all(|gap| gap.severity == Severity::Notice));
    assert_eq!(plan.prediction.loss, Some(Duration::from_secs(2)));
}

#[test]
fn a_planned_run_is_predicted_to_lose_nothing() {
    let plan = made(&World::at_home(Mode::Planned));
    assert_eq!(plan.prediction.loss, Some(Duration::ZERO));
}

#[test]
fn an_objective_that_the_prediction_misses_is_a_finding_and_no_refusal() {
    let mut world = World::at_home(Mode::Unplanned);
    world.estate.objectives.rto = Duration::from_secs(1);
    let plan = made(&world);
    let finding = plan.findings.iter().find(|f| f.code == "rto-at-risk");
    assert_eq!(finding.unwrap().severity, Severity::Slowing);
    // One that is just met is met.
    world.estate.objectives.rto = plan.prediction.until_serving;
    assert!(
        made(&world)
            .findings
            .iter()
            .all(|f| f.code != "rto-at-risk")
    );
}

#[test]
fn a_plan_says_in_words_how_a_step_is_taken_back() {
    let plan = made(&World::at_home(Mode::Unplanned));
    let undo = |name: &str| plan.step(&id(name)).expect("a step").undo.as_deref();
    assert_eq!(undo("fence-primary"), Some("lift the fence of ohio"));
    assert_eq!(
        undo("provision-stack"),
        Some("apply stack at california for a standby again")
    );
    assert_eq!(undo("promote-database"), None);
}

#[test]
fn what_could_not_be_read_weighs_as_much_as_the_run_needs_it() {
    let gap = |world: &World, component: &str| {
        let findings = made(world).findings;
        let gap = findings.into_iter().find(|finding| {
            finding.code == "gap" && finding.message.starts_with(&format!("{component} at"))
        });
        gap.map(|gap| gap.severity)
    };
    let mut world = World::at_home(Mode::Unplanned);
    world.lose("source", "california");
    world.lose("metrics", "ohio");
    assert_eq!(
        gap(&world, "source"),
        Some(Severity::Slowing),
        "it is worked on there"
    );
    assert_eq!(
        gap(&world, "metrics"),
        Some(Severity::Notice),
        "the lost site"
    );
    assert_eq!(gap(&world, "dashboards"), None);
    world.lose("network", "california");
    assert_eq!(
        gap(&world, "network"),
        Some(Severity::Notice),
        "no step works on it"
    );
    // A switchover works on the new site's dashboards, and can do without those of the old one.
    let mut world = World::at_home(Mode::Planned);
    world.lose("dashboards", "ohio");
    assert_eq!(gap(&world, "dashboards"), Some(Severity::Notice));
}

#[test]
fn what_is_wrong_with_a_front_door_that_is_to_be_shifted_is_a_finding_of_the_plan() {
    let mut world = World::at_home(Mode::Unplanned);
    let concern = Finding::new(
        Severity::Slowing,
        "two-primaries",
        Subject::Estate,
        "both records are the primary one",
        "make one of them the secondary",
    );
    world.worry_about_the_front_door(&concern);
    assert!(made(&world).findings.contains(&concern));
}

#[test]
fn an_unplanned_run_whose_lag_is_over_the_objective_or_unknown_says_that_it_will_ask() {
    let mut world = World::at_home(Mode::Unplanned);
    world
        .database("california")
        .replication
        .as_mut()
        .unwrap()
        .lag = Duration::from_mins(6);
    let late = made(&world);
    assert!(late.findings.iter().any(|f| f.code == "lag-exceeds-rpo"));
    assert_eq!(late.prediction.loss, Some(Duration::from_mins(6)));

    world.database("california").replication = None;
    let unknown = made(&world);
    assert!(unknown.findings.iter().any(|f| f.code == "lag-unknown"));
    assert_eq!(unknown.prediction.loss, None);
}

#[test]
fn no_call_that_an_unplanned_run_cannot_do_without_goes_to_the_site_that_it_leaves() {
    let plan = made(&World::at_home(Mode::Unplanned));
    let ohio = Place::Site(id::<SiteId>("ohio"));
    for step in plan
        .steps()
        .take_while(|step| !matches!(step.verb, Verb::Notify(_)))
    {
        for call in &step.calls {
            assert!(
                !(call.required && call.place == ohio),
                "{}: {call:?}",
                step.id
            );
        }
    }
}

#[test]
fn the_calls_by_place_are_all_calls_of_the_steps_and_what_is_created_is_among_them() {
    let plan = made(&World::at_home(Mode::Planned));
    let by_place = plan.calls_by_place();
    for step in plan.steps() {
        for call in &step.calls {
            assert!(by_place[&(call.place.clone(), call.plane)].contains(call));
        }
    }
    assert!(
        plan.creates()
            .all(|(_, call)| call.effect == Effect::Create)
    );
    assert!(
        plan.creates()
            .any(|(step, _)| *step == id("reprotect-database"))
    );
}

proptest! {
    #[test]
    fn the_same_request_gives_the_same_plan_byte_for_byte(
        planned in any::<bool>(),
        lag in 0_u64..600,
        lost in proptest::sample::subsequence(vec!["app", "cluster", "metrics", "source"], 0..4),
    ) {
        let make = || {
            let mut world = World::at_home(if planned { Mode::Planned } else { Mode::Unplanned });
            world.database("california").replication.as_mut().unwrap().lag = Duration::from_secs(lag);
            for component in &lost {
                world.lose(component, "ohio");
            }
            plan(&world.request())
        };
        let (one, other) = (make(), make());
        if let Ok(plan) = &one {
            prop_assert!(plan.verify_digest().is_ok());
            prop_assert_eq!(plan.to_json(), other.as_ref().unwrap().to_json());
        }
        prop_assert_eq!(one, other);
    }
}
