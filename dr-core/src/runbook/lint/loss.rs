//! A planned run loses nothing.

use super::path::{Path, is_caught_up, is_fence, problem};
use crate::config::Problem;
use crate::model::Mode;

/// `promotion-without-catch-up`: a planned run could lose the newest writes. `caught-up-before-fence`: the primary still
/// takes writes, so being level means nothing. `caught-up-after-promotion`: there is no replica left to ask.
pub(super) fn check(path: &Path<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(first) = path.pivot() else {
        return problems;
    };
    // Where nothing is fenced at all, that is the defect.
    let fenced = path.steps(is_fence).next().is_some();
    for placed in path.steps(is_caught_up) {
        if placed.stage > first {
            problems.push(problem(
                "caught-up-after-promotion",
                placed.step.span,
                "whether the replica has everything is asked after it was promoted",
                "move it between the fence and the promotion",
            ));
        } else if placed.stage < first && fenced && !path.has_before(placed.stage, is_fence) {
            problems.push(problem(
                "caught-up-before-fence",
                placed.step.span,
                "the replica cannot stay level while the primary takes writes",
                "move it behind `fence: primary`",
            ));
        }
    }
    if path.kind.mode == Mode::Planned && path.steps(is_caught_up).next().is_none() {
        problems.extend(path.promotions().map(|(placed, database)| {
            problem(
                "promotion-without-catch-up",
                placed.step.span,
                format!("`{database}` is promoted without asking whether it has every write"),
                "add `verify: caught-up` with `only: planned` between the fence and the promotion",
            )
        }));
    }
    problems
}
