//! What has happened so far, for acts that wait for it and for those who judge at the end.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use super::play::Audience;
use super::scenario::Moment;
use crate::action::StepError;
use crate::model::{StepId, Stir};
use crate::port::Answer;
use crate::runbook::Event;
use crate::runbook::engine::RunState;
use crate::runbook::host::Watcher;
use crate::runbook::journal::Record;

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Noted {
    /// Its runbook.
    pub(super) runbook: String,
    pub(super) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// To a step.
    Step(StepId, Stir),
    /// To the run.
    Run(Stir),
    /// A step asks for a person, or its condition does not hold; the run was not begun.
    Refused(Option<StepId>, String),
    /// A step asks for a person.
    Asked(StepId, String),
}

impl Moment {
    /// Whether this is it.
    fn is(&self, noted: &Noted) -> bool {
        if self.run.as_ref().is_some_and(|run| *run != noted.runbook) {
            return false;
        }
        let step_fits = |step: &StepId| self.step.as_ref().is_none_or(|wanted| wanted == step);
        match (&self.asked, &noted.what) {
            (Some(wanted), What::Asked(step, code)) => wanted == code && step_fits(step),
            (None, What::Step(step, stir)) => {
                self.step.is_some() && *stir == self.is && step_fits(step)
            }
            (None, What::Run(stir)) => self.step.is_none() && *stir == self.is,
            _ => false,
        }
    }
}

/// What is known so far.
#[derive(Default)]
pub(super) struct Seen {
    noted: Vec<Noted>,
    deaths: BTreeMap<String, u32>,
    /// The story is over: what has not begun does not begin any more.
    pub(super) over: bool,
    /// A person ended the game day: nothing is waited for any more.
    pub(super) stopped: bool,
    waiting: Vec<Waker>,
}

impl Seen {
    /// Whether a moment has come.
    pub(super) fn has_come(&self, moment: &Moment) -> bool {
        self.noted.iter().any(|noted| moment.is(noted))
    }

    /// How often the machine of a person has died.
    pub(super) fn deaths(&self, person: &str) -> u32 {
        self.deaths.get(person).copied().unwrap_or(0)
    }
}

/// Where everything that happens is written, and those who wait for something are woken.
#[derive(Default)]
pub(super) struct Board(Mutex<Seen>);

impl Board {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Every change of it is made in one piece: no panic leaves it half-done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        let waiting = {
            let mut seen = self.seen();
            change(&mut seen);
            std::mem::take(&mut seen.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Writes something down.
    pub(super) fn note(&self, noted: Noted) {
        self.change(|seen| seen.noted.push(noted));
    }

    /// The machine of a person dies.
    pub(super) fn kill(&self, person: &str) {
        self.change(|seen| *seen.deaths.entry(person.to_owned()).or_default() += 1);
    }

    /// The story is over.
    pub(super) fn close(&self) {
        self.change(|seen| seen.over = true);
    }

    /// A person ended the game day.
    pub(super) fn stop(&self) {
        self.change(|seen| seen.stopped = true);
    }

    /// Looks.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen())
    }

    /// The code of the last question of a runbook's run.
    pub(super) fn last_asked(&self, runbook: &str) -> Option<String> {
        self.seen()
            .noted
            .iter()
            .rev()
            .find_map(|noted| match &noted.what {
                What::Asked(_, code) if noted.runbook == runbook => Some(code.clone()),
                _ => None,
            })
    }

    /// Everything that was noted.
    pub(super) fn noted(&self) -> Vec<Noted> {
        self.seen().noted.clone()
    }

    /// Ready once `ready` holds.
    pub(super) fn until(&self, ready: impl Fn(&Seen) -> bool) -> impl Future<Output = ()> {
        poll_fn(move |context| {
            let mut seen = self.seen();
            if ready(&seen) {
                return Poll::Ready(());
            }
            seen.waiting.push(context.waker().clone());
            Poll::Pending
        })
    }
}

/// Watches one run for the board, and passes on what it sees.
pub(super) struct Reporter {
    pub(super) board: Arc<Board>,
    pub(super) audience: Arc<dyn Audience>,
}

impl Watcher for Reporter {
    fn recorded(&self, state: &RunState, record: &Record) {
        // The audience hears of it before anything else comes of it.
        self.audience.recorded(state, record);
        let plan = &state.plan;
        for what in whats(&record.event) {
            self.board.note(Noted {
                runbook: plan.runbook.clone(),
                what,
            });
        }
    }

    fn refused(&self, answer: &Answer, why: &str) {
        self.audience.refused(answer, why);
    }
}

fn whats(event: &Event) -> Vec<What> {
    let step = |step: &StepId, stir| vec![What::Step(step.clone(), stir)];
    match event {
        Event::RunStarted { .. } => vec![What::Run(Stir::Started)],
        Event::StepStarted { step: id, .. } => step(id, Stir::Started),
        Event::StepSucceeded { step: id, .. } => step(id, Stir::Succeeded),
        Event::StepFailed {
            step: id, error, ..
        } => {
            let mut whats = step(id, Stir::Failed);
            match error {
                StepError::NotMet { code, .. } => {
                    whats.push(What::Refused(Some(id.clone()), code.clone()));
                }
                StepError::Port(error) => {
                    whats.push(What::Refused(Some(id.clone()), error.class.to_string()));
                }
                // A gate is counted when it asks.
                StepError::Gate(_) | StepError::TimedOut { .. } => {}
            }
            whats
        }
        Event::StepInDoubt { step: id, .. } => step(id, Stir::InDoubt),
        Event::Asked { question } => {
            let (step, code) = (question.step.clone(), question.code.clone());
            vec![
                What::Asked(step.clone(), code.clone()),
                What::Refused(Some(step), code),
            ]
        }
        Event::Unwinding { .. } => vec![What::Run(Stir::Unwinding)],
        Event::Held { .. } => vec![What::Run(Stir::Held)],
        Event::Closed { .. } => vec![What::Run(Stir::Over)],
        _ => Vec::new(),
    }
}
