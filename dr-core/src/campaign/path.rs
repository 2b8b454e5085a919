//! Where the time of an outage went.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::course::Course;
use crate::model::{Duration, Outage, StepId};
use crate::runbook::journal::Record;
use crate::runbook::{Event, Plan};

/// One part of the way from the beginning of an outage to its end. The parts add up to the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// What took the time.
    pub name: LegName,
    /// How long.
    pub took: Duration,
    /// How much shorter the whole would have been without it: less than it took where other steps ran beside it.
    pub gain: Duration,
}

/// What took the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegName {
    /// Until somebody had noticed and decided to act.
    Notice,
    /// From the first attempt until the run that counted had begun: refused plans, runs before it.
    Begin,
    /// The step of this number, in the order of the plan; the slowest of its stage.
    Step(u16),
    /// The rest, until clients had come to where they were sent: health checks, resolvers, TTLs.
    Clients,
}

impl LegName {
    /// For people; `steps` are those of the plan.
    pub fn words(self, steps: &[StepId]) -> String {
        match self {
            Self::Notice => "notice and decide to act".to_owned(),
            Self::Begin => "get the run begun".to_owned(),
            Self::Step(number) => steps
                .get(usize::from(number))
                .map_or_else(|| format!("step {number}"), ToString::to_string),
            Self::Clients => "clients follow".to_owned(),
        }
    }
}

impl fmt::Display for LegName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.words(&[]))
    }
}

/// The part of a stretch of time that lies within an outage.
struct Window {
    from: Timestamp,
    until: Timestamp,
}

impl Window {
    fn part(&self, from: Timestamp, until: Timestamp) -> Duration {
        Duration::between(from.max(self.from), until.min(self.until))
    }
}

/// The way through an outage, in order; parts without any length are left out. `steps` numbers the steps.
pub(super) fn legs(steps: &[StepId], course: &Course, outage: &Outage) -> Vec<Leg> {
    let Some(until) = outage.until else {
        return Vec::new();
    };
    let window = Window {
        from: outage.from,
        until,
    };
    let whole = |name, from, until| {
        let took = window.part(from, until);
        Leg {
            name,
            took,
            gain: took,
        }
    };
    let mut legs = vec![whole(LegName::Notice, window.from, course.first_try)];
    let begun = course.records.first().map(|record| record.at);
    let mut at = course.first_try;
    if let (Some(begun), Some(plan)) = (begun, &course.plan) {
        legs.push(whole(LegName::Begin, at, begun));
        at = stages(steps, plan, &course.records, begun, &window, &mut legs);
    }
    let tail = if course.records.is_empty() {
        LegName::Begin
    } else {
        LegName::Clients
    };
    legs.push(whole(tail, at.max(window.from), window.until));
    legs.retain(|leg| leg.took > Duration::ZERO);
    legs
}

/// The stages, one leg each, named after the step that was ready last; when the last of them was over.
fn stages(
    steps: &[StepId],
    plan: &Plan,
    records: &[Record],
    begun: Timestamp,
    window: &Window,
    legs: &mut Vec<Leg>,
) -> Timestamp {
    let mut at = begun;
    for stage in &plan.stages {
        let mut ends: Vec<(Timestamp, &StepId)> = Vec::new();
        let mut open = None;
        for step in &stage.steps {
            match done(records, &step.id) {
                Some(end) => ends.push((end, &step.id)),
                None => open = Some(&step.id),
            }
        }
        ends.sort();
        // A stage that is not over takes all the time that there is.
        let last = match (open, ends.pop()) {
            (Some(step), done) => {
                ends.extend(done);
                (window.until.max(at), step)
            }
            (None, Some(last)) => last,
            (None, None) => continue,
        };
        let second = ends.last().map_or(at, |(end, _)| (*end).max(at));
        let number = steps.iter().position(|step| step == last.1);
        legs.push(Leg {
            name: LegName::Step(
                number
                    .and_then(|number| u16::try_from(number).ok())
                    .unwrap_or(u16::MAX),
            ),
            took: window.part(at, last.0),
            gain: window.part(second.min(last.0), last.0),
        });
        at = at.max(last.0);
        if open.is_some() {
            break;
        }
    }
    at
}

/// When a step was done for good.
fn done(records: &[Record], wanted: &StepId) -> Option<Timestamp> {
    records.iter().rev().find_map(|record| match &record.event {
        Event::StepSucceeded { step, .. } | Event::StepSkipped { step, .. } if step == wanted => {
            Some(record.at)
        }
        _ => None,
    })
}
