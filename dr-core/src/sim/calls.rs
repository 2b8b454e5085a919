//! The calls that operators make in a simulated world: what a fault can strike.

use std::collections::BTreeSet;

use super::{executor, store, world};
use crate::adapter::technology;
use crate::model::{Duration, Estate};
use crate::port::{ApiCall, Operation};

/// The longest that one story may take, in virtual time.
pub const LONGEST: Duration = executor::BOUND;
/// How many resolvers stand before each front door.
pub const RESOLVERS: u32 = world::RESOLVERS;

/// Requests to what belongs to no component.
const LOOSE: [&[ApiCall]; 7] = [
    &[technology::CLIENTS],
    &[technology::REACH],
    &[technology::LEASE_READ],
    &[technology::LEASE_REVOKE],
    &[technology::LEASE_GRANT],
    &[technology::NOTIFY],
    &[technology::EXEC],
];

/// The calls that can be made about one estate. A fault that names another strikes nothing.
#[derive(Debug, Clone)]
pub struct Calls(BTreeSet<&'static ApiCall>);

impl Calls {
    /// Those that are made about `estate`: of its components, of observers, lease and people, and of the stores of its sites.
    pub fn of(estate: &Estate) -> Self {
        let components = estate.components.values();
        let of_components = components.flat_map(|component| {
            Operation::ALL.map(|operation| technology::calls_for(component, operation))
        });
        let requests = of_components.chain(LOOSE).chain(store::REQUESTS);
        Self(requests.flatten().collect())
    }

    /// Every call: `rds:PromoteReadReplica`.
    pub fn names(&self) -> BTreeSet<String> {
        self.0.iter().copied().map(name).collect()
    }

    /// Those that a site's region can deny.
    pub fn at_sites(&self) -> BTreeSet<String> {
        self.placed().map(name).collect()
    }

    /// The services that answer in a site's region.
    pub fn services_at_sites(&self) -> BTreeSet<&'static str> {
        self.placed().map(|call| call.service).collect()
    }

    fn placed(&self) -> impl Iterator<Item = &'static ApiCall> {
        let all = self.0.iter().copied();
        all.filter(|call| technology::is_at_site(call))
    }
}

fn name(call: &ApiCall) -> String {
    format!("{}:{}", call.service, call.call)
}
