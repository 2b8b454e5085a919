//! The fences that runs have left: told, or applied as soon as their site answers.

use std::collections::BTreeMap;

use dr_core::model::{Estate, PendingFence, RunId};
use dr_core::status::{self, RunSeen, Unread};

use super::looking::in_words;
use crate::commands::status::runs_of;
use crate::error::Result;
use crate::session::Session;

/// Fences that are still to be applied, and what could not be read of the runs.
pub(super) type Left = (Vec<PendingFence>, Vec<Unread>);

/// What the runs have left; `asks` the sites' stores, too.
///
/// # Errors
/// The store cannot be used at all.
pub(super) fn left(estate: &Estate, asks: bool, session: &Session) -> Result<(Vec<RunSeen>, Left)> {
    let (runs, mut unread) = runs_of(estate, asks, session)?;
    let (fences, unreadable) = status::pending_fences(&runs);
    unread.extend(unreadable);
    Ok((runs, (fences, unread)))
}

/// Applies what is left where it can be, and says what is left then.
///
/// # Errors
/// The store cannot be used at all.
pub(super) fn apply(estate: &Estate, session: &Session) -> Result<Left> {
    let (runs, found) = left(estate, true, session)?;
    let mut was_tried = false;
    let mut failed: BTreeMap<RunId, String> = BTreeMap::new();
    for fence in &found.0 {
        let run = runs.iter().find(|seen| seen.run == fence.run);
        match run.map_or(Ok(false), |run| apply_one(run, session)) {
            Ok(applied) => was_tried |= applied,
            Err(error) => {
                was_tried = true;
                failed.insert(fence.run.clone(), in_words(&error));
            }
        }
    }
    if !was_tried {
        return Ok(found);
    }
    let (_, (mut fences, unread)) = left(estate, true, session)?;
    for fence in &mut fences {
        fence.failed = failed.get(&fence.run).cloned();
    }
    Ok((fences, unread))
}

/// Goes on with a run that stands before the fence of its former primary, until that is applied; the run then rests. `false` where
/// nothing was tried: the run stands elsewhere, or the databases of the site do not all answer, and only that would be recorded.
///
/// # Errors
/// Why it was not applied.
#[cfg(feature = "real")]
fn apply_one(seen: &RunSeen, session: &Session) -> Result<bool> {
    use std::sync::Arc;

    use dr_core::discover;
    use dr_core::runbook::host::{Host, StopFlag, Unwatched};
    use dr_core::runbook::replay::replay;

    use crate::carry;
    use crate::error::Error;
    use crate::exit_code::ExitCode;
    use crate::people::Nobody;
    use crate::real::RealWorld;
    use crate::stores::RunStore;
    use crate::wiring;

    let Ok(journal) = &seen.journal else {
        return Ok(false);
    };
    if !replay(journal).is_ok_and(|state| state.stands_before_fence()) {
        return Ok(false);
    }
    let plan = &journal.header.plan;
    carry::refuse_rehearsal(plan)?;
    let world = RealWorld::reach(&plan.estate, session)?;
    let ports = world.towards(&plan.direction).ports;
    let databases = world.wait(discover::databases(&plan.estate, &ports));
    let answers = |site| {
        databases
            .sites
            .get(site)
            .is_some_and(|at| at.gaps.is_empty())
    };
    if !answers(&plan.direction.from) {
        return Ok(false);
    }
    let local = RunStore::real(session)?;
    let store = wiring::bucket_of(&local, journal, session)?.unwrap_or(local);
    let (logs, objects) = store.parts();
    let host = Host {
        ports,
        logs,
        opposite: world.journals_at(&plan.direction.from),
        store: objects,
        people: Arc::new(Nobody),
        watcher: Arc::new(Unwatched),
        operator: "dr watch".to_owned(),
        stop: StopFlag::default(),
    };
    let resumed = world.wait(host.until_fenced().resume(&seen.run));
    let state = resumed
        .map_err(|error| carry::failed(&seen.run, error))?
        .state;
    if state.stands_before_fence() {
        let why = state.held.unwrap_or_else(|| "the run rests".to_owned());
        return Err(Error::new(ExitCode::Held, why));
    }
    Ok(true)
}

/// This build reaches no site.
#[cfg(not(feature = "real"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "where there is a way to the sites, it can fail"
)]
fn apply_one(_: &RunSeen, _: &Session) -> Result<bool> {
    Ok(false)
}
