//! Makes an instance refuse writes, so that it is true: nobody gets in, and whoever was in is cut off.
//!
//! A fence has three parts:
//!
//! 1. A deny rule in the network ACL, for everybody: ends the sessions that there are ([`super::acl`]).
//! 2. The quarantine group instead of the security groups, and protection against deletion: `ModifyDBInstance`, at once. What
//!    was there before is kept in a tag first, so that exactly that can be restored, and another tag says which fence this is.
//! 3. Once both are read back, a tag with that instant. From it follows what the instance can contain: see
//!    [`super::observe`]. It names the fence that it is of: the instant of an earlier one, whose walls somebody took down, vouches
//!    for none that is put up later.
//!
//! The first two are asked for side by side: EC2 or RDS alone puts up its wall while the other does not answer.
//! They count only where they are walls: the ACL is that of the database's subnets, the group has no rule ([`super::walls`]).
//!
//! Lifting it goes the other way round ([`lift`]). A crash in between leaves an instance that is neither reported as fenced nor
//! as writable. `StopDBInstance` is no fence: it is refused while a replica exists (RDS user guide, "USER_StopInstance").

mod lift;

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{PortRange, RuleAction};
use futures_util::future::join;
use jiff::Timestamp;

use super::RdsDatabase;
use super::acl;
use super::instance::{BEFORE_FENCE, FENCED, FENCING, Instance};
use super::walls::{Gate, Parts};
use crate::model::Duration;
use crate::port::{ErrorClass, Permit, PortError, PortResult};

const MODIFY: &str = "rds:ModifyDBInstance";

/// How long a fence is waited for until it is in force. Security groups take seconds.
const IN_FORCE: Duration = Duration::from_mins(2);
/// How often a number of the network ACL may be found taken, by the fences of other databases behind it.
const NUMBERS_TAKEN: u32 = 5;
/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(3);

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

/// What came of two walls. A lost answer outweighs any other: that wall may stand.
fn both(first: PortResult<()>, second: PortResult<()>) -> PortResult<()> {
    match (first, second) {
        (Ok(()), result) | (result, Ok(())) => result,
        (Err(first), Err(second)) => {
            let (told, other) = if second.class == ErrorClass::Indeterminate {
                (second, first)
            } else {
                (first, second)
            };
            Err(PortError {
                message: format!("{}; and {other}", told.message),
                ..told
            })
        }
    }
}

impl RdsDatabase {
    /// Imposes the fence and waits until it is in force. One that takes longer than [`IN_FORCE`] is finished by the next call.
    ///
    /// The two walls belong to two services: where one of these does not answer, the other's wall is put up nevertheless.
    ///
    /// # Errors
    /// What kept a wall from being put up, or keeps it from being one.
    pub(super) async fn impose(&self, permit: &Permit) -> PortResult<()> {
        let (standing, gate) = join(self.standing(MODIFY), self.gate()).await;
        if let (Ok(instance), Ok(_)) = (&standing, &gate)
            && instance.fenced_at().is_some()
            && self.parts(instance).await.is_ok_and(Parts::is_fence)
        {
            return Ok(());
        }
        let until = IN_FORCE.after(self.here.clock.now());
        let is_gate_read = gate.is_ok();
        // Boxed: what the SDK's calls keep would make the future of every fence tens of kilobytes large.
        let denied = Box::pin(async { self.deny(gate?, permit).await });
        let isolated =
            Box::pin(async { self.isolate(&standing?, is_gate_read, until, permit).await });
        let (denied, isolated) = join(denied, isolated).await;
        both(denied, isolated)?;
        self.take_hold(until, permit).await
    }

    /// Waits until both walls are read back, and records when.
    async fn take_hold(&self, until: Timestamp, permit: &Permit) -> PortResult<()> {
        loop {
            let instance = self.standing(MODIFY).await?;
            let walls = self.walls().await?;
            if Parts::read(&instance, &self.binding.quarantine_group, &walls).cuts_off()
                && let Some(fencing) = instance.tags.get(FENCING)
            {
                return self.record(&instance, fencing, permit).await;
            }
            if let Some(hole) = self.hole(&instance, &walls) {
                return Err(hole);
            }
            if self.here.clock.now() >= until {
                return Ok(());
            }
            self.here.clock.sleep(PAUSE).await;
        }
    }

    /// Puts the deny rules up. Where another fence at the same network ACL took a number meanwhile, what stands is read again.
    async fn deny(&self, mut gate: Gate, permit: &Permit) -> PortResult<()> {
        for _ in 1..NUMBERS_TAKEN {
            match self.add_missing(&gate, permit).await {
                Err(error) if error.message.starts_with(acl::NUMBER_TAKEN) => {
                    gate = self.gate().await?;
                }
                result => return result,
            }
        }
        self.add_missing(&gate, permit).await
    }

    /// Adds the deny rules that are missing.
    async fn add_missing(&self, gate: &Gate, permit: &Permit) -> PortResult<()> {
        let operation = "ec2:CreateNetworkAclEntry";
        let missing = gate.rules.missing(&gate.everybody).ok_or_else(|| {
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

    /// Puts the instance into quarantine, waiting while it is busy with something else. What it was in before, and which fence
    /// this is, are written down first.
    async fn isolate(
        &self,
        instance: &Instance,
        is_gate_read: bool,
        until: Timestamp,
        permit: &Permit,
    ) -> PortResult<()> {
        let is_alone = instance.groups.keys().eq([&self.binding.quarantine_group]);
        let mut tags = BTreeMap::new();
        // Recorded, and not whole any more: another fence begins. Where the network ACL is not read, it may be whole.
        let is_over = instance.fenced_at().is_some() && (is_gate_read || !is_alone);
        if is_over || !instance.tags.contains_key(FENCING) {
            let now = self.here.clock.now();
            tags.insert(FENCING, format!("{now} {}", permit.run));
        }
        if !is_alone && !self.is_kept(instance) {
            tags.insert(BEFORE_FENCE, BeforeFence::of(instance).text());
        }
        if !tags.is_empty() {
            self.tag(instance, &tags, permit).await?;
        }
        if is_alone && instance.protected {
            return Ok(());
        }
        let quarantine = BeforeFence {
            groups: vec![self.binding.quarantine_group.clone()],
            protected: true,
        };
        self.regroup(instance, &quarantine, until, permit).await
    }

    /// Whether what the instance was in before its fence is written down. Of an instance that nothing of a fence is left of,
    /// that is what it is in now.
    fn is_kept(&self, instance: &Instance) -> bool {
        let Some(kept) = instance.tags.get(BEFORE_FENCE) else {
            return false;
        };
        instance.groups.contains_key(&self.binding.quarantine_group)
            || BeforeFence::parse(kept)
                .is_some_and(|kept| kept.groups.iter().eq(instance.groups.keys()))
    }

    /// Records that the fence was read back, and when.
    async fn record(&self, instance: &Instance, fencing: &str, permit: &Permit) -> PortResult<()> {
        if instance.fenced_at().is_some() {
            return Ok(());
        }
        let now = self.here.clock.now();
        let tags = BTreeMap::from([(FENCED, format!("{now} {fencing}"))]);
        self.tag(instance, &tags, permit).await
    }

    /// Replaces the security groups, waiting while the instance is busy with something else.
    async fn regroup(
        &self,
        instance: &Instance,
        wanted: &BeforeFence,
        until: Timestamp,
        permit: &Permit,
    ) -> PortResult<()> {
        loop {
            let modified = self
                .aws
                .change(MODIFY, permit, || {
                    self.rds
                        .modify_db_instance()
                        .db_instance_identifier(&instance.id)
                        .set_vpc_security_group_ids(Some(wanted.groups.clone()))
                        .deletion_protection(wanted.protected)
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
}

#[cfg(test)]
mod tests;
