//! Permissions that the calls of a run did not have.

use std::fmt::Write as _;

use dr_core::access::{Lacking, gone_without};
use dr_core::action::StepError;
use dr_core::runbook::engine::RunState;

use super::style::Style;

/// What the steps lack that failed and are not behind, and what those lacked that went on without, in the order of the plan.
pub(crate) fn of(state: &RunState) -> Vec<Lacking> {
    let mut found = Vec::new();
    for planned in state.plan.steps() {
        let step = state.step(&planned.id);
        let failed = match step.error.as_ref().filter(|_| !step.is_behind()) {
            Some(StepError::Port(error)) => Lacking::of(&state.plan, planned, error),
            _ => None,
        };
        let outputs = state.history.outputs.iter();
        let outputs = outputs.filter(|(id, _)| *id == planned.id);
        let without = outputs.flat_map(|(_, output)| gone_without(&state.plan, planned, output));
        for lacking in failed.into_iter().chain(without) {
            if !found.contains(&lacking) {
                found.push(lacking);
            }
        }
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
