//! The ports of what belongs to no site.

use std::sync::Arc;

use async_trait::async_trait;

use super::unknown_site;
use crate::adapter::technology;
use crate::model::{ClientView, Duration, LeaseState, Reachability, SiteId};
use crate::port::{
    ApiCall, CommandOutput, Commands, Effect, Notifier, Observers, Permit, PortResult, WriteLease,
};
use crate::sim::Column;
use crate::sim::gate::Gate;
use crate::sim::request::Request;
use crate::sim::simulation::{Shared, lock};
use crate::sim::world::World;
use crate::sim::world::change::Change;

/// What belongs to no placement.
pub(super) struct Outside {
    pub(super) shared: Arc<Shared>,
    pub(super) gate: Gate,
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
