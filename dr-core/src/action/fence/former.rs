//! `fence: former-primary`: after its role was taken, applies a fence that is still pending, takes back a switch that still sends
//! clients there, and learns the exact loss.

use std::collections::BTreeMap;

use super::site::{self, Look};
use crate::action::read::is_unreachable;
use crate::action::{Before, Context, Detail, Observation, Output, StepError, gate};
use crate::model::{
    ComponentId, DatabaseRole, FenceEvidence, FenceLevel, Kind, LossStatement, SiteId,
};
use crate::port::PortResult;

/// The fence of an earlier step, where it was confirmed at the site itself.
fn confirmed_before<'a>(cx: &'a Context<'_>) -> Option<&'a FenceEvidence> {
    cx.history
        .fence()
        .filter(|evidence| evidence.level == FenceLevel::Confirmed && !evidence.pending)
}

/// The front doors whose switch is not known to ask for the new primary, with what it asks for where that is known.
///
/// On the way home a switch whose region is lost cannot be thrown and need not be: nobody can read it, and clients are sent
/// home. When the region is back it is read again, and clients would follow it to the old primary.
async fn stray(cx: &Context<'_>) -> PortResult<Vec<(ComponentId, Option<SiteId>)>> {
    let mut found = Vec::new();
    if *cx.to() != cx.estate.home().id {
        return Ok(found);
    }
    for door in cx.estate.of_kind(Kind::Traffic) {
        let switched_to = cx.traffic(&door.id).await?.switched_to;
        if switched_to.as_ref() != Some(cx.to()) {
            found.push((door.id.clone(), switched_to));
        }
    }
    Ok(found)
}

/// Sends clients of such doors home for good. One whose switch cannot be read, which may still stand.
async fn bring_home(cx: &Context<'_>) -> PortResult<Option<ComponentId>> {
    let mut unread = None;
    for (door, switched_to) in stray(cx).await? {
        match switched_to {
            Some(_) => cx.ports.traffic(&door)?.shift(cx.to(), cx.permit).await?,
            None => unread = Some(door),
        }
    }
    Ok(unread)
}

pub(super) async fn observe(cx: &Context<'_>) -> Observation {
    let doors = stray(cx).await;
    // What is left to do once the site is fenced.
    let finished = |output: Output, before: Before| match &doors {
        Ok(doors) if doors.is_empty() => Observation::Done(output),
        Ok(_) => Observation::NotDone(before),
        Err(error) => Observation::Unknown(error.clone()),
    };
    if let Some(evidence) = confirmed_before(cx) {
        let said = format!(
            "{} was fenced before its role was taken, confirmed at {}",
            evidence.site, evidence.at
        );
        return finished(Output::said(said), Before::default());
    }
    let look = site::look(cx).await;
    if look.is_fenced() {
        return finished(done(cx, &look), look.before());
    }
    // Asking a part that does not answer again is what the step is for; its gate says what to do.
    match look.unread().find(|(_, error)| !is_unreachable(error)) {
        Some((_, error)) => Observation::Unknown(error.clone()),
        None if look.is_partly_fenced() => Observation::Partial(look.before()),
        None => Observation::NotDone(look.before()),
    }
}

pub(super) async fn apply(cx: &Context<'_>) -> Result<Output, StepError> {
    let gone = |error| {
        gate::site_gone(
            cx.step,
            cx.from(),
            cx.to(),
            &format!(
                "The fence of {} is still pending: when it comes back it may take writes until it is fenced",
                cx.from()
            ),
            &error,
        )
    };
    // What answers of the site is fenced first, whatever the rest of it and the front doors do.
    let look = site::look(cx).await;
    let asked = site::ask(cx, &look).await;
    let unread = match look.is_silent() {
        true => None,
        false => bring_home(cx).await?,
    };
    match look.whole() {
        Ok(_) => {}
        Err(error) if is_unreachable(&error) => return Err(gone(error)),
        Err(error) => return Err(error.into()),
    }
    asked?;
    let look = site::in_force(cx).await?;
    match unread {
        Some(door) => Err(gate::switch_unread(cx.step, cx.from(), cx.to(), &door)),
        None => Ok(done(cx, &look)),
    }
}

fn done(cx: &Context<'_>, look: &Look) -> Output {
    let evidence = site::confirmed(cx, look);
    let losses = losses(cx, look, &evidence);
    let summary = match total(&losses) {
        Some(0) => format!("{} is fenced; nothing was lost", cx.from()),
        Some(lost) => format!(
            "{} is fenced; {lost} writes had not reached {} and are kept on the old primary",
            cx.from(),
            cx.to()
        ),
        None => format!("{} is fenced", cx.from()),
    };
    Output::with(summary, Detail::FormerFence { evidence, losses })
}

/// What all of them lost; `None` where one of them cannot tell.
fn total(losses: &BTreeMap<ComponentId, LossStatement>) -> Option<u64> {
    if losses.is_empty() {
        return None;
    }
    losses.values().map(|loss| loss.exact).sum()
}

/// The exact losses: how far each old primary got, read while it refuses writes, against what was promoted.
fn losses(
    cx: &Context<'_>,
    look: &Look,
    evidence: &FenceEvidence,
) -> BTreeMap<ComponentId, LossStatement> {
    look.databases
        .iter()
        .filter(|(_, state)| state.role == DatabaseRole::Primary && state.fenced)
        .filter_map(|(id, state)| {
            let stated = cx.history.loss(id)?;
            Some((
                id.clone(),
                gate::settle(stated, state.position, evidence.at),
            ))
        })
        .collect()
}
