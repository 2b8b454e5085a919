//! The table of what may follow what.

use crate::model::StepId;
use crate::runbook::event::{Event, RunStatus, StepStatus};

/// An event that cannot follow: the journal is not one that this machine wrote, or there is a defect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// A step cannot take this event where it stands.
    #[error("step {step} is {status:?} and cannot take \"{event}\"")]
    Step {
        /// The step.
        step: StepId,
        /// Where it stands.
        status: StepStatus,
        /// The event's name.
        event: &'static str,
    },
    /// The run cannot take this event where it stands.
    #[error("the run is {status:?} and cannot take \"{event}\": {because}")]
    Run {
        /// Where it stands.
        status: RunStatus,
        /// The event's name.
        event: &'static str,
        /// Why.
        because: &'static str,
    },
    /// The plan has no such step.
    #[error("the plan has no step {step}")]
    UnknownStep {
        /// The name.
        step: StepId,
    },
}

impl Event {
    /// Its name as in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run-started",
            Self::TakenOver { .. } => "taken-over",
            Self::StepStarted { .. } => "step-started",
            Self::StepSucceeded { .. } => "step-succeeded",
            Self::StepFailed { .. } => "step-failed",
            Self::StepInDoubt { .. } => "step-in-doubt",
            Self::DoubtResolved { .. } => "doubt-resolved",
            Self::StepSkipped { .. } => "step-skipped",
            Self::Asked { .. } => "asked",
            Self::Answered { .. } => "answered",
            Self::Unwinding { .. } => "unwinding",
            Self::UndoStarted { .. } => "undo-started",
            Self::Undone { .. } => "undone",
            Self::UndoFailed { .. } => "undo-failed",
            Self::Held { .. } => "held",
            Self::Closed { .. } => "closed",
        }
    }

    /// The step that it changes, where it changes one.
    pub fn step(&self) -> Option<&StepId> {
        match self {
            Self::StepStarted { step, .. }
            | Self::StepSucceeded { step, .. }
            | Self::StepFailed { step, .. }
            | Self::StepInDoubt { step, .. }
            | Self::DoubtResolved { step }
            | Self::StepSkipped { step, .. }
            | Self::UndoStarted { step }
            | Self::Undone { step, .. }
            | Self::UndoFailed { step, .. } => Some(step),
            Self::RunStarted { .. }
            | Self::TakenOver { .. }
            | Self::Asked { .. }
            | Self::Answered { .. }
            | Self::Unwinding { .. }
            | Self::Held { .. }
            | Self::Closed { .. } => None,
        }
    }
}

/// Where a step stands after an event that names it; `None` when it cannot take it. `unwinding` tells the direction of the run:
/// forward events belong to a run that goes forward, undo events to one that unwinds.
pub(super) fn next_status(
    status: StepStatus,
    event: &Event,
    unwinding: bool,
) -> Option<StepStatus> {
    use StepStatus as S;
    let next = match (status, event) {
        (S::Pending | S::Failed, Event::StepStarted { .. }) => S::Started,
        (S::Pending | S::Started | S::InDoubt | S::Failed, Event::StepSucceeded { .. }) => {
            S::Succeeded
        }
        (S::Pending | S::Started | S::Failed | S::InDoubt, Event::StepFailed { .. }) => S::Failed,
        (S::Started, Event::StepInDoubt { .. }) => S::InDoubt,
        (S::InDoubt, Event::DoubtResolved { .. }) => S::Pending,
        (S::Pending | S::Failed | S::InDoubt, Event::StepSkipped { .. }) => S::Skipped,
        (
            S::Started | S::Succeeded | S::Failed | S::InDoubt | S::Pending,
            Event::UndoStarted { .. },
        ) => S::UndoStarted,
        (S::UndoStarted, Event::Undone { .. }) => S::Undone,
        (S::UndoStarted, Event::UndoFailed { .. }) => S::UndoFailed,
        _ => return None,
    };
    let is_undo = matches!(
        event,
        Event::UndoStarted { .. } | Event::Undone { .. } | Event::UndoFailed { .. }
    );
    // A step that runs beside the one that failed may still end after the run has turned back: the run turns only when
    // nothing is under way, so it cannot, and is refused.
    (is_undo == unwinding).then_some(next)
}
