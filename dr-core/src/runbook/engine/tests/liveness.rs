//! Every run comes to rest, and a crash changes nothing of how it ends.

use proptest::prelude::*;

use super::*;

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    prop::collection::vec(
        prop_oneof![
            6 => Just(Fate::Works),
            1 => Just(Fate::Fails),
            1 => Just(Fate::Throttles),
            1 => Just(Fate::LosesTheAnswerAfter),
            1 => Just(Fate::LosesTheAnswerBefore),
            1 => Just(Fate::Gates),
            1 => Just(Fate::CannotBeRead),
        ],
        0..60,
    )
}

fn answers() -> impl Strategy<Value = Option<Decision>> {
    prop_oneof![
        Just(None),
        Just(Some(Decision::Yes)),
        Just(Some(Decision::Retry)),
        Just(Some(Decision::Skip)),
        Just(Some(Decision::Abort)),
    ]
}

proptest! {
    /// Liveness: whatever the world and the people answer, the run comes to rest; and its end says the truth.
    #[test]
    fn every_run_comes_to_rest(
        fates in fates(),
        answers in answers(),
        planned in any::<bool>(),
    ) {
        let mode = if planned { Mode::Planned } else { Mode::Unplanned };
        let mut fates = fates.into_iter();
        let (state, stage) = run(mode, answers, &mut |_, _| fates.next().unwrap_or(Fate::Works));
        let promoted = stage.done.get(&id("promote")).copied().unwrap_or(false);
        match state.status {
            RunStatus::Completed => prop_assert!(promoted && state.unprotected().is_empty()),
            RunStatus::Unwound => prop_assert!(!promoted && stage.done.values().all(|done| !done)),
            RunStatus::Stuck => prop_assert!(!state.missing.is_empty()),
            RunStatus::Held => prop_assert!(!state.held.clone().unwrap_or_default().is_empty()),
            RunStatus::Aborted => prop_assert!(promoted),
            RunStatus::Running | RunStatus::Unwinding => prop_assert!(false, "it does not rest"),
        }
    }

    /// Crash safety of the machine: killed before any record, resumed from the journal alone, it ends where it would have.
    #[test]
    fn a_run_killed_at_any_record_and_resumed_ends_like_one_that_was_not(
        crash in 0_usize..25,
        fail_at in 0_usize..20,
        planned in any::<bool>(),
    ) {
        let mode = if planned { Mode::Planned } else { Mode::Unplanned };
        let calls = std::cell::Cell::new(0);
        let mut fate = |_: &StepId, effect: &Effect| {
            calls.set(calls.get() + 1);
            match effect {
                Effect::Apply(_) if calls.get() == fail_at => Fate::LosesTheAnswerAfter,
                _ => Fate::Works,
            }
        };
        let mut stage = Stage::new(Some(Decision::Yes));
        stage.crash_after_records = Some(crash);
        let first = stage.drive(Machine::new(fresh(mode)), &mut fate);
        let end = first.unwrap_or_else(|| {
            let mut state = fresh(mode);
            for event in &stage.journal {
                state.apply(at(500), event).expect("a prefix of a journal is a journal");
            }
            let taken = Event::TakenOver { by: "ben".to_owned(), epoch: Epoch(2) };
            state.apply(at(500), &taken).expect("a new epoch");
            stage.crash_after_records = None;
            stage.drive(Machine::new(state), &mut fate).expect("no second crash")
        });
        prop_assert_eq!(end.status, RunStatus::Completed);
        prop_assert!(stage.done.values().all(|done| *done));
    }

    /// Any prefix of what a machine wrote can be read back and asks for something or rests: it is never a dead end.
    #[test]
    fn any_prefix_of_a_journal_replays(fates in fates(), answers in answers()) {
        let mut fates = fates.into_iter();
        let (_, stage) = run(Mode::Unplanned, answers, &mut |_, _| fates.next().unwrap_or(Fate::Works));
        let mut state = fresh(Mode::Unplanned);
        for event in &stage.journal {
            prop_assert!(!Machine::new(state.clone()).begin(at(900)).is_empty());
            state.apply(at(900), event).expect("a prefix of a journal is a journal");
        }
    }
}
