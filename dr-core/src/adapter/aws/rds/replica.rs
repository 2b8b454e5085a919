//! Sets an old primary aside, and builds a replica of the new one in its place.
//!
//! An old primary is never destroyed: it may hold writes that had not been replicated. It is fenced, tagged with an expiry,
//! and renamed, which frees its name for the replica. RDS restarts an instance that is renamed at once
//! (`ModifyDBInstance`, `NewDBInstanceIdentifier`), so no session of before lives on, and the quarantine group lets no new
//! one in. That is why the deny rule of the network ACL, which would keep the new replica's clients out too, may go then.
//! The new name takes effect in about ten minutes (RDS user guide, "USER_RenameInstance").

use std::collections::BTreeMap;

use aws_sdk_rds::types::Tag;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::RdsDatabase;
use super::instance::{
    BEFORE_FENCE, EQUIPPING, EXPIRES, FENCED, FENCING, Instance, PROMOTING, RETIRED, instant, tag,
};
use crate::model::{COMPONENT_TAG, Duration, ESTATE_TAG, SiteId};
use crate::port::{ErrorClass, Permit, PortError, PortResult};

/// How long an old primary is kept as evidence before it expires. Nothing deletes it then: `dr status` says so.
const KEPT: Duration = Duration::from_mins(14 * 24 * 60);

/// Longest identifier of an instance (RDS API reference, `DBInstanceIdentifier`).
const LONGEST: usize = 63;

/// Tags that are of one instance's own story.
const OWN: [&str; 7] = [
    FENCING,
    FENCED,
    BEFORE_FENCE,
    PROMOTING,
    EQUIPPING,
    RETIRED,
    EXPIRES,
];

/// An old primary that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredDatabase {
    /// The instance's identifier.
    pub id: String,
    /// When it was set aside.
    pub since: Timestamp,
    /// From when on it is no longer needed, where that was written down.
    pub expires: Option<Timestamp>,
}

/// The beginning of the names of `instance`'s old primaries.
fn prefix(instance: &str) -> String {
    const MARK: &str = "-retired-";
    const MINUTE: usize = 12;
    let room = LONGEST - MARK.len() - MINUTE;
    let stem: String = instance.to_ascii_lowercase().chars().take(room).collect();
    format!("{}{MARK}", stem.trim_end_matches('-'))
}

/// The name that `instance` gets when it is set aside at `at`: `<instance>-retired-<yyyymmddhhmm>`.
pub(super) fn retired_name(instance: &str, at: Timestamp) -> String {
    let minute = at
        .to_zoned(TimeZone::UTC)
        .strftime("%Y%m%d%H%M")
        .to_string();
    format!("{}{minute}", prefix(instance))
}

/// The ARN of an instance of `region`, by any ARN of the same account: replicas do not cross accounts.
pub(super) fn instance_arn(of_account: &str, region: &str, instance: &str) -> Option<String> {
    let mut parts = of_account.split(':');
    let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let _region = parts.next()?;
    let account = parts.next().filter(|account| !account.is_empty())?;
    (arn == "arn" && service == "rds")
        .then(|| format!("arn:{partition}:rds:{region}:{account}:db:{instance}"))
}

impl RdsDatabase {
    /// The old primaries that were set aside here, oldest first.
    ///
    /// # Errors
    /// What kept them from being listed.
    pub async fn retired(&self) -> PortResult<Vec<RetiredDatabase>> {
        let mut found: Vec<_> = self
            .set_aside()
            .await?
            .into_iter()
            .filter_map(|instance| {
                Some(RetiredDatabase {
                    since: instance.retired_at()?,
                    expires: instance.tags.get(EXPIRES).and_then(|at| instant(at)),
                    id: instance.id,
                })
            })
            .collect();
        found.sort_by_key(|retired| retired.since);
        Ok(found)
    }

    async fn set_aside(&self) -> PortResult<Vec<Instance>> {
        let prefix = prefix(&self.binding.instance);
        let mut found = self.list().await?;
        found.retain(|instance| {
            instance.id.starts_with(&prefix) && instance.tags.contains_key(RETIRED)
        });
        Ok(found)
    }

    /// Fences and renames the old primary.
    pub(super) async fn put_aside(&self, permit: &Permit) -> PortResult<()> {
        let operation = "rds:ModifyDBInstance";
        let Some(instance) = self.find(&self.binding.instance).await? else {
            return if self.set_aside().await?.is_empty() {
                Err(self.absent(operation))
            } else {
                Ok(())
            };
        };
        if instance.is_replica() {
            return Err(self.conflict(operation, format!("{} is a replica", instance.id)));
        }
        if instance.word == "renaming" {
            return Ok(());
        }
        self.impose(permit).await?;
        let instance = self.standing(operation).await?;
        if !self.parts(&instance).await?.is_fence() {
            return Err(self.conflict(
                operation,
                format!("the fence of {} is not in force yet", instance.id),
            ));
        }
        self.rename(&instance, permit).await
    }

    /// Tags a fenced instance as set aside, and renames it. Its new name comes from its tag, so that every attempt asks for
    /// the same one.
    async fn rename(&self, instance: &Instance, permit: &Permit) -> PortResult<()> {
        let at = match instance.retired_at() {
            Some(at) => at,
            None => {
                let at = self.here.clock.now();
                let mut tags = self.own_tags();
                tags.insert(RETIRED, format!("{at} {}", permit.run));
                tags.insert(EXPIRES, KEPT.after(at).to_string());
                self.tag(instance, &tags, permit).await?;
                at
            }
        };
        let name = retired_name(&self.binding.instance, at);
        self.aws
            .change("rds:ModifyDBInstance", permit, || {
                self.rds
                    .modify_db_instance()
                    .db_instance_identifier(&instance.id)
                    .new_db_instance_identifier(&name)
                    .apply_immediately(true)
                    .send()
            })
            .await?;
        Ok(())
    }

    /// Builds the replica, one step a call: first what stands here is set aside, which takes minutes.
    ///
    /// # Errors
    /// [`ErrorClass::Conflict`] while it is to be called again, and while a writable primary stands here.
    pub(super) async fn follow(&self, source: &SiteId, permit: &Permit) -> PortResult<()> {
        let operation = "rds:CreateDBInstanceReadReplica";
        let peer = self.peer.as_ref().filter(|_| *source == self.here.peer.id);
        let Some(peer) = peer else {
            return Err(self.here.error(
                ErrorClass::Invalid,
                operation,
                format!("{source} has no database that could be followed"),
            ));
        };
        if let Some(instance) = self.find(&self.binding.instance).await? {
            return self.clear(&instance, permit).await;
        }
        let old = self.set_aside().await?;
        if let Some(busy) = old.iter().find(|old| !old.status().serves) {
            return Err(self.conflict(
                operation,
                format!("{} is {}: ask again when it is over", busy.id, busy.word),
            ));
        }
        // Of another database's fence the rule stays: nobody needs the replica before that is lifted.
        let _fenced_neighbour = self.allow(permit).await?;
        let newest = old.into_iter().max_by_key(Instance::retired_at);
        let tags = newest.map(|old| old.tags).unwrap_or_default();
        self.create(&peer.instance, tags, permit).await
    }

    /// Frees the name, unless a replica of the peer stands here already.
    async fn clear(&self, instance: &Instance, permit: &Permit) -> PortResult<()> {
        let operation = "rds:CreateDBInstanceReadReplica";
        if instance.is_replica() {
            return if self.follows(instance)? == self.here.peer.id {
                Ok(())
            } else {
                Err(self.conflict(operation, format!("{} follows another", instance.id)))
            };
        }
        if instance.word == "renaming" {
            return Err(self.conflict(operation, format!("{} is being renamed", instance.id)));
        }
        if !self.parts(instance).await?.is_fence() {
            return Err(self.conflict(
                operation,
                format!("{} is a primary and not fenced", instance.id),
            ));
        }
        self.rename(instance, permit).await?;
        Err(self.conflict(
            operation,
            format!(
                "{} was asked to be renamed: ask again when it is over",
                instance.id
            ),
        ))
    }

    async fn create(
        &self,
        peer: &str,
        old_tags: BTreeMap<String, String>,
        permit: &Permit,
    ) -> PortResult<()> {
        let operation = "rds:CreateDBInstanceReadReplica";
        let groups = self
            .aws
            .read("rds:DescribeDBSubnetGroups", || {
                self.rds
                    .describe_db_subnet_groups()
                    .db_subnet_group_name(&self.binding.subnet_group)
                    .send()
            })
            .await?;
        let source = groups
            .db_subnet_groups()
            .first()
            .and_then(|group| group.db_subnet_group_arn())
            .and_then(|arn| instance_arn(arn, self.here.peer.region.as_str(), peer))
            .ok_or_else(|| {
                self.here.error(
                    ErrorClass::Invalid,
                    operation,
                    format!("{} has no ARN", self.binding.subnet_group),
                )
            })?;
        let tags = self.tags_of_replica(old_tags);
        // Not with its parameter group: PostgreSQL takes none for a replica in another region (RDS API reference,
        // CreateDBInstanceReadReplica, `DBParameterGroupName`). `converge` sets it, and the restart of a promotion applies it.
        self.aws
            .change(operation, permit, || {
                self.rds
                    .create_db_instance_read_replica()
                    .db_instance_identifier(&self.binding.instance)
                    .source_db_instance_identifier(&source)
                    .db_subnet_group_name(&self.binding.subnet_group)
                    .vpc_security_group_ids(&self.binding.security_group)
                    .port(i32::from(self.binding.port))
                    .set_kms_key_id(self.binding.kms_key.clone())
                    .multi_az(self.wants_multi_az())
                    .publicly_accessible(false)
                    .copy_tags_to_snapshot(true)
                    .deletion_protection(true)
                    .set_tags(Some(tags.clone()))
                    .send()
            })
            .await?;
        Ok(())
    }

    /// What says which place of the grid an instance is.
    fn own_tags(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            (ESTATE_TAG, self.here.estate.to_string()),
            ("dr:site", self.here.site.id.to_string()),
            (COMPONENT_TAG, self.here.component.id.to_string()),
        ])
    }

    /// The tags that the old instance had, without those of its own story and those that only AWS may set.
    fn tags_of_replica(&self, mut tags: BTreeMap<String, String>) -> Vec<Tag> {
        tags.retain(|key, _| !OWN.contains(&key.as_str()) && !key.starts_with("aws:"));
        for (key, value) in self.own_tags() {
            tags.insert(key.to_owned(), value);
        }
        tags.into_iter()
            .map(|(key, value)| tag(&key, value))
            .collect()
    }

    fn conflict(&self, operation: &str, message: String) -> PortError {
        self.here.error(ErrorClass::Conflict, operation, message)
    }
}
