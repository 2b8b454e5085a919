//! What a fence of `dr` leaves behind: walls around a bound database, a bound fleet that is held down.

use std::collections::BTreeMap;

use serde_json::Value;

use super::column::Column;
use super::origin::Origin;
use super::reference::{Columns, Side};
use super::report::Entry;
use crate::model::{
    Binding, ComponentId, Estate, FENCED_TAG, RdsBinding, Resource, ResourceKind as Kind,
};

/// The process without which a fleet does not grow: a fence suspends it with all others that start members.
const LAUNCH: &str = "Launch";

/// What is bound on a site.
type Bindings = BTreeMap<ComponentId, Binding>;

/// The fences of the estate's sites.
pub(super) struct Fences<'a> {
    estate: &'a Estate,
    columns: &'a Columns<'a>,
}

impl<'a> Fences<'a> {
    pub(super) fn new(estate: &'a Estate, columns: &'a Columns<'a>) -> Self {
        Self { estate, columns }
    }

    /// What is bound on a side, where a fence stands around a database there, and those databases.
    fn fenced(&self, side: Side) -> Option<(&'a Bindings, Vec<&'a RdsBinding>)> {
        let column = self.columns.of(side);
        let bindings = self.estate.bindings.get(&column.site.id)?;
        let fenced = bindings.values().filter_map(|binding| match binding {
            Binding::Rds(rds) if is_fenced(column, &rds.instance) => Some(rds),
            _ => None,
        });
        let fenced: Vec<&RdsBinding> = fenced.collect();
        (!fenced.is_empty()).then_some((bindings, fenced))
    }

    /// Whether a fence holds a fleet down.
    pub(super) fn hold(&self, side: Side, fleet: &Resource) -> bool {
        let suspended = fleet.attributes.get("suspended");
        holds(suspended, LAUNCH)
            && self
                .fenced(side)
                .is_some_and(|(bindings, _)| is_bound_fleet(bindings, &fleet.id))
    }

    /// Whether a finding is about what a fence leaves behind on a side. Only the side that has more of it than the other is told:
    /// what somebody did by hand on the other one is no fence's.
    pub(super) fn left_behind(&self, entry: &Entry, side: Side) -> Option<Origin> {
        let (bindings, fenced) = self.fenced(side)?;
        let site = &self.columns.of(side).site.id;
        let evidence = entry.evidence.get(site)?;
        let id = evidence.id.as_deref()?;
        let has = |wanted: &str| holds(evidence.value.as_ref(), wanted);
        let mut fenced = fenced.iter();
        let is_left_behind = match (entry.finding.code.as_str(), entry.attribute.as_deref()) {
            ("fleet-process-suspended" | "outside-terraform", Some("suspended")) => {
                has(LAUNCH) && is_bound_fleet(bindings, id)
            }
            ("database-access-differs", Some("security-groups")) => {
                fenced.any(|rds| id == rds.instance && has(&rds.quarantine_group))
            }
            ("database-not-replica", _) => {
                side == Side::Standby && fenced.any(|rds| id == rds.instance)
            }
            // A wall refuses: what the other side lets through in addition, or what this side does not any more.
            ("traffic-refused-at-standby", Some("entries.ingress")) => {
                side == Side::Standby && fenced.any(|rds| id == rds.network_acl)
            }
            ("traffic-admitted-only-at-standby", Some("entries.ingress")) => {
                side == Side::Primary && fenced.any(|rds| id == rds.network_acl)
            }
            _ => false,
        };
        is_left_behind.then(|| Origin::Fence { site: site.clone() })
    }
}

fn is_fenced(column: &Column<'_>, instance: &str) -> bool {
    let database = column.by_id(Kind::RdsInstance, instance);
    database.is_some_and(|at| column.at(at).tags.contains_key(FENCED_TAG))
}

fn is_bound_fleet(bindings: &Bindings, id: &str) -> bool {
    let mut bindings = bindings.values();
    bindings.any(|binding| matches!(binding, Binding::Ec2Autoscaling(fleet) if fleet.group == id))
}

/// Whether a list has a text.
fn holds(list: Option<&Value>, wanted: &str) -> bool {
    let list = list.and_then(Value::as_array);
    list.is_some_and(|list| list.iter().any(|value| value == wanted))
}
