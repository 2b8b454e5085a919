//! What may and what may not happen.

use super::*;

#[test]
fn a_run_in_which_all_works_completes_and_is_protected_again() {
    let (state, stage) = run(Mode::Planned, Some(Decision::Yes), &mut |_, _| Fate::Works);
    assert_eq!(state.status, RunStatus::Completed);
    assert!(stage.done.values().all(|done| *done));
}

#[test]
fn without_an_approval_nothing_is_begun() {
    let (state, stage) = run(Mode::Planned, None, &mut |_, _| Fate::Works);
    assert_eq!(state.status, RunStatus::Held);
    assert!(stage.done.is_empty());
}

#[test]
fn a_planned_run_that_fails_before_the_pivot_takes_everything_back_in_reverse_order() {
    let (state, stage) = run(
        Mode::Planned,
        Some(Decision::Yes),
        &mut |step, effect| match (step.as_str(), effect) {
            ("promote", Effect::Apply(_)) => Fate::Fails,
            _ => Fate::Works,
        },
    );
    assert_eq!(state.status, RunStatus::Unwound);
    let order: Vec<&str> = stage.undone_order.iter().map(StepId::as_str).collect();
    assert_eq!(order, ["activate", "provision", "fence"]);
    assert!(stage.done.values().all(|done| !done));
}

#[test]
fn an_unplanned_run_that_fails_before_the_pivot_asks_before_it_turns_back() {
    let (state, stage) = run(Mode::Unplanned, None, &mut |_, _| Fate::Works);
    assert_eq!(state.status, RunStatus::Held);
    assert!(stage.undone_order.is_empty());
}

#[test]
fn an_undo_that_fails_leaves_the_run_stuck_and_says_what_is_left() {
    let (state, _) = run(
        Mode::Planned,
        Some(Decision::Yes),
        &mut |step, effect| match (step.as_str(), effect) {
            ("promote", Effect::Apply(_)) | ("provision", Effect::Undo(_)) => Fate::Fails,
            _ => Fate::Works,
        },
    );
    assert_eq!(state.status, RunStatus::Stuck);
    assert_eq!(state.missing, ["step provision could not be undone"]);
}

#[test]
fn a_lost_answer_is_settled_by_reading_and_never_done_twice() {
    let mut applied = 0;
    let (state, _) = run(
        Mode::Planned,
        Some(Decision::Yes),
        &mut |step, effect| match (step.as_str(), effect) {
            ("promote", Effect::Apply(_)) => {
                applied += 1;
                Fate::LosesTheAnswerAfter
            }
            _ => Fate::Works,
        },
    );
    assert_eq!((state.status, applied), (RunStatus::Completed, 1));
}

#[test]
fn a_promotion_that_cannot_be_read_is_neither_repeated_nor_unwound() {
    let mut blind = false;
    let (state, stage) = run(
        Mode::Planned,
        Some(Decision::Yes),
        &mut |step, effect| match (step.as_str(), effect) {
            ("promote", Effect::Apply(_)) => {
                blind = true;
                Fate::LosesTheAnswerBefore
            }
            ("promote", Effect::Observe(_)) if blind => Fate::CannotBeRead,
            _ => Fate::Works,
        },
    );
    assert_eq!(state.status, RunStatus::Held);
    assert_eq!(state.step(&id("promote")).status, StepStatus::InDoubt);
    assert!(stage.undone_order.is_empty());
}

#[test]
fn a_promotion_that_may_have_been_made_is_never_unwound() {
    let before = ["approve", "fence", "provision", "activate"].map(succeeded);
    let abort = [answered("promote", "", Decision::Abort)];
    for promotion in [
        vec![started("promote")],
        vec![started("promote"), in_doubt("promote")],
        vec![succeeded("promote")],
    ] {
        let mut machine = machine_after(&[&before[..], &promotion, &abort].concat());
        let refused = machine.state.clone().apply(at(2), &turned()).unwrap_err();
        assert!(refused.to_string().contains("never unwound"), "{refused}");
        let effects = machine.begin(at(2));
        let turns = |effect: &Effect| matches!(effect, Effect::Record(Event::Unwinding { .. }));
        assert!(!effects.iter().any(turns), "{effects:?}");
    }
}

#[test]
fn a_gate_opens_only_when_as_many_different_people_as_it_asks_for_say_yes() {
    let mut machine = Machine::new(fresh(Mode::Unplanned));
    let step: StepId = id("fence");
    let record = |machine: &mut Machine, event: Event| {
        machine.step(at(5), Input::Recorded(event)).expect("legal")
    };
    record(
        &mut machine,
        Event::Asked {
            question: Question {
                step: step.clone(),
                code: "fence-unproven".to_owned(),
                text: String::new(),
                people: 2,
            },
        },
    );
    let first = answer(&step, "fence-unproven", Decision::Yes, "ana");
    record(
        &mut machine,
        Event::Answered {
            answer: first.clone(),
            inbox: None,
        },
    );
    assert!(machine.state().questions.contains_key(&step));
    assert!(matches!(
        machine
            .step(at(6), Input::Answered(first, None))
            .expect("legal")[..],
        [Effect::Refuse(..), ..]
    ));
    let second = answer(&step, "fence-unproven", Decision::Yes, "ben");
    record(
        &mut machine,
        Event::Answered {
            answer: second,
            inbox: None,
        },
    );
    assert!(!machine.state().questions.contains_key(&step));
}

#[test]
fn an_answer_for_another_plan_is_refused() {
    let mut machine = Machine::new(fresh(Mode::Planned));
    let mut stale = answer(&id("approve"), APPROVAL, Decision::Yes, "ana");
    stale.plan_digest = "d0".to_owned();
    let effects = machine
        .step(at(1), Input::Answered(stale, None))
        .expect("legal");
    assert!(matches!(
        effects[..],
        [Effect::Refuse(_, "it was given for another plan")]
    ));
}

#[test]
fn a_promotion_can_be_neither_skipped_nor_undone() {
    let mut state = fresh(Mode::Planned);
    let step: StepId = id("promote");
    let skip = Event::StepSkipped {
        step: step.clone(),
        who: "ana".to_owned(),
        why: "because".to_owned(),
    };
    assert!(state.apply(at(1), &skip).is_err());
    let started = Event::StepStarted {
        step: step.clone(),
        attempt: 1,
        before: Before::default(),
    };
    state.apply(at(1), &started).expect("it may start");
    assert!(state.apply(at(2), &turned()).is_err());
    assert!(state.apply(at(2), &Event::UndoStarted { step }).is_err());
}
