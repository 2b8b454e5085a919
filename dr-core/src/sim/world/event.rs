//! What will happen in the world by itself.

use serde::{Deserialize, Serialize};

use super::change::Order;
use crate::model::{ComponentId, Role};
use crate::sim::Column;
use crate::sim::fault::Fault;
use crate::sim::time::SimTime;

/// Something that happens at its time. A `generation` tells whether it is still meant: what was overtaken does nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sim) enum Event {
    /// A fault that was scheduled.
    Fault(Fault),
    /// The work that a database is busy with is done.
    WorkDone {
        database: ComponentId,
        column: Column,
        generation: u32,
    },
    /// A fence takes hold, or its removal does.
    FenceTakesHold {
        database: ComponentId,
        column: Column,
        generation: u32,
        fenced: bool,
    },
    /// A backup that the policy of this index schedules.
    BackupDue { policy: usize },
    /// A backup is done.
    BackupDone {
        database: ComponentId,
        column: Column,
        generation: u32,
    },
    /// A member of a fleet becomes healthy.
    MemberHealthy { fleet: ComponentId, column: Column },
    /// The authoritative answer follows a switch.
    AnswerFollows { door: ComponentId, generation: u32 },
    /// An apply of a stack is done.
    ApplyDone {
        stack: ComponentId,
        column: Column,
        role: Role,
    },
    /// A Git server has started.
    ServerStarted {
        repository: ComponentId,
        column: Column,
        generation: u32,
    },
    /// People commit, mirrors are brought up to date.
    Commit { repository: ComponentId },
    /// A change that was sent long ago arrives; nobody waits for its answer any more.
    Arrives(Order),
}

/// An event with its place in the order of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    at: SimTime,
    sequence: u64,
    event: Event,
}

/// Events by time, and in the order in which they were scheduled where the time is the same. Few at a time, so a sorted list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Queue {
    /// The next one last.
    entries: Vec<Entry>,
    scheduled: u64,
}

impl Queue {
    /// Schedules an event.
    pub(in crate::sim) fn push(&mut self, at: SimTime, event: Event) {
        let index = self.entries.partition_point(|entry| entry.at > at);
        self.entries.insert(
            index,
            Entry {
                at,
                sequence: self.scheduled,
                event,
            },
        );
        self.scheduled += 1;
    }

    /// The next event that is due at `now` or before.
    pub(super) fn pop_due(&mut self, now: SimTime) -> Option<(SimTime, Event)> {
        self.entries
            .pop_if(|entry| entry.at <= now)
            .map(|entry| (entry.at, entry.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_in_the_order_in_which_they_were_scheduled() {
        let mut queue = Queue::default();
        for (second, policy) in [(5, 0), (3, 1), (5, 2), (4, 3), (3, 4)] {
            queue.push(SimTime::of_second(second), Event::BackupDue { policy });
        }
        assert_eq!(queue.pop_due(SimTime::of_second(2)), None);
        let order: Vec<Event> =
            std::iter::from_fn(|| queue.pop_due(SimTime::of_second(9)).map(|(_, event)| event))
                .collect();
        let expected = [1, 4, 3, 0, 2].map(|policy| Event::BackupDue { policy });
        assert_eq!(order, expected);
    }
}
