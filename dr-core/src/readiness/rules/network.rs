//! The networks of both sites, and the way out of the standby's.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::Value;

use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{
    Binding, ComponentId, Family, Resource, ResourceKind as Kind, RuleDoc, Settings, Severity,
    Subject,
};

/// The way out.
pub(super) const EGRESS: Rule = Rule {
    doc: RuleDoc::new(
        "egress-missing",
        Family::Network,
        Severity::Blocking,
        [
            "a subnet of the standby's fleets has no way out over IPv4 or IPv6, and the primary's have one",
            "Machines start and reach nothing: no packages, no images, no interface of AWS. They never become healthy. A private NAT \
             gateway leads to other networks only.",
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
        Need::all(
            Where::Both,
            Kind::Ec2NatGateway,
            &["state", "failure", "connectivity", "subnet"],
        ),
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

/// As many zones as the estate declares.
pub(super) const ZONES: Rule = Rule {
    doc: RuleDoc::new(
        "zones-too-few",
        Family::Network,
        Severity::Blocking,
        [
            "a network of the standby has subnets in fewer zones than the estate declares",
            "A failover checks the network before it begins, and does not begin. What served from fewer zones would fall with one of them.",
            "give the network a subnet in another zone, or declare fewer `zones` for the component",
            "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_fault_isolation_multiaz_region_system.html",
        ],
    ),
    needs: &[Need::all(
        Where::Standby,
        Kind::Ec2Subnet,
        &["vpc", "zone-id"],
    )],
    check: zones,
};

/// Addresses of one kind: what leads to all of them, and how a finding about them is told from one about the others.
struct AddressFamily {
    name: &'static str,
    everywhere: &'static str,
    attribute: &'static str,
}

const FAMILIES: [AddressFamily; 2] = [
    AddressFamily {
        name: "IPv4",
        everywhere: "0.0.0.0/0",
        attribute: "way-out",
    },
    AddressFamily {
        name: "IPv6",
        everywhere: "::/0",
        attribute: "way-out-ipv6",
    },
];

/// How a subnet reaches what is outside its network.
enum WayOut {
    /// Through this.
    Through(String),
    /// Through something that does not work: what, and why.
    Dead(String),
    /// Through something that was not seen.
    Gone(String),
    /// Through something that leads to other networks, and not to the internet.
    Inward(String),
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
    let there = subnets(Side::Primary);
    let goes_out = |family: &AddressFamily| {
        there.iter().any(|id| {
            !matches!(
                way_out(facts, Side::Primary, id, family),
                WayOut::None | WayOut::Inward(_) | WayOut::Unseen
            )
        })
    };
    let demanded = FAMILIES.map(|family| {
        let is_demanded = goes_out(&family);
        (family, is_demanded)
    });
    let mut outcomes: Vec<Outcome> = subnets(Side::Standby)
        .into_iter()
        .flat_map(|id| of_subnet(facts, id, &demanded))
        .collect();
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "the standby has no fleet of the estate".to_owned(),
        ));
    }
    outcomes
}

/// Each family that the primary's fleets go out over, or that the subnet itself has a route for.
fn of_subnet(facts: &Facts<'_>, id: &str, demanded: &[(AddressFamily, bool)]) -> Vec<Outcome> {
    let subnet = facts.find(Side::Standby, Kind::Ec2Subnet, id);
    let name = subnet
        .and_then(|subnet| subnet.name.as_deref())
        .unwrap_or(id);
    if table(facts, Side::Standby, id).is_none() {
        return vec![Outcome::unclear(
            format!("the route table of {name} does not stand in the scan"),
            "dr discover",
        )];
    }
    let mut outcomes = Vec::new();
    for (family, is_demanded) in demanded {
        let found = |message: String| {
            let subject = Subject::Resource {
                component: subnet.and_then(|subnet| subnet.component.clone()),
                kind: Kind::Ec2Subnet,
                name: name.to_owned(),
            };
            Found::new(subject, message).value(facts.standby(), family.attribute, id)
        };
        let over = family.name;
        outcomes.push(match way_out(facts, Side::Standby, id, family) {
            WayOut::Through(what) => Outcome::Holds(format!("{name}: {what} over {over}")),
            WayOut::Dead(why) => found(format!("its way out over {over} is {why}")).into(),
            WayOut::Gone(what) => found(format!(
                "its way out over {over} is {what}, which is not there"
            ))
            .absent()
            .into(),
            WayOut::Inward(what) if *is_demanded => {
                found(format!("its way out over {over} is {what}")).into()
            }
            WayOut::None if *is_demanded => found(format!("it has no default route over {over}"))
                .absent()
                .into(),
            WayOut::Inward(_) | WayOut::None | WayOut::Unseen => continue,
        });
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Holds(format!(
            "{name} has no way out, and nor has the primary's"
        )));
    }
    outcomes
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

/// The default route of a subnet, in one family of addresses: through what, to which target, in which state.
fn default_route<'a>(table: &'a Resource, family: &AddressFamily) -> Option<[&'a str; 3]> {
    let routes = table.attributes.get("routes").and_then(Value::as_array);
    let text = |route: &'a Value, key: &str| route.get(key).and_then(Value::as_str);
    let mut routes = routes.into_iter().flatten();
    let route = routes.find(|route| text(route, "destination") == Some(family.everywhere))?;
    Some(["through", "target", "state"].map(|key| text(route, key).unwrap_or_default()))
}

fn way_out(facts: &Facts<'_>, side: Side, subnet: &str, family: &AddressFamily) -> WayOut {
    let Some(table) = table(facts, side, subnet) else {
        return WayOut::Unseen;
    };
    let Some([through, target, state]) = default_route(table, family) else {
        return WayOut::None;
    };
    let what = format!("{through} {target}");
    if state == "blackhole" {
        return WayOut::Dead(format!("{what}, which is gone"));
    }
    match through {
        "nat-gateway" => match facts.find(side, Kind::Ec2NatGateway, target) {
            Some(gateway) => through_nat(facts, side, gateway, what, family),
            None => WayOut::Gone(what),
        },
        "gateway" if target.starts_with("igw-") => {
            match facts.find(side, Kind::Ec2InternetGateway, target) {
                Some(_) => WayOut::Through(what),
                None => WayOut::Gone(what),
            }
        }
        // What a scan does not read is taken for available.
        _ => WayOut::Through(what),
    }
}

/// What leads from one network to another, where a way out may be shared: what a private NAT gateway can be routed to (VPC user guide,
/// "vpc-nat-gateway"). What it sends to an internet gateway is dropped.
const ONWARD: [&str; 3] = ["transit-gateway", "core-network", "peering"];

fn through_nat(
    facts: &Facts<'_>,
    side: Side,
    gateway: &Resource,
    what: String,
    family: &AddressFamily,
) -> WayOut {
    match gateway.text("state") {
        Some("available") => {}
        state => {
            let why = gateway.text("failure");
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            let state = state.unwrap_or("in a state that nobody read");
            return WayOut::Dead(format!("{what}, which is {state}{why}"));
        }
    }
    if gateway.text("connectivity") != Some("private") {
        return WayOut::Through(what);
    }
    let own = gateway.text("subnet").unwrap_or_default();
    let next = table(facts, side, own).and_then(|table| default_route(table, family));
    match next {
        Some([through, target, state])
            if state != "blackhole"
                && (ONWARD.contains(&through) || target.starts_with("vgw-")) =>
        {
            WayOut::Through(format!("{what}, then {through} {target}"))
        }
        _ => WayOut::Inward(format!(
            "{what}, which is private: the internet is not behind it"
        )),
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

fn zones(facts: &Facts<'_>) -> Vec<Outcome> {
    let networks = facts.estate.components.values();
    let networks = networks.filter_map(|component| match &component.settings {
        Settings::Network(network) => Some((&component.id, network.zones)),
        _ => None,
    });
    let outcomes: Vec<Outcome> = networks
        .map(|(component, declared)| of_network(facts, component, declared))
        .collect();
    if outcomes.is_empty() {
        return vec![Outcome::Nothing("the estate has no network".to_owned())];
    }
    outcomes
}

/// By their ids: letters of zones differ between accounts.
fn of_network(facts: &Facts<'_>, component: &ComponentId, declared: u32) -> Outcome {
    let bound = match facts.estate.binding(component, facts.standby()) {
        Some(Binding::Vpc(bound)) => Some(bound.vpc.as_str()),
        _ => None,
    };
    let subnets: Vec<&Resource> = facts
        .all(Side::Standby, Kind::Ec2Subnet)
        .filter(|subnet| match bound {
            Some(vpc) => subnet.text("vpc") == Some(vpc),
            None => subnet.component.as_ref() == Some(component),
        })
        .collect();
    let ids: Vec<Option<&str>> = subnets
        .iter()
        .map(|subnet| subnet.text("zone-id"))
        .collect();
    let zones: BTreeSet<&str> = ids.iter().flatten().copied().collect();
    let names: Vec<&str> = zones.iter().copied().collect();
    if zones.len() >= declared as usize {
        return Outcome::Holds(format!(
            "{component}: {declared} zones declared, {} used: {}",
            zones.len(),
            names.join(", ")
        ));
    }
    if ids.contains(&None) {
        return Outcome::unclear(
            format!("the zone of a subnet of {component} does not stand in the scan"),
            "dr discover",
        );
    }
    let subject = Subject::Placed(component.clone(), facts.standby().clone());
    let told = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    Found::new(
        subject,
        format!(
            "the estate declares {declared} zones, and its subnets there stand in {} ({told})",
            zones.len()
        ),
    )
    .value(facts.standby(), "zones", names)
    .absent()
    .into()
}
