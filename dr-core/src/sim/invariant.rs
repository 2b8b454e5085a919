//! What must never happen.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Column;
use crate::model::{ComponentId, Epoch, RunId};

/// A rule that holds after every event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Invariant {
    /// Of a data set, clients reach at most one writable primary.
    OneWriter,
    /// No change arrives under an epoch that is lower than one of the same lock that arrived before.
    EpochsGrow,
    /// A run promotes a data set once.
    OnePromotion,
    /// Every acknowledged write is held by some copy, a retired one included, unless a fault destroyed it.
    WritesAreHeld,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OneWriter => "one-writer",
            Self::EpochsGrow => "epochs-grow",
            Self::OnePromotion => "one-promotion",
            Self::WritesAreHeld => "writes-are-held",
        })
    }
}

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// When it was noticed.
    pub at: Timestamp,
    /// The rule.
    pub invariant: Invariant,
    /// What was seen.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}  {}: {}", self.at, self.invariant, self.detail)
    }
}

/// How many locks there are: one in the store of each site, and one beside them.
pub(super) const LOCKS: usize = 3;

/// What the checker remembers of the changes that were accepted. It sees them after the fact, and trusts no gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Audit {
    highest: [Epoch; LOCKS],
    promotions: BTreeMap<ComponentId, Vec<RunId>>,
    /// The data sets with two writers now, so that each time is reported once.
    pub(super) two_writers: Vec<ComponentId>,
    /// The data sets with a write that no copy holds.
    pub(super) vanished: Vec<ComponentId>,
}

impl Audit {
    /// Looks at the epoch of a change that arrived under a lock.
    pub(super) fn epoch(&mut self, lock: usize, epoch: Epoch) -> Option<String> {
        let highest = self.highest[lock];
        let stale = epoch < highest;
        self.highest[lock] = highest.max(epoch);
        stale.then(|| format!("a change of epoch {epoch} arrived after one of epoch {highest}"))
    }

    /// Looks at a promotion that was begun.
    pub(super) fn promotion(
        &mut self,
        database: &ComponentId,
        run: &RunId,
        column: Column,
    ) -> Option<String> {
        let runs = self.promotions.entry(database.clone()).or_default();
        let again = runs.contains(run);
        runs.push(run.clone());
        again.then(|| format!("{run} promoted {database} again, in column {column}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_epoch_after_a_higher_one_is_noticed() {
        let mut audit = Audit::default();
        assert_eq!(audit.epoch(0, Epoch(2)), None);
        assert_eq!(audit.epoch(0, Epoch(2)), None);
        assert_eq!(audit.epoch(1, Epoch(1)), None, "each lock counts its own");
        assert!(audit.epoch(0, Epoch(1)).is_some());
    }

    #[test]
    fn a_second_promotion_by_one_run_is_noticed_and_one_by_the_next_run_is_not() {
        let mut audit = Audit::default();
        let database: ComponentId = "database".parse().unwrap();
        let run = |name: &str| name.parse::<RunId>().unwrap();
        assert_eq!(audit.promotion(&database, &run("failover-1"), 1), None);
        assert_eq!(audit.promotion(&database, &run("failback-2"), 0), None);
        assert!(audit.promotion(&database, &run("failback-2"), 0).is_some());
    }
}
