//! Stages.

use super::path::problem;
use crate::config::Problem;
use crate::model::{Estate, Mode};
use crate::runbook::{Runbook, Stage};

/// `unreachable-stage`: no kind of run that the runbook is for has a step in it, so its name promises what never happens.
pub(super) fn check(runbook: &Runbook, _: &Estate) -> Vec<Problem> {
    let modes = [Mode::Planned, Mode::Unplanned];
    let kinds = || {
        modes
            .into_iter()
            .flat_map(|mode| [(mode, false), (mode, true)])
    };
    let reachable = |stage: &&Stage| {
        let mut steps = stage.steps.iter();
        steps.any(|step| kinds().any(|(mode, rehearsal)| runbook.does(step, mode, rehearsal)))
    };
    runbook
        .stages
        .iter()
        .filter(|stage| !reachable(stage))
        .map(|stage| {
            problem(
                "unreachable-stage",
                stage.span,
                format!("no run does anything in the stage `{}`", stage.name),
                "the runbook's own `only` leaves out all its steps: remove the stage, or one of the two",
            )
        })
        .collect()
}
