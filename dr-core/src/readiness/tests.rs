mod cases;
mod condition;
mod exceptions;
mod found_wrong;
mod quotas;
mod schema;
mod violations;
mod world;

use std::collections::BTreeSet;

use world::World;

use super::*;
use crate::model::{GapClass, ResourceKind as Kind, ScanGap, Severity};

fn gap(kind: Kind, about: Option<&str>, attributes: &[&str]) -> ScanGap {
    ScanGap {
        kind,
        about: about.map(str::to_owned),
        attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
        class: GapClass::Denied,
        action: "a:Call".to_owned(),
        reason: "not allowed".to_owned(),
        kept: 0,
    }
}

/// The parts of a scan that a need is about.
fn parts(at: Where) -> &'static [&'static str] {
    match at {
        Where::Primary => &["ohio"],
        Where::Standby => &["california"],
        Where::Both => &["ohio", "california"],
        Where::Global => &["global"],
    }
}

fn standing(world: &World, code: &str) -> Standing {
    let report = world.judged();
    report
        .line(code)
        .map(|line| line.standing)
        .expect("a rule of that code")
}

#[test]
fn in_a_sound_world_every_rule_holds_and_the_standby_is_ready() {
    let report = World::sound().judged();
    for line in &report.rules {
        assert_eq!(
            line.standing,
            Standing::Holds,
            "{line:?}\n{:#?}",
            report.findings
        );
        assert!(
            !line.holds.is_empty(),
            "{}: it says what it looked at",
            line.code
        );
    }
    assert_eq!(report.verdict, Answer::Ready);
    assert_eq!(
        (report.score.percent, report.score.all.holds),
        (100, rules::all().count())
    );
    assert_eq!(report.rules.len(), rules::all().count());
}

/// The law, for each rule and each kind that it needs, on each site where it needs it.
#[test]
fn a_rule_never_holds_where_a_kind_that_it_needs_was_not_read() {
    let mut tried = 0;
    let mut broken = Vec::new();
    for rule in rules::all() {
        for need in rule.needs {
            for part in parts(need.at) {
                for is_empty in [true, false] {
                    // Nothing of it was read; or its list broke off behind what is there.
                    let mut world = World::sound();
                    if is_empty {
                        let things = &mut world.part(part).resources;
                        things.retain(|thing| thing.kind != need.kind);
                    }
                    world.part(part).gaps.push(gap(need.kind, need.one, &[]));
                    let standing = standing(&world, rule.doc.code);
                    if standing != Standing::Unknown {
                        let code = rule.doc.code;
                        broken.push(format!(
                            "{code} without {} of {part}: {standing:?}",
                            need.kind
                        ));
                    }
                    tried += 1;
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(tried > 200, "{tried}");
}

#[test]
fn a_rule_never_holds_where_an_attribute_that_it_reads_was_not_read() {
    for rule in rules::all() {
        for need in rule.needs {
            for part in parts(need.at) {
                for attribute in need.attributes {
                    let mut world = World::sound();
                    let part = world.part(part);
                    let things = part.resources.iter_mut();
                    let mut things = things.filter(|thing| thing.kind == need.kind);
                    let Some(thing) = things.next() else { continue };
                    thing.attributes.remove(*attribute);
                    let id = thing.id.clone();
                    part.gaps.push(gap(need.kind, Some(&id), &[attribute]));
                    let standing = standing(&world, rule.doc.code);
                    assert!(
                        standing > Standing::Holds,
                        "{} without {attribute} of {}: {standing:?}",
                        rule.doc.code,
                        need.kind
                    );
                }
            }
        }
    }
}

#[test]
fn a_gap_of_another_kind_attribute_or_quota_leaves_a_rule_as_it_is() {
    let mut world = World::sound();
    let gaps = &mut world.part("california").gaps;
    gaps.push(gap(Kind::StsAccount, None, &[]));
    gaps.push(gap(Kind::KmsKey, Some("k-1"), &["rotation"]));
    gaps.push(gap(Kind::ServiceQuota, Some("eks/L-1194D53C"), &[]));
    let report = world.judged();
    let unknown: Vec<&str> = report
        .rules
        .iter()
        .filter(|line| line.standing == Standing::Unknown)
        .map(|line| line.code.as_str())
        .collect();
    assert_eq!(unknown, ["quota-clusters"]);
    assert_eq!(report.verdict, Answer::Unknown);
}

#[test]
fn without_the_global_services_nothing_is_said_of_names() {
    let mut world = World::sound();
    world.scan.global = None;
    let report = world.judged();
    for code in [
        "record-pair-unfit",
        "health-check-unfit",
        "record-target-unfit",
        "alias-target-missing",
        "ttl-above-rto-share",
    ] {
        let line = report.line(code).expect("a rule of that code");
        assert_eq!(line.standing, Standing::Unknown, "{code}");
    }
}

#[test]
fn what_a_kept_scan_cannot_tell_is_not_judged_and_what_could_not_be_asked_is_unknown() {
    let codes = ["replica-behind-rpo", "state-locked", "mirror-behind"];
    let mut world = World::sound();
    world.inventory = None;
    for code in codes {
        assert_eq!(standing(&world, code), Standing::Nothing, "{code}");
    }
    assert_eq!(world.judged().verdict, Answer::Ready);
    world.inventory = Some(Err("the region is dark".to_owned()));
    for code in codes {
        assert_eq!(standing(&world, code), Standing::Unknown, "{code}");
    }
    assert_eq!(world.judged().verdict, Answer::Unknown);
}

#[test]
fn the_worst_decides_and_what_stops_a_failover_is_told_first() {
    let mut world = World::sound();
    world.history.runs.clear();
    assert_eq!(world.judged().verdict, Answer::Impaired);
    world
        .part("california")
        .gaps
        .push(gap(Kind::KmsKey, None, &[]));
    let report = world.judged();
    assert_eq!(report.verdict, Answer::Unknown);
    assert_eq!(report.first[0], "key-unusable");
    world.set(
        "california",
        Kind::RdsInstance,
        "db",
        "status",
        "failed".into(),
    );
    let report = world.judged();
    assert_eq!(report.verdict, Answer::Blocked);
    let first = report.finding(&report.first[0]).expect("a finding");
    assert_eq!(first.finding.code, "replica-broken");
    assert_eq!(first.finding.severity, Severity::Blocking);
}

#[test]
fn the_same_facts_give_the_same_bytes_and_other_ids_of_things_the_same_finding() {
    let mut world = World::sound();
    world.set(
        "california",
        Kind::RdsInstance,
        "db",
        "status",
        "failed".into(),
    );
    let text = |report: &Report| serde_json::to_string(report).expect("JSON");
    let report = world.judged();
    assert_eq!(text(&report), text(&world.judged()));
    assert_eq!(
        serde_json::from_str::<Report>(&text(&report)).expect("a report"),
        report
    );
    let ids: BTreeSet<&str> = report
        .findings
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    assert_eq!(
        ids.len(),
        report.findings.len(),
        "each finding has its own id"
    );
}

#[test]
fn on_the_way_home_the_rules_look_at_the_other_site() {
    let mut world = World::sound();
    world.direction = world.direction.reversed();
    let report = world.judged();
    let line = report
        .line("replica-of-another")
        .expect("a rule of that code");
    assert_eq!(
        line.standing,
        Standing::Blocks,
        "ohio's database is no replica"
    );
    assert_eq!(report.standby.as_str(), "ohio");
}
