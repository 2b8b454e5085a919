//! Each rule is violated by the smallest change, and says how bad that is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cases::{LISTENER, STANDBY, all, set};
use super::world::World;
use crate::model::Severity::{Blocking, Notice, Slowing};
use crate::model::{
    Duration, Estate, Exception, Kind as ComponentKind, Resource, ResourceKind as Kind, Watch,
};
use crate::readiness::{QUOTAS, Rule, Standing, is_the_same_to_a_run, rules};

#[test]
fn the_smallest_change_violates_its_rule_as_badly_as_it_is() {
    for (number, case) in all().enumerate() {
        let mut world = World::sound();
        (case.change)(&mut world);
        let report = world.judged();
        let line = report.line(case.code).expect("a rule of that code");
        let expected = match case.worst {
            Blocking => Standing::Blocks,
            Slowing => Standing::Slows,
            Notice => Standing::Notice,
        };
        let findings: Vec<_> = line
            .findings
            .iter()
            .filter_map(|id| report.finding(id.as_str()))
            .collect();
        assert_eq!(
            line.standing, expected,
            "case {number}, {}: {line:#?} {findings:#?}",
            case.code
        );
        assert!(!findings.is_empty());
        for entry in findings {
            assert!(
                !entry.finding.fix.is_empty() && entry.finding.message.len() > 5,
                "{entry:?}"
            );
        }
    }
}

#[test]
fn each_rule_has_a_change_that_violates_it_and_no_finding_is_worse_than_its_rule_says() {
    let violated = all().map(|case| case.code);
    // The quotas have a table of their own.
    let violated: BTreeSet<&str> = violated
        .chain(QUOTAS.iter().map(|quota| quota.rule))
        .collect();
    let rules: BTreeSet<&str> = rules::all().map(|rule| rule.doc.code).collect();
    assert_eq!(violated, rules);
    let is_quota = |rule: &&Rule| QUOTAS.iter().any(|quota| quota.rule == rule.doc.code);
    for rule in rules::all().filter(|rule| !is_quota(rule)) {
        let worst = all()
            .filter(|case| case.code == rule.doc.code)
            .map(|case| case.worst)
            .max();
        assert_eq!(worst, Some(rule.doc.severity), "{}", rule.doc.code);
    }
}

#[test]
fn what_is_concluded_from_an_absence_is_unknown_and_no_finding_where_the_list_broke_off() {
    let mut world = World::sound();
    world.remove(STANDBY, Kind::RdsInstance, "db");
    world
        .part(STANDBY)
        .gaps
        .push(super::gap(Kind::RdsInstance, None, &[]));
    let report = world.judged();
    let line = report.line("replica-missing").expect("a rule of that code");
    assert_eq!(line.standing, Standing::Unknown);
    assert!(line.findings.is_empty());
}

#[test]
fn a_type_whose_vcpus_are_not_known_is_not_guessed() {
    let mut world = World::sound();
    set(
        Kind::Ec2LaunchTemplate,
        "lt-s",
        "instance-type",
        json!("m99.large"),
    )(&mut world);
    assert_eq!(super::standing(&world, "quota-vcpus"), Standing::Unknown);
}

#[test]
fn what_the_estate_has_not_is_nothing_to_judge() {
    let mut world = World::sound();
    set(Kind::ElbListener, LISTENER, "protocol", json!("HTTP"))(&mut world);
    world
        .estate
        .components
        .retain(|_, component| component.kind() != ComponentKind::Traffic);
    for code in [
        "certificate-missing",
        "certificate-expires",
        "record-pair-unfit",
        "ttl-above-rto-share",
    ] {
        assert_eq!(super::standing(&world, code), Standing::Nothing, "{code}");
    }
}

#[test]
fn a_policy_that_names_both_regions_or_that_nobody_is_denied_by_at_the_standby_is_not_pinned() {
    let vpcs = json!({"aws:SourceVpc": ["vpc-p", "vpc-s"]});
    let here = json!({"aws:RequestedRegion": "us-west-1"});
    let there = json!({"aws:RequestedRegion": "us-east-2"});
    let any = json!({"kms:ViaService": "rds.*.amazonaws.com"});
    // The number of somebody else's region is a part of no name of ours.
    let other = json!({"aws:RequestedRegion": "us-east-20"});
    for (effect, operator, of) in [
        ("Allow", "StringEquals", &vpcs),
        ("Allow", "StringEquals", &here),
        ("Allow", "StringNotEquals", &there),
        ("Deny", "StringEquals", &there),
        ("Deny", "StringNotEquals", &here),
        ("Allow", "StringLike", &any),
        ("Allow", "StringEquals", &other),
        ("Deny", "Bool", &json!({"aws:SecureTransport": "false"})),
    ] {
        let mut world = World::sound();
        let statement = json!({"Effect": effect, "Condition": {operator: of}});
        set(
            Kind::KmsKey,
            "k-1",
            "policy",
            json!({"Statement": [statement]}),
        )(&mut world);
        let standing = super::standing(&world, "policy-pinned-to-primary");
        assert_eq!(standing, Standing::Holds, "{effect} {operator} {of}");
    }
}

#[test]
fn a_policy_that_is_no_json_and_a_key_without_one_are_unknown() {
    let code = "policy-pinned-to-primary";
    let mut world = World::sound();
    set(Kind::KmsKey, "k-1", "policy", json!("Version 1"))(&mut world);
    assert_eq!(super::standing(&world, code), Standing::Unknown);
    let key = world.thing(STANDBY, Kind::KmsKey, "k-1");
    key.attributes.remove("policy");
    assert_eq!(super::standing(&world, code), Standing::Unknown);
}

#[test]
fn a_role_that_may_do_the_same_at_the_standby_is_not_pinned() {
    let arn = |region: &str| format!("arn:aws:ssm:{region}:1:parameter/shop");
    let allow = |action: &str, resource: Value| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let there = || allow("ssm:GetParameter", json!(arn("us-east-2")));
    let denied = json!({"Effect": "Deny", "Action": "*", "Resource": arn("us-east-2")});
    for statements in [
        json!([allow(
            "ssm:GetParameter",
            json!([arn("us-east-2"), arn("us-west-1")])
        )]),
        json!([there(), allow("SSM:Get*", json!(arn("us-west-1")))]),
        json!([there(), allow("*", json!("*"))]),
        json!([there(), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
        json!([allow("ssm:GetParameter", json!(arn("*")))]),
        json!([allow(
            "s3:GetObject",
            json!("arn:aws:s3:::files-us-east-2/*")
        )]),
        json!([allow("ssm:GetParameter", json!("*")), denied]),
    ] {
        let mut world = World::sound();
        let policies = json!({"own": {"Statement": statements}});
        set(Kind::IamRole, "shop-app", "policies", policies)(&mut world);
        let standing = super::standing(&world, "role-pinned-to-primary");
        assert_eq!(standing, Standing::Holds, "{statements}");
    }
}

#[test]
fn what_another_role_may_do_is_nobodys_business() {
    let mut world = World::sound();
    let there = json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:ssm:us-east-2:1:parameter/x"});
    let role = Resource::new(Kind::IamRole, "somebody-elses")
        .with("policies", json!({"own": {"Statement": there}}));
    world.add(STANDBY, role);
    assert_eq!(
        super::standing(&world, "role-pinned-to-primary"),
        Standing::Holds
    );
}

#[test]
fn roles_that_do_not_stand_in_the_scan_are_unknown_and_not_missing() {
    let mut world = World::sound();
    for role in ["shop-app", "shop-node", "shop-cluster"] {
        world.remove(STANDBY, Kind::IamRole, role);
    }
    for code in ["role-missing", "role-pinned-to-primary"] {
        assert_eq!(super::standing(&world, code), Standing::Unknown, "{code}");
    }
}

#[test]
fn a_run_is_of_this_estate_unless_something_changed_that_a_run_would_find() {
    let then = World::sound().estate;
    let same = |change: fn(&mut Estate)| {
        let mut now = then.clone();
        change(&mut now);
        is_the_same_to_a_run(&then, &now)
    };
    let watch = |estate: &mut Estate| {
        let exception = json!({"rule": "image-stale", "reason": "it is", "owner": "ada", "expires": "2026-04-01"});
        let exception: Exception = serde_json::from_value(exception).expect("an exception");
        estate.exceptions.push(exception);
        estate.watch = Some(Watch::default());
        estate.objectives.rto = Duration::from_mins(7);
    };
    assert!(same(|_| {}));
    assert!(same(watch));
    let changes: [fn(&mut Estate); 8] = [
        |estate| estate.objectives.rpo = Duration::from_mins(1),
        |estate| estate.sites[1].region = "us-west-2".parse().expect("a region"),
        |estate| drop(estate.components.pop_first()),
        |estate| estate.write_lease = Some(Duration::from_mins(1)),
        |estate| estate.backups.clear(),
        |estate| estate.observers.push("http://a.example".to_owned()),
        |estate| drop(estate.bindings.pop_first()),
        |estate| estate.name = "another".parse().expect("a name"),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert!(!same(change), "change {number}");
    }
}
