//! One data set: a copy a site, and the histories behind them.

use serde::{Deserialize, Serialize};

use super::timeline::{Histories, TimelineId};
use crate::model::{
    DatabaseRole, DatabaseState, DatabaseStatus, Duration, Position, Replication, SiteId,
};
use crate::sim::random::Dice;
use crate::sim::time::SimTime;
use crate::sim::{Column, other};

/// What a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sim) enum Part {
    /// Takes writes.
    Primary,
    /// Follows the other site.
    Replica,
    /// Set aside.
    Retired,
    /// There is none.
    Absent,
}

/// What a copy is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sim) enum Work {
    /// It is being made a primary.
    Promoting,
    /// It restarts as a primary.
    Rebooting,
    /// It is being built.
    Creating,
    /// It is being renamed, and set aside then.
    Renaming,
}

/// What was last measured of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Measured {
    /// In which second.
    second: u64,
    /// How far behind it was, in seconds.
    lag_s: u64,
    /// The source's position.
    source: u64,
}

/// A place in one history: what a copy contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Content {
    /// The history.
    pub(in crate::sim) timeline: TimelineId,
    /// Its newest write.
    pub(in crate::sim) position: u64,
}

/// The copy of a data set on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Copy {
    /// What it is.
    pub(in crate::sim) part: Part,
    /// What it is busy with.
    pub(in crate::sim) work: Option<Work>,
    /// Tells whether the end of a work is that of the work under way.
    pub(in crate::sim) generation: u32,
    /// Backups that run.
    pub(in crate::sim) backups: u32,
    /// Whether a fence is in force.
    pub(in crate::sim) fenced: bool,
    /// What was asked for last: a fence takes a while to take hold.
    pub(in crate::sim) fence_asked: bool,
    /// Tells whether a fence that takes hold is the one that was asked for last.
    pub(in crate::sim) asks: u32,
    /// What it contains.
    pub(in crate::sim) content: Content,
    /// Whether it no longer applies what it receives.
    pub(in crate::sim) stalled: bool,
    /// How far behind it is when all is well, in seconds.
    pub(in crate::sim) base_lag_s: u64,
    /// What was last measured of it.
    pub(in crate::sim) measured: Option<Measured>,
    /// Old primaries that were set aside here.
    pub(in crate::sim) kept: Vec<Content>,
    /// What readers of the interface still see for a while: eventual consistency.
    pub(in crate::sim) stale: Option<(SimTime, Visible)>,
}

/// What the service's interface tells of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Visible {
    part: Part,
    work: Option<Work>,
    backing_up: bool,
    fenced: bool,
}

impl Visible {
    /// Whether it can be worked with.
    fn status(self) -> DatabaseStatus {
        match self.work {
            Some(Work::Promoting) => DatabaseStatus::Promoting,
            Some(Work::Creating) => DatabaseStatus::Creating,
            Some(Work::Rebooting | Work::Renaming) => DatabaseStatus::Rebooting,
            None if self.part == Part::Absent => DatabaseStatus::Unavailable,
            None if self.backing_up => DatabaseStatus::BackingUp,
            None => DatabaseStatus::Available,
        }
    }

    /// Whether a client inside the site can write.
    fn is_writable(self) -> bool {
        self.part == Part::Primary && self.work.is_none() && !self.fenced
    }
}

impl Copy {
    /// A copy that is what `part` says, at the start of the first history.
    fn new(part: Part) -> Self {
        Self {
            part,
            work: None,
            generation: 0,
            backups: 0,
            fenced: false,
            fence_asked: false,
            asks: 0,
            content: Content {
                timeline: 0,
                position: 0,
            },
            stalled: false,
            base_lag_s: 2,
            measured: None,
            kept: Vec::new(),
            stale: None,
        }
    }

    /// Whether a client inside the site could write to it now.
    pub(in crate::sim) fn is_writable(&self) -> bool {
        self.visible().is_writable()
    }

    /// What the interface tells of it now.
    fn visible(&self) -> Visible {
        Visible {
            part: self.part,
            work: self.work,
            backing_up: self.backups > 0,
            fenced: self.fenced,
        }
    }

    /// Before a change: whether readers see it late.
    pub(in crate::sim) fn remember(&mut self, now: SimTime, dice: &mut Dice) {
        self.stale = dice.seen_late(now).map(|until| (until, self.visible()));
    }

    /// Begins a work; the number that its end must carry.
    pub(in crate::sim) fn begin(&mut self, work: Work) -> u32 {
        self.work = Some(work);
        self.generation += 1;
        self.generation
    }

    /// Asks for a fence or for its removal; the number that its taking hold must carry.
    pub(in crate::sim) fn ask_fence(&mut self, fenced: bool) -> u32 {
        self.fence_asked = fenced;
        self.asks += 1;
        self.asks
    }

    /// Sets what stands here aside, and leaves the place empty.
    pub(in crate::sim) fn set_aside(&mut self) {
        if matches!(self.part, Part::Primary | Part::Retired) {
            self.kept.push(self.content);
        }
        self.clear();
    }

    /// Leaves the place empty.
    pub(in crate::sim) fn clear(&mut self) {
        self.part = Part::Absent;
        self.work = None;
        self.generation += 1;
        self.backups = 0;
        self.fenced = false;
        self.ask_fence(false);
        self.stalled = false;
        self.measured = None;
    }
}

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
            position: Position(copy.content.position),
            replication: replication.map(|measured| self.replication(copy.content, measured)),
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
            source_position: Some(Position(measured.source)),
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
