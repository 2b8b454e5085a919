//! What makes sense on one side of a promotion only.

use super::path::{Path, is_serving, problem};
use crate::config::Problem;
use crate::model::{Check, Verb};

/// Steps that stand on the wrong side of the promotion: `ready-after-promotion`, `serving-before-promotion`,
/// `repoint-before-promotion`, `reprotect-before-promotion`, `demote-before-promotion`.
pub(super) fn check(path: &Path<'_>) -> Vec<Problem> {
    let (Some(first), Some(last)) = (path.pivot(), path.last_promotion()) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for placed in &path.steps {
        let before = |promotion: usize| placed.stage < promotion;
        let (code, message, help) = match &placed.step.verb {
            Verb::Verify(Check::StandbyReady) if placed.stage > first => (
                "ready-after-promotion",
                "after the promotion there is no standby left that could be ready",
                "move it to the first stage, or write `verify: standby-serving`",
            ),
            verb if is_serving(verb) && before(last) => (
                "serving-before-promotion",
                "the standby cannot take writes before the promotion, so this never holds",
                "move it behind the promotion, or write `verify: standby-ready`",
            ),
            Verb::Repoint(_) if before(last) => (
                "repoint-before-promotion",
                "monitoring would watch a site that is not primary yet, and nobody the one that is",
                "move it behind the promotion",
            ),
            Verb::Reprotect(id) if before(promotion_of(path, id, last)) => (
                "reprotect-before-promotion",
                "a replica at the old primary's site needs a new primary to follow",
                "move it behind the promotion; it waits until the old site answers",
            ),
            Verb::Demote(id) if before(promotion_of(path, id, last)) => (
                "demote-before-promotion",
                "setting the primary aside before there is another leaves nothing that takes writes",
                "move it behind the promotion; before it, `fence: primary` stops the writes",
            ),
            _ => continue,
        };
        problems.push(problem(code, placed.step.span, message, help));
    }
    problems
}

/// The stage in which a database is promoted; `otherwise` when it is not.
fn promotion_of(path: &Path<'_>, id: &crate::model::ComponentId, otherwise: usize) -> usize {
    let mut promotions = path.promotions();
    promotions
        .find(|(_, database)| *database == id)
        .map_or(otherwise, |(placed, _)| placed.stage)
}
