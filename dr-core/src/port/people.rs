//! The people that a run asks.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::model::StepId;

/// What a run needs a person for. A run that asks and gets no answer holds; it never goes on by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The step that waits.
    pub step: StepId,
    /// Stable code: `approval`, `fence-unproven`, `lag-exceeds-rpo`, `in-doubt`, `step-failed`.
    pub code: String,
    /// What is asked, with the facts that a person needs to decide.
    pub text: String,
    /// How many different people must say yes; 0 where saying yes does not help and the cause must be mended.
    pub people: u32,
}

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Yes: approve, or pass the gate in full knowledge of what it says.
    Yes,
    /// Try the step again.
    Retry,
    /// Go on without the step.
    Skip,
    /// Stop the run here; before the pivot what was done is undone, past it the run rests and can be resumed.
    Abort,
}

/// One person's answer, signed with name and reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The step that it is about.
    pub step: StepId,
    /// The code of the question that it answers.
    pub code: String,
    /// What was decided.
    pub decision: Decision,
    /// Who.
    pub who: String,
    /// Why.
    pub why: String,
    /// The digest of the plan that the person saw.
    pub plan_digest: String,
}

/// Reaches people: a terminal, a chat, a simulated on-call team, or nobody.
#[async_trait]
pub trait People: Send + Sync {
    /// Asks one person. `None` when nobody answers: the run then holds. `already` are the answers to this question so far. Past
    /// the pivot an abort undoes nothing.
    async fn ask(
        &self,
        question: &Question,
        already: &[Answer],
        is_past_pivot: bool,
    ) -> Option<Answer>;
}
