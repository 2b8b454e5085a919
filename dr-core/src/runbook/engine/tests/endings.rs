//! How a run ends, and what it says then.

use super::*;

/// Every step is done.
fn all_done() -> Vec<Event> {
    let plan = plan(Mode::Unplanned);
    plan.steps()
        .map(|step| succeeded(step.id.as_str()))
        .collect()
}

/// The same with a fence that could not be applied at the site.
fn all_done_with_a_pending_fence() -> Vec<Event> {
    let mut events = all_done();
    let fenced = Output::with(
        "the lease ran out",
        Detail::Fence(FenceEvidence {
            site: id("ohio"),
            level: FenceLevel::ByLease,
            at: at(1),
            observations: Vec::new(),
            pending: true,
            unanswered: Vec::new(),
            denied: Vec::new(),
        }),
    );
    events[1] = Event::StepSucceeded {
        step: id("fence"),
        output: fenced,
        found_done: false,
    };
    events
}

/// How the run closes, and what it says is missing.
fn closed(effects: &[Effect]) -> (RunStatus, &[String]) {
    match effects {
        [Effect::Record(Event::Closed { status, missing })] => (*status, missing),
        other => panic!("it closes: {other:?}"),
    }
}

fn answered(step: &str, code: &str, decision: Decision) -> Event {
    Event::Answered {
        answer: answer(&id(step), code, decision, "ana"),
        inbox: None,
    }
}

#[test]
fn a_run_whose_fence_is_still_pending_is_not_complete() {
    let whole = taken_over(&all_done()).begin(at(3));
    assert_eq!(closed(&whole).0, RunStatus::Completed);
    let mut machine = taken_over(&all_done_with_a_pending_fence());
    let missing = machine.state().unprotected();
    assert_eq!(missing, ["the fence of ohio is still to be applied"]);
    let asked = machine.begin(at(3));
    assert!(
        matches!(&asked[..], [Effect::Record(Event::Asked { question })] if question.code == NOT_PROTECTED),
        "{asked:?}"
    );
}

#[test]
fn what_is_not_protected_is_closed_once_a_person_says_so_and_tells_what_is_missing() {
    let missing = ["the fence of ohio is still to be applied"];
    for said in [
        answered("reprotect", NOT_PROTECTED, Decision::Yes),
        answered("reprotect", "", Decision::Abort),
    ] {
        let mut machine = taken_over(&all_done_with_a_pending_fence());
        machine.state.apply(at(3), &said).expect("legal");
        let effects = machine.begin(at(4));
        assert_eq!(
            closed(&effects),
            (RunStatus::Aborted, &missing.map(str::to_owned)[..])
        );
    }
}

#[test]
fn a_run_that_is_stopped_past_the_pivot_names_the_steps_that_were_not_done_and_no_others() {
    let mut events = all_done();
    events.truncate(5);
    let mut machine = taken_over(&events);
    let abort = answered("shift", "", Decision::Abort);
    machine.state.apply(at(3), &abort).expect("legal");
    let effects = machine.begin(at(4));
    let (status, missing) = closed(&effects);
    assert_eq!(status, RunStatus::Aborted);
    let undone: Vec<&String> = missing
        .iter()
        .filter(|text| text.starts_with("step"))
        .collect();
    assert_eq!(
        undone,
        ["step shift was not done", "step reprotect was not done"]
    );
}

#[test]
fn an_estate_is_unprotected_from_its_promotion_until_its_new_replica_follows() {
    let lacking = |steps| machine_after(&all_done()[..steps]).state().unprotected();
    assert_eq!(lacking(4), [""; 0], "nothing is promoted");
    let promoted = lacking(5);
    assert_eq!(promoted.len(), 1);
    assert!(promoted[0].contains("database"), "{promoted:?}");
    assert_eq!(lacking(7), [""; 0], "the replica follows");
}
