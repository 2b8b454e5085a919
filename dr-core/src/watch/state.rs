//! What is known of an estate: the sum of its history.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change;
use super::found::{Job, Known};
use super::outbox::{self, Pending};
use super::record::{Record, Round};
use crate::drift::FindingId;
use crate::model::{EstateName, Severity};

/// How much the last round saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Standing {
    /// Everything.
    Complete,
    /// Not everything: what is not found may be there nevertheless.
    Incomplete {
        /// What could not be read, one sentence each.
        unknown: Vec<String>,
        /// The same by names that stay while the sentences change. Empty in what an older program wrote.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        names: BTreeSet<String>,
    },
    /// Nothing.
    Failed {
        /// Why.
        reason: String,
    },
}

impl Standing {
    /// Its name in notices and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete { .. } => "incomplete",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether another one is of the same sort and lacks the same, whatever the reasons.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Incomplete { names: one, .. }, Self::Incomplete { names: other, .. }) => {
                one == other || one.is_empty() || other.is_empty()
            }
            _ => self.name() == other.name(),
        }
    }
}

/// What is known of one job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Seen {
    /// How much the last round saw.
    pub standing: Standing,
    /// When the last round began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// When the last round began that saw anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saw: Option<Timestamp>,
    /// When it was read what the last round saw that saw everything: not later than that round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<Timestamp>,
    /// What is wrong, as far as is known.
    pub findings: BTreeMap<FindingId, Known>,
    /// How many findings somebody accepts.
    pub excused: usize,
}

impl Seen {
    /// How many findings have that severity.
    pub fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.values();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// How many things could not be read in the last round.
    pub fn unknowns(&self) -> usize {
        match &self.standing {
            Standing::Incomplete { unknown, .. } => unknown.len(),
            Standing::Complete | Standing::Failed { .. } => 0,
        }
    }
}

/// What is known of an estate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct State {
    /// The version of this form and of the records': [`State::FORMAT`].
    pub format: u32,
    /// The estate.
    pub estate: EstateName,
    /// What is known of each job.
    pub jobs: BTreeMap<Job, Seen>,
    /// Who has still to be told of what, the oldest first.
    pub outbox: Vec<Pending>,
}

impl State {
    /// The version of the form that this program writes. It grows when a reader of the old form would misread the new one.
    pub const FORMAT: u32 = 1;

    /// Of an estate at which nobody has looked.
    pub fn new(estate: EstateName) -> Self {
        Self {
            format: Self::FORMAT,
            estate,
            jobs: BTreeMap::new(),
            outbox: Vec::new(),
        }
    }

    /// What is known after a record.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::State(state) => *self = (**state).clone(),
            Record::Round(round) => self.ended(round),
            Record::Told(told) => outbox::apply(&mut self.outbox, told),
        }
    }

    fn ended(&mut self, round: &Round) {
        let seen = self.jobs.entry(round.job).or_insert_with(|| Seen {
            standing: round.standing.clone(),
            began: round.began,
            ended: round.ended,
            saw: None,
            complete: None,
            findings: BTreeMap::new(),
            excused: 0,
        });
        seen.began = round.began;
        seen.ended = round.ended;
        seen.standing = round.standing.clone();
        change::apply(&mut seen.findings, &round.changes);
        match round.standing {
            Standing::Failed { .. } => {}
            Standing::Incomplete { .. } => {
                seen.saw = Some(round.began);
                seen.excused = round.excused;
            }
            Standing::Complete => {
                seen.saw = Some(round.began);
                seen.complete = round.read;
                seen.excused = round.excused;
            }
        }
        if let Some(notice) = &round.notice {
            outbox::queue(&mut self.outbox, notice, &round.to);
        }
    }
}
