//! `fence: primary`: before its role is taken.
//!
//! Planned: the site answers, and anything less than a confirmed fence fails the step. Unplanned: the step gets the best
//! evidence that there is in bounded time and always succeeds; whether it is enough is decided at the gate of `promote`.

use std::collections::BTreeSet;

use super::denials::Denials;
use super::lease;
use super::site::{self, Look};
use crate::action::poll::{Poll, tolerate};
use crate::action::read::is_unreachable;
use crate::action::{Before, Context, Detail, Observation, Output, StepError, UndoError};
use crate::model::{
    ComponentId, Duration, FenceEvidence, FenceLevel, LeaseState, Mode, Reachability, Settings,
};
use crate::port::PortError;
use crate::port::retry::{self, Patience};

/// How long an unreachable site is tried to be fenced directly.
pub(super) const TRYING: Duration = Duration::from_secs(30);

/// The pause between the two looks of the observers: one lost packet is no lost site.
pub(super) const BETWEEN_LOOKS: Duration = Duration::from_secs(10);

pub(super) async fn observe(cx: &Context<'_>) -> Observation {
    let lease = match lease::port(cx) {
        Some(port) => lease::read(cx, port).await.ok(),
        None => None,
    };
    let with_lease = |before: Before| Before {
        lease_holder: lease
            .as_ref()
            .filter(|lease| lease.renewable)
            .map(|lease| lease.holder.clone()),
        ..before
    };
    let look = site::look(cx).await;
    if look.is_fenced() {
        return Observation::Done(done(site::confirmed(cx, &look)));
    }
    if let Some((_, error)) = look
        .unread()
        .find(|(_, error)| cx.mode == Mode::Planned || !is_unreachable(error))
    {
        return Observation::Unknown(error.clone());
    }
    let run_out = lease.as_ref().and_then(|lease| run_out(cx, lease));
    match run_out {
        // A database that answers is fenced at its site, which is better evidence.
        Some(evidence) if look.databases.is_empty() => {
            let mut denials = Denials::default();
            denials.add(look.unread().map(|(_, error)| error));
            let denied = denials.told();
            Observation::Done(done(FenceEvidence { denied, ..evidence }))
        }
        _ if look.is_partly_fenced() => Observation::Partial(with_lease(look.before())),
        _ => Observation::NotDone(with_lease(look.before())),
    }
}

/// Evidence of a lease that is over already, for a site that does not answer.
fn run_out(cx: &Context<'_>, lease: &LeaseState) -> Option<FenceEvidence> {
    let now = cx.clock().now();
    let end = lease::ends_for(lease, cx.from(), now)?;
    (end <= now).then(|| FenceEvidence {
        at: end,
        ..weak(cx, FenceLevel::ByLease, vec![lease_sentence(cx)])
    })
}

fn lease_sentence(cx: &Context<'_>) -> String {
    format!(
        "the write lease of {} has run out and is not renewed, {} for clocks that differ included",
        cx.from(),
        lease::SKEW
    )
}

/// Evidence of a fence that could not be applied at the site itself.
fn weak(cx: &Context<'_>, level: FenceLevel, observations: Vec<String>) -> FenceEvidence {
    FenceEvidence {
        site: cx.from().clone(),
        level,
        at: cx.clock().now(),
        observations,
        pending: true,
        unanswered: Vec::new(),
        denied: Vec::new(),
    }
}

fn done(evidence: FenceEvidence) -> Output {
    let summary = if evidence.pending {
        format!(
            "fence of {}: {}; it is applied when the site answers again",
            evidence.site, evidence.level
        )
    } else {
        format!("{} refuses writes: {}", evidence.site, evidence.level)
    };
    Output::with(summary, Detail::Fence(evidence))
}

pub(super) async fn apply(cx: &Context<'_>) -> Result<Output, StepError> {
    // First of all: the lease runs out while the site is being tried.
    let revoked = match lease::port(cx) {
        Some(port) => lease::revoke(cx, port).await,
        None => Ok(()),
    };
    match cx.mode {
        Mode::Planned => {
            revoked?;
            // Half a look would take a service away from clients that cannot be moved then.
            let look = site::look(cx).await.whole()?;
            site::ask(cx, &look).await?;
            let look = site::in_force(cx).await?;
            Ok(done(site::confirmed(cx, &look)))
        }
        Mode::Unplanned => Ok(done(best_evidence(cx, revoked.err()).await)),
    }
}

async fn best_evidence(cx: &Context<'_>, lease_error: Option<PortError>) -> FenceEvidence {
    let mut denials = Denials::default();
    denials.add(lease_error.iter());
    let mut observations = Vec::new();
    let unanswered = match try_site(cx, &mut denials).await {
        Ok(look) => {
            return FenceEvidence {
                denied: denials.told(),
                ..site::confirmed(cx, &look)
            };
        }
        Err(failed) => {
            observations.push(failed.reason);
            failed.unanswered
        }
    };
    if let Some(error) = lease_error {
        observations.push(format!("the write lease was not revoked at once: {error}"));
    }
    let evidence = match by_lease(cx, &mut observations).await {
        Some(evidence) => evidence,
        None => by_observers(cx, &mut observations).await,
    };
    FenceEvidence {
        observations,
        unanswered: unanswered.into_iter().collect(),
        denied: denials.told(),
        ..evidence
    }
}

/// A site whose fence was not read back.
struct NotFenced {
    /// Why, in words.
    reason: String,
    /// The parts whose fence may be in force.
    unanswered: BTreeSet<ComponentId>,
}

/// Fences the site itself, each part as far as it answers.
///
/// What does not answer is tried for [`TRYING`] at most. A fence that was asked for gets half of the step's time to take hold;
/// by then a lease has long run out.
async fn try_site(cx: &Context<'_>, denials: &mut Denials) -> Result<Look, NotFenced> {
    let silent = Poll::within(cx, TRYING);
    let answering = Poll::within(cx, Duration::from_millis(cx.timeout.as_millis() / 2));
    let mut accepted = BTreeSet::new();
    let mut unanswered = BTreeSet::new();
    loop {
        let look = site::look(cx).await;
        if look.is_fenced() {
            return Ok(look);
        }
        denials.add(look.unread().map(|(_, error)| error));
        let mut refused = None;
        for asked in site::impose(cx, &look, &accepted).await {
            denials.add(asked.result.as_ref().err().into_iter());
            unanswered.insert(asked.component.clone());
            match asked.result {
                Ok(()) => _ = accepted.insert(asked.component),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        let unread = look.unread().next().map(|(_, error)| error.clone());
        let hindrance = unread.or(refused);
        let is_worth_waiting = match look.refuses_writes() {
            true => hindrance.is_none(),
            false => is_on_its_way(&look, &accepted),
        };
        let poll = if is_worth_waiting {
            &answering
        } else {
            &silent
        };
        if poll.pause().await.is_ok() {
            continue;
        }
        if look.refuses_writes() {
            return Ok(look);
        }
        let reason = hindrance.map_or_else(
            || "it was asked for and is not in force".to_owned(),
            |error| error.to_string(),
        );
        return Err(NotFenced {
            reason: format!("{} could not be fenced: {reason}", cx.from()),
            unanswered,
        });
    }
}

/// Whether the fence of every database that could take writes was accepted.
fn is_on_its_way(look: &Look, accepted: &BTreeSet<ComponentId>) -> bool {
    let open = look
        .databases
        .iter()
        .filter(|(_, state)| !site::refuses_writes(state))
        .map(|(id, _)| id);
    !look.is_silent()
        && look
            .unread_databases()
            .chain(open)
            .all(|id| accepted.contains(id))
}

async fn by_lease(cx: &Context<'_>, observations: &mut Vec<String>) -> Option<FenceEvidence> {
    let Some(port) = lease::port(cx) else {
        observations.push("the estate has no write lease".to_owned());
        return None;
    };
    match lease::outlast(cx, port).await {
        Ok(end) => {
            observations.push(lease_sentence(cx));
            Some(FenceEvidence {
                at: end,
                ..weak(cx, FenceLevel::ByLease, Vec::new())
            })
        }
        Err(error) => {
            observations.push(format!("the write lease proves nothing: {error}"));
            None
        }
    }
}

async fn by_observers(cx: &Context<'_>, observations: &mut Vec<String>) -> FenceEvidence {
    let mut isolated = true;
    for look in 0..2 {
        if look > 0 {
            cx.clock().sleep(BETWEEN_LOOKS).await;
        }
        let reach = retry::read(cx.clock(), Patience::BRIEF, || {
            cx.ports.observers.reach(cx.from())
        });
        match reach.await {
            Ok(reach) => {
                isolated &= sees_nothing(&reach);
                observations.push(format!(
                    "{} of {} observers reach {}",
                    reach.reached,
                    reach.observers,
                    cx.from()
                ));
            }
            Err(error) => {
                isolated = false;
                observations.push(format!("the observers could not be asked: {error}"));
            }
        }
    }
    let level = if isolated {
        FenceLevel::IsolatedObserved
    } else {
        FenceLevel::Unknown
    };
    weak(cx, level, Vec::new())
}

fn sees_nothing(reach: &Reachability) -> bool {
    reach.observers > 0 && reach.reached == 0
}

/// Lifts exactly what the step imposed: the lease first, so that the application may write as soon as it can.
pub(super) async fn undo(cx: &Context<'_>, before: &Before) -> Result<String, UndoError> {
    if before.lease_holder.as_ref() == Some(cx.from()) {
        lease::give_to(cx, cx.from()).await?;
    }
    let look = site::look(cx).await;
    let is_gone = look.is_silent() && look.unread().all(|(_, error)| is_unreachable(error));
    if is_gone && imposed_nothing(cx) {
        return Ok(format!(
            "{} does not answer, and no fence was ever asked of it",
            cx.from()
        ));
    }
    site::lift(cx, before, &look, |id| members_before(cx, before, id)).await?;
    look.whole()?;
    let poll = Poll::of(cx);
    loop {
        if let Some(look) = tolerate(site::look(cx).await.whole())?
            && is_lifted(cx, before, &look)
        {
            return Ok(format!("the fence of {} is lifted", cx.from()));
        }
        poll.pause().await?;
    }
}

/// Whether this step recorded that the site never answered: it reads before it asks for anything.
fn imposed_nothing(cx: &Context<'_>) -> bool {
    cx.history
        .outputs
        .iter()
        .filter(|(step, _)| step == cx.step)
        .any(|(_, output)| {
            matches!(&output.detail, Detail::Fence(evidence)
                if evidence.pending && evidence.unanswered.is_empty())
        })
}

/// Members that a fleet had; those of a primary where it could not be read.
fn members_before(cx: &Context<'_>, before: &Before, id: &ComponentId) -> Option<u32> {
    before
        .members
        .get(id)
        .copied()
        .or_else(|| match &cx.estate.component(id)?.settings {
            Settings::Compute(fleet) => Some(fleet.capacity.count),
            _ => None,
        })
}

fn is_lifted(cx: &Context<'_>, before: &Before, look: &Look) -> bool {
    look.databases
        .iter()
        .all(|(id, state)| !state.fenced || before.fenced.contains(id))
        && look
            .members
            .iter()
            .all(|(id, wanted)| members_before(cx, before, id) == Some(*wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_who_looks_sees_nothing() {
        let seen = |observers, reached| {
            sees_nothing(&Reachability {
                at: jiff::Timestamp::UNIX_EPOCH,
                observers,
                reached,
            })
        };
        assert!(seen(3, 0));
        assert!(!seen(3, 1));
        // Without observers nothing was looked for.
        assert!(!seen(0, 0));
    }
}
