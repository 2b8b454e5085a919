//! What one component looks like on one site, as read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Duration, Finding, Position, Role, SiteId};

/// What a database is on a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseRole {
    /// Takes writes, unless fenced.
    Primary,
    /// Follows the database of `source`.
    Replica {
        /// The site that it follows.
        source: SiteId,
    },
    /// An old primary that was set aside and is kept as evidence.
    Retired,
    /// There is none.
    Absent,
}

/// Whether a database can be worked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseStatus {
    /// It answers.
    Available,
    /// A promotion is under way.
    Promoting,
    /// A replica is being built.
    Creating,
    /// A backup is running; promotion is refused (AWS, `PromoteReadReplica`).
    BackingUp,
    /// It restarts.
    Rebooting,
    /// It does not answer its own site.
    Unavailable,
}

/// A database on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseState {
    /// What it is.
    pub role: DatabaseRole,
    /// Whether it can be worked with.
    pub status: DatabaseStatus,
    /// Whether a client inside the site could write to it now.
    pub writable: bool,
    /// Whether a fence is in force.
    pub fenced: bool,
    /// How far its history reaches.
    pub position: Position,
    /// Of a replica: how it keeps up.
    pub replication: Option<Replication>,
    /// Of a primary: what it lacks of what the estate wants, one phrase each: `a standby in another zone`. It takes writes
    /// nevertheless.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
}

impl DatabaseState {
    /// A primary that clients can write to.
    pub fn is_writable_primary(&self) -> bool {
        self.role == DatabaseRole::Primary && self.writable
    }

    /// A replica of `source`.
    pub fn is_replica_of(&self, source: &SiteId) -> bool {
        matches!(&self.role, DatabaseRole::Replica { source: s } if s == source)
    }
}

/// How a replica keeps up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replication {
    /// How far behind its source it was at `measured_at`.
    pub lag: Duration,
    /// When the lag was measured. An old measurement is no measurement.
    pub measured_at: Timestamp,
    /// The source's position at `measured_at`, where it could be read.
    pub source_position: Option<Position>,
    /// When the newest transaction that it applied was committed at the source.
    pub last_applied_commit: Timestamp,
}

/// A fleet on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComputeState {
    /// Members wanted.
    pub desired: u32,
    /// Members that run.
    pub running: u32,
    /// Members that answer their health check.
    pub healthy: u32,
    /// Members that the quota and the subnets allow.
    pub limit: u32,
    /// Why there may be room for fewer: what bounds the fleet and could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unproven: Option<String>,
}

/// A front door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficState {
    /// The site that the authoritative answer points to.
    pub answers: SiteId,
    /// The site that the switch asks for; the answer follows when health checks have noticed. `None` while the switch cannot
    /// be read: what it asks for then is unknown, and it may be followed again when it can be.
    #[serde(default)]
    pub switched_to: Option<SiteId>,
    /// How long a resolver may keep an answer.
    pub ttl: Duration,
    /// What speaks against the way it is set up. Filled where an inventory is made; a reading of the answer alone leaves it
    /// empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concerns: Vec<Finding>,
}

/// A monitoring system on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitoringState {
    /// The site whose targets it scrapes or whose data it draws.
    pub watches: SiteId,
    /// Targets that answer.
    pub targets_up: u32,
    /// Targets in all.
    pub targets: u32,
    /// Why that site's alerts would reach nobody: no alert manager is known, or the dead man's check is silent. `None` where
    /// nothing speaks against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unheard: Option<String>,
}

/// A stack of infrastructure as code on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackState {
    /// The role that the site had when the stack was last applied.
    pub applied_role: Role,
    /// Who holds the state's lock, if anyone.
    pub locked_by: Option<String>,
    /// Grows with each apply.
    pub serial: u64,
    /// What a plan of the stack for the role that the site has now would change.
    pub pending: StackChanges,
}

/// What an apply would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackChanges {
    /// Resources to create.
    pub create: u32,
    /// Resources to change in place.
    pub change: u32,
    /// Resources to destroy.
    pub destroy: u32,
    /// A data store is among those destroyed or replaced: never to be applied.
    pub destroys_data: bool,
}

impl StackChanges {
    /// Whether a plan would be empty.
    pub fn is_empty(&self) -> bool {
        self.create == 0 && self.change == 0 && self.destroy == 0
    }
}

/// A Git server on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryState {
    /// Whether it runs.
    pub running: bool,
    /// Commits that it holds, counted along the main branch.
    pub commits: u64,
    /// Commits that the primary was last seen to have; 0 where it was never seen.
    pub last_seen_at_primary: u64,
    /// How its history relates to what the primary was last seen to have: equal counts prove nothing.
    #[serde(default)]
    pub lineage: Lineage,
}

impl RepositoryState {
    /// Whether it may lack something. Of one that is off nothing is known until it runs.
    pub fn is_in_question(&self) -> bool {
        match self.lineage {
            Lineage::Complete => false,
            Lineage::Unknown => self.running,
            Lineage::Behind | Lineage::Diverged => true,
        }
    }
}

/// How the history that a Git server holds relates to the newest commit that the primary was seen to have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lineage {
    /// It contains that commit.
    Complete,
    /// It is an earlier state of it: later commits are missing.
    Behind,
    /// It went another way: it lacks that commit, and has others.
    Diverged,
    /// Nothing that can be read tells.
    #[default]
    Unknown,
}

/// A network, a balancer or a bucket on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacilityState {
    /// Whether it is there and fit to serve.
    pub ready: bool,
    /// What was seen: `3 of 3 targets healthy`.
    pub detail: String,
}

/// What the clients experienced, as measured from outside both sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientView {
    /// When it was measured.
    pub at: Timestamp,
    /// Writes tried in the time looked back over.
    pub tried: u64,
    /// Of them, acknowledged.
    pub acknowledged: u64,
    /// The newest stretch of time that reaches into the time looked back over, whenever it began, in which less than half
    /// of the writes of each second were acknowledged.
    pub outage: Option<Outage>,
    /// The sites that acknowledged writes in the last minute.
    pub served_by: Vec<SiteId>,
}

/// A stretch of time in which clients were not served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// The first second in which writes failed.
    pub from: Timestamp,
    /// The first second in which they were acknowledged again; `None` while it lasts.
    pub until: Option<Timestamp>,
}

/// What independent observers see of a site from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reachability {
    /// When they looked.
    pub at: Timestamp,
    /// How many looked.
    pub observers: u32,
    /// How many found the path that clients take open.
    pub reached: u32,
}

/// The application's write lease, kept in the surviving site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseState {
    /// The site that may write.
    pub holder: SiteId,
    /// Whether renewals are still granted to the holder.
    pub renewable: bool,
    /// Until when the holder may write if it is not renewed.
    pub expires_at: Timestamp,
}
