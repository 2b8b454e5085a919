//! What the steps name.

use super::path::problem;
use crate::config::{Problem, did_you_mean};
use crate::model::{Estate, Kind, Verb};
use crate::runbook::{Runbook, Step};

/// `unknown-component`: a step names what the estate does not have. `verb-does-not-fit-kind`: it has it, and it is not a
/// thing that the verb works on.
pub(super) fn check(runbook: &Runbook, estate: &Estate) -> Vec<Problem> {
    runbook
        .steps()
        .filter_map(|step| of_step(step, estate))
        .collect()
}

fn of_step(step: &Step, estate: &Estate) -> Option<Problem> {
    let id = step.verb.component()?;
    let verb = step.verb.name();
    let kinds = works_on(&step.verb);
    let fitting: Vec<&str> = estate
        .components
        .values()
        .filter(|component| kinds.contains(&component.kind()))
        .map(|component| component.id.as_str())
        .collect();
    let Some(component) = estate.component(id) else {
        return Some(problem(
            "unknown-component",
            step.span,
            format!("the estate {} has no component `{id}`", estate.name),
            did_you_mean(id.as_str(), fitting.iter().copied()).unwrap_or_else(|| none_fits(kinds)),
        ));
    };
    if kinds.contains(&component.kind()) {
        return None;
    }
    let help = match fitting.as_slice() {
        [] => none_fits(kinds),
        fitting => format!("`{verb}` works on {}: {}", named(kinds), fitting.join(", ")),
    };
    Some(problem(
        "verb-does-not-fit-kind",
        step.span,
        format!(
            "`{verb}` does not work on `{id}`, which is of kind {}",
            component.kind()
        ),
        help,
    ))
}

/// The kinds that a verb works on; every verb that names a component has some.
fn works_on(verb: &Verb) -> &'static [Kind] {
    match verb {
        Verb::Provision(_) | Verb::Converge(_) => &[Kind::Infrastructure],
        Verb::Activate(_) => &[Kind::Repository, Kind::Compute, Kind::Kubernetes],
        Verb::Promote(_) | Verb::Reprotect(_) => &[Kind::Database],
        Verb::Demote(_) => &[
            Kind::Database,
            Kind::Repository,
            Kind::Compute,
            Kind::Kubernetes,
        ],
        Verb::Shift(_) => &[Kind::Traffic],
        Verb::Repoint(_) => &[Kind::Monitoring],
        Verb::Verify(_)
        | Verb::Approve { .. }
        | Verb::Fence(_)
        | Verb::Wait(_)
        | Verb::Notify(_)
        | Verb::Exec(_) => &[],
    }
}

fn named(kinds: &[Kind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    names.join(" or ")
}

fn none_fits(kinds: &[Kind]) -> String {
    format!(
        "the estate has no component of kind {}: remove the step",
        named(kinds)
    )
}
