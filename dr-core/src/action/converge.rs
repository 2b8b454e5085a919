//! `converge`: makes the stacks of both sites describe what there is: their plans are empty afterwards.
//!
//! First the state is made to describe the roles that the sites have now (adopt); what is left and harms no data is applied.

use async_trait::async_trait;

use super::calls::CallList;
use super::provision::{apply_for, free, stands, unless_found};
use super::read::is_unreachable;
use super::{
    Action, Before, Context, Observation, Output, StepError, Undo, UndoError, gate, ready, subject,
};
use crate::adapter::technology;
use crate::model::{Direction, Duration, Estate, Finding, Mode, Role, SiteId, Verb};
use crate::port::{CallSpec, Operation};

/// Makes the stacks describe what there is.
pub(super) struct Converge;

/// Both sites with the roles that they have now.
fn roles<'a>(cx: &'a Context<'_>) -> [(&'a SiteId, Role); 2] {
    [(cx.to(), Role::Primary), (cx.from(), Role::Standby)]
}

async fn converge(cx: &Context<'_>, site: &SiteId, role: Role) -> Result<(), StepError> {
    let id = subject(cx.verb);
    let state = match free(cx, id, site, role).await {
        Ok(state) => state,
        Err(StepError::Port(error)) if site == cx.from() && is_unreachable(&error) => {
            let undone = format!("{id} there still describes a primary");
            return Err(gate::site_gone(
                cx.step,
                cx.from(),
                cx.to(),
                &undone,
                &error,
            ));
        }
        Err(error) => return Err(error),
    };
    if stands(&state, role) {
        return Ok(());
    }
    unless_found(cx, ready::locked(id, site, &state))?;
    cx.ports.stack(id, site)?.adopt(role, cx.permit).await?;
    apply_for(cx, id, site, role).await?;
    Ok(())
}

fn done(cx: &Context<'_>) -> Output {
    Output::said(format!(
        "the plans of {} are empty: {} is primary, {} is standby",
        subject(cx.verb),
        cx.to(),
        cx.from()
    ))
}

#[async_trait]
impl Action for Converge {
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec> {
        let operations = &[Operation::Observe, Operation::Adopt, Operation::Apply];
        CallList::new(estate, direction, mode)
            .add(subject(verb), &direction.to, operations)
            .add(subject(verb), &direction.from, operations)
            .done()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::Impossible
    }

    fn expected(&self, estate: &Estate, _: &Direction, verb: &Verb) -> Duration {
        let Some(component) = estate.component(subject(verb)) else {
            return Duration::ZERO;
        };
        let of = |operation| technology::expected_for(component, operation).as_millis();
        Duration::from_millis(
            of(Operation::Adopt)
                .saturating_mul(2)
                .saturating_add(of(Operation::Apply)),
        )
    }

    async fn preflight(&self, cx: &Context<'_>) -> Vec<Finding> {
        if cx.mode == Mode::Unplanned {
            return Vec::new();
        }
        let id = subject(cx.verb);
        match cx.stack(id, cx.from(), Role::Primary).await {
            Ok(state) => ready::stack(id, cx.from(), &state),
            Err(error) => vec![ready::unread(id, cx.from(), &error)],
        }
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        let mut standing = 0;
        for (site, role) in roles(cx) {
            match cx.stack(subject(cx.verb), site, role).await {
                Ok(state) => standing += usize::from(stands(&state, role)),
                // Asking it again is what the step is for; its gate says what to do.
                Err(error) if site == cx.from() && is_unreachable(&error) => {}
                Err(error) => return Observation::Unknown(error),
            }
        }
        match standing {
            0 => Observation::NotDone(Before::default()),
            2 => Observation::Done(done(cx)),
            _ => Observation::Partial(Before::default()),
        }
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        for (site, role) in roles(cx) {
            converge(cx, site, role).await?;
        }
        Ok(done(cx))
    }

    async fn undo(&self, cx: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        Err(UndoError {
            message: format!("the stacks are not turned back: {} is primary", cx.to()),
            retryable: false,
        })
    }
}
