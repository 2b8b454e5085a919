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
    let said = answered("reprotect", NOT_PROTECTED, Decision::Yes);
    let mut machine = taken_over(&all_done_with_a_pending_fence());
    machine.state.apply(at(3), &said).expect("legal");
    let effects = machine.begin(at(4));
    assert_eq!(
        closed(&effects),
        (RunStatus::Aborted, &missing.map(str::to_owned)[..])
    );
}

/// Why the run rests.
fn held(effects: &[Effect]) -> &str {
    match effects {
        [Effect::Record(Event::Held { because })] => because,
        other => panic!("it rests: {other:?}"),
    }
}

#[test]
fn an_abort_past_the_pivot_lets_the_run_rest_and_whoever_resumes_it_goes_on_with_what_is_left() {
    let mut events = all_done();
    events.truncate(5);
    let mut machine = taken_over(&events);
    let abort = answered("shift", "", Decision::Abort);
    machine.state.apply(at(3), &abort).expect("legal");
    let effects = machine.begin(at(4));
    let because = held(&effects);
    assert!(because.contains("is not undone"), "{because}");
    assert!(
        because.ends_with("left to do: shift, reprotect"),
        "{because}"
    );
    let mut state = machine.state;
    for event in [
        Event::Held {
            because: because.to_owned(),
        },
        Event::TakenOver {
            by: "bob".to_owned(),
            epoch: state.epoch.next(),
        },
    ] {
        state.apply(at(5), &event).expect("legal");
    }
    let effects = Machine::new(state).begin(at(6));
    assert_eq!(effects, [Effect::Observe(id("shift"))]);
}

#[test]
fn an_abort_while_the_promotion_is_in_doubt_settles_it_first_and_then_turns_back_or_rests() {
    let promoted = all_done();
    let in_doubt = || {
        let mut machine = taken_over(&promoted[..4]);
        let (pivot, state): (StepId, _) = (id("promote"), &mut machine.state);
        for event in [
            Event::StepStarted {
                step: pivot.clone(),
                attempt: 1,
                before: Before::default(),
            },
            Event::StepInDoubt {
                step: pivot,
                reason: "no answer".to_owned(),
            },
            answered("promote", "", Decision::Abort),
        ] {
            state.apply(at(3), &event).expect("legal");
        }
        machine
    };
    let mut machine = in_doubt();
    assert_eq!(machine.begin(at(400)), [Effect::Observe(id("promote"))]);
    let not_done = Input::Observed(id("promote"), Observation::NotDone(Before::default()));
    let effects = machine.step(at(401), not_done).expect("legal");
    let [Effect::Record(resolved @ Event::DoubtResolved { .. })] = &effects[..] else {
        panic!("it did not take effect: {effects:?}");
    };
    let effects = machine.step(at(401), Input::Recorded(resolved.clone()));
    let effects = effects.expect("legal");
    assert!(
        matches!(&effects[..], [Effect::Record(Event::Unwinding { .. })]),
        "{effects:?}"
    );
    let mut machine = in_doubt();
    machine.begin(at(400));
    let done = Input::Observed(id("promote"), Observation::Done(output_of(&id("promote"))));
    let effects = machine.step(at(401), done).expect("legal");
    let [Effect::Record(succeeded)] = &effects[..] else {
        panic!("it took effect: {effects:?}");
    };
    let effects = machine.step(at(401), Input::Recorded(succeeded.clone()));
    assert!(held(&effects.expect("legal")).contains("is not undone"));
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

#[test]
fn who_takes_a_run_over_carries_its_abort_out_unless_it_was_promoted() {
    let past = ["approve", "fence", "provision", "activate", "promote"];
    for (behind, is_left) in [(&past[..1], true), (&past[..4], true), (&past[..], false)] {
        let behind = behind.iter().map(|step| succeeded(step));
        let abort = answered("approve", "", Decision::Abort);
        let events: Vec<Event> = behind.chain([abort]).collect();
        assert!(machine_after(&events).state().aborting.is_some());
        let left = taken_over(&events).state().aborting.is_some();
        assert_eq!(left, is_left, "after {} steps", events.len() - 1);
    }
}

#[test]
fn a_run_stands_before_the_fence_where_that_is_all_that_is_next_and_it_goes_forward() {
    let stands = |events: &[Event], change: fn(&mut RunState)| {
        let mut plan = plan(Mode::Unplanned);
        // Beside the replica, as no shipped runbook has it.
        let former = PlannedStep {
            id: id("former"),
            verb: Verb::Fence(FenceTarget::FormerPrimary),
            ..plan.stages[1].steps[0].clone()
        };
        plan.stages[5].steps.push(former);
        let mut state = begun(plan);
        for event in events {
            state.apply(at(1), event).expect("what can follow");
        }
        change(&mut state);
        state.stands_before_fence()
    };
    let next = all_done();
    let open = &next[..6];
    let tried = [
        next.clone(),
        vec![started("former"), failed("former", None)],
    ]
    .concat();
    let over = [next.clone(), vec![succeeded("former")]].concat();
    for (events, stand) in [
        (&open[..1], false),
        (open, false),
        (&next[..], true),
        (&tried[..], true),
        (&over[..], false),
    ] {
        assert_eq!(stands(events, |_| {}), stand, "after {}", events.len());
    }
    assert!(!stands(&next, |run| run.status = RunStatus::Aborted));
    assert!(!stands(&next, |run| run.unwinding =
        Some("the drill is over".to_owned())));
}
