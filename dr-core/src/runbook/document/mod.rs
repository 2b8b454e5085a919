//! The document that people write.

use std::sync::Arc;

use crate::config::{Problems, Source, Span};
pub use crate::model::Only;
use crate::model::{Duration, Mode, OnDoubt, StepId, Verb};

mod parse;
#[cfg(test)]
mod tests;

/// A runbook as written, with the places of its parts for messages.
#[derive(Debug, Clone)]
pub struct Runbook {
    /// Its name: `failover`.
    pub name: String,
    /// The only runs that it is for; for all otherwise.
    pub only: Option<Only>,
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

impl Runbook {
    /// Reads a runbook: its syntax, and each step by itself. What must hold between the steps, and between them and an
    /// estate, is the lint's: [`crate::runbook::lint`].
    ///
    /// # Errors
    /// All that is wrong with the text, each with its place.
    pub fn parse(source: Source) -> Result<Self, Problems> {
        parse::runbook(source)
    }

    /// Whether `step`, one of its own, is done in a run of that kind. Steps for rehearsals are added to those of the mode.
    pub fn does(&self, step: &Step, mode: Mode, rehearsal: bool) -> bool {
        [self.only, step.only]
            .iter()
            .flatten()
            .all(|only| match only {
                Only::Planned => mode == Mode::Planned,
                Only::Unplanned => mode == Mode::Unplanned,
                Only::Gameday => rehearsal,
            })
    }

    /// All steps in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.stages.iter().flat_map(|stage| &stage.steps)
    }
}
