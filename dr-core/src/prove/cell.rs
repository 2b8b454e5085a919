//! What came of one outage, or of a pair.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Duration, StepId};

/// Whether the runbook reached its goal: clients are served by the site that takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// While the outage lasted.
    Reached,
    /// Only when the outage had been mended; until then the run waited.
    Late,
    /// Not at all.
    Missed,
    /// Something happened that must never happen.
    Unsafe,
}

impl Verdict {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Reached, Self::Late, Self::Missed, Self::Unsafe];

    /// One character for a grid.
    pub fn sign(self) -> char {
        match self {
            Self::Reached => '✔',
            Self::Late => '◷',
            Self::Missed => '✘',
            Self::Unsafe => '‼',
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Reached => "the goal is reached while the outage lasts",
            Self::Late => "it waits, safely, and is reached when the outage is mended",
            Self::Missed => "the goal is not reached",
            Self::Unsafe => "what must never happen, happened",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Reached => "reached",
            Self::Late => "late",
            Self::Missed => "missed",
            Self::Unsafe => "unsafe",
        })
    }
}

/// What came of one outage, or of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The outages, by their number in the matrix; none in the cell without any.
    pub outages: Vec<usize>,
    /// Whether the goal was reached.
    pub verdict: Verdict,
    /// Whether the runbook must reach it: nothing is taken from the site that takes over.
    pub required: bool,
    /// From the first attempt until clients were served by the site that takes over.
    pub took: Option<Duration>,
    /// The longest time in which clients were not served.
    pub downtime: Duration,
    /// Acknowledged writes that were lost.
    pub lost: u64,
    /// The step that stood in the way first; `None` where none did, or where nothing was begun.
    pub step: Option<StepId>,
    /// Why, in words: what stood in the way first; empty where nothing did.
    pub because: String,
    /// How often people began or went on.
    pub attempts: usize,
    /// How the run stands at the end.
    pub ends: String,
    /// What must never happen and did.
    pub violations: Vec<String>,
}
