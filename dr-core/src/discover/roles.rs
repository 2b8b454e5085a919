//! Which site is primary now.

use crate::model::{
    ComponentId, DatabaseRole, DatabaseState, Direction, Estate, EstateInventory, Kind, Observed,
    Role, SiteId,
};

/// The roles that the sites have now, as far as was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roles {
    /// What was read agrees.
    Known {
        /// The site that takes the writes.
        primary: SiteId,
        /// The other one.
        standby: SiteId,
        /// Whether every primary was read itself. Otherwise its role follows from what the other side is: a replica of it,
        /// or set aside; it may be lost.
        seen: bool,
    },
    /// What was read contradicts itself, or says nothing.
    Unknown {
        /// Why, in one sentence.
        reason: String,
    },
}

impl Roles {
    /// The site that takes the writes, where it is known.
    pub fn primary(&self) -> Option<&SiteId> {
        match self {
            Self::Known { primary, .. } => Some(primary),
            Self::Unknown { .. } => None,
        }
    }

    /// The role of a site, where it is known.
    pub fn of(&self, site: &SiteId) -> Option<Role> {
        match self {
            Self::Known { primary, .. } if primary == site => Some(Role::Primary),
            Self::Known { standby, .. } if standby == site => Some(Role::Standby),
            Self::Known { .. } | Self::Unknown { .. } => None,
        }
    }

    /// The direction of a run that makes the standby the primary, where the roles are known.
    pub fn direction(&self) -> Option<Direction> {
        match self {
            Self::Known {
                primary, standby, ..
            } => Some(Direction {
                from: primary.clone(),
                to: standby.clone(),
            }),
            Self::Unknown { .. } => None,
        }
    }
}

/// What one row of the grid says.
enum Vote {
    /// This site is primary.
    For { site: SiteId, seen: bool },
    /// It could not be read.
    Silent,
    /// It says two things, or nothing that can be right.
    Contradiction(String),
}

/// Which site is primary now. The databases decide, and must agree; an estate without a database asks its front doors.
///
/// A fenced primary beside a writable one is the old primary, waiting to be built up again as a replica. Of a primary that
/// cannot be read its replica tells: [`Roles::Known`] with `seen` false.
pub fn roles(inventory: &EstateInventory, estate: &Estate) -> Roles {
    let mut agreed: Option<SiteId> = None;
    let mut all_seen = true;
    for (component, vote) in votes(inventory, estate) {
        match vote {
            Vote::Silent => all_seen = false,
            Vote::Contradiction(reason) => return Roles::Unknown { reason },
            Vote::For { site, seen } => {
                all_seen &= seen;
                let agreed = agreed.get_or_insert_with(|| site.clone());
                if site != *agreed {
                    let reason = format!(
                        "{component} has its primary at {site}, another data set has it at {agreed}"
                    );
                    return Roles::Unknown { reason };
                }
            }
        }
    }
    match agreed {
        Some(primary) => Roles::Known {
            standby: estate.other_site(&primary).id.clone(),
            primary,
            seen: all_seen,
        },
        None => Roles::Unknown {
            reason: "neither a database nor a front door that tells could be read".to_owned(),
        },
    }
}

fn votes<'a>(inventory: &'a EstateInventory, estate: &'a Estate) -> Vec<(&'a ComponentId, Vote)> {
    let databases: Vec<_> = estate
        .of_kind(Kind::Database)
        .map(|database| (&database.id, of_database(inventory, estate, &database.id)))
        .collect();
    if !databases.is_empty() {
        return databases;
    }
    estate
        .of_kind(Kind::Traffic)
        .map(|front| (&front.id, of_front_door(inventory, estate, &front.id)))
        .collect()
}

fn of_database(inventory: &EstateInventory, estate: &Estate, id: &ComponentId) -> Vote {
    let [one, other] = &estate.sites;
    let read = |site: &SiteId| match inventory.observed(id, site) {
        Some(Observed::Database(state)) => Some(state),
        _ => None,
    };
    match (read(&one.id), read(&other.id)) {
        (None, None) => Vote::Silent,
        (Some(state), None) => alone(id, state, &one.id, &other.id),
        (None, Some(state)) => alone(id, state, &other.id, &one.id),
        (Some(a), Some(b)) => both(id, (a, &one.id), (b, &other.id)),
    }
}

/// One side was read, the other was not.
fn alone(id: &ComponentId, state: &DatabaseState, here: &SiteId, there: &SiteId) -> Vote {
    match &state.role {
        DatabaseRole::Primary if state.fenced => Vote::Contradiction(format!(
            "{id} at {here} is a fenced primary and {there} cannot be read: either may hold the newest data"
        )),
        DatabaseRole::Primary => Vote::For {
            site: here.clone(),
            seen: true,
        },
        DatabaseRole::Replica { source } if source == there => Vote::For {
            site: there.clone(),
            seen: false,
        },
        DatabaseRole::Replica { source } => Vote::Contradiction(format!(
            "{id} at {here} is a replica of {source}, which is not the other site"
        )),
        DatabaseRole::Retired | DatabaseRole::Absent => Vote::For {
            site: there.clone(),
            seen: false,
        },
    }
}

fn both(
    id: &ComponentId,
    (a, at_a): (&DatabaseState, &SiteId),
    (b, at_b): (&DatabaseState, &SiteId),
) -> Vote {
    let seen_at = |site: &SiteId| Vote::For {
        site: site.clone(),
        seen: true,
    };
    let is_primary = |state: &DatabaseState| state.role == DatabaseRole::Primary;
    match (is_primary(a), is_primary(b)) {
        (true, false) => seen_at(at_a),
        (false, true) => seen_at(at_b),
        (true, true) if a.fenced && !b.fenced => seen_at(at_b),
        (true, true) if b.fenced && !a.fenced => seen_at(at_a),
        (true, true) => Vote::Contradiction(format!(
            "{id} is a primary at both {at_a} and {at_b}{}",
            if a.fenced { ", both fenced" } else { "" }
        )),
        (false, false) => {
            Vote::Contradiction(format!("{id} is a primary neither at {at_a} nor at {at_b}"))
        }
    }
}

fn of_front_door(inventory: &EstateInventory, estate: &Estate, id: &ComponentId) -> Vote {
    let seen = estate
        .sites
        .iter()
        .find_map(|site| inventory.observed(id, &site.id));
    match seen {
        Some(Observed::Traffic(state)) if estate.site(&state.answers).is_some() => Vote::For {
            site: state.answers.clone(),
            seen: true,
        },
        Some(Observed::Traffic(state)) => Vote::Contradiction(format!(
            "{id} sends clients to {}, which is no site of the estate",
            state.answers
        )),
        _ => Vote::Silent,
    }
}
