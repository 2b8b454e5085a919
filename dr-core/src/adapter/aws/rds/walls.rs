//! What stands around a database, and what of a fence is in force.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::NetworkAcl;

use super::RdsDatabase;
use super::acl::{self, Rules};
use super::instance::Instance;
use crate::port::{ErrorClass, PortError, PortResult};

/// The database's network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gate {
    /// Its rules.
    pub(super) rules: Rules,
    /// Whom the rules of a fence must deny.
    pub(super) everybody: BTreeSet<String>,
    /// The subnets that it is associated with.
    pub(super) subnets: BTreeSet<String>,
}

/// Network ACL and quarantine group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walls {
    /// The network ACL.
    pub(super) gate: Gate,
    /// How many rules of the quarantine group let someone in. Of a group that is one, none.
    pub(super) doors: usize,
}

impl Walls {
    /// Whether every subnet that the instance may stand in is behind the network ACL.
    fn surround(&self, instance: &Instance) -> bool {
        !instance.subnets.is_empty() && instance.subnets.is_subset(&self.gate.subnets)
    }
}

/// What is in force of a fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    /// The quarantine group is the only security group, and lets nobody in.
    pub(super) quarantined: bool,
    /// Everybody is denied, at the border of every subnet that the instance may stand in.
    pub(super) denied: bool,
    /// When both were read back is recorded.
    pub(super) recorded: bool,
    /// Any part is there, in force or not.
    pub(super) any: bool,
}

impl Parts {
    /// Reads the parts off an instance and its walls.
    pub(super) fn read(instance: &Instance, quarantine: &str, walls: &Walls) -> Self {
        let Gate {
            rules, everybody, ..
        } = &walls.gate;
        Self {
            quarantined: instance.is_only_in(quarantine) && walls.doors == 0,
            denied: rules.denies(everybody) && walls.surround(instance),
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

impl RdsDatabase {
    /// The database's network ACL.
    pub(super) async fn network_acl(&self) -> PortResult<NetworkAcl> {
        let operation = "ec2:DescribeNetworkAcls";
        let id = &self.binding.network_acl;
        let answer = self
            .aws
            .read(operation, || {
                self.ec2.describe_network_acls().network_acl_ids(id).send()
            })
            .await?;
        let acl = answer.network_acls().first().cloned();
        acl.ok_or_else(|| self.not_there(operation, id))
    }

    /// The database's network ACL, and whom it must deny.
    pub(super) async fn gate(&self) -> PortResult<Gate> {
        let acl = self.network_acl().await?;
        let id = acl.vpc_id().unwrap_or_default();
        let operation = "ec2:DescribeVpcs";
        let answer = self
            .aws
            .read(operation, || self.ec2.describe_vpcs().vpc_ids(id).send())
            .await?;
        let vpc = answer.vpcs().first();
        let vpc = vpc.ok_or_else(|| self.not_there(operation, id))?;
        Ok(Gate {
            rules: Rules::read(acl.entries(), self.binding.port),
            everybody: acl::everybody(vpc),
            subnets: acl::subnets(&acl),
        })
    }

    /// How many rules of the quarantine group let someone in.
    pub(super) async fn doors(&self) -> PortResult<usize> {
        let operation = "ec2:DescribeSecurityGroups";
        let id = &self.binding.quarantine_group;
        let answer = self
            .aws
            .read(operation, || {
                self.ec2.describe_security_groups().group_ids(id).send()
            })
            .await?;
        let group = answer.security_groups().first();
        let group = group.ok_or_else(|| self.not_there(operation, id))?;
        Ok(group.ip_permissions().len())
    }

    /// Network ACL and quarantine group.
    pub(super) async fn walls(&self) -> PortResult<Walls> {
        let gate = self.gate().await?;
        let doors = self.doors().await?;
        Ok(Walls { gate, doors })
    }

    /// What is in force of the instance's fence.
    pub(super) async fn parts(&self, instance: &Instance) -> PortResult<Parts> {
        let walls = self.walls().await?;
        Ok(Parts::read(
            instance,
            &self.binding.quarantine_group,
            &walls,
        ))
    }

    /// What keeps a fence from ever being in force, whatever is asked of AWS.
    pub(super) fn hole(&self, instance: &Instance, walls: &Walls) -> Option<PortError> {
        let hole = if walls.doors > 0 {
            format!(
                "{} lets someone in: a quarantine group has no ingress rule",
                self.binding.quarantine_group
            )
        } else if !walls.surround(instance) {
            format!(
                "{} is not the network ACL of every subnet of {}",
                self.binding.network_acl, instance.id
            )
        } else {
            return None;
        };
        let class = ErrorClass::Conflict;
        Some(self.here.error(class, "rds:ModifyDBInstance", hole))
    }

    fn not_there(&self, operation: &str, what: &str) -> PortError {
        let message = format!("{what} is not there");
        self.here.error(ErrorClass::NotFound, operation, message)
    }
}
