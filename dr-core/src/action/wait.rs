//! `wait`: lets time pass. After a crash it waits again, as a whole.

use async_trait::async_trait;

use super::{Action, Before, Context, Observation, Output, StepError, Undo, UndoError};
use crate::model::{Direction, Duration, Estate, Finding, Mode, Verb};
use crate::port::CallSpec;

/// Waits.
pub(super) struct Wait;

fn span(verb: &Verb) -> Duration {
    match verb {
        Verb::Wait(span) => *span,
        _ => unreachable!("the registry pairs this action with `wait`"),
    }
}

#[async_trait]
impl Action for Wait {
    fn calls(&self, _: &Estate, _: &Direction, _: Mode, _: &Verb) -> Vec<CallSpec> {
        Vec::new()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::NothingToUndo
    }

    fn expected(&self, _: &Estate, _: &Direction, verb: &Verb) -> Duration {
        span(verb)
    }

    async fn preflight(&self, _: &Context<'_>) -> Vec<Finding> {
        Vec::new()
    }

    async fn observe(&self, _: &Context<'_>) -> Observation {
        Observation::NotDone(Before::default())
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        let span = span(cx.verb);
        cx.clock().sleep(span).await;
        Ok(Output::said(format!("waited {span}")))
    }

    async fn undo(&self, _: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        Ok("nothing was changed".to_owned())
    }
}
