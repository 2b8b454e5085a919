//! The transition table, exhaustively.

use super::super::transition::next_status;
use super::*;

fn step_events(step: &StepId) -> Vec<Event> {
    let step = step.clone();
    let error = StepError::TimedOut {
        after: Duration::ZERO,
    };
    vec![
        Event::StepStarted {
            step: step.clone(),
            attempt: 1,
            before: Before::default(),
        },
        Event::StepSucceeded {
            step: step.clone(),
            output: Output::said(""),
            found_done: false,
        },
        Event::StepFailed {
            step: step.clone(),
            error,
            retry_at: None,
        },
        Event::StepInDoubt {
            step: step.clone(),
            reason: String::new(),
        },
        Event::DoubtResolved { step: step.clone() },
        Event::StepSkipped {
            step: step.clone(),
            who: String::new(),
            why: String::new(),
        },
        Event::UndoStarted { step: step.clone() },
        Event::Undone {
            step: step.clone(),
            summary: String::new(),
        },
        Event::UndoFailed {
            step,
            error: UndoError {
                message: String::new(),
                retryable: false,
            },
        },
    ]
}

/// The whole table, written out a second time: a row a status, a column an event of `step_events`; `.` is illegal.
#[test]
fn every_pair_of_status_and_event_is_in_the_table() {
    use StepStatus as S;
    let rows: [(S, &str); 9] = [
        //                  st su fa do re sk us un uf
        (S::Pending, "S  D  F  .  .  K  U  .  ."),
        (S::Started, ".  D  F  ?  .  .  U  .  ."),
        (S::Succeeded, ".  .  .  .  .  .  U  .  ."),
        (S::Failed, "S  D  F  .  .  K  U  .  ."),
        (S::InDoubt, ".  D  F  .  P  K  U  .  ."),
        (S::Skipped, ".  .  .  .  .  .  .  .  ."),
        (S::UndoStarted, ".  .  .  .  .  .  .  N  X"),
        (S::Undone, ".  .  .  .  .  .  .  .  ."),
        (S::UndoFailed, ".  .  .  .  .  .  .  .  ."),
    ];
    let letter = |status| match status {
        None => ".",
        Some(S::Pending) => "P",
        Some(S::Started) => "S",
        Some(S::Succeeded) => "D",
        Some(S::Failed) => "F",
        Some(S::InDoubt) => "?",
        Some(S::Skipped) => "K",
        Some(S::UndoStarted) => "U",
        Some(S::Undone) => "N",
        Some(S::UndoFailed) => "X",
    };
    let events = step_events(&id("fence"));
    for (status, row) in rows {
        for (event, expected) in events.iter().zip(row.split_whitespace()) {
            let undo = event.name().contains("undo") || event.name() == "undone";
            assert_eq!(
                letter(next_status(status, event, undo)),
                expected,
                "{status:?} {}",
                event.name()
            );
            assert_eq!(
                next_status(status, event, !undo),
                None,
                "{status:?} {} in the wrong direction",
                event.name()
            );
        }
    }
}

#[test]
fn nothing_follows_the_end_of_a_run() {
    for status in [RunStatus::Unwound, RunStatus::Stuck, RunStatus::Aborted] {
        let mut state = fresh(Mode::Planned);
        let because = String::new();
        if status != RunStatus::Aborted {
            state
                .apply(at(1), &Event::Unwinding { because })
                .expect("before the pivot");
        }
        state
            .apply(
                at(1),
                &Event::Closed {
                    status,
                    missing: Vec::new(),
                },
            )
            .expect("an end");
        for event in step_events(&id("fence")) {
            assert!(
                state.apply(at(2), &event).is_err(),
                "{} after {status:?}",
                event.name()
            );
        }
        let epoch = Epoch(9);
        assert!(
            state
                .apply(
                    at(2),
                    &Event::TakenOver {
                        by: String::new(),
                        epoch
                    }
                )
                .is_err()
        );
    }
}

#[test]
fn a_take_over_needs_a_higher_epoch() {
    let mut state = fresh(Mode::Planned);
    let by = |epoch| Event::TakenOver {
        by: "ben".to_owned(),
        epoch: Epoch(epoch),
    };
    assert!(state.apply(at(1), &by(1)).is_err());
    state.apply(at(1), &by(2)).expect("a higher epoch");
    assert!(state.apply(at(1), &by(2)).is_err());
}

fn refusal(events: &[Event], next: &Event) -> String {
    let mut state = fresh(Mode::Unplanned);
    for event in events {
        state.apply(at(1), event).expect("what can follow");
    }
    state.apply(at(2), next).unwrap_err().to_string()
}

#[test]
fn what_a_run_cannot_do_where_it_stands_is_refused_with_the_reason() {
    let begun = Event::RunStarted {
        by: "ana".to_owned(),
        outage_since: None,
        findings: Vec::new(),
        accepted: Vec::new(),
    };
    let held = Event::Held {
        because: "because".to_owned(),
    };
    let closed = |status| Event::Closed {
        status,
        missing: Vec::new(),
    };
    for (events, next, why) in [
        (vec![], begun, "it has begun already"),
        (vec![turned()], turned(), "it unwinds already"),
        (vec![held.clone()], held, "it is to be taken over first"),
        (vec![], closed(RunStatus::Running), "that is no end"),
        (vec![], closed(RunStatus::Held), "that is no end"),
        (vec![], closed(RunStatus::Completed), "steps are left to do"),
        (vec![], closed(RunStatus::Unwound), "it does not unwind"),
        (vec![], closed(RunStatus::Stuck), "it does not unwind"),
    ] {
        let refused = refusal(&events, &next);
        assert!(refused.contains(why), "{next:?}: {refused}");
    }
    let mut state = RunState::new(Arc::new(plan(Mode::Planned)), Epoch(1));
    let early = state.apply(at(1), &closed(RunStatus::Aborted)).unwrap_err();
    assert!(early.to_string().contains("it has not begun"), "{early}");
}

#[test]
fn a_step_that_is_skipped_is_asked_about_no_more() {
    let step = || id("fence");
    let question = Question {
        step: step(),
        code: "fence-unproven".to_owned(),
        text: "go on?".to_owned(),
        people: 2,
    };
    let failed = Event::StepFailed {
        step: step(),
        error: StepError::Gate(question.clone()),
        retry_at: None,
    };
    let skipped = Event::StepSkipped {
        step: step(),
        who: "ana".to_owned(),
        why: "because".to_owned(),
    };
    let asked = Event::Asked { question };
    let mut machine = machine_after(&[succeeded("approve"), started("fence"), failed, asked]);
    assert!(machine.state.questions.contains_key(&step()));
    machine
        .state
        .apply(at(2), &skipped)
        .expect("it may be skipped");
    assert!(!machine.state.questions.contains_key(&step()));
}

#[test]
fn what_was_never_begun_and_a_pivot_are_not_taken_back() {
    let undo = |step: &str| Event::UndoStarted { step: id(step) };
    let before = ["approve", "fence", "provision", "activate"].map(succeeded);
    let tried = [started("promote"), failed("promote", None), turned()];
    let tried = [&before[..], &tried].concat();
    // Found done, and so none of this run's.
    refusal(&[succeeded("fence"), turned()], &undo("fence"));
    refusal(&tried, &undo("promote"));
    let begun = [started("fence"), succeeded("fence"), turned()];
    let mut machine = machine_after(&begun);
    let taken_back = machine.state.apply(at(2), &undo("fence"));
    taken_back.expect("it was begun");
}
