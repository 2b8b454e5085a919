//! What one component is on one site, in words, and how that is to be taken.

use jiff::Timestamp;

use super::Cell;
use crate::model::{
    Component, Compute, ComputeState, DatabaseRole, DatabaseState, DatabaseStatus, Duration,
    FacilityState, Lineage, MonitoringState, Observed, Replication, RepositoryState, Role,
    Settings, SiteId, StackState, TrafficState,
};
use crate::report::Tone;
use crate::report::words::{count, figure};

/// A lag that was measured longer ago than this says little about now. CloudWatch gives one value a minute, some minutes late.
const OLD_LAG: Duration = Duration::from_mins(5);

/// What is known around a cell.
pub(super) struct Around<'a> {
    /// When it was read.
    pub(super) at: Timestamp,
    /// The site.
    pub(super) site: &'a SiteId,
    /// The site's role now, where it is known.
    pub(super) role: Option<Role>,
    /// The site that is primary now, where it is known.
    pub(super) primary: Option<&'a SiteId>,
    /// How much of the newest data may be lost.
    pub(super) rpo: Duration,
}

impl Around<'_> {
    fn is_primary(&self) -> bool {
        self.role == Some(Role::Primary)
    }

    fn is_standby(&self) -> bool {
        self.role == Some(Role::Standby)
    }
}

/// The cell of a component that was read.
pub(super) fn observed(component: &Component, observed: &Observed, around: &Around<'_>) -> Cell {
    let (says, tone) = match observed {
        Observed::Database(state) => database(state, around),
        Observed::Compute(state) => compute(component, state, around),
        Observed::Traffic(state) => traffic(state, around),
        Observed::Monitoring(state) => monitoring(state, around),
        Observed::Stack(state) => stack(state, around),
        Observed::Repository(state) => repository(component, state, around),
        Observed::Facility(state) => facility(state, around),
    };
    Cell {
        observed: Some(observed.clone()),
        says,
        tone,
    }
}

/// The cell of a component that could not be read. Why not stands among the gaps.
pub(super) fn gap() -> Cell {
    Cell {
        observed: None,
        says: "not read".to_owned(),
        tone: Tone::Attention,
    }
}

type Said = (String, Tone);

fn database(state: &DatabaseState, around: &Around<'_>) -> Said {
    let (mut says, mut tone) = match &state.role {
        DatabaseRole::Primary => primary(state, around),
        DatabaseRole::Replica { source } => {
            let (lag, tone) = lag(state.replication.as_ref(), around);
            (format!("replica of {source}, {lag}"), tone)
        }
        DatabaseRole::Retired => (
            "old primary, set aside and kept as evidence".to_owned(),
            Tone::Attention,
        ),
        DatabaseRole::Absent => ("none".to_owned(), Tone::Attention),
    };
    let (status, of_status) = match state.status {
        DatabaseStatus::Available => return (says, tone),
        DatabaseStatus::Promoting => ("being promoted", Tone::Open),
        DatabaseStatus::Creating => ("being created", Tone::Open),
        DatabaseStatus::BackingUp => ("a backup runs", tone),
        DatabaseStatus::Rebooting => ("restarts", Tone::Attention),
        DatabaseStatus::Unavailable => ("does not answer its own site", Tone::Bad),
    };
    says.push_str("; ");
    says.push_str(status);
    if tone != Tone::Bad {
        tone = of_status;
    }
    (says, tone)
}

fn primary(state: &DatabaseState, around: &Around<'_>) -> Said {
    let (says, tone) = match (state.writable, state.fenced) {
        // Never two that take writes.
        (true, _) if around.is_standby() => {
            ("primary, takes writes beside the other one", Tone::Bad)
        }
        (true, _) => ("primary, takes writes", Tone::Good),
        (false, true) if around.is_standby() => ("old primary, fenced", Tone::Attention),
        (false, true) => ("primary, fenced", Tone::Bad),
        (false, false) if around.is_standby() => {
            ("old primary, takes no writes; not fenced", Tone::Attention)
        }
        (false, false) => ("primary, takes no writes", Tone::Bad),
    };
    if state.lacks.is_empty() {
        return (says.to_owned(), tone);
    }
    let tone = if tone == Tone::Good {
        Tone::Attention
    } else {
        tone
    };
    (
        format!("{says}; it lacks {}", state.lacks.join(" and ")),
        tone,
    )
}

/// How far a replica is behind, and how old that figure is.
fn lag(replication: Option<&Replication>, around: &Around<'_>) -> Said {
    let Some(replication) = replication else {
        return ("how far behind is not known".to_owned(), Tone::Attention);
    };
    let age = Duration::between(replication.measured_at, around.at);
    let says = format!(
        "{} behind, measured {} ago",
        figure(replication.lag),
        figure(age)
    );
    let tone = if replication.lag > around.rpo || age > OLD_LAG {
        Tone::Attention
    } else {
        Tone::Good
    };
    (says, tone)
}

fn compute(component: &Component, state: &ComputeState, around: &Around<'_>) -> Said {
    let ComputeState {
        desired, healthy, ..
    } = *state;
    let mut says = format!("{healthy} of {desired} healthy");
    let fleet = match &component.settings {
        Settings::Compute(fleet) | Settings::Kubernetes(fleet) => Some(fleet),
        _ => None,
    };
    let wanted = fleet
        .zip(around.role)
        .map(|(fleet, role)| wanted(fleet, role));
    let minimum = fleet.map_or(0, |fleet| fleet.capacity.minimum);
    if let Some((wanted, role)) = wanted.zip(around.role)
        && wanted != desired
    {
        says.push_str(&format!("; a {role} has {wanted}"));
    }
    let tone = if around.is_primary() && healthy < minimum {
        Tone::Bad
    } else if healthy < desired || wanted.is_some_and(|wanted| wanted != desired) {
        Tone::Attention
    } else {
        Tone::Good
    };
    (says, tone)
}

fn wanted(fleet: &Compute, role: Role) -> u32 {
    match role {
        Role::Primary => fleet.capacity.count,
        Role::Standby => fleet.standby_count,
    }
}

fn traffic(state: &TrafficState, around: &Around<'_>) -> Said {
    let answers = state.answers == *around.site;
    let Some(switched_to) = &state.switched_to else {
        let says = match (answers, around.is_standby()) {
            (false, _) => "the switch cannot be read: what it asks for is unknown".to_owned(),
            (true, is_standby) => {
                let here = if is_standby {
                    "here, to the standby"
                } else {
                    "here"
                };
                format!("clients are sent {here}, as long as nobody can read the switch")
            }
        };
        let tone = if answers && around.is_standby() {
            Tone::Bad
        } else {
            Tone::Attention
        };
        return (says, tone);
    };
    let switched = switched_to == around.site;
    match (answers, switched) {
        (true, _) if around.is_standby() => (
            "clients are sent here, to the standby".to_owned(),
            Tone::Bad,
        ),
        (true, true) => (
            format!("clients are sent here, TTL {}", state.ttl),
            Tone::Good,
        ),
        (true, false) => (
            format!("clients are sent here until the switch to {switched_to} is noticed"),
            Tone::Open,
        ),
        (false, true) => ("switched here, not noticed yet".to_owned(), Tone::Open),
        (false, false) => ("in reserve".to_owned(), Tone::Good),
    }
}

fn monitoring(state: &MonitoringState, around: &Around<'_>) -> Said {
    let mut says = format!(
        "watches {}, {} of {} targets up",
        state.watches, state.targets_up, state.targets
    );
    if let Some(why) = &state.unheard {
        says = format!("{says}; heard by nobody: {why}");
    }
    let astray = around
        .primary
        .is_some_and(|primary| *primary != state.watches);
    let tone = if astray || state.targets_up < state.targets || state.unheard.is_some() {
        Tone::Attention
    } else {
        Tone::Good
    };
    (says, tone)
}

fn stack(state: &StackState, around: &Around<'_>) -> Said {
    let applied = format!("applied for a {}", state.applied_role);
    if let Some(who) = &state.locked_by {
        return (format!("{applied}; locked by {who}"), Tone::Open);
    }
    let pending = &state.pending;
    let mut changes = Vec::new();
    for (number, what) in [
        (pending.create, "create"),
        (pending.change, "change"),
        (pending.destroy, "destroy"),
    ] {
        if number > 0 {
            changes.push(format!("{number} to {what}"));
        }
    }
    let astray = around.role.is_some_and(|role| role != state.applied_role);
    let tone = if pending.destroys_data {
        Tone::Bad
    } else if astray || !pending.is_empty() {
        Tone::Attention
    } else {
        Tone::Good
    };
    let plan = if changes.is_empty() {
        "its plan is empty".to_owned()
    } else if pending.destroys_data {
        format!("its plan is unsafe: {}, data among it", changes.join(", "))
    } else {
        changes.join(", ")
    };
    (format!("{applied}; {plan}"), tone)
}

fn repository(component: &Component, state: &RepositoryState, around: &Around<'_>) -> Said {
    let off_is_right = around.is_standby()
        && matches!(&component.settings, Settings::Repository(r) if r.standby_off);
    let power = if state.running { "running" } else { "off" };
    let mut says = format!("{power}, {}", count(state.commits, "commit"));
    let behind = state.last_seen_at_primary.saturating_sub(state.commits);
    match state.lineage {
        Lineage::Complete => {}
        Lineage::Behind => says.push_str(&format!(", {behind} behind")),
        Lineage::Diverged => says.push_str(", went another way than the primary"),
        Lineage::Unknown => says.push_str(", unproven"),
    }
    let is_whole = state.lineage == Lineage::Complete;
    // Of one that is off no more can be asked than that nothing speaks against it.
    let rests = off_is_right && (is_whole || state.lineage == Lineage::Unknown);
    let tone = match state.running {
        false if around.is_primary() => Tone::Bad,
        false if rests => Tone::Good,
        true if is_whole => Tone::Good,
        _ => Tone::Attention,
    };
    (says, tone)
}

fn facility(state: &FacilityState, around: &Around<'_>) -> Said {
    match (state.ready, around.is_primary()) {
        (true, _) => (state.detail.clone(), Tone::Good),
        (false, true) => (format!("not ready: {}", state.detail), Tone::Bad),
        (false, false) => (format!("not ready: {}", state.detail), Tone::Attention),
    }
}
