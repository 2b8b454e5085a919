//! `repoint`: makes monitoring watch the new primary, on both sites; the old primary's only if it answers.

use async_trait::async_trait;

use super::calls::CallList;
use super::poll::{Poll, tolerate};
use super::read::is_unreachable;
use super::{
    Action, Before, Context, Observation, Output, StepError, Undo, UndoError, ready, subject,
};
use crate::adapter::technology;
use crate::model::{Direction, Duration, Estate, Finding, Mode, SiteId, Verb};
use crate::port::{CallSpec, ErrorClass, Operation, PortResult};

/// Repoints monitoring.
pub(super) struct Repoint;

/// Whether the monitoring of `site` watches the new primary. One that watches neither site, or both, does not.
async fn watches(cx: &Context<'_>, site: &SiteId) -> PortResult<bool> {
    match cx.monitoring(subject(cx.verb), site).await {
        Ok(state) => Ok(state.watches == *cx.to()),
        Err(error) if error.class == ErrorClass::Conflict => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes the monitoring of `site` watch the new primary, and reads that back.
async fn repoint(cx: &Context<'_>, site: &SiteId) -> Result<(), StepError> {
    let id = subject(cx.verb);
    if !watches(cx, site).await? {
        cx.ports
            .monitoring(id, site)?
            .repoint(cx.to(), cx.permit)
            .await?;
    }
    let poll = Poll::of(cx);
    loop {
        if tolerate(watches(cx, site).await)?.unwrap_or(false) {
            return Ok(());
        }
        poll.pause().await?;
    }
}

fn done(cx: &Context<'_>, elsewhere: &str) -> Output {
    Output::said(format!(
        "{} at {} watches {}{elsewhere}",
        subject(cx.verb),
        cx.to(),
        cx.to()
    ))
}

#[async_trait]
impl Action for Repoint {
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec> {
        let operations = &[Operation::Observe, Operation::Repoint];
        CallList::new(estate, direction, mode)
            .add(subject(verb), &direction.to, operations)
            .add(subject(verb), &direction.from, operations)
            .done()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::Impossible
    }

    fn expected(&self, estate: &Estate, _: &Direction, verb: &Verb) -> Duration {
        estate
            .component(subject(verb))
            .map_or(Duration::ZERO, |component| {
                technology::expected_for(component, Operation::Repoint)
            })
    }

    async fn preflight(&self, cx: &Context<'_>) -> Vec<Finding> {
        ready::component(cx, subject(cx.verb)).await
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        let here = match watches(cx, cx.to()).await {
            Ok(watches) => watches,
            Err(error) => return Observation::Unknown(error),
        };
        let there = match watches(cx, cx.from()).await {
            Ok(watches) => watches,
            Err(error) if cx.may_be_gone(cx.from()) && is_unreachable(&error) => true,
            Err(error) => return Observation::Unknown(error),
        };
        match (here, there) {
            (true, true) => Observation::Done(done(cx, "")),
            (false, false) => Observation::NotDone(Before::default()),
            _ => Observation::Partial(Before::default()),
        }
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        repoint(cx, cx.to()).await?;
        match repoint(cx, cx.from()).await {
            Ok(()) => Ok(done(cx, &format!(", and so does the one at {}", cx.from()))),
            Err(StepError::Port(error)) if cx.may_be_gone(cx.from()) && is_unreachable(&error) => {
                Ok(done(
                    cx,
                    &format!("; the one at {} does not answer", cx.from()),
                ))
            }
            Err(error) => Err(error),
        }
    }

    async fn undo(&self, cx: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        Err(UndoError {
            message: format!("monitoring is not turned back: {} is primary", cx.to()),
            retryable: false,
        })
    }
}
