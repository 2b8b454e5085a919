//! How the run stands, in plain words.

use serde::{Deserialize, Serialize};

use super::fold::Fold;
use super::loss::{self, Promotion};
use super::words;
use crate::action::Detail;
use crate::model::Duration;
use crate::runbook::{Plan, RunStatus, StepStatus};

/// How a verdict is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// All is as it should be.
    Good,
    /// Somebody has something to do.
    Attention,
    /// Something is wrong.
    Bad,
    /// It is under way.
    Open,
}

/// How the run stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The run's status at the last record.
    pub status: RunStatus,
    /// How it is to be taken.
    pub tone: Tone,
    /// The status in plain words: `Completed: california serves, ohio is its standby`.
    pub headline: String,
    /// Why it rests or turned back, where it did.
    pub because: Option<String>,
}

/// Whether the estate could stand another loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Protection {
    /// A standby is in place and has caught up.
    Protected {
        /// How far behind it was when it was accepted, one sentence a data set.
        evidence: Vec<String>,
    },
    /// Something is missing.
    Missing {
        /// What.
        items: Vec<String>,
    },
    /// The run changed nothing that lasts: the estate is protected as well or as badly as before.
    AsBefore,
    /// The journal does not say.
    NotKnown {
        /// Why not.
        because: String,
    },
}

/// How far the primary role moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moved {
    No,
    NotKnown,
    Partly,
    Yes,
}

fn moved(fold: &Fold) -> Moved {
    let promotions: Vec<Promotion> = fold
        .steps
        .iter()
        .filter(|step| step.pivot)
        .map(loss::promotion)
        .collect();
    let has = |wanted| promotions.contains(&wanted);
    match (
        has(Promotion::Made),
        has(Promotion::NotKnown),
        has(Promotion::NotMade),
    ) {
        (true, false, false) => Moved::Yes,
        (true, _, _) => Moved::Partly,
        (false, true, _) => Moved::NotKnown,
        (false, false, _) => Moved::No,
    }
}

/// The verdict of a run.
pub(super) fn of(fold: &Fold, plan: &Plan) -> Verdict {
    let (from, to) = (&plan.direction.from, &plan.direction.to);
    let (tone, headline) = match fold.status {
        RunStatus::Completed if !fold.missing.is_empty() => (
            Tone::Attention,
            format!("Completed, but not protected again: {to} serves"),
        ),
        RunStatus::Completed => (
            Tone::Good,
            format!("Completed: {to} serves, {from} is its standby"),
        ),
        RunStatus::Unwound => (
            Tone::Attention,
            format!("Unwound: what was done was taken back, {from} keeps the primary role"),
        ),
        RunStatus::Stuck => (
            Tone::Bad,
            format!(
                "Stuck: {} could not be taken back; a person must repair it",
                stuck_at(fold)
            ),
        ),
        RunStatus::Aborted if is_served(fold) => (
            Tone::Attention,
            format!(
                "Aborted with every step behind: {to} serves, but the estate is not protected again"
            ),
        ),
        RunStatus::Aborted => (Tone::Bad, format!("Aborted: {}", role(fold, plan))),
        RunStatus::Held => (
            Tone::Attention,
            format!(
                "Held{}: waiting for people; {}",
                at_stage(fold, plan),
                role(fold, plan)
            ),
        ),
        RunStatus::Running => (
            Tone::Open,
            format!("Unfinished{}: {}", at_stage(fold, plan), role(fold, plan)),
        ),
        RunStatus::Unwinding => (
            Tone::Open,
            format!("Unfinished, turning back: {}", role(fold, plan)),
        ),
    };
    Verdict {
        status: fold.status,
        tone,
        headline,
        because: fold.because.clone(),
    }
}

/// Whether nothing of the plan is left to do, and the primary role moved.
fn is_served(fold: &Fold) -> bool {
    moved(fold) == Moved::Yes && fold.steps.iter().all(|step| step.ended.is_some())
}

/// Who has the primary role, as far as it is known.
fn role(fold: &Fold, plan: &Plan) -> String {
    let (from, to) = (&plan.direction.from, &plan.direction.to);
    match moved(fold) {
        Moved::No => format!("{from} keeps the primary role"),
        Moved::NotKnown => {
            format!("the promotion of {to} was begun and its outcome is not recorded")
        }
        Moved::Partly => format!("only some data sets were promoted at {to}"),
        Moved::Yes => format!("{to} has the primary role"),
    }
}

fn stuck_at(fold: &Fold) -> String {
    let steps: Vec<String> = fold
        .steps
        .iter()
        .filter(|step| step.status == StepStatus::UndoFailed)
        .map(|step| step.step.to_string())
        .collect();
    if steps.is_empty() {
        "what was done".to_owned()
    } else {
        words::list(&steps)
    }
}

/// The first stage that is not finished.
fn at_stage(fold: &Fold, plan: &Plan) -> String {
    let mut steps = fold.steps.iter();
    plan.stages
        .iter()
        .find(|stage| {
            let unfinished = steps
                .by_ref()
                .take(stage.steps.len())
                .filter(|step| step.ended.is_none())
                .count();
            unfinished > 0
        })
        .map_or_else(String::new, |stage| format!(" in stage \"{}\"", stage.name))
}

/// Whether the estate could stand another loss.
pub(super) fn protection(fold: &Fold) -> Protection {
    if !fold.missing.is_empty() {
        return Protection::Missing {
            items: fold.missing.clone(),
        };
    }
    match fold.status {
        RunStatus::Completed => Protection::Protected {
            evidence: protected_again(fold),
        },
        RunStatus::Unwound => Protection::AsBefore,
        RunStatus::Stuck | RunStatus::Aborted => Protection::NotKnown {
            because: "the run ended early and did not establish it".to_owned(),
        },
        // The new primary serves, and what would protect it is not done yet.
        RunStatus::Running | RunStatus::Held
            if matches!(moved(fold), Moved::Yes | Moved::Partly) =>
        {
            Protection::Missing {
                items: fold
                    .steps
                    .iter()
                    .filter(|step| step.ended.is_none())
                    .map(|step| format!("{} is still to be done", step.does))
                    .collect(),
            }
        }
        RunStatus::Running | RunStatus::Unwinding | RunStatus::Held => Protection::NotKnown {
            because: "the run is not over".to_owned(),
        },
    }
}

fn protected_again(fold: &Fold) -> Vec<String> {
    fold.found
        .iter()
        .filter_map(|found| match &found.detail {
            Detail::Protected { component, lag, .. } => Some(format!(
                "{component}: the new replica was {} behind when it was accepted at {}",
                if *lag == Duration::ZERO {
                    "nothing".to_owned()
                } else {
                    words::figure(*lag)
                },
                words::instant(found.at)
            )),
            _ => None,
        })
        .collect()
}
