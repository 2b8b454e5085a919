//! The capabilities: one trait a kind of thing that can be done.

use async_trait::async_trait;

use super::{Permit, PortResult};
use crate::model::{
    ClientView, ComputeState, DatabaseState, Duration, FacilityState, Finding, LeaseState,
    MonitoringState, Reachability, RepositoryState, Role, SiteId, StackState, TrafficState,
};

/// One site's database.
#[async_trait]
pub trait Database: Send + Sync {
    /// What it is now.
    async fn observe(&self) -> PortResult<DatabaseState>;

    /// Whether its address could be written where the application reads it, as far as a reading tells. A promotion writes it when
    /// there is no way back any more. A technology whose clients find it by themselves has nothing to say.
    ///
    /// # Errors
    /// What keeps the address from being written, or from being read there.
    async fn check_endpoint(&self) -> PortResult<()> {
        Ok(())
    }

    /// Makes it refuse writes, and ends the sessions that could still write.
    async fn fence(&self, permit: &Permit) -> PortResult<()>;

    /// Lifts a fence.
    async fn unfence(&self, permit: &Permit) -> PortResult<()>;

    /// Begins to make a replica the primary. Takes minutes; [`super::ErrorClass::Conflict`] while a backup runs. Asked again
    /// of a primary that is still [`crate::model::DatabaseStatus::Promoting`], it finishes what could not be done before.
    async fn promote(&self, permit: &Permit) -> PortResult<()>;

    /// Begins to build a replica of the database on `source` here. What stands here is first set aside, never destroyed.
    /// Refused with [`super::ErrorClass::Conflict`] while a writable primary stands here, and while what stands here is still
    /// being set aside: it is asked again then.
    async fn replicate_from(&self, source: &SiteId, permit: &Permit) -> PortResult<()>;

    /// Sets an old primary aside: fenced, renamed, kept as evidence.
    async fn retire(&self, permit: &Permit) -> PortResult<()>;
}

/// One site's fleet of servers or cluster nodes.
#[async_trait]
pub trait Compute: Send + Sync {
    /// What it is now.
    async fn observe(&self) -> PortResult<ComputeState>;

    /// Sets the number of members wanted. Members take time to start and to become healthy.
    /// [`super::ErrorClass::Conflict`] above the limit.
    async fn scale(&self, count: u32, permit: &Permit) -> PortResult<()>;
}

/// A front door: one for both sites.
#[async_trait]
pub trait Traffic: Send + Sync {
    /// What it answers now.
    async fn observe(&self) -> PortResult<TrafficState>;

    /// What speaks against the way it is set up, whatever it answers now. What could not be read is a finding, too.
    ///
    /// Asked before a run, never in it: it may need control planes that a recovery does not. A door whose set-up cannot be
    /// wrong has nothing to say.
    async fn inspect(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// Asks for clients to be sent to `site`. Health checks and resolvers follow in their own time.
    async fn shift(&self, site: &SiteId, permit: &Permit) -> PortResult<()>;
}

/// One site's monitoring system.
#[async_trait]
pub trait Monitoring: Send + Sync {
    /// What it watches now. [`super::ErrorClass::Conflict`] while that is neither site, or both: it can be repointed then.
    async fn observe(&self) -> PortResult<MonitoringState>;

    /// Makes it watch `site`, and sends that site's alerts to people.
    async fn repoint(&self, site: &SiteId, permit: &Permit) -> PortResult<()>;
}

/// One site's stack of infrastructure as code.
#[async_trait]
pub trait Infrastructure: Send + Sync {
    /// What was applied, and what a plan would change if the site had `role` now.
    async fn observe(&self, role: Role) -> PortResult<StackState>;

    /// Applies the stack for `role`: the capacity of a primary or of a standby. Refused with
    /// [`super::ErrorClass::Conflict`] when it would destroy data or the state is locked.
    async fn apply(&self, role: Role, permit: &Permit) -> PortResult<()>;

    /// Makes the stack's state describe what there is (import, remove, move), so that its plan for `role` is empty.
    async fn adopt(&self, role: Role, permit: &Permit) -> PortResult<()>;
}

/// One site's Git server.
#[async_trait]
pub trait Repository: Send + Sync {
    /// What it holds now.
    async fn observe(&self) -> PortResult<RepositoryState>;

    /// The same of the server that is the primary's now. What it holds is the history that a mirror must hold, whatever was known
    /// before: a forced push may have replaced that.
    async fn witness(&self) -> PortResult<RepositoryState>;

    /// Turns it on.
    async fn start(&self, permit: &Permit) -> PortResult<()>;

    /// Turns it off.
    async fn stop(&self, permit: &Permit) -> PortResult<()>;
}

/// A network, a balancer or a bucket: read, never changed by a runbook.
#[async_trait]
pub trait Facility: Send + Sync {
    /// What it is now.
    async fn observe(&self) -> PortResult<FacilityState>;
}

/// What is seen from outside both sites.
#[async_trait]
pub trait Observers: Send + Sync {
    /// What clients experienced during the last `over`.
    async fn clients(&self, over: Duration) -> PortResult<ClientView>;

    /// Whether independent observers find the path that clients take to `site` open.
    async fn reach(&self, site: &SiteId) -> PortResult<Reachability>;
}

/// The application's write lease: a primary renews it in the surviving site and stops writing when it cannot.
#[async_trait]
pub trait WriteLease: Send + Sync {
    /// Who holds it and until when.
    async fn observe(&self) -> PortResult<LeaseState>;

    /// Grants no more renewals to `holder`; it runs out by itself.
    async fn revoke(&self, holder: &SiteId, permit: &Permit) -> PortResult<()>;

    /// Gives it to `holder`. Refused with [`super::ErrorClass::Conflict`] while another's has not run out.
    async fn grant(&self, holder: &SiteId, permit: &Permit) -> PortResult<()>;
}

/// Tells people.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Sends a message; losing it stops nothing.
    async fn notify(&self, message: &str, permit: &Permit) -> PortResult<()>;
}

/// Runs the estate's own commands: a program and its arguments, no shell.
#[async_trait]
pub trait Commands: Send + Sync {
    /// Runs to its end; the exit status and the last lines of its output.
    async fn run(
        &self,
        argv: &[String],
        timeout: Duration,
        permit: Option<&Permit>,
    ) -> PortResult<CommandOutput>;
}

/// What a command left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutput {
    /// Exit status; 0 is success.
    pub status: i32,
    /// The last lines of its output, at most 4 KiB.
    pub tail: String,
}
