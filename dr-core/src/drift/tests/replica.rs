//! Whether the standby's database follows the primary's.

use serde_json::json;

use super::world::{SITES, World};
use crate::drift::{Report, Verdict};
use crate::model::{Resource, ResourceKind as Kind};

const CODE: &str = "database-not-replica";

fn arn(region: &str, name: &str) -> String {
    format!("arn:aws:rds:{region}:111122223333:db:{name}")
}

fn message(report: &Report) -> &str {
    assert_eq!(report.verdict, Verdict::Blocked);
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(report.findings[0].finding.code, CODE);
    assert_eq!(report.findings[0].attribute.as_deref(), Some("replica-of"));
    &report.findings[0].finding.message
}

#[test]
fn two_databases_that_both_take_writes_stop_a_failover() {
    let mut world = World::alike();
    let standby = world.thing(SITES[1], Kind::RdsInstance, "");
    standby.attributes.remove("replica-of");
    let report = world.report();
    assert!(message(&report).contains("both take writes"), "{report:?}");
}

#[test]
fn a_replica_of_another_database_stops_a_failover() {
    let mut world = World::alike();
    let other = arn("us-east-2", "wiki");
    world.set(SITES[1], Kind::RdsInstance, "replica-of", json!(other));
    let report = world.report();
    assert!(message(&report).contains(&other), "{report:?}");
}

#[test]
fn a_primary_that_follows_the_standby_stops_a_failover() {
    let mut world = World::alike();
    let standby = world.thing(SITES[1], Kind::RdsInstance, "");
    standby.attributes.remove("replica-of");
    let source = arn("us-west-1", "shop-california");
    world.set(SITES[0], Kind::RdsInstance, "replica-of", json!(source));
    let report = world.report();
    assert!(message(&report).contains("itself a replica"), "{report:?}");
}

#[test]
fn a_replica_of_a_replica_follows() {
    let mut world = World::alike();
    let between = Resource::new(Kind::RdsInstance, "between")
        .arn(Some(&arn("us-east-2", "between")))
        .with("replica-of", "shop-ohio");
    world.add(SITES[0], between);
    let source = arn("us-east-2", "between");
    world.set_of(
        SITES[1],
        Kind::RdsInstance,
        "shop",
        "replica-of",
        json!(source),
    );
    assert_eq!(world.found(), []);
}

#[test]
fn what_was_not_read_of_a_replica_is_no_finding() {
    for site in SITES {
        let mut world = World::alike();
        let standby = world.thing(SITES[1], Kind::RdsInstance, "");
        standby.attributes.remove("replica-of");
        let id = format!("shop-{site}");
        world.gap(site, Kind::RdsInstance, Some(&id), &["replica-of"]);
        assert_eq!(world.found(), []);
        assert_eq!(world.report().verdict, Verdict::Incomplete);
    }
}

#[test]
fn what_the_estate_declares_of_another_technology_needs_no_replica() {
    let mut world = World::alike();
    for site in SITES {
        let database = world.thing(site, Kind::RdsInstance, "");
        database.attributes.remove("replica-of");
        database.component = Some("app".parse().expect("a name"));
    }
    assert_eq!(world.found(), []);
}
