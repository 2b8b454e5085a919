//! How a step is taken back, in words.

use crate::model::{Direction, FenceTarget, Verb};

/// What taking back a step before the pivot will do.
pub(super) fn words(verb: &Verb, direction: &Direction) -> String {
    let Direction { from, to } = direction;
    match verb {
        Verb::Fence(FenceTarget::Primary | FenceTarget::FormerPrimary) => {
            format!("lift the fence of {from}")
        }
        Verb::Provision(stack) => format!("apply {stack} at {to} for a standby again"),
        Verb::Activate(component) => {
            format!("give {component} at {to} back the members that it had, or turn it off")
        }
        Verb::Shift(front) => format!("send the clients of {front} to {from} again"),
        Verb::Repoint(monitoring) => format!("make {monitoring} watch {from} again"),
        Verb::Exec(exec) => match &exec.undo {
            Some(command) => format!("run {}", command.join(" ")),
            None => "restore what was there before".to_owned(),
        },
        Verb::Verify(_)
        | Verb::Approve { .. }
        | Verb::Promote(_)
        | Verb::Reprotect(_)
        | Verb::Demote(_)
        | Verb::Converge(_)
        | Verb::Wait(_)
        | Verb::Notify(_) => "restore what was there before".to_owned(),
    }
}
