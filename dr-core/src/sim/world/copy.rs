//! The copy of a data set on one site.

use serde::{Deserialize, Serialize};

use super::timeline::TimelineId;
use crate::model::DatabaseStatus;
use crate::sim::random::Dice;
use crate::sim::time::SimTime;

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
    pub(super) second: u64,
    /// How far behind it was, in seconds.
    pub(super) lag_s: u64,
    /// The source's position.
    pub(super) source: u64,
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
    pub(super) part: Part,
    work: Option<Work>,
    backing_up: bool,
    pub(super) fenced: bool,
}

impl Visible {
    /// Whether it can be worked with.
    pub(super) fn status(self) -> DatabaseStatus {
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
    pub(super) fn is_writable(self) -> bool {
        self.part == Part::Primary && self.work.is_none() && !self.fenced
    }
}

impl Copy {
    /// A copy that is what `part` says, at the start of the first history.
    pub(super) fn new(part: Part) -> Self {
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
    pub(super) fn visible(&self) -> Visible {
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
