//! What RDS tells of an instance.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types::{DbInstance, Tag};
use jiff::Timestamp;

use crate::model::{FENCED_TAG, RdsStatus};

/// Since when the walls of a fence are being put up, and by which run: `2026-11-21T05:00:00Z r-…`. Written before the quarantine
/// group is put on.
pub(super) const FENCING: &str = "dr:fencing";
/// When a fence was read back, and the words of its [`FENCING`]: `2026-11-21T05:00:09Z 2026-11-21T05:00:00Z r-…`. Part of the fence:
/// without it nobody knows up to when the instance took writes. With other words it is of an earlier fence, and says nothing.
pub(super) const FENCED: &str = FENCED_TAG;
/// What a fence replaced: the security groups, and whether the instance was protected against deletion.
pub(super) const BEFORE_FENCE: &str = "dr:before-fence";
/// The run that asked for a promotion which is not finished.
pub(super) const PROMOTING: &str = "dr:promoting";
/// Since when a new primary is asked for what the estate wants of it and RDS cannot give yet: `2026-11-21T05:00:00Z r-…`.
pub(super) const EQUIPPING: &str = "dr:equipping";
/// When an old primary was set aside.
pub(super) const RETIRED: &str = "dr:retired";
/// From when on an old primary that was set aside is no longer needed.
pub(super) const EXPIRES: &str = "dr:expires";

/// An instance, as it was described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instance {
    /// Its identifier.
    pub(super) id: String,
    /// Its ARN.
    pub(super) arn: String,
    /// Its status, as a word of RDS.
    pub(super) word: String,
    /// The instance that it follows: an ARN, or an identifier of its own region.
    pub(super) source: Option<String>,
    /// Its VPC security groups, and whether each is in force.
    pub(super) groups: BTreeMap<String, bool>,
    /// The subnets of its subnet group: RDS may place it in any of them.
    pub(super) subnets: BTreeSet<String>,
    /// Its tags.
    pub(super) tags: BTreeMap<String, String>,
    /// Its address, once it has one.
    pub(super) address: Option<String>,
    /// Whether it has, or will have, a standby in another zone.
    pub(super) multi_az: bool,
    /// Days that its automated backups are kept.
    pub(super) retention: i32,
    /// Whether it is protected against deletion.
    pub(super) protected: bool,
    /// When it was created. Metrics belong to the name, and a name is used again after a rename.
    pub(super) created: Option<Timestamp>,
}

impl Instance {
    /// Reads a description. A group's membership is in force while it is `active`: one that is being added
    /// does not count yet, one that is being removed still lets clients in (RDS API reference, `VpcSecurityGroupMembership`).
    pub(super) fn read(described: &DbInstance) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let pending_multi_az = described
            .pending_modified_values()
            .and_then(aws_sdk_rds::types::PendingModifiedValues::multi_az);
        Self {
            id: text(described.db_instance_identifier()),
            arn: text(described.db_instance_arn()),
            word: text(described.db_instance_status()),
            source: described
                .read_replica_source_db_instance_identifier()
                .filter(|source| !source.is_empty())
                .map(str::to_owned),
            groups: described
                .vpc_security_groups()
                .iter()
                .filter_map(|group| {
                    let in_force = group.status() == Some("active");
                    Some((group.vpc_security_group_id()?.to_owned(), in_force))
                })
                .collect(),
            subnets: described
                .db_subnet_group()
                .map(|group| group.subnets())
                .unwrap_or_default()
                .iter()
                .filter_map(|subnet| subnet.subnet_identifier().map(str::to_owned))
                .collect(),
            tags: described
                .tag_list()
                .iter()
                .filter_map(|tag| Some((tag.key()?.to_owned(), text(tag.value()))))
                .collect(),
            address: described
                .endpoint()
                .and_then(|endpoint| endpoint.address())
                .map(str::to_owned),
            multi_az: pending_multi_az.unwrap_or(described.multi_az() == Some(true)),
            retention: described.backup_retention_period().unwrap_or(0),
            protected: described.deletion_protection() == Some(true),
            created: described
                .instance_create_time()
                .and_then(|at| Timestamp::from_millisecond(at.to_millis().ok()?).ok()),
        }
    }

    /// What its status word means.
    pub(super) fn status(&self) -> RdsStatus {
        RdsStatus::read(&self.word)
    }

    /// Whether it follows another instance.
    pub(super) fn is_replica(&self) -> bool {
        self.source.is_some()
    }

    /// Whether `group` is its only security group, and in force.
    pub(super) fn is_only_in(&self, group: &str) -> bool {
        self.groups.len() == 1 && self.groups.get(group) == Some(&true)
    }

    /// When its fence was read back. What was recorded of an earlier one does not count.
    pub(super) fn fenced_at(&self) -> Option<Timestamp> {
        let (at, fencing) = self.tags.get(FENCED)?.split_once(' ')?;
        let is_of_this = self.tags.get(FENCING).is_some_and(|of| of == fencing);
        at.parse().ok().filter(|_| is_of_this)
    }

    /// When it was set aside.
    pub(super) fn retired_at(&self) -> Option<Timestamp> {
        instant(self.tags.get(RETIRED)?)
    }
}

/// The instant with which a tag's value begins.
pub(super) fn instant(value: &str) -> Option<Timestamp> {
    value.split(' ').next()?.parse().ok()
}

/// A tag.
pub(super) fn tag(key: &str, value: impl Into<String>) -> Tag {
    Tag::builder().key(key).value(value).build()
}
