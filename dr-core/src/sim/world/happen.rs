//! What each event does.

use std::str::FromStr;

use super::World;
use super::copy::{Part, Work};
use super::event::Event;
use super::stack::Stack;
use crate::model::{ComponentId, Duration, Role};
use crate::sim::time::SimTime;
use crate::sim::{Column, other};

impl World {
    /// Lets an event happen. An event that was overtaken does nothing.
    pub(super) fn happen(&mut self, event: Event) {
        match event {
            Event::Fault(fault) => self.inject(fault),
            Event::WorkDone {
                database,
                column,
                generation,
            } => self.work_done(&database, column, generation),
            Event::FenceTakesHold {
                database,
                column,
                generation,
                fenced,
            } => self.fence_takes_hold(&database, column, generation, fenced),
            Event::BackupDue { policy } => self.backup_due(policy),
            Event::BackupDone {
                database,
                column,
                generation,
            } => {
                if let Some(set) = self.data.get_mut(&database)
                    && set.copies[column].generation == generation
                {
                    set.copies[column].backups = set.copies[column].backups.saturating_sub(1);
                }
            }
            Event::MemberHealthy { fleet, column } => self.member_healthy(&fleet, column),
            Event::AnswerFollows { door, generation } => self.answer_follows(&door, generation),
            Event::ApplyDone {
                stack,
                column,
                role,
            } => self.apply_done(&stack, column, role),
            Event::ServerStarted {
                repository,
                column,
                generation,
            } => self.server_started(&repository, column, generation),
            Event::Commit { repository } => self.minute_of(repository),
            Event::Arrives(order) => {
                let said = self.said(&order.change);
                self.tell(format!(
                    "a late request of {} arrives: {said}",
                    order.operator
                ));
                // Nobody waits for the answer; what the world thinks of it stands in the story.
                let _ = self.accept(&order);
            }
        }
    }

    fn work_done(&mut self, database: &ComponentId, column: Column, generation: u32) {
        let connected = self.is_connected();
        let site = self.site(column).clone();
        let Some(set) = self.data.get_mut(database) else {
            return;
        };
        let source = set.copies[other(column)].clone();
        let copy = &mut set.copies[column];
        let Some(work) = copy.work.filter(|_| copy.generation == generation) else {
            return;
        };
        let text = match work {
            Work::Promoting => {
                copy.part = Part::Primary;
                let generation = copy.begin(Work::Rebooting);
                let database = database.clone();
                let at = self.dice.soon(self.now, 30, 120);
                self.queue.push(
                    at,
                    Event::WorkDone {
                        database,
                        column,
                        generation,
                    },
                );
                "is a primary and reboots"
            }
            Work::Rebooting => {
                copy.work = None;
                "is available as primary"
            }
            Work::Creating => {
                copy.work = None;
                let from = source.content.timeline == copy.content.timeline;
                if connected && from && source.part == Part::Primary {
                    "is available as replica"
                } else {
                    copy.clear();
                    "could not be built: its source is gone"
                }
            }
            Work::Renaming => {
                copy.work = None;
                copy.part = Part::Retired;
                "is set aside"
            }
        };
        self.tell(format!("{database} at {site} {text}"));
    }

    fn fence_takes_hold(
        &mut self,
        database: &ComponentId,
        column: Column,
        generation: u32,
        fenced: bool,
    ) {
        let Some(set) = self.data.get_mut(database) else {
            return;
        };
        let copy = &mut set.copies[column];
        if copy.asks != generation {
            return;
        }
        copy.fenced = fenced;
        let text = if fenced {
            "refuses writes: it is fenced"
        } else {
            "is no longer fenced"
        };
        let site = self.site(column);
        self.tell(format!("{database} at {site} {text}"));
    }

    /// Schedules the next backup of a policy.
    pub(super) fn schedule_backup(&mut self, policy: usize) {
        let line = &self.estate.backups[policy].schedule;
        let now = self.now.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
        let next = croner::Cron::from_str(line.as_str())
            .ok()
            .and_then(|cron| cron.find_next_occurrence(&now, false).ok());
        // A line such as "30 February" is valid and never comes.
        if let Some(next) = next {
            let at = SimTime::at(next.timestamp());
            self.queue.push(at, Event::BackupDue { policy });
        }
    }

    /// A backup of each copy that can be worked with. It runs for 3 to 8 minutes.
    fn backup_due(&mut self, policy: usize) {
        let database = self.estate.backups[policy].component.clone();
        for column in [0, 1] {
            let lasts = self.dice.around(Duration::from_mins(1), 300, 800);
            self.begin_backup(&database, column, lasts);
        }
        self.schedule_backup(policy);
    }

    /// Begins a backup where there is a copy that can be worked with.
    pub(super) fn begin_backup(&mut self, database: &ComponentId, column: Column, lasts: Duration) {
        let Some(set) = self.data.get_mut(database) else {
            return;
        };
        let copy = &mut set.copies[column];
        if copy.work.is_none() && matches!(copy.part, Part::Primary | Part::Replica) {
            copy.backups += 1;
            let event = Event::BackupDone {
                database: database.clone(),
                column,
                generation: copy.generation,
            };
            self.queue.push(self.now.plus(lasts), event);
        }
    }

    fn member_healthy(&mut self, fleet: &ComponentId, column: Column) {
        let site = self.site(column).clone();
        let Some(fleets) = self.fleets.get(fleet) else {
            return;
        };
        let state = fleets[column].state(self.now);
        self.tell(format!(
            "{fleet} at {site}: {} of {} members are healthy",
            state.healthy, state.desired
        ));
    }

    fn answer_follows(&mut self, id: &ComponentId, generation: u32) {
        let Some(door) = self.doors.get_mut(id) else {
            return;
        };
        if door.generation == generation {
            door.answers = door.found;
            let site = self.estate.sites[door.answers].id.clone();
            self.tell(format!("{id} answers {site}"));
        }
    }

    fn apply_done(&mut self, id: &ComponentId, column: Column, role: Role) {
        let site = self.site(column).clone();
        let Some(stacks) = self.stacks.get_mut(id) else {
            return;
        };
        let stack: &mut Stack = &mut stacks[column];
        stack.applying = None;
        stack.locked_by = None;
        stack.applied_role = role;
        stack.serial += 1;
        self.tell(format!("{id} at {site} is applied as {role}"));
    }

    fn server_started(&mut self, id: &ComponentId, column: Column, generation: u32) {
        let site = self.site(column).clone();
        let Some(server) = self.servers.get_mut(id) else {
            return;
        };
        if server.starting[column] == Some(generation) {
            server.starting[column] = None;
            server.running[column] = true;
            self.tell(format!("{id} at {site} runs"));
        }
    }

    fn minute_of(&mut self, repository: ComponentId) {
        let primary = self.primary();
        let alive = !self.regions[primary].dark && !self.regions[primary].isolated;
        let mirrored = self.is_connected() && !self.mirrors_stopped;
        if let Some(server) = self.servers.get_mut(&repository) {
            server.minute(primary, alive, mirrored);
        }
        let at = self.now.plus(Duration::from_mins(1));
        self.queue.push(at, Event::Commit { repository });
    }
}
