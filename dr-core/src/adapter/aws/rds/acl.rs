//! The rule of a network ACL that cuts a database off.
//!
//! A security group that loses its rules lets tracked connections live on (EC2 user guide,
//! "security-group-connection-tracking"). A network ACL is stateless: a deny rule ends them at once (VPC user guide,
//! "vpc-network-acls"). Sessions may come from anywhere: the VPC, a peered one, a network on premises. So the rule names no
//! addresses of the estate: it denies everybody, `0.0.0.0/0`, and `::/0` where the VPC has IPv6 addresses.
//!
//! Replication to the other region goes on. AWS does not document the way it takes, but enough to tell one that it does not
//! take: the guide asks for no peering, gateway or route between the two VPCs (RDS user guide, "USER_ReadRepl.XRgn"), and a VPC
//! carries nothing from outside without one (VPC user guide, "VPC_Route_Tables"). So replication does not come through the
//! subnets of the database, and their ACL does not see it. Were that wrong, the replica would not reach its fenced source: a
//! switchover would stop there and be unwound, and nothing would be lost or claimed.
//!
//! An ACL is judged where traffic enters or leaves a subnet, and only of those that it is associated with: it counts
//! where it is that of every subnet of the instance's subnet group. Nothing but databases belongs into these subnets; a client
//! inside them would not be cut off.
//!
//! Several databases may share an ACL, and those on the same port share its rules: the fence of one cuts the others off, too. So
//! a rule is removed only when none of them is fenced any more.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use aws_sdk_ec2::types::{
    NetworkAcl, NetworkAclEntry, RuleAction, VpcCidrBlockStateCode, VpcIpv6CidrBlockAssociation,
};

/// Rule numbers that are kept free for `dr`: rules are judged in ascending order, and the first that matches decides.
pub(super) const RESERVED: RangeInclusive<i32> = 1..=50;

/// How EC2 says that another rule has the number (EC2 API reference, "Error codes").
pub(super) const NUMBER_TAKEN: &str = "NetworkAclEntryAlreadyExists";

/// TCP (IANA, protocol numbers).
pub(super) const TCP: &str = "6";
const ANY: &str = "-1";

/// The ingress rules of a network ACL, as far as they are about the database's port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rules {
    /// Deny rules of reserved numbers for exactly this port, by number: the addresses.
    denied: BTreeMap<i32, String>,
    /// Numbers that let someone reach the port.
    allowed: BTreeSet<i32>,
    /// Numbers that are taken, by whatever rule.
    taken: BTreeSet<i32>,
}

impl Rules {
    /// Reads the rules of an ACL.
    pub(super) fn read(entries: &[NetworkAclEntry], port: u16) -> Self {
        let mut rules = Self::default();
        for entry in entries.iter().filter(|e| e.egress() != Some(true)) {
            let Some(number) = entry.rule_number() else {
                continue;
            };
            rules.taken.insert(number);
            let denies = entry.rule_action() == Some(&RuleAction::Deny);
            if !denies && reaches(entry, port) {
                rules.allowed.insert(number);
            }
            if denies && RESERVED.contains(&number) && is_exactly(entry, port) {
                let addresses = entry.cidr_block().or(entry.ipv6_cidr_block());
                rules
                    .denied
                    .insert(number, addresses.unwrap_or_default().to_owned());
            }
        }
        rules
    }

    /// The numbers of the rules of a fence.
    pub(super) fn of_fence(&self) -> impl Iterator<Item = i32> {
        self.denied.keys().copied()
    }

    /// Whether any rule of a fence is there.
    pub(super) fn has_any(&self) -> bool {
        !self.denied.is_empty()
    }

    /// Whether all of `addresses` are denied before anything is allowed.
    pub(super) fn denies(&self, addresses: &BTreeSet<String>) -> bool {
        !addresses.is_empty()
            && addresses
                .iter()
                .all(|wanted| self.effective().any(|denied| denied == wanted))
    }

    /// What must be added so that all of `addresses` are denied: numbers and addresses. `None` where an earlier rule lets
    /// clients in, or the reserved numbers are used up.
    pub(super) fn missing(&self, addresses: &BTreeSet<String>) -> Option<Vec<(i32, String)>> {
        let first_allowed = self.first_allowed();
        let mut free = RESERVED.filter(|n| !self.taken.contains(n) && *n < first_allowed);
        addresses
            .iter()
            .filter(|wanted| !self.effective().any(|denied| denied == *wanted))
            .map(|wanted| Some((free.next()?, wanted.clone())))
            .collect()
    }

    fn effective(&self) -> impl Iterator<Item = &String> {
        self.denied
            .range(..self.first_allowed())
            .map(|(_, addresses)| addresses)
    }

    fn first_allowed(&self) -> i32 {
        self.allowed.first().copied().unwrap_or(i32::MAX)
    }
}

fn reaches(entry: &NetworkAclEntry, port: u16) -> bool {
    match entry.protocol() {
        Some(ANY) => true,
        Some(TCP) => entry.port_range().is_none_or(|range| {
            let port = i32::from(port);
            range.from().is_none_or(|from| from <= port) && range.to().is_none_or(|to| port <= to)
        }),
        _ => false,
    }
}

fn is_exactly(entry: &NetworkAclEntry, port: u16) -> bool {
    let port = Some(i32::from(port));
    entry.protocol() == Some(TCP)
        && entry
            .port_range()
            .is_some_and(|range| range.from() == port && range.to() == port)
}

/// Everybody who could reach a database of that VPC: an address of IPv6 only where the VPC has some.
pub(super) fn everybody(vpc: &aws_sdk_ec2::types::Vpc) -> BTreeSet<String> {
    let is_there = |block: &VpcIpv6CidrBlockAssociation| {
        let state = block.ipv6_cidr_block_state().and_then(|s| s.state());
        !matches!(
            state,
            Some(VpcCidrBlockStateCode::Disassociated | VpcCidrBlockStateCode::Failed)
        )
    };
    let six = vpc.ipv6_cidr_block_association_set().iter().any(is_there);
    let mut everybody = BTreeSet::from(["0.0.0.0/0".to_owned()]);
    everybody.extend(six.then(|| "::/0".to_owned()));
    everybody
}

/// The subnets that an ACL is associated with.
pub(super) fn subnets(acl: &NetworkAcl) -> BTreeSet<String> {
    let subnets = acl.associations().iter().filter_map(|a| a.subnet_id());
    subnets.map(str::to_owned).collect()
}
