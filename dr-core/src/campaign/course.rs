//! What became of what people did about a disaster.

use std::sync::Arc;

use jiff::Timestamp;

use crate::model::Waiver;
use crate::runbook::journal::Record;
use crate::runbook::plan::Plan;
use crate::runbook::{Event, RunStatus};

/// How an attempt came to rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Clients were served again before anything was begun.
    CalledOff,
    /// Nothing was begun.
    Refused(String),
    /// The run waits for people.
    Held(String),
    /// The run is over.
    Over(RunStatus),
    /// The store failed, or the lock was somebody else's: what was under way is in doubt.
    Broken(String),
    /// The operator's machine died.
    Died,
    /// The run never rests: a defect.
    NeverRests,
}

impl Rest {
    /// In a sentence.
    pub(crate) fn says(&self) -> String {
        match self {
            Self::CalledOff => "clients are served again: nothing is begun".to_owned(),
            Self::Refused(why) => format!("refused: {why}"),
            Self::Held(why) => format!("held: {why}"),
            Self::Over(status) => format!("the run is {}", format!("{status:?}").to_lowercase()),
            Self::Broken(why) => format!("interrupted: {why}"),
            Self::Died => "the operator's machine died".to_owned(),
            Self::NeverRests => "the run does not come to rest".to_owned(),
        }
    }
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Course {
    /// When people began.
    pub(crate) first_try: Timestamp,
    /// How each attempt came to rest, and when.
    pub(crate) rests: Vec<(Timestamp, Rest)>,
    /// Runs that were begun.
    pub(crate) runs: u32,
    /// The plan of the last one.
    pub(crate) plan: Option<Arc<Plan>>,
    /// What the last one recorded.
    pub(crate) records: Vec<Record>,
    /// Blocking findings of the preflight that people accepted.
    pub(crate) accepted: Vec<Waiver>,
}

impl Course {
    /// Nothing was tried yet.
    pub(super) fn beginning(first_try: Timestamp) -> Self {
        Self {
            first_try,
            rests: Vec::new(),
            runs: 0,
            plan: None,
            records: Vec::new(),
            accepted: Vec::new(),
        }
    }

    /// How many steps of the last run are done.
    pub(super) fn steps_done(&self) -> usize {
        let done = |record: &&Record| {
            matches!(
                record.event,
                Event::StepSucceeded { .. } | Event::StepSkipped { .. }
            )
        };
        self.records.iter().filter(done).count()
    }

    /// How the last attempt came to rest.
    pub(crate) fn last(&self) -> &Rest {
        self.rests.last().map_or(&Rest::CalledOff, |(_, rest)| rest)
    }
}
