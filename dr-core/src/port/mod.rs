//! What a technology must be able to do, as traits in plain domain types.
//!
//! - A method without a [`Permit`] only reads. A method with one changes the world, is idempotent, and returns when
//!   the change was *accepted*; whether it has taken effect is read afterwards.
//! - An error says its [`ErrorClass`]; [`ErrorClass::Indeterminate`] means that the change may or may not have
//!   happened, and only a read tells.
//! - Every call is bounded in time by its adapter.

mod call;
mod capability;
mod clock;
mod error;
mod log;
mod narrator;
mod object_store;
mod people;
mod permit;
pub mod retry;
mod scan;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use call::{ApiCall, CallSpec, Effect, Operation, Place, Plane};
pub use capability::{
    CommandOutput, Commands, Compute, Database, Facility, Infrastructure, Monitoring, Notifier,
    Observers, Repository, Traffic, WriteLease,
};
pub use clock::Clock;
pub(crate) use error::NOT_AUTHORIZED;
pub use error::{ErrorClass, PortError, PortResult};
pub use log::LogStore;
pub use narrator::{Narrator, Silent};
pub use object_store::{Etag, ObjectStore, PutError, StoredObject};
pub use people::{Answer, Decision, People, Question};
pub use permit::{LeaseDeadline, Permit};
pub use scan::{DatabaseDemand, Demand, Reading, ScanPart, ScanProgress, ScanWatch, Scanner};

use crate::model::{ComponentId, SiteId};

/// Where a component stands: a row and a column of the grid.
pub type Placement = (ComponentId, SiteId);

/// Everything that actions can reach, found by the place of the component in the grid.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Databases.
    pub databases: BTreeMap<Placement, Arc<dyn Database>>,
    /// Fleets and clusters.
    pub computes: BTreeMap<Placement, Arc<dyn Compute>>,
    /// Monitoring systems.
    pub monitorings: BTreeMap<Placement, Arc<dyn Monitoring>>,
    /// Stacks.
    pub stacks: BTreeMap<Placement, Arc<dyn Infrastructure>>,
    /// Git servers.
    pub repositories: BTreeMap<Placement, Arc<dyn Repository>>,
    /// Networks, balancers and buckets.
    pub facilities: BTreeMap<Placement, Arc<dyn Facility>>,
    /// Front doors: one handle for both sites.
    pub traffics: BTreeMap<ComponentId, Arc<dyn Traffic>>,
    /// What is seen from outside both sites.
    pub observers: Arc<dyn Observers>,
    /// The application's write lease, where the estate has one.
    pub write_lease: Option<Arc<dyn WriteLease>>,
    /// Tells people.
    pub notifier: Arc<dyn Notifier>,
    /// Runs the estate's own commands.
    pub commands: Arc<dyn Commands>,
}

macro_rules! lookup {
    ($(#[$doc:meta])* $name:ident, $map:ident, $trait:ident) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// [`ErrorClass::Invalid`] when nothing is wired there.
        pub fn $name(&self, component: &ComponentId, site: &SiteId) -> PortResult<&dyn $trait> {
            self.$map
                .get(&(component.clone(), site.clone()))
                .map(AsRef::as_ref)
                .ok_or_else(|| PortError::unwired(component, site))
        }
    };
}

impl Ports {
    lookup!(
        /// The database of a placement.
        database, databases, Database
    );
    lookup!(
        /// The fleet or cluster of a placement.
        compute, computes, Compute
    );
    lookup!(
        /// The monitoring system of a placement.
        monitoring, monitorings, Monitoring
    );
    lookup!(
        /// The stack of a placement.
        stack, stacks, Infrastructure
    );
    lookup!(
        /// The Git server of a placement.
        repository, repositories, Repository
    );
    lookup!(
        /// The network, balancer or bucket of a placement.
        facility, facilities, Facility
    );

    /// The front door of that name.
    ///
    /// # Errors
    /// [`ErrorClass::Invalid`] when nothing is wired there.
    pub fn traffic(&self, component: &ComponentId) -> PortResult<&dyn Traffic> {
        self.traffics
            .get(component)
            .map(AsRef::as_ref)
            .ok_or_else(|| PortError {
                class: ErrorClass::Invalid,
                operation: "wire".to_owned(),
                place: component.to_string(),
                message: "no adapter is wired for it".to_owned(),
            })
    }
}
