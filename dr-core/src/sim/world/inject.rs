//! What each fault does.

use super::copy::{Content, Part};
use super::event::Event;
use super::fleet::Fleet;
use super::{Column, World};
use crate::model::{ComponentId, SiteId};
use crate::sim::fault::Fault;
use crate::sim::random::Dice;
use crate::sim::time::{SimTime, Skew};

impl World {
    /// Lets a fault happen, now. A fault of something that the estate does not have does nothing.
    pub(in crate::sim) fn inject(&mut self, fault: Fault) {
        self.tell(format!("fault: {fault}"));
        match fault {
            Fault::RegionDark(site) => self.with_region(&site, |region| region.dark = true),
            Fault::RegionReturns(site) => self.with_region(&site, |region| region.dark = false),
            Fault::RegionIsolated(site) => self.with_region(&site, |region| region.isolated = true),
            Fault::RegionHealed(site) => self.with_region(&site, |region| region.isolated = false),
            Fault::Slow { site, factor } => {
                self.with_region(&site, |region| region.slowness = factor.max(1));
            }
            Fault::Throttled(site) => self.with_region(&site, |region| region.throttled = 50),
            Fault::ThrottledBy { site, percent } => self.with_region(&site, |region| {
                region.throttled = u64::from(percent.min(100));
            }),
            Fault::ThrottlingEnds(site) => {
                self.with_region(&site, |region| region.throttled = 0);
            }
            Fault::Denied { site, call } => self.with_region(&site, |region| {
                region.denied.insert(call);
            }),
            Fault::DenialEnds(site) => self.with_region(&site, |region| region.denied.clear()),
            Fault::ServiceDown { service, place } => {
                self.services_down.insert((service, place));
            }
            Fault::ServiceUp { service, place } => {
                self.services_down.remove(&(service, place));
            }
            Fault::ComponentDown { component, site } => {
                self.components_down.insert((component, site));
            }
            Fault::ComponentUp { component, site } => {
                self.components_down.remove(&(component, site));
            }
            Fault::Partition => self.partitioned = true,
            Fault::PartitionHealed => self.partitioned = false,
            Fault::GlobalControlDown => self.global_control_up = false,
            Fault::GlobalControlUp => self.global_control_up = true,
            Fault::AnswerLost(call) => self.lose_answer_of = Some(call),
            Fault::Refused { call, class, times } => {
                self.refusing = (times > 0).then_some((call, class, times));
            }
            Fault::MirrorStops => self.mirrors_stopped = true,
            Fault::MirrorResumes => self.mirrors_stopped = false,
            Fault::MonitoringBlind(site) => self.set_blind(&site, true),
            Fault::MonitoringSees(site) => self.set_blind(&site, false),
            Fault::TtlChanged { door, ttl } => {
                if let Some(door) = self.doors.get_mut(&door) {
                    door.set_ttl(ttl);
                }
            }
            Fault::ResolverIgnoresTtl(index) => self.set_ignores_ttl(index, true),
            Fault::ResolverObeysTtl(index) => self.set_ignores_ttl(index, false),
            Fault::ReplicationStalls(id) => self.set_stalled(&id, true),
            Fault::ReplicationResumes(id) => self.set_stalled(&id, false),
            Fault::StateLocked { stack, site, by } => self.set_lock(&stack, &site, Some(by)),
            Fault::StateUnlocked { stack, site } => self.set_lock(&stack, &site, None),
            Fault::PromotionRefused { database, times } => {
                if let Some(set) = self.data.get_mut(&database) {
                    set.refusals = times;
                }
            }
            Fault::DatabaseLost { database, site } => {
                if let Some(column) = self.column(&site) {
                    self.destroy(&database, column);
                }
            }
            Fault::BackupStarts {
                database,
                site,
                lasts,
            } => {
                if let Some(column) = self.column(&site) {
                    self.begin_backup(&database, column, lasts);
                }
            }
            Fault::OutOfCapacity { fleet, site } => {
                self.with_fleet(&fleet, &site, |fleet, now, dice| {
                    fleet.set_starved(true, now, dice)
                });
            }
            Fault::CapacityReturns { fleet, site } => {
                self.with_fleet(&fleet, &site, |fleet, now, dice| {
                    fleet.set_starved(false, now, dice)
                });
            }
            Fault::ClockOff {
                operator,
                ahead,
                by,
            } => {
                self.clocks.insert(operator, Skew { ahead, by });
            }
            Fault::ClockRight(operator) => {
                self.clocks.remove(&operator);
            }
            Fault::CutOff {
                operator,
                site,
                service,
            } => {
                self.cut_off.insert((operator, site, service));
            }
            Fault::Reconnected(operator) => self.cut_off.retain(|(who, ..)| *who != operator),
            Fault::Paused { operator, lasts } => self.pause(&operator, lasts),
            Fault::WriteLoad(times) => self.load = u64::from(times.max(1)),
            Fault::ShortOfCapacity { fleet, site, limit } => {
                self.with_fleet(&fleet, &site, |fleet, now, dice| {
                    fleet.set_limit(limit, now, dice)
                });
            }
        }
    }

    fn with_region(&mut self, site: &SiteId, change: impl FnOnce(&mut super::Region)) {
        if let Some(column) = self.column(site) {
            change(&mut self.regions[column]);
        }
        self.recheck_switches();
    }

    /// Changes what a fleet has room for: members that were accepted while there was none start once there is some.
    fn with_fleet(
        &mut self,
        fleet: &ComponentId,
        site: &SiteId,
        change: impl FnOnce(&mut Fleet, SimTime, &mut Dice) -> Vec<SimTime>,
    ) {
        if let Some(column) = self.column(site)
            && let Some(fleets) = self.fleets.get_mut(fleet)
        {
            for at in change(&mut fleets[column], self.now, &mut self.dice) {
                let fleet = fleet.clone();
                self.queue.push(at, Event::MemberHealthy { fleet, column });
            }
        }
    }

    fn set_blind(&mut self, site: &SiteId, blind: bool) {
        if let Some(column) = self.column(site) {
            self.blind[column] = blind;
        }
    }

    fn set_ignores_ttl(&mut self, index: usize, ignores: bool) {
        for door in self.doors.values_mut() {
            if let Some(resolver) = door.resolvers.get_mut(index) {
                resolver.ignores_ttl = ignores;
            }
        }
    }

    fn set_stalled(&mut self, database: &ComponentId, stalled: bool) {
        if let Some(set) = self.data.get_mut(database) {
            for copy in &mut set.copies {
                copy.stalled = stalled;
            }
        }
    }

    fn set_lock(&mut self, stack: &ComponentId, site: &SiteId, by: Option<String>) {
        if let Some(column) = self.column(site)
            && let Some(stacks) = self.stacks.get_mut(stack)
        {
            stacks[column].locked_by = by;
        }
    }

    /// The copy at `column` is gone, with all that was set aside there.
    fn destroy(&mut self, database: &ComponentId, column: Column) {
        let Some(set) = self.data.get_mut(database) else {
            return;
        };
        let copy = &mut set.copies[column];
        let here = (copy.part != Part::Absent).then_some(copy.content);
        let gone: Vec<Content> = copy.kept.drain(..).chain(here).collect();
        copy.clear();
        set.destroyed.extend(gone);
    }
}
