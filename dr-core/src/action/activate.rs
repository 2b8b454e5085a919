//! `activate`: turns on what is off, or scales up what is scaled down, on the standby.

use async_trait::async_trait;

use super::calls::CallList;
use super::poll::{Poll, tolerate};
use super::{
    Action, Before, Context, Observation, Output, StepError, Undo, UndoError, gate, ready, subject,
};
use crate::adapter::technology;
use crate::model::{
    Capacity, Component, ComponentId, ComputeState, Direction, Duration, Estate, Finding, Kind,
    Mode, RepositoryState, Settings, Severity, Verb,
};
use crate::port::{CallSpec, ErrorClass, Operation, PortError};

/// Activates a Git server or a fleet.
pub(super) struct Activate;

/// What is activated.
enum Target<'a> {
    Repository(&'a ComponentId),
    Fleet(&'a ComponentId, Capacity),
}

fn target<'a>(cx: &Context<'a>) -> Result<Target<'a>, PortError> {
    let id = subject(cx.verb);
    match cx.estate.component(id).map(|c| &c.settings) {
        Some(Settings::Repository(_)) => Ok(Target::Repository(id)),
        Some(Settings::Compute(fleet) | Settings::Kubernetes(fleet)) => {
            Ok(Target::Fleet(id, fleet.capacity))
        }
        _ => Err(PortError {
            class: ErrorClass::Invalid,
            operation: "activate".to_owned(),
            place: id.to_string(),
            message: "only a repository, a fleet or a cluster can be activated".to_owned(),
        }),
    }
}

fn operations(kind: Kind) -> &'static [Operation] {
    match kind {
        Kind::Repository => &[Operation::Start, Operation::Stop],
        Kind::Compute | Kind::Kubernetes => &[Operation::Scale, Operation::Fence],
        _ => &[],
    }
}

/// How many members are asked for: what a primary has, or as many as there can be.
fn wanted(capacity: Capacity, state: &ComputeState) -> u32 {
    capacity.count.min(state.limit)
}

fn is_up(capacity: Capacity, state: &ComputeState) -> bool {
    state.desired >= wanted(capacity, state) && state.healthy >= capacity.minimum
}

fn fleet_up(id: &ComponentId, cx: &Context<'_>, state: &ComputeState) -> Output {
    Output::said(format!(
        "{id} at {}: {} of {} members are healthy",
        cx.to(),
        state.healthy,
        state.desired
    ))
}

async fn observe_fleet(cx: &Context<'_>, id: &ComponentId, capacity: Capacity) -> Observation {
    match cx.compute(id, cx.to()).await {
        Ok(state) if is_up(capacity, &state) => Observation::Done(fleet_up(id, cx, &state)),
        Ok(state) => {
            let mut before = Before::default();
            before.members.insert(id.clone(), state.desired);
            if state.desired >= wanted(capacity, &state) {
                Observation::Partial(before)
            } else {
                Observation::NotDone(before)
            }
        }
        Err(error) => Observation::Unknown(error),
    }
}

async fn scale_up(
    cx: &Context<'_>,
    id: &ComponentId,
    capacity: Capacity,
) -> Result<Output, StepError> {
    let state = cx.compute(id, cx.to()).await?;
    let wanted = wanted(capacity, &state);
    if wanted < capacity.minimum {
        return Err(gate::gate(
            cx.step,
            "quota-below-demand",
            0,
            format!(
                "{id} at {} can have {wanted} members, {} are needed: raise the quota or free addresses, then try again",
                cx.to(),
                capacity.minimum
            ),
        ));
    }
    if state.desired < wanted {
        cx.ports
            .compute(id, cx.to())?
            .scale(wanted, cx.permit)
            .await?;
    }
    let poll = Poll::of(cx);
    loop {
        if let Some(state) = tolerate(cx.compute(id, cx.to()).await)?
            && is_up(capacity, &state)
        {
            return Ok(fleet_up(id, cx, &state));
        }
        poll.pause().await?;
    }
}

async fn observe_repository(cx: &Context<'_>, id: &ComponentId) -> Observation {
    match cx.mirror(id).await {
        Ok(state) => {
            if state.running
                && let Ok(output) = runs(id, cx, &state)
            {
                return Observation::Done(output);
            }
            let before = Before {
                running: Some(state.running),
                ..Before::default()
            };
            if state.running {
                Observation::Partial(before)
            } else {
                Observation::NotDone(before)
            }
        }
        Err(error) => Observation::Unknown(error),
    }
}

/// A server that runs, and what is found of what it holds.
///
/// # Errors
/// What it lacks, where nobody may go on without it.
fn runs(id: &ComponentId, cx: &Context<'_>, state: &RepositoryState) -> Result<Output, StepError> {
    let (site, commits) = (cx.to(), state.commits);
    match ready::mirror(cx, id, state) {
        None => Ok(Output::said(format!(
            "{id} at {site} runs and holds all {commits} commits"
        ))),
        Some(finding) if finding.severity < Severity::Blocking => Ok(Output::said(format!(
            "{id} at {site} runs and holds {commits} commits; {}",
            finding.message
        ))),
        Some(finding) => Err(StepError::NotMet {
            code: finding.code,
            message: format!("{}; {}", finding.message, finding.fix),
        }),
    }
}

async fn start(cx: &Context<'_>, id: &ComponentId) -> Result<Output, StepError> {
    if !cx.repository(id, cx.to()).await?.running {
        cx.ports.repository(id, cx.to())?.start(cx.permit).await?;
    }
    let poll = Poll::of(cx);
    loop {
        if let Some(state) = tolerate(cx.mirror(id).await)?
            && state.running
        {
            return runs(id, cx, &state);
        }
        poll.pause().await?;
    }
}

#[async_trait]
impl Action for Activate {
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec> {
        let id = subject(verb);
        let kind = estate.component(id).map(Component::kind);
        let list = CallList::new(estate, direction, mode)
            .add(id, &direction.to, &[Operation::Observe])
            .add(id, &direction.to, kind.map_or(&[], operations));
        match kind {
            // What the mirror must hold is what the primary has.
            Some(Kind::Repository) => list.add(id, &direction.from, &[Operation::Observe]),
            _ => list,
        }
        .done()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::Restores
    }

    fn expected(&self, estate: &Estate, _: &Direction, verb: &Verb) -> Duration {
        let Some(component) = estate.component(subject(verb)) else {
            return Duration::ZERO;
        };
        operations(component.kind())
            .first()
            .map_or(Duration::ZERO, |operation| {
                technology::expected_for(component, *operation)
            })
    }

    async fn preflight(&self, cx: &Context<'_>) -> Vec<Finding> {
        ready::component(cx, subject(cx.verb)).await
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        match target(cx) {
            Ok(Target::Repository(id)) => observe_repository(cx, id).await,
            Ok(Target::Fleet(id, capacity)) => observe_fleet(cx, id, capacity).await,
            Err(error) => Observation::Unknown(error),
        }
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        match target(cx)? {
            Target::Repository(id) => start(cx, id).await,
            Target::Fleet(id, capacity) => scale_up(cx, id, capacity).await,
        }
    }

    async fn undo(&self, cx: &Context<'_>, before: &Before) -> Result<String, UndoError> {
        match target(cx)? {
            Target::Repository(id) => {
                if before.running == Some(false) {
                    cx.ports.repository(id, cx.to())?.stop(cx.permit).await?;
                }
                Ok(format!("{id} at {} is as it was", cx.to()))
            }
            // Asked for whatever is read: what a service tells may be older than what this step did to it.
            Target::Fleet(id, _) => match before.members.get(id) {
                Some(count) => {
                    let port = cx.ports.compute(id, cx.to())?;
                    port.scale(*count, cx.permit).await?;
                    Ok(format!("{id} at {} wants {count} members again", cx.to()))
                }
                None => Ok("nothing was recorded as changed".to_owned()),
            },
        }
    }
}
