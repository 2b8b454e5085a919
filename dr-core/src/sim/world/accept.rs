//! What the world does when it is asked to change.

use super::World;
use super::change::{Change, DatabaseChange, Order, Refusal, Said};
use super::database::{Part, Work};
use super::event::Event;
use crate::adapter::technology;
use crate::model::{ComponentId, Duration, Role, RunId, Settings};
use crate::port::{ErrorClass, Operation};
use crate::sim::invariant::Invariant;
use crate::sim::time::SimTime;
use crate::sim::{Column, other};

/// Whether an accepted change did anything, or found it done.
type Accepted = Result<bool, Refusal>;

impl World {
    /// Accepts a change, or says why not. A change that is done already is accepted again and does nothing.
    pub(in crate::sim) fn accept(&mut self, order: &Order) -> Result<(), Refusal> {
        let result = self.admit(order).and_then(|()| self.carry_out(order));
        match &result {
            Ok(true) => {
                let said = self.said(&order.change);
                self.tell(format!("{}: {said}", order.operator));
            }
            Ok(false) => {}
            Err(refusal) => {
                let said = self.said(&order.change);
                let Refusal { class, message } = refusal;
                self.tell(format!(
                    "{}: {said}: refused, {message} ({class})",
                    order.operator
                ));
            }
        }
        if result.is_ok()
            && let Some(detail) = self.audit.epoch(order.epoch)
        {
            self.violate(self.now, Invariant::EpochsGrow, detail);
        }
        self.refresh();
        result.map(|_| ())
    }

    /// Refuses an epoch that is lower than one that was seen: its holder has been replaced.
    fn admit(&mut self, order: &Order) -> Result<(), Refusal> {
        if order.epoch < self.epoch_seen {
            return Err(Refusal {
                class: ErrorClass::Denied,
                message: format!(
                    "epoch {} is stale, epoch {} has been seen",
                    order.epoch, self.epoch_seen
                ),
            });
        }
        self.epoch_seen = order.epoch;
        Ok(())
    }

    /// A change as a person would say it.
    pub(super) fn said(&self, change: &Change) -> String {
        let sites = [self.site(0).as_str(), self.site(1).as_str()];
        Said(change, sites).to_string()
    }

    fn carry_out(&mut self, order: &Order) -> Accepted {
        match &order.change {
            Change::Database(id, column, DatabaseChange::Fence) => self.fence(id, *column, true),
            Change::Database(id, column, DatabaseChange::Unfence) => self.fence(id, *column, false),
            Change::Database(id, column, DatabaseChange::Promote) => {
                self.promote(id, *column, &order.run)
            }
            Change::Database(id, column, DatabaseChange::Replicate) => self.replicate(id, *column),
            Change::Database(id, column, DatabaseChange::Retire) => self.retire(id, *column),
            Change::Scale(id, column, count) => self.scale(id, *column, *count),
            Change::Shift(id, column) => self.shift(id, *column),
            Change::Repoint(id, column, to) => {
                let monitor = found(self.monitors.get_mut(id))?;
                let changed = monitor.watches[*column] != *to;
                monitor.watches[*column] = *to;
                Ok(changed)
            }
            Change::Apply(id, column, role) => self.apply(id, *column, *role, &order.operator),
            Change::Adopt(id, column, role) => self.adopt(id, *column, *role),
            Change::Start(id, column) => self.start(id, *column),
            Change::Stop(id, column) => {
                let server = found(self.servers.get_mut(id))?;
                let changed = server.running[*column] || server.starting[*column].is_some();
                server.running[*column] = false;
                server.starting[*column] = None;
                Ok(changed)
            }
            Change::RevokeLease(holder) => {
                found(self.lease.as_mut())?.revoke(*holder);
                Ok(true)
            }
            Change::GrantLease(holder) => {
                let now = self.now;
                if found(self.lease.as_mut())?.grant(*holder, now) {
                    Ok(true)
                } else {
                    Err(Refusal::conflict("the other site's lease has not run out"))
                }
            }
            Change::Notify(_) => Ok(true),
            Change::Command(argv) => {
                self.run_command(argv);
                Ok(true)
            }
        }
    }

    /// How long an operation is expected to take, from the technology's table.
    fn expected(&self, component: &ComponentId, operation: Operation) -> Duration {
        self.estate
            .component(component)
            .map_or(Duration::ZERO, |component| {
                technology::expected_for(component, operation)
            })
    }

    /// Fences or lifts the fence, after a while.
    fn fence(&mut self, id: &ComponentId, column: Column, fenced: bool) -> Accepted {
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
    fn promote(&mut self, id: &ComponentId, column: Column, run: &RunId) -> Accepted {
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
    fn replicate(&mut self, id: &ComponentId, column: Column) -> Accepted {
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
    fn retire(&mut self, id: &ComponentId, column: Column) -> Accepted {
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

    fn scale(&mut self, id: &ComponentId, column: Column, count: u32) -> Accepted {
        let fleet = &mut found(self.fleets.get_mut(id))?[column];
        if fleet.desired() == count {
            return Ok(false);
        }
        if count > fleet.limit {
            return Err(Refusal::conflict(format!(
                "{count} members are wanted and {} are allowed",
                fleet.limit
            )));
        }
        fleet.remember(self.now, &mut self.call_dice);
        for at in fleet.scale(count, self.now, &mut self.dice) {
            let fleet = id.clone();
            self.queue.push(at, Event::MemberHealthy { fleet, column });
        }
        Ok(true)
    }

    fn shift(&mut self, id: &ComponentId, column: Column) -> Accepted {
        let door = found(self.doors.get_mut(id))?;
        if door.switched_to == column {
            return Ok(false);
        }
        let at = door.switch(column, self.now, &mut self.dice);
        let generation = door.generation;
        let door = id.clone();
        self.queue
            .push(at, Event::AnswerFollows { door, generation });
        Ok(true)
    }

    /// Applies a stack for a role: sizes the fleets of the site. Holds the lock of the state while it runs.
    fn apply(&mut self, id: &ComponentId, column: Column, role: Role, operator: &str) -> Accepted {
        let stack = &found(self.stacks.get(id))?[column];
        if stack.applying == Some(role) {
            return Ok(false);
        }
        if let Some(by) = &stack.locked_by {
            return Err(Refusal::conflict(format!("the state is locked by {by}")));
        }
        let pending = self.pending(stack, column, role);
        if pending.destroys_data {
            return Err(Refusal::conflict("it would destroy data"));
        }
        if pending.is_empty() && stack.applied_role == role {
            return Ok(false);
        }
        let wanted: Vec<(ComponentId, u32)> = self
            .fleets
            .keys()
            .map(|id| (id.clone(), self.wanted(id, role)))
            .collect();
        for (fleet, count) in &wanted {
            self.scale(fleet, column, *count)?;
        }
        let lasts = self
            .dice
            .around(self.expected(id, Operation::Apply), 25, 95);
        let stack = &mut found(self.stacks.get_mut(id))?[column];
        stack.applying = Some(role);
        stack.locked_by = Some(operator.to_owned());
        let stack = id.clone();
        self.queue.push(
            self.now.plus(lasts),
            Event::ApplyDone {
                stack,
                column,
                role,
            },
        );
        Ok(true)
    }

    /// Makes a stack's state describe the databases that there are.
    fn adopt(&mut self, id: &ComponentId, column: Column, role: Role) -> Accepted {
        let real: Vec<(ComponentId, Part)> = self
            .data
            .iter()
            .map(|(id, set)| (id.clone(), set.copies[column].part))
            .collect();
        let stack = &mut found(self.stacks.get_mut(id))?[column];
        if let Some(by) = &stack.locked_by {
            return Err(Refusal::conflict(format!("the state is locked by {by}")));
        }
        let recorded = real.into_iter().collect();
        if stack.recorded == recorded && stack.applied_role == role {
            return Ok(false);
        }
        stack.recorded = recorded;
        stack.applied_role = role;
        stack.serial += 1;
        Ok(true)
    }

    fn start(&mut self, id: &ComponentId, column: Column) -> Accepted {
        let expected = self.expected(id, Operation::Start);
        let server = found(self.servers.get_mut(id))?;
        if server.running[column] || server.starting[column].is_some() {
            return Ok(false);
        }
        server.starts += 1;
        server.starting[column] = Some(server.starts);
        let at: SimTime = self.now.plus(self.dice.around(expected, 40, 100));
        let event = Event::ServerStarted {
            repository: id.clone(),
            column,
            generation: server.starts,
        };
        self.queue.push(at, event);
        Ok(true)
    }

    /// Members that a fleet has in a site of that role.
    pub(super) fn wanted(&self, fleet: &ComponentId, role: Role) -> u32 {
        match self.estate.component(fleet).map(|c| &c.settings) {
            Some(Settings::Compute(fleet) | Settings::Kubernetes(fleet)) => match role {
                Role::Primary => fleet.capacity.count,
                Role::Standby => fleet.standby_count,
            },
            _ => 0,
        }
    }
}

/// What is there, or the refusal that it is not.
fn found<T>(thing: Option<T>) -> Result<T, Refusal> {
    thing.ok_or_else(|| Refusal::not_found("the estate has none"))
}
