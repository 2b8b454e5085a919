//! Clients.

use super::path::{Path, is_serving, is_shift, problem};
use crate::config::Problem;
use crate::model::{ComponentId, Kind, Verb};

/// `traffic-before-serving`: clients are sent to what nobody has seen serving. `no-shift`: clients are left at the site
/// that is fenced.
pub(super) fn check(path: &Path<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let promoted = path.last_promotion();
    for shift in path.steps(is_shift) {
        let verified = path.steps(is_serving).any(|verify| {
            verify.stage < shift.stage && promoted.is_none_or(|promoted| verify.stage > promoted)
        });
        if !verified {
            problems.push(problem(
                "traffic-before-serving",
                shift.step.span,
                format!(
                    "`{}` stands before anything has shown that the new primary serves",
                    shift.step.verb
                ),
                "put a stage with `verify: standby-serving` between the promotion and it",
            ));
        }
    }
    problems.extend(left_behind(path));
    problems
}

fn left_behind(path: &Path<'_>) -> Vec<Problem> {
    let fronts = path.of_kind(Kind::Traffic);
    let shifted: Vec<&ComponentId> = path
        .steps
        .iter()
        .filter_map(|placed| match &placed.step.verb {
            Verb::Shift(front) => Some(front),
            _ => None,
        })
        .collect();
    let Some((promotion, _)) = path.promotions().next() else {
        return Vec::new();
    };
    if shifted.iter().any(|id| !fronts.contains(id)) {
        // A misspelled front door is reported as such.
        return Vec::new();
    }
    fronts
        .into_iter()
        .filter(|front| !shifted.contains(front))
        .map(|front| {
            problem(
                "no-shift",
                promotion.step.span,
                format!(
                    "after the promotion the clients of `{front}` are still sent to the old primary"
                ),
                format!("add `shift: {front}` after `verify: standby-serving`"),
            )
        })
        .collect()
}
