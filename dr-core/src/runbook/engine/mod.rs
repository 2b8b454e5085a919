//! The machine that carries a plan out: pure, so that the local host, the simulator and the model checker drive the very
//! same function.
//!
//! ```text
//!            Input                          Effect
//! host ──▶ Recorded(event) ──▶ Machine ──▶ Record(event)      append durably, then feed back as Recorded
//!          Observed, Performed  (pure)      Observe/Apply/Undo carry out, then feed the result back
//!          Undone, Woken, Answered          WakeAt, Ask        wait, then feed back
//!          Unanswered, Stop                 Rest               let go of the lock
//! ```
//!
//! - [`RunState`] is the fold of the recorded events and nothing else: a machine rebuilt from the journal asks for the same
//!   effects as the one that crashed.
//! - What is under way is not recorded: it dies with the process, and a new operator finds its steps in doubt.
//! - At most one `Record` is asked for at a time, and every task is asked for only after the event that announces it is durable.

mod decide;
mod react;
mod state;
mod transition;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use state::{APPROVAL, NOT_PROTECTED, RunState, StepState};
pub use transition::Illegal;

use crate::action::{Observation, Output, StepError, UndoError};
use crate::model::StepId;
use crate::port::{Answer, Question};
use crate::runbook::event::Event;

/// What the host tells the machine.
#[derive(Debug, Clone)]
pub enum Input {
    /// This event is durable. The only input that changes the [`RunState`].
    Recorded(Event),
    /// An observation ended.
    Observed(StepId, Observation),
    /// An attempt ended.
    Performed(StepId, Result<Output, StepError>),
    /// An undo ended.
    Undone(StepId, Result<String, UndoError>),
    /// The wait of a step is over.
    Woken(StepId),
    /// A person answered, to a question or unasked; with its number in the inbox when it came that way.
    Answered(Answer, Option<u64>),
    /// Nobody answered the question of this step.
    Unanswered(StepId),
    /// The operator wants the run to rest: what is under way ends, nothing new begins.
    Stop,
}

/// What the machine asks the host for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Append to the journal; feed back [`Input::Recorded`] when it is durable, before anything else is done.
    Record(Event),
    /// Call the action's `observe`.
    Observe(StepId),
    /// Call the action's `apply`. Its start is durable.
    Apply(StepId),
    /// Call the action's `undo`. Its start is durable.
    Undo(StepId),
    /// Feed back [`Input::Woken`] then.
    WakeAt(StepId, Timestamp),
    /// Ask people.
    Ask(Question),
    /// Tell the person that the answer changes nothing, and why.
    Refuse(Answer, &'static str),
    /// Nothing more is to be done by this process.
    Rest,
}

/// What is under way for a step in this process. Not recorded: it dies with the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Observing,
    Applying,
    Undoing,
    Waiting,
    Asking,
}

/// How often a step in doubt is read before a person is asked.
const DOUBT_READS: u32 = 5;

/// Carries out one run. See the module's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    state: RunState,
    doing: BTreeMap<StepId, Doing>,
    doubt_reads: BTreeMap<StepId, u32>,
    unanswered: BTreeMap<StepId, String>,
    stopping: bool,
}

impl Machine {
    /// A machine for a run that stands at `state`: new, or folded from a journal.
    pub fn new(state: RunState) -> Self {
        Self {
            state,
            doing: BTreeMap::new(),
            doubt_reads: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            stopping: false,
        }
    }

    /// Where the run stands.
    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// Where the run stands, when nothing more is asked of the machine.
    pub fn into_state(self) -> RunState {
        self.state
    }

    /// What the state asks for when a process begins to carry it out.
    pub fn begin(&mut self, now: Timestamp) -> Vec<Effect> {
        self.proceed(now)
    }

    /// Takes in what happened at `now`, and says what to do next.
    ///
    /// # Errors
    /// [`Illegal`] when a recorded event cannot follow.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Result<Vec<Effect>, Illegal> {
        match input {
            Input::Recorded(event) => {
                self.state.apply(now, &event)?;
                Ok(self.proceed(now))
            }
            Input::Observed(step, observation) => {
                self.doing.remove(&step);
                Ok(self.observed(now, &step, observation))
            }
            Input::Performed(step, result) => {
                self.doing.remove(&step);
                Ok(vec![Effect::Record(self.performed(now, step, result))])
            }
            Input::Undone(step, result) => {
                self.doing.remove(&step);
                Ok(vec![Effect::Record(match result {
                    Ok(summary) => Event::Undone { step, summary },
                    Err(error) => Event::UndoFailed { step, error },
                })])
            }
            // A wait or a question may outlive its reason: a person answered elsewhere, or the run turned back.
            Input::Woken(step) if self.doing.get(&step) != Some(&Doing::Waiting) => Ok(Vec::new()),
            Input::Unanswered(step) if self.doing.get(&step) != Some(&Doing::Asking) => {
                Ok(Vec::new())
            }
            Input::Woken(step) => {
                self.doing.remove(&step);
                Ok(self.woken(now, &step))
            }
            Input::Answered(answer, inbox) => Ok(self.answered(now, answer, inbox)),
            Input::Unanswered(step) => {
                self.doing.remove(&step);
                if let Some(question) = self.state.questions.get(&step) {
                    self.unanswered.insert(step, question.text.clone());
                }
                Ok(self.proceed(now))
            }
            Input::Stop => {
                self.stopping = true;
                Ok(self.proceed(now))
            }
        }
    }
}
