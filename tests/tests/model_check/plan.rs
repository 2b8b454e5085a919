//! The plan that the operators carry out: fence, promote, fence the former primary, protect again.

use std::collections::BTreeMap;

use dr_core::action::{Detail, Output};
use dr_core::model::{
    Access, Bindings, Direction, Duration, Estate, FenceEvidence, FenceLevel, FenceTarget, Mode,
    Objectives, OnDoubt, Platform, Role, Site, StepId, Verb,
};
use dr_core::runbook::plan::{PLAN_FORMAT, Plan, PlannedStage, PlannedStep, Prediction};

use super::clock::at;

/// The steps of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    Fence,
    Promote,
    Former,
    Reprotect,
}

impl Step {
    pub(crate) const ALL: [Self; 4] = [Self::Fence, Self::Promote, Self::Former, Self::Reprotect];

    pub(crate) fn id(self) -> StepId {
        let name = match self {
            Self::Fence => "fence",
            Self::Promote => "promote",
            Self::Former => "former",
            Self::Reprotect => "reprotect",
        };
        id(name)
    }

    pub(crate) fn of(id: &StepId) -> Self {
        Self::ALL
            .into_iter()
            .find(|step| step.id() == *id)
            .expect("the plan has these steps and no others")
    }

    /// What the step records when it is done; `level`: the evidence that a fence came by.
    pub(crate) fn output(self, level: FenceLevel) -> Output {
        let evidence = FenceEvidence {
            site: id("ohio"),
            level,
            at: at(0),
            observations: Vec::new(),
            pending: level != FenceLevel::Confirmed,
            unanswered: Vec::new(),
            denied: Vec::new(),
        };
        let detail = match self {
            Self::Fence => Detail::Fence(evidence),
            Self::Promote => Detail::None,
            Self::Former => Detail::FormerFence {
                evidence,
                losses: BTreeMap::new(),
            },
            Self::Reprotect => Detail::Protected {
                component: id("database"),
                lag: Duration::ZERO,
                loss: None,
            },
        };
        Output::with("done", detail)
    }
}

pub(crate) fn id<T: std::str::FromStr>(name: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    name.parse().expect("a name")
}

fn estate() -> Estate {
    let site = |name: &str, region: &str, home_role| Site {
        id: id(name),
        platform: Platform::Aws,
        region: id(region),
        home_role,
        access: Access::default(),
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
        components: BTreeMap::new(),
        write_lease: Some(Duration::from_secs(10)),
        steady_state: Vec::new(),
        backups: Vec::new(),
        exceptions: Vec::new(),
        watch: None,
        observers: Vec::new(),
        bindings: Bindings::new(),
    }
}

fn stage(step: Step) -> PlannedStage {
    let verb = match step {
        Step::Fence => Verb::Fence(FenceTarget::Primary),
        Step::Promote => Verb::Promote(id("database")),
        Step::Former => Verb::Fence(FenceTarget::FormerPrimary),
        Step::Reprotect => Verb::Reprotect(id("database")),
    };
    let planned = PlannedStep {
        id: step.id(),
        pivot: verb.is_pivot(),
        verb,
        site: None,
        timeout: Duration::from_mins(10),
        attempts: 2,
        on_doubt: OnDoubt::Observe,
        expected: Duration::from_mins(1),
        undo: (step == Step::Fence).then(|| "lifts the fence".to_owned()),
        calls: Vec::new(),
    };
    PlannedStage {
        name: step.id().to_string(),
        steps: vec![planned],
    }
}

/// An unplanned failover from Ohio to California.
pub(crate) fn failover() -> Plan {
    Plan {
        format: PLAN_FORMAT,
        runbook: "failover".to_owned(),
        runbook_digest: String::new(),
        estate: estate(),
        mode: Mode::Unplanned,
        rehearsal: false,
        direction: Direction {
            from: id("ohio"),
            to: id("california"),
        },
        stages: Step::ALL.map(stage).into(),
        facts: Vec::new(),
        findings: Vec::new(),
        prediction: Prediction {
            until_serving: Duration::ZERO,
            total: Duration::ZERO,
            loss: None,
        },
        digest: "d1".to_owned(),
    }
}
