//! What was not read is not judged, and is never called in sync.

use super::world::{SITES, World};
use crate::drift::{Unreadable, Verdict, examine};
use crate::model::{Resource, ResourceKind as Kind};

#[test]
fn a_gap_of_any_kind_on_either_site_is_never_in_sync() {
    for site in SITES {
        for kind in Kind::ALL {
            let mut world = World::alike();
            world.gap(site, *kind, None, &[]);
            let report = world.report();
            assert_eq!(report.verdict, Verdict::Incomplete, "{kind} in {site}");
            assert_eq!(report.unknown.len(), 1);
        }
    }
}

#[test]
fn a_kind_that_could_not_be_read_at_all_makes_no_findings() {
    for site in SITES {
        for kind in Kind::ALL {
            let mut world = World::alike();
            world
                .site(site)
                .resources
                .retain(|thing| thing.kind != *kind);
            world.gap(site, *kind, None, &[]);
            let report = world.report();
            assert_eq!(report.findings, [], "{kind} in {site}");
            assert_eq!(report.verdict, Verdict::Incomplete, "{kind} in {site}");
        }
    }
}

#[test]
fn an_attribute_that_could_not_be_read_is_not_compared() {
    for site in SITES {
        let things: Vec<(Kind, String, Vec<String>)> = World::alike()
            .site(site)
            .resources
            .iter()
            .map(|thing| {
                let names = thing.attributes.keys().cloned().collect();
                (thing.kind, thing.id.clone(), names)
            })
            .collect();
        for (kind, id, names) in things {
            for name in names {
                let mut world = World::alike();
                world.thing(site, kind, &id).attributes.remove(&name);
                world.gap(site, kind, Some(&id), &[&name]);
                let report = world.report();
                let about: Vec<_> = report
                    .findings
                    .iter()
                    .filter(|entry| entry.attribute.as_deref() == Some(name.as_str()))
                    .collect();
                assert!(about.is_empty(), "{kind} {id} {name}: {about:#?}");
                assert_ne!(report.verdict, Verdict::InSync);
                assert_ne!(report.verdict, Verdict::Drift, "{kind} {id} {name}");
            }
        }
    }
}

#[test]
fn rules_that_are_not_understood_are_unknown() {
    let mut world = World::alike();
    let group = world.thing(SITES[1], Kind::Ec2SecurityGroup, "sg-d");
    group.attributes.insert(
        "ingress".to_owned(),
        serde_json::json!([{ "protocol": "quic" }]),
    );
    let report = world.report();
    assert_eq!(report.verdict, Verdict::Incomplete);
    assert_eq!(report.unknown[0].attributes, ["ingress"]);
}

#[test]
fn a_scan_without_the_global_services_is_never_in_sync() {
    let mut world = World::alike();
    world.scan.global = None;
    let report = world.report();
    assert_eq!(report.verdict, Verdict::Incomplete);
    assert_eq!(report.unknown[0].kind, Kind::Route53Record);
}

#[test]
fn one_site_alone_is_not_compared() {
    let mut world = World::alike();
    world.scan.sites.remove(&SITES[1].parse().unwrap());
    let direction = world.estate.outward();
    let refused = examine(&world.estate, &direction, &world.scan, None);
    assert_eq!(refused, Err(Unreadable::OneSite(SITES[1].parse().unwrap())));
}

#[test]
fn sites_on_which_nothing_is_the_estates_are_not_in_sync() {
    let mut world = World::alike();
    world.bind();
    for site in SITES {
        let account = Resource::new(Kind::StsAccount, "999999999999");
        world.site(site).resources = vec![account];
    }
    let report = world.report();
    assert_eq!(report.findings, []);
    assert_eq!(report.verdict, Verdict::Incomplete);
}

#[test]
fn what_is_bound_and_on_neither_site_is_not_in_sync() {
    let told = |world: &World, kind| {
        let report = world.report();
        let told = report.unknown.iter().filter(|unknown| unknown.kind == kind);
        (told.count(), report.verdict)
    };
    for kind in [Kind::AutoscalingGroup, Kind::RdsInstance] {
        let mut world = World::alike();
        world.bind();
        assert_eq!(told(&world, kind).0, 0, "{kind}");
        for site in SITES {
            let part = world.site(site);
            part.resources.retain(|thing| thing.kind != kind);
        }
        assert_eq!(told(&world, kind), (2, Verdict::Incomplete), "{kind}");
    }
}
