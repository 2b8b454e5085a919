//! Nothing that a failover needs may be down with the site that failed.

use std::collections::BTreeSet;

use super::path::{Path, Placed, belongs_after_promotion, problem};
use crate::action::for_verb;
use crate::config::Problem;
use crate::model::{Check, Mode, Verb};
use crate::port::{CallSpec, Place};
use crate::runbook::Step;

/// `needs-failed-site`: a step cannot be done without the site that is lost, or the control plane of its region.
/// `needs-global-control-plane`: it cannot be done without the one region that administers a global service
/// (AWS, "Fault isolation boundaries"; REL11-BP04: rely on the data plane during recovery).
///
/// Both look at what stands before clients are served again; afterwards a run can wait. Both look at the way out and at the way
/// home: what switches a front door stays with the home standby, which is the site that is lost on the way home.
pub(super) fn check(path: &Path<'_>) -> Vec<Problem> {
    if path.kind.mode == Mode::Planned {
        return Vec::new();
    }
    let Some(served) = path.last_shift().max(path.pivot()) else {
        return Vec::new();
    };
    let out = path.direction();
    let ways = [out.reversed(), out];
    let mut problems = Vec::new();
    let out_of_order = |placed: &Placed<'_>| {
        belongs_after_promotion(&placed.step.verb)
            && path.pivot().is_some_and(|pivot| placed.stage < pivot)
    };
    for placed in path.steps.iter().filter(|placed| placed.stage <= served) {
        let step = placed.step;
        let mut failed = BTreeSet::new();
        let mut global = BTreeSet::new();
        for way in &ways {
            let calls = for_verb(&step.verb).calls(path.estate, way, path.kind.mode, &step.verb);
            let at_failed = Place::Site(way.from.clone());
            failed.extend(named(&calls, |call| {
                call.place == at_failed && (call.required || is_about_the_failed_site(&step.verb))
            }));
            global.extend(named(&calls, |call| {
                call.place == Place::GlobalControl && call.required
            }));
        }
        if !failed.is_empty() && !out_of_order(placed) {
            problems.push(needs_failed_site(step, &failed));
        }
        if !global.is_empty() {
            problems.push(problem(
                "needs-global-control-plane",
                step.span,
                format!(
                    "`{}` needs {}, which one region answers for all, before clients are served again",
                    step.verb,
                    listed(&global)
                ),
                "use a method that needs the data plane only, such as `health-switch` for a name, or move it behind `shift`",
            ));
        }
    }
    problems
}

fn needs_failed_site(step: &Step, calls: &BTreeSet<String>) -> Problem {
    problem(
        "needs-failed-site",
        step.span,
        format!(
            "`{}` needs {} of the site that is lost, before clients are served again",
            step.verb,
            listed(calls)
        ),
        "mark it `only: planned`, or move it behind `shift`, where the run can wait for that site",
    )
}

/// Whether a step has no meaning while that site is lost. Its calls may say that they are not required, because a run that
/// comes to such a step holds instead of failing; before clients are served, to hold is as bad.
fn is_about_the_failed_site(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Verify(Check::CaughtUp) | Verb::Reprotect(_) | Verb::Demote(_) | Verb::Converge(_)
    )
}

/// The names of the calls of which `wanted` holds.
fn named(calls: &[CallSpec], wanted: impl Fn(&CallSpec) -> bool) -> BTreeSet<String> {
    calls
        .iter()
        .filter(|call| wanted(call))
        .map(|call| format!("{}:{}", call.service, call.call))
        .collect()
}

fn listed(calls: &BTreeSet<String>) -> String {
    let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
    calls.join(", ")
}
