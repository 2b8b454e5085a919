//! `provision`: gives the standby's stack the capacity of a primary.

use async_trait::async_trait;

use super::calls::CallList;
use super::poll::{Poll, tolerate};
use super::{
    Action, Before, Context, Observation, Output, StepError, Undo, UndoError, gate, ready, subject,
};
use crate::adapter::technology;
use crate::model::{
    ComponentId, Direction, Duration, Estate, Finding, Mode, Role, SiteId, StackState, Verb,
};
use crate::port::{CallSpec, Operation};

/// Applies a stack for the role of a primary.
pub(super) struct Provision;

/// Whether the stack stands as `role` wants it, and nobody works on it.
pub(super) fn stands(state: &StackState, role: Role) -> bool {
    state.applied_role == role && state.pending.is_empty() && state.locked_by.is_none()
}

/// Reads the stack of `site` until nobody works on it, an apply of an earlier attempt of this step included.
///
/// # Errors
/// The gate that is shut: the state is still locked after an apply's time, or an apply would destroy data.
pub(super) async fn free(
    cx: &Context<'_>,
    id: &ComponentId,
    site: &SiteId,
    role: Role,
) -> Result<StackState, StepError> {
    let apply = cx.estate.component(id).map_or(Duration::ZERO, |component| {
        technology::expected_for(component, Operation::Apply)
    });
    let poll = Poll::within(cx, apply.min(cx.timeout));
    loop {
        let state = cx.stack(id, site, role).await?;
        if state.locked_by.is_none() || poll.is_over() {
            return Ok(state);
        }
        poll.pause().await?;
    }
}

/// Refuses to go on while something is found. Only its cause can be mended.
///
/// # Errors
/// The gate that is shut.
pub(super) fn unless_found(cx: &Context<'_>, found: Option<Finding>) -> Result<(), StepError> {
    match found {
        None => Ok(()),
        Some(finding) => Err(gate::gate(
            cx.step,
            &finding.code,
            0,
            format!("{}: {}", finding.message, finding.fix),
        )),
    }
}

/// Applies the stack at `site` for `role` where that is needed, and waits until its plan is empty. Whether it was needed.
///
/// # Errors
/// A gate, or what kept it from being applied or read.
pub(super) async fn apply_for(
    cx: &Context<'_>,
    id: &ComponentId,
    site: &SiteId,
    role: Role,
) -> Result<bool, StepError> {
    let state = free(cx, id, site, role).await?;
    if stands(&state, role) {
        return Ok(false);
    }
    // Someone else works on it, or an apply would destroy data.
    unless_found(cx, ready::stack(id, site, &state).into_iter().next())?;
    cx.ports.stack(id, site)?.apply(role, cx.permit).await?;
    let poll = Poll::of(cx);
    loop {
        if let Some(state) = tolerate(cx.stack(id, site, role).await)?
            && stands(&state, role)
        {
            return Ok(true);
        }
        poll.pause().await?;
    }
}

#[async_trait]
impl Action for Provision {
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec> {
        CallList::new(estate, direction, mode)
            .add(
                subject(verb),
                &direction.to,
                &[Operation::Observe, Operation::Apply],
            )
            .done()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::Restores
    }

    fn expected(&self, estate: &Estate, _: &Direction, verb: &Verb) -> Duration {
        estate
            .component(subject(verb))
            .map_or(Duration::ZERO, |component| {
                technology::expected_for(component, Operation::Apply)
            })
    }

    async fn preflight(&self, cx: &Context<'_>) -> Vec<Finding> {
        ready::component(cx, subject(cx.verb)).await
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        let id = subject(cx.verb);
        match cx.stack(id, cx.to(), Role::Primary).await {
            Ok(state) if stands(&state, Role::Primary) => Observation::Done(Output::said(format!(
                "{id} at {} has the capacity of a primary",
                cx.to()
            ))),
            Ok(state) => {
                let before = Before {
                    stack_role: Some(state.applied_role),
                    ..Before::default()
                };
                if state.applied_role == Role::Primary {
                    Observation::Partial(before)
                } else {
                    Observation::NotDone(before)
                }
            }
            Err(error) => Observation::Unknown(error),
        }
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        let id = subject(cx.verb);
        apply_for(cx, id, cx.to(), Role::Primary).await?;
        Ok(Output::said(format!(
            "{id} at {} has the capacity of a primary",
            cx.to()
        )))
    }

    async fn undo(&self, cx: &Context<'_>, before: &Before) -> Result<String, UndoError> {
        let id = subject(cx.verb);
        let Some(role) = before.stack_role else {
            return Ok("nothing was recorded as changed".to_owned());
        };
        match apply_for(cx, id, cx.to(), role).await {
            Ok(true) => Ok(format!("{id} at {} is a {role}'s again", cx.to())),
            Ok(false) => Ok(format!("{id} at {} is a {role}'s already", cx.to())),
            Err(error) => Err(error.into()),
        }
    }
}
