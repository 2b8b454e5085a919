//! Pure nouns. No I/O, no clock, no randomness: values that compare, print and serialise.

mod binding;
mod bound;
mod component;
mod cron;
mod disaster;
mod endpoint;
mod epoch;
mod estate;
mod evidence;
mod exception;
mod finding;
mod id;
mod inventory;
mod objective;
mod pending;
mod quantity;
mod rds_status;
mod rehearsal;
mod resource;
mod rule;
mod scan;
mod site;
mod state;
mod steady_state;
mod verb;
mod watch;

pub use binding::{
    Access, AlbBinding, AutoscalingBinding, Binding, Bindings, CommandBinding, EksBinding,
    GameDays, GitBinding, GithubActionsBinding, GrafanaBinding, InvalidSecretRef,
    PrometheusBinding, RdsBinding, Route53Binding, SecretRef, TerraformBinding, VpcBinding,
};
pub use bound::BoundResource;
pub use component::{
    Balancer, Capacity, Component, Compute, Database, Infrastructure, Kind, Monitoring, Network,
    ObjectStorage, Repository, Settings, Technology, Traffic, TrafficMethod,
};
pub use cron::{CronLine, InvalidCronLine};
pub use disaster::{Mishap, Spread};
pub use endpoint::Endpoint;
pub use epoch::Epoch;
pub use estate::{BackupPolicy, Estate};
pub use evidence::{DeniedCall, FenceEvidence, FenceLevel, LossStatement, Position, Waiver};
pub use exception::{Day, Exception, InvalidDay, are_two_people};
pub use finding::{Finding, Severity, Subject};
pub use id::{ComponentId, EstateName, InvalidName, RunId, SiteId, StepId};
pub use inventory::{EstateInventory, Gap, Inventory, Observed};
pub use objective::{Objectives, TTL_PART_OF_RTO};
pub use pending::{PendingFence, Unread};
pub use quantity::{Duration, InvalidQuantity, Percent, Region, Size};
pub use rds_status::RdsStatus;
pub(crate) use rehearsal::Detail as HappeningDetail;
pub use rehearsal::{Ending, Expectation, Happening, Reply, Steadiness, Stir};
pub use resource::{
    ALIAS_OF_AWS, COMPONENT_TAG, ESTATE_TAG, FENCED_TAG, NODE_GROUP_TAG, Resource, ResourceKind,
    UnknownKind,
};
pub use rule::{Family, RuleDoc};
pub use scan::{EstateScan, GapClass, ScanGap, SiteScan};
pub use site::{Direction, Platform, Role, Site};
pub use state::{
    ClientView, ComputeState, DatabaseRole, DatabaseState, DatabaseStatus, FacilityState,
    LeaseState, Lineage, MonitoringState, Outage, Reachability, Replication, RepositoryState,
    StackChanges, StackState, TrafficState,
};
pub use steady_state::{Probe, ProbeKind};
pub use verb::{Check, Exec, FenceTarget, Mode, OnDoubt, Only, Verb};
pub use watch::{
    Email, Fences, MailTls, Mailbox, Receiver, SlackAddress, Watch, WebAddress, is_this_machine,
};
