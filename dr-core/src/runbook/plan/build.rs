//! Makes the plan: steps chosen, sites, timeouts and calls settled, durations summed.

use super::{PLAN_FORMAT, Plan, PlannedStage, PlannedStep, Prediction, check, fact, undo};
use crate::action::{Undo, for_verb};
use crate::model::{
    Check, Direction, Duration, Estate, EstateInventory, Finding, Mode, Severity, SiteId, Verb,
};
use crate::runbook::{Runbook, document::Step};

/// A step's timeout where none is written: this many times what it is expected to take.
const PATIENCE: u64 = 3;

/// A step's timeout where none is written is never shorter than this.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a step is tried where nothing is written.
const ATTEMPTS: u32 = 3;

/// What a plan is made from.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The estate.
    pub estate: &'a Estate,
    /// The runbook.
    pub runbook: &'a Runbook,
    /// What was observed of both sites.
    pub inventory: &'a EstateInventory,
    /// Planned or unplanned.
    pub mode: Mode,
    /// A rehearsal.
    pub rehearsal: bool,
    /// Which way.
    pub direction: Direction,
}

/// Makes the plan. Pure: the same request gives the same plan, byte for byte.
///
/// A plan on gaps is possible in unplanned mode, and its findings say so; the run reads again what it can.
///
/// # Errors
/// Everything that was found when something of it is blocking, the gravest first.
pub fn plan(request: &Request<'_>) -> Result<Plan, Vec<Finding>> {
    let defects = check::document(request);
    if !defects.is_empty() {
        return Err(defects);
    }
    let stages = stages(request);
    let prediction = Prediction {
        until_serving: until_serving(&stages),
        total: stages.iter().map(slowest).sum(),
        loss: check::loss(request, &stages),
    };
    let mut findings = check::reality(request, &stages, &prediction);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    if findings.iter().any(|f| f.severity == Severity::Blocking) {
        return Err(findings);
    }
    let mut plan = Plan {
        format: PLAN_FORMAT,
        runbook: request.runbook.name.clone(),
        runbook_digest: request.runbook.digest.clone(),
        estate: request.estate.clone(),
        mode: request.mode,
        rehearsal: request.rehearsal,
        direction: request.direction.clone(),
        facts: fact::facts(request, &stages),
        stages,
        findings,
        prediction,
        digest: String::new(),
    };
    plan.digest = plan.computed_digest();
    Ok(plan)
}

/// The stages with the steps that this kind of run has; stages without any are left out.
fn stages(request: &Request<'_>) -> Vec<PlannedStage> {
    let chosen = |step: &&Step| request.runbook.does(step, request.mode, request.rehearsal);
    let pivot = request.runbook.stages.iter().position(|stage| {
        let mut steps = stage.steps.iter().filter(chosen);
        steps.any(|step| step.verb.is_pivot())
    });
    request
        .runbook
        .stages
        .iter()
        .enumerate()
        .map(|(index, stage)| {
            let before_pivot = pivot.is_none_or(|pivot| index < pivot);
            let steps = stage.steps.iter().filter(chosen);
            PlannedStage {
                name: stage.name.clone(),
                steps: steps
                    .map(|step| settled(request, step, before_pivot))
                    .collect(),
            }
        })
        .filter(|stage| !stage.steps.is_empty())
        .collect()
}

/// One step with nothing left open.
fn settled(request: &Request<'_>, step: &Step, before_pivot: bool) -> PlannedStep {
    let Request {
        estate, direction, ..
    } = request;
    let action = for_verb(&step.verb);
    let expected = action.expected(estate, direction, &step.verb);
    let restores = before_pivot && action.undoable(&step.verb) == Undo::Restores;
    PlannedStep {
        id: step.id.clone(),
        verb: step.verb.clone(),
        site: site(&step.verb, direction).cloned(),
        timeout: step
            .timeout
            .unwrap_or_else(|| expected.times(PATIENCE).max(SHORTEST_TIMEOUT)),
        attempts: step.attempts.unwrap_or(ATTEMPTS),
        on_doubt: step.on_doubt,
        expected,
        pivot: step.verb.is_pivot(),
        undo: restores.then(|| undo::words(&step.verb, direction)),
        calls: action.calls(estate, direction, request.mode, &step.verb),
    }
}

/// The site that a step works on, where it is one.
fn site<'a>(verb: &Verb, direction: &'a Direction) -> Option<&'a SiteId> {
    match verb {
        Verb::Provision(_)
        | Verb::Activate(_)
        | Verb::Promote(_)
        | Verb::Shift(_)
        | Verb::Repoint(_)
        | Verb::Verify(Check::StandbyReady | Check::StandbyServing | Check::CaughtUp) => {
            Some(&direction.to)
        }
        Verb::Fence(_) | Verb::Reprotect(_) | Verb::Demote(_) => Some(&direction.from),
        Verb::Verify(Check::SteadyState)
        | Verb::Approve { .. }
        | Verb::Converge(_)
        | Verb::Wait(_)
        | Verb::Notify(_)
        | Verb::Exec(_) => None,
    }
}

/// How long a stage takes: as long as its slowest step.
fn slowest(stage: &PlannedStage) -> Duration {
    let expected = stage.steps.iter().map(|step| step.expected);
    expected.max().unwrap_or(Duration::ZERO)
}

/// Until clients are served again: up to and including the last stage that sends them anywhere. All of it where none does.
fn until_serving(stages: &[PlannedStage]) -> Duration {
    let shifts = |stage: &PlannedStage| {
        let mut steps = stage.steps.iter();
        steps.any(|step| matches!(step.verb, Verb::Shift(_)))
    };
    let open = stages
        .iter()
        .rposition(shifts)
        .map_or(stages.len(), |last| last + 1);
    stages[..open].iter().map(slowest).sum()
}
