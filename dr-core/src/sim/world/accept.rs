//! What the world does when it is asked to change.

use super::World;
use super::change::{Change, DatabaseChange, Order, Refusal, Said};
use super::copy::Part;
use super::event::Event;
use super::stack::Store;
use crate::adapter::technology;
use crate::model::{ComponentId, Duration, Role, RunId, Settings};
use crate::port::{ErrorClass, Operation};
use crate::sim::Column;
use crate::sim::invariant::Invariant;
use crate::sim::time::SimTime;

/// Whether an accepted change did anything, or found it done.
pub(super) type Accepted = Result<bool, Refusal>;

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
        // A real service knows nothing of epochs: that this one refuses a stale order does not make it right to send it.
        if let Some(detail) = self.audit.epoch(self.lock_of(&order.run), order.epoch) {
            self.violate(self.now, Invariant::EpochsGrow, detail);
        }
        self.refresh();
        result.map(|_| ())
    }

    /// Refuses an epoch that is lower than one that was seen of the same lock: its holder has been replaced.
    fn admit(&mut self, order: &Order) -> Result<(), Refusal> {
        let lock = self.lock_of(&order.run);
        let seen = self.epochs_seen[lock];
        if order.epoch < seen {
            return Err(Refusal {
                class: ErrorClass::Denied,
                message: format!("epoch {} is stale, epoch {seen} has been seen", order.epoch),
            });
        }
        self.epochs_seen[lock] = order.epoch;
        Ok(())
    }

    /// The lock that a run is carried out under, by number: that of the site whose store keeps its journal, each of which counts
    /// epochs of its own; the last one where neither store does, as on the machine of who rehearses.
    fn lock_of(&self, run: &RunId) -> usize {
        let header = format!("runs/{run}/journal/{:08}.json", 0);
        let keeps = |store: &Store| store.objects.contains_key(&header);
        self.stores
            .iter()
            .position(keeps)
            .unwrap_or(self.stores.len())
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
    pub(super) fn expected(&self, component: &ComponentId, operation: Operation) -> Duration {
        self.estate
            .component(component)
            .map_or(Duration::ZERO, |component| {
                technology::expected_for(component, operation)
            })
    }

    fn scale(&mut self, id: &ComponentId, column: Column, count: u32) -> Accepted {
        let fleet = &mut found(self.fleets.get_mut(id))?[column];
        if fleet.desired() != count && count > fleet.limit {
            return Err(Refusal::conflict(format!(
                "{count} members are wanted and {} are allowed",
                fleet.limit
            )));
        }
        self.resize(id, column, count)
    }

    /// Asks for so many members, whether or not there is room for all of them.
    fn resize(&mut self, id: &ComponentId, column: Column, count: u32) -> Accepted {
        let fleet = &mut found(self.fleets.get_mut(id))?[column];
        if fleet.desired() == count {
            return Ok(false);
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
            self.resize(fleet, column, *count)?;
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
pub(super) fn found<T>(thing: Option<T>) -> Result<T, Refusal> {
    thing.ok_or_else(|| Refusal::not_found("the estate has none"))
}
