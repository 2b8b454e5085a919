//! Which values say the same though they are written otherwise, and which do not.

use serde_json::{Value, json};

use super::world::{SITES, World};
use crate::drift::Verdict;
use crate::model::{Resource, ResourceKind as Kind, Severity};

/// Both sites with a parameter of their own: what is known of its value on each.
fn with_parameter(known: [(&str, Option<Value>); 2]) -> World {
    let mut world = World::alike();
    for (site, (hash, mentions)) in SITES.into_iter().zip(known) {
        let name = format!("/shop/{site}/limits");
        let parameter = Resource::new(Kind::SsmParameter, &name)
            .named(Some(&name))
            .tagged([("dr:component".to_owned(), "app".to_owned())])
            .with("type", "String")
            .with("value-hash", hash)
            .with("mentions", mentions);
        world.add(site, parameter);
    }
    world
}

#[test]
fn another_value_of_a_parameter_is_told_by_its_hash() {
    let nothing = || Some(json!("nothing"));
    let world = with_parameter([("sha256:1", nothing()), ("sha256:2", nothing())]);
    let report = world.report();
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    let found = &report.findings[0];
    assert_eq!(found.finding.code, "parameter-value-differs");
    assert_eq!(found.finding.severity, Severity::Slowing);
    let same = with_parameter([("sha256:1", nothing()), ("sha256:1", nothing())]);
    assert_eq!(same.found(), []);
}

#[test]
fn values_that_name_a_place_on_both_sites_are_each_sites_own() {
    let names = |region: &str| Some(json!([region]));
    let own = [
        ("sha256:1", names("us-east-2")),
        ("sha256:2", names("us-west-1")),
    ];
    assert_eq!(with_parameter(own).found(), []);
    let one = [
        ("sha256:1", names("us-east-2")),
        ("sha256:2", Some(json!("nothing"))),
    ];
    assert_eq!(with_parameter(one).found().len(), 1);
}

#[test]
fn a_bound_endpoint_is_each_sites_own() {
    let mut world = World::alike();
    for site in SITES {
        world.set(site, Kind::SsmParameter, "mentions", json!("nothing"));
    }
    assert_eq!(world.found().len(), 1);
    world.bind();
    assert_eq!(world.found(), []);
}

#[test]
fn a_value_of_which_it_was_not_read_what_it_names_is_unknown() {
    let report = with_parameter([("sha256:1", None), ("sha256:2", None)]).report();
    assert_eq!(report.findings, []);
    assert_eq!(report.verdict, Verdict::Incomplete);
}

#[test]
fn a_word_that_ends_in_digits_is_compared_where_nothing_is_pointed_to_or_named() {
    let release = |ohio: &str, california: &str| {
        let mut world = World::alike();
        for (site, release) in SITES.into_iter().zip([ohio, california]) {
            let instance = world.thing(site, Kind::RdsInstance, "");
            instance
                .tags
                .insert("release".to_owned(), release.to_owned());
        }
        world.found()
    };
    for (ohio, california) in [
        ("blue-20240115", "blue-20190101"),
        (
            "0b54c9de-7b1c-4c5e-9d7e-0a1b2c3d4e5f",
            "11111111-2222-3333-4444-555555555555",
        ),
    ] {
        let found = release(ohio, california);
        assert_eq!(found.len(), 1, "{ohio}");
        assert_eq!(found[0].1.as_deref(), Some("tags.release"));
    }
    // What EC2 calls things is an id wherever it stands.
    assert_eq!(release("eni-0a1b2c3d", "eni-99aa88bb"), []);
}

#[test]
fn numbered_versions_of_a_template_are_no_difference_and_the_newest_is_one_that_stops_nothing() {
    let followed = |versions: [&str; 2]| {
        let mut world = World::alike();
        for (site, version) in SITES.into_iter().zip(versions) {
            let template = json!({ "version": version });
            world.set(site, Kind::AutoscalingGroup, "launch-template", template);
        }
        world.report()
    };
    assert_eq!(followed(["12", "4"]).findings, []);
    let pinned = followed(["12", "$Latest"]);
    assert_eq!(pinned.findings.len(), 1);
    assert_eq!(pinned.findings[0].finding.code, "template-version-pinned");
    assert_eq!(pinned.findings[0].finding.severity, Severity::Notice);
}

#[test]
fn windows_that_rds_drew_are_no_difference() {
    let mut world = World::alike();
    for (site, hour) in SITES.into_iter().zip(["03", "06"]) {
        let window = |day| json!(format!("{day}{hour}:14-{day}{hour}:44"));
        world.set(site, Kind::RdsInstance, "backup-window", window(""));
        world.set(
            site,
            Kind::RdsInstance,
            "maintenance-window",
            window("wed:"),
        );
    }
    assert_eq!(world.found(), []);
}

#[test]
fn a_name_that_says_where_in_short_is_not_alike_for_being_the_same() {
    for name in ["web.use2", "web-use2", "web.OHIO"] {
        let mut world = World::alike();
        for site in SITES {
            world.set(
                site,
                Kind::AutoscalingGroup,
                "launch-configuration",
                json!(name),
            );
        }
        let found: Vec<String> = world.found().into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(found, ["machine-access-differs"], "{name}");
    }
    for name in ["web", "web.usw9", "web-eu-west-1"] {
        let mut world = World::alike();
        for site in SITES {
            world.set(
                site,
                Kind::AutoscalingGroup,
                "launch-configuration",
                json!(name),
            );
        }
        assert_eq!(world.found(), [], "{name}");
    }
}
