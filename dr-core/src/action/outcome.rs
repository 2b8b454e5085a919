//! What comes of an action: data for the journal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{
    ClientView, ComponentId, DatabaseState, Duration, FenceEvidence, LossStatement, Role, SiteId,
    StepId, Waiver,
};
use crate::port::{ErrorClass, PortError, Question};

/// What was there before a step changed it: all that an undo needs. Recorded durably before the first side effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Members wanted of each fleet that the step scales.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<ComponentId, u32>,
    /// Databases that were fenced already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fenced: Vec<ComponentId>,
    /// The role that the stack was applied for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_role: Option<Role>,
    /// Whether the Git server ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
    /// Who held the application's write lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_holder: Option<SiteId>,
    /// The replicas that are to be promoted, as they were: what a statement of loss rests on when the promotion's own
    /// answer was lost.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replicas: BTreeMap<ComponentId, DatabaseState>,
}

/// What [`super::Action::observe`] read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// Nothing of it is done; what is there.
    NotDone(Before),
    /// All of it is done.
    Done(Output),
    /// Some of it is done; what is there.
    Partial(Before),
    /// It could not be read.
    Unknown(PortError),
}

/// What a step found or achieved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// One sentence for people.
    pub summary: String,
    /// What later steps and the report need.
    #[serde(default, skip_serializing_if = "Detail::is_none")]
    pub detail: Detail,
}

impl Output {
    /// An output that only says something.
    pub fn said(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            detail: Detail::None,
        }
    }

    /// An output with a typed detail.
    pub fn with(summary: impl Into<String>, detail: Detail) -> Self {
        Self {
            summary: summary.into(),
            detail,
        }
    }
}

/// The typed part of an output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// Nothing beyond the sentence.
    #[default]
    None,
    /// Of a fence.
    Fence(FenceEvidence),
    /// Of the fence of the former primary: with what was then learned about the loss of each data set.
    FormerFence {
        /// The evidence.
        evidence: FenceEvidence,
        /// The losses, by data set.
        losses: BTreeMap<ComponentId, LossStatement>,
    },
    /// Of a promotion, and of the steps that later learn more about its loss.
    Loss {
        /// The data set.
        component: ComponentId,
        /// What may have been lost.
        loss: LossStatement,
    },
    /// Of a probe of the clients' experience.
    Clients(ClientView),
    /// Of a reprotection: how far behind the new replica was when it was accepted.
    Protected {
        /// The data set.
        component: ComponentId,
        /// Its lag then.
        lag: Duration,
        /// What was learned about the promotion's loss from the old primary.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        loss: Option<LossStatement>,
    },
}

impl Detail {
    /// Whether there is nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// Why a step did not succeed. Data for the journal, not an error of the engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepError {
    /// A call failed.
    #[error(transparent)]
    Port(PortError),
    /// A gate that a person must pass or whose cause must be mended. Nothing was changed.
    #[error("{}", .0.text)]
    Gate(Question),
    /// The time for the step was over while it was being carried out: what it changed is unknown.
    #[error("not finished after {after}")]
    TimedOut {
        /// The time that it had.
        after: Duration,
    },
    /// The condition to verify does not hold.
    #[error("{message}")]
    NotMet {
        /// Stable code: `standby-not-ready`.
        code: String,
        /// What does not hold, with the figures.
        message: String,
    },
}

impl StepError {
    /// Whether the world may have changed in a way that only reading tells.
    pub fn is_doubt(&self) -> bool {
        match self {
            Self::Port(error) => error.class == ErrorClass::Indeterminate,
            Self::TimedOut { .. } => true,
            Self::Gate(_) | Self::NotMet { .. } => false,
        }
    }

    /// Whether another attempt may succeed without anyone doing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Port(error) => error.class.is_retryable() || error.class == ErrorClass::Conflict,
            Self::TimedOut { .. } | Self::NotMet { .. } => true,
            Self::Gate(_) => false,
        }
    }
}

impl From<PortError> for StepError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

/// Why a step could not be taken back. A person must repair what is left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct UndoError {
    /// What is left, and what was tried.
    pub message: String,
    /// Whether the undo may work when tried again.
    pub retryable: bool,
}

impl From<PortError> for UndoError {
    fn from(error: PortError) -> Self {
        Self {
            retryable: error.class.is_retryable() || error.class == ErrorClass::Indeterminate,
            message: error.to_string(),
        }
    }
}

impl From<StepError> for UndoError {
    fn from(error: StepError) -> Self {
        Self {
            retryable: error.is_retryable() || error.is_doubt(),
            message: error.to_string(),
        }
    }
}

/// What a run has recorded so far, as far as later steps may rely on it. The fold of its journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The output of each step that succeeded, in the order in which they did.
    pub outputs: Vec<(StepId, Output)>,
    /// The gates that people passed, per step.
    pub waivers: BTreeMap<StepId, Vec<Waiver>>,
    /// Blocking findings of the preflight that people accepted when the run was begun.
    pub accepted: Vec<Waiver>,
    /// What was there before each step that was started, as recorded when it first was.
    pub before: BTreeMap<StepId, Before>,
}

impl History {
    /// The strongest and newest fence evidence.
    pub fn fence(&self) -> Option<&FenceEvidence> {
        self.outputs
            .iter()
            .filter_map(|(_, output)| match &output.detail {
                Detail::Fence(evidence) | Detail::FormerFence { evidence, .. } => Some(evidence),
                _ => None,
            })
            .max_by_key(|evidence| (evidence.level, evidence.at))
    }

    /// What is known about the loss of a data set's promotion: the newest statement.
    pub fn loss(&self, component: &ComponentId) -> Option<&LossStatement> {
        self.outputs
            .iter()
            .rev()
            .find_map(|(_, output)| match &output.detail {
                Detail::Loss { component: c, loss } if c == component => Some(loss),
                Detail::Protected {
                    component: c,
                    loss: Some(loss),
                    ..
                } if c == component => Some(loss),
                Detail::FormerFence { losses, .. } => losses.get(component),
                _ => None,
            })
    }

    /// The different people who passed the gate `code` of `step`.
    pub fn waived_by(&self, step: &StepId, code: &str) -> Vec<&Waiver> {
        let mut seen: Vec<&Waiver> = Vec::new();
        for waiver in self.waivers.get(step).into_iter().flatten() {
            if waiver.code == code && seen.iter().all(|w| w.who != waiver.who) {
                seen.push(waiver);
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests;
