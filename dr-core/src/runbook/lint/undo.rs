//! Unwind before the pivot, forward after it.

use super::path::{Path, belongs_after_promotion, problem};
use crate::action::{Undo, for_verb};
use crate::config::Problem;
use crate::model::Verb;

/// `not-undoable-before-pivot`: a run that turns back there would be stuck. `undo-after-pivot`: an undo that will never be
/// called gives false hope.
pub(super) fn check(path: &Path<'_>) -> Vec<Problem> {
    let Some(pivot) = path.pivot() else {
        return Vec::new();
    };
    path.steps
        .iter()
        .filter_map(|placed| {
            let step = placed.step;
            let impossible = for_verb(&step.verb).undoable(&step.verb) == Undo::Impossible;
            if placed.stage < pivot && impossible && !belongs_after_promotion(&step.verb) {
                let help = match &step.verb {
                    Verb::Exec(_) => "declare its `undo`, or move it behind the promotion",
                    _ => "move it behind the promotion",
                };
                let message = format!("`{}` cannot be undone and stands before the promotion", step.verb);
                return Some(problem("not-undoable-before-pivot", step.span, message, help));
            }
            match &step.verb {
                Verb::Exec(exec) if placed.stage > pivot && exec.undo.is_some() => Some(problem(
                    "undo-after-pivot",
                    step.span,
                    format!("the undo of `{}` is never called: past the promotion a run only goes forward", step.verb),
                    "remove its `undo`, or move it before the promotion",
                )),
                _ => None,
            }
        })
        .collect()
}
