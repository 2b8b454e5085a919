//! Instance types, as they are offered in the zones that are used.

use std::collections::BTreeSet;

use super::super::fleet::Fleet;
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, ResourceKind as Kind, RuleDoc, Severity, Subject};

/// A fleet that is declared and not there.
pub(super) const MISSING: Rule = Rule {
    doc: RuleDoc::new(
        "fleet-missing",
        Family::Compute,
        Severity::Blocking,
        [
            "a fleet of the estate has no group at the standby",
            "A failover scales a group up; it makes none.",
            "apply the standby's stack, or correct the binding of the fleet",
            "https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-groups.html",
        ],
    ),
    needs: &[
        Need::all(Where::Standby, Kind::AutoscalingGroup, &["tags"]),
        Need::all(Where::Standby, Kind::EksNodeGroup, &["tags"]),
    ],
    check: missing,
};

fn missing(facts: &Facts<'_>) -> Vec<Outcome> {
    let seen = facts
        .fleets(Side::Standby)
        .into_iter()
        .map(|fleet| Outcome::Holds(format!("{}: {}", fleet.component, fleet.group.id)));
    let unseen = facts
        .fleets_unseen(Side::Standby)
        .into_iter()
        .map(|component| {
            let subject = Subject::Placed(component.clone(), facts.standby().clone());
            let found = Found::new(subject, "it has no Auto Scaling group or node group there");
            found.absent().into()
        });
    let mut outcomes: Vec<Outcome> = seen.chain(unseen).collect();
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing("the estate has no fleet".to_owned()));
    }
    outcomes
}

/// An instance type that a zone of the standby's fleet does not offer.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "type-not-offered",
        Family::Compute,
        Severity::Blocking,
        [
            "the standby's fleet uses an instance type that a zone of its subnets does not offer",
            "Auto Scaling cannot start a machine there: a region offers a type, and one of its zones may not. Where no zone of the fleet \
             offers any of its types nothing starts; where one offers none, all members stand in the others; a mixed group starts the \
             types that are offered.",
            "use a type that all zones of the fleet's subnets offer, or subnets in zones that offer it",
            "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html",
        ],
    ),
    needs: &[
        Need::all(Where::Standby, Kind::AutoscalingGroup, &[]),
        Need::all(Where::Standby, Kind::EksNodeGroup, &[]),
        Need::all(Where::Standby, Kind::Ec2LaunchTemplate, &["instance-type"]),
        Need::all(Where::Standby, Kind::Ec2Subnet, &["zone-id"]),
        Need::all(Where::Standby, Kind::Ec2TypeOffering, &["zone-ids"]),
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
    fleets
        .iter()
        .flat_map(|fleet| of_fleet(facts, fleet))
        .collect()
}

fn of_fleet(facts: &Facts<'_>, fleet: &Fleet<'_>) -> Vec<Outcome> {
    let subnets = fleet
        .subnets
        .iter()
        .filter_map(|id| facts.find(Side::Standby, Kind::Ec2Subnet, id));
    let zones: BTreeSet<&str> = subnets
        .filter_map(|subnet| subnet.text("zone-id"))
        .collect();
    if fleet.types.is_empty() || zones.is_empty() {
        return vec![Outcome::unclear(
            format!(
                "what {} starts, or in which zones, does not stand in the scan",
                fleet.group.id
            ),
            "give the group a launch template with an instance type, and subnets",
        )];
    }
    let mut outcomes = Vec::new();
    let mut covered = BTreeSet::new();
    let mut lacking = Vec::new();
    for name in &fleet.types {
        let Some(offer) = facts.find(Side::Standby, Kind::Ec2TypeOffering, name) else {
            outcomes.push(Outcome::unclear(
                format!("which zones offer {name} was not asked"),
                "dr discover",
            ));
            continue;
        };
        let offered: BTreeSet<&str> = offer.texts("zone-ids").into_iter().collect();
        covered.extend(zones.intersection(&offered).copied());
        let without: Vec<&str> = zones.difference(&offered).copied().collect();
        if without.is_empty() {
            let zones: Vec<&str> = zones.iter().copied().collect();
            let what = format!("{}: {name} in {}", fleet.component, zones.join(", "));
            outcomes.push(Outcome::Holds(what));
        } else {
            lacking.push((*name, without));
        }
    }
    let is_known = outcomes.iter().all(|o| matches!(o, Outcome::Holds(_)));
    let severity = match covered.len() {
        0 if is_known => Severity::Blocking,
        // A type that was not asked may be offered everywhere.
        covered if covered < zones.len() => Severity::Slowing,
        _ => Severity::Notice,
    };
    let found = lacking.into_iter().map(|(name, without)| {
        let message = format!("{name} is not offered in {}", without.join(", "));
        Found::of(fleet.group, message)
            .value(facts.standby(), name, without)
            .only(severity)
            .into()
    });
    outcomes.extend(found);
    outcomes
}
