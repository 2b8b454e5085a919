//! `verify`: reads until a condition holds, or fails. Changes nothing.

mod steady;

use async_trait::async_trait;

use super::calls::CallList;
use super::poll::Poll;
use super::{Action, Before, Context, Observation, Output, StepError, Undo, UndoError, ready};
use crate::adapter::technology;
use crate::model::{
    Check, DatabaseStatus, Direction, Duration, Estate, Finding, Kind, Mode, ProbeKind, Settings,
    Severity, Verb,
};
use crate::port::{CallSpec, Operation, PortResult};

/// Reads until a condition holds.
pub(super) struct Verify;

/// What one look at the condition gave.
enum Look {
    Holds(Output),
    DoesNot(String),
}

fn check(verb: &Verb) -> Check {
    match verb {
        Verb::Verify(check) => *check,
        _ => unreachable!("the registry pairs this action with `verify`"),
    }
}

/// The code of a condition that does not hold.
fn code(check: Check) -> &'static str {
    match check {
        Check::StandbyReady => "standby-not-ready",
        Check::StandbyServing => "standby-not-serving",
        Check::CaughtUp => "not-caught-up",
        Check::SteadyState => "steady-state-not-met",
    }
}

async fn look(cx: &Context<'_>) -> PortResult<Look> {
    match check(cx.verb) {
        Check::StandbyReady => Ok(standby_ready(cx).await),
        Check::StandbyServing => standby_serving(cx).await,
        Check::CaughtUp => caught_up(cx).await,
        Check::SteadyState => steady::look(cx).await,
    }
}

async fn standby_ready(cx: &Context<'_>) -> Look {
    let mut findings = ready::standby(cx).await;
    // What people accepted when the run was begun is not held against it again; the gate of the promotion still asks.
    for finding in &mut findings {
        let accepted = &cx.history.accepted;
        if let Some(waiver) = accepted.iter().find(|waiver| waiver.code == finding.code) {
            finding.severity = Severity::Slowing;
            finding.message = format!("{} (accepted by {})", finding.message, waiver.who);
        }
    }
    match ready::blocking(&findings) {
        Some(reasons) => Look::DoesNot(reasons),
        None if findings.is_empty() => Look::Holds(Output::said(format!("{} is ready", cx.to()))),
        None => {
            let remarks: Vec<_> = findings.iter().map(|f| f.message.as_str()).collect();
            Look::Holds(Output::said(format!(
                "{} is ready; {}",
                cx.to(),
                remarks.join("; ")
            )))
        }
    }
}

/// The new primary's databases take writes, its fleets can carry the load, its balancers see them.
async fn standby_serving(cx: &Context<'_>) -> PortResult<Look> {
    let site = cx.to();
    let mut missing = Vec::new();
    for component in cx.estate.components.values() {
        let id = &component.id;
        match &component.settings {
            Settings::Database(_) => {
                let state = cx.database(id, site).await?;
                let available = matches!(
                    state.status,
                    DatabaseStatus::Available | DatabaseStatus::BackingUp
                );
                if !state.is_writable_primary() || !available {
                    missing.push(format!("{id} takes no writes"));
                }
            }
            Settings::Compute(fleet) | Settings::Kubernetes(fleet) => {
                let state = cx.compute(id, site).await?;
                if state.healthy < fleet.capacity.minimum {
                    missing.push(format!(
                        "{id} has {} healthy members, {} are needed",
                        state.healthy, fleet.capacity.minimum
                    ));
                }
            }
            Settings::Balancer(_) => {
                let state = cx.facility(id, site).await?;
                if !state.ready {
                    missing.push(format!("{id} is not ready: {}", state.detail));
                }
            }
            _ => {}
        }
    }
    Ok(if missing.is_empty() {
        Look::Holds(Output::said(format!("{site} can serve clients")))
    } else {
        Look::DoesNot(missing.join("; "))
    })
}

/// The primary refuses writes and its replicas are where it is: nothing would be lost.
async fn caught_up(cx: &Context<'_>) -> PortResult<Look> {
    let mut missing = Vec::new();
    for component in cx.estate.of_kind(Kind::Database) {
        let id = &component.id;
        let replica = cx.database(id, cx.to()).await?;
        if replica.is_writable_primary() {
            continue;
        }
        let source = cx.database(id, cx.from()).await?;
        if !source.fenced || source.writable {
            missing.push(format!("{id} at {} still takes writes", cx.from()));
        } else if !replica.position.has_reached(&source.position) {
            missing.push(format!(
                "{id} at {} is at position {}, at {} at {}",
                cx.to(),
                replica.position,
                cx.from(),
                source.position
            ));
        }
    }
    Ok(if missing.is_empty() {
        Look::Holds(Output::said(format!(
            "{} has everything that {} had",
            cx.to(),
            cx.from()
        )))
    } else {
        Look::DoesNot(missing.join("; "))
    })
}

#[async_trait]
impl Action for Verify {
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec> {
        let list = CallList::new(estate, direction, mode);
        let observe = &[Operation::Observe];
        match check(verb) {
            Check::StandbyReady => list
                .add_kinds(&Kind::ALL, &direction.to, observe)
                .add_kinds(&[Kind::Repository], &direction.from, observe),
            Check::StandbyServing => list.add_kinds(
                &[
                    Kind::Database,
                    Kind::Compute,
                    Kind::Kubernetes,
                    Kind::Balancer,
                ],
                &direction.to,
                observe,
            ),
            Check::CaughtUp => list
                .add_kinds(&[Kind::Database], &direction.to, observe)
                .add_kinds(&[Kind::Database], &direction.from, observe),
            Check::SteadyState => steady::calls(list, estate, direction),
        }
        .done()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::NothingToUndo
    }

    fn expected(&self, estate: &Estate, _: &Direction, verb: &Verb) -> Duration {
        let read = |kind: Kind| {
            estate
                .of_kind(kind)
                .map(|c| technology::expected_for(c, Operation::Observe))
                .max()
                .unwrap_or(Duration::ZERO)
        };
        match check(verb) {
            Check::StandbyReady => Kind::ALL.map(read).into_iter().max(),
            Check::StandbyServing | Check::CaughtUp => Some(read(Kind::Database)),
            // The probes look back over a stretch of time that must be good as a whole.
            Check::SteadyState => estate
                .steady_state
                .iter()
                .map(|probe| match probe.kind {
                    ProbeKind::ClientWrites { over, .. } => over,
                    _ => read(Kind::Database),
                })
                .max(),
        }
        .unwrap_or(Duration::ZERO)
    }

    async fn preflight(&self, cx: &Context<'_>) -> Vec<Finding> {
        match check(cx.verb) {
            Check::StandbyReady => ready::standby(cx).await,
            Check::StandbyServing | Check::CaughtUp | Check::SteadyState => Vec::new(),
        }
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        match look(cx).await {
            Ok(Look::Holds(output)) => Observation::Done(output),
            Ok(Look::DoesNot(_)) => Observation::NotDone(Before::default()),
            Err(error) => Observation::Unknown(error),
        }
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        let poll = Poll::of(cx);
        loop {
            let why = match look(cx).await {
                Ok(Look::Holds(output)) => return Ok(output),
                Ok(Look::DoesNot(why)) => why,
                Err(error) if error.class.is_retryable() => error.to_string(),
                Err(error) => return Err(error.into()),
            };
            if poll.is_over() {
                return Err(StepError::NotMet {
                    code: code(check(cx.verb)).to_owned(),
                    message: why,
                });
            }
            poll.pause().await?;
        }
    }

    async fn undo(&self, _: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        Ok("nothing was changed".to_owned())
    }
}
