//! What the world does when a database is asked to change.

use super::World;
use super::accept::{Accepted, found};
use super::change::Refusal;
use super::copy::{Part, Work};
use super::event::Event;
use crate::model::{ComponentId, RunId};
use crate::port::Operation;
use crate::sim::invariant::Invariant;
use crate::sim::{Column, other};

impl World {
    /// Fences or lifts the fence, after a while.
    pub(super) fn fence(&mut self, id: &ComponentId, column: Column, fenced: bool) -> Accepted {
        let expected = self.expected(id, Operation::Fence);
        let copy = &mut found(self.data.get_mut(id))?.copies[column];
        match copy.part {
            Part::Absent => return Err(Refusal::not_found("there is no database")),
            Part::Retired if !fenced => {
                return Err(Refusal::conflict("it was set aside and stays fenced"));
            }
            _ if copy.fence_asked == fenced => return Ok(false),
            _ => {}
        }
        let generation = copy.ask_fence(fenced);
        let at = self.now.plus(self.dice.around(expected, 10, 80));
        let database = id.clone();
        self.queue.push(
            at,
            Event::FenceTakesHold {
                database,
                column,
                generation,
                fenced,
            },
        );
        Ok(true)
    }

    /// Makes a replica the primary. Its history ends where it has applied, at this instant.
    pub(super) fn promote(&mut self, id: &ComponentId, column: Column, run: &RunId) -> Accepted {
        let expected = self.expected(id, Operation::Promote);
        let set = found(self.data.get_mut(id))?;
        let copy = &mut set.copies[column];
        match (copy.part, copy.work) {
            (Part::Primary, None | Some(Work::Rebooting))
            | (Part::Replica, Some(Work::Promoting)) => return Ok(false),
            (Part::Replica, None) => {}
            (Part::Absent, _) => return Err(Refusal::not_found("there is no database")),
            _ => return Err(Refusal::conflict("it is not an available replica")),
        }
        if copy.backups > 0 {
            return Err(Refusal::conflict("a backup is running"));
        }
        if set.refusals > 0 {
            set.refusals -= 1;
            return Err(Refusal::conflict("the service refuses the promotion"));
        }
        copy.remember(self.now, &mut self.call_dice);
        let generation = copy.begin(Work::Promoting);
        let was = copy.content;
        copy.content.timeline = set
            .histories
            .fork(was.timeline, was.position, column, self.now);
        let at = self.now.plus(self.dice.around(expected, 40, 110));
        let database = id.clone();
        self.queue.push(
            at,
            Event::WorkDone {
                database,
                column,
                generation,
            },
        );
        if let Some(detail) = self.audit.promotion(id, run, column) {
            self.violate(self.now, Invariant::OnePromotion, detail);
        }
        Ok(true)
    }

    /// Builds a replica of the other site's primary, from a copy of what that contains now.
    pub(super) fn replicate(&mut self, id: &ComponentId, column: Column) -> Accepted {
        let expected = self.expected(id, Operation::Replicate);
        let connected = self.is_connected();
        let set = found(self.data.get_mut(id))?;
        let source = &set.copies[other(column)];
        let (source_part, source_work, content) = (source.part, source.work, source.content);
        let copy = &mut set.copies[column];
        let is_replica_of_it =
            copy.part == Part::Replica && copy.content.timeline == content.timeline;
        if is_replica_of_it && matches!(copy.work, None | Some(Work::Creating)) {
            return Ok(false);
        }
        if copy.is_writable() {
            return Err(Refusal::conflict("a writable primary stands here"));
        }
        if copy.work.is_some() || copy.backups > 0 {
            return Err(Refusal::conflict("what stands here is busy"));
        }
        if source_part != Part::Primary || source_work.is_some() || !connected {
            return Err(Refusal::conflict("the source is not an available primary"));
        }
        copy.remember(self.now, &mut self.call_dice);
        copy.set_aside();
        copy.part = Part::Replica;
        copy.content = content;
        let generation = copy.begin(Work::Creating);
        let at = self.now.plus(self.dice.around(expected, 40, 110));
        let database = id.clone();
        self.queue.push(
            at,
            Event::WorkDone {
                database,
                column,
                generation,
            },
        );
        Ok(true)
    }

    /// Sets an old primary aside. The fence holds at once, the new name after minutes.
    pub(super) fn retire(&mut self, id: &ComponentId, column: Column) -> Accepted {
        let expected = self.expected(id, Operation::Retire);
        let copy = &mut found(self.data.get_mut(id))?.copies[column];
        match (copy.part, copy.work) {
            (Part::Retired, _) | (Part::Primary, Some(Work::Renaming)) => return Ok(false),
            (Part::Primary, None) if copy.backups == 0 => {}
            (Part::Absent, _) => return Err(Refusal::not_found("there is no database")),
            (Part::Replica, _) => return Err(Refusal::conflict("it is a replica")),
            (Part::Primary, _) => return Err(Refusal::conflict("it is busy")),
        }
        copy.ask_fence(true);
        copy.fenced = true;
        let generation = copy.begin(Work::Renaming);
        let at = self.now.plus(self.dice.around(expected, 20, 95));
        let database = id.clone();
        self.queue.push(
            at,
            Event::WorkDone {
                database,
                column,
                generation,
            },
        );
        Ok(true)
    }
}
