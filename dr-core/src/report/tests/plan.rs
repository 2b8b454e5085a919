//! The plan of the journals written by hand.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{
    Check, Component, ComponentId, Database, Direction, Duration, Estate, FenceTarget, Finding,
    Mode, Objectives, OnDoubt, Platform, Role, Settings, Severity, Site, Subject, Technology, Verb,
};
use crate::port::{CallSpec, Effect, Place, Plane};
use crate::runbook::plan::PLAN_FORMAT;
use crate::runbook::{Plan, PlannedStage, PlannedStep, Prediction};

pub(super) const PLAN: &str = "9d1f4c3b7a60e8d25f1b0c9a7e6d5c4b3a29180716f5e4d3c2b1a09f8e7d6c5b";
const RUNBOOK: &str = "1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a";
pub(super) const HEAD: &str = "c0ffee11d00dfeedfacecafe1234567890abcdef1234567890abcdef12345678";

/// 2026-03-07 04:00:00 UTC and so many seconds.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_772_856_000 + seconds).expect("in range")
}

pub(super) fn id<T: std::str::FromStr>(name: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    name.parse().expect("a name")
}

fn site(name: &str, region: &str, home_role: Role) -> Site {
    Site {
        id: id(name),
        platform: Platform::Aws,
        region: id(region),
        home_role,
        access: crate::model::Access::default(),
    }
}

fn estate() -> Estate {
    let database = Component {
        id: id("database"),
        technology: Technology::Rds,
        settings: Settings::Database(Database {
            class: "db.t2.small".to_owned(),
            nodes: 2,
        }),
    };
    Estate {
        name: id("storefront"),
        sites: [
            site("ohio", "us-east-2", Role::Primary),
            site("california", "us-west-1", Role::Standby),
        ],
        objectives: Objectives {
            rpo: Duration::from_mins(5),
            rto: Duration::from_mins(30),
        },
        components: BTreeMap::from([(id("database"), database)]),
        write_lease: None,
        steady_state: Vec::new(),
        backups: Vec::new(),
        exceptions: Vec::new(),
        watch: None,
        observers: Vec::new(),
        bindings: crate::model::Bindings::new(),
    }
}

fn call(service: &str, call: &str, place: Place, effect: Effect) -> CallSpec {
    CallSpec {
        service: service.to_owned().into(),
        call: call.to_owned().into(),
        plane: if effect == Effect::Read {
            Plane::Data
        } else {
            Plane::Control
        },
        required: !matches!(&place, Place::Site(site) if site.as_str() == "ohio"),
        place,
        effect,
        component: None,
    }
}

fn step(name: &str, verb: Verb, expected_s: u64, calls: Vec<CallSpec>) -> PlannedStep {
    let site = match verb {
        Verb::Approve { .. } => None,
        Verb::Fence(_) | Verb::Reprotect(_) => Some(id("ohio")),
        _ => Some(id("california")),
    };
    PlannedStep {
        id: id(name),
        pivot: verb.is_pivot(),
        verb,
        site,
        timeout: Duration::from_mins(20),
        attempts: 3,
        on_doubt: OnDoubt::Observe,
        expected: Duration::from_secs(expected_s),
        undo: None,
        calls,
    }
}

fn stage(name: &str, steps: Vec<PlannedStep>) -> PlannedStage {
    PlannedStage {
        name: name.to_owned(),
        steps,
    }
}

/// A short failover of the database from ohio to california.
pub(super) fn plan() -> Plan {
    let there = || Place::Site(id("california"));
    let here = || Place::Site(id("ohio"));
    let database: ComponentId = id("database");
    Plan {
        format: PLAN_FORMAT,
        runbook: "failover".to_owned(),
        runbook_digest: RUNBOOK.to_owned(),
        estate: estate(),
        mode: Mode::Unplanned,
        rehearsal: false,
        direction: Direction {
            from: id("ohio"),
            to: id("california"),
        },
        stages: vec![
            stage(
                "decide",
                vec![
                    step(
                        "verify-standby-ready",
                        Verb::Verify(Check::StandbyReady),
                        10,
                        vec![call("rds", "DescribeDBInstances", there(), Effect::Read)],
                    ),
                    step("approve", Verb::Approve { people: 2 }, 60, vec![]),
                ],
            ),
            stage(
                "fence",
                vec![step(
                    "fence-primary",
                    Verb::Fence(FenceTarget::Primary),
                    60,
                    vec![call("rds", "ModifyDBInstance", here(), Effect::Change)],
                )],
            ),
            stage(
                "take over",
                vec![
                    step(
                        "provision-stack",
                        Verb::Provision(id("stack")),
                        240,
                        vec![call(
                            "autoscaling",
                            "UpdateAutoScalingGroup",
                            there(),
                            Effect::Create,
                        )],
                    ),
                    step(
                        "promote-database",
                        Verb::Promote(database.clone()),
                        420,
                        vec![
                            call("rds", "PromoteReadReplica", there(), Effect::Change),
                            call("rds", "DescribeDBInstances", there(), Effect::Read),
                        ],
                    ),
                ],
            ),
            stage(
                "open",
                vec![step(
                    "shift-front-door",
                    Verb::Shift(id("front-door")),
                    90,
                    vec![
                        call("s3", "PutObject", there(), Effect::Change),
                        call("dns", "Resolve", Place::Global, Effect::Read),
                    ],
                )],
            ),
            stage(
                "protect again",
                vec![
                    step(
                        "fence-former-primary",
                        Verb::Fence(FenceTarget::FormerPrimary),
                        60,
                        vec![],
                    ),
                    step(
                        "reprotect-database",
                        Verb::Reprotect(database),
                        1800,
                        vec![call(
                            "rds",
                            "CreateDBInstanceReadReplica",
                            here(),
                            Effect::Create,
                        )],
                    ),
                ],
            ),
        ],
        facts: Vec::new(),
        findings: vec![Finding::new(
            Severity::Slowing,
            "standby-scaled-down",
            Subject::Placed(id("app"), id("california")),
            "1 of 3 members runs",
            "raise standby-count to save about 4 minutes",
        )],
        prediction: Prediction {
            until_serving: Duration::from_secs(60 + 60 + 420 + 90),
            total: Duration::from_secs(60 + 60 + 420 + 90 + 1800),
            loss: Some(Duration::from_secs(42)),
        },
        digest: PLAN.to_owned(),
    }
}
