//! The networks of both sites, and the way out of the standby's.

use ipnet::IpNet;
use serde_json::Value;

use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, Resource, ResourceKind as Kind, RuleDoc, Severity, Subject};

/// The way out.
pub(super) const EGRESS: Rule = Rule {
    doc: RuleDoc::new(
        "egress-missing",
        Family::Network,
        Severity::Blocking,
        [
            "a subnet of the standby's fleets has no way out, and the primary's have one",
            "Machines start and reach nothing: no packages, no images, no interface of AWS. They never become healthy.",
            "give the subnet's route table a default route through a NAT or internet gateway that is available",
            "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html",
        ],
    ),
    needs: &[
        Need::all(Where::Both, Kind::AutoscalingGroup, &[]),
        Need::all(Where::Both, Kind::EksNodeGroup, &[]),
        Need::all(Where::Both, Kind::Ec2Subnet, &["vpc"]),
        Need::all(
            Where::Both,
            Kind::Ec2RouteTable,
            &["routes", "subnets", "main"],
        ),
        Need::all(Where::Standby, Kind::Ec2NatGateway, &["state"]),
        Need::all(Where::Standby, Kind::Ec2InternetGateway, &[]),
    ],
    check: egress,
};

/// The same addresses on both sites.
pub(super) const OVERLAP: Rule = Rule {
    doc: RuleDoc::new(
        "networks-overlap",
        Family::Network,
        Severity::Slowing,
        [
            "the networks of the two sites overlap",
            "They can never be connected: no peering, no replication over private addresses, no reaching of the old primary from the new one.",
            "renumber the standby's network while it carries nothing",
            "https://docs.aws.amazon.com/vpc/latest/peering/create-vpc-peering-connection.html",
        ],
    ),
    needs: &[Need::all(Where::Both, Kind::Ec2Vpc, &["cidrs"])],
    check: overlap,
};

/// What leads to everywhere.
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// How a subnet reaches what is outside its network.
enum WayOut {
    /// Through this.
    Through(String),
    /// Through something that does not work: what, and why.
    Dead(String),
    /// Through something that was not seen.
    Gone(String),
    /// Not at all.
    None,
    /// Its route table was not seen.
    Unseen,
}

fn egress(facts: &Facts<'_>) -> Vec<Outcome> {
    let subnets = |side| {
        let mut ids: Vec<&str> = facts
            .fleets(side)
            .into_iter()
            .flat_map(|fleet| fleet.subnets)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let primary_goes_out = subnets(Side::Primary).iter().any(|id| {
        !matches!(
            way_out(facts, Side::Primary, id),
            WayOut::None | WayOut::Unseen
        )
    });
    let mut outcomes: Vec<Outcome> = subnets(Side::Standby)
        .into_iter()
        .map(|id| of_subnet(facts, id, primary_goes_out))
        .collect();
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "the standby has no fleet of the estate".to_owned(),
        ));
    }
    outcomes
}

fn of_subnet(facts: &Facts<'_>, id: &str, primary_goes_out: bool) -> Outcome {
    let subnet = facts.find(Side::Standby, Kind::Ec2Subnet, id);
    let name = subnet
        .and_then(|subnet| subnet.name.as_deref())
        .unwrap_or(id);
    let found = |message: String| {
        let subject = Subject::Resource {
            component: subnet.and_then(|subnet| subnet.component.clone()),
            kind: Kind::Ec2Subnet,
            name: name.to_owned(),
        };
        Found::new(subject, message).value(facts.standby(), "way-out", id)
    };
    match way_out(facts, Side::Standby, id) {
        WayOut::Through(what) => Outcome::Holds(format!("{name}: {what}")),
        WayOut::Dead(why) => found(format!("its way out is {why}")).into(),
        WayOut::Gone(what) => found(format!("its way out is {what}, which is not there"))
            .absent()
            .into(),
        WayOut::None if primary_goes_out => {
            found("it has no default route".to_owned()).absent().into()
        }
        WayOut::None => Outcome::Holds(format!("{name} has no way out, and nor has the primary's")),
        WayOut::Unseen => Outcome::unclear(
            format!("the route table of {name} does not stand in the scan"),
            "dr discover",
        ),
    }
}

/// The table of a subnet is its own, or the main one of its network (VPC user guide, "RouteTables").
fn table<'a>(facts: &Facts<'a>, side: Side, subnet: &str) -> Option<&'a Resource> {
    let mut tables = facts.all(side, Kind::Ec2RouteTable);
    let own = tables.find(|table| table.texts("subnets").contains(&subnet));
    own.or_else(|| {
        let vpc = facts.find(side, Kind::Ec2Subnet, subnet)?.text("vpc")?;
        let mut tables = facts.all(side, Kind::Ec2RouteTable);
        tables.find(|table| {
            table.text("vpc") == Some(vpc) && super::super::facts::flag(table, "main") == Some(true)
        })
    })
}

fn way_out(facts: &Facts<'_>, side: Side, subnet: &str) -> WayOut {
    let Some(table) = table(facts, side, subnet) else {
        return WayOut::Unseen;
    };
    let routes = table.attributes.get("routes").and_then(Value::as_array);
    let mut found = WayOut::None;
    for route in routes.into_iter().flatten() {
        let text = |key: &str| route.get(key).and_then(Value::as_str).unwrap_or_default();
        if !EVERYWHERE.contains(&text("destination")) {
            continue;
        }
        let what = format!("{} {}", text("through"), text("target"));
        if text("state") == "blackhole" {
            found = WayOut::Dead(format!("{what}, which is gone"));
            continue;
        }
        match state(facts, side, text("through"), text("target")) {
            Some("available") => return WayOut::Through(what),
            Some(state) => found = WayOut::Dead(format!("{what}, which is {state}")),
            None => found = WayOut::Gone(what),
        }
    }
    found
}

/// How the thing is that a route leads to; `None` where it was not seen. What a scan does not read is taken for available.
fn state<'a>(facts: &Facts<'a>, side: Side, through: &str, target: &str) -> Option<&'a str> {
    match through {
        "nat-gateway" => facts.find(side, Kind::Ec2NatGateway, target)?.text("state"),
        "gateway" if target.starts_with("igw-") => facts
            .find(side, Kind::Ec2InternetGateway, target)
            .map(|_| "available"),
        _ => Some("available"),
    }
}

fn overlap(facts: &Facts<'_>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for there in facts.ours(Side::Primary, Kind::Ec2Vpc) {
        for here in facts.ours(Side::Standby, Kind::Ec2Vpc) {
            outcomes.push(of_networks(facts, there, here));
        }
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "the estate has no network on both sites".to_owned(),
        ));
    }
    outcomes
}

fn blocks(vpc: &Resource) -> Vec<IpNet> {
    let mut blocks = vpc.texts("cidrs");
    blocks.extend(vpc.text("cidr"));
    blocks.extend(vpc.texts("ipv6-cidrs"));
    blocks
        .into_iter()
        .filter_map(|block| block.parse().ok())
        .collect()
}

fn of_networks(facts: &Facts<'_>, there: &Resource, here: &Resource) -> Outcome {
    let (primary, standby) = (blocks(there), blocks(here));
    let pairs = primary
        .iter()
        .flat_map(|a| standby.iter().map(move |b| (a, b)));
    let mut meeting = pairs.filter(|(a, b)| a.contains(*b) || b.contains(*a));
    match meeting.next() {
        Some((a, b)) => Found::of(
            here,
            format!("{b} overlaps with {a} of {}", facts.site(Side::Primary)),
        )
        .at(facts.site(Side::Primary), there, "cidrs")
        .at(facts.standby(), here, "cidrs")
        .into(),
        None if primary.is_empty() || standby.is_empty() => Outcome::unclear(
            format!("the addresses of {} do not stand in the scan", here.id),
            "dr discover",
        ),
        None => Outcome::Holds(format!(
            "{} and {} have no address in common",
            there.id, here.id
        )),
    }
}
