//! What really happened, as the simulated clients measured it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::World;
use crate::model::{ComponentId, Outage, SiteId};
use crate::sim::invariant::Violation;
use crate::sim::story::LogLine;
use crate::sim::time::SimTime;

/// What really happened since the start of the world. No port tells it: it is for tests, scorecards and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// The instant up to which it was measured.
    pub at: Timestamp,
    /// Writes that clients tried.
    pub tried: u64,
    /// Of them, acknowledged.
    pub acknowledged: u64,
    /// Acknowledged writes that the current primary does not contain, `diverged` ones included; of all data sets.
    pub lost: u64,
    /// Of them, those that an old primary acknowledged after its successor's promotion was accepted.
    pub diverged: u64,
    /// When the first and the last lost write were acknowledged.
    pub lost_window: Option<(Timestamp, Timestamp)>,
    /// The same for each data set.
    pub data_sets: BTreeMap<ComponentId, DataTruth>,
    /// Stretches of time in which less than half of the writes of each second were acknowledged, the oldest first.
    pub outages: Vec<Outage>,
    /// The sites with a writable primary whose region clients reach, for each data set.
    pub writable_primaries: BTreeMap<ComponentId, Vec<SiteId>>,
}

/// What really happened to one data set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataTruth {
    /// Acknowledged writes that the current primary does not contain, `diverged` ones included.
    pub lost: u64,
    /// Of them, those that an old primary acknowledged after its successor's promotion was accepted.
    pub diverged: u64,
    /// When the first and the last of them were acknowledged.
    pub lost_window: Option<(Timestamp, Timestamp)>,
}

impl World {
    /// What really happened so far.
    pub(in crate::sim) fn truth(&self) -> Truth {
        let second = |second| SimTime::of_second(second).timestamp();
        let mut truth = Truth {
            at: self.now.timestamp(),
            tried: self.clients.tried,
            acknowledged: self.clients.acknowledged,
            lost: 0,
            diverged: 0,
            lost_window: None,
            data_sets: BTreeMap::new(),
            outages: self.clients.outages(),
            writable_primaries: BTreeMap::new(),
        };
        for (id, set) in &self.data {
            let loss = set.histories.loss();
            let lost_window = loss
                .window
                .map(|(first, last)| (second(first), second(last)));
            truth.lost += loss.lost;
            truth.diverged += loss.diverged;
            truth.lost_window = match (truth.lost_window, lost_window) {
                (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
                (one, another) => one.or(another),
            };
            let (lost, diverged) = (loss.lost, loss.diverged);
            let data = DataTruth {
                lost,
                diverged,
                lost_window,
            };
            truth.data_sets.insert(id.clone(), data);
            let writable = [0, 1]
                .into_iter()
                .filter(|column| !self.regions[*column].dark)
                .filter(|column| set.copies[*column].is_writable())
                .filter(|column| self.may_write(*column, self.now.second()))
                .map(|column| self.site(column).clone())
                .collect();
            truth.writable_primaries.insert(id.clone(), writable);
        }
        truth
    }

    /// What must never happen and did.
    pub(in crate::sim) fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// What happened.
    pub(in crate::sim) fn story(&self) -> &[LogLine] {
        &self.story
    }
}
