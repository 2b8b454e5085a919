//! One data set: a copy a site, and the histories behind them.

use serde::{Deserialize, Serialize};

use super::copy::{Content, Copy, Measured, Part};
use super::timeline::Histories;
use crate::model::{DatabaseRole, DatabaseState, Duration, Position, Replication, SiteId};
use crate::sim::time::SimTime;
use crate::sim::{Column, other};

/// One data set of the estate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct DataSet {
    /// The copy of each site.
    pub(in crate::sim) copies: [Copy; 2],
    /// What was written.
    pub(in crate::sim) histories: Histories,
    /// How many promotions the service will still refuse: a fault.
    pub(in crate::sim) refusals: u32,
    /// Seconds of history that a fault has destroyed, by timeline: what no copy holds by the fault's own doing.
    pub(in crate::sim) destroyed: Vec<Content>,
}

/// How many writes a second a replica can apply, at most: ten times the load of four resolvers' clients.
const APPLY_RATE: u64 = 40;

impl DataSet {
    /// A primary in column 0, its replica in column 1.
    pub(super) fn new() -> Self {
        Self {
            copies: [Copy::new(Part::Primary), Copy::new(Part::Replica)],
            histories: Histories::new(0),
            refusals: 0,
            destroyed: Vec::new(),
        }
    }

    /// Acknowledges `count` writes at `column` in `second`.
    pub(super) fn write(&mut self, column: Column, second: u64, count: u64) {
        let content = &mut self.copies[column].content;
        let timeline = self.histories.get_mut(content.timeline);
        timeline.append(second, count);
        content.position = timeline.end;
    }

    /// Whether `column` has a replica that follows the other site's primary.
    pub(in crate::sim) fn follows(&self, column: Column) -> bool {
        let (replica, source) = (&self.copies[column], &self.copies[other(column)]);
        replica.part == Part::Replica
            && replica.work.is_none()
            && source.part == Part::Primary
            && source.work.is_none()
            && replica.content.timeline == source.content.timeline
    }

    /// Lets the replicas come closer to their sources in `second`, where the sites reach each other.
    pub(super) fn replicate(&mut self, second: u64, connected: bool) {
        if !connected {
            return;
        }
        for column in [0, 1] {
            if !self.follows(column) {
                continue;
            }
            let source = self.copies[other(column)].content.position;
            let replica = &mut self.copies[column];
            let timeline = self.histories.get(replica.content.timeline);
            if !replica.stalled && replica.content.position < source {
                let received = timeline.position_at(second.saturating_sub(replica.base_lag_s));
                replica.content.position = replica
                    .content
                    .position
                    .max(received.min(replica.content.position + APPLY_RATE));
            }
            let lag_s = if replica.content.position == source {
                0
            } else {
                let applied = self
                    .histories
                    .second_of(replica.content.timeline, replica.content.position);
                second - applied.unwrap_or(0).min(second)
            };
            self.copies[column].measured = Some(Measured {
                second,
                lag_s,
                source,
            });
        }
    }

    /// What is read of the copy at `column` at `now`; `source` is the other site's name.
    pub(in crate::sim) fn state(
        &self,
        column: Column,
        source: &SiteId,
        now: SimTime,
    ) -> DatabaseState {
        let copy = &self.copies[column];
        let seen = match copy.stale {
            Some((until, stale)) if now < until => stale,
            _ => copy.visible(),
        };
        let role = match seen.part {
            Part::Primary => DatabaseRole::Primary,
            Part::Replica => DatabaseRole::Replica {
                source: source.clone(),
            },
            Part::Retired => DatabaseRole::Retired,
            Part::Absent => DatabaseRole::Absent,
        };
        let replication = copy.measured.filter(|_| seen.part == Part::Replica);
        DatabaseState {
            role,
            status: seen.status(),
            writable: seen.is_writable(),
            fenced: seen.fenced,
            position: Position::Writes(copy.content.position),
            replication: replication.map(|measured| self.replication(copy.content, measured)),
            lacks: Vec::new(),
        }
    }

    /// How a replica with this content keeps up.
    fn replication(&self, content: Content, measured: Measured) -> Replication {
        let commit = self
            .histories
            .second_of(content.timeline, content.position)
            .unwrap_or(0);
        Replication {
            lag: Duration::from_secs(measured.lag_s),
            measured_at: SimTime::of_second(measured.second).timestamp(),
            source_position: Some(Position::Writes(measured.source)),
            last_applied_commit: SimTime::of_second(commit).timestamp(),
        }
    }

    /// Whether every acknowledged write is held by some copy, or was destroyed by a fault. Takes a handful of steps: it looks
    /// at the end of each history only.
    pub(in crate::sim) fn holds_every_write(&self) -> bool {
        (0..=self.histories.newest()).all(|id| {
            let end = self.histories.get(id).end;
            self.copies
                .iter()
                .filter(|copy| copy.part != Part::Absent)
                .map(|copy| copy.content)
                .chain(
                    self.copies
                        .iter()
                        .flat_map(|copy| copy.kept.iter().copied()),
                )
                .chain(self.destroyed.iter().copied())
                .any(|content| {
                    self.histories
                        .contained(id, content.timeline, content.position)
                        .is_some_and(|upto| upto >= end)
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data set with `seconds` of four writes each, replicated all the while.
    fn written(seconds: u64) -> DataSet {
        let mut set = DataSet::new();
        for second in 1..=seconds {
            set.write(0, second, 4);
            set.replicate(second, true);
        }
        set
    }

    #[test]
    fn a_replica_is_its_base_lag_behind_while_all_is_well() {
        let set = written(100);
        assert_eq!(set.copies[0].content.position, 400);
        assert_eq!(set.copies[1].content.position, 392);
        assert_eq!(set.copies[1].measured.unwrap().lag_s, 2);
    }

    #[test]
    fn an_idle_source_is_caught_up_with_and_the_lag_is_zero() {
        let mut set = written(100);
        for second in 101..=103 {
            set.replicate(second, true);
        }
        assert_eq!(set.copies[1].content, set.copies[0].content);
        assert_eq!(set.copies[1].measured.unwrap().lag_s, 0);
    }

    #[test]
    fn a_cut_connection_leaves_an_old_measurement_and_a_stalled_replica_a_growing_lag() {
        let mut cut = written(100);
        let mut stalled = cut.clone();
        stalled.copies[1].stalled = true;
        for second in 101..=160 {
            cut.write(0, second, 4);
            cut.replicate(second, false);
            stalled.write(0, second, 4);
            stalled.replicate(second, true);
        }
        assert_eq!(cut.copies[1].measured.unwrap().second, 100);
        assert_eq!(stalled.copies[1].measured.unwrap().lag_s, 62);
    }

    #[test]
    fn a_write_that_no_copy_holds_is_noticed_unless_a_fault_destroyed_it() {
        let mut set = written(100);
        assert!(set.holds_every_write());
        let lost = set.copies[0].content;
        set.copies[0].clear();
        assert!(!set.holds_every_write());
        set.destroyed.push(lost);
        assert!(set.holds_every_write());
    }
}
