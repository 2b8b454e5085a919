//! Journals written by hand.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::action::{Before, Detail, Output, StepError};
use crate::model::{Check, SiteId, StepId};
use crate::model::{
    ClientView, Component, ComponentId, Database, Direction, Duration, Epoch, Estate,
    FenceEvidence, FenceLevel, FenceTarget, Finding, LossStatement, Mode, Objectives, OnDoubt,
    Outage, Platform, Position, Role, Settings, Severity, Site, Subject, Technology, Verb,
};
use crate::port::{
    Answer, CallSpec, Decision, Effect, ErrorClass, Place, Plane, PortError, Question,
};
use crate::report::{Report, from_journal};
use crate::runbook::journal::{Digest, Header, JOURNAL_FORMAT, Record};
use crate::runbook::plan::PLAN_FORMAT;
use crate::runbook::{Event, Plan, PlannedStage, PlannedStep, Prediction, RunStatus};

const PLAN: &str = "9d1f4c3b7a60e8d25f1b0c9a7e6d5c4b3a29180716f5e4d3c2b1a09f8e7d6c5b";
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
    }
}

fn call(service: &str, call: &str, place: Place, effect: Effect) -> CallSpec {
    CallSpec {
        service: service.to_owned(),
        call: call.to_owned(),
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
    PlannedStep {
        id: id(name),
        pivot: verb.is_pivot(),
        verb,
        site: Some(id("california")),
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

/// A journal that grows event by event.
pub(super) struct Story {
    pub(super) header: Header,
    pub(super) records: Vec<Record>,
    epoch: Epoch,
}

impl Story {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            header: Header {
                format: JOURNAL_FORMAT,
                dr_version: "0.1.0".to_owned(),
                run: id("failover-20260307-040130-k3v9"),
                epoch: Epoch(7),
                at: at(90),
                by: "ana".to_owned(),
                plan,
            },
            records: Vec::new(),
            epoch: Epoch(7),
        }
    }

    pub(super) fn then(mut self, seconds: i64, event: Event) -> Self {
        if let Event::TakenOver { epoch, .. } = &event {
            self.epoch = *epoch;
        }
        self.records.push(Record {
            seq: self.records.len() as u64 + 1,
            epoch: self.epoch,
            at: at(seconds),
            event,
            prev: Digest::of(b"the line before"),
        });
        self
    }

    pub(super) fn report(&self) -> Report {
        from_journal(&self.header, &self.records, HEAD)
    }
}

pub(super) fn started(name: &str, attempt: u32) -> Event {
    Event::StepStarted {
        step: id(name),
        attempt,
        before: Before::default(),
    }
}

pub(super) fn done(name: &str, output: Output) -> Event {
    Event::StepSucceeded {
        step: id(name),
        output,
        found_done: false,
    }
}

pub(super) fn found(name: &str, output: Output) -> Event {
    Event::StepSucceeded {
        step: id(name),
        output,
        found_done: true,
    }
}

pub(super) fn asked(name: &str, code: &str, people: u32, text: &str) -> Event {
    Event::Asked {
        question: question(name, code, people, text),
    }
}

fn question(name: &str, code: &str, people: u32, text: &str) -> Question {
    Question {
        step: id(name),
        code: code.to_owned(),
        text: text.to_owned(),
        people,
    }
}

pub(super) fn answered(name: &str, code: &str, decision: Decision, who: &str, why: &str) -> Event {
    Event::Answered {
        answer: Answer {
            step: id(name),
            code: code.to_owned(),
            decision,
            who: who.to_owned(),
            why: why.to_owned(),
            plan_digest: PLAN.to_owned(),
        },
        inbox: None,
    }
}

pub(super) fn loss(until: Option<i64>, exact: Option<u64>) -> LossStatement {
    LossStatement {
        promoted_position: Position(81_204),
        last_known_source: Some((Position(81_217), at(-4))),
        window_from: at(-38),
        window_until: until.map(at),
        exact,
    }
}

pub(super) fn lost(until: Option<i64>, exact: Option<u64>) -> Detail {
    Detail::Loss {
        component: id("database"),
        loss: loss(until, exact),
    }
}

pub(super) fn fence(level: FenceLevel, seconds: i64, pending: bool) -> FenceEvidence {
    FenceEvidence {
        site: id("ohio"),
        level,
        at: at(seconds),
        observations: vec![
            "5 of 5 observers lost the path to ohio".to_owned(),
            "rds:ModifyDBInstance at ohio did not answer within 20s".to_owned(),
        ],
        pending,
        unanswered: Vec::new(),
    }
}

pub(super) fn clients(seconds: i64, outage: Option<(i64, Option<i64>)>, by: &[&str]) -> Detail {
    Detail::Clients(ClientView {
        at: at(seconds),
        tried: 600,
        acknowledged: 540,
        outage: outage.map(|(from, until)| Outage {
            from: at(from),
            until: until.map(at),
        }),
        served_by: by.iter().map(|name| id::<SiteId>(name)).collect(),
    })
}

pub(super) fn closed(status: RunStatus, missing: &[&str]) -> Event {
    Event::Closed {
        status,
        missing: missing.iter().map(|item| (*item).to_owned()).collect(),
    }
}

pub(super) fn run_started() -> Event {
    Event::RunStarted {
        by: "ana".to_owned(),
        outage_since: Some(at(0)),
        findings: vec![Finding::new(
            Severity::Notice,
            "site-unreachable",
            Subject::Site(id("ohio")),
            "ohio does not answer",
            "nothing to do: calls to it are optional",
        )],
        accepted: Vec::new(),
    }
}

/// Up to the fence, which could not be proven.
pub(super) fn until_the_fence(plan: Plan) -> Story {
    let text = "the fence of ohio is isolated-observed: at least 13 writes would be lost; promote without proof?";
    Story::new(plan)
        .then(90, run_started())
        .then(
            92,
            found("verify-standby-ready", Output::said("california is ready")),
        )
        .then(
            92,
            asked(
                "approve",
                "approval",
                2,
                "unplanned failover ohio -> california",
            ),
        )
        .then(
            131,
            answered(
                "approve",
                "approval",
                Decision::Yes,
                "ana",
                "ohio is dark on the status page",
            ),
        )
        .then(
            158,
            answered(
                "approve",
                "approval",
                Decision::Yes,
                "bertrand",
                "confirmed with the network team",
            ),
        )
        .then(
            158,
            done("approve", Output::said("approved by ana, bertrand")),
        )
        .then(159, started("fence-primary", 1))
        .then(
            201,
            done(
                "fence-primary",
                Output::with(
                    "ohio is cut off from clients; the fence is pending",
                    Detail::Fence(fence(FenceLevel::IsolatedObserved, 200, true)),
                ),
            ),
        )
        .then(202, started("provision-stack", 1))
        .then(
            202,
            Event::StepFailed {
                step: id("promote-database"),
                error: StepError::Gate(question("promote-database", "fence-unproven", 1, text)),
                retry_at: None,
            },
        )
        .then(202, asked("promote-database", "fence-unproven", 1, text))
}

/// A failover that went to its end: a waiver, a failed attempt, a pending fence applied, protected again.
pub(super) fn completed() -> Story {
    until_the_fence(plan())
        .then(
            233,
            Event::StepFailed {
                step: id("provision-stack"),
                error: StepError::Port(PortError {
                    class: ErrorClass::Throttled,
                    operation: "autoscaling:UpdateAutoScalingGroup".to_owned(),
                    place: "stack@california".to_owned(),
                    message: "rate exceeded".to_owned(),
                }),
                retry_at: Some(at(235)),
            },
        )
        .then(235, started("provision-stack", 2))
        .then(
            262,
            answered(
                "promote-database",
                "fence-unproven",
                Decision::Yes,
                "bertrand",
                "ohio has been dark for 4 minutes, 13 writes are a loss that we accept",
            ),
        )
        .then(263, started("promote-database", 1))
        .then(
            431,
            done(
                "provision-stack",
                Output::said("california has the capacity of a primary"),
            ),
        )
        .then(
            664,
            done(
                "promote-database",
                Output::with("database at california takes writes", lost(Some(6), None)),
            ),
        )
        .then(666, started("shift-front-door", 1))
        .then(
            741,
            done(
                "shift-front-door",
                Output::with(
                    "front-door answers california",
                    clients(740, Some((1, Some(722))), &["california"]),
                ),
            ),
        )
        .then(
            742,
            Event::StepFailed {
                step: id("fence-former-primary"),
                error: StepError::Gate(question(
                    "fence-former-primary",
                    "site-unreachable",
                    0,
                    "ohio does not answer",
                )),
                retry_at: None,
            },
        )
        .then(
            742,
            asked(
                "fence-former-primary",
                "site-unreachable",
                0,
                "ohio does not answer yet",
            ),
        )
        .then(
            745,
            Event::Held {
                because: "ohio does not answer yet".to_owned(),
            },
        )
        .then(
            12_345,
            Event::TakenOver {
                by: "chandra".to_owned(),
                epoch: Epoch(8),
            },
        )
        .then(12_346, started("fence-former-primary", 1))
        .then(
            12_391,
            done(
                "fence-former-primary",
                Output::with(
                    "ohio refuses writes",
                    Detail::FormerFence {
                        evidence: fence(FenceLevel::Confirmed, 12_390, false),
                        losses: BTreeMap::from([(id("database"), loss(Some(6), Some(17)))]),
                    },
                ),
            ),
        )
        .then(12_392, started("reprotect-database", 1))
        .then(
            14_010,
            done(
                "reprotect-database",
                Output::with(
                    "database at ohio follows california",
                    Detail::Protected {
                        component: id("database"),
                        lag: Duration::from_millis(1200),
                        loss: None,
                    },
                ),
            ),
        )
        .then(14_011, closed(RunStatus::Completed, &[]))
}

/// Held where the fence could not be proven and nobody answered.
pub(super) fn held_at_fence() -> Story {
    until_the_fence(plan())
        .then(
            420,
            done(
                "provision-stack",
                Output::said("california has the capacity of a primary"),
            ),
        )
        .then(
            502,
            Event::Held {
                because: "the fence of ohio is isolated-observed: promote without proof?"
                    .to_owned(),
            },
        )
}

/// A planned run that turned back because the replica did not catch up.
pub(super) fn unwound() -> Story {
    let undone = |name: &str, summary: &str| Event::Undone {
        step: id(name),
        summary: summary.to_owned(),
    };
    let mut planned = plan();
    planned.mode = Mode::Planned;
    Story::new(planned)
        .then(
            90,
            Event::RunStarted {
                by: "ana".to_owned(),
                outage_since: None,
                findings: vec![],
                accepted: vec![],
            },
        )
        .then(
            91,
            found("verify-standby-ready", Output::said("california is ready")),
        )
        .then(
            91,
            asked(
                "approve",
                "approval",
                2,
                "planned failover ohio -> california",
            ),
        )
        .then(
            100,
            answered("approve", "approval", Decision::Yes, "ana", "change 4711"),
        )
        .then(
            104,
            answered(
                "approve",
                "approval",
                Decision::Yes,
                "bertrand",
                "change 4711",
            ),
        )
        .then(
            104,
            done("approve", Output::said("approved by ana, bertrand")),
        )
        .then(105, started("fence-primary", 1))
        .then(
            121,
            done(
                "fence-primary",
                Output::with(
                    "ohio refuses writes",
                    Detail::Fence(fence(FenceLevel::Confirmed, 120, false)),
                ),
            ),
        )
        .then(122, started("provision-stack", 1))
        .then(
            180,
            Event::StepFailed {
                step: id("provision-stack"),
                error: StepError::NotMet {
                    code: "quota".to_owned(),
                    message: "the quota of california allows 2 members".to_owned(),
                },
                retry_at: None,
            },
        )
        .then(
            181,
            Event::Unwinding {
                because: "step provision-stack failed: the quota of california allows 2 members"
                    .to_owned(),
            },
        )
        .then(
            181,
            Event::UndoStarted {
                step: id("provision-stack"),
            },
        )
        .then(
            202,
            undone(
                "provision-stack",
                "the stack of california has 1 member again",
            ),
        )
        .then(
            202,
            Event::UndoStarted {
                step: id("fence-primary"),
            },
        )
        .then(219, undone("fence-primary", "ohio takes writes again"))
        .then(220, closed(RunStatus::Unwound, &[]))
}

/// The first operator fell silent during the promotion; the second one took over.
pub(super) fn taken_over() -> Story {
    let mut story = until_the_fence(plan())
        .then(
            262,
            answered(
                "promote-database",
                "fence-unproven",
                Decision::Yes,
                "bertrand",
                "accepted",
            ),
        )
        .then(263, started("promote-database", 1))
        .then(
            431,
            done(
                "provision-stack",
                Output::said("california has the capacity of a primary"),
            ),
        )
        .then(
            560,
            Event::TakenOver {
                by: "chandra".to_owned(),
                epoch: Epoch(8),
            },
        )
        .then(
            575,
            Event::StepInDoubt {
                step: id("promote-database"),
                reason: "the answer was lost".to_owned(),
            },
        )
        .then(
            731,
            found(
                "promote-database",
                Output::with("database at california takes writes", lost(None, None)),
            ),
        )
        .then(732, started("shift-front-door", 1));
    story.header.plan.rehearsal = true;
    story
}

/// Every journal, by name.
pub(super) fn all() -> Vec<(&'static str, Story)> {
    vec![
        ("completed", completed()),
        ("held-at-fence", held_at_fence()),
        ("unwound", unwound()),
        ("taken-over", taken_over()),
    ]
}

/// The steps that journals may name, one that no plan has among them.
pub(super) fn step_names() -> Vec<StepId> {
    plan()
        .steps()
        .map(|step| step.id.clone())
        .chain([id("no-such-step")])
        .collect()
}
