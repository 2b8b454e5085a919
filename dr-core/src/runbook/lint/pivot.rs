//! One promotion for each data set, with nothing beside it.

use super::path::{Path, is_fence, is_shift, problem};
use crate::config::Problem;
use crate::model::{ComponentId, Kind};

/// `no-pivot`: a data set stays behind. `two-pivots`: a data set is promoted twice. `beside-the-pivot`: whether a step
/// beside a promotion can still be undone depends on which of them is done first.
pub(super) fn check(path: &Path<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    without(path, &mut problems);
    twice(path, &mut problems);
    beside(path, &mut problems);
    problems
}

fn without(path: &Path<'_>, problems: &mut Vec<Problem>) {
    let databases = path.of_kind(Kind::Database);
    let promoted: Vec<&ComponentId> = path.promotions().map(|(_, database)| database).collect();
    if promoted.iter().any(|id| !databases.contains(id)) {
        // A misspelled database is reported as such; that the right one is missing follows from it.
        return;
    }
    let Some(place) = path
        .promotions()
        .map(|(placed, _)| placed)
        .chain(path.steps(|verb| is_fence(verb) || is_shift(verb)))
        .next()
    else {
        return;
    };
    for database in databases.iter().filter(|id| !promoted.contains(id)) {
        let (message, help) = if promoted.is_empty() {
            (
                format!(
                    "the primary is left and `{database}` is promoted nowhere: nothing would take writes"
                ),
                format!("add `promote: {database}` after the fence, for the same runs"),
            )
        } else {
            (
                format!("`{database}` stays behind: a takeover promotes every database"),
                format!("add `promote: {database}` beside this one"),
            )
        };
        problems.push(problem("no-pivot", place.step.span, message, help));
    }
}

fn twice(path: &Path<'_>, problems: &mut Vec<Problem>) {
    let mut seen: Vec<&ComponentId> = Vec::new();
    for (placed, database) in path.promotions() {
        if seen.contains(&database) {
            problems.push(problem(
                "two-pivots",
                placed.step.span,
                format!("`{database}` is promoted a second time"),
                "promote each database once; mark steps `only: planned` or `only: unplanned` where runs differ",
            ));
        }
        seen.push(database);
    }
}

fn beside(path: &Path<'_>, problems: &mut Vec<Problem>) {
    let pivots: Vec<usize> = path.promotions().map(|(placed, _)| placed.stage).collect();
    for placed in path.steps(|verb| !verb.is_pivot()) {
        if pivots.contains(&placed.stage) {
            problems.push(problem(
                "beside-the-pivot",
                placed.step.span,
                format!(
                    "`{}` stands beside a promotion, so nobody knows whether it can still be undone",
                    placed.step.verb
                ),
                "give it a stage of its own, before the promotion or after it",
            ));
        }
    }
}
