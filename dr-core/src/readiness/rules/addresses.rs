//! Free addresses of the subnets that the standby's fleets stand in.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use super::super::facts::number;
use super::super::fleet::{Fleet, has_made};
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, Resource, ResourceKind as Kind, RuleDoc, Settings, Severity, Subject};

/// A member of a fleet takes an address at the least.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "addresses-too-few",
        Family::Network,
        Severity::Blocking,
        [
            "the subnets of the standby's fleets have fewer free addresses than the failed-over fleets need",
            "Each machine takes an address, a node of EKS several more for its pods: without a free one none starts. Two sums are made. \
             Free addresses must reach for the members that a failover adds, one each. And what a network declares in `addresses` must \
             be free or the fleets' already: the size of each subnet, less the five that AWS keeps of it, less what others are seen to \
             have there (machines of no fleet, NAT gateways and load balancers, one each).",
            "give the fleet larger subnets at the standby, or free addresses there",
            "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
        ],
    ),
    needs: &[
        Need::all(Where::Standby, Kind::AutoscalingGroup, &[]),
        Need::all(Where::Standby, Kind::EksNodeGroup, &[]),
        Need::all(Where::Standby, Kind::Ec2Subnet, &["free-addresses", "cidr"]),
        Need::all(Where::Standby, Kind::Ec2Instance, &["subnet"]),
        Need::all(Where::Standby, Kind::Ec2NatGateway, &["subnet"]),
        Need::all(Where::Standby, Kind::ElbLoadBalancer, &["subnets"]),
    ],
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Outcome> {
    let fleets = facts.fleets(Side::Standby);
    if fleets.is_empty() {
        return vec![Outcome::Nothing(
            "the standby has no fleet and no node group of the estate".to_owned(),
        )];
    }
    let mut outcomes: Vec<Outcome> = sharing(&fleets)
        .iter()
        .map(|fleets| of_fleets(facts, fleets))
        .collect();
    outcomes.extend(declared(facts, &fleets));
    outcomes
}

/// Fleets that share a subnet draw from the same addresses.
fn sharing<'f, 'a>(fleets: &'f [Fleet<'a>]) -> Vec<Vec<&'f Fleet<'a>>> {
    let mut groups: Vec<Vec<&Fleet<'_>>> = Vec::new();
    for fleet in fleets {
        let shares = |group: &Vec<&Fleet<'_>>| {
            group
                .iter()
                .any(|other| other.subnets.iter().any(|id| fleet.subnets.contains(id)))
        };
        let (with, without): (Vec<_>, Vec<_>) = groups.into_iter().partition(shares);
        groups = without;
        let mut all: Vec<&Fleet<'_>> = with.into_iter().flatten().collect();
        all.push(fleet);
        groups.push(all);
    }
    groups
}

/// Free addresses of subnets, and those of which it is not known.
fn free(
    facts: &Facts<'_>,
    subnets: &BTreeSet<&str>,
) -> Result<(u64, BTreeMap<String, u64>), String> {
    let mut each = BTreeMap::new();
    for id in subnets {
        let subnet = facts.find(Side::Standby, Kind::Ec2Subnet, id);
        let count = subnet.and_then(|subnet| number(subnet, "free-addresses"));
        each.insert((*id).to_owned(), count.ok_or_else(|| (*id).to_owned())?);
    }
    Ok((each.values().sum(), each))
}

fn of_fleets(facts: &Facts<'_>, fleets: &[&Fleet<'_>]) -> Outcome {
    let subnets: BTreeSet<&str> = fleets
        .iter()
        .flat_map(|f| f.subnets.iter().copied())
        .collect();
    let names: Vec<&str> = fleets
        .iter()
        .map(|fleet| fleet.component.as_str())
        .collect();
    let needed: u64 = fleets.iter().map(|fleet| fleet.to_come()).sum();
    match free(facts, &subnets) {
        Err(subnet) => unread(&subnet),
        Ok((free, _)) if free >= needed => Outcome::Holds(format!(
            "{}: {needed} more members, {free} free addresses",
            names.join(" and ")
        )),
        Ok((free, each)) => Found::of(
            fleets[0].group,
            format!(
                "{needed} more members of {} are needed after a failover, and {free} addresses are free",
                names.join(" and ")
            ),
        )
        .value(facts.standby(), "free-addresses", serde_json::json!(each))
        .into(),
    }
}

/// Addresses that AWS keeps of each subnet (VPC user guide, "subnet-sizing").
const KEPT: u64 = 5;

/// Addresses of subnets that others than the fleets are seen to have: a machine, a gateway and a balancer take one in each subnet that
/// they stand in, at the least.
fn of_others(facts: &Facts<'_>, fleets: &[Fleet<'_>], subnets: &BTreeSet<&str>) -> u64 {
    let is_of_fleet =
        |machine: &Resource| fleets.iter().any(|fleet| has_made(fleet.group, machine));
    let machines = facts.all(Side::Standby, Kind::Ec2Instance);
    let machines = machines.filter(|machine| !is_of_fleet(machine));
    let gateways = facts.all(Side::Standby, Kind::Ec2NatGateway);
    let gateways = gateways.filter(|gateway| gateway.text("state") != Some("deleted"));
    let balancers = facts.all(Side::Standby, Kind::ElbLoadBalancer);
    let places = machines
        .chain(gateways)
        .filter_map(|thing| thing.text("subnet"))
        .chain(balancers.flat_map(|balancer| balancer.texts("subnets")));
    places
        .filter(|subnet| subnets.contains(subnet))
        .fold(0, |count, _| count + 1)
}

/// How many addresses subnets have that machines can take; `Err`: of which it does not stand in the scan.
fn sized(facts: &Facts<'_>, subnets: &BTreeSet<&str>) -> Result<u64, String> {
    let mut total: u64 = 0;
    for id in subnets {
        let subnet = facts.find(Side::Standby, Kind::Ec2Subnet, id);
        let block = subnet.and_then(|subnet| subnet.text("cidr")?.parse::<Ipv4Net>().ok());
        let block = block.ok_or_else(|| (*id).to_owned())?;
        total += (1_u64 << (32 - block.prefix_len())).saturating_sub(KEPT);
    }
    Ok(total)
}

/// What the estate declares for a network that the fleets stand in. What a fleet's machines and pods have taken already is not free,
/// and is what was declared: only what others have is lost to it.
fn declared(facts: &Facts<'_>, fleets: &[Fleet<'_>]) -> Vec<Outcome> {
    let subnets: BTreeSet<&str> = fleets
        .iter()
        .flat_map(|f| f.subnets.iter().copied())
        .collect();
    let others = of_others(facts, fleets, &subnets);
    let networks = facts.estate.components.values().filter_map(|component| {
        let Settings::Network(network) = &component.settings else {
            return None;
        };
        Some((&component.id, u64::from(network.addresses)))
    });
    let outcomes = networks.map(|(component, declared)| {
        let (size, (free, each)) = match (sized(facts, &subnets), free(facts, &subnets)) {
            (Ok(size), Ok(free)) => (size, free),
            (Err(subnet), _) | (_, Err(subnet)) => return unread(&subnet),
        };
        let sum = format!("{size} of their subnets, {free} free, {others} in use by others");
        if size.saturating_sub(others) >= declared {
            return Outcome::Holds(format!("{component}: {declared} addresses declared, {sum}"));
        }
        Found::new(
            Subject::Placed(component.clone(), facts.standby().clone()),
            format!("the estate declares {declared} addresses for the fleets, and there are {sum}"),
        )
        .value(facts.standby(), "free-addresses", serde_json::json!(each))
        .into()
    });
    outcomes.collect()
}

fn unread(subnet: &str) -> Outcome {
    Outcome::unclear(
        format!("how many addresses {subnet} has, or has free, does not stand in the scan"),
        "dr discover",
    )
}
