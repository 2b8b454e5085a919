//! Operators on rules, routes, blocks of addresses and sizes, and on what points to what.

mod pointing;

use dr_core::model::ResourceKind as Kind;
use dr_core::sim::Dice;
use serde_json::{Value, json};

use super::super::Twins;
use super::{Change, Operator, draw, id, of};

/// A list of objects of a drawn thing.
fn list<'t>(
    twins: &'t mut Twins,
    side: usize,
    (kind, ends, attribute): (Kind, &str, &str),
    dice: &mut Dice,
) -> Option<(String, &'t mut Vec<Value>)> {
    let role = draw(twins, side, kind, ends, dice)?;
    let thing = twins.thing(side, &role)?;
    let list = thing
        .resource
        .attributes
        .entry(attribute.to_owned())
        .or_insert_with(|| json!([]));
    Some((role, list.as_array_mut()?))
}

fn ingress<'t>(
    twins: &'t mut Twins,
    side: usize,
    which: &str,
    dice: &mut Dice,
) -> Option<(String, &'t mut Vec<Value>)> {
    list(
        twins,
        side,
        (Kind::Ec2SecurityGroup, which, "ingress"),
        dice,
    )
}

/// The rules whose peer is of a kind.
fn with<'r>(rules: &'r mut [Value], peer: &str) -> Option<&'r mut Value> {
    rules.iter_mut().find(|rule| rule.get(peer).is_some())
}

const REFUSED: [&[&str]; 2] = [
    &["traffic-admitted-only-at-standby"],
    &["traffic-refused-at-standby"],
];
const ADMITTED: [&[&str]; 2] = [
    &["traffic-refused-at-standby"],
    &["traffic-admitted-only-at-standby"],
];
/// A change that takes something away and adds something else.
const EITHER: [&[&str]; 2] = [
    &["traffic-refused-at-standby"],
    &["traffic-refused-at-standby"],
];

type Do = fn(&mut Twins, usize, &mut Dice) -> Option<Vec<String>>;
/// Name, kind, codes and whether it blocks by side, and what it does.
type Row = (
    &'static str,
    Kind,
    [&'static [&'static str]; 2],
    [bool; 2],
    Do,
);

fn groups() -> Vec<Row> {
    use Kind::Ec2SecurityGroup as Group;
    vec![
        (
            "rule for another group gone",
            Group,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, rules) = ingress(twins, side, "group/database", dice)?;
                rules.remove(0);
                Some(vec![role])
            },
        ),
        (
            "all rules gone",
            Group,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, rules) = ingress(twins, side, "group/app", dice)?;
                rules.clear();
                Some(vec![role])
            },
        ),
        (
            "rule for IPv6 gone",
            Group,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, rules) = ingress(twins, side, "group/balancer", dice)?;
                rules.retain(|rule| rule["cidr"] != "::/0");
                Some(vec![role])
            },
        ),
        (
            "rule for pings gone",
            Group,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, rules) = ingress(twins, side, "group/app", dice)?;
                rules.retain(|rule| rule["protocol"] != "icmp");
                Some(vec![role])
            },
        ),
        (
            "rule for fewer addresses",
            Group,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, rules) = ingress(twins, side, "group/balancer", dice)?;
                with(rules, "cidr")?["cidr"] = json!("0.0.0.0/1");
                Some(vec![role])
            },
        ),
        (
            "rule for fewer ports",
            Group,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, rules) = ingress(twins, side, "group/app", dice)?;
                let rule = rules.iter_mut().find(|rule| rule["from-port"] == 9100)?;
                rule["to-port"] = json!(9105);
                Some(vec![role])
            },
        ),
        (
            "rule for all addresses",
            Group,
            ADMITTED,
            [true, false],
            |twins, side, dice| {
                let (role, rules) = ingress(twins, side, "group/database", dice)?;
                rules.push(json!({"protocol": "tcp", "from-port": 5432, "to-port": 5432, "cidr": "0.0.0.0/0"}));
                Some(vec![role])
            },
        ),
        (
            "rule in the quarantine",
            Group,
            ADMITTED,
            [true, false],
            |twins, side, dice| {
                let (role, rules) = ingress(twins, side, "group/quarantine", dice)?;
                rules.push(json!({"protocol": "tcp", "from-port": 5432, "to-port": 5432, "cidr": "10.0.0.0/8"}));
                Some(vec![role])
            },
        ),
        (
            "rule for the wrong group",
            Group,
            EITHER,
            [true, true],
            |twins, side, dice| {
                let (role, _) = ingress(twins, side, "group/database", dice)?;
                let wrong = id(twins, side, &format!("{}/group/balancer", of(&role)))?;
                let right = id(twins, side, &format!("{}/group/app", of(&role)))?;
                let thing = twins.thing(side, &role)?;
                let rules = thing
                    .resource
                    .attributes
                    .get_mut("ingress")?
                    .as_array_mut()?;
                rules
                    .iter_mut()
                    .find(|rule| rule["group"] == json!(right))?["group"] = json!(wrong);
                Some(vec![role])
            },
        ),
        (
            "rule for the wrong protocol",
            Group,
            EITHER,
            [true, true],
            |twins, side, dice| {
                let (role, rules) = ingress(twins, side, "group/cluster", dice)?;
                rules.iter_mut().find(|rule| rule["protocol"] == "udp")?["protocol"] = json!("tcp");
                // What is left of the other rule holds port 53 no more than before.
                Some(vec![role])
            },
        ),
        (
            "nothing may go out",
            Group,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, rules) = list(twins, side, (Group, "group/app", "egress"), dice)?;
                rules.clear();
                Some(vec![role])
            },
        ),
        (
            "out by TLS only",
            Group,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, rules) = list(twins, side, (Group, "group/app", "egress"), dice)?;
                *rules = vec![
                    json!({"protocol": "tcp", "from-port": 443, "to-port": 443, "cidr": "0.0.0.0/0"}),
                ];
                Some(vec![role])
            },
        ),
    ]
}

/// Writes one text instead of another, wherever it stands.
fn replace(value: &mut Value, before: &str, after: &str) {
    match value {
        Value::String(text) if text == before => after.clone_into(text),
        Value::Array(list) => list
            .iter_mut()
            .for_each(|value| replace(value, before, after)),
        Value::Object(map) => map
            .values_mut()
            .for_each(|value| replace(value, before, after)),
        _ => {}
    }
}

fn networks() -> Vec<Row> {
    use Kind::{Ec2NetworkAcl as Acl, Ec2RouteTable as Routes, Ec2Subnet as Subnet, Ec2Vpc as Vpc};
    const ROUTE: [&[&str]; 2] = [&["attribute-differs", "route-differs"], &["route-differs"]];
    vec![
        (
            "ACL that denies first",
            Acl,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, entries) = list(twins, side, (Acl, "data", "entries"), dice)?;
                entries.push(json!({"number": 50, "egress": false, "action": "deny", "protocol": "-1", "cidr": "0.0.0.0/0"}));
                Some(vec![role])
            },
        ),
        (
            "ACL without its way back",
            Acl,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, entries) = list(twins, side, (Acl, "data", "entries"), dice)?;
                entries.retain(|entry| entry["egress"] == false || entry["action"] == "deny");
                Some(vec![role])
            },
        ),
        (
            "ACL that allows all",
            Acl,
            ADMITTED,
            [true, false],
            |twins, side, dice| {
                let (role, entries) = list(twins, side, (Acl, "data", "entries"), dice)?;
                entries.push(json!({"number": 60, "egress": false, "action": "allow", "protocol": "-1", "cidr": "0.0.0.0/0"}));
                Some(vec![role])
            },
        ),
        (
            "default ACL that denies",
            Acl,
            REFUSED,
            [false, true],
            |twins, side, dice| {
                let (role, entries) = list(twins, side, (Acl, "default", "entries"), dice)?;
                entries.retain(|entry| entry["number"] != 100 || entry["egress"] == true);
                Some(vec![role])
            },
        ),
        (
            "route out gone",
            Routes,
            ROUTE,
            [false, true],
            |twins, side, dice| {
                let (role, routes) = list(twins, side, (Routes, "public", "routes"), dice)?;
                routes.retain(|route| route["destination"] != "0.0.0.0/0");
                Some(vec![role])
            },
        ),
        (
            "route that drops",
            Routes,
            [&["route-differs"]; 2],
            [true, true],
            |twins, side, dice| {
                let (role, routes) = list(twins, side, (Routes, "public", "routes"), dice)?;
                routes
                    .iter_mut()
                    .find(|route| route["destination"] == "0.0.0.0/0")?["state"] =
                    json!("blackhole");
                Some(vec![role])
            },
        ),
        (
            "private routes past the NAT",
            Routes,
            [&["route-differs"]; 2],
            [true, true],
            |twins, side, dice| {
                let ends = if twins.style.nat_each {
                    "private-0"
                } else {
                    "private"
                };
                let role = draw(twins, side, Routes, ends, dice)?;
                let gateway = id(twins, side, &format!("{}/igw", of(&role)))?;
                let routes = twins
                    .thing(side, &role)?
                    .resource
                    .attributes
                    .get_mut("routes")?
                    .as_array_mut()?;
                let route = routes
                    .iter_mut()
                    .find(|route| route["destination"] == "0.0.0.0/0")?;
                route["through"] = json!("gateway");
                route["target"] = json!(gateway);
                Some(vec![role])
            },
        ),
        (
            "route to an office",
            Routes,
            [&["route-differs"], &["attribute-differs"]],
            [true, false],
            |twins, side, dice| {
                let (role, routes) = list(twins, side, (Routes, "public", "routes"), dice)?;
                routes.push(json!({
                "destination": "192.168.0.0/16", "through": "transit-gateway", "target": "tgw-0a1b2c3d4e5f60718",
                "state": "active", "origin": "CreateRoute",
            }));
                Some(vec![role])
            },
        ),
        (
            "smaller subnet",
            Subnet,
            [&[], &["address-block-smaller"]],
            [false, false],
            |twins, side, dice| {
                let role = draw(twins, side, Subnet, "", dice)?;
                let attributes = &mut twins.thing(side, &role)?.resource.attributes;
                let smaller = attributes["cidr"].as_str()?.replace("/20", "/26");
                attributes.insert("cidr".to_owned(), json!(smaller));
                Some(vec![role])
            },
        ),
        (
            "NAT gateway in a private subnet",
            Kind::Ec2NatGateway,
            [&["subnet-not-associated"]; 2],
            [true, true],
            |twins, side, dice| {
                let role = draw(twins, side, Kind::Ec2NatGateway, "nat/0", dice)?;
                let private = id(twins, side, &format!("{}/subnet/private/0", of(&role)))?;
                let attributes = &mut twins.thing(side, &role)?.resource.attributes;
                attributes.insert("subnet".to_owned(), json!(private));
                Some(vec![role])
            },
        ),
        (
            "network with fewer addresses",
            Vpc,
            [&[], &["address-block-smaller"]],
            [false, false],
            |twins, side, dice| {
                if twins.style.data_tier {
                    // Its third row of subnets stands in the second half.
                    return None;
                }
                let role = draw(twins, side, Vpc, "", dice)?;
                let larger = twins.thing(side, &role)?.resource.attributes["cidr"].clone();
                let larger = larger.as_str()?;
                let smaller = larger.replace("/16", "/17");
                for thing in &mut twins.sides[side] {
                    for value in thing.resource.attributes.values_mut() {
                        replace(value, larger, &smaller);
                    }
                }
                Some(vec![role])
            },
        ),
    ]
}

pub(super) fn operators() -> Vec<Operator> {
    let rows = [groups(), networks(), pointing::pointing()].concat();
    let operators = rows
        .into_iter()
        .map(|(name, kind, codes, blocks, change)| Operator {
            name,
            kind,
            codes,
            blocks,
            change: Change::Do(change),
        });
    operators.collect()
}
