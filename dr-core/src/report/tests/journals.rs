//! Journals written by hand.

use std::collections::BTreeMap;

use super::events::{
    Story, answered, asked, clients, closed, done, fence, found, loss, lost, question, started,
};
use super::plan::{at, id, plan};
use crate::action::{Detail, Output, StepError};
use crate::model::{Duration, Epoch, FenceLevel, Finding, Mode, Severity, StepId, Subject};
use crate::port::{Decision, ErrorClass, PortError};
use crate::runbook::{Event, Plan, RunStatus};

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
    std::sync::Arc::make_mut(&mut story.header.plan).rehearsal = true;
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
