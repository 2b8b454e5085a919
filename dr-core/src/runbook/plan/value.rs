//! The plan as a value.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{
    ComponentId, Direction, Duration, Estate, Finding, Mode, OnDoubt, SiteId, StepId, Verb,
};
use crate::port::{CallSpec, Effect, Place, Plane};

/// The format of a plan file. A reader refuses a newer one.
pub const PLAN_FORMAT: u32 = 1;

/// What will be done, to what, with nothing left to choose. It carries the estate, so that a run needs nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// [`PLAN_FORMAT`] of the writer.
    pub format: u32,
    /// The runbook's name: `failover`.
    pub runbook: String,
    /// SHA-256 of the runbook's text.
    pub runbook_digest: String,
    /// The estate that it is for.
    pub estate: Estate,
    /// Whether both sites are there to be asked.
    pub mode: Mode,
    /// A rehearsal: steps marked `only: gameday` are in.
    pub rehearsal: bool,
    /// Which way the primary role moves.
    pub direction: Direction,
    /// What is done: stages one after another, the steps of a stage side by side.
    pub stages: Vec<PlannedStage>,
    /// What the plan relied on; checked again just before it runs.
    pub facts: Vec<Fact>,
    /// What was found and does not stand in the way.
    pub findings: Vec<Finding>,
    /// What to expect.
    pub prediction: Prediction,
    /// SHA-256 of everything above.
    pub digest: String,
}

/// Steps that are carried out side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStage {
    /// Its name: `take over`.
    pub name: String,
    /// Its steps.
    pub steps: Vec<PlannedStep>,
}

/// One step with everything decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Its name, unique in the plan.
    pub id: StepId,
    /// What it does.
    pub verb: Verb,
    /// The site that it works on, where it is one.
    pub site: Option<SiteId>,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How often it is tried.
    pub attempts: u32,
    /// What is done when its outcome is unknown.
    pub on_doubt: OnDoubt,
    /// How long it is expected to take.
    pub expected: Duration,
    /// Past this step the run only goes forward.
    pub pivot: bool,
    /// How it is taken back, in words; `None` where it cannot be or need not be.
    pub undo: Option<String>,
    /// The calls that it may make.
    pub calls: Vec<CallSpec>,
}

/// Something read that the plan relied on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The database is primary there; only claimed where it could be read.
    Primary {
        /// The database.
        component: ComponentId,
        /// The site.
        site: SiteId,
    },
    /// The database there is a replica of the other site's.
    Replica {
        /// The database.
        component: ComponentId,
        /// The site.
        site: SiteId,
    },
    /// Clients are sent there.
    Traffic {
        /// The front door.
        component: ComponentId,
        /// The site.
        site: SiteId,
    },
    /// The stack's state there can be read and is not locked.
    StackFree {
        /// The stack.
        component: ComponentId,
        /// The site.
        site: SiteId,
    },
}

/// What to expect of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    /// Until clients are served again: the slowest step of each stage, up to the last `shift`.
    pub until_serving: Duration,
    /// Until the run is done: the slowest step of each stage.
    pub total: Duration,
    /// What the promotions would lose, as time: the largest lag of a replica as last read; nothing in planned mode, where
    /// a promotion waits for a replica that has caught up. `None` when it could not be read.
    pub loss: Option<Duration>,
}

impl Plan {
    /// All steps in order.
    pub fn steps(&self) -> impl Iterator<Item = &PlannedStep> {
        self.stages.iter().flat_map(|stage| &stage.steps)
    }

    /// The step of that name.
    pub fn step(&self, id: &StepId) -> Option<&PlannedStep> {
        self.steps().find(|step| step.id == *id)
    }

    /// What will be made new, so that it needs quota, capacity and money: each call with its step.
    pub fn creates(&self) -> impl Iterator<Item = (&StepId, &CallSpec)> {
        self.steps().flat_map(|step| {
            let calls = step.calls.iter();
            calls
                .filter(|call| call.effect == Effect::Create)
                .map(move |call| (&step.id, call))
        })
    }

    /// The different calls that the run may make, by where they go and which half of the service answers them.
    pub fn calls_by_place(&self) -> BTreeMap<(Place, Plane), BTreeSet<&CallSpec>> {
        let mut by_place: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for call in self.steps().flat_map(|step| &step.calls) {
            let place = (call.place.clone(), call.plane);
            by_place.entry(place).or_default().insert(call);
        }
        by_place
    }
}
