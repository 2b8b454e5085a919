//! What always holds, and what must be seen to happen.

use dr_core::runbook::event::{Event, RunStatus};
use stateright::{Expectation, Property};

use super::archive::{Log, LogId, NO_LOG};
use super::model::Protocol;
use super::plan::Step;
use super::state::{Basis, Note, Operator, State};

pub(crate) const ONE_WRITER: &str =
    "two sites take writes only after a promotion that two people waived";
pub(crate) const EVIDENCE: &str = "a promotion follows a proven fence or two people's waiver";
pub(crate) const ONE_HOLDER: &str = "at most one operator holds an epoch";
pub(crate) const EPOCHS_GROW: &str = "epochs only grow";
pub(crate) const ONE_ACTS: &str = "at most one operator may begin a call";
pub(crate) const NO_LATE_CALL: &str =
    "no call of a replaced holder is on its way when the next one acts";
pub(crate) const ONE_PEN: &str =
    "an epoch has one writer in the journal, and epochs there never fall";
pub(crate) const DURABLE: &str =
    "what an operator knows to be recorded stays recorded, in one unbroken sequence";
pub(crate) const SENSE: &str = "the engine can replay the journal";

pub(crate) const REFUSED: &str = "a replaced holder is refused by its epoch";
pub(crate) const AFTER_CRASHES: &str =
    "a run completes after its first and second operators crashed";

/// The names of the properties that always hold.
pub(crate) fn promises() -> Vec<&'static str> {
    names(&Expectation::Always)
}

/// The names of what must be seen to happen.
pub(crate) fn witnesses() -> Vec<&'static str> {
    names(&Expectation::Sometimes)
}

fn names(expectation: &Expectation) -> Vec<&'static str> {
    let such = |property: &Property<Protocol>| property.expectation == *expectation;
    let found = all().into_iter().filter(such);
    found.map(|property| property.name).collect()
}

/// Every property, safety first.
pub(crate) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(ONE_WRITER, |_, state: &State| {
            let both = state.world.promoted && state.world.old_takes_writes();
            !both || state.basis == Basis::Waived
        }),
        Property::always(EVIDENCE, |_, state: &State| state.basis != Basis::Nothing),
        Property::always(ONE_HOLDER, |_, state: &State| one_holder(state)),
        Property::always(EPOCHS_GROW, |_, state: &State| {
            let (highest, twice) = state.taken;
            state.lock.epoch == highest && !twice
        }),
        Property::always(ONE_ACTS, |model: &Protocol, state: &State| {
            let able = state.acting().filter(|(by, _)| model.may_call(state, *by));
            able.count() <= 1
        }),
        Property::always(NO_LATE_CALL, |_, state: &State| {
            state.calls.iter().all(|call| call.epoch >= state.acted)
        }),
        Property::always(ONE_PEN, |model: &Protocol, state: &State| {
            one_pen(model, state.log)
        }),
        Property::always(DURABLE, |model: &Protocol, state: &State| {
            let mut known = state.acting().map(|(_, holding)| holding.known);
            known.all(|known| model.archive.begins_with(state.log, known))
        }),
        Property::always(SENSE, |model: &Protocol, state: &State| {
            let log = model.archive.log(state.log);
            log.is_none_or(|log| log.state.is_some())
        }),
        Property::sometimes("a run is taken over", |model: &Protocol, state: &State| {
            ended(model, state)
                .is_some_and(|log| matches!(event(&log), Some(Event::TakenOver { .. })))
        }),
        Property::sometimes(
            "a promotion completes",
            |model: &Protocol, state: &State| {
                ended(model, state).is_some_and(|log| {
                matches!(event(&log), Some(Event::StepSucceeded { step, .. }) if *step == Step::Promote.id())
            })
            },
        ),
        Property::sometimes(
            "a lock whose answer was lost is settled",
            |_, state: &State| state.note == Note::LockSettled,
        ),
        Property::sometimes(
            "an append whose answer was lost is settled",
            |_, state: &State| state.note == Note::AppendSettled,
        ),
        Property::sometimes(
            "a promotion whose answer was lost is found done",
            |model: &Protocol, state: &State| in_doubt_then_done(model, state.log),
        ),
        Property::sometimes(REFUSED, |_, state: &State| {
            state.note == Note::RefusedByEpoch
        }),
        Property::sometimes(
            "a call past the deadline is not sent",
            |_, state: &State| state.note == Note::RefusedByDeadline,
        ),
        Property::sometimes("two people waive an unproven fence", |_, state: &State| {
            state.basis == Basis::Waived
        }),
        Property::sometimes(
            "the old primary returns, takes writes, and is fenced",
            |model: &Protocol, state: &State| {
                let fenced = state.world.fenced && state.basis == Basis::Waived;
                fenced && run_status(model, state) == Some(RunStatus::Running)
            },
        ),
        Property::sometimes("a run unwinds", |model: &Protocol, state: &State| {
            run_status(model, state) == Some(RunStatus::Unwound)
        }),
        Property::sometimes(
            "a run that is held is completed by another operator",
            |model: &Protocol, state: &State| {
                run_status(model, state) == Some(RunStatus::Completed)
                    && any_line(model, state.log, |log| {
                        matches!(event(log), Some(Event::Held { .. }))
                    })
            },
        ),
        Property::sometimes(AFTER_CRASHES, |model: &Protocol, state: &State| {
            state.left.crashes == 0
                && run_status(model, state) == Some(RunStatus::Completed)
                && writers_after_crashes(model, state.log) == 3
        }),
    ]
}

fn one_holder(state: &State) -> bool {
    let mut epochs: Vec<u8> = state
        .operators
        .iter()
        .filter_map(|operator| match operator {
            Operator::Waiting(waiting) => Some(waiting.epoch),
            Operator::Holding(holding) => Some(holding.epoch),
            Operator::New | Operator::Idle | Operator::Taking(_) => None,
        })
        .collect();
    let holders = epochs.len();
    epochs.sort_unstable();
    epochs.dedup();
    epochs.len() == holders
}

/// Whether any line of the journal is like that.
fn any_line(model: &Protocol, mut id: LogId, is_such: impl Fn(&Log) -> bool) -> bool {
    while let Some(log) = model.archive.log(id) {
        if is_such(&log) {
            return true;
        }
        id = log.parent;
    }
    false
}

fn event(log: &Log) -> Option<&Event> {
    log.record.as_ref().map(|record| &record.event)
}

fn ended(model: &Protocol, state: &State) -> Option<std::sync::Arc<Log>> {
    model.archive.log(state.log)
}

fn run_status(model: &Protocol, state: &State) -> Option<RunStatus> {
    let log = model.archive.log(state.log)?;
    Some(log.state.as_ref()?.status)
}

/// Whether each line is of a later epoch than the line before, or of the same epoch and writer.
fn one_pen(model: &Protocol, mut id: LogId) -> bool {
    while let Some(log) = model.archive.log(id) {
        if let Some(before) = model.archive.log(log.parent) {
            let same = before.epoch == log.epoch && before.by == log.by;
            if !same && before.epoch >= log.epoch {
                return false;
            }
        }
        id = log.parent;
    }
    true
}

fn in_doubt_then_done(model: &Protocol, id: LogId) -> bool {
    let promote = Step::Promote.id();
    let last = model.archive.log(id);
    let found = last.is_some_and(|log| {
        matches!(event(&log), Some(Event::StepSucceeded { step, found_done: true, .. }) if *step == promote)
    });
    found
        && any_line(
            model,
            id,
            |log| matches!(event(log), Some(Event::StepInDoubt { step, .. }) if *step == promote),
        )
}

/// How many operators wrote the journal, when none of them gave it up by holding the run.
fn writers_after_crashes(model: &Protocol, mut id: LogId) -> usize {
    if any_line(model, id, |log| {
        matches!(event(log), Some(Event::Held { .. }))
    }) {
        return 0;
    }
    let mut writers = Vec::new();
    while let Some(log) = model.archive.log(id) {
        if !writers.contains(&log.by) {
            writers.push(log.by);
        }
        id = log.parent;
    }
    debug_assert!(id == NO_LOG);
    writers.len()
}
