//! Fences one site and reads back what it does: databases first, so that writes end at once; then the fleets.

use std::collections::{BTreeMap, BTreeSet};

use crate::action::poll::Poll;
use crate::action::{Before, Context, StepError};
use crate::model::{ComponentId, DatabaseRole, DatabaseState, FenceEvidence, FenceLevel, Kind};
use crate::port::{ErrorClass, PortError, PortResult};

/// Whether no client can write to it: fenced, or no primary at all.
pub(in crate::action) fn refuses_writes(state: &DatabaseState) -> bool {
    !state.writable && (state.fenced || state.role != DatabaseRole::Primary)
}

/// What was read of the site that is to be fenced.
#[derive(Clone)]
pub(super) struct Look {
    /// Its databases.
    pub(super) databases: BTreeMap<ComponentId, DatabaseState>,
    /// Members wanted of its fleets.
    pub(super) members: BTreeMap<ComponentId, u32>,
}

/// Reads the site that loses the role.
pub(super) async fn look(cx: &Context<'_>) -> PortResult<Look> {
    let databases = databases(cx).await?;
    let mut members = BTreeMap::new();
    for component in cx.estate.of_kind(Kind::Compute) {
        let state = cx.compute(&component.id, cx.from()).await?;
        members.insert(component.id.clone(), state.desired);
    }
    Ok(Look { databases, members })
}

async fn databases(cx: &Context<'_>) -> PortResult<BTreeMap<ComponentId, DatabaseState>> {
    let mut databases = BTreeMap::new();
    for component in cx.estate.of_kind(Kind::Database) {
        let state = cx.database(&component.id, cx.from()).await?;
        databases.insert(component.id.clone(), state);
    }
    Ok(databases)
}

impl Look {
    /// Whether a client could write to one of its databases.
    pub(super) fn takes_writes(&self) -> bool {
        self.databases.values().any(|state| !refuses_writes(state))
    }

    /// Whether the whole fence is in force: databases refuse writes, fleets are empty.
    pub(super) fn is_fenced(&self) -> bool {
        !self.takes_writes() && self.members.values().all(|wanted| *wanted == 0)
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

/// A call that imposes the fence and did not work.
pub(super) struct NotImposed {
    /// The component that it was about.
    pub(super) component: ComponentId,
    /// Why.
    pub(super) error: PortError,
}

impl NotImposed {
    fn new(component: &ComponentId, error: PortError) -> Self {
        Self {
            component: component.clone(),
            error,
        }
    }

    /// Whether it may be in force nevertheless.
    pub(super) fn is_unanswered(&self) -> bool {
        self.error.class == ErrorClass::Indeterminate
    }
}

/// Asks for what is missing of the fence, databases first.
pub(super) async fn impose(cx: &Context<'_>, look: &Look) -> Result<(), NotImposed> {
    let open = look.databases.iter().filter(|(_, s)| !refuses_writes(s));
    for (id, _) in open {
        let asked = match cx.ports.database(id, cx.from()) {
            Ok(port) => port.fence(cx.permit).await,
            Err(error) => Err(error),
        };
        asked.map_err(|error| NotImposed::new(id, error))?;
    }
    let staffed = look.members.iter().filter(|(_, wanted)| **wanted > 0);
    for (id, _) in staffed {
        let asked = match cx.ports.compute(id, cx.from()) {
            Ok(port) => port.scale(0, cx.permit).await,
            Err(error) => Err(error),
        };
        asked.map_err(|error| NotImposed::new(id, error))?;
    }
    Ok(())
}

/// Imposes the whole fence and reads it back within the time of the step.
///
/// # Errors
/// What kept it from being imposed or read.
pub(super) async fn fence(cx: &Context<'_>) -> Result<Look, StepError> {
    let poll = Poll::of(cx);
    let mut seen = look(cx).await?;
    impose(cx, &seen).await.map_err(|failed| failed.error)?;
    loop {
        seen = look(cx).await?;
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
    FenceEvidence {
        site: cx.from().clone(),
        level: FenceLevel::Confirmed,
        at: cx.clock().now(),
        observations,
        pending: false,
        unanswered: Vec::new(),
    }
}

/// The components whose fence was asked for without an answer.
pub(super) type Unanswered = BTreeSet<ComponentId>;
