//! Puts the estate's components into a new world.

use super::World;
use super::copy::Part;
use super::database::DataSet;
use super::event::Event;
use super::fleet::Fleet;
use super::front_door::FrontDoor;
use super::stack::{Git, Monitor, Stack};
use crate::model::{ComponentId, Estate, Role, Settings};

impl World {
    /// Puts every component in its place.
    pub(super) fn furnish(&mut self, estate: &Estate) {
        let databases: Vec<ComponentId> = estate
            .components
            .values()
            .filter(|component| matches!(component.settings, Settings::Database(_)))
            .map(|component| component.id.clone())
            .collect();
        for component in estate.components.values() {
            let id = component.id.clone();
            match &component.settings {
                Settings::Database(_) => {
                    let mut set = DataSet::new();
                    for copy in &mut set.copies {
                        copy.base_lag_s = self.dice.between(1, 3);
                    }
                    self.data.insert(id, set);
                }
                Settings::Compute(fleet) | Settings::Kubernetes(fleet) => {
                    let at = |count| Fleet::new(fleet, count);
                    let both = [at(fleet.capacity.count), at(fleet.standby_count)];
                    self.fleets.insert(id, both);
                }
                Settings::Traffic(traffic) => {
                    let door = FrontDoor::new(traffic.method, traffic.ttl);
                    self.doors.insert(id, door);
                }
                Settings::Monitoring(monitoring) => {
                    let hosted_on = monitoring.hosted_on.clone();
                    let watches = [0, 0];
                    self.monitors.insert(id, Monitor { hosted_on, watches });
                }
                Settings::Infrastructure(_) => {
                    let stack = |role, part| Stack::new(role, part, &databases);
                    let both = [
                        stack(Role::Primary, Part::Primary),
                        stack(Role::Standby, Part::Replica),
                    ];
                    self.stacks.insert(id, both);
                }
                Settings::Repository(repository) => {
                    let repository_id = id.clone();
                    self.servers.insert(id, Git::new(repository.standby_off));
                    let at = self.dice.soon(self.now, 0, 60);
                    self.queue.push(
                        at,
                        Event::Commit {
                            repository: repository_id,
                        },
                    );
                }
                Settings::Network(_) | Settings::Balancer(_) | Settings::ObjectStore(_) => {}
            }
        }
        for policy in 0..estate.backups.len() {
            self.schedule_backup(policy);
        }
    }
}

/// The fleets behind balancers; every fleet of servers where there is no balancer.
pub(super) fn serving_fleets(estate: &Estate) -> Vec<ComponentId> {
    let behind_balancers: Vec<ComponentId> = estate
        .components
        .values()
        .filter_map(|component| match &component.settings {
            Settings::Balancer(balancer) => balancer.fleet.clone(),
            _ => None,
        })
        .collect();
    if !behind_balancers.is_empty() {
        return behind_balancers;
    }
    estate
        .components
        .values()
        .filter(|component| matches!(component.settings, Settings::Compute(_)))
        .map(|component| component.id.clone())
        .collect()
}
