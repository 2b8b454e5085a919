//! Fences one site and reads back what it does. Its parts are asked side by side: one that does not answer costs the others no
//! time.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join, join_all};

use crate::action::poll::Poll;
use crate::action::{Before, Context, StepError};
use crate::adapter::technology;
use crate::model::{
    Component, ComponentId, DatabaseRole, DatabaseState, FenceEvidence, FenceLevel, Kind,
};
use crate::port::{ErrorClass, PortError, PortResult};

/// Whether no client can write to it: fenced, or no primary at all.
pub(in crate::action) fn refuses_writes(state: &DatabaseState) -> bool {
    !state.writable && (state.fenced || state.role != DatabaseRole::Primary)
}

/// What was read of the site that is to be fenced, part by part: what one service does not tell keeps no other part from being
/// fenced.
#[derive(Clone)]
pub(super) struct Look {
    /// Its databases, as far as they were read.
    pub(super) databases: BTreeMap<ComponentId, DatabaseState>,
    /// Members wanted of its fleets, as far as they were read.
    pub(super) members: BTreeMap<ComponentId, u32>,
    /// The databases that were not read, with the reason.
    unread_databases: BTreeMap<ComponentId, PortError>,
    /// The fleets that were not read, with the reason.
    unread_fleets: BTreeMap<ComponentId, PortError>,
    /// Whether any service of the site gave an answer.
    answered: bool,
}

/// Reads the site that loses the role. Its parts are asked at once: a silent one costs the others no time.
pub(super) async fn look(cx: &Context<'_>) -> Look {
    let databases = cx.estate.of_kind(Kind::Database).map(|component| async {
        let state = cx.database(&component.id, cx.from()).await;
        (component.id.clone(), state)
    });
    let fleets = cx.estate.of_kind(Kind::Compute).map(|component| async {
        let state = cx.compute(&component.id, cx.from()).await;
        (component.id.clone(), state.map(|state| state.desired))
    });
    let (databases, fleets) = join(join_all(databases), join_all(fleets)).await;
    let (databases, unread_databases) = sorted(databases);
    let (members, unread_fleets) = sorted(fleets);
    let read = !databases.is_empty() || !members.is_empty();
    let answered = read
        || unread_databases
            .iter()
            .chain(&unread_fleets)
            .filter_map(|(id, error)| Some((cx.estate.component(id)?, error)))
            .any(|(component, error)| has_answered(component, error));
    Look {
        databases,
        members,
        unread_databases,
        unread_fleets,
        answered,
    }
}

/// Whether the service that holds a component answered, although the component was not read: what failed is another's call.
fn has_answered(component: &Component, error: &PortError) -> bool {
    let service = error.operation.split_once(':').map(|(service, _)| service);
    service.is_some_and(|service| technology::own_service(component) != Some(service))
}

/// What was read, and what was not.
fn sorted<T>(
    readings: Vec<(ComponentId, PortResult<T>)>,
) -> (BTreeMap<ComponentId, T>, BTreeMap<ComponentId, PortError>) {
    let mut read = BTreeMap::new();
    let mut unread = BTreeMap::new();
    for (id, reading) in readings {
        match reading {
            Ok(state) => _ = read.insert(id, state),
            Err(error) => _ = unread.insert(id, error),
        }
    }
    (read, unread)
}

impl Look {
    /// Whether a client could write to one of its databases.
    pub(super) fn takes_writes(&self) -> bool {
        self.databases.values().any(|state| !refuses_writes(state))
    }

    /// What was not read, databases first.
    pub(super) fn unread(&self) -> impl Iterator<Item = (&ComponentId, &PortError)> {
        self.unread_databases.iter().chain(&self.unread_fleets)
    }

    /// The databases that were not read.
    pub(super) fn unread_databases(&self) -> impl Iterator<Item = &ComponentId> {
        self.unread_databases.keys()
    }

    /// Whether no service of the site gave an answer.
    pub(super) fn is_silent(&self) -> bool {
        !self.answered && self.unread().next().is_some()
    }

    /// The look itself, where nothing is missing in it.
    ///
    /// # Errors
    /// Why the first part that is missing was not read.
    pub(super) fn whole(self) -> PortResult<Self> {
        let missing = self.unread().next().map(|(_, error)| error.clone());
        missing.map_or(Ok(self), Err)
    }

    /// Whether every database was read and refuses writes. Proof enough where the site's fleets cannot be emptied.
    pub(super) fn refuses_writes(&self) -> bool {
        !self.databases.is_empty() && self.unread_databases.is_empty() && !self.takes_writes()
    }

    /// Whether the whole fence is in force: databases refuse writes, fleets are empty, and all of it was read.
    pub(super) fn is_fenced(&self) -> bool {
        self.unread().next().is_none()
            && !self.takes_writes()
            && self.members.values().all(|wanted| *wanted == 0)
    }

    /// Whether any part of a fence is in force.
    pub(super) fn is_partly_fenced(&self) -> bool {
        self.databases.values().any(|state| state.fenced)
            || self.members.values().any(|wanted| *wanted == 0)
    }

    /// What an undo needs.
    pub(super) fn before(&self) -> Before {
        Before {
            members: self.members.clone(),
            fenced: self
                .databases
                .iter()
                .filter(|(_, state)| state.fenced)
                .map(|(id, _)| id.clone())
                .collect(),
            ..Before::default()
        }
    }
}

/// A part whose fence was asked for, and how that ended.
pub(super) struct Asked {
    /// The component.
    pub(super) component: ComponentId,
    /// Why it did not work; a part of it may be in force nevertheless.
    pub(super) result: PortResult<()>,
}

impl Asked {
    fn of(component: &ComponentId, result: PortResult<()>) -> Self {
        Self {
            component: component.clone(),
            result,
        }
    }
}

/// Asks for what is missing of the fence, all parts at once; told are databases first, then fleets, by name. A part that
/// was not read is asked too where anything of its site answered: the service that changes it may be another than the one that
/// failed. A database that has accepted its fence and does not show it is asked again, which finishes a fence that took long; a
/// fleet of `emptied` is not.
pub(super) async fn impose(
    cx: &Context<'_>,
    look: &Look,
    emptied: &BTreeSet<ComponentId>,
) -> Vec<Asked> {
    let open = look.databases.iter().filter(|(_, s)| !refuses_writes(s));
    let blind = look.unread_databases.keys().filter(|_| !look.is_silent());
    let databases = open.map(|(id, _)| id).chain(blind);
    let databases = databases.map(|id| async move {
        let result = match cx.ports.database(id, cx.from()) {
            Ok(port) => port.fence(cx.permit).await,
            Err(error) => Err(error),
        };
        Asked::of(id, result)
    });
    let staffed = look.members.iter().filter(|(_, wanted)| **wanted > 0);
    let blind = look.unread_fleets.keys().filter(|_| !look.is_silent());
    let fleets = staffed.map(|(id, _)| id).chain(blind);
    let fleets = fleets.filter(|id| !emptied.contains(*id));
    let fleets = fleets.map(|id| async move {
        let result = match cx.ports.compute(id, cx.from()) {
            Ok(port) => port.scale(0, cx.permit).await,
            Err(error) => Err(error),
        };
        Asked::of(id, result)
    });
    let (mut asked, emptied) = join(join_all(databases), join_all(fleets)).await;
    asked.extend(emptied);
    asked
}

/// Asks once for all that is missing of the fence and can be asked for.
///
/// # Errors
/// Why a part was not fenced: one whose answer was lost first, since it may be in force.
pub(super) async fn ask(cx: &Context<'_>, look: &Look) -> PortResult<()> {
    let asked = impose(cx, look, &BTreeSet::new()).await;
    all(asked.into_iter().map(|asked| asked.result))
}

/// Whether all of it worked.
///
/// # Errors
/// The first that is there, one whose answer was lost before any other.
fn all(results: impl IntoIterator<Item = PortResult<()>>) -> PortResult<()> {
    let failed = results.into_iter().filter_map(Result::err);
    // `false` sorts first.
    match failed.min_by_key(|error| error.class != ErrorClass::Indeterminate) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Lifts what was not so `before`, whatever was read: what a service tells may be older than what was done to it. A part that was
/// not read is asked too: what was put up there blind must not wait until it can be read. `members` says how many a fleet had.
///
/// One database after the other: those that share a network ACL look whether another still needs its rule.
///
/// # Errors
/// Why a part was not lifted; the others were asked all the same.
pub(super) async fn lift(
    cx: &Context<'_>,
    before: &Before,
    look: &Look,
    members: impl Fn(&ComponentId) -> Option<u32>,
) -> PortResult<()> {
    let primaries = look.databases.iter();
    let primaries = primaries.filter(|(_, state)| state.role == DatabaseRole::Primary);
    let databases = primaries.map(|(id, _)| id).chain(look.unread_databases());
    let mut results = Vec::new();
    for id in databases.filter(|id| !before.fenced.contains(*id)) {
        results.push(match cx.ports.database(id, cx.from()) {
            Ok(port) => port.unfence(cx.permit).await,
            Err(error) => Err(error),
        });
    }
    let blind = look.unread_fleets.keys().filter(|_| !look.is_silent());
    for id in look.members.keys().chain(blind) {
        let Some(count) = members(id) else { continue };
        results.push(match cx.ports.compute(id, cx.from()) {
            Ok(port) => port.scale(count, cx.permit).await,
            Err(error) => Err(error),
        });
    }
    all(results)
}

/// Waits until the whole fence is read to be in force, within the time of the step.
///
/// # Errors
/// What kept it from being read, or that it is still not in force.
pub(super) async fn in_force(cx: &Context<'_>) -> Result<Look, StepError> {
    let poll = Poll::of(cx);
    loop {
        let seen = look(cx).await.whole()?;
        if seen.is_fenced() {
            return Ok(seen);
        }
        poll.pause().await?;
    }
}

/// Evidence of a fence that was read back just now.
pub(super) fn confirmed(cx: &Context<'_>, look: &Look) -> FenceEvidence {
    let mut observations: Vec<_> = look
        .databases
        .keys()
        .map(|id| format!("{id} at {} refuses writes, read back", cx.from()))
        .collect();
    observations.extend(look.members.iter().map(|(id, wanted)| match wanted {
        0 => format!("{id} at {} is scaled to nothing", cx.from()),
        _ => format!("{id} at {} still wants {wanted} members", cx.from()),
    }));
    observations.extend(
        look.unread_fleets
            .iter()
            .map(|(id, error)| format!("{id} at {} was not read: {error}", cx.from())),
    );
    FenceEvidence {
        site: cx.from().clone(),
        level: FenceLevel::Confirmed,
        at: cx.clock().now(),
        observations,
        pending: false,
        unanswered: Vec::new(),
        denied: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
