//! `approve`: marks where people must say yes. The engine asks them, counts the answers, and carries the step out only
//! when it has enough; there is nothing to do in the world.

use async_trait::async_trait;

use super::{Action, Before, Context, Observation, Output, StepError, Undo, UndoError};
use crate::model::{Direction, Duration, Estate, Finding, Mode, Verb};
use crate::port::CallSpec;

/// Marks an approval.
pub(super) struct Approve;

#[async_trait]
impl Action for Approve {
    fn calls(&self, _: &Estate, _: &Direction, _: Mode, _: &Verb) -> Vec<CallSpec> {
        Vec::new()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::NothingToUndo
    }

    fn expected(&self, _: &Estate, _: &Direction, _: &Verb) -> Duration {
        Duration::ZERO
    }

    async fn preflight(&self, _: &Context<'_>) -> Vec<Finding> {
        Vec::new()
    }

    async fn observe(&self, _: &Context<'_>) -> Observation {
        Observation::NotDone(Before::default())
    }

    async fn apply(&self, _: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        Ok(Output::said("approved"))
    }

    async fn undo(&self, _: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        Ok("nothing was changed".to_owned())
    }
}
