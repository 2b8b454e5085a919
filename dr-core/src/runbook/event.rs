//! What can happen to a run, as it stands in the journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::action::{Before, Output, StepError, UndoError};
use crate::model::{Epoch, Finding, StepId, Waiver};
use crate::port::{Answer, Question};

/// One fact of a run. The state of a run is the fold of its events, nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run began.
    RunStarted {
        /// Who started it.
        by: String,
        /// Since when clients are not served, as far as was known then; the recovery time counts from here.
        outage_since: Option<Timestamp>,
        /// What the preflight found.
        findings: Vec<Finding>,
        /// The blocking ones that people accepted, by code.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accepted: Vec<Waiver>,
    },
    /// An operator took the run over under a new epoch; every step that was started is in doubt.
    TakenOver {
        /// Who.
        by: String,
        /// The new holder's epoch.
        epoch: Epoch,
    },
    /// A step is about to change the world. Durable before it does.
    StepStarted {
        /// The step.
        step: StepId,
        /// Counted from 1.
        attempt: u32,
        /// What was there before; kept from the first attempt on.
        before: Before,
    },
    /// A step is done.
    StepSucceeded {
        /// The step.
        step: StepId,
        /// What came of it.
        output: Output,
        /// It was found done: nothing had to be changed.
        found_done: bool,
    },
    /// A step certainly did not succeed.
    StepFailed {
        /// The step.
        step: StepId,
        /// Why.
        error: StepError,
        /// When it is tried again, if it is.
        retry_at: Option<Timestamp>,
    },
    /// A step was started and its outcome is unknown.
    StepInDoubt {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// Reading told that a step in doubt had changed nothing, or not all.
    DoubtResolved {
        /// The step: it is to be carried out.
        step: StepId,
    },
    /// A person decided to go on without a step.
    StepSkipped {
        /// The step.
        step: StepId,
        /// Who.
        who: String,
        /// Why.
        why: String,
    },
    /// The run needs a person.
    Asked {
        /// What for.
        question: Question,
    },
    /// A person answered.
    Answered {
        /// What.
        answer: Answer,
        /// Its number in the run's inbox, when it came that way; each is taken in once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inbox: Option<u64>,
    },
    /// The run turns back, before the pivot.
    Unwinding {
        /// Why.
        because: String,
    },
    /// A step is about to be taken back. Durable before it is.
    UndoStarted {
        /// The step.
        step: StepId,
    },
    /// A step was taken back.
    Undone {
        /// The step.
        step: StepId,
        /// What was done.
        summary: String,
    },
    /// A step could not be taken back.
    UndoFailed {
        /// The step.
        step: StepId,
        /// Why.
        error: UndoError,
    },
    /// The run rests and can be resumed.
    Held {
        /// Why, and what is asked for.
        because: String,
    },
    /// The run is over.
    Closed {
        /// How.
        status: RunStatus,
        /// What is missing, where something is: the estate is not protected again.
        missing: Vec<String>,
    },
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Not begun.
    Pending,
    /// Recorded as begun; the world may have changed.
    Started,
    /// Done.
    Succeeded,
    /// Certainly not done.
    Failed,
    /// Started, outcome unknown.
    InDoubt,
    /// A person decided to go on without it.
    Skipped,
    /// Being taken back.
    UndoStarted,
    /// Taken back.
    Undone,
    /// Could not be taken back.
    UndoFailed,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Going forward.
    Running,
    /// Going back, before the pivot.
    Unwinding,
    /// Waiting for a person, resumable.
    Held,
    /// Over: everything done, and protected again.
    Completed,
    /// Over: everything undone.
    Unwound,
    /// Over: an undo failed; a person repairs.
    Stuck,
    /// Over: a person stopped it after the pivot, or with steps that were left as they are.
    Aborted,
}

impl RunStatus {
    /// Whether nothing more can happen to the run.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Unwound | Self::Stuck | Self::Aborted
        )
    }
}
