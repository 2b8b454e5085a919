//! A trial as people read it: what happened in the world and what the run did, line by line.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::course::Course;
use crate::action::Detail;
use crate::model::Duration;
use crate::runbook::Event;
use crate::runbook::journal::Record;
use crate::sim::Simulation;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, from the trial's beginning.
    pub at: Duration,
    /// Where it was seen: `world`, `run` or `people`.
    pub seen: String,
    /// What.
    pub text: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.at.as_millis() / 1000;
        let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
        write!(f, "{h:>2}:{m:02}:{s:02}  {:<6}  {}", self.seen, self.text)
    }
}

/// Everything in the order of time.
pub(super) fn tell(simulation: &Simulation, course: &Course, began: Timestamp) -> Vec<Line> {
    let line = |at: Timestamp, seen: &str, text: String| {
        let at_order = at;
        let line = Line {
            at: Duration::between(began, at),
            seen: seen.to_owned(),
            text,
        };
        (at_order, line)
    };
    let world = simulation.log().into_iter();
    let mut lines: Vec<(Timestamp, Line)> = world
        .filter(|told| told.at >= began)
        .map(|told| line(told.at, "world", told.text))
        .collect();
    let records = course.records.iter();
    lines.extend(
        records
            .filter(|record| !matches!(record.event, Event::StepStarted { attempt: 1, .. }))
            .map(|record| line(record.at, "run", sentence(record))),
    );
    let first = (course.first_try, "people act".to_owned());
    let rests = course.rests.iter().map(|(at, rest)| (*at, rest.says()));
    lines.extend(
        std::iter::once(first)
            .chain(rests)
            .map(|(at, text)| line(at, "people", text)),
    );
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// A record of a journal in a sentence.
pub fn sentence(record: &Record) -> String {
    match &record.event {
        Event::RunStarted { .. } => "the run begins".to_owned(),
        Event::TakenOver { epoch, .. } => format!("taken over under epoch {epoch}"),
        Event::StepStarted { step, attempt, .. } => format!("{step} begins, attempt {attempt}"),
        Event::StepSucceeded {
            step,
            output,
            found_done,
        } => {
            let level = match &output.detail {
                Detail::Fence(evidence) => format!(" [{}]", evidence.level),
                _ => String::new(),
            };
            let found = if *found_done { " (found done)" } else { "" };
            format!("{step}: {}{level}{found}", output.summary)
        }
        Event::StepFailed {
            step,
            error,
            retry_at,
        } => {
            let again = if retry_at.is_some() {
                ", again later"
            } else {
                ""
            };
            format!("{step} fails{again}: {error}")
        }
        Event::StepInDoubt { step, reason } => format!("{step} is in doubt: {reason}"),
        Event::DoubtResolved { step } => format!("{step} was read: it is not done yet"),
        Event::StepSkipped { step, who, why } => format!("{who} skips {step}: {why}"),
        Event::Asked { question } => {
            format!(
                "{} asks {} people ({})",
                question.step, question.people, question.code
            )
        }
        Event::Answered { answer, .. } => {
            format!(
                "{} answers {} with {:?}",
                answer.who, answer.code, answer.decision
            )
        }
        Event::Unwinding { because } => format!("the run turns back: {because}"),
        Event::UndoStarted { step } => format!("{step} is being undone"),
        Event::Undone { step, summary } => format!("{step} is undone: {summary}"),
        Event::UndoFailed { step, error } => format!("{step} cannot be undone: {error}"),
        Event::Held { because } => format!("HELD: {because}"),
        Event::Closed { status, missing } => format!("CLOSED {status:?} {missing:?}"),
    }
}
