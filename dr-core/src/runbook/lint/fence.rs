//! One writer: no promotion before the old primary is fenced.

use super::path::{Path, is_fence, problem};
use crate::config::Problem;
use crate::model::{FenceTarget, Verb};

/// `promotion-without-fence`: two primaries could take writes; a fence beside the promotion is none.
/// `fence-after-promotion`: so could they until it comes.
/// `former-primary-before-promotion`: there is none yet.
pub(super) fn check(path: &Path<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let fences = || path.steps(is_fence);
    for (placed, database) in path.promotions() {
        let before = path.has_before(placed.stage, is_fence);
        let after = fences().any(|fence| fence.stage > placed.stage);
        if !before && !after {
            problems.push(problem(
                "promotion-without-fence",
                placed.step.span,
                format!("`{database}` is promoted while the old primary may still take writes"),
                "add a stage with `fence: primary` before it",
            ));
        }
    }
    let Some(first) = path.pivot() else {
        return problems;
    };
    for fence in fences().filter(|fence| fence.stage > first) {
        problems.push(problem(
            "fence-after-promotion",
            fence.step.span,
            "the primary is fenced after another was made",
            "move it to a stage before the promotion; a fence that is still pending is applied by `fence: former-primary`",
        ));
    }
    for fence in path.steps(|verb| matches!(verb, Verb::Fence(FenceTarget::FormerPrimary))) {
        if fence.stage < first {
            problems.push(problem(
                "former-primary-before-promotion",
                fence.step.span,
                "there is no former primary before the promotion",
                "write `fence: primary`, or move it behind the promotion",
            ));
        }
    }
    problems
}
