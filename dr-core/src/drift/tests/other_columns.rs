//! Exceptions, states, declarations, the last scan, and what a fence leaves behind.

use serde_json::json;

use super::world::{SITES, World, at};
use crate::drift::{Origin, Verdict};
use crate::model::{Exception, Resource, ResourceKind as Kind};

pub(super) fn exception(rule: &str) -> Exception {
    Exception {
        rule: rule.to_owned(),
        component: None,
        resource: None,
        attribute: None,
        reason: "smaller until spring".to_owned(),
        owner: "ana".to_owned(),
        expires: "2026-12-31".parse().unwrap(),
        approved_by: None,
    }
}

fn smaller() -> World {
    let mut world = World::alike();
    world.set(SITES[1], Kind::RdsInstance, "class", json!("db.t3.micro"));
    world
}

#[test]
fn an_exception_hides_its_finding_and_shows_who_answers_for_it() {
    let mut world = smaller();
    world.estate.exceptions = vec![exception("database-class-differs")];
    let report = world.report();
    assert_eq!(report.verdict, Verdict::InSync);
    assert_eq!(report.excused.len(), 1);
    assert_eq!(report.excused[0].exception.owner, "ana");
}

#[test]
fn an_exception_for_another_attribute_thing_or_component_hides_nothing() {
    for narrow in [
        |one: &mut Exception| one.attribute = Some("storage-gib".to_owned()),
        |one: &mut Exception| one.resource = Some("other".to_owned()),
        |one: &mut Exception| one.component = Some("app".parse().unwrap()),
    ] {
        let mut world = smaller();
        let mut one = exception("database-class-differs");
        narrow(&mut one);
        world.estate.exceptions = vec![one];
        let codes: Vec<String> = world.found().into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ["database-class-differs", "exception-unused"]);
    }
}

#[test]
fn an_exception_that_has_run_out_hides_nothing_and_is_told() {
    let mut world = smaller();
    let mut one = exception("database-class-differs");
    one.expires = "2026-11-20".parse().unwrap();
    world.estate.exceptions = vec![one];
    let codes: Vec<String> = world.found().into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["database-class-differs", "exception-expired"]);
}

#[test]
fn what_stops_a_failover_is_hidden_only_by_two_people() {
    let mut world = World::alike();
    world.set(SITES[1], Kind::RdsInstance, "engine-version", json!("14.1"));
    world.estate.exceptions = vec![exception("database-engine-differs")];
    let report = world.report();
    assert_eq!(report.verdict, Verdict::Blocked);
    assert!(
        report
            .findings
            .iter()
            .any(|entry| entry.finding.code == "exception-not-approved")
    );
    world.estate.exceptions[0].approved_by = Some("ben".to_owned());
    assert_eq!(world.report().verdict, Verdict::InSync);
}

#[test]
fn of_two_exceptions_the_one_that_still_holds_counts() {
    let mut world = smaller();
    let mut old = exception("database-class-differs");
    old.expires = "2026-11-20".parse().unwrap();
    for exceptions in [
        [old.clone(), exception("database-class-differs")],
        [exception("database-class-differs"), old],
    ] {
        world.estate.exceptions = exceptions.into();
        let report = world.report();
        assert_eq!(report.excused.len(), 1);
        assert_eq!(
            report.excused[0].exception.expires.to_string(),
            "2026-12-31"
        );
        let codes: Vec<String> = world.found().into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ["exception-unused"]);
    }
}

#[test]
fn an_exception_without_a_second_person_is_told_once_however_much_it_is_about() {
    let mut world = World::alike();
    for attribute in ["engine", "engine-version"] {
        world.set(SITES[1], Kind::RdsInstance, attribute, json!("other"));
    }
    let mut narrow = exception("database-engine-differs");
    narrow.attribute = Some("engine".to_owned());
    world.estate.exceptions = vec![narrow, exception("database-engine-differs")];
    let found = world.found();
    let told = found
        .iter()
        .filter(|(code, _)| code == "exception-not-approved");
    assert_eq!(told.count(), 2, "{found:?}");
    world.estate.exceptions.remove(0);
    let found = world.found();
    let told = found
        .iter()
        .filter(|(code, _)| code == "exception-not-approved");
    assert_eq!(told.count(), 1, "{found:?}");
}

#[test]
fn an_owner_in_other_letters_is_no_second_person() {
    let mut world = World::alike();
    world.set(SITES[1], Kind::RdsInstance, "engine-version", json!("14.1"));
    let mut one = exception("database-engine-differs");
    one.approved_by = Some(" Ana ".to_owned());
    world.estate.exceptions = vec![one];
    assert_eq!(world.report().verdict, Verdict::Blocked);
}

#[test]
fn an_exception_for_a_rule_of_readiness_is_none_of_drifts_business() {
    let mut world = World::alike();
    world.estate.exceptions = vec![exception("quota-vcpus")];
    assert_eq!(world.found(), []);
}

#[test]
fn an_accepted_difference_that_stops_a_failover_is_part_of_the_verdict() {
    let mut world = World::alike();
    assert_eq!(world.report().headline(), "the sites are in sync");
    world.set(SITES[1], Kind::RdsInstance, "engine-version", json!("14.1"));
    let mut one = exception("database-engine-differs");
    one.approved_by = Some("ben".to_owned());
    world.estate.exceptions = vec![one, exception("database-class-differs")];
    world.set(SITES[1], Kind::RdsInstance, "class", json!("db.t3.micro"));
    assert_eq!(
        world.report().headline(),
        "the sites are in sync but for 2 accepted differences, 1 of which would stop a failover"
    );
    world.estate.exceptions.pop();
    assert_eq!(
        world.report().headline(),
        "the sites differ, and nothing of it stops a failover, but 1 accepted difference would"
    );
}

#[test]
fn an_exception_is_not_called_unused_while_something_could_not_be_read() {
    let mut world = World::alike();
    world.estate.exceptions = vec![exception("database-class-differs")];
    world.gap(SITES[1], Kind::RdsInstance, None, &[]);
    assert_eq!(world.found(), []);
}

#[test]
fn the_site_that_is_not_as_declared_is_named() {
    let report = smaller().report();
    let declared = Origin::NotAsDeclared {
        site: SITES[1].parse().unwrap(),
        declared: json!("db.t2.small"),
    };
    assert_eq!(report.findings[0].origins, [declared]);
}

#[test]
fn the_site_that_changed_since_the_last_scan_is_named() {
    let mut world = smaller();
    let mut last = World::alike().scan;
    for scan in last.sites.values_mut() {
        scan.at = at("2026-11-20T12:00:00Z");
    }
    world.last = Some(last);
    let changed = Origin::Changed {
        site: SITES[1].parse().unwrap(),
        since: at("2026-11-20T12:00:00Z"),
    };
    assert!(world.report().findings[0].origins.contains(&changed));
}

#[test]
fn the_states_tell_what_was_removed_what_was_never_built_and_what_was_made_by_hand() {
    let origin = |in_states: [bool; 2]| {
        let mut world = World::alike();
        for (site, is_in_state) in SITES.into_iter().zip(in_states) {
            world.add(site, Resource::new(Kind::TerraformState, "state"));
            if is_in_state {
                let id = format!("/shop/{site}/endpoint");
                let managed =
                    Resource::new(Kind::TerraformResource, "state:aws_ssm_parameter.endpoint")
                        .named(Some("aws_ssm_parameter.endpoint"))
                        .with("managed-id", id);
                world.add(site, managed);
            }
        }
        world.remove(SITES[1], Kind::SsmParameter, "");
        let report = world.report();
        assert_eq!(report.findings.len(), 1);
        report.findings[0].origins.clone()
    };
    assert!(matches!(origin([true, true])[..], [Origin::Removed { .. }]));
    assert!(matches!(
        origin([true, false])[..],
        [Origin::NotBuilt { .. }]
    ));
    assert!(matches!(
        origin([false, false])[..],
        [Origin::OutsideTerraform { .. }]
    ));
}

/// Two sites whose databases and fleets are bound, and the tag of a fence on the standby's database.
fn fenced() -> World {
    let mut world = World::alike();
    world.bind();
    let database = world.thing(SITES[1], Kind::RdsInstance, "");
    database
        .tags
        .insert("dr:fenced".to_owned(), "2026-11-21T11:00:00Z".to_owned());
    world
}

/// The site of the fence that the only finding names.
fn site_of_fence(world: &World, code: &str) -> Option<String> {
    let report = world.report();
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    let found = &report.findings[0];
    assert_eq!(found.finding.code, code);
    let site = found.origins.iter().find_map(|origin| match origin {
        Origin::Fence { site } => Some(site.to_string()),
        _ => None,
    });
    let is_to_be_finished = found.finding.fix.contains("dr status");
    assert_eq!(site.is_some(), is_to_be_finished, "{}", found.finding.fix);
    site
}

#[test]
fn what_a_fence_left_behind_is_recognised() {
    let mut world = fenced();
    world.set(
        SITES[1],
        Kind::AutoscalingGroup,
        "suspended",
        json!(["AZRebalance", "Launch"]),
    );
    let site = site_of_fence(&world, "fleet-process-suspended");
    assert_eq!(site.as_deref(), Some(SITES[1]));
}

#[test]
fn what_somebody_did_by_hand_is_no_fences() {
    // On the other site, or a process that no fence suspends.
    for (site, process) in [(SITES[0], "Launch"), (SITES[1], "Terminate")] {
        let mut world = fenced();
        world.set(site, Kind::AutoscalingGroup, "suspended", json!([process]));
        assert_eq!(site_of_fence(&world, "fleet-process-suspended"), None);
    }
}

#[test]
fn a_fence_around_a_database_that_the_estate_does_not_bind_explains_nothing() {
    let mut world = World::alike();
    world.bind();
    let other = Resource::new(Kind::RdsInstance, "wiki")
        .tagged([("dr:fenced".to_owned(), "2026-11-21T11:00:00Z".to_owned())]);
    world.add(SITES[1], other);
    world.set(
        SITES[1],
        Kind::AutoscalingGroup,
        "suspended",
        json!(["Launch"]),
    );
    assert_eq!(site_of_fence(&world, "fleet-process-suspended"), None);
}

/// Lets the state of a site say what class its database has.
fn state_says(world: &mut World, site: &str, class: &str) {
    let database = world.thing(site, Kind::RdsInstance, "");
    let (arn, source) = (
        database.arn.clone(),
        database.text("replica-of").map(str::to_owned),
    );
    let address = "module.site.aws_db_instance.this";
    let line = Resource::new(Kind::TerraformResource, format!("state:{address}"))
        .named(Some(address))
        .arn(arn.as_deref())
        .with("manages", "rds/instance")
        .with(
            "values",
            match source {
                Some(source) => json!({ "class": class, "replica-of": source }),
                None => json!({ "class": class }),
            },
        );
    world.add(site, line);
}

#[test]
fn the_fix_is_an_apply_where_a_hand_did_it_and_the_code_where_the_code_says_so() {
    let fix = |stated: &str| {
        let mut world = smaller();
        state_says(&mut world, SITES[0], "db.t2.small");
        state_says(&mut world, SITES[1], stated);
        let report = world.report();
        assert_eq!(report.findings.len(), 1);
        report.findings[0].finding.fix.clone()
    };
    let by_hand = fix("db.t2.small");
    assert!(
        by_hand.contains("an apply of the stack of california undoes"),
        "{by_hand}"
    );
    let in_code = fix("db.t3.micro");
    assert!(
        in_code.contains("an apply alone changes nothing"),
        "{in_code}"
    );
}

#[test]
fn a_thing_is_not_taken_for_another_of_its_name_in_the_state() {
    let mut world = smaller();
    let name = world.thing(SITES[1], Kind::RdsInstance, "").id.clone();
    let line = Resource::new(Kind::TerraformResource, "state:aws_db_subnet_group.this")
        .named(Some("aws_db_subnet_group.this"))
        .with("manages", "rds/subnet-group")
        .with("managed-id", name)
        .with("values", json!({ "class": "db.t2.small" }));
    world.add(SITES[1], line);
    let origins = &world.report().findings[0].origins;
    assert!(
        matches!(origins[..], [Origin::NotAsDeclared { .. }]),
        "{origins:?}"
    );
}
