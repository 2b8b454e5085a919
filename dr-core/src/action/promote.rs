//! `promote`: makes the standby's copy of a database the primary. The pivot: past it a run only goes forward.

use async_trait::async_trait;

use super::calls::CallList;
use super::poll::{Poll, tolerate};
use super::read::is_unreachable;
use super::{
    Action, Before, Context, Detail, Observation, Output, StepError, Undo, UndoError, fence, gate,
    ready, subject,
};
use crate::adapter::technology::{self, LEASE_GRANT, LEASE_READ, LEASE_REVOKE};
use crate::model::{
    DatabaseRole, DatabaseState, DatabaseStatus, Direction, Duration, Estate, Finding,
    LossStatement, Mode, Position, Verb,
};
use crate::port::{CallSpec, ErrorClass, Operation};

/// Promotes a replica.
pub(super) struct Promote;

fn is_promoted(state: &DatabaseState) -> bool {
    state.is_writable_primary()
        && matches!(
            state.status,
            DatabaseStatus::Available | DatabaseStatus::BackingUp
        )
}

/// How often in a row a promotion may be refused while no backup is seen to run.
const REFUSALS: u32 = 3;

/// The old primary, where it can be read. In a switchover it must be.
async fn source(cx: &Context<'_>) -> Result<Option<DatabaseState>, StepError> {
    match cx.database(subject(cx.verb), cx.from()).await {
        Ok(state) => Ok(Some(state)),
        Err(error) if cx.may_be_gone(cx.from()) && is_unreachable(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How far an old primary got, where it was read while it refused writes: nothing can be added to that.
fn last_position(source: Option<&DatabaseState>) -> Option<Position> {
    source
        .filter(|s| s.role == DatabaseRole::Primary && s.fenced && !s.writable)
        .map(|s| s.position)
}

/// Whether the gates are open, as the world is now.
fn check_gates(
    cx: &Context<'_>,
    replica: &DatabaseState,
    source: Option<&DatabaseState>,
) -> Result<(), StepError> {
    gate::Promotion {
        step: cx.step,
        mode: cx.mode,
        from: cx.from(),
        rpo: cx.estate.objectives.rpo,
        now: cx.clock().now(),
        fence: cx.history.fence(),
        replica,
        source,
        passed_by: &|code| cx.history.waived_by(cx.step, code).len(),
    }
    .check()
}

/// Passes the gates and asks for the promotion, waiting for a backup that runs. Returns the replica and the source as last
/// read before.
async fn begin(
    cx: &Context<'_>,
    poll: &Poll<'_>,
    mut replica: DatabaseState,
) -> Result<(DatabaseState, Option<DatabaseState>), StepError> {
    let id = subject(cx.verb);
    let mut refused = 0;
    loop {
        let source = source(cx).await?;
        check_gates(cx, &replica, source.as_ref())?;
        if replica.status == DatabaseStatus::BackingUp {
            refused = 0;
        } else {
            match cx.ports.database(id, cx.to())?.promote(cx.permit).await {
                Ok(()) => return Ok((replica, source)),
                // A backup may have begun since, which is waited for once it can be read. A refusal for another reason is not
                // waited out: behind the fence clients wait too.
                // What was refused as too many calls was certainly not done.
                Err(error)
                    if matches!(error.class, ErrorClass::Conflict | ErrorClass::Throttled)
                        && refused < REFUSALS =>
                {
                    refused += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        poll.pause().await?;
        replica = cx.database(id, cx.to()).await?;
        if !matches!(replica.role, DatabaseRole::Replica { .. })
            || replica.status == DatabaseStatus::Promoting
        {
            return Ok((replica, source));
        }
    }
}

/// Reads until the database is a primary that takes writes. A primary whose promotion is not finished is asked to go on with
/// it: what the service could not do before it was a primary.
async fn promoted(cx: &Context<'_>, poll: &Poll<'_>) -> Result<DatabaseState, StepError> {
    let id = subject(cx.verb);
    loop {
        if let Some(state) = tolerate(cx.database(id, cx.to()).await)? {
            if is_promoted(&state) {
                return Ok(state);
            }
            if state.role == DatabaseRole::Primary && state.status == DatabaseStatus::Promoting {
                match cx.ports.database(id, cx.to())?.promote(cx.permit).await {
                    // It is busy: that is waited for.
                    Err(error) if error.class == ErrorClass::Conflict => {}
                    result => {
                        tolerate(result)?;
                    }
                }
            }
        }
        poll.pause().await?;
    }
}

/// The loss of a promotion that this process did not see: from the replica as it was recorded before the step began. An
/// older reading makes the stated window larger, never too small.
fn reconstructed(
    cx: &Context<'_>,
    before: Option<&Before>,
    promoted: &DatabaseState,
) -> Option<LossStatement> {
    let replica = before?.replicas.get(subject(cx.verb))?;
    gate::loss(replica, promoted.position, None, cx.history.fence())
}

fn done(cx: &Context<'_>, loss: Option<LossStatement>, primary: &DatabaseState) -> Output {
    let id = subject(cx.verb);
    let Some(loss) = loss else {
        return Output::said(format!(
            "{id} at {} was the primary before this step began: it states no loss",
            cx.to()
        ));
    };
    let lost = match (loss.exact, loss.achieved_rpo()) {
        (Some(0), _) => "nothing was lost".to_owned(),
        (Some(exact), _) => format!("{exact} writes had not arrived"),
        (None, Some(window)) => format!("writes of at most {window} may be lost"),
        (None, None) => "the loss is open until the old primary is fenced".to_owned(),
    };
    let lacks = match primary.lacks.as_slice() {
        [] => String::new(),
        lacks => format!("; it lacks {}", lacks.join(" and ")),
    };
    Output::with(
        format!("{id} at {} takes writes; {lost}{lacks}", cx.to()),
        Detail::Loss {
            component: id.clone(),
            loss,
        },
    )
}

/// What an undo would need if there were one, and what the statement of loss rests on if the answer is lost.
fn before(cx: &Context<'_>, replica: DatabaseState) -> Before {
    let mut before = Before::default();
    before.replicas.insert(subject(cx.verb).clone(), replica);
    before
}

#[async_trait]
impl Action for Promote {
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec> {
        let id = subject(verb);
        CallList::new(estate, direction, mode)
            .add(id, &direction.to, &[Operation::Observe, Operation::Promote])
            .add(id, &direction.from, &[Operation::Observe])
            .lease(&[LEASE_READ, LEASE_REVOKE, LEASE_GRANT])
            .done()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::Impossible
    }

    fn expected(&self, estate: &Estate, _: &Direction, verb: &Verb) -> Duration {
        estate
            .component(subject(verb))
            .map_or(Duration::ZERO, |component| {
                technology::expected_for(component, Operation::Promote)
            })
    }

    async fn preflight(&self, cx: &Context<'_>) -> Vec<Finding> {
        ready::component(cx, subject(cx.verb)).await
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        let state = match cx.database(subject(cx.verb), cx.to()).await {
            Ok(state) => state,
            Err(error) => return Observation::Unknown(error),
        };
        if is_promoted(&state) {
            return match fence::lease_is_with(cx, cx.to()).await {
                Ok(true) => {
                    // It may have taken writes of its own since, which its position counts: what the replica had before is
                    // claimed, and no more.
                    let recorded = cx.history.before.get(cx.step);
                    let replica = recorded.and_then(|b| b.replicas.get(subject(cx.verb)));
                    let loss = reconstructed(cx, recorded, replica.unwrap_or(&state));
                    Observation::Done(done(cx, loss, &state))
                }
                Ok(false) => Observation::Partial(Before::default()),
                Err(error) => Observation::Unknown(error),
            };
        }
        match (&state.role, state.status) {
            (DatabaseRole::Primary, _) if state.fenced => Observation::NotDone(Before::default()),
            (DatabaseRole::Replica { .. }, status) if status != DatabaseStatus::Promoting => {
                Observation::NotDone(before(cx, state))
            }
            (DatabaseRole::Primary, _) | (_, DatabaseStatus::Promoting) => {
                Observation::Partial(before(cx, state))
            }
            _ => Observation::NotDone(Before::default()),
        }
    }

    async fn apply(&self, cx: &Context<'_>, recorded: &Before) -> Result<Output, StepError> {
        let id = subject(cx.verb);
        let poll = Poll::of(cx);
        let state = cx.database(id, cx.to()).await?;
        let begun = match state.role {
            DatabaseRole::Primary if state.fenced => {
                return Err(StepError::NotMet {
                    code: "replica-missing".to_owned(),
                    message: format!("{id} at {} is a fenced former primary, no replica", cx.to()),
                });
            }
            DatabaseRole::Primary => None,
            _ if state.status == DatabaseStatus::Promoting => None,
            DatabaseRole::Replica { .. } => Some(begin(cx, &poll, state).await?),
            DatabaseRole::Retired | DatabaseRole::Absent => {
                return Err(StepError::NotMet {
                    code: "replica-missing".to_owned(),
                    message: format!("{id} at {} is no replica", cx.to()),
                });
            }
        };
        let primary = promoted(cx, &poll).await?;
        let loss = match begun {
            Some((replica, source)) => gate::loss(
                &replica,
                primary.position,
                last_position(source.as_ref()),
                cx.history.fence(),
            ),
            None => reconstructed(cx, Some(recorded), &primary),
        };
        fence::give_lease_to(cx, cx.to()).await?;
        Ok(done(cx, loss, &primary))
    }

    async fn undo(&self, _: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        Err(UndoError {
            message: "a promotion cannot be undone: failback makes the other site primary again"
                .to_owned(),
            retryable: false,
        })
    }
}
