//! Each quota is held against what a failover comes to, and no demand falls when something is added.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::super::rules::Quota;
use super::world::World;
use super::{gap, parts, standing};
use crate::model::ResourceKind as Kind;
use crate::readiness::{QUOTAS, Standing, rules};

const PRIMARY: &str = "ohio";
const STANDBY: &str = "california";
const VPC: &str = "vpc-p";

/// A quota, what makes the primary need more than the standby has, and what that comes to: after a failover, and now.
struct Row(&'static str, fn(&mut World), u64, u64);

const ROWS: &[Row] = &[
    // Three of two vCPUs, two of two, and the Git server that is off.
    Row("quota-vcpus", |_| {}, 12, 2),
    Row("quota-vcpus-graphics", |w| starts(w, "g5.xlarge"), 12, 4),
    Row("quota-vcpus-p", |w| starts(w, "p5.48xlarge"), 576, 192),
    Row("quota-vcpus-x", |w| starts(w, "x2gd.large"), 6, 2),
    Row("quota-vcpus-dl", |w| starts(w, "dl1.24xlarge"), 288, 96),
    Row("quota-vcpus-f", |w| starts(w, "f2.6xlarge"), 72, 24),
    Row("quota-vcpus-inf", |w| starts(w, "inf2.8xlarge"), 96, 32),
    Row("quota-vcpus-trn", |w| starts(w, "trn1.2xlarge"), 24, 8),
    Row("quota-fleets", |w| more(w, Kind::AutoscalingGroup), 2, 1),
    Row("quota-clusters", |w| more(w, Kind::EksCluster), 2, 1),
    Row("quota-node-groups", |w| more(w, Kind::EksNodeGroup), 2, 1),
    Row("quota-nodes", |_| {}, 2, 0),
    Row("quota-databases", |w| more(w, Kind::RdsInstance), 2, 1),
    Row(
        "quota-database-storage",
        |w| of_primary(w, Kind::RdsInstance, "db", "storage-gib", json!(2000)),
        2000,
        20,
    ),
    Row(
        "quota-database-replicas",
        |w| of_primary(w, Kind::RdsInstance, "db", "replicas", json!(["a", "b"])),
        2,
        0,
    ),
    Row(
        "quota-parameter-groups",
        |w| more(w, Kind::RdsParameterGroup),
        2,
        1,
    ),
    Row(
        "quota-option-groups",
        |w| more(w, Kind::RdsOptionGroup),
        2,
        1,
    ),
    Row(
        "quota-subnet-groups",
        |w| more(w, Kind::RdsSubnetGroup),
        2,
        1,
    ),
    Row("quota-balancers", |w| more(w, Kind::ElbLoadBalancer), 2, 1),
    Row(
        "quota-network-balancers",
        |w| {
            more(w, Kind::ElbLoadBalancer);
            let things = &mut w.part(PRIMARY).resources;
            let more = things.iter_mut().find(|thing| thing.id.ends_with("-more"));
            more.expect("it was made")
                .attributes
                .insert("type".to_owned(), json!("network"));
        },
        1,
        0,
    ),
    Row(
        "quota-target-groups",
        |w| more(w, Kind::ElbTargetGroup),
        2,
        1,
    ),
    Row("quota-listeners", |w| more(w, Kind::ElbListener), 2, 1),
    // The fleet of three registers itself.
    Row("quota-targets-per-balancer", |_| {}, 3, 1),
    Row("quota-targets-per-group", |_| {}, 3, 1),
    Row(
        "quota-elastic-addresses",
        |w| more(w, Kind::Ec2Address),
        2,
        1,
    ),
    Row("quota-networks", |w| more(w, Kind::Ec2Vpc), 2, 1),
    Row(
        "quota-address-blocks",
        |w| {
            of_primary(
                w,
                Kind::Ec2Vpc,
                VPC,
                "cidrs",
                json!(["10.1.0.0/16", "10.9.0.0/16"]),
            );
        },
        2,
        1,
    ),
    Row("quota-subnets", |w| more(w, Kind::Ec2Subnet), 3, 2),
    Row("quota-route-tables", |w| more(w, Kind::Ec2RouteTable), 2, 1),
    Row("quota-network-acls", |w| more(w, Kind::Ec2NetworkAcl), 2, 1),
    Row(
        "quota-acl-rules",
        |w| {
            let outward = |number| json!({"number": number, "egress": true, "cidr": "10.0.0.0/8"});
            let entries: Vec<_> = (1..=4).map(outward).collect();
            of_primary(w, Kind::Ec2NetworkAcl, "acl-p", "entries", json!(entries));
        },
        4,
        2,
    ),
    Row(
        "quota-security-groups",
        |w| more(w, Kind::Ec2SecurityGroup),
        2,
        1,
    ),
    Row(
        "quota-groups-per-interface",
        |w| {
            of_primary(
                w,
                Kind::Ec2LaunchTemplate,
                "lt-p",
                "security-groups",
                json!(["sg-p", "sg-q"]),
            );
        },
        2,
        1,
    ),
    Row(
        "quota-internet-gateways",
        |w| more(w, Kind::Ec2InternetGateway),
        2,
        1,
    ),
    Row("quota-nat-gateways", |w| more(w, Kind::Ec2NatGateway), 2, 1),
];

/// Makes another thing like one of the primary's, of the estate, so that the standby has fewer.
fn more(world: &mut World, kind: Kind) {
    let things = &mut world.part(PRIMARY).resources;
    let one = things.iter().find(|thing| thing.kind == kind);
    let mut more = one.expect("the primary has one").clone();
    more.id += "-more";
    more.arn = None;
    things.push(more);
    things.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
}

/// Makes the standby's fleet start machines of another type.
fn starts(world: &mut World, instance_type: &str) {
    world.set(
        STANDBY,
        Kind::Ec2LaunchTemplate,
        "lt-s",
        "instance-type",
        json!(instance_type),
    );
}

fn of_primary(world: &mut World, kind: Kind, id: &str, attribute: &str, value: serde_json::Value) {
    world.set(PRIMARY, kind, id, attribute, value);
}

fn quota(rule: &str) -> &'static Quota {
    let found = QUOTAS.iter().find(|quota| quota.rule == rule);
    found.expect("a quota of that rule")
}

/// The world of a row, with that limit.
fn world(row: &Row, limit: u64) -> World {
    let mut world = World::sound();
    (row.1)(&mut world);
    world.set(
        STANDBY,
        Kind::ServiceQuota,
        quota(row.0).id,
        "value",
        limit.into(),
    );
    world
}

#[test]
fn a_quota_with_room_holds_one_without_slows_and_one_below_the_demand_stops() {
    for row in ROWS {
        let &Row(rule, _, total, now) = row;
        let room = total.div_ceil(10);
        for (limit, expected) in [
            (total + room, Standing::Holds),
            (total + room - 1, Standing::Slows),
            (total, Standing::Slows),
            (total - 1, Standing::Blocks),
        ] {
            let report = world(row, limit).judged();
            let line = report.line(rule).expect("a rule of that code");
            assert_eq!(line.standing, expected, "{rule} with {limit}: {line:#?}");
            let found = line
                .findings
                .first()
                .and_then(|id| report.finding(id.as_str()));
            let told = found.map_or_else(
                || line.holds[0].clone(),
                |entry| entry.finding.message.clone(),
            );
            let counted = told.starts_with(&format!("{total} of {limit} "))
                && told.contains(&format!(", {now} now"));
            assert!(counted, "{rule}: {told}");
        }
    }
}

#[test]
fn a_quota_holds_at_its_limit_where_a_failover_adds_nothing() {
    let mut world = World::sound();
    world.set(
        STANDBY,
        Kind::ServiceQuota,
        "vpc/L-F678F1CE",
        "value",
        1.into(),
    );
    assert_eq!(standing(&world, "quota-networks"), Standing::Holds);
}

#[test]
fn where_the_quota_or_anything_that_counts_toward_it_was_not_read_nothing_is_said() {
    for row in ROWS {
        let Row(code, ..) = row;
        let rule = rules::all().find(|rule| rule.doc.code == *code);
        let rule = rule.expect("a rule of that code");
        assert!(rule.needs.len() > 1, "{code} counts nothing");
        for need in rule.needs {
            for part in parts(need.at) {
                let mut world = world(row, 1_000_000);
                world.part(part).gaps.push(gap(need.kind, need.one, &[]));
                assert_eq!(
                    standing(&world, code),
                    Standing::Unknown,
                    "{code} without {}",
                    need.kind
                );
            }
        }
        let mut world = world(row, 1_000_000);
        world.remove(STANDBY, Kind::ServiceQuota, quota(code).id);
        assert_eq!(
            standing(&world, code),
            Standing::Unknown,
            "{code} without its quota"
        );
    }
}

#[test]
fn each_quota_has_a_row_and_a_code_of_service_quotas() {
    let rows: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
    let rules: Vec<&str> = QUOTAS.iter().map(|quota| quota.rule).collect();
    assert_eq!(rows, rules);
    assert!(QUOTAS.len() >= 25, "{}", QUOTAS.len());
    let ids: BTreeSet<&str> = QUOTAS.iter().map(|quota| quota.id).collect();
    assert_eq!(ids.len(), QUOTAS.len());
    for quota in QUOTAS {
        let (service, code) = quota.service_and_code();
        let digits = code.strip_prefix("L-").unwrap_or_default();
        let is_code = digits.len() == 8
            && digits
                .chars()
                .all(|c| c.is_ascii_digit() || ('A'..='F').contains(&c));
        assert!(
            is_code
                && service
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
            "{}",
            quota.id
        );
    }
}

#[test]
fn the_page_names_each_quota_with_its_code_and_no_other() {
    let page = include_str!("../../../../docs/ready.md");
    let told: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `quota-"))
        .collect();
    assert_eq!(told.len(), QUOTAS.len());
    for quota in QUOTAS {
        let row = format!("| `{}` | `{}` | ", quota.rule, quota.id);
        assert!(told.iter().any(|line| line.starts_with(&row)), "{row}");
    }
}

#[test]
fn what_others_have_in_a_holder_of_the_estate_stays_and_what_they_have_elsewhere_does_not_count() {
    let mut world = World::sound();
    more(&mut world, Kind::Ec2Subnet);
    let mut foreign = |id: &str, vpc: &str| {
        let subnet = crate::model::Resource::new(Kind::Ec2Subnet, id).with("vpc", vpc);
        world.part(STANDBY).resources.push(subnet);
    };
    foreign("subnet-t1", "vpc-s");
    for number in 0..9 {
        foreign(&format!("subnet-u{number}"), "vpc-u");
    }
    let things = &mut world.part(STANDBY).resources;
    things.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    let demand = (quota("quota-subnets").demand)(&world.facts()).expect("it was counted");
    assert_eq!((demand.total, demand.now), (4, 3));
}

#[test]
fn a_nat_gateway_that_failed_or_is_gone_does_not_count_and_default_groups_of_rds_do_not() {
    let mut world = World::sound();
    more(&mut world, Kind::Ec2NatGateway);
    world.set(
        PRIMARY,
        Kind::Ec2NatGateway,
        "nat-p-more",
        "state",
        json!("failed"),
    );
    let default = world.thing(PRIMARY, Kind::RdsParameterGroup, "db");
    default.id = "default.postgres16".to_owned();
    for (rule, total) in [("quota-nat-gateways", 1), ("quota-parameter-groups", 1)] {
        let demand = (quota(rule).demand)(&world.facts()).expect("it was counted");
        assert_eq!(demand.total, total, "{rule}");
    }
}

/// Something to add: like the thing with that number, on a side, of the estate or not, held by the first holder or another.
#[derive(Debug, Clone)]
struct Added {
    like: usize,
    is_standby: bool,
    is_ours: bool,
    holder: usize,
}

fn added() -> impl Strategy<Value = Added> {
    (any::<usize>(), any::<bool>(), any::<bool>(), 0..3_usize).prop_map(
        |(like, is_standby, is_ours, holder)| Added {
            like,
            is_standby,
            is_ours,
            holder,
        },
    )
}

fn add(world: &mut World, number: usize, added: &Added) {
    let site = if added.is_standby { STANDBY } else { PRIMARY };
    let things = &mut world.part(site).resources;
    let mut more = things[added.like % things.len()].clone();
    more.id += &format!("-{number}");
    more.arn = None;
    let ours = "network".parse().expect("a name");
    more.component = added.is_ours.then_some(ours);
    for holder in ["vpc", "zone", "cluster", "subnet"] {
        if let Some(value) = more.attributes.get_mut(holder).filter(|_| added.holder > 0) {
            *value = json!(format!("other-{}", added.holder));
        }
    }
    if more.kind == Kind::Ec2Instance {
        more.attributes.insert("state".to_owned(), json!("running"));
    }
    things.push(more);
    things.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
}

proptest! {
    #[test]
    fn no_demand_falls_when_something_is_added(all in prop::collection::vec(added(), 1..24)) {
        let mut world = World::sound();
        let counted = |world: &World| {
            let facts = world.facts();
            let demands = QUOTAS.iter().map(|quota| (quota.demand)(&facts).expect("all types are known"));
            demands.collect::<Vec<_>>()
        };
        let mut before = counted(&world);
        for (number, added) in all.iter().enumerate() {
            add(&mut world, number, added);
            let after = counted(&world);
            for ((quota, before), after) in QUOTAS.iter().zip(&before).zip(&after) {
                prop_assert!(after.total >= before.total && after.now >= before.now, "{}: {before:?}, then {after:?}", quota.rule);
            }
            before = after;
        }
    }
}
