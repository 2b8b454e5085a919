//! What a plan relied on, and whether it still holds.

use std::collections::BTreeSet;
use std::fmt;

use super::{Fact, Plan, PlannedStage, Request};
use crate::model::{
    Component, ComponentId, DatabaseRole, Direction, EstateInventory, Finding, Kind, Mode,
    Observed, Severity, SiteId, Subject, Verb,
};

/// How a fact stands against an inventory.
enum Standing {
    Holds,
    /// What is there instead.
    Changed(String),
    /// Why it cannot be told.
    Unread(String),
}

impl Fact {
    /// The component and the site that it is about.
    pub fn place(&self) -> (&ComponentId, &SiteId) {
        match self {
            Self::Primary { component, site }
            | Self::Replica { component, site }
            | Self::Traffic { component, site }
            | Self::StackFree { component, site } => (component, site),
        }
    }

    fn standing(&self, inventory: &EstateInventory, direction: &Direction) -> Standing {
        let (component, site) = self.place();
        let Some(observed) = self.read(inventory) else {
            let gap = inventory
                .sites
                .get(site)
                .and_then(|column| column.gaps.get(component));
            return Standing::Unread(
                gap.map_or_else(|| "it was not read".to_owned(), |gap| gap.reason.clone()),
            );
        };
        let now = match (self, observed) {
            (Self::Primary { .. }, Observed::Database(state))
                if state.role == DatabaseRole::Primary =>
            {
                return Standing::Holds;
            }
            (Self::Replica { site, .. }, Observed::Database(state))
                if state.is_replica_of(direction.opposite(site)) =>
            {
                return Standing::Holds;
            }
            (_, Observed::Database(state)) => described(&state.role),
            (Self::Traffic { site, .. }, Observed::Traffic(state)) if state.answers == *site => {
                return Standing::Holds;
            }
            (_, Observed::Traffic(state)) => format!("it sends clients to {}", state.answers),
            (Self::StackFree { .. }, Observed::Stack(state)) => match &state.locked_by {
                None => return Standing::Holds,
                Some(who) => format!("its state is locked by {who}"),
            },
            _ => "it is of another kind".to_owned(),
        };
        Standing::Changed(now)
    }

    /// What was read of what it is about. A front door is the same seen from either site.
    fn read<'a>(&self, inventory: &'a EstateInventory) -> Option<&'a Observed> {
        let (component, site) = self.place();
        match self {
            Self::Traffic { .. } => inventory
                .sites
                .keys()
                .find_map(|site| inventory.observed(component, site)),
            _ => inventory.observed(component, site),
        }
    }
}

fn described(role: &DatabaseRole) -> String {
    match role {
        DatabaseRole::Primary => "it is a primary".to_owned(),
        DatabaseRole::Replica { source } => format!("it is a replica of {source}"),
        DatabaseRole::Retired => "it is set aside".to_owned(),
        DatabaseRole::Absent => "there is none".to_owned(),
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Primary { component, site } => write!(f, "{component} at {site} is a primary"),
            Self::Replica { component, site } => write!(f, "{component} at {site} is a replica"),
            Self::Traffic { component, site } => write!(f, "{component} sends clients to {site}"),
            Self::StackFree { component, site } => {
                write!(f, "the state of {component} at {site} is not locked")
            }
        }
    }
}

/// What the steps rely on and the inventory shows. What could not be read is not claimed.
pub(super) fn facts(request: &Request<'_>, stages: &[PlannedStage]) -> Vec<Fact> {
    let mut candidates: BTreeSet<Fact> = BTreeSet::new();
    for verb in stages.iter().flat_map(|s| &s.steps).map(|step| &step.verb) {
        candidates.extend(relied_on(request, verb));
    }
    let holds = |fact: &Fact| {
        matches!(
            fact.standing(request.inventory, &request.direction),
            Standing::Holds
        )
    };
    candidates.into_iter().filter(holds).collect()
}

/// The facts that a step may rely on.
fn relied_on(request: &Request<'_>, verb: &Verb) -> Vec<Fact> {
    let Some(id) = verb.component() else {
        return Vec::new();
    };
    let sites = || [&request.direction.from, &request.direction.to].into_iter();
    let (component, site) = (|| id.clone(), |site: &SiteId| site.clone());
    match request.estate.component(id).map(Component::kind) {
        Some(Kind::Database) => sites()
            .flat_map(|at| {
                let primary = Fact::Primary {
                    component: component(),
                    site: site(at),
                };
                let replica = Fact::Replica {
                    component: component(),
                    site: site(at),
                };
                [primary, replica]
            })
            .collect(),
        Some(Kind::Traffic) => sites()
            .map(|at| Fact::Traffic {
                component: component(),
                site: site(at),
            })
            .collect(),
        Some(Kind::Infrastructure) => {
            let touched = sites()
                .filter(|at| matches!(verb, Verb::Converge(_)) || **at == request.direction.to);
            touched
                .map(|at| Fact::StackFree {
                    component: component(),
                    site: site(at),
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Holds the facts of a plan against what is there now. What is blocking in the answer forbids to run the plan.
///
/// A fact that no longer holds is always blocking. One that cannot be read is blocking, except in unplanned mode at the
/// site that loses the primary role: it may be lost, that is why the plan runs.
pub fn recheck(plan: &Plan, inventory: &EstateInventory) -> Vec<Finding> {
    plan.facts
        .iter()
        .filter_map(|fact| {
            let (component, site) = fact.place();
            let subject = Subject::Placed(component.clone(), site.clone());
            match fact.standing(inventory, &plan.direction) {
                Standing::Holds => None,
                Standing::Changed(now) => Some(Finding::blocking(
                    "fact-changed",
                    subject,
                    format!("the plan relies on this: {fact}; now {now}"),
                    "make a new plan with `dr plan`",
                )),
                Standing::Unread(reason) => {
                    let lost = plan.mode == Mode::Unplanned && *site == plan.direction.from;
                    Some(Finding::new(
                        if lost {
                            Severity::Notice
                        } else {
                            Severity::Blocking
                        },
                        "fact-unreadable",
                        subject,
                        format!("the plan relies on this: {fact}; it cannot be read: {reason}"),
                        if lost {
                            "none needed: a failover does not need the site that it leaves"
                        } else {
                            "see why it does not answer, then run the plan again"
                        },
                    ))
                }
            }
        })
        .collect()
}
