//! What cannot be told apart is unknown, and so is whether what points to it is alike.

use serde_json::{Value, json};

use super::world::{SITES, World};
use crate::drift::{Report, Verdict};
use crate::model::{Resource, ResourceKind as Kind};

fn rule(port: u16, group: &str) -> Value {
    json!({ "protocol": "tcp", "from-port": port, "to-port": port, "group": group })
}

fn open(port: u16) -> Value {
    json!([{ "protocol": "tcp", "from-port": port, "to-port": port, "cidr": "0.0.0.0/0" }])
}

/// A group whose name was generated, on a site.
fn service(site: &str, which: &str, words: &str, port: u16) -> Resource {
    let n = if site == SITES[0] { "1" } else { "2" };
    Resource::new(Kind::Ec2SecurityGroup, format!("sg-{which}{n}"))
        .named(Some(&format!("svc-{n}{which}1b2c3d4e5f60718")))
        .tagged([("dr:component".to_owned(), "app".to_owned())])
        .with("vpc", format!("vpc-0000000{n}"))
        .with("description", words)
        .with("ingress", open(port))
}

/// Two groups a site of which nothing says which is which, let into the database on a port of each site.
fn alike_but_different(ports: [u16; 2]) -> World {
    let mut world = World::alike();
    for (n, (site, port)) in ["1", "2"].into_iter().zip(SITES.into_iter().zip(ports)) {
        for which in ["a0", "b0"] {
            let open = if n == "1" { 8080 } else { 22 };
            world.add(
                site,
                service(site, which, &format!("{which} of {site}"), open),
            );
            let database = world.thing(site, Kind::Ec2SecurityGroup, "sg-d");
            let rules = database.attributes.get_mut("ingress").expect("rules");
            let rules = rules.as_array_mut().expect("a list");
            rules.push(rule(port, &format!("sg-{which}{n}")));
        }
    }
    world
}

fn unknown_of<'r>(report: &'r Report, id: &str) -> Vec<&'r [String]> {
    let unknown = report.unknown.iter();
    let about = unknown.filter(|gap| gap.about.as_deref() == Some(id));
    about.map(|gap| gap.attributes.as_slice()).collect()
}

#[test]
fn what_cannot_be_told_apart_is_unknown_and_not_guessed() {
    let report = alike_but_different([5432, 5432]).report();
    assert_eq!(report.findings, []);
    assert_eq!(report.verdict, Verdict::Incomplete);
    for id in ["sg-a01", "sg-b01", "sg-a02", "sg-b02"] {
        assert_eq!(unknown_of(&report, id), [&[] as &[String]], "{id}");
    }
    // Which of the two is let in may differ, too.
    assert_eq!(
        unknown_of(&report, "sg-d-00000001"),
        [["ingress".to_owned()]]
    );
}

#[test]
fn what_differs_whichever_of_them_is_which_is_told() {
    let report = alike_but_different([5432, 22]).report();
    assert_eq!(report.verdict, Verdict::Blocked);
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    let found = &report.findings[0];
    assert_eq!(found.finding.code, "traffic-refused-at-standby");
    let witness = found.witness.as_deref().unwrap_or_default();
    assert!(
        witness.contains("5432") && witness.contains("one of 2 alike"),
        "{witness}"
    );
}

#[test]
fn a_rule_for_them_on_one_site_only_is_told_and_makes_none_of_them_missing() {
    let mut world = alike_but_different([5432, 5432]);
    let database = world.thing(SITES[1], Kind::Ec2SecurityGroup, "sg-d");
    let rules = database.attributes.get_mut("ingress").expect("rules");
    let rules = rules.as_array_mut().expect("a list");
    rules.truncate(2);
    let report = world.report();
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(
        report.findings[0].finding.code,
        "traffic-refused-at-standby"
    );
}

#[test]
fn what_names_things_that_cannot_be_told_apart_is_unknown() {
    let mut world = alike_but_different([5432, 5432]);
    for (site, n) in SITES.into_iter().zip(["1", "2"]) {
        world.set(
            site,
            Kind::RdsInstance,
            "security-groups",
            json!([format!("sg-a0{n}"), format!("sg-b0{n}")]),
        );
    }
    let report = world.report();
    assert_eq!(report.findings, []);
    let unknown = unknown_of(&report, "shop-ohio");
    assert_eq!(unknown, [["security-groups".to_owned()]]);
}

#[test]
fn things_that_differ_in_their_packets_only_are_told_apart_by_them() {
    let mut world = World::alike();
    for (site, ports) in SITES.into_iter().zip([[8080, 9090], [9090, 8080]]) {
        for (which, port) in ["a0", "b0"].into_iter().zip(ports) {
            world.add(site, service(site, which, "a service", port));
        }
    }
    let report = world.report();
    assert_eq!(report.findings, []);
    assert_eq!(report.verdict, Verdict::InSync, "{:?}", report.unknown);
}

#[test]
fn a_thing_that_was_told_twice_is_not_known_to_be_missing() {
    let mut world = World::alike();
    world.bind();
    let twin = world.thing(SITES[0], Kind::RdsInstance, "").clone();
    world.add(SITES[0], twin);
    assert_eq!(world.found(), []);
    assert_eq!(world.report().verdict, Verdict::Incomplete);
}
