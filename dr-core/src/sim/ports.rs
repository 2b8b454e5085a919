//! The ports of one operator into the world.

use std::sync::Arc;

use async_trait::async_trait;

use super::gate::{Gate, Request};
use super::simulation::{Shared, clock, lock};
use super::world::change::{Change, DatabaseChange, Refusal};
use super::{Column, world::World};
use crate::adapter::technology;
use crate::model::{
    ClientView, Component, ComputeState, DatabaseState, Duration, FacilityState, Kind, LeaseState,
    MonitoringState, Reachability, RepositoryState, Role, SiteId, StackState, TrafficState,
};
use crate::port::{
    ApiCall, CommandOutput, Commands, Compute, Database, Effect, ErrorClass, Facility,
    Infrastructure, Monitoring, Notifier, Observers, Operation, Permit, PortError, PortResult,
    Ports, Repository, Traffic, WriteLease,
};

/// Everything that one operator can reach.
pub(super) fn ports(shared: &Arc<Shared>, gate: &Gate) -> Ports {
    let outside = || Outside {
        shared: Arc::clone(shared),
        gate: gate.clone(),
    };
    let mut ports = Ports {
        clock: clock(shared),
        databases: [].into(),
        computes: [].into(),
        monitorings: [].into(),
        stacks: [].into(),
        repositories: [].into(),
        facilities: [].into(),
        traffics: [].into(),
        observers: Arc::new(outside()),
        write_lease: None,
        notifier: Arc::new(outside()),
        commands: Arc::new(outside()),
    };
    if shared.estate.write_lease.is_some() {
        ports.write_lease = Some(Arc::new(outside()));
    }
    for component in shared.estate.components.values() {
        for column in [0, 1] {
            wire(&mut ports, shared, gate, component, column);
        }
    }
    ports
}

/// Puts the port of a placement where its kind belongs.
fn wire(
    ports: &mut Ports,
    shared: &Arc<Shared>,
    gate: &Gate,
    component: &Component,
    column: Column,
) {
    let placement = (component.id.clone(), shared.estate.sites[column].id.clone());
    let placed = Arc::new(Placed {
        shared: Arc::clone(shared),
        gate: gate.clone(),
        component: component.clone(),
        column,
    });
    match component.kind() {
        Kind::Database => {
            ports.databases.insert(placement, placed);
        }
        Kind::Compute | Kind::Kubernetes => {
            ports.computes.insert(placement, placed);
        }
        Kind::Monitoring => {
            ports.monitorings.insert(placement, placed);
        }
        Kind::Infrastructure => {
            ports.stacks.insert(placement, placed);
        }
        Kind::Repository => {
            ports.repositories.insert(placement, placed);
        }
        Kind::Network | Kind::Balancer | Kind::ObjectStore => {
            ports.facilities.insert(placement, placed);
        }
        Kind::Traffic => {
            ports.traffics.insert(placement.0, placed);
        }
    }
}

/// A site of another estate was named.
fn unknown_site(site: &SiteId) -> PortError {
    PortError {
        class: ErrorClass::Invalid,
        operation: "name".to_owned(),
        place: site.to_string(),
        message: "the estate has no such site".to_owned(),
    }
}

/// A component where it stands. What it can be asked depends on its kind.
struct Placed {
    shared: Arc<Shared>,
    gate: Gate,
    component: Component,
    column: Column,
}

impl Placed {
    fn request(&self, operation: Operation) -> Request<'_> {
        self.request_at(operation, self.column)
    }

    fn request_at(&self, operation: Operation, column: Column) -> Request<'_> {
        Request {
            calls: technology::calls_for(&self.component, operation),
            column: Some(column),
            component: Some(&self.component.id),
        }
    }

    fn column_of(&self, site: &SiteId) -> PortResult<Column> {
        let column = lock(&self.shared.world).column(site);
        column.ok_or_else(|| unknown_site(site))
    }

    async fn read<T: Send>(
        &self,
        read: impl FnOnce(&World) -> Result<T, Refusal> + Send,
    ) -> PortResult<T> {
        self.gate
            .read(&self.request(Operation::Observe), read)
            .await
    }

    async fn change(
        &self,
        operation: Operation,
        change: Change,
        permit: &Permit,
    ) -> PortResult<()> {
        self.gate
            .change(&self.request(operation), permit, change)
            .await
    }

    async fn change_database(
        &self,
        operation: Operation,
        what: DatabaseChange,
        permit: &Permit,
    ) -> PortResult<()> {
        let change = Change::Database(self.component.id.clone(), self.column, what);
        self.change(operation, change, permit).await
    }
}

#[async_trait]
impl Database for Placed {
    async fn observe(&self) -> PortResult<DatabaseState> {
        self.read(|world| world.read_database(&self.component.id, self.column))
            .await
    }

    async fn fence(&self, permit: &Permit) -> PortResult<()> {
        self.change_database(Operation::Fence, DatabaseChange::Fence, permit)
            .await
    }

    async fn unfence(&self, permit: &Permit) -> PortResult<()> {
        self.change_database(Operation::Unfence, DatabaseChange::Unfence, permit)
            .await
    }

    async fn promote(&self, permit: &Permit) -> PortResult<()> {
        self.change_database(Operation::Promote, DatabaseChange::Promote, permit)
            .await
    }

    async fn replicate_from(&self, source: &SiteId, permit: &Permit) -> PortResult<()> {
        if self.column_of(source)? == self.column {
            return Err(PortError {
                class: ErrorClass::Invalid,
                operation: "replicate".to_owned(),
                place: format!("{}@{source}", self.component.id),
                message: "a database cannot follow itself".to_owned(),
            });
        }
        self.change_database(Operation::Replicate, DatabaseChange::Replicate, permit)
            .await
    }

    async fn retire(&self, permit: &Permit) -> PortResult<()> {
        self.change_database(Operation::Retire, DatabaseChange::Retire, permit)
            .await
    }
}

#[async_trait]
impl Compute for Placed {
    async fn observe(&self) -> PortResult<ComputeState> {
        self.read(|world| world.read_fleet(&self.component.id, self.column))
            .await
    }

    async fn scale(&self, count: u32, permit: &Permit) -> PortResult<()> {
        let operation = if count == 0 {
            Operation::Fence
        } else {
            Operation::Scale
        };
        let change = Change::Scale(self.component.id.clone(), self.column, count);
        self.change(operation, change, permit).await
    }
}

#[async_trait]
impl Traffic for Placed {
    async fn observe(&self) -> PortResult<TrafficState> {
        let column = lock(&self.shared.world).door_place(&self.component.id);
        self.gate
            .read(&self.request_at(Operation::Observe, column), |world| {
                world.read_door(&self.component.id)
            })
            .await
    }

    async fn shift(&self, site: &SiteId, permit: &Permit) -> PortResult<()> {
        let to = self.column_of(site)?;
        let change = Change::Shift(self.component.id.clone(), to);
        self.gate
            .change(&self.request_at(Operation::Shift, to), permit, change)
            .await
    }
}

#[async_trait]
impl Monitoring for Placed {
    async fn observe(&self) -> PortResult<MonitoringState> {
        self.read(|world| world.read_monitor(&self.component.id, self.column))
            .await
    }

    async fn repoint(&self, site: &SiteId, permit: &Permit) -> PortResult<()> {
        let to = self.column_of(site)?;
        let change = Change::Repoint(self.component.id.clone(), self.column, to);
        self.change(Operation::Repoint, change, permit).await
    }
}

#[async_trait]
impl Infrastructure for Placed {
    async fn observe(&self, role: Role) -> PortResult<StackState> {
        self.read(|world| world.read_stack(&self.component.id, self.column, role))
            .await
    }

    async fn apply(&self, role: Role, permit: &Permit) -> PortResult<()> {
        let change = Change::Apply(self.component.id.clone(), self.column, role);
        self.change(Operation::Apply, change, permit).await
    }

    async fn adopt(&self, role: Role, permit: &Permit) -> PortResult<()> {
        let change = Change::Adopt(self.component.id.clone(), self.column, role);
        self.change(Operation::Adopt, change, permit).await
    }
}

#[async_trait]
impl Repository for Placed {
    async fn observe(&self) -> PortResult<RepositoryState> {
        self.read(|world| world.read_server(&self.component.id, self.column))
            .await
    }

    async fn start(&self, permit: &Permit) -> PortResult<()> {
        let change = Change::Start(self.component.id.clone(), self.column);
        self.change(Operation::Start, change, permit).await
    }

    async fn stop(&self, permit: &Permit) -> PortResult<()> {
        let change = Change::Stop(self.component.id.clone(), self.column);
        self.change(Operation::Stop, change, permit).await
    }
}

#[async_trait]
impl Facility for Placed {
    async fn observe(&self) -> PortResult<FacilityState> {
        self.read(|world| world.read_facility(&self.component.id, self.column))
            .await
    }
}

/// What belongs to no placement.
struct Outside {
    shared: Arc<Shared>,
    gate: Gate,
}

const CLIENTS: &[ApiCall] = &[technology::CLIENTS];
const REACH: &[ApiCall] = &[technology::REACH];
const LEASE_READ: &[ApiCall] = &[technology::LEASE_READ];
const LEASE_REVOKE: &[ApiCall] = &[technology::LEASE_REVOKE];
const LEASE_GRANT: &[ApiCall] = &[technology::LEASE_GRANT];
const NOTIFY: &[ApiCall] = &[technology::NOTIFY];
const EXEC: &[ApiCall] = &[technology::EXEC];
const EXEC_READ: &[ApiCall] = &[ApiCall {
    effect: Effect::Read,
    ..technology::EXEC
}];

impl Outside {
    /// A request that goes to no site.
    fn anywhere(calls: &'static [ApiCall]) -> Request<'static> {
        Request {
            calls,
            column: None,
            component: None,
        }
    }

    /// A request that goes to where the write lease is kept.
    fn at_lease(&self, calls: &'static [ApiCall]) -> Request<'static> {
        Request {
            calls,
            column: Some(lock(&self.shared.world).lease_place()),
            component: None,
        }
    }

    fn column_of(&self, site: &SiteId) -> PortResult<Column> {
        let column = lock(&self.shared.world).column(site);
        column.ok_or_else(|| unknown_site(site))
    }
}

#[async_trait]
impl Observers for Outside {
    async fn clients(&self, over: Duration) -> PortResult<ClientView> {
        self.gate
            .read(&Self::anywhere(CLIENTS), |world| {
                Ok(world.read_clients(over))
            })
            .await
    }

    async fn reach(&self, site: &SiteId) -> PortResult<Reachability> {
        let column = self.column_of(site)?;
        self.gate
            .read(&Self::anywhere(REACH), |world| Ok(world.read_reach(column)))
            .await
    }
}

#[async_trait]
impl WriteLease for Outside {
    async fn observe(&self) -> PortResult<LeaseState> {
        self.gate
            .read(&self.at_lease(LEASE_READ), World::read_lease)
            .await
    }

    async fn revoke(&self, holder: &SiteId, permit: &Permit) -> PortResult<()> {
        let change = Change::RevokeLease(self.column_of(holder)?);
        self.gate
            .change(&self.at_lease(LEASE_REVOKE), permit, change)
            .await
    }

    async fn grant(&self, holder: &SiteId, permit: &Permit) -> PortResult<()> {
        let change = Change::GrantLease(self.column_of(holder)?);
        self.gate
            .change(&self.at_lease(LEASE_GRANT), permit, change)
            .await
    }
}

#[async_trait]
impl Notifier for Outside {
    async fn notify(&self, message: &str, permit: &Permit) -> PortResult<()> {
        let change = Change::Notify(message.to_owned());
        self.gate
            .change(&Self::anywhere(NOTIFY), permit, change)
            .await
    }
}

#[async_trait]
impl Commands for Outside {
    async fn run(
        &self,
        argv: &[String],
        _timeout: Duration,
        permit: Option<&Permit>,
    ) -> PortResult<CommandOutput> {
        let status = match permit {
            None => {
                let request = Self::anywhere(EXEC_READ);
                self.gate
                    .read(&request, |world| Ok(world.command_is_done(argv)))
                    .await
                    .map(|done| i32::from(!done))?
            }
            Some(permit) => {
                let change = Change::Command(argv.to_vec());
                self.gate
                    .change(&Self::anywhere(EXEC), permit, change)
                    .await?;
                0
            }
        };
        let tail = format!("simulated: {}", argv.join(" "));
        Ok(CommandOutput { status, tail })
    }
}
