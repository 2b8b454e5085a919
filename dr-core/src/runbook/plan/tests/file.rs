//! The plan on disk.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::world::World;
use crate::model::{Duration, Mode, Verb};
use crate::runbook::plan::{Plan, PlanError, plan};

static MADE: LazyLock<Plan> = LazyLock::new(|| {
    plan(&World::at_home(Mode::Unplanned).request()).expect("all is well at home")
});

fn made() -> Plan {
    MADE.clone()
}

#[test]
fn a_plan_reads_back_as_it_was_written() {
    let plan = made();
    let read = Plan::from_json(plan.to_json().as_bytes()).expect("it was just written");
    assert_eq!(read, plan);
}

#[test]
fn a_plan_of_another_format_is_refused_with_both_formats() {
    let text = made().to_json().replace("\"format\": 1", "\"format\": 2");
    let error = Plan::from_json(text.as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it has format 2, and this version reads format 1: make the plan again"
    );
}

#[test]
fn what_is_no_plan_is_refused() {
    for text in ["", "[]", "{}", "null", "{\"format\": 1}", "\u{0}\u{1}"] {
        assert!(Plan::from_json(text.as_bytes()).is_err(), "{text:?}");
    }
}

#[test]
fn a_plan_that_says_more_than_a_plan_can_say_is_refused() {
    let text = made().to_json().replacen('{', "{ \"force\": true,", 1);
    let error = Plan::from_json(text.as_bytes()).unwrap_err();
    assert!(matches!(error, PlanError::Foreign), "{error}");
}

#[test]
fn a_plan_with_a_right_digest_and_no_sense_is_refused() {
    let mut plan = made();
    plan.direction.to = plan.direction.from.clone();
    plan.digest = plan.computed_digest();
    let error = Plan::from_json(plan.to_json().as_bytes()).unwrap_err();
    assert!(matches!(error, PlanError::Inconsistent { .. }), "{error}");
}

/// One way to change one step.
#[derive(Debug, Clone, Copy)]
enum Change {
    Verb,
    Timeout,
    Attempts,
    Undo,
    Pivot,
    DropCalls,
    Drop,
    Double,
}

fn change(plan: &mut Plan, step: usize, change: Change) {
    let (stage, index) = plan
        .stages
        .iter()
        .enumerate()
        .flat_map(|(stage, s)| (0..s.steps.len()).map(move |index| (stage, index)))
        .nth(step)
        .expect("the plan has that many steps");
    let steps = &mut plan.stages[stage].steps;
    let changed = &mut steps[index];
    match change {
        Change::Verb => changed.verb = Verb::Wait(Duration::from_millis(1)),
        Change::Timeout => changed.timeout = changed.timeout + Duration::from_millis(1),
        Change::Attempts => changed.attempts += 1,
        Change::Undo => {
            changed.undo = match changed.undo.take() {
                Some(_) => None,
                None => Some(String::new()),
            }
        }
        Change::Pivot => changed.pivot = !changed.pivot,
        Change::DropCalls => match changed.calls.pop() {
            Some(_) => {}
            None => changed.expected = changed.expected + Duration::from_millis(1),
        },
        Change::Drop => drop(steps.remove(index)),
        Change::Double => {
            let double = changed.clone();
            steps.push(double);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_change_of_any_step_changes_the_digest(
        step in any::<prop::sample::Index>(),
        kind in prop::sample::select(vec![
            Change::Verb, Change::Timeout, Change::Attempts, Change::Undo,
            Change::Pivot, Change::DropCalls, Change::Drop, Change::Double,
        ]),
    ) {
        let plan = made();
        let mut changed = plan.clone();
        change(&mut changed, step.index(plan.steps().count()), kind);
        prop_assert_ne!(changed.computed_digest(), plan.digest.clone());
        let refused = matches!(changed.verify_digest(), Err(PlanError::Digest { .. }));
        prop_assert!(refused);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_changed_byte_of_a_plan_file_is_refused_unless_it_is_white_space(
        at in any::<prop::sample::Index>(),
        mask in 1_u8..=255,
    ) {
        let plan = made();
        let mut bytes = plan.to_json().into_bytes();
        let at = at.index(bytes.len());
        let before = bytes[at];
        bytes[at] ^= mask;
        if let Ok(read) = Plan::from_json(&bytes) {
            prop_assert_eq!(read, plan);
            prop_assert!(before.is_ascii_whitespace() && bytes[at].is_ascii_whitespace());
        }
    }
}
