//! `shift`: sends clients to the standby's site.

use async_trait::async_trait;

use super::calls::CallList;
use super::poll::{Poll, tolerate};
use super::{
    Action, Before, Context, Detail, Observation, Output, StepError, Undo, UndoError, ready,
    subject,
};
use crate::adapter::technology::{self, CLIENTS};
use crate::model::{
    ClientView, ComponentId, Direction, Duration, Estate, Finding, Mode, Outage, Settings,
    Severity, Subject, TrafficState, Verb,
};
use crate::port::retry::{self, Patience};
use crate::port::{CallSpec, Operation, PortResult};

/// Shifts traffic.
pub(super) struct Shift;

/// So many readings in a row must agree: resolvers do not change their minds together.
const AGREEING: u32 = 3;

/// How far back the clients' writes are looked at.
const LOOK_BACK: Duration = Duration::from_secs(60);

/// One reading of the front door and of what clients experience.
struct Reading {
    traffic: TrafficState,
    clients: ClientView,
}

async fn read(cx: &Context<'_>) -> PortResult<Reading> {
    let traffic = cx.traffic(subject(cx.verb)).await?;
    let clients = clients(cx).await?;
    Ok(Reading { traffic, clients })
}

async fn clients(cx: &Context<'_>) -> PortResult<ClientView> {
    retry::read(cx.clock(), Patience::STEADY, || {
        cx.ports.observers.clients(LOOK_BACK)
    })
    .await
}

impl Reading {
    /// The first client that arrives is not yet a service: the outage, where there was one, must be over.
    fn is_shifted(&self, cx: &Context<'_>) -> bool {
        let over = |outage: &Outage| outage.until.is_some();
        self.traffic.switched_to == *cx.to()
            && self.traffic.answers == *cx.to()
            && self.clients.served_by.contains(cx.to())
            && self.clients.outage.as_ref().is_none_or(over)
    }

    fn output(self, cx: &Context<'_>) -> Output {
        Output::with(
            format!(
                "{} answers {}, which acknowledges the clients' writes",
                subject(cx.verb),
                cx.to()
            ),
            Detail::Clients(self.clients),
        )
    }
}

/// What speaks against a front door as it was read: its concerns, and an answer that is kept for too long.
pub(crate) fn front_door_findings(
    estate: &Estate,
    id: &ComponentId,
    state: &TrafficState,
) -> Vec<Finding> {
    let mut findings = state.concerns.clone();
    let longest = estate.objectives.longest_ttl();
    if state.ttl > longest {
        findings.push(Finding::new(
            Severity::Slowing,
            "ttl-exceeds-share",
            Subject::Component(id.clone()),
            format!(
                "resolvers may keep an answer of {id} for {}, and clients go on to the old site for as long after a shift: \
                 that is more than a quarter of the RTO of {}",
                state.ttl, estate.objectives.rto
            ),
            format!(
                "set the TTL of the record to {longest} or less; 60 s is usual (Route 53 developer guide, \"best-practices-dns\")"
            ),
        ));
    }
    findings
}

#[async_trait]
impl Action for Shift {
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec> {
        let switch = if direction.to == estate.home().id {
            Operation::ShiftHome
        } else {
            Operation::Shift
        };
        CallList::new(estate, direction, mode)
            .add(
                subject(verb),
                &direction.to,
                &[Operation::Observe, Operation::Inspect, switch],
            )
            .loose(CLIENTS, &direction.to, true)
            .done()
    }

    fn undoable(&self, _: &Verb) -> Undo {
        Undo::Impossible
    }

    fn expected(&self, estate: &Estate, _: &Direction, verb: &Verb) -> Duration {
        let Some(component) = estate.component(subject(verb)) else {
            return Duration::ZERO;
        };
        let ttl = match &component.settings {
            Settings::Traffic(traffic) => traffic.ttl,
            _ => Duration::ZERO,
        };
        let switch = technology::expected_for(component, Operation::Shift);
        Duration::from_millis(switch.as_millis().saturating_add(ttl.as_millis()))
    }

    async fn preflight(&self, cx: &Context<'_>) -> Vec<Finding> {
        let id = subject(cx.verb);
        let mut findings = ready::component(cx, id).await;
        if let Ok(port) = cx.ports.traffic(id) {
            findings.extend(port.inspect().await);
        }
        findings
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        let traffic = match cx.traffic(subject(cx.verb)).await {
            Ok(traffic) => traffic,
            Err(error) => return Observation::Unknown(error),
        };
        let asked_for = traffic.switched_to == *cx.to();
        match clients(cx).await {
            Ok(clients) => {
                let reading = Reading { traffic, clients };
                if reading.is_shifted(cx) {
                    Observation::Done(reading.output(cx))
                } else if asked_for {
                    Observation::Partial(Before::default())
                } else {
                    Observation::NotDone(Before::default())
                }
            }
            // Observers that do not answer must not keep clients from being sent to where they are served.
            Err(_) if !asked_for => Observation::NotDone(Before::default()),
            Err(error) => Observation::Unknown(error),
        }
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        let id = subject(cx.verb);
        if cx.traffic(id).await?.switched_to != *cx.to() {
            cx.ports.traffic(id)?.shift(cx.to(), cx.permit).await?;
        }
        let poll = Poll::of(cx);
        let mut agreeing = 0;
        loop {
            match tolerate(read(cx).await)? {
                Some(reading) if reading.is_shifted(cx) => {
                    agreeing += 1;
                    if agreeing == AGREEING {
                        return Ok(reading.output(cx));
                    }
                }
                _ => agreeing = 0,
            }
            poll.pause().await?;
        }
    }

    async fn undo(&self, cx: &Context<'_>, _: &Before) -> Result<String, UndoError> {
        Err(UndoError {
            message: format!("clients are not sent back: {} is primary", cx.to()),
            retryable: false,
        })
    }
}
