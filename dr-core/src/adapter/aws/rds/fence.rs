//! Makes an instance refuse writes, so that it is true: nobody gets in, and whoever was in is cut off.
//!
//! A fence has three parts, imposed in this order, each read before it is asked for:
//!
//! 1. A deny rule in the network ACL for the addresses of the VPC: ends the sessions that there are ([`super::acl`]).
//! 2. The quarantine group instead of the security groups, and protection against deletion: `ModifyDBInstance`, at once. What
//!    was there before is kept in a tag first, so that exactly that can be restored.
//! 3. Once both are read back, a tag with that instant. From it follows what the instance can contain: see
//!    [`super::observe`].
//!
//! Lifting it goes the other way round. A crash in between leaves an instance that is neither reported as fenced nor as
//! writable. `StopDBInstance` is no fence: it is refused while a replica exists (RDS user guide, "USER_StopInstance").

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{PortRange, RuleAction};

use super::RdsDatabase;
use super::acl::{self, Rules};
use super::instance::{BEFORE_FENCE, FENCED, Instance, RETIRED};
use crate::model::Duration;
use crate::port::{ErrorClass, Permit, PortResult};

/// How long a fence is waited for until it is in force. Security groups take seconds.
const IN_FORCE: Duration = Duration::from_mins(2);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(3);

/// What is in force of a fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    /// The quarantine group is the only security group.
    pub(super) quarantined: bool,
    /// The VPC's addresses are denied.
    pub(super) denied: bool,
    /// When both were read back is recorded.
    pub(super) recorded: bool,
    /// Any part is there, in force or not.
    pub(super) any: bool,
}

impl Parts {
    /// Reads the parts off an instance, its ACL and the addresses of its VPC.
    pub(super) fn read(
        instance: &Instance,
        quarantine: &str,
        rules: &Rules,
        addresses: &BTreeSet<String>,
    ) -> Self {
        Self {
            quarantined: instance.is_only_in(quarantine),
            denied: rules.denies(addresses),
            recorded: instance.fenced_at().is_some(),
            any: instance.groups.contains_key(quarantine) || rules.has_any(),
        }
    }

    /// Whether nobody can get in and nobody is in.
    pub(super) fn cuts_off(self) -> bool {
        self.quarantined && self.denied
    }

    /// Whether the whole fence is in force.
    pub(super) fn is_fence(self) -> bool {
        self.cuts_off() && self.recorded
    }
}

/// What stood there before a fence, as its tag keeps it: `sg-1 sg-2 protected=off`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BeforeFence {
    pub(super) groups: Vec<String>,
    pub(super) protected: bool,
}

impl BeforeFence {
    pub(super) fn of(instance: &Instance) -> Self {
        Self {
            groups: instance.groups.keys().cloned().collect(),
            protected: instance.protected,
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (groups, protected) = text.split_once(" protected=")?;
        let groups: Vec<String> = groups.split_whitespace().map(str::to_owned).collect();
        (!groups.is_empty()).then(|| Self {
            groups,
            protected: protected != "off",
        })
    }

    pub(super) fn text(&self) -> String {
        let protected = if self.protected { "on" } else { "off" };
        format!("{} protected={protected}", self.groups.join(" "))
    }
}

impl RdsDatabase {
    /// The rules of the database's network ACL, and the addresses of the VPC that it is in.
    pub(super) async fn walls(&self) -> PortResult<(Rules, BTreeSet<String>)> {
        let operation = "ec2:DescribeNetworkAcls";
        let id = &self.binding.network_acl;
        let answer = self
            .aws
            .read(operation, || {
                self.ec2.describe_network_acls().network_acl_ids(id).send()
            })
            .await?;
        let missing = |operation: &str, what: &str| {
            self.here.error(
                ErrorClass::NotFound,
                operation,
                format!("{what} is not there"),
            )
        };
        let acl = answer
            .network_acls()
            .first()
            .ok_or_else(|| missing(operation, id))?;
        let vpc = acl.vpc_id().unwrap_or_default();
        let operation = "ec2:DescribeVpcs";
        let vpcs = self
            .aws
            .read(operation, || self.ec2.describe_vpcs().vpc_ids(vpc).send())
            .await?;
        let vpc = vpcs.vpcs().first().ok_or_else(|| missing(operation, vpc))?;
        let rules = Rules::read(acl.entries(), self.binding.port);
        Ok((rules, acl::addresses(vpc)))
    }

    /// What is in force of the instance's fence.
    pub(super) async fn parts(&self, instance: &Instance) -> PortResult<Parts> {
        let (rules, addresses) = self.walls().await?;
        let quarantine = &self.binding.quarantine_group;
        Ok(Parts::read(instance, quarantine, &rules, &addresses))
    }

    /// Imposes the fence and waits until it is in force. One that takes longer than [`IN_FORCE`] is finished by the next call.
    pub(super) async fn impose(&self, permit: &Permit) -> PortResult<()> {
        let mut instance = self.standing("rds:ModifyDBInstance").await?;
        let parts = self.parts(&instance).await?;
        if parts.is_fence() {
            return Ok(());
        }
        if parts.recorded && !parts.cuts_off() {
            // Of an earlier fence: the instant in it says nothing about this one.
            self.untag(&instance, &[FENCED], permit).await?;
            instance.tags.remove(FENCED);
        }
        self.deny(permit).await?;
        if !instance.tags.contains_key(BEFORE_FENCE) && !parts.quarantined {
            let before = BeforeFence::of(&instance).text();
            let tags = BTreeMap::from([(BEFORE_FENCE, before)]);
            self.tag(&instance, &tags, permit).await?;
        }
        let until = IN_FORCE.after(self.here.clock.now());
        let mut asked = false;
        loop {
            if !asked {
                asked = self.quarantine(&instance, permit).await?;
            }
            if asked {
                instance = self.standing("rds:ModifyDBInstance").await?;
                if self.parts(&instance).await?.cuts_off() {
                    return self.record(&instance, permit).await;
                }
            }
            if self.here.clock.now() >= until {
                return if asked {
                    Ok(())
                } else {
                    Err(self.busy(&instance))
                };
            }
            self.here.clock.sleep(PAUSE).await;
        }
    }

    fn busy(&self, instance: &Instance) -> crate::port::PortError {
        self.here.error(
            ErrorClass::Conflict,
            "rds:ModifyDBInstance",
            format!(
                "{} is {}, so its security group could not be replaced; its sessions are cut off by the network ACL",
                instance.id, instance.word
            ),
        )
    }

    /// Adds the deny rules that are missing.
    async fn deny(&self, permit: &Permit) -> PortResult<()> {
        let operation = "ec2:CreateNetworkAclEntry";
        let (rules, addresses) = self.walls().await?;
        let missing = rules.missing(&addresses).ok_or_else(|| {
            self.here.error(
                ErrorClass::Conflict,
                operation,
                format!(
                    "{} has an allow rule among the numbers {}-{}, which are kept free for a fence, or they are used up",
                    self.binding.network_acl,
                    acl::RESERVED.start(),
                    acl::RESERVED.end()
                ),
            )
        })?;
        for (number, addresses) in missing {
            let entry = || {
                let entry = self
                    .ec2
                    .create_network_acl_entry()
                    .network_acl_id(&self.binding.network_acl)
                    .egress(false)
                    .rule_number(number)
                    .protocol(acl::TCP)
                    .rule_action(RuleAction::Deny)
                    .port_range(self.port_range());
                if addresses.contains(':') {
                    entry.ipv6_cidr_block(&addresses).send()
                } else {
                    entry.cidr_block(&addresses).send()
                }
            };
            self.aws.change(operation, permit, entry).await?;
        }
        Ok(())
    }

    fn port_range(&self) -> PortRange {
        let port = i32::from(self.binding.port);
        PortRange::builder().from(port).to(port).build()
    }

    /// Replaces the security groups. False while the instance is busy with something else.
    async fn quarantine(&self, instance: &Instance, permit: &Permit) -> PortResult<bool> {
        let quarantine = &self.binding.quarantine_group;
        if instance.groups.keys().eq([quarantine]) && instance.protected {
            return Ok(true);
        }
        let modified = self
            .aws
            .change("rds:ModifyDBInstance", permit, || {
                self.rds
                    .modify_db_instance()
                    .db_instance_identifier(&instance.id)
                    .vpc_security_group_ids(quarantine)
                    .deletion_protection(true)
                    .apply_immediately(true)
                    .send()
            })
            .await;
        match modified {
            Ok(_) => Ok(true),
            Err(error) if error.class == ErrorClass::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Records that the fence was read back, and when.
    async fn record(&self, instance: &Instance, permit: &Permit) -> PortResult<()> {
        if instance.fenced_at().is_some() {
            return Ok(());
        }
        let now = self.here.clock.now();
        let tags = BTreeMap::from([(FENCED, format!("{now} {}", permit.run))]);
        self.tag(instance, &tags, permit).await
    }

    /// Lifts the fence: tag, groups, rules.
    pub(super) async fn lift(&self, permit: &Permit) -> PortResult<()> {
        let operation = "rds:ModifyDBInstance";
        let instance = self.standing(operation).await?;
        if instance.tags.contains_key(RETIRED) {
            return Err(self.here.error(
                ErrorClass::Conflict,
                operation,
                format!("{} was set aside and stays fenced", instance.id),
            ));
        }
        if instance.tags.contains_key(FENCED) {
            self.untag(&instance, &[FENCED], permit).await?;
        }
        let before = instance.tags.get(BEFORE_FENCE);
        if before.is_some() || instance.groups.contains_key(&self.binding.quarantine_group) {
            let before = before
                .and_then(|text| BeforeFence::parse(text))
                .unwrap_or_else(|| BeforeFence {
                    groups: vec![self.binding.security_group.clone()],
                    protected: instance.protected,
                });
            let is_restored =
                instance.groups.keys().eq(&before.groups) && instance.protected == before.protected;
            if !is_restored {
                self.restore(&instance, &before, permit).await?;
            }
        }
        self.allow(permit).await?;
        if instance.tags.contains_key(BEFORE_FENCE) {
            self.untag(&instance, &[BEFORE_FENCE], permit).await?;
        }
        Ok(())
    }

    /// Puts the groups back that stood there before, waiting while the instance is busy with something else.
    async fn restore(
        &self,
        instance: &Instance,
        before: &BeforeFence,
        permit: &Permit,
    ) -> PortResult<()> {
        let until = IN_FORCE.after(self.here.clock.now());
        loop {
            let modified = self
                .aws
                .change("rds:ModifyDBInstance", permit, || {
                    self.rds
                        .modify_db_instance()
                        .db_instance_identifier(&instance.id)
                        .set_vpc_security_group_ids(Some(before.groups.clone()))
                        .deletion_protection(before.protected)
                        .apply_immediately(true)
                        .send()
                })
                .await;
            match modified {
                Ok(_) => return Ok(()),
                Err(error)
                    if error.class == ErrorClass::Conflict && self.here.clock.now() < until =>
                {
                    self.here.clock.sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes the rules of a fence.
    pub(super) async fn allow(&self, permit: &Permit) -> PortResult<()> {
        let (rules, _) = self.walls().await?;
        for number in rules.of_fence() {
            self.aws
                .change("ec2:DeleteNetworkAclEntry", permit, || {
                    self.ec2
                        .delete_network_acl_entry()
                        .network_acl_id(&self.binding.network_acl)
                        .egress(false)
                        .rule_number(number)
                        .send()
                })
                .await?;
        }
        Ok(())
    }
}
