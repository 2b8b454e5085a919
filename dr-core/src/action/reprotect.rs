//! `reprotect`: builds replication from the new primary to the old one's site, and waits until it has caught up.

use async_trait::async_trait;

use super::calls::CallList;
use super::fence::refuses_writes;
use super::poll::{Poll, tolerate};
use super::read::is_unreachable;
use super::{
    Action, Before, Context, Detail, Observation, Output, StepError, Undo, UndoError, gate, subject,
};
use crate::adapter::technology;
use crate::model::{
    DatabaseRole, DatabaseState, DatabaseStatus, Direction, Duration, Estate, Finding,
    LossStatement, Mode, Verb,
};
use crate::port::{CallSpec, ErrorClass, Operation, PortError};

/// Builds a replica of the new primary.
pub(super) struct Reprotect;

/// A new replica has caught up when it was measured no further behind than this, or than the RPO where that is less. The
/// measurement may be some minutes old, as those of CloudWatch are, as long as it keeps the RPO with its age.
const CAUGHT_UP: Duration = Duration::from_secs(10);

/// How far a replica of the new primary is behind, where it protects.
fn protects(cx: &Context<'_>, state: &DatabaseState) -> Option<Duration> {
    let usable = matches!(
        state.status,
        DatabaseStatus::Available | DatabaseStatus::BackingUp
    );
    if !usable || !state.is_replica_of(cx.to()) {
        return None;
    }
    let rpo = cx.estate.objectives.rpo;
    let lag = gate::lag(state.replication.as_ref(), cx.clock().now())?;
    (lag.measured <= CAUGHT_UP.min(rpo) && lag.counts <= rpo).then_some(lag.counts)
}

fn done(cx: &Context<'_>, lag: Duration, loss: Option<LossStatement>) -> Output {
    let id = subject(cx.verb);
    Output::with(
        format!(
            "{id} at {} follows {}, {lag} behind: protected again",
            cx.from(),
            cx.to()
        ),
        Detail::Protected {
            component: id.clone(),
            lag,
            loss,
        },
    )
}

/// The exact loss, if the old primary can still tell how far it got and nobody has asked it yet.
fn settled(cx: &Context<'_>, old: &DatabaseState) -> Option<LossStatement> {
    let stated = cx.history.loss(subject(cx.verb))?;
    let tells = old.role == DatabaseRole::Primary && old.fenced && !old.writable;
    (tells && stated.exact.is_none()).then(|| gate::settle(stated, old.position, cx.clock().now()))
}

fn gone(cx: &Context<'_>, error: &PortError) -> StepError {
    gate::site_gone(
        cx.step,
        cx.from(),
        cx.to(),
        &format!(
            "{} is not protected: there is no second copy of it until replication is built",
            subject(cx.verb)
        ),
        error,
    )
}

/// Asks for the replica where none is being built. False while what stands there, or the source, is busy.
async fn ask(cx: &Context<'_>, old: &DatabaseState) -> Result<bool, StepError> {
    if old.is_replica_of(cx.to()) {
        return Ok(true);
    }
    if !refuses_writes(old) {
        return Err(StepError::NotMet {
            code: "former-primary-takes-writes".to_owned(),
            message: format!(
                "{} at {} still takes writes: fence the former primary first",
                subject(cx.verb),
                cx.from()
            ),
        });
    }
    let port = cx.ports.database(subject(cx.verb), cx.from())?;
    match port.replicate_from(cx.to(), cx.permit).await {
        Ok(()) => Ok(true),
        Err(error) if error.class == ErrorClass::Conflict => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[async_trait]
impl Action for Reprotect {
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
                &direction.from,
                &[Operation::Observe, Operation::Replicate],
            )
            .done()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::Impossible
    }

    fn expected(&self, estate: &Estate, _: &Direction, verb: &Verb) -> Duration {
        estate
            .component(subject(verb))
            .map_or(Duration::ZERO, |component| {
                technology::expected_for(component, Operation::Replicate)
            })
    }

    async fn preflight(&self, _: &Context<'_>) -> Vec<Finding> {
        Vec::new()
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        match cx.database(subject(cx.verb), cx.from()).await {
            Ok(state) => match protects(cx, &state) {
                Some(lag) => Observation::Done(done(cx, lag, None)),
                None if state.is_replica_of(cx.to()) => Observation::Partial(Before::default()),
                None => Observation::NotDone(Before::default()),
            },
            // Asking it again is what the step is for; its gate says what to do.
            Err(error) if is_unreachable(&error) => Observation::NotDone(Before::default()),
            Err(error) => Observation::Unknown(error),
        }
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        let id = subject(cx.verb);
        let old = match cx.database(id, cx.from()).await {
            Ok(state) => state,
            Err(error) if is_unreachable(&error) => return Err(gone(cx, &error)),
            Err(error) => return Err(error.into()),
        };
        let loss = settled(cx, &old);
        let poll = Poll::of(cx);
        let mut is_asked = ask(cx, &old).await?;
        loop {
            if let Some(state) = tolerate(cx.database(id, cx.from()).await)? {
                if let Some(lag) = protects(cx, &state) {
                    return Ok(done(cx, lag, loss));
                }
                if !is_asked {
                    is_asked = ask(cx, &state).await?;
                }
            }
            poll.pause().await?;
        }
    }

    async fn undo(&self, cx: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        Err(UndoError {
            message: format!("protection is not taken away: {} is primary", cx.to()),
            retryable: false,
        })
    }
}
