//! What an instance is now, and how far its history reaches.
//!
//! # Positions
//!
//! A position is a commit time. That of a replica is the commit time of the newest transaction that it has replayed. That of a
//! fenced primary is the instant at which its fence was read back, and a margin: every commit of a client is older. So a
//! replica that has reached the position of its fenced source has replayed every write that a client was told was done.
//! It gets there although clients commit nothing any more, because RDS itself commits a heartbeat on the instance at least
//! every five minutes (RDS user guide, "USER_PostgreSQL.Replication.ReadReplicas", limitations: an idle source gives a lag of
//! up to five minutes), and its own sessions are local to the host: no fence ends them.
//!
//! The margin covers what could make an older commit look newer than the fence: clocks of the operator's machine and of the
//! database that differ, and commits whose times and places in the log are not in the same order, which is a matter of
//! the moment between the two in one backend.
//!
//! The position of a primary that is not fenced is now: nothing can have reached it. A log sequence number is no better here:
//! a fenced instance cannot be asked for it, and its log goes on growing with the heartbeats.

use jiff::Timestamp;

use super::RdsDatabase;
use super::instance::{Instance, PROMOTING};
use super::walls::Parts;
use crate::model::{
    DatabaseRole, DatabaseState, DatabaseStatus, Duration, Position, Replication, SiteId,
};
use crate::port::{ErrorClass, PortResult};

/// How much later than its fence a fenced primary's position is.
pub(super) const MARGIN: Duration = Duration::from_secs(10);

fn committed(committed: Timestamp) -> Position {
    Position::Committed { committed }
}

/// There is none.
pub(super) fn absent() -> DatabaseState {
    DatabaseState {
        role: DatabaseRole::Absent,
        status: DatabaseStatus::Unavailable,
        writable: false,
        fenced: false,
        position: committed(Timestamp::UNIX_EPOCH),
        replication: None,
        lacks: Vec::new(),
    }
}

/// A primary. `published` says whether the application is told its address.
pub(super) fn primary(
    instance: &Instance,
    parts: Parts,
    published: bool,
    now: Timestamp,
) -> DatabaseState {
    let status = instance.status();
    let fenced = parts.is_fence();
    let is_finished = published && !instance.tags.contains_key(PROMOTING);
    let status_word = if status.serves && !fenced && !is_finished {
        DatabaseStatus::Promoting
    } else {
        status.status
    };
    let position = match instance.fenced_at() {
        Some(at) if fenced => MARGIN.after(at),
        _ => now,
    };
    DatabaseState {
        role: DatabaseRole::Primary,
        status: status_word,
        writable: status.serves && !parts.any,
        fenced,
        position: committed(position),
        replication: None,
        lacks: Vec::new(),
    }
}

/// A replica of `source`.
pub(super) fn replica(
    instance: &Instance,
    source: SiteId,
    replication: Option<Replication>,
) -> DatabaseState {
    let status = instance.status().status;
    // Asked to become a primary, and not idle any more: it is on its way.
    let is_promoted = instance.tags.contains_key(PROMOTING)
        && !matches!(instance.word.as_str(), "available" | "backing-up");
    let replayed = replication
        .as_ref()
        .map_or(Timestamp::UNIX_EPOCH, |seen| seen.last_applied_commit);
    DatabaseState {
        role: DatabaseRole::Replica { source },
        status: if is_promoted {
            DatabaseStatus::Promoting
        } else {
            status
        },
        writable: false,
        fenced: false,
        position: committed(replayed),
        replication,
        lacks: Vec::new(),
    }
}

impl RdsDatabase {
    /// Reads the instance and what belongs to its role. RDS is asked first: an error of another service means that it answered
    /// ([`crate::adapter::technology::own_service`]).
    pub(super) async fn look(&self) -> PortResult<DatabaseState> {
        let Some(instance) = self.find(&self.binding.instance).await? else {
            return Ok(absent());
        };
        if instance.is_replica() {
            let source = self.follows(&instance)?;
            let replication = self.replication(&instance).await?;
            return Ok(replica(&instance, source, replication));
        }
        let parts = self.parts(&instance).await?;
        let mut lacks = Vec::new();
        let mut published = true;
        if !parts.any {
            lacks = self.lacks(&instance);
            if let Some(address) = &instance.address {
                published = match self.is_published(address).await {
                    Err(error) if self.publishes_by_name() => {
                        lacks.push(format!("a name that is known to lead to it: {error}"));
                        true
                    }
                    result => result?,
                };
            }
        }
        let now = self.here.clock.now();
        Ok(DatabaseState {
            lacks,
            ..primary(&instance, parts, published, now)
        })
    }

    async fn replication(&self, replica: &Instance) -> PortResult<Option<Replication>> {
        if let Some(asked) = self.asked_lag(replica).await {
            return Ok(Some(asked));
        }
        self.measured_lag(replica.created).await
    }

    /// The site whose instance a replica follows. A source in another region is named by its ARN (RDS API reference,
    /// `ReadReplicaSourceDBInstanceIdentifier`).
    ///
    /// # Errors
    /// [`ErrorClass::Invalid`] where it is in neither site's region.
    pub(super) fn follows(&self, replica: &Instance) -> PortResult<SiteId> {
        let source = replica.source.as_deref().unwrap_or_default();
        let own = self.here.site.region.as_str();
        let region = region(source).unwrap_or(own);
        if region == self.here.peer.region.as_str() {
            Ok(self.here.peer.id.clone())
        } else if region == own {
            Ok(self.here.site.id.clone())
        } else {
            Err(self.here.error(
                ErrorClass::Invalid,
                "rds:DescribeDBInstances",
                format!("{} follows {source}, which is on neither site", replica.id),
            ))
        }
    }
}

/// The region of an ARN; `None` of a plain identifier.
fn region(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(2)
}
