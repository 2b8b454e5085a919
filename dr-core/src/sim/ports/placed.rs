//! The ports of what stands on a site.

use std::sync::Arc;

use async_trait::async_trait;

use super::unknown_site;
use crate::adapter::technology;
use crate::model::{
    Component, ComputeState, DatabaseState, FacilityState, MonitoringState, RepositoryState, Role,
    Settings, SiteId, StackState, TrafficMethod, TrafficState,
};
use crate::port::{
    Compute, Database, ErrorClass, Facility, Infrastructure, Monitoring, Operation, Permit,
    PortError, PortResult, Repository, Traffic,
};
use crate::sim::Column;
use crate::sim::gate::Gate;
use crate::sim::request::Request;
use crate::sim::simulation::{Shared, lock};
use crate::sim::world::World;
use crate::sim::world::change::{Change, DatabaseChange, Refusal};

/// Where the object lies that switches a front door: always with the home standby.
const SWITCH: Column = 1;

/// A component where it stands. What it can be asked depends on its kind.
pub(super) struct Placed {
    pub(super) shared: Arc<Shared>,
    pub(super) gate: Gate,
    pub(super) component: Component,
    pub(super) column: Column,
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

    /// Whether it is a front door that an object switches.
    fn has_switch(&self) -> bool {
        matches!(
            &self.component.settings,
            Settings::Traffic(traffic) if traffic.method == TrafficMethod::HealthSwitch
        )
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
        let mut request = self.request_at(Operation::Observe, SWITCH);
        let open = request.is_reached(&lock(&self.shared.world));
        let is_unread = !open && self.has_switch();
        if is_unread {
            let names = request.calls.iter().take_while(|c| c.service == "dns");
            request.calls = &request.calls[..names.count()];
        }
        self.gate
            .read(&request, |world| {
                let state = world.read_door(&self.component.id)?;
                Ok(TrafficState {
                    switched_to: state.switched_to.filter(|_| !is_unread),
                    ..state
                })
            })
            .await
    }

    async fn shift(&self, site: &SiteId, permit: &Permit) -> PortResult<()> {
        let to = self.column_of(site)?;
        let change = Change::Shift(self.component.id.clone(), to);
        let operation = if to == SWITCH {
            Operation::Shift
        } else {
            Operation::ShiftHome
        };
        self.gate
            .change(&self.request_at(operation, SWITCH), permit, change)
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

    async fn witness(&self) -> PortResult<RepositoryState> {
        Repository::observe(self).await
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
