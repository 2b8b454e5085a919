//! `notify`: tells people. A message that is lost stops nothing; after a crash it may be sent twice.

use async_trait::async_trait;

use super::calls::CallList;
use super::{Action, Before, Context, Observation, Output, StepError, Undo, UndoError};
use crate::adapter::technology::NOTIFY;
use crate::model::{Direction, Duration, Estate, Finding, Mode, Verb};
use crate::port::CallSpec;

/// Tells people.
pub(super) struct Notify;

fn message(verb: &Verb) -> &str {
    match verb {
        Verb::Notify(message) => message,
        _ => unreachable!("the registry pairs this action with `notify`"),
    }
}

#[async_trait]
impl Action for Notify {
    fn calls(&self, estate: &Estate, direction: &Direction, mode: Mode, _: &Verb) -> Vec<CallSpec> {
        CallList::new(estate, direction, mode)
            .loose(NOTIFY, &direction.to, false)
            .done()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::NothingToUndo
    }

    fn expected(&self, _: &Estate, _: &Direction, _: &Verb) -> Duration {
        Duration::from_secs(1)
    }

    async fn preflight(&self, _: &Context<'_>) -> Vec<Finding> {
        Vec::new()
    }

    async fn observe(&self, _: &Context<'_>) -> Observation {
        Observation::NotDone(Before::default())
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        let sent = cx.ports.notifier.notify(message(cx.verb), cx.permit).await;
        Ok(Output::said(match sent {
            Ok(()) => "people were told".to_owned(),
            Err(error) => format!("people could not be told: {error}"),
        }))
    }

    async fn undo(&self, _: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        Ok("a message cannot be taken back".to_owned())
    }
}
