//! `shift`: sends clients to the standby's site.

use async_trait::async_trait;

use super::calls::CallList;
use super::poll::{Poll, tolerate};
use super::{
    Action, Before, Context, Detail, Observation, Output, StepError, Undo, UndoError, gate, ready,
    subject,
};
use crate::adapter::technology::{self, CLIENTS};
use crate::model::{
    ClientView, ComponentId, Direction, Duration, Estate, Finding, Mode, Outage, Settings,
    Severity, Subject, TrafficMethod, TrafficState, Verb,
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

/// Whether clients are to come home: then the switch is to be off.
fn is_homeward(cx: &Context<'_>) -> bool {
    *cx.to() == cx.estate.home().id
}

/// Whether the front door sends clients to where they are to go, as far as it was told to.
///
/// While the region with the switch does not answer its health checkers, clients are sent home. Coming home because that
/// region is lost nothing more can be asked for; what the switch says when it is back, `fence: former-primary` asks.
fn asks_for_the_right_site(cx: &Context<'_>, traffic: &TrafficState) -> bool {
    match &traffic.switched_to {
        Some(site) => site == cx.to(),
        None => cx.mode == Mode::Unplanned && is_homeward(cx),
    }
}

/// Tells the front door where clients are to go, where that is not so yet. On a planned day home nobody may leave a switch behind
/// that still asks for the other site, so one that cannot be read is waited for.
async fn ask(cx: &Context<'_>, poll: &Poll<'_>) -> Result<(), StepError> {
    let id = subject(cx.verb);
    loop {
        let traffic = cx.traffic(id).await?;
        if asks_for_the_right_site(cx, &traffic) {
            return Ok(());
        }
        if traffic.switched_to.is_some() || !is_homeward(cx) {
            return Ok(cx.ports.traffic(id)?.shift(cx.to(), cx.permit).await?);
        }
        if poll.is_over() {
            return Err(gate::switch_unread(cx.step, cx.from(), cx.to(), id));
        }
        poll.pause().await?;
    }
}

/// Why the end of the shift could not be seen, where the last reading says more than that the time is over.
fn why_not_seen(cx: &Context<'_>, last: &PortResult<Reading>) -> Result<(), StepError> {
    match last {
        Err(error) => Err(error.clone().into()),
        Ok(reading)
            if reading.traffic.switched_to.is_none()
                && is_homeward(cx)
                && !reading.is_shifted(cx) =>
        {
            Err(gate::switch_unread(
                cx.step,
                cx.from(),
                cx.to(),
                subject(cx.verb),
            ))
        }
        Ok(_) => Ok(()),
    }
}

impl Reading {
    /// The first client that arrives is not yet a service: the outage, where there was one, must be over.
    fn is_shifted(&self, cx: &Context<'_>) -> bool {
        let over = |outage: &Outage| outage.until.is_some();
        asks_for_the_right_site(cx, &self.traffic)
            && self.traffic.answers == *cx.to()
            && self.clients.served_by.contains(cx.to())
            && self.clients.outage.as_ref().is_none_or(over)
    }

    fn output(self, cx: &Context<'_>) -> Output {
        let mut said = format!(
            "{} answers {}, which acknowledges the clients' writes",
            subject(cx.verb),
            cx.to()
        );
        if self.traffic.switched_to.is_none() {
            said.push_str(&format!(
                "; the switch cannot be read while {} does not answer: it may still stand",
                cx.from()
            ));
        }
        Output::with(said, Detail::Clients(self.clients))
    }
}

/// What speaks against a front door as it was read: its concerns, a switch that could not be read, and an answer that is kept
/// for too long.
pub(crate) fn front_door_findings(
    estate: &Estate,
    mode: Mode,
    id: &ComponentId,
    state: &TrafficState,
) -> Vec<Finding> {
    let mut findings = state.concerns.clone();
    if state.switched_to.is_none() {
        // Nothing that may be missing in a failover stands in its way.
        let severity = match mode {
            Mode::Planned => Severity::Blocking,
            Mode::Unplanned => Severity::Slowing,
        };
        findings.push(Finding::new(
            severity,
            "switch-unread",
            Subject::Component(id.clone()),
            format!(
                "the switch of {id} cannot be read: clients are sent home for now, and may be sent elsewhere when it can be"
            ),
            "wait until object storage in the switch's region answers; when that region is lost, `dr failover` goes without it",
        ));
    }
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

/// What is found of a front door whose records were edited and whose code says otherwise.
const NOT_IN_CODE: &str = "records-not-in-code";

/// What came of the shift; with what a person has to mend, where the records were edited and nobody could write it into the code. The
/// clients are moved all the same.
async fn done(cx: &Context<'_>, reading: Reading) -> Output {
    let id = subject(cx.verb);
    let mut output = reading.output(cx);
    let is_edited = matches!(
        cx.estate.component(id).map(|component| &component.settings),
        Some(Settings::Traffic(traffic)) if traffic.method == TrafficMethod::RecordEdit
    );
    if is_edited && let Ok(port) = cx.ports.traffic(id) {
        let found = port.inspect().await.into_iter();
        for finding in found.filter(|finding| finding.code == NOT_IN_CODE) {
            let Finding { message, fix, .. } = finding;
            output.summary.push_str(&format!("; {message}: {fix}"));
        }
    }
    output
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
        let asked_for = asks_for_the_right_site(cx, &traffic);
        match clients(cx).await {
            Ok(clients) => {
                let reading = Reading { traffic, clients };
                if reading.is_shifted(cx) {
                    Observation::Done(done(cx, reading).await)
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
        let poll = Poll::of(cx);
        ask(cx, &poll).await?;
        let mut agreeing = 0;
        loop {
            let reading = read(cx).await;
            if poll.is_over() {
                why_not_seen(cx, &reading)?;
            }
            match tolerate(reading)? {
                Some(reading) if reading.is_shifted(cx) => {
                    agreeing += 1;
                    if agreeing == AGREEING {
                        return Ok(done(cx, reading).await);
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
