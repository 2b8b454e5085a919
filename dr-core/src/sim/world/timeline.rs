//! What was written, acknowledged and kept: histories that fork when a replica is promoted.

use serde::{Deserialize, Serialize};

use crate::sim::Column;
use crate::sim::time::SimTime;

/// Names one timeline of a data set; a later one was begun later.
pub(in crate::sim) type TimelineId = usize;

/// The writes that one primary acknowledged, from its promotion on. Positions count writes since the world's start, so a
/// timeline that forks at position 100 acknowledges 101 next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Timeline {
    /// What it continues, and after which position.
    pub(in crate::sim) parent: Option<(TimelineId, u64)>,
    /// Where its primary is.
    pub(in crate::sim) column: Column,
    /// When its promotion was accepted.
    pub(in crate::sim) begun: SimTime,
    /// The position after which it begins.
    start: u64,
    /// The position of its newest write.
    pub(in crate::sim) end: u64,
    /// The acknowledged writes, run after run.
    runs: Vec<Run>,
}

/// Seconds in a row in which the same number of writes was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    /// The position of the last write before it.
    after: u64,
    /// Its first second.
    second: u64,
    /// How many seconds.
    seconds: u64,
    /// Writes in each.
    each: u64,
}

impl Timeline {
    /// The first history of a data set, at `column`.
    pub(super) fn first(column: Column) -> Self {
        Self::fork(None, 0, column, SimTime::default())
    }

    /// A history that continues `parent`.
    pub(super) fn fork(
        parent: Option<TimelineId>,
        after: u64,
        column: Column,
        begun: SimTime,
    ) -> Self {
        Self {
            parent: parent.map(|parent| (parent, after)),
            column,
            begun,
            start: after,
            end: after,
            runs: Vec::new(),
        }
    }

    /// Acknowledges `count` writes in `second`.
    pub(super) fn append(&mut self, second: u64, count: u64) {
        match self.runs.last_mut() {
            Some(run) if run.each == count && run.second + run.seconds == second => {
                run.seconds += 1;
            }
            _ => self.runs.push(Run {
                after: self.end,
                second,
                seconds: 1,
                each: count,
            }),
        }
        self.end += count;
    }

    /// The second in which the write at `position` was acknowledged; `None` when this timeline did not acknowledge it.
    pub(super) fn second_of(&self, position: u64) -> Option<u64> {
        if position <= self.start || position > self.end {
            return None;
        }
        let index = self.runs.partition_point(|run| run.after < position) - 1;
        let run = &self.runs[index];
        Some(run.second + (position - run.after - 1) / run.each)
    }

    /// The position of the newest write acknowledged in or before `second`.
    pub(super) fn position_at(&self, second: u64) -> u64 {
        let index = self.runs.partition_point(|run| run.second <= second);
        match index.checked_sub(1) {
            None => self.start,
            Some(index) => {
                let run = &self.runs[index];
                run.after + run.each * (second - run.second + 1).min(run.seconds)
            }
        }
    }
}

/// The writes of a data set that the current primary's history does not contain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::sim) struct Loss {
    /// How many.
    pub(in crate::sim) lost: u64,
    /// Of them, acknowledged by an old primary after its successor's promotion was accepted.
    pub(in crate::sim) diverged: u64,
    /// The seconds in which the first and the last of them were acknowledged.
    pub(in crate::sim) window: Option<(u64, u64)>,
}

/// All histories of one data set; the newest is the one that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::sim) struct Histories(Vec<Timeline>);

impl Histories {
    /// One history, at `column`.
    pub(super) fn new(column: Column) -> Self {
        Self(vec![Timeline::first(column)])
    }

    /// The history that counts: that of the promotion accepted last.
    pub(in crate::sim) fn newest(&self) -> TimelineId {
        self.0.len() - 1
    }

    /// One history.
    pub(in crate::sim) fn get(&self, id: TimelineId) -> &Timeline {
        &self.0[id]
    }

    /// One history, to be written on.
    pub(super) fn get_mut(&mut self, id: TimelineId) -> &mut Timeline {
        &mut self.0[id]
    }

    /// Begins a history that continues `parent` after position `after`.
    pub(super) fn fork(
        &mut self,
        parent: TimelineId,
        after: u64,
        column: Column,
        now: SimTime,
    ) -> TimelineId {
        self.0
            .push(Timeline::fork(Some(parent), after, column, now));
        self.newest()
    }

    /// The second in which the write at `position` of the history `id` was acknowledged, here or in what it continues.
    pub(super) fn second_of(&self, mut id: TimelineId, position: u64) -> Option<u64> {
        loop {
            let timeline = &self.0[id];
            match timeline.second_of(position) {
                Some(second) => return Some(second),
                None => id = timeline.parent?.0,
            }
        }
    }

    /// How far a copy at `position` of the history `of` contains the history `id`: its newest write there.
    pub(in crate::sim) fn contained(
        &self,
        id: TimelineId,
        of: TimelineId,
        position: u64,
    ) -> Option<u64> {
        let (mut at, mut upto) = (of, position);
        loop {
            if at == id {
                return Some(upto);
            }
            let (parent, fork) = self.0[at].parent?;
            (at, upto) = (parent, upto.min(fork));
        }
    }

    /// The writes that the newest history does not contain.
    pub(in crate::sim) fn loss(&self) -> Loss {
        let newest = self.newest();
        let mut loss = Loss::default();
        for (id, timeline) in self.0.iter().enumerate().take(newest) {
            let kept = self
                .contained(id, newest, u64::MAX)
                .unwrap_or(timeline.start)
                .max(timeline.start);
            if kept >= timeline.end {
                continue;
            }
            // The promotion that took the role away is the oldest fork that came after.
            let successor = self.0[id + 1].begun;
            let before = timeline.position_at(successor.second()).max(kept);
            loss.lost += timeline.end - kept;
            loss.diverged += timeline.end - before;
            let first = timeline.second_of(kept + 1);
            let last = timeline.second_of(timeline.end);
            if let (Some(first), Some(last)) = (first, last) {
                loss.window = Some(
                    loss.window
                        .map_or((first, last), |(f, l)| (f.min(first), l.max(last))),
                );
            }
        }
        loss
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fork_loses_what_came_after_it_and_what_is_written_later_has_diverged() {
        let mut histories = Histories::new(0);
        for second in 1..=100 {
            histories.get_mut(0).append(second, 4);
        }
        let fork = histories.fork(0, 360, 1, SimTime::of_second(100));
        assert_eq!(
            histories.loss(),
            Loss {
                lost: 40,
                diverged: 0,
                window: Some((91, 100))
            }
        );
        histories.get_mut(0).append(120, 4);
        histories.get_mut(fork).append(121, 4);
        assert_eq!(
            histories.loss(),
            Loss {
                lost: 44,
                diverged: 4,
                window: Some((91, 120))
            }
        );
    }

    #[test]
    fn a_loss_stays_lost_when_the_role_goes_home() {
        let mut histories = Histories::new(0);
        histories.get_mut(0).append(1, 10);
        let away = histories.fork(0, 7, 1, SimTime::of_second(2));
        histories.get_mut(away).append(3, 5);
        histories.fork(away, 12, 0, SimTime::of_second(4));
        assert_eq!(histories.loss().lost, 3);
        assert_eq!(histories.second_of(2, 12), Some(3));
        assert_eq!(histories.second_of(2, 7), Some(1));
    }

    proptest! {
        #[test]
        fn runs_answer_like_the_list_of_all_writes(
            counts in proptest::collection::vec(0_u64..4, 1..60),
        ) {
            let mut timeline = Timeline::first(0);
            let mut seconds_of = Vec::new();
            for (second, count) in (1..).zip(&counts) {
                if *count > 0 {
                    timeline.append(second, *count);
                }
                seconds_of.extend(std::iter::repeat_n(second, usize::try_from(*count).unwrap()));
            }
            for (position, second) in (1..).zip(&seconds_of) {
                prop_assert_eq!(timeline.second_of(position), Some(*second));
            }
            for second in 0..70 {
                let position = seconds_of.iter().filter(|s| **s <= second).count();
                prop_assert_eq!(timeline.position_at(second), position as u64);
            }
            prop_assert_eq!(timeline.second_of(seconds_of.len() as u64 + 1), None);
        }
    }
}
