//! Which thing is which.

use super::world::{SITES, World};
use crate::drift::Ground;
use crate::model::{Resource, ResourceKind as Kind};

#[test]
fn sites_that_differ_only_in_where_are_in_sync_and_all_is_paired() {
    let report = World::alike().report();
    assert_eq!(report.findings, []);
    let alone: usize = report.coverage.values().map(|line| line.alone).sum();
    assert_eq!(alone, 0);
}

#[test]
fn what_has_no_name_is_paired_by_its_place() {
    let mut world = World::alike();
    // The public subnet's table, found though neither has a name.
    world
        .thing(SITES[1], Kind::Ec2RouteTable, "rtb-p")
        .attributes
        .remove("routes");
    let report = world.report();
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(report.findings[0].finding.code, "route-differs");
    assert_eq!(report.findings[0].paired_by, Some(Ground::Position));
}

#[test]
fn tags_that_are_gone_do_not_part_counterparts() {
    let mut world = World::alike();
    for site in SITES {
        for thing in &mut world.site(site).resources {
            let is_rooted = thing.kind == Kind::Ec2Vpc || thing.kind == Kind::RdsInstance;
            if !is_rooted && thing.kind != Kind::AutoscalingGroup {
                thing.component = None;
                thing.tags.clear();
            }
        }
    }
    assert_eq!(world.found(), []);
}

#[test]
fn twins_that_are_alike_in_everything_are_paired_in_any_way() {
    let mut world = World::alike();
    for (site, n) in SITES.into_iter().zip(["1", "2"]) {
        for twin in ["a", "b"] {
            let key = Resource::new(Kind::KmsKey, format!("key-{twin}-{n}"))
                .tagged([("dr:component".to_owned(), "database".to_owned())])
                .with("spec", "SYMMETRIC_DEFAULT");
            world.add(site, key);
        }
    }
    assert_eq!(world.found(), []);
}

#[test]
fn what_is_none_of_the_estates_is_counted_and_not_judged() {
    let mut world = World::alike();
    let stranger = Resource::new(Kind::Ec2SecurityGroup, "sg-99999999").named(Some("stranger"));
    world.add(SITES[1], stranger);
    let report = world.report();
    assert_eq!(report.findings, []);
    assert_eq!(report.coverage[&Kind::Ec2SecurityGroup].foreign, 1);
}
