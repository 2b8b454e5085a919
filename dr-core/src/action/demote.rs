//! `demote`: sets the old primary aside: a database fenced and kept as evidence, a Git server turned off, a fleet at the
//! size of a standby.

use async_trait::async_trait;

use super::calls::CallList;
use super::poll::{Poll, tolerate};
use super::read::is_unreachable;
use super::{
    Action, Before, Context, Observation, Output, StepError, Undo, UndoError, fence, gate, subject,
};
use crate::adapter::technology;
use crate::model::{
    DatabaseRole, Direction, Duration, Estate, Finding, Kind, Mode, Settings, Verb,
};
use crate::port::{CallSpec, ErrorClass, Operation, PortError, PortResult};

/// Sets an old primary aside.
pub(super) struct Demote;

fn operation(kind: Kind) -> Option<Operation> {
    match kind {
        Kind::Database => Some(Operation::Retire),
        Kind::Repository => Some(Operation::Stop),
        Kind::Compute | Kind::Kubernetes => Some(Operation::Scale),
        _ => None,
    }
}

fn settings<'a>(cx: &Context<'a>) -> Option<&'a Settings> {
    cx.estate.component(subject(cx.verb)).map(|c| &c.settings)
}

/// Whether it is set aside already.
async fn is_demoted(cx: &Context<'_>) -> PortResult<bool> {
    let id = subject(cx.verb);
    match settings(cx) {
        Some(Settings::Database(_)) => {
            let state = cx.database(id, cx.from()).await?;
            Ok(state.role != DatabaseRole::Primary && fence::refuses_writes(&state))
        }
        Some(Settings::Repository(repository)) => {
            Ok(!repository.standby_off || !cx.repository(id, cx.from()).await?.running)
        }
        Some(Settings::Compute(fleet) | Settings::Kubernetes(fleet)) => {
            Ok(cx.compute(id, cx.from()).await?.desired == fleet.standby_count)
        }
        _ => Err(PortError {
            class: ErrorClass::Invalid,
            operation: "demote".to_owned(),
            place: id.to_string(),
            message: "only a database, a repository, a fleet or a cluster can be demoted"
                .to_owned(),
        }),
    }
}

/// Asks for it to be set aside.
async fn ask(cx: &Context<'_>) -> Result<(), StepError> {
    let id = subject(cx.verb);
    match settings(cx) {
        Some(Settings::Database(_)) => {
            if !cx.database(id, cx.to()).await?.is_writable_primary() {
                return Err(StepError::NotMet {
                    code: "new-primary-missing".to_owned(),
                    message: format!(
                        "{id} at {} takes no writes: the old primary is kept as it is",
                        cx.to()
                    ),
                });
            }
            cx.ports.database(id, cx.from())?.retire(cx.permit).await?;
        }
        Some(Settings::Repository(_)) => {
            cx.ports.repository(id, cx.from())?.stop(cx.permit).await?;
        }
        Some(Settings::Compute(fleet) | Settings::Kubernetes(fleet)) => {
            cx.ports
                .compute(id, cx.from())?
                .scale(fleet.standby_count, cx.permit)
                .await?;
        }
        _ => {}
    }
    Ok(())
}

fn done(cx: &Context<'_>) -> Output {
    Output::said(format!(
        "{} at {} is a primary no more",
        subject(cx.verb),
        cx.from()
    ))
}

#[async_trait]
impl Action for Demote {
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec> {
        let id = subject(verb);
        let kind = estate.component(id).map(crate::model::Component::kind);
        let mut list =
            CallList::new(estate, direction, mode).add(id, &direction.from, &[Operation::Observe]);
        if let Some(operation) = kind.and_then(operation) {
            list = list.add(id, &direction.from, &[operation]);
        }
        if kind == Some(Kind::Database) {
            list = list.add(id, &direction.to, &[Operation::Observe]);
        }
        list.done()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::Impossible
    }

    fn expected(&self, estate: &Estate, _: &Direction, verb: &Verb) -> Duration {
        estate
            .component(subject(verb))
            .and_then(|component| {
                let operation = operation(component.kind())?;
                Some(technology::expected_for(component, operation))
            })
            .unwrap_or(Duration::ZERO)
    }

    async fn preflight(&self, _: &Context<'_>) -> Vec<Finding> {
        Vec::new()
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        match is_demoted(cx).await {
            Ok(true) => Observation::Done(done(cx)),
            Ok(false) => Observation::NotDone(Before::default()),
            // Asking it again is what the step is for; its gate says what to do.
            Err(error) if is_unreachable(&error) => Observation::NotDone(Before::default()),
            Err(error) => Observation::Unknown(error),
        }
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        match is_demoted(cx).await {
            Ok(true) => return Ok(done(cx)),
            Ok(false) => {}
            Err(error) if is_unreachable(&error) => {
                let undone = format!("{} there is still set up as a primary", subject(cx.verb));
                return Err(gate::site_gone(
                    cx.step,
                    cx.from(),
                    cx.to(),
                    &undone,
                    &error,
                ));
            }
            Err(error) => return Err(error.into()),
        }
        let poll = Poll::of(cx);
        let mut is_asked = false;
        loop {
            if !is_asked {
                match ask(cx).await {
                    Ok(()) => is_asked = true,
                    // It is busy, with a backup perhaps: that is waited for.
                    Err(StepError::Port(error)) if error.class == ErrorClass::Conflict => {}
                    Err(error) => return Err(error),
                }
            }
            if tolerate(is_demoted(cx).await)? == Some(true) {
                return Ok(done(cx));
            }
            poll.pause().await?;
        }
    }

    async fn undo(&self, cx: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        Err(UndoError {
            message: format!("the old primary is not put back: {} is primary", cx.to()),
            retryable: false,
        })
    }
}
