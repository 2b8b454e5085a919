//! What stands in the way of a plan, and what is worth knowing.

use std::collections::BTreeSet;

use super::{PlannedStage, Prediction, Request};
use crate::action::front_door_findings;
use crate::model::{
    ComponentId, DatabaseRole, DatabaseState, Duration, Estate, Finding, Kind, Mode, Observed,
    Severity, SiteId, Subject, Verb,
};
use crate::runbook::lint;

/// What makes a plan impossible whatever the sites look like. All blocking.
pub(super) fn document(request: &Request<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let direction = &request.direction;
    for site in [&direction.from, &direction.to] {
        if request.estate.site(site).is_none() {
            findings.push(Finding::blocking(
                "unknown-site",
                Subject::Site(site.clone()),
                format!("{site} is no site of {}", request.estate.name),
                "name one of the estate's two sites",
            ));
        }
    }
    if direction.from == direction.to {
        findings.push(Finding::blocking(
            "unknown-site",
            Subject::Site(direction.to.clone()),
            format!("a role cannot move from {} to itself", direction.from),
            "name the other site",
        ));
    }
    if let Err(problems) = lint::lint(request.runbook, request.estate) {
        findings.extend(problems.list.iter().map(|problem| {
            Finding::blocking(
                problem.code,
                Subject::Estate,
                format!(
                    "{}:{}:{}: {}",
                    problems.source.name, problem.span.line, problem.span.column, problem.message
                ),
                problem.help.clone().unwrap_or_default(),
            )
        }));
    }
    let runbook = request.runbook;
    let done = |step| runbook.does(step, request.mode, request.rehearsal);
    if !runbook.steps().any(done) {
        findings.push(Finding::blocking(
            "nothing-to-do",
            Subject::Estate,
            format!(
                "{} has no step for a run that is {}",
                runbook.name, request.mode
            ),
            "use a runbook that is written for this kind of run",
        ));
    }
    findings
}

/// What was read of the sites, held against what the steps need.
pub(super) fn reality(
    request: &Request<'_>,
    stages: &[PlannedStage],
    prediction: &Prediction,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let promoted = promoted(stages);
    for component in &promoted {
        promotion(request, component, &mut findings);
    }
    for component in built_up_again(request.estate, stages).difference(&promoted) {
        taken_over_before(request, component, &mut findings);
    }
    front_doors(request, stages, &mut findings);
    locks(request, stages, &mut findings);
    gaps(request, stages, &mut findings);
    if prediction.until_serving > request.estate.objectives.rto {
        findings.push(Finding::new(
            Severity::Slowing,
            "rto-at-risk",
            Subject::Estate,
            format!(
                "clients are predicted to be served again after {}, the objective is {}",
                prediction.until_serving, request.estate.objectives.rto
            ),
            "keep more of the standby running, put steps side by side, or move steps behind `shift`",
        ));
    }
    findings
}

/// What the promotions would lose, as time; `None` where it cannot be told.
pub(super) fn loss(request: &Request<'_>, stages: &[PlannedStage]) -> Option<Duration> {
    let lags = promoted(stages)
        .into_iter()
        .map(|component| {
            Some(
                database(request, component, &request.direction.to)?
                    .replication
                    .as_ref()?
                    .lag,
            )
        })
        .collect::<Option<Vec<Duration>>>()?;
    Some(match request.mode {
        Mode::Planned => Duration::ZERO,
        Mode::Unplanned => lags.into_iter().max().unwrap_or(Duration::ZERO),
    })
}

fn verbs(stages: &[PlannedStage]) -> impl Iterator<Item = &Verb> {
    let steps = stages.iter().flat_map(|stage| &stage.steps);
    steps.map(|step| &step.verb)
}

fn promoted(stages: &[PlannedStage]) -> BTreeSet<&ComponentId> {
    verbs(stages)
        .filter_map(|verb| match verb {
            Verb::Promote(component) => Some(component),
            _ => None,
        })
        .collect()
}

/// The databases whose old primary is set aside or made a replica.
fn built_up_again<'a>(estate: &Estate, stages: &'a [PlannedStage]) -> BTreeSet<&'a ComponentId> {
    verbs(stages)
        .filter_map(|verb| match verb {
            Verb::Reprotect(component) | Verb::Demote(component) => Some(component),
            _ => None,
        })
        // A Git server or a fleet can be set aside, too.
        .filter(|id| {
            let component = estate.component(id);
            component.is_some_and(|component| component.kind() == Kind::Database)
        })
        .collect()
}

fn database<'a>(
    request: &Request<'a>,
    component: &ComponentId,
    site: &SiteId,
) -> Option<&'a DatabaseState> {
    match request.inventory.observed(component, site) {
        Some(Observed::Database(state)) => Some(state),
        _ => None,
    }
}

fn placed(component: &ComponentId, site: &SiteId) -> Subject {
    Subject::Placed(component.clone(), site.clone())
}

/// Whether the roles are as the direction says, and the copy to be promoted is one.
fn promotion(request: &Request<'_>, component: &ComponentId, findings: &mut Vec<Finding>) {
    let (from, to) = (&request.direction.from, &request.direction.to);
    match database(request, component, from) {
        // What is gone takes no writes: it is lost, as its whole site could be.
        Some(state) if state.role == DatabaseRole::Absent && request.mode == Mode::Unplanned => {
            findings.push(Finding::new(
                Severity::Slowing,
                "primary-gone",
                placed(component, from),
                format!("{component} at {from} is gone: what {to} has not received is lost"),
                "nothing; a new one is built when the other site has taken over",
            ));
        }
        Some(state) if state.role != DatabaseRole::Primary => findings.push(Finding::blocking(
            "from-not-primary",
            placed(component, from),
            format!("{component} at {from} is not the primary"),
            "ask `dr estate show` which site is primary now, and go the other way",
        )),
        None if request.mode == Mode::Planned => findings.push(Finding::blocking(
            "primary-unreadable",
            placed(component, from),
            format!("{component} at {from} cannot be read, and a switchover may lose nothing"),
            "if the site is lost, use `dr failover`, which bounds the loss and writes it down",
        )),
        Some(_) | None => {}
    }
    let Some(state) = database(request, component, to) else {
        findings.push(Finding::blocking(
            "standby-unreadable",
            placed(component, to),
            format!("{component} at {to} cannot be read, and it is what is to be promoted"),
            format!("see why {to} does not answer; nothing can be promoted unseen"),
        ));
        return;
    };
    match &state.role {
        DatabaseRole::Replica { source } if source == from => {
            lag(request, component, state, findings);
        }
        DatabaseRole::Primary => findings.push(Finding::blocking(
            "already-primary",
            placed(component, to),
            format!("{component} at {to} is a primary already"),
            "resume the run that made it so with `dr run resume`, or go the other way",
        )),
        _ => findings.push(Finding::blocking(
            "replica-missing",
            placed(component, to),
            format!("{component} at {to} is no replica of the one at {from}"),
            format!("build the replica first: a runbook with `reprotect: {component}`"),
        )),
    }
}

/// Whether the replica's lag is known and within the objective.
fn lag(
    request: &Request<'_>,
    component: &ComponentId,
    state: &DatabaseState,
    findings: &mut Vec<Finding>,
) {
    let to = &request.direction.to;
    let rpo = request.estate.objectives.rpo;
    let (unknown, consequence) = match request.mode {
        Mode::Planned => (
            Severity::Blocking,
            "the promotion waits until it has caught up",
        ),
        Mode::Unplanned => (Severity::Slowing, "the run will ask before it promotes"),
    };
    match &state.replication {
        None => findings.push(Finding::new(
            unknown,
            "lag-unknown",
            placed(component, to),
            format!("how far {component} at {to} is behind cannot be read"),
            "see whether replication runs",
        )),
        Some(replication) if replication.lag > rpo => findings.push(Finding::new(
            Severity::Slowing,
            "lag-exceeds-rpo",
            placed(component, to),
            format!(
                "{component} at {to} is {} behind, the objective is {rpo}: {consequence}",
                replication.lag
            ),
            "let it catch up if the primary still runs; else decide whether the loss is acceptable",
        )),
        Some(_) => {}
    }
}

/// A runbook that builds protection up again, without a promotion of its own, needs one that has happened.
fn taken_over_before(request: &Request<'_>, component: &ComponentId, findings: &mut Vec<Finding>) {
    let to = &request.direction.to;
    match database(request, component, to) {
        None => findings.push(Finding::blocking(
            "standby-unreadable",
            placed(component, to),
            format!("{component} at {to} cannot be read, and it is what is to be protected"),
            format!("see why {to} does not answer"),
        )),
        Some(state) if state.role != DatabaseRole::Primary => findings.push(Finding::blocking(
            "not-promoted",
            placed(component, to),
            format!(
                "{component} at {to} is not the primary, so there is nothing to protect it from"
            ),
            "promote it first, or go the other way",
        )),
        Some(_) => {}
    }
}

/// How the front doors that are shifted are set up. One is the same seen from either site.
fn front_doors(request: &Request<'_>, stages: &[PlannedStage], findings: &mut Vec<Finding>) {
    let shifted: BTreeSet<&ComponentId> = verbs(stages)
        .filter_map(|verb| match verb {
            Verb::Shift(door) => Some(door),
            _ => None,
        })
        .collect();
    for door in shifted {
        if let Some(Observed::Traffic(state)) =
            request.inventory.observed(door, &request.direction.to)
        {
            findings.extend(front_door_findings(
                request.estate,
                request.mode,
                door,
                state,
            ));
        }
    }
}

/// Who holds the lock of a stack that is to be applied.
fn locks(request: &Request<'_>, stages: &[PlannedStage], findings: &mut Vec<Finding>) {
    let provisioned: BTreeSet<&ComponentId> = verbs(stages)
        .filter_map(|verb| match verb {
            Verb::Provision(stack) => Some(stack),
            _ => None,
        })
        .collect();
    for stack in request.estate.of_kind(Kind::Infrastructure) {
        for site in [&request.direction.from, &request.direction.to] {
            let Some(Observed::Stack(state)) = request.inventory.observed(&stack.id, site) else {
                continue;
            };
            let Some(who) = &state.locked_by else {
                continue;
            };
            let needed = *site == request.direction.to && provisioned.contains(&stack.id);
            findings.push(Finding::new(
                if needed {
                    Severity::Blocking
                } else {
                    Severity::Notice
                },
                "stack-locked",
                placed(&stack.id, site),
                format!("the state of {} at {site} is locked by {who}", stack.id),
                "let that run finish, or release the lock if nobody holds it any more",
            ));
        }
    }
}

/// What could not be read. In planned mode there is time to find out why, so what a step works on must be readable.
fn gaps(request: &Request<'_>, stages: &[PlannedStage], findings: &mut Vec<Finding>) {
    let steps = || stages.iter().flat_map(|stage| &stage.steps);
    let told: Vec<Subject> = findings.iter().map(|f| f.subject.clone()).collect();
    for (site, component, gap) in request.inventory.gaps() {
        let subject = placed(component, site);
        if told.contains(&subject) {
            continue;
        }
        let worked_on = steps().any(|step| {
            step.verb.component() == Some(component) && step.site.as_ref() == Some(site)
        });
        let severity = match (worked_on, request.mode) {
            (true, Mode::Planned) => Severity::Blocking,
            (true, Mode::Unplanned) if *site == request.direction.to => Severity::Slowing,
            _ => Severity::Notice,
        };
        findings.push(Finding::new(
            severity,
            "gap",
            subject,
            format!("{component} at {site} could not be read: {}", gap.reason),
            match severity {
                Severity::Blocking => {
                    "see why it does not answer: a planned run begins when all that it works on can be read"
                }
                Severity::Slowing => {
                    "see why it does not answer; its step reads it again, and waits where it still does not"
                }
                Severity::Notice => "the plan does not rely on it",
            },
        ));
    }
}
