//! Whether the standby can take over, component by component: what `preflight` finds and `verify: standby-ready` demands.

use crate::model::{
    Component, ComponentId, ComputeState, DatabaseRole, DatabaseState, DatabaseStatus, Estate,
    Finding, Kind, Lineage, Mode, RepositoryState, Role, Settings, Severity, SiteId, StackState,
    Subject,
};
use crate::port::{ErrorClass, PortError, PortResult};

use super::{Context, gate};
use crate::adapter::git;

/// What speaks against using any component of the standby.
pub(super) async fn standby(cx: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for component in cx.estate.components.values() {
        findings.extend(component_findings(cx, component).await);
    }
    findings
}

/// What speaks against using this component of the standby.
pub(super) async fn component(cx: &Context<'_>, id: &ComponentId) -> Vec<Finding> {
    match cx.estate.component(id) {
        Some(component) => component_findings(cx, component).await,
        None => Vec::new(),
    }
}

async fn component_findings(cx: &Context<'_>, component: &Component) -> Vec<Finding> {
    let (id, site) = (&component.id, cx.to());
    let found = match component.kind() {
        Kind::Database => match cx.database(id, site).await {
            Ok(state) if state.is_writable_primary() => Ok(Vec::new()),
            Ok(state) => {
                let mut findings = database(cx, id, &state);
                findings.extend(endpoint(cx, id).await);
                Ok(findings)
            }
            Err(error) => Err(error),
        },
        Kind::Infrastructure => judge(cx.stack(id, site, Role::Primary).await, |state| {
            stack(id, site, state)
        }),
        Kind::Compute | Kind::Kubernetes => judge(cx.compute(id, site).await, |state| {
            fleet(cx.estate, component, site, state)
        }),
        Kind::Repository => judge(cx.mirror(id).await, |state| {
            mirror(cx, id, state).into_iter().collect()
        }),
        Kind::Network | Kind::Balancer | Kind::ObjectStore => {
            judge(cx.facility(id, site).await, |state| {
                facility(component, site, state.ready, &state.detail)
            })
        }
        // One that watches neither site, or both, can be repointed: it stands in nobody's way.
        Kind::Monitoring => match cx.monitoring(id, site).await {
            Err(error) if error.class == ErrorClass::Conflict => Ok(Vec::new()),
            read => judge(read, |_| Vec::new()),
        },
        Kind::Traffic => judge(cx.traffic(id).await, |state| {
            super::front_door_findings(cx.estate, cx.mode, id, state)
        }),
    };
    found.unwrap_or_else(|error| match (cx.mode, component.kind()) {
        // Clients are served without it: a lost primary is not waited for because of it. Its own step asks it again, and holds.
        (Mode::Unplanned, Kind::Monitoring | Kind::Repository) => {
            vec![unread_aside(id, site, &error)]
        }
        _ => vec![unread(id, site, &error)],
    })
}

fn judge<T>(
    reading: PortResult<T>,
    rule: impl FnOnce(&T) -> Vec<Finding>,
) -> PortResult<Vec<Finding>> {
    reading.map(|state| rule(&state))
}

fn placed(id: &ComponentId, site: &SiteId) -> Subject {
    Subject::Placed(id.clone(), site.clone())
}

/// What could not be read is not ready.
pub(super) fn unread(id: &ComponentId, site: &SiteId, error: &PortError) -> Finding {
    Finding::blocking(
        "unreadable",
        placed(id, site),
        format!("{id} at {site} could not be read: {error}"),
        "check the access of the operator's role and the site's network",
    )
}

/// What serves no client and could not be read costs time, and nothing more is claimed of it.
fn unread_aside(id: &ComponentId, site: &SiteId, error: &PortError) -> Finding {
    Finding::new(
        Severity::Slowing,
        "unreadable",
        placed(id, site),
        format!("{id} at {site} could not be read: {error}"),
        "nothing for now: clients are served without it; the step that needs it tries again, and waits for it at the end",
    )
}

/// A replica that can be promoted, and how far it is behind.
///
/// While the old primary may be gone its replica can only get older: what counts then is the lag as it was last measured,
/// and the gate of the promotion judges the rest with the evidence of the fence.
fn database(cx: &Context<'_>, id: &ComponentId, state: &DatabaseState) -> Vec<Finding> {
    let site = cx.to();
    let DatabaseRole::Replica { source } = &state.role else {
        return vec![Finding::blocking(
            "replica-missing",
            placed(id, site),
            format!("{id} at {site} is no replica that could be promoted"),
            format!("build one: reprotect {id}"),
        )];
    };
    if source != cx.from() {
        return vec![Finding::blocking(
            "replica-missing",
            placed(id, site),
            format!("{id} at {site} follows {source}, not {}", cx.from()),
            format!("build a replica of {}: reprotect {id}", cx.from()),
        )];
    }
    let mut findings = Vec::new();
    match state.status {
        DatabaseStatus::Available | DatabaseStatus::Promoting => {}
        DatabaseStatus::BackingUp => findings.push(Finding::new(
            Severity::Slowing,
            "backup-running",
            placed(id, site),
            format!("a backup of {id} at {site} runs: its promotion is refused until it is over"),
            "nothing; the promotion waits for it",
        )),
        DatabaseStatus::Creating | DatabaseStatus::Rebooting | DatabaseStatus::Unavailable => {
            findings.push(Finding::blocking(
                "replica-missing",
                placed(id, site),
                format!("{id} at {site} is {:?}, not available", state.status).to_lowercase(),
                "wait until it is available",
            ));
        }
    }
    findings.extend(lag(cx, id, state));
    findings
}

/// What would keep clients from being told where the new primary is, found after the promotion otherwise.
async fn endpoint(cx: &Context<'_>, id: &ComponentId) -> Option<Finding> {
    let site = cx.to();
    let error = cx.endpoint(id, site).await.err()?;
    Some(Finding::blocking(
        "endpoint-not-writable",
        placed(id, site),
        format!(
            "the address of {id} at {site} could not be written where the application reads it: {error}"
        ),
        "let the secret be there and hold a JSON object, and allow the operator's role to read the place that the binding names",
    ))
}

fn lag(cx: &Context<'_>, id: &ComponentId, state: &DatabaseState) -> Option<Finding> {
    let rpo = cx.estate.objectives.rpo;
    let fix = "wait until it has caught up, or find out what slows replication";
    let subject = placed(id, cx.to());
    let Some(lag) = gate::lag(state.replication.as_ref(), cx.clock().now()) else {
        return Some(Finding::blocking(
            "lag-exceeds-rpo",
            subject,
            format!(
                "how far {id} at {} is behind is unknown, the RPO is {rpo}",
                cx.to()
            ),
            fix,
        ));
    };
    if lag.measured > rpo || (cx.mode == Mode::Planned && lag.counts > rpo) {
        return Some(Finding::blocking(
            "lag-exceeds-rpo",
            subject,
            format!(
                "{id} at {} may be {} behind (measured {} behind, {} ago), the RPO is {rpo}",
                cx.to(),
                lag.counts,
                lag.measured,
                lag.age
            ),
            fix,
        ));
    }
    (lag.counts > rpo).then(|| {
        Finding::new(
            Severity::Slowing,
            "lag-unproven",
            subject,
            format!(
                "the lag of {id} at {} was measured {} ago: without proof of an earlier fence the promotion needs two people",
                cx.to(),
                lag.age
            ),
            "have two people ready to decide",
        )
    })
}

/// Who works on a stack.
pub(super) fn locked(id: &ComponentId, site: &SiteId, state: &StackState) -> Option<Finding> {
    let holder = state.locked_by.as_ref()?;
    Some(Finding::blocking(
        "state-locked",
        placed(id, site),
        format!("the state of {id} at {site} is locked by {holder}"),
        "let them finish; remove the lock only when they are certainly gone",
    ))
}

/// A stack that can be applied for the role of a primary.
pub(super) fn stack(id: &ComponentId, site: &SiteId, state: &StackState) -> Vec<Finding> {
    let mut findings: Vec<Finding> = locked(id, site, state).into_iter().collect();
    if state.pending.destroys_data {
        findings.push(Finding::blocking(
            "plan-destroys-data",
            placed(id, site),
            format!("applying {id} at {site} would destroy or replace a data store"),
            "make the stack describe what there is before it is applied",
        ));
    }
    findings
}

/// A fleet that can become large enough.
fn fleet(
    estate: &Estate,
    component: &Component,
    site: &SiteId,
    state: &ComputeState,
) -> Vec<Finding> {
    let (Settings::Compute(fleet) | Settings::Kubernetes(fleet)) = &component.settings else {
        return Vec::new();
    };
    let capacity = fleet.capacity;
    if state.limit >= capacity.count {
        return quota_unread(component, site, state).into_iter().collect();
    }
    let severity = if state.limit < capacity.minimum {
        Severity::Blocking
    } else {
        Severity::Slowing
    };
    vec![Finding::new(
        severity,
        "quota-below-demand",
        placed(&component.id, site),
        format!(
            "{} at {site} can have {} members, wanted are {}, needed {}",
            component.id, state.limit, capacity.count, capacity.minimum
        ),
        format!(
            "ask for a higher quota or free addresses in {}",
            estate
                .site(site)
                .map_or_else(|| site.to_string(), |s| s.region.to_string())
        ),
    )]
}

/// What bounds a fleet and could not be read is not taken for enough.
fn quota_unread(component: &Component, site: &SiteId, state: &ComputeState) -> Option<Finding> {
    let why = state.unproven.as_ref()?;
    Some(Finding::new(
        Severity::Slowing,
        "quota-unread",
        placed(&component.id, site),
        format!(
            "whether {} at {site} can have all the members it needs is unknown: {why}",
            component.id
        ),
        "allow the calls that read it to the operator's role, or compare quota and demand in the console",
    ))
}

/// A mirror that has all that the primary was last seen to have. Of one that is off little is known: it is proven when it runs.
///
/// Where the primary was never seen and is lost now, nobody can prove it any more, and nothing speaks against it either: then it is
/// told, and clients do not wait for it.
pub(super) fn mirror(
    cx: &Context<'_>,
    id: &ComponentId,
    state: &RepositoryState,
) -> Option<Finding> {
    if !state.is_in_question() {
        return None;
    }
    let site = cx.to();
    let is_unseen = state.lineage == Lineage::Unknown && state.last_seen_at_primary == 0;
    let severity = if is_unseen && cx.mode == Mode::Unplanned {
        Severity::Slowing
    } else {
        Severity::Blocking
    };
    let note = git::note_key(&cx.estate.name, id);
    let (code, message, fix) = match state.lineage {
        Lineage::Complete => return None,
        Lineage::Behind => (
            "mirror-behind",
            format!(
                "the mirror {id} at {site} is {} commits behind what the primary was last seen to have",
                state.last_seen_at_primary.saturating_sub(state.commits)
            ),
            format!(
                "fetch from the primary, or from a clone that has the missing commits; were they taken back on purpose, delete {note} in \
                 both sites' stores and skip the step"
            ),
        ),
        Lineage::Diverged => (
            "mirror-diverged",
            format!(
                "the mirror {id} at {site} went another way: it lacks what the primary was last seen to have, and holds commits that the \
                 primary was not seen to have"
            ),
            format!(
                "find out who pushed. Where the primary's history was rewritten and this is the new one, delete {note} in both sites' \
                 stores and skip the step; else keep the mirror's branch under another name, and push the primary's from a clone that \
                 has it"
            ),
        ),
        Lineage::Unknown => (
            "mirror-unproven",
            format!(
                "whether the mirror {id} at {site} holds what the primary has is unknown: nothing is remembered of the primary, or no \
                 commit that both have"
            ),
            "look from a machine that has read the primary, or compare with a clone and push what is missing; then skip the step".to_owned(),
        ),
    };
    let subject = placed(id, site);
    Some(Finding::new(severity, code, subject, message, fix))
}

/// A network or bucket that is there. A balancer of a standby may rest until its fleet is started.
fn facility(component: &Component, site: &SiteId, ready: bool, detail: &str) -> Vec<Finding> {
    if ready {
        return Vec::new();
    }
    let severity = if component.kind() == Kind::Balancer {
        Severity::Notice
    } else {
        Severity::Blocking
    };
    vec![Finding::new(
        severity,
        "facility-not-ready",
        placed(&component.id, site),
        format!("{} at {site} is not ready: {detail}", component.id),
        "apply the site's stack",
    )]
}

/// The findings that stop a recovery, in one sentence; `None` when there is none.
pub(super) fn blocking(findings: &[Finding]) -> Option<String> {
    let reasons: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Blocking)
        .map(|finding| finding.message.as_str())
        .collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
