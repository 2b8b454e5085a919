//! Free addresses of the subnets that the standby's fleets stand in.

use std::collections::{BTreeMap, BTreeSet};

use super::super::facts::number;
use super::super::fleet::Fleet;
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, ResourceKind as Kind, RuleDoc, Settings, Severity, Subject};

/// A member of a fleet takes an address at the least.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "addresses-too-few",
        Family::Network,
        Severity::Blocking,
        [
            "the subnets of the standby's fleets have fewer free addresses than the failed-over fleets need",
            "Each machine takes an address, a node of EKS several more for its pods: without a free one none starts. AWS keeps five of \
             each subnet, which do not count as free.",
            "give the fleet larger subnets at the standby, or free addresses there",
            "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
        ],
    ),
    needs: &[
        Need::all(Where::Standby, Kind::AutoscalingGroup, &[]),
        Need::all(Where::Standby, Kind::EksNodeGroup, &[]),
        Need::all(Where::Standby, Kind::Ec2Subnet, &["free-addresses"]),
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

/// What the estate declares for a network that the fleets stand in.
fn declared(facts: &Facts<'_>, fleets: &[Fleet<'_>]) -> Vec<Outcome> {
    let subnets: BTreeSet<&str> = fleets
        .iter()
        .flat_map(|f| f.subnets.iter().copied())
        .collect();
    let used: u64 = fleets.iter().map(|fleet| fleet.members).sum();
    let networks = facts.estate.components.values().filter_map(|component| {
        let Settings::Network(network) = &component.settings else {
            return None;
        };
        Some((&component.id, u64::from(network.addresses)))
    });
    let outcomes = networks.map(|(component, declared)| match free(facts, &subnets) {
        Err(subnet) => unread(&subnet),
        Ok((free, _)) if free + used >= declared => Outcome::Holds(format!(
            "{component}: {declared} addresses declared, {free} free and {used} in use by the fleets"
        )),
        Ok((free, each)) => Found::new(
            Subject::Placed(component.clone(), facts.standby().clone()),
            format!(
                "the estate declares {declared} addresses for the fleets, and {free} are free beside the {used} in use"
            ),
        )
        .value(facts.standby(), "free-addresses", serde_json::json!(each))
        .into(),
    });
    outcomes.collect()
}

fn unread(subnet: &str) -> Outcome {
    Outcome::unclear(
        format!("how many addresses {subnet} has free does not stand in the scan"),
        "dr discover",
    )
}
