//! The document that people write.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Source, Span};
use crate::model::{Duration, OnDoubt, StepId, Verb};

/// A runbook as written, with the places of its parts for messages.
#[derive(Debug, Clone)]
pub struct Runbook {
    /// Its name: `failover`.
    pub name: String,
    /// Its stages in order.
    pub stages: Vec<Stage>,
    /// SHA-256 of its text.
    pub digest: String,
    /// Its text.
    pub source: Arc<Source>,
}

/// Steps that are carried out side by side.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Where its name stands.
    pub span: Span,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name; made from the verb and its object where none is written.
    pub id: StepId,
    /// What it does.
    pub verb: Verb,
    /// How long one attempt may take; the action's default otherwise.
    pub timeout: Option<Duration>,
    /// How often it is tried; 3 otherwise.
    pub attempts: Option<u32>,
    /// In which runs it is done; in all otherwise.
    pub only: Option<Only>,
    /// What is done when its outcome is unknown.
    pub on_doubt: OnDoubt,
    /// Where its verb stands.
    pub span: Span,
}

/// In which runs a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Only {
    /// In switchovers.
    Planned,
    /// In failovers.
    Unplanned,
    /// In rehearsals.
    Gameday,
}
