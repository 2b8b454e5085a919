//! Stages, predicted against actual, and whose time it was.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fold::Fold;
use super::people::QuestionReport;
use super::step::StepReport;
use crate::model::Duration;
use crate::runbook::{Plan, StepStatus};

/// One stage: steps carried out side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReport {
    /// Its name.
    pub name: String,
    /// When the stage before it was done, or the run began; `None` where no record is about it.
    pub started: Option<Timestamp>,
    /// When its last step was done or skipped; `None` where it was not finished.
    pub ended: Option<Timestamp>,
    /// What the plan predicted: its slowest step.
    pub predicted: Duration,
    /// What it took; `None` where it was not finished.
    pub took: Option<Duration>,
    /// Of that, the time in which people were waited for.
    pub waited: Option<Duration>,
    /// Its steps.
    pub steps: Vec<StepReport>,
}

/// Whose time it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeSpent {
    /// From the start of the run to its end, or to the last record.
    pub total: Duration,
    /// A question was open, or the run was held.
    pub people: Duration,
    /// The rest.
    pub machine: Duration,
    /// What the plan predicted for the whole run.
    pub predicted: Duration,
}

/// Stretches of time in which people were waited for, merged and in order.
pub(super) fn waiting(fold: &Fold) -> Vec<(Timestamp, Timestamp)> {
    let asked = fold
        .people
        .questions
        .iter()
        .map(|question: &QuestionReport| (question.asked, question.settled));
    let held = fold.holds.iter().map(|hold| (hold.from, hold.until));
    let mut stretches: Vec<(Timestamp, Timestamp)> = asked
        .chain(held)
        .map(|(from, until)| (from, until.unwrap_or(fold.as_of).max(from)))
        .collect();
    stretches.sort();
    let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, until) in stretches {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => merged.push((from, until)),
        }
    }
    merged
}

fn overlap(stretches: &[(Timestamp, Timestamp)], from: Timestamp, until: Timestamp) -> Duration {
    stretches
        .iter()
        .map(|(start, end)| Duration::between((*start).max(from), (*end).min(until)))
        .sum()
}

/// Whose time the run's was.
pub(super) fn spent(fold: &Fold, plan: &Plan) -> TimeSpent {
    let end = fold.ended.unwrap_or(fold.as_of);
    let total = Duration::between(fold.begun, end);
    let people = overlap(&waiting(fold), fold.begun, end);
    TimeSpent {
        total,
        people,
        machine: total - people,
        predicted: plan.prediction.total,
    }
}

/// The stages with their steps.
pub(super) fn of(fold: &Fold, plan: &Plan) -> Vec<StageReport> {
    let waiting = waiting(fold);
    let mut steps = fold.steps.iter().cloned();
    let mut open_since = Some(fold.begun);
    plan.stages
        .iter()
        .map(|stage| {
            let steps: Vec<StepReport> = steps.by_ref().take(stage.steps.len()).collect();
            let touched = steps
                .iter()
                .any(|step| !step.spans.is_empty() || step.status != StepStatus::Pending);
            let started = open_since.filter(|_| touched);
            let all = steps.iter().all(|step| step.ended.is_some());
            let ended = steps
                .iter()
                .filter_map(|step| step.ended)
                .max()
                .filter(|_| all);
            open_since = ended.or(open_since.filter(|_| steps.is_empty()));
            StageReport {
                name: stage.name.clone(),
                started,
                ended,
                predicted: steps
                    .iter()
                    .map(|step| step.expected)
                    .max()
                    .unwrap_or_default(),
                took: started
                    .zip(ended)
                    .map(|(from, to)| Duration::between(from, to)),
                waited: started
                    .zip(ended)
                    .map(|(from, to)| overlap(&waiting, from, to)),
                steps,
            }
        })
        .collect()
}
