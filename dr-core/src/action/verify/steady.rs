//! The steady state: every probe of the estate within its tolerance.

use crate::action::calls::CallList;
use crate::action::{Context, Detail, Output};
use crate::adapter::technology::CLIENTS;
use crate::model::{
    ClientView, Direction, Duration, Estate, Kind, Percent, Probe, ProbeKind, SiteId,
};
use crate::port::retry::{self, Patience};
use crate::port::{Operation, PortResult};

use super::Look;

/// Every call that the probes may make. Which site is primary is read when they are carried out, so both are listed.
pub(super) fn calls<'a>(
    mut list: CallList<'a>,
    estate: &Estate,
    direction: &Direction,
) -> CallList<'a> {
    for site in [&direction.to, &direction.from] {
        list = list.add_kinds(&[Kind::Database], site, &[Operation::Observe]);
        for probe in &estate.steady_state {
            list = match &probe.kind {
                ProbeKind::ClientWrites { .. } => list.loose(CLIENTS, site, true),
                ProbeKind::ReplicationLag { .. } => list,
                ProbeKind::HealthyMembers { component, .. }
                | ProbeKind::MonitoringUp { component } => {
                    list.add(component, site, &[Operation::Observe])
                }
            };
        }
    }
    list
}

/// The site whose databases take writes: the one that the run moves to as soon as it does.
async fn primary<'a>(cx: &'a Context<'_>) -> PortResult<(&'a SiteId, &'a SiteId)> {
    for component in cx.estate.of_kind(Kind::Database) {
        if cx
            .database(&component.id, cx.to())
            .await?
            .is_writable_primary()
        {
            return Ok((cx.to(), cx.from()));
        }
    }
    Ok((cx.from(), cx.to()))
}

/// One look at all probes.
pub(super) async fn look(cx: &Context<'_>) -> PortResult<Look> {
    let (primary, standby) = primary(cx).await?;
    let mut misses = Vec::new();
    let mut clients = None;
    for probe in &cx.estate.steady_state {
        match measure(cx, probe, primary, standby, &mut clients).await {
            Ok(None) => {}
            Ok(Some(miss)) => misses.push(format!("{}: {miss}", probe.name)),
            Err(error) => misses.push(format!("{}: {error}", probe.name)),
        }
    }
    if !misses.is_empty() {
        return Ok(Look::DoesNot(misses.join("; ")));
    }
    let summary = format!(
        "all {} probes are within their tolerance, {primary} is primary",
        cx.estate.steady_state.len()
    );
    Ok(Look::Holds(match clients {
        Some((_, view)) => Output::with(summary, Detail::Clients(view)),
        None => Output::said(summary),
    }))
}

/// Why a probe is outside its tolerance. Keeps the clients' view that looks back furthest, for the report.
async fn measure(
    cx: &Context<'_>,
    probe: &Probe,
    primary: &SiteId,
    standby: &SiteId,
    clients: &mut Option<(Duration, ClientView)>,
) -> PortResult<Option<String>> {
    match &probe.kind {
        ProbeKind::ClientWrites { at_least, over, .. } => {
            let view = retry::read(cx.clock(), Patience::STEADY, || {
                cx.ports.observers.clients(*over)
            })
            .await?;
            let miss = client_writes(&view, *at_least, *over);
            if clients.as_ref().is_none_or(|(longest, _)| *over > *longest) {
                *clients = Some((*over, view));
            }
            Ok(miss)
        }
        ProbeKind::ReplicationLag { component, at_most } => {
            let state = cx.database(component, standby).await?;
            let lag = crate::action::gate::lag(state.replication.as_ref(), cx.clock().now());
            Ok(match lag {
                _ if !state.is_replica_of(primary) => Some(format!(
                    "{component} at {standby} is no replica of {primary}"
                )),
                None => Some(format!("the lag of {component} at {standby} is unknown")),
                Some(lag) if lag.counts > *at_most => Some(format!(
                    "{component} at {standby} is {} behind, tolerated are {at_most}",
                    lag.counts
                )),
                Some(_) => None,
            })
        }
        ProbeKind::HealthyMembers {
            component,
            at_least,
        } => {
            let state = cx.compute(component, primary).await?;
            Ok((state.healthy < *at_least).then(|| {
                format!(
                    "{component} at {primary} has {} healthy members, {at_least} are needed",
                    state.healthy
                )
            }))
        }
        ProbeKind::MonitoringUp { component } => {
            let state = cx.monitoring(component, primary).await?;
            Ok(if state.watches != *primary {
                Some(format!(
                    "{component} at {primary} watches {}",
                    state.watches
                ))
            } else if state.targets_up < state.targets {
                Some(format!(
                    "{} of {} targets of {component} at {primary} answer",
                    state.targets_up, state.targets
                ))
            } else {
                let why = state.unheard;
                why.map(|why| format!("{component} at {primary} is heard by nobody: {why}"))
            })
        }
    }
}

fn client_writes(view: &ClientView, at_least: Percent, over: Duration) -> Option<String> {
    if view.tried == 0 {
        return Some(format!("no client wrote in the last {over}"));
    }
    let share = Percent::of(view.acknowledged, view.tried);
    (share < at_least).then(|| {
        format!("{share} of the writes of the last {over} were acknowledged, wanted are {at_least}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_write_at_all_does_not_show_that_clients_are_served() {
        let over = Duration::from_mins(1);
        let miss = |tried, acknowledged| {
            let view = ClientView {
                at: jiff::Timestamp::UNIX_EPOCH,
                tried,
                acknowledged,
                outage: None,
                served_by: Vec::new(),
            };
            client_writes(&view, Percent::of(99, 100), over)
        };
        assert_eq!(
            miss(0, 0).as_deref(),
            Some("no client wrote in the last 1m")
        );
        assert!(miss(100, 98).is_some());
        assert_eq!(miss(100, 99), None);
    }
}
