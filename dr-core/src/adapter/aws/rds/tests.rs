use std::collections::BTreeSet;

use aws_sdk_cloudwatch::types::MetricDataResult;
use aws_sdk_ec2::types::{
    NetworkAclEntry, PortRange, RuleAction, Vpc, VpcCidrBlockState, VpcCidrBlockStateCode,
    VpcIpv6CidrBlockAssociation,
};
use aws_sdk_rds::types::{DbInstance, DbSubnetGroup, Subnet, VpcSecurityGroupMembership};
use jiff::Timestamp;
use proptest::prelude::*;

use super::acl::{RESERVED, Rules};
use super::endpoint::{in_the_form_of, names};
use super::fence::BeforeFence;
use super::instance::{FENCED, FENCING, Instance, PROMOTING, tag};
use super::observe::{self, MARGIN};
use super::promote::retention_days;
use super::replica::{instance_arn, retired_name};
use super::walls::{Gate, Parts, Walls};
use super::{acl, lag, says};
use crate::model::{DatabaseRole, DatabaseStatus, Duration, Position, SiteId};
use crate::port::{ErrorClass, PortError};

const PORT: u16 = 5432;
const QUARANTINE: &str = "sg-quarantine";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn entry(number: i32, action: RuleAction, protocol: &str, cidr: &str) -> NetworkAclEntry {
    let port = i32::from(PORT);
    let range = PortRange::builder().from(port).to(port).build();
    NetworkAclEntry::builder()
        .rule_number(number)
        .rule_action(action)
        .protocol(protocol)
        .cidr_block(cidr)
        .egress(false)
        .set_port_range((protocol == "6").then_some(range))
        .build()
}

fn words(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Whom a fence denies in a VPC with addresses of both kinds.
fn everybody() -> BTreeSet<String> {
    words(&["0.0.0.0/0", "::/0"])
}

/// An ACL that lets everybody in, after the reserved numbers.
fn open() -> Vec<NetworkAclEntry> {
    vec![
        entry(100, RuleAction::Allow, "-1", "0.0.0.0/0"),
        entry(32767, RuleAction::Deny, "-1", "0.0.0.0/0"),
    ]
}

fn denied() -> Rules {
    let mut entries = open();
    entries.push(entry(1, RuleAction::Deny, "6", "0.0.0.0/0"));
    entries.push(entry(2, RuleAction::Deny, "6", "::/0"));
    Rules::read(&entries, PORT)
}

fn described(groups: &[(&str, &str)], tags: &[(&str, &str)]) -> DbInstance {
    let groups = groups.iter().map(|(group, status)| {
        VpcSecurityGroupMembership::builder()
            .vpc_security_group_id(*group)
            .status(*status)
            .build()
    });
    DbInstance::builder()
        .db_instance_identifier("storefront")
        .db_instance_status("available")
        .set_vpc_security_groups(Some(groups.collect()))
        .db_subnet_group(
            DbSubnetGroup::builder()
                .subnets(Subnet::builder().subnet_identifier("subnet-a").build())
                .subnets(Subnet::builder().subnet_identifier("subnet-b").build())
                .build(),
        )
        .set_tag_list(Some(tags.iter().map(|(k, v)| tag(k, *v)).collect()))
        .build()
}

fn instance(groups: &[(&str, &str)], tags: &[(&str, &str)]) -> Instance {
    Instance::read(&described(groups, tags))
}

/// Walls of an ACL with those rules, of all the database's subnets, and a group that is a quarantine.
fn walls(rules: &Rules) -> Walls {
    let gate = Gate {
        rules: rules.clone(),
        everybody: everybody(),
        subnets: words(&["subnet-a", "subnet-b", "subnet-c"]),
    };
    Walls { gate, doors: 0 }
}

fn parts(instance: &Instance, rules: &Rules) -> Parts {
    Parts::read(instance, QUARANTINE, &walls(rules))
}

#[test]
fn what_is_missing_of_the_deny_rules_makes_them_complete() {
    let mut entries = open();
    entries.push(entry(1, RuleAction::Allow, "17", "0.0.0.0/0"));
    let rules = Rules::read(&entries, PORT);
    assert!(!rules.denies(&everybody()) && !rules.has_any());
    let missing = rules.missing(&everybody()).unwrap();
    assert_eq!(missing.len(), 2);
    for (number, cidr) in &missing {
        assert!(RESERVED.contains(number) && *number != 1);
        entries.push(entry(*number, RuleAction::Deny, "6", cidr));
    }
    let rules = Rules::read(&entries, PORT);
    assert!(rules.denies(&everybody()));
    assert_eq!(rules.missing(&everybody()), Some(Vec::new()));
    assert_eq!(rules.of_fence().count(), 2);
}

#[test]
fn a_deny_rule_behind_one_that_lets_clients_in_is_no_fence() {
    let mut entries = open();
    entries.push(entry(1, RuleAction::Allow, "6", "10.0.0.0/8"));
    entries.push(entry(2, RuleAction::Deny, "6", "0.0.0.0/0"));
    entries.push(entry(3, RuleAction::Deny, "6", "::/0"));
    let rules = Rules::read(&entries, PORT);
    assert!(!rules.denies(&everybody()));
    assert_eq!(rules.missing(&everybody()), None);
    assert!(rules.has_any(), "its rules are still to be removed");
}

#[test]
fn rules_of_people_are_none_of_a_fence() {
    let mut entries = open();
    entries.push(entry(60, RuleAction::Deny, "6", "10.1.0.0/16"));
    entries.push(entry(3, RuleAction::Deny, "17", "10.1.0.0/16"));
    assert_eq!(Rules::read(&entries, PORT).of_fence().count(), 0);
}

#[test]
fn no_addresses_to_deny_are_no_proof() {
    assert!(!denied().denies(&BTreeSet::new()));
}

#[test]
fn a_fence_is_the_quarantine_alone_and_in_force_the_deny_rules_and_the_record_of_both() {
    let recorded = [(FENCED, "2026-11-21T05:00:00Z r-1"), (FENCING, "r-1")];
    let fenced = instance(&[(QUARANTINE, "active")], &recorded);
    assert!(parts(&fenced, &denied()).is_fence());

    let open = Rules::read(&open(), PORT);
    assert!(!parts(&fenced, &open).is_fence());
    let unrecorded = instance(&[(QUARANTINE, "active")], &[]);
    assert!(parts(&unrecorded, &denied()).cuts_off());
    assert!(!parts(&unrecorded, &denied()).is_fence());
    for groups in [
        vec![(QUARANTINE, "adding")],
        vec![(QUARANTINE, "active"), ("sg-app", "removing")],
        vec![("sg-app", "active")],
        vec![],
    ] {
        let instance = instance(&groups, &recorded);
        assert!(!parts(&instance, &denied()).is_fence(), "{groups:?}");
    }
}

#[test]
fn what_was_recorded_of_an_earlier_fence_is_no_record_of_this_one() {
    let tags = |fencing| [(FENCED, "2026-11-21T05:00:00Z r-1"), (FENCING, fencing)];
    for (fencing, is_fence) in [("r-1", true), ("r-2", false), ("", false)] {
        let instance = instance(&[(QUARANTINE, "active")], &tags(fencing));
        assert_eq!(parts(&instance, &denied()).is_fence(), is_fence);
    }
    let alone = instance(&[(QUARANTINE, "active")], &tags("r-1")[..1]);
    assert!(!parts(&alone, &denied()).is_fence());
}

#[test]
fn an_acl_that_is_not_the_one_of_every_subnet_of_the_database_is_no_wall() {
    let fenced = instance(
        &[(QUARANTINE, "active")],
        &[(FENCED, "2026-11-21T05:00:00Z r-1"), (FENCING, "r-1")],
    );
    for subnets in [vec!["subnet-a"], vec!["subnet-c"], vec![]] {
        let mut walls = walls(&denied());
        walls.gate.subnets = words(&subnets);
        let parts = Parts::read(&fenced, QUARANTINE, &walls);
        assert!(!parts.denied && !parts.is_fence(), "{subnets:?}");
    }
    let mut nowhere = fenced;
    nowhere.subnets = BTreeSet::new();
    assert!(
        !parts(&nowhere, &denied()).denied,
        "its subnets are not told"
    );
}

#[test]
fn a_quarantine_group_that_lets_someone_in_is_no_wall() {
    let fenced = instance(
        &[(QUARANTINE, "active")],
        &[(FENCED, "2026-11-21T05:00:00Z r-1"), (FENCING, "r-1")],
    );
    let mut walls = walls(&denied());
    walls.doors = 1;
    let parts = Parts::read(&fenced, QUARANTINE, &walls);
    assert!(!parts.quarantined && !parts.is_fence());
}

#[test]
fn denying_the_addresses_of_the_vpc_alone_leaves_sessions_from_elsewhere() {
    let mut entries = open();
    entries.push(entry(1, RuleAction::Deny, "6", "10.1.0.0/16"));
    assert!(!Rules::read(&entries, PORT).denies(&everybody()));
}

#[test]
fn everybody_has_an_address_of_ipv6_only_where_the_vpc_has_some() {
    let vpc = |state: Option<VpcCidrBlockStateCode>| {
        let block = state.map(|state| {
            let state = VpcCidrBlockState::builder().state(state).build();
            VpcIpv6CidrBlockAssociation::builder()
                .ipv6_cidr_block("2600:1f16::/56")
                .ipv6_cidr_block_state(state)
                .build()
        });
        let blocks = block.into_iter().collect();
        let vpc = Vpc::builder().set_ipv6_cidr_block_association_set(Some(blocks));
        acl::everybody(&vpc.build())
    };
    assert_eq!(vpc(None), words(&["0.0.0.0/0"]));
    let gone = VpcCidrBlockStateCode::Disassociated;
    assert_eq!(vpc(Some(gone)), words(&["0.0.0.0/0"]));
    assert_eq!(vpc(Some(VpcCidrBlockStateCode::Associated)), everybody());
}

#[test]
fn half_a_fence_is_reported_neither_as_fenced_nor_as_writable() {
    let halves = [
        (instance(&[("sg-app", "active")], &[]), denied()),
        (
            instance(&[(QUARANTINE, "active")], &[]),
            Rules::read(&open(), PORT),
        ),
    ];
    for (instance, rules) in halves {
        let state = observe::primary(&instance, parts(&instance, &rules), true, at(0));
        assert!(!state.fenced && !state.writable);
    }
    let free = instance(&[("sg-app", "active")], &[]);
    let rules = Rules::read(&open(), PORT);
    let state = observe::primary(&free, parts(&free, &rules), true, at(0));
    assert!(state.is_writable_primary());
}

#[test]
fn a_replica_has_reached_a_fenced_primary_only_with_a_commit_after_its_fence() {
    let value = format!("{} r-1", at(100));
    let fenced = instance(
        &[(QUARANTINE, "active")],
        &[(FENCED, &value), (FENCING, "r-1")],
    );
    let source = observe::primary(&fenced, parts(&fenced, &denied()), true, at(5000));
    assert!(source.fenced);
    let copy = |second| Position::Committed {
        committed: at(second),
    };
    assert!(!copy(100).has_reached(&source.position));
    assert!(copy(100 + 10).has_reached(&source.position));
    assert_eq!(MARGIN, Duration::from_secs(10));

    let free = instance(
        &[("sg-app", "active")],
        &[(FENCED, &value), (FENCING, "r-1")],
    );
    let rules = Rules::read(&open(), PORT);
    let source = observe::primary(&free, parts(&free, &rules), true, at(5000));
    assert!(!copy(4999).has_reached(&source.position), "it goes on");
}

#[test]
fn a_promotion_is_finished_when_its_mark_is_gone_and_the_application_reads_the_address() {
    let rules = Rules::read(&open(), PORT);
    let status = |tags: &[(&str, &str)], published| {
        let instance = instance(&[("sg-app", "active")], tags);
        observe::primary(&instance, parts(&instance, &rules), published, at(0)).status
    };
    assert_eq!(status(&[], true), DatabaseStatus::Available);
    assert_eq!(status(&[], false), DatabaseStatus::Promoting);
    assert_eq!(
        status(&[(PROMOTING, "r-1")], true),
        DatabaseStatus::Promoting
    );
}

#[test]
fn a_replica_that_was_asked_to_become_a_primary_is_promoting_once_it_is_no_longer_idle() {
    let ohio: SiteId = "ohio".parse().unwrap();
    let status = |word: &str, tags: &[(&str, &str)]| {
        let mut instance = instance(&[], tags);
        instance.word = word.to_owned();
        observe::replica(&instance, ohio.clone(), None)
    };
    let asked = [(PROMOTING, "r-1")];
    let modifying = status("modifying", &asked);
    assert_eq!(modifying.status, DatabaseStatus::Promoting);
    assert_eq!(
        modifying.role,
        DatabaseRole::Replica {
            source: ohio.clone()
        }
    );
    assert!(!modifying.writable);
    assert_eq!(
        status("available", &asked).status,
        DatabaseStatus::Available
    );
    assert_eq!(status("modifying", &[]).status, DatabaseStatus::Available);
    assert_eq!(
        status("backing-up", &asked).status,
        DatabaseStatus::BackingUp
    );
}

fn measured(points: &[(i64, f64)]) -> MetricDataResult {
    let mut result = MetricDataResult::builder();
    for (second, lag) in points {
        let time =
            aws_sdk_cloudwatch::primitives::DateTime::from_millis(at(*second).as_millisecond());
        result = result.timestamps(time).values(*lag);
    }
    result.build()
}

#[test]
fn the_newest_measurement_counts_and_tells_the_commit_that_was_replayed() {
    let found = lag::newest(&measured(&[(0, 90.0), (60, 2.5)]), at(0));
    let found = found.unwrap().unwrap();
    assert_eq!(found.measured_at, at(60));
    assert_eq!(found.lag, Duration::from_millis(2500));
    assert_eq!(
        found.last_applied_commit,
        Duration::from_millis(2500).before(at(60))
    );
}

#[test]
fn of_a_replica_that_lost_its_source_the_last_measurement_before_counts() {
    let found = lag::newest(&measured(&[(0, 3.0), (60, -1.0), (120, -1.0)]), at(0));
    assert_eq!(found.unwrap().unwrap().measured_at, at(0));
    let never = lag::newest(&measured(&[(60, -1.0), (120, f64::NAN)]), at(0));
    assert_eq!(never.unwrap(), None);
}

#[test]
fn what_was_measured_of_an_earlier_instance_of_that_name_is_not_believed() {
    let found = lag::newest(&measured(&[(0, 1.0), (60, 1.0)]), at(61));
    assert_eq!(found.unwrap(), None);
}

#[test]
fn an_address_is_found_and_written_in_the_form_that_the_application_reads() {
    let address = "storefront.abc.us-west-1.rds.amazonaws.com";
    assert!(names(address, address));
    assert!(names(&format!("{address}:5432"), address));
    assert!(!names(
        "storefront.abc.us-east-2.rds.amazonaws.com:5432",
        address
    ));
    assert_eq!(
        in_the_form_of("other:5432", address),
        format!("{address}:5432")
    );
    assert_eq!(in_the_form_of("none", address), address);
    // A login, a database and what else stands around the host stays.
    let with = |host: &str| format!("postgres://shop:s3cr%40t@{host}:5432/shop?sslmode=require");
    assert_eq!(in_the_form_of(&with("other"), address), with(address));
    assert!(names(&with(address), address) && !names(&with("other"), address));
    let bare = |host: &str| format!("postgres://{host}/shop");
    assert_eq!(in_the_form_of(&bare("other"), address), bare(address));
}

#[test]
fn of_keywords_and_values_only_the_host_is_replaced() {
    let address = "db-2.example";
    let forms: [fn(&str) -> String; 5] = [
        |host| format!("host={host} port=5432 dbname=shop"),
        |host| format!("user=shop password=a://b@c host={host}"),
        |host| format!(r"password='it\'s host=no' host = '{host}'  port = 5432"),
        |host| format!(r"user=a\ b host={host}"),
        |host| format!(" host={host}"),
    ];
    for form in forms {
        assert_eq!(in_the_form_of(&form("other"), address), form(address));
        assert!(names(&form(address), address), "{}", form(address));
        assert!(!names(&form("other"), address), "{}", form("other"));
    }
    // What only looks like it is none.
    let url = "postgres://shop@other/shop?application_name=a host=b";
    assert_eq!(in_the_form_of(url, address), url.replace("other", address));
}

#[test]
fn backups_are_kept_for_whole_days_within_what_rds_can() {
    let days = |days: u64| Some(Duration::from_mins(days * 24 * 60));
    assert_eq!(retention_days(days(35)), 35);
    assert_eq!(retention_days(days(400)), 35);
    assert_eq!(retention_days(Some(Duration::from_secs(1))), 1);
    assert_eq!(retention_days(None), 7);
}

#[test]
fn the_source_of_a_replica_is_named_in_its_own_region_and_the_same_account() {
    let group = "arn:aws-us-gov:rds:us-gov-west-1:123456789012:subgrp:app-db";
    assert_eq!(
        instance_arn(group, "us-gov-east-1", "db").as_deref(),
        Some("arn:aws-us-gov:rds:us-gov-east-1:123456789012:db:db")
    );
    for text in [
        "",
        "app-db",
        "arn:aws:s3:::bucket",
        "arn:aws:rds:us-east-2::subgrp:x",
    ] {
        assert_eq!(instance_arn(text, "us-west-1", "db"), None, "{text}");
    }
}

#[test]
fn only_the_service_itself_can_say_that_an_instance_is_not_there() {
    let error = |message: &str| PortError {
        class: ErrorClass::NotFound,
        operation: "rds:DescribeDBInstances".to_owned(),
        place: "ohio".to_owned(),
        message: message.to_owned(),
    };
    assert!(says(
        &error("DBInstanceNotFound: no storefront"),
        "DBInstanceNotFound"
    ));
    assert!(!says(
        &error("service error (HTTP 404)"),
        "DBInstanceNotFound"
    ));
}

proptest! {
    #[test]
    fn what_stood_before_a_fence_is_read_back_as_it_was_written(
        groups in prop::collection::vec("sg-[0-9a-f]{1,17}", 1..5),
        protected in any::<bool>(),
    ) {
        let before = BeforeFence { groups, protected };
        prop_assert_eq!(BeforeFence::parse(&before.text()), Some(before));
    }

    #[test]
    fn the_name_of_an_old_primary_is_one_that_rds_takes(
        instance in "[a-zA-Z]([a-z0-9]|-[a-z0-9]){0,30}",
        second in 0_i64..1_000_000_000,
    ) {
        let name = retired_name(&instance, at(second));
        prop_assert!(name.len() <= 63 && !name.contains("--") && !name.ends_with('-'), "{}", name);
        prop_assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
    }
}

#[test]
fn an_old_primary_is_named_by_the_minute_in_which_it_was_set_aside() {
    let at = "2026-11-21T05:07:59Z".parse().unwrap();
    assert_eq!(
        retired_name("storefront", at),
        "storefront-retired-202611210507"
    );
}
