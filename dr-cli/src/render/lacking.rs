//! Permissions that the calls of a run did not have.

use std::fmt::Write as _;

use dr_core::access::Lacking;
use dr_core::action::StepError;
use dr_core::runbook::engine::RunState;

use super::style::Style;

/// What the steps lack that failed and are not behind, in the order of the plan.
pub(crate) fn of(state: &RunState) -> Vec<Lacking> {
    let mut found = Vec::new();
    for planned in state.plan.steps() {
        let step = state.step(&planned.id);
        let Some(StepError::Port(error)) = step.error.as_ref().filter(|_| !step.is_behind()) else {
            continue;
        };
        let lacking = Lacking::of(&state.plan, planned, error);
        found.extend(lacking.filter(|lacking| !found.contains(lacking)));
    }
    found
}

/// The same, for people: what to add to the policy of whoever runs this.
pub(crate) fn text(lacking: &[Lacking], style: Style) -> String {
    let mut text = String::new();
    for lacking in lacking {
        let _ = writeln!(
            text,
            "\n{} {}",
            style.warn("a permission is missing:"),
            lacking
        );
    }
    text
}
