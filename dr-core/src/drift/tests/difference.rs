//! What differs, and what only looks as if it did.

use serde_json::json;

use super::world::{SITES, World};
use crate::drift::Verdict;
use crate::model::{Resource, ResourceKind as Kind, Severity};

fn one(world: &World, code: &str, attribute: Option<&str>) {
    let wanted = vec![(code.to_owned(), attribute.map(str::to_owned))];
    assert_eq!(world.found(), wanted);
}

#[test]
fn another_class_is_found_with_both_values() {
    let mut world = World::alike();
    world.set(SITES[1], Kind::RdsInstance, "class", json!("db.t3.micro"));
    one(&world, "database-class-differs", Some("class"));
    let report = world.report();
    let values = report.findings[0].evidence.values();
    let values: Vec<_> = values.map(|evidence| evidence.value.clone()).collect();
    assert_eq!(
        values,
        [Some(json!("db.t3.micro")), Some(json!("db.t2.small"))]
    );
    assert_eq!(report.verdict, Verdict::Drift);
}

#[test]
fn a_change_that_was_accepted_and_waits_is_no_drift() {
    let mut world = World::alike();
    world.set(SITES[0], Kind::RdsInstance, "class", json!("db.t3.micro"));
    world.set(
        SITES[1],
        Kind::RdsInstance,
        "pending",
        json!({ "class": "db.t3.micro" }),
    );
    assert_eq!(world.found(), []);
}

#[test]
fn a_standby_may_have_fewer_members_if_it_may_have_as_many() {
    let mut world = World::alike();
    world.set(SITES[1], Kind::AutoscalingGroup, "desired", json!(1));
    assert_eq!(world.found(), []);
    // The estate declares three.
    world.set(SITES[1], Kind::AutoscalingGroup, "maximum", json!(2));
    one(&world, "fleet-cannot-grow", Some("maximum"));
}

#[test]
fn a_rule_for_the_counterpart_of_a_group_or_block_is_the_same_rule() {
    let mut world = World::alike();
    // The same rules in another order, one of them split.
    world
        .thing(SITES[1], Kind::Ec2SecurityGroup, "sg-d")
        .attributes
        .insert(
            "ingress".to_owned(),
            json!([
                { "protocol": "tcp", "from-port": 5432, "to-port": 5432, "cidr": "10.2.9.0/25" },
                { "protocol": "tcp", "from-port": 5432, "to-port": 5432, "cidr": "10.2.9.128/25" },
                { "protocol": "tcp", "from-port": 5432, "to-port": 5432, "group": "sg-a-00000002" },
            ]),
        );
    assert_eq!(world.found(), []);
}

#[test]
fn a_packet_that_only_the_primary_admits_is_the_witness() {
    let mut world = World::alike();
    let group = world.thing(SITES[1], Kind::Ec2SecurityGroup, "sg-d");
    group.attributes.insert(
        "ingress".to_owned(),
        json!([
            { "protocol": "tcp", "from-port": 5432, "to-port": 5432, "cidr": "10.2.9.0/24" },
        ]),
    );
    one(&world, "traffic-refused-at-standby", Some("ingress"));
    let report = world.report();
    assert_eq!(report.verdict, Verdict::Blocked);
    let witness = report.findings[0].witness.as_deref().unwrap_or_default();
    assert!(
        witness.contains("5432") && witness.contains("@-app"),
        "{witness}"
    );
}

#[test]
fn one_root_difference_is_one_finding() {
    let mut world = World::alike();
    world.remove(SITES[1], Kind::RdsParameterGroup, "");
    // The instance names the group that is gone, as AWS would name another.
    world.set(
        SITES[1],
        Kind::RdsInstance,
        "parameter-groups",
        json!(["default.postgres15"]),
    );
    let codes: Vec<String> = world.found().into_iter().map(|(code, _)| code).collect();
    assert!(
        codes.contains(&"database-part-missing".to_owned()),
        "{codes:?}"
    );
    let mut world = World::alike();
    world.remove(SITES[1], Kind::Ec2InternetGateway, "");
    one(&world, "network-part-missing", None);
}

#[test]
fn what_the_primary_lacks_stops_nothing() {
    let mut world = World::alike();
    world.remove(SITES[0], Kind::SsmParameter, "");
    one(&world, "only-at-standby", None);
    assert_eq!(world.report().count(Severity::Blocking), 0);
}

#[test]
fn an_attribute_that_no_rule_knows_is_compared_all_the_same() {
    let mut world = World::alike();
    world.set(SITES[0], Kind::RdsInstance, "of-tomorrow", json!(true));
    world.set(SITES[1], Kind::RdsInstance, "of-tomorrow", json!(false));
    one(&world, "attribute-differs", Some("of-tomorrow"));
}

#[test]
fn the_other_sites_region_at_the_standby_is_no_identity() {
    let mut world = World::alike();
    world.set(
        SITES[0],
        Kind::RdsInstance,
        "of-tomorrow",
        json!("logs.us-east-2.example"),
    );
    world.set(
        SITES[1],
        Kind::RdsInstance,
        "of-tomorrow",
        json!("logs.us-west-1.example"),
    );
    assert_eq!(world.found(), []);
    world.set(
        SITES[1],
        Kind::RdsInstance,
        "of-tomorrow",
        json!("logs.us-east-2.example"),
    );
    one(&world, "attribute-differs", Some("of-tomorrow"));
}

#[test]
fn a_finding_keeps_its_id_when_things_are_made_anew() {
    let mut world = World::alike();
    world.set(SITES[1], Kind::RdsInstance, "class", json!("db.t3.micro"));
    let before = world.report().findings[0].id.clone();
    let instance = world.thing(SITES[1], Kind::RdsInstance, "");
    instance.arn = Some("arn:aws:rds:us-west-1:111122223333:db:shop-california-anew".to_owned());
    assert_eq!(world.report().findings[0].id, before);
}

#[test]
fn the_keys_that_aws_manages_are_alike_by_their_names_and_unlike_ones_own() {
    let mut world = World::alike();
    let arn = |site: &str, key: &str| format!("arn:aws:kms:{site}:111122223333:key/{key}");
    for (site, key) in SITES.into_iter().zip(["aaaa", "bbbb"]) {
        let of_aws = Resource::new(Kind::KmsKey, key)
            .named(Some("alias/aws/rds"))
            .arn(Some(&arn(site, key)))
            .with("aliases", vec!["alias/aws/rds"])
            .with("manager", "AWS");
        world.add(site, of_aws);
        world.set(site, Kind::RdsInstance, "key", json!(arn(site, key)));
    }
    assert_eq!(world.found(), []);

    let own = Resource::new(Kind::KmsKey, "cccc")
        .named(Some("alias/own"))
        .arn(Some(&arn(SITES[0], "cccc")))
        .with("aliases", vec!["alias/own"])
        .with("manager", "CUSTOMER")
        .with("state", "Enabled");
    world.add(SITES[0], own);
    world.set(
        SITES[0],
        Kind::RdsInstance,
        "key",
        json!(arn(SITES[0], "cccc")),
    );
    let found = world.found();
    assert!(!found.is_empty());
    assert!(
        found
            .iter()
            .all(|(_, attribute)| attribute.as_deref() != Some("aliases")),
        "{found:?}"
    );
}
