//! What is tried, how often, in which order; and what is read before it is tried again.

use super::*;

/// The machine that a new operator gets of a run that went so far.
fn taken_over(events: &[Event]) -> Machine {
    let mut state = fresh(Mode::Unplanned);
    for event in events {
        state.apply(at(1), event).expect("what can follow");
    }
    let taken = Event::TakenOver {
        by: "ben".to_owned(),
        epoch: Epoch(2),
    };
    state.apply(at(2), &taken).expect("a new epoch");
    Machine::new(state)
}

fn succeeded(step: &str) -> Event {
    Event::StepSucceeded {
        step: id(step),
        output: output_of(&id(step)),
        found_done: false,
    }
}

fn started(step: &str) -> Event {
    Event::StepStarted {
        step: id(step),
        attempt: 1,
        before: Before::default(),
    }
}

/// How often a step was started.
fn starts(stage: &Stage, name: &str) -> usize {
    let is_start =
        |event: &&Event| matches!(event, Event::StepStarted { step, .. } if step.as_str() == name);
    stage.journal.iter().filter(is_start).count()
}

#[test]
fn what_was_under_way_when_an_operator_died_is_read_before_it_is_done_again() {
    let mut machine = taken_over(&[succeeded("approve"), started("fence")]);
    assert_eq!(
        machine.state().step(&id("fence")).status,
        StepStatus::InDoubt
    );
    assert_eq!(machine.begin(at(3)), [Effect::Observe(id("fence"))]);
}

#[test]
fn a_step_whose_time_was_over_is_read_before_it_is_tried_again() {
    let mut machine = taken_over(&[succeeded("approve"), started("fence")]);
    machine.begin(at(3));
    let nothing = Observation::NotDone(Before::default());
    let mut effects = machine.step(at(4), Input::Observed(id("fence"), nothing));
    // Resolved, read, started: then it runs out of time.
    while let Some(Effect::Record(event)) = effects.expect("legal").first().cloned() {
        effects = machine.step(at(5), Input::Recorded(event));
        if machine.state().step(&id("fence")).status == StepStatus::Pending {
            let nothing = Observation::NotDone(Before::default());
            effects = machine.step(at(5), Input::Observed(id("fence"), nothing));
        }
    }
    assert_eq!(
        machine.state().step(&id("fence")).status,
        StepStatus::Started
    );
    let over = Err(StepError::TimedOut {
        after: Duration::from_mins(10),
    });
    let told = machine
        .step(at(700), Input::Performed(id("fence"), over))
        .expect("legal");
    let [Effect::Record(event @ Event::StepInDoubt { .. })] = &told[..] else {
        panic!("it is in doubt: {told:?}");
    };
    let next = machine.step(at(700), Input::Recorded(event.clone()));
    assert_eq!(next.expect("legal"), [Effect::Observe(id("fence"))]);
}

#[test]
fn a_stage_begins_when_every_step_of_the_one_before_is_behind() {
    let done =
        |steps: &[&str]| -> Vec<Event> { steps.iter().map(|step| succeeded(step)).collect() };
    let mut half = taken_over(&done(&["approve", "fence", "activate"]));
    assert_eq!(half.begin(at(3)), [Effect::Observe(id("provision"))]);
    let mut whole = taken_over(&done(&["approve", "fence", "activate", "provision"]));
    assert_eq!(whole.begin(at(3)), [Effect::Observe(id("promote"))]);
}

#[test]
fn a_step_is_tried_as_often_as_the_plan_says() {
    let (state, stage) = run(
        Mode::Planned,
        Some(Decision::Yes),
        &mut |step, effect| match (step.as_str(), effect) {
            ("provision", Effect::Apply(_)) => Fate::Throttles,
            _ => Fate::Works,
        },
    );
    assert_eq!(state.status, RunStatus::Unwound);
    assert_eq!(starts(&stage, "provision"), 2);
}

#[test]
fn a_run_that_is_told_to_stop_begins_nothing_more() {
    let mut machine = taken_over(&[succeeded("approve")]);
    assert_eq!(machine.begin(at(3)), [Effect::Observe(id("fence"))]);
    // The observation is under way: it ends, and nothing is begun on it.
    assert_eq!(machine.step(at(4), Input::Stop).expect("legal"), []);
    let nothing = Observation::NotDone(Before::default());
    let effects = machine
        .step(at(5), Input::Observed(id("fence"), nothing))
        .expect("legal");
    assert!(
        matches!(effects[..], [Effect::Record(Event::Held { .. })]),
        "{effects:?}"
    );
}

#[test]
fn a_run_whose_fence_is_still_pending_is_not_complete() {
    let pending = Output::with(
        "the lease ran out",
        Detail::Fence(FenceEvidence {
            site: id("ohio"),
            level: FenceLevel::ByLease,
            at: at(1),
            observations: Vec::new(),
            pending: true,
            unanswered: Vec::new(),
        }),
    );
    let mut events: Vec<Event> = plan(Mode::Unplanned)
        .steps()
        .map(|step| succeeded(step.id.as_str()))
        .collect();
    let whole = taken_over(&events).begin(at(3));
    assert!(
        matches!(&whole[..], [Effect::Record(Event::Closed { status, .. })] if *status == RunStatus::Completed),
        "{whole:?}"
    );
    events[1] = Event::StepSucceeded {
        step: id("fence"),
        output: pending,
        found_done: false,
    };
    let machine = taken_over(&events);
    assert_eq!(
        machine.state().unprotected(),
        ["the fence of ohio is still to be applied"]
    );
    let asked = taken_over(&events).begin(at(3));
    assert!(
        matches!(&asked[..], [Effect::Record(Event::Asked { question })] if question.code == NOT_PROTECTED),
        "{asked:?}"
    );
}
