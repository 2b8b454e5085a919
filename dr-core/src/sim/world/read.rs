//! What is read of the world through its ports.

use super::change::Refusal;
use super::copy::Part;
use super::stack::Stack;
use super::{Column, World};
use crate::model::{
    ClientView, ComponentId, ComputeState, DatabaseState, DatabaseStatus, Duration, FacilityState,
    LeaseState, Lineage, MonitoringState, Reachability, RepositoryState, Role, Settings,
    StackChanges, StackState, TrafficState,
};
use crate::port::ErrorClass;
use crate::sim::other;
use crate::sim::time::SimTime;

/// How many independent observers there are outside both sites.
const OBSERVERS: u32 = 3;

/// A reading, or why there is none.
type Read<T> = Result<T, Refusal>;

fn none() -> Refusal {
    Refusal::not_found("the estate has none")
}

impl World {
    /// A database.
    pub(in crate::sim) fn read_database(
        &self,
        id: &ComponentId,
        column: Column,
    ) -> Read<DatabaseState> {
        let set = self.data.get(id).ok_or_else(none)?;
        Ok(set.state(column, self.site(other(column)), self.now))
    }

    /// A fleet.
    pub(in crate::sim) fn read_fleet(
        &self,
        id: &ComponentId,
        column: Column,
    ) -> Read<ComputeState> {
        let fleets = self.fleets.get(id).ok_or_else(none)?;
        Ok(fleets[column].seen(self.now))
    }

    /// A front door.
    pub(in crate::sim) fn read_door(&self, id: &ComponentId) -> Read<TrafficState> {
        let door = self.doors.get(id).ok_or_else(none)?;
        Ok(TrafficState {
            answers: self.site(door.answers).clone(),
            switched_to: Some(self.site(door.switched_to).clone()),
            ttl: Duration::from_secs(door.ttl_s),
            concerns: Vec::new(),
        })
    }

    /// A monitoring system. Its targets are the databases and the members of the fleets of the site that it watches.
    pub(in crate::sim) fn read_monitor(
        &self,
        id: &ComponentId,
        column: Column,
    ) -> Read<MonitoringState> {
        let monitor = self.monitors.get(id).ok_or_else(none)?;
        if let Some(cluster) = &monitor.hosted_on
            && let Some(fleets) = self.fleets.get(cluster)
            && fleets[column].healthy(self.now) == 0
        {
            return Err(Refusal {
                class: ErrorClass::Transient,
                message: format!("no node of {cluster} runs it"),
            });
        }
        let watched = monitor.watches[column];
        let (mut targets, mut up) = (0, 0);
        for fleets in self.fleets.values() {
            targets += fleets[watched].desired();
            up += fleets[watched].healthy(self.now);
        }
        for set in self.data.values() {
            targets += 1;
            let status = set.state(watched, self.site(column), self.now).status;
            let answers = matches!(
                status,
                DatabaseStatus::Available | DatabaseStatus::BackingUp
            );
            up += u32::from(answers);
        }
        let sees = !self.blind[column]
            && !self.regions[watched].dark
            && (watched == column || self.is_connected());
        Ok(MonitoringState {
            watches: self.site(watched).clone(),
            targets_up: if sees { up } else { 0 },
            targets,
            unheard: None,
        })
    }

    /// A stack, as planned for `role`.
    pub(in crate::sim) fn read_stack(
        &self,
        id: &ComponentId,
        column: Column,
        role: Role,
    ) -> Read<StackState> {
        let stack = &self.stacks.get(id).ok_or_else(none)?[column];
        Ok(StackState {
            applied_role: stack.applied_role,
            locked_by: stack.locked_by.clone(),
            serial: stack.serial,
            pending: self.pending(stack, column, role),
        })
    }

    /// What a plan of a stack would change. A promotion, a replica and a retirement change what the databases are behind the
    /// stack's back: until the state is told, a plan would replace them. The stack leaves it to runbooks to make a replica
    /// the primary, so a stack for a primary is content with a replica that it knows.
    pub(super) fn pending(&self, stack: &Stack, column: Column, role: Role) -> StackChanges {
        let mut changes = StackChanges::default();
        for (id, set) in &self.data {
            let real = set.copies[column].part;
            if real == Part::Absent
                || (real == Part::Retired && stack.recorded.get(id) == Some(&real))
            {
                changes.create += 1;
            } else if stack.recorded.get(id) != Some(&real)
                || (role == Role::Standby && real == Part::Primary)
            {
                changes.create += 1;
                changes.destroy += 1;
                changes.destroys_data = true;
            }
        }
        for (id, fleets) in &self.fleets {
            changes.change += u32::from(fleets[column].desired() != self.wanted(id, role));
        }
        changes
    }

    /// A Git server.
    pub(in crate::sim) fn read_server(
        &self,
        id: &ComponentId,
        column: Column,
    ) -> Read<RepositoryState> {
        let server = self.servers.get(id).ok_or_else(none)?;
        // Nobody pushes to a mirror here, so a history with fewer commits is an earlier one.
        let lineage = if server.commits[column] < server.seen[column] {
            Lineage::Behind
        } else {
            Lineage::Complete
        };
        Ok(RepositoryState {
            running: server.running[column],
            commits: server.commits[column],
            last_seen_at_primary: server.seen[column],
            lineage,
        })
    }

    /// A network, a balancer or a bucket.
    pub(in crate::sim) fn read_facility(
        &self,
        id: &ComponentId,
        column: Column,
    ) -> Read<FacilityState> {
        let component = self.estate.component(id).ok_or_else(none)?;
        let (ready, detail) = match &component.settings {
            Settings::Network(network) => {
                let used: u32 = self.fleets.values().map(|f| f[column].desired()).sum();
                let text = format!(
                    "{} zones, {used} of {} addresses used",
                    network.zones, network.addresses
                );
                (used <= network.addresses, text)
            }
            Settings::Balancer(balancer) => {
                let fleet = balancer.fleet.as_ref().and_then(|id| self.fleets.get(id));
                let (wanted, healthy) = fleet.map_or((0, 0), |fleets| {
                    (fleets[column].desired(), fleets[column].healthy(self.now))
                });
                let text = format!("{healthy} of {wanted} targets healthy");
                (wanted == 0 || healthy > 0, text)
            }
            Settings::ObjectStore(_) => {
                let objects = self.stores[column].objects.len();
                (true, format!("{objects} objects"))
            }
            _ => return Err(none()),
        };
        Ok(FacilityState { ready, detail })
    }

    /// What clients experienced during the last `over`.
    pub(in crate::sim) fn read_clients(&self, over: Duration) -> ClientView {
        self.clients
            .view(self.now, over, [self.site(0), self.site(1)])
    }

    /// Whether observers find the path that clients take to a site open.
    pub(in crate::sim) fn read_reach(&self, column: Column) -> Reachability {
        Reachability {
            at: self.now.timestamp(),
            observers: OBSERVERS,
            reached: if self.regions[column].dark {
                0
            } else {
                OBSERVERS
            },
        }
    }

    /// The write lease.
    pub(in crate::sim) fn read_lease(&self) -> Read<LeaseState> {
        let lease = self.lease.as_ref().ok_or_else(none)?;
        Ok(LeaseState {
            holder: self.site(lease.holder).clone(),
            renewable: lease.renewable,
            expires_at: SimTime::of_second(lease.expires()).timestamp(),
        })
    }

    /// Where the write lease is kept.
    pub(in crate::sim) fn lease_place(&self) -> Column {
        self.lease.as_ref().map_or(0, |lease| lease.kept_at)
    }
}
