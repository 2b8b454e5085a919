//! What was observed of a site, and what could not be.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ComponentId, ComputeState, DatabaseState, FacilityState, MonitoringState, RepositoryState,
    SiteId, StackState, TrafficState,
};

/// What was observed of one component on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observed {
    /// Of a database.
    Database(DatabaseState),
    /// Of a fleet or a cluster's nodes.
    Compute(ComputeState),
    /// Of a front door; the same seen from either site.
    Traffic(TrafficState),
    /// Of a monitoring system.
    Monitoring(MonitoringState),
    /// Of a stack.
    Stack(StackState),
    /// Of a Git server.
    Repository(RepositoryState),
    /// Of a network, a balancer or a bucket.
    Facility(FacilityState),
}

/// What could not be observed, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Why, in one sentence.
    pub reason: String,
}

/// What was observed of one site. A component is in `observed` or in `gaps`, never in both, never in neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The site.
    pub site: SiteId,
    /// When the reading was finished. Reality may differ since.
    pub at: Timestamp,
    /// What was read.
    pub observed: BTreeMap<ComponentId, Observed>,
    /// What could not be read.
    pub gaps: BTreeMap<ComponentId, Gap>,
}

/// Both columns of the grid as observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstateInventory {
    /// One inventory a site.
    pub sites: BTreeMap<SiteId, Inventory>,
}

impl EstateInventory {
    /// What was observed of a component on a site; `None` where there is a gap.
    pub fn observed(&self, component: &ComponentId, site: &SiteId) -> Option<&Observed> {
        self.sites.get(site)?.observed.get(component)
    }

    /// Every gap, with its place.
    pub fn gaps(&self) -> impl Iterator<Item = (&SiteId, &ComponentId, &Gap)> {
        self.sites.iter().flat_map(|(site, inventory)| {
            inventory
                .gaps
                .iter()
                .map(move |(component, gap)| (site, component, gap))
        })
    }
}
