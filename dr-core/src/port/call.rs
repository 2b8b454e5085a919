//! The calls that actions make, as data: for the static-stability lint, the dry run and the access policy.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{ComponentId, SiteId};

/// Which half of a service answers a call. Recovery prefers the data plane: it is built to survive what the control plane
/// does not (AWS Well-Architected, REL11-BP04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plane {
    /// Serves.
    Data,
    /// Administers.
    Control,
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Only reads.
    Read,
    /// Changes what is there.
    Change,
    /// Makes something new, so it needs quota and capacity.
    Create,
}

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// An endpoint in a site's region.
    Site(SiteId),
    /// A global endpoint that is answered everywhere: DNS, observers outside both sites.
    Global,
    /// The one region that administers a global service: us-east-1 for Route 53 records and IAM
    /// (AWS, "Fault isolation boundaries", global services).
    GlobalControl,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site(site) => site.fmt(f),
            Self::Global => f.pad("global"),
            Self::GlobalControl => f.pad("global-control"),
        }
    }
}

/// One call of a service's interface, wherever it goes: a row of a technology's call table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiCall {
    /// The service's prefix in access policies: `rds`.
    pub service: &'static str,
    /// The call: `PromoteReadReplica`.
    pub call: &'static str,
    /// Which half answers it.
    pub plane: Plane,
    /// What it does.
    pub effect: Effect,
    /// Whether it goes to the service's global control plane and not to the site's region.
    pub global_control: bool,
}

/// What a port's method is, so that a technology can say which calls it makes for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// `observe` of any port.
    Observe,
    /// `Database::fence` and `Compute::scale` to nothing.
    Fence,
    /// `Database::unfence`.
    Unfence,
    /// `Database::promote`.
    Promote,
    /// `Database::replicate_from`.
    Replicate,
    /// `Database::retire`.
    Retire,
    /// `Compute::scale`.
    Scale,
    /// What is read of how a component is set up and of the room that the account leaves it: `Traffic::inspect`, and the
    /// quotas behind the limit of a fleet. A step goes on without it.
    Inspect,
    /// `Traffic::shift` to the home standby.
    Shift,
    /// `Traffic::shift` to the home primary.
    ShiftHome,
    /// `Monitoring::repoint`.
    Repoint,
    /// `Infrastructure::apply`.
    Apply,
    /// `Infrastructure::adopt`.
    Adopt,
    /// `Repository::start`.
    Start,
    /// `Repository::stop`.
    Stop,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 15] = [
        Self::Observe,
        Self::Fence,
        Self::Unfence,
        Self::Promote,
        Self::Replicate,
        Self::Retire,
        Self::Scale,
        Self::Inspect,
        Self::Shift,
        Self::ShiftHome,
        Self::Repoint,
        Self::Apply,
        Self::Adopt,
        Self::Start,
        Self::Stop,
    ];
}

/// A call that an action may make: service, call, place, plane, effect, and whether the step can do without it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallSpec {
    /// The service's prefix in access policies: `rds`.
    pub service: Cow<'static, str>,
    /// The call: `PromoteReadReplica`.
    pub call: Cow<'static, str>,
    /// Where it goes.
    pub place: Place,
    /// Which half of the service answers it.
    pub plane: Plane,
    /// What it does.
    pub effect: Effect,
    /// Whether the step fails without it. Calls to a failed site are never required.
    pub required: bool,
    /// The component that it is about.
    pub component: Option<ComponentId>,
}
