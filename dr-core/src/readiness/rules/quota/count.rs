//! What counts toward each quota after a failover.
//!
//! Three ways of counting. Of a region or an account: what stands at the standby, and what the primary has of the estate beyond
//! that ([`counted`]). Of what holds others, as a VPC its subnets: the fullest holder of the estate, taken to need as much of the
//! estate as the fullest at the primary has ([`fullest`]). Of one thing, as the rules of a network ACL: the largest of the
//! estate's on either side ([`largest`]). None of them falls when a thing is added.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::super::facts::number;
use super::super::super::fleet::has_made;
use super::super::super::vcpu::{self, Series, series};
use super::super::super::{Facts, Outcome};
use crate::drift::Side;
use crate::model::{Binding, Resource, ResourceKind as Kind, Settings};

/// What is counted against a quota after a failover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::readiness) struct Demand {
    /// What it comes to.
    pub(in crate::readiness) total: u64,
    /// What of it is there already.
    pub(in crate::readiness) now: u64,
}

/// What a count comes to; `Err`: why nobody knows.
pub(in crate::readiness) type Counted = Result<Demand, Outcome>;

impl From<Demand> for Counted {
    fn from(demand: Demand) -> Self {
        Ok(demand)
    }
}

/// vCPUs of the machines of a series: fleets at their size after a failover, and every other running machine.
pub(super) fn vcpus(facts: &Facts<'_>, of: Series) -> Counted {
    let is_counted = |name: &str| series(name) == Some(of);
    let of_type = |name: &str| {
        vcpu::vcpus(name).ok_or_else(|| {
            Outcome::unclear(
                format!("how many vCPUs {name} has is not known to this dr"),
                "compare the quota by hand: aws ec2 describe-instance-types",
            )
        })
    };
    let fleets = facts.fleets(Side::Standby);
    let (mut total, mut now) = (0, 0);
    for fleet in &fleets {
        // The largest of the types that it may start.
        let mut each = 0;
        for name in fleet.types.iter().filter(|name| is_counted(name)) {
            each = each.max(of_type(name)?);
        }
        if fleet.types.is_empty() {
            return Err(Outcome::unclear(
                format!("what {} starts does not stand in the scan", fleet.group.id),
                "give the group a launch template with an instance type",
            ));
        }
        total += each * fleet.needed.max(fleet.members);
        now += each * fleet.members;
    }
    for instance in facts.all(Side::Standby, Kind::Ec2Instance) {
        let is_member = fleets.iter().any(|fleet| has_made(fleet.group, instance));
        let name = instance.text("instance-type").unwrap_or_default();
        if is_member || !is_counted(name) {
            continue;
        }
        let is_running = matches!(instance.text("state"), Some("running" | "pending"));
        if is_running {
            now += of_type(name)?;
        }
        if is_running || is_to_be_started(facts, instance) {
            total += of_type(name)?;
        }
    }
    Ok(Demand { total, now })
}

/// A Git server that is off until a failover.
fn is_to_be_started(facts: &Facts<'_>, instance: &Resource) -> bool {
    facts.bindings(Side::Standby).any(|(component, binding)| {
        let settings = facts.estate.component(component).map(|c| &c.settings);
        let is_off = matches!(settings, Some(Settings::Repository(git)) if git.standby_off);
        matches!(binding, Binding::Git(git) if git.instance.as_deref() == Some(instance.id.as_str()))
            && is_off
    })
}

/// What stands at the standby, and what the primary has of the estate beyond that.
fn counted(
    facts: &Facts<'_>,
    kind: Kind,
    is_one: fn(&Resource) -> bool,
    weight: fn(&Resource) -> u64,
) -> Demand {
    let sum = |things: &mut dyn Iterator<Item = &Resource>| -> u64 {
        things.filter(|thing| is_one(thing)).map(weight).sum()
    };
    let now = sum(&mut facts.all(Side::Standby, kind));
    let [there, here] = Side::BOTH.map(|side| sum(&mut facts.ours(side, kind)));
    Demand {
        total: now + there.saturating_sub(here),
        now,
    }
}

/// All things of a kind, each as one.
fn each(facts: &Facts<'_>, kind: Kind) -> Demand {
    counted(facts, kind, |_| true, |_| 1)
}

/// The groups of RDS that people made: the default ones do not count (RDS API reference, `AccountQuota`).
fn made(facts: &Facts<'_>, kind: Kind) -> Demand {
    counted(facts, kind, |group| !group.has_id_of_rds(), |_| 1)
}

/// A managed node group is an Auto Scaling group, too: the lists of real accounts name it among them.
pub(super) fn groups(facts: &Facts<'_>) -> Demand {
    each(facts, Kind::AutoscalingGroup)
}

pub(super) fn clusters(facts: &Facts<'_>) -> Demand {
    each(facts, Kind::EksCluster)
}

pub(super) fn databases(facts: &Facts<'_>) -> Demand {
    each(facts, Kind::RdsInstance)
}

pub(super) fn storage(facts: &Facts<'_>) -> Demand {
    let gib = |instance: &Resource| number(instance, "storage-gib").unwrap_or_default();
    counted(facts, Kind::RdsInstance, |_| true, gib)
}

pub(super) fn parameter_groups(facts: &Facts<'_>) -> Demand {
    made(facts, Kind::RdsParameterGroup)
}

pub(super) fn option_groups(facts: &Facts<'_>) -> Demand {
    made(facts, Kind::RdsOptionGroup)
}

pub(super) fn subnet_groups(facts: &Facts<'_>) -> Demand {
    each(facts, Kind::RdsSubnetGroup)
}

fn is_application(balancer: &Resource) -> bool {
    balancer.text("type") == Some("application")
}

pub(super) fn application_balancers(facts: &Facts<'_>) -> Demand {
    counted(facts, Kind::ElbLoadBalancer, is_application, |_| 1)
}

pub(super) fn network_balancers(facts: &Facts<'_>) -> Demand {
    let is_network = |balancer: &Resource| balancer.text("type") == Some("network");
    counted(facts, Kind::ElbLoadBalancer, is_network, |_| 1)
}

pub(super) fn target_groups(facts: &Facts<'_>) -> Demand {
    each(facts, Kind::ElbTargetGroup)
}

pub(super) fn elastic_addresses(facts: &Facts<'_>) -> Demand {
    each(facts, Kind::Ec2Address)
}

pub(super) fn networks(facts: &Facts<'_>) -> Demand {
    each(facts, Kind::Ec2Vpc)
}

pub(super) fn internet_gateways(facts: &Facts<'_>) -> Demand {
    each(facts, Kind::Ec2InternetGateway)
}

pub(super) fn security_groups(facts: &Facts<'_>) -> Demand {
    each(facts, Kind::Ec2SecurityGroup)
}

/// Things by what holds them: how many of the estate, and how many of others.
type Held = BTreeMap<String, [u64; 2]>;

fn held<'a>(
    things: impl Iterator<Item = &'a Resource>,
    holder: impl Fn(&Resource) -> Option<String>,
) -> Held {
    let mut held = Held::new();
    for thing in things {
        let Some(holder) = holder(thing) else {
            continue;
        };
        let counts = held.entry(holder).or_default();
        counts[usize::from(thing.component.is_none())] += 1;
    }
    held
}

/// The fullest holder of the estate at the standby. A holder is the estate's where something of the estate is in it, or where
/// `home` names it; what others have in it stays, and of the estate there is to be as much as in the fullest at the primary.
fn fullest(standby: &Held, primary: &Held, home: &BTreeSet<String>) -> Demand {
    let needed = primary.values().map(|[ours, _]| *ours).max().unwrap_or(0);
    let of_estate =
        |(holder, [ours, _]): &(&String, &[u64; 2])| *ours > 0 || home.contains(*holder);
    let now = standby.iter().filter(of_estate);
    let total = now
        .clone()
        .map(|(_, [ours, others])| others + needed.max(*ours));
    Demand {
        total: total.max().unwrap_or(0).max(needed),
        now: now
            .map(|(_, [ours, others])| ours + others)
            .max()
            .unwrap_or(0),
    }
}

/// Things of a kind by what holds them, as an attribute names it.
fn in_holder(facts: &Facts<'_>, kind: Kind, attribute: &str, holders: Kind) -> Demand {
    let holder = |thing: &Resource| thing.text(attribute).map(str::to_owned);
    let home = facts
        .ours(Side::Standby, holders)
        .map(|holder| holder.id.clone());
    let [primary, standby] = Side::BOTH.map(|side| held(facts.all(side, kind), holder));
    fullest(&standby, &primary, &home.collect())
}

pub(super) fn subnets(facts: &Facts<'_>) -> Demand {
    in_holder(facts, Kind::Ec2Subnet, "vpc", Kind::Ec2Vpc)
}

/// The main route table counts, too.
pub(super) fn route_tables(facts: &Facts<'_>) -> Demand {
    in_holder(facts, Kind::Ec2RouteTable, "vpc", Kind::Ec2Vpc)
}

pub(super) fn network_acls(facts: &Facts<'_>) -> Demand {
    in_holder(facts, Kind::Ec2NetworkAcl, "vpc", Kind::Ec2Vpc)
}

pub(super) fn node_groups(facts: &Facts<'_>) -> Demand {
    in_holder(facts, Kind::EksNodeGroup, "cluster", Kind::EksCluster)
}

/// The states in which a NAT gateway counts (VPC user guide, "amazon-vpc-limits"); the API says `available` for active.
const COUNTED_STATES: [&str; 3] = ["pending", "available", "deleting"];

/// The quota is one of a zone. Its zones are those in which the estate has subnets.
pub(super) fn nat_gateways(facts: &Facts<'_>) -> Demand {
    let zone = |subnet: &Resource| subnet.text("zone").map(str::to_owned);
    let [primary, standby] = Side::BOTH.map(|side| {
        let gateways = facts.all(side, Kind::Ec2NatGateway);
        let there = gateways.filter(|gateway| {
            let state = gateway.text("state");
            state.is_some_and(|state| COUNTED_STATES.contains(&state))
        });
        held(there, |gateway| {
            let subnet = gateway.text("subnet").unwrap_or_default();
            zone(facts.find(side, Kind::Ec2Subnet, subnet)?)
        })
    });
    let home = facts.ours(Side::Standby, Kind::Ec2Subnet).filter_map(zone);
    fullest(&standby, &primary, &home.collect())
}

/// Only an application load balancer's listeners count.
pub(super) fn listeners(facts: &Facts<'_>) -> Demand {
    let [primary, standby] = Side::BOTH.map(|side| {
        held(facts.all(side, Kind::ElbListener), |listener| {
            let id = listener.text("load-balancer")?;
            let balancer = facts.find(side, Kind::ElbLoadBalancer, id)?;
            is_application(balancer).then(|| id.to_owned())
        })
    });
    fullest(&standby, &primary, &BTreeSet::new())
}

/// The largest of the estate's on either side: what the standby makes is made like the primary's.
fn largest(facts: &Facts<'_>, kind: Kind, weight: impl Fn(&Resource) -> u64) -> Demand {
    let most = |side| facts.ours(side, kind).map(&weight).max().unwrap_or(0);
    let now = most(Side::Standby);
    Demand {
        total: now.max(most(Side::Primary)),
        now,
    }
}

fn entries(thing: &Resource, attribute: &str) -> u64 {
    let list = thing.attributes.get(attribute).and_then(Value::as_array);
    list.map_or(0, |list| list.len() as u64)
}

pub(super) fn blocks(facts: &Facts<'_>) -> Demand {
    largest(facts, Kind::Ec2Vpc, |vpc| entries(vpc, "cidrs"))
}

/// Each direction, and IPv4 and IPv6 in it, have the whole quota; the default denials count (VPC user guide,
/// "amazon-vpc-limits").
pub(super) fn acl_rules(facts: &Facts<'_>) -> Demand {
    let fullest = |acl: &Resource| {
        let mut counts = BTreeMap::<(bool, bool), u64>::new();
        let rules = acl.attributes.get("entries").and_then(Value::as_array);
        for rule in rules.into_iter().flatten() {
            let is_six = rule["cidr"].as_str().is_some_and(|cidr| cidr.contains(':'));
            let is_outward = rule["egress"].as_bool() == Some(true);
            *counts.entry((is_outward, is_six)).or_default() += 1;
        }
        counts.into_values().max().unwrap_or(0)
    };
    largest(facts, Kind::Ec2NetworkAcl, fullest)
}

/// The kinds of which a member's network interface has the security groups that it names.
const ATTACHED: [Kind; 4] = [
    Kind::Ec2LaunchTemplate,
    Kind::Ec2Instance,
    Kind::ElbLoadBalancer,
    Kind::RdsInstance,
];

pub(super) fn groups_of_interface(facts: &Facts<'_>) -> Demand {
    let of_kind = |kind| largest(facts, kind, |thing| entries(thing, "security-groups"));
    let all = ATTACHED.map(of_kind);
    Demand {
        total: all.iter().map(|demand| demand.total).max().unwrap_or(0),
        now: all.iter().map(|demand| demand.now).max().unwrap_or(0),
    }
}

/// The replicas of one database. What is promoted is to have as many as the primary has.
pub(super) fn replicas(facts: &Facts<'_>) -> Demand {
    largest(facts, Kind::RdsInstance, |db| entries(db, "replicas"))
}

/// The nodes of one group: at their number after a failover.
pub(super) fn nodes(facts: &Facts<'_>) -> Demand {
    let desired = |group: &Resource| number(group, "desired").unwrap_or_default();
    let demand = largest(facts, Kind::EksNodeGroup, desired);
    let fleets = facts.fleets(Side::Standby);
    let fleets = fleets
        .iter()
        .filter(|fleet| fleet.group.kind == Kind::EksNodeGroup);
    let needed = fleets.map(|fleet| fleet.needed).max().unwrap_or(0);
    Demand {
        total: demand.total.max(needed),
        ..demand
    }
}

/// The targets of a target group after a failover: what is registered, or the whole fleet that registers itself there.
fn targets_of(facts: &Facts<'_>, group: &Resource) -> u64 {
    let fleets = facts.fleets(Side::Standby);
    let registered = fleets.iter().filter(|fleet| {
        let groups = fleet.group.texts("target-groups");
        groups.contains(&group.id.as_str())
    });
    let members = registered
        .map(|fleet| fleet.needed.max(fleet.members))
        .sum();
    entries(group, "targets").max(members)
}

/// The targets of the fullest group, or of the fullest balancer, on either side.
fn most_targets(facts: &Facts<'_>, holders: impl Fn(Side, &Resource) -> Vec<String>) -> Demand {
    let most = |side, count: &dyn Fn(&Resource) -> u64| {
        let mut sums = BTreeMap::<String, u64>::new();
        for group in facts.ours(side, Kind::ElbTargetGroup) {
            for holder in holders(side, group) {
                *sums.entry(holder).or_default() += count(group);
            }
        }
        sums.into_values().max().unwrap_or(0)
    };
    let registered = |group: &Resource| entries(group, "targets");
    let later = |group: &Resource| targets_of(facts, group);
    let total = most(Side::Standby, &later).max(most(Side::Primary, &registered));
    Demand {
        total,
        now: most(Side::Standby, &registered),
    }
}

pub(super) fn targets_of_group(facts: &Facts<'_>) -> Demand {
    most_targets(facts, |_, group| vec![group.id.clone()])
}

/// A target of several groups of a balancer counts several times, as it does of a network load balancer (Elastic Load Balancing
/// user guide, "load-balancer-limits").
pub(super) fn targets_of_balancer(facts: &Facts<'_>) -> Demand {
    most_targets(facts, |side, group| {
        let balancers = group.texts("load-balancers").into_iter();
        let application = balancers.filter(|id| {
            let balancer = facts.find(side, Kind::ElbLoadBalancer, id);
            balancer.is_some_and(is_application)
        });
        application.map(str::to_owned).collect()
    })
}
