//! Reads of the world, repeated with the patience that fits the site.

use crate::model::{
    ComponentId, ComputeState, DatabaseState, FacilityState, Mode, MonitoringState,
    RepositoryState, Role, SiteId, StackState, TrafficState,
};
use crate::port::retry::{self, Patience};
use crate::port::{Clock, ErrorClass, PortError, PortResult};

use super::Context;

impl Context<'_> {
    /// Time.
    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.ports.clock
    }

    /// How long an answer of `site` is waited for: briefly where the site may be gone.
    pub(super) fn patience(&self, site: &SiteId) -> Patience {
        if self.mode == Mode::Unplanned && site == self.from() {
            Patience::BRIEF
        } else {
            Patience::STEADY
        }
    }

    /// Whether the step works without an answer of `site`.
    pub(super) fn may_be_gone(&self, site: &SiteId) -> bool {
        self.mode == Mode::Unplanned && site == self.from()
    }

    pub(super) async fn database(
        &self,
        id: &ComponentId,
        site: &SiteId,
    ) -> PortResult<DatabaseState> {
        let port = self.ports.database(id, site)?;
        retry::read(self.clock(), self.patience(site), || port.observe()).await
    }

    /// Whether the database's address could be written where the application reads it.
    pub(super) async fn endpoint(&self, id: &ComponentId, site: &SiteId) -> PortResult<()> {
        let port = self.ports.database(id, site)?;
        let patience = self.patience(site);
        retry::read(self.clock(), patience, || port.check_endpoint()).await
    }

    pub(super) async fn compute(
        &self,
        id: &ComponentId,
        site: &SiteId,
    ) -> PortResult<ComputeState> {
        let port = self.ports.compute(id, site)?;
        retry::read(self.clock(), self.patience(site), || port.observe()).await
    }

    pub(super) async fn monitoring(
        &self,
        id: &ComponentId,
        site: &SiteId,
    ) -> PortResult<MonitoringState> {
        let port = self.ports.monitoring(id, site)?;
        retry::read(self.clock(), self.patience(site), || port.observe()).await
    }

    pub(super) async fn stack(
        &self,
        id: &ComponentId,
        site: &SiteId,
        role: Role,
    ) -> PortResult<StackState> {
        let port = self.ports.stack(id, site)?;
        retry::read(self.clock(), self.patience(site), || port.observe(role)).await
    }

    pub(super) async fn repository(
        &self,
        id: &ComponentId,
        site: &SiteId,
    ) -> PortResult<RepositoryState> {
        let port = self.ports.repository(id, site)?;
        retry::read(self.clock(), self.patience(site), || port.observe()).await
    }

    /// The mirror that takes over. One that is not known to be whole is compared with what the primary's server holds now, where that
    /// answers: its history may have been rewritten since it was last seen.
    pub(super) async fn mirror(&self, id: &ComponentId) -> PortResult<RepositoryState> {
        let state = self.repository(id, self.to()).await?;
        if !state.is_in_question() {
            return Ok(state);
        }
        let primary = self.ports.repository(id, self.from())?;
        let patience = self.patience(self.from());
        match retry::read(self.clock(), patience, || primary.witness()).await {
            Ok(_) => self.repository(id, self.to()).await,
            // What was known of it before still counts.
            Err(_) => Ok(state),
        }
    }

    pub(super) async fn facility(
        &self,
        id: &ComponentId,
        site: &SiteId,
    ) -> PortResult<FacilityState> {
        let port = self.ports.facility(id, site)?;
        retry::read(self.clock(), self.patience(site), || port.observe()).await
    }

    pub(super) async fn traffic(&self, id: &ComponentId) -> PortResult<TrafficState> {
        let port = self.ports.traffic(id)?;
        retry::read(self.clock(), Patience::STEADY, || port.observe()).await
    }
}

/// Whether an error means that the site cannot be worked with now, rather than that the call was wrong.
pub(super) fn is_unreachable(error: &PortError) -> bool {
    match error.class {
        ErrorClass::Throttled
        | ErrorClass::Transient
        | ErrorClass::Denied
        | ErrorClass::Indeterminate => true,
        ErrorClass::NotFound | ErrorClass::Conflict | ErrorClass::Invalid => false,
    }
}
