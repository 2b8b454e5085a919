//! Where a difference comes from: the other columns, each of which may tell which site departs from what.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::column::Column;
use super::reference::{Columns, Side};
use super::report::Entry;
use crate::model::{
    Binding, Estate, EstateScan, FENCED_TAG, Resource, ResourceKind as Kind, Settings, SiteId,
    SiteScan, Subject,
};

/// What one of the other columns tells of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Origin {
    /// The site is not what `estate.yaml` declares.
    NotAsDeclared {
        /// The site.
        site: SiteId,
        /// What is declared.
        declared: Value,
    },
    /// It changed on the site since the last scan that is known.
    Changed {
        /// The site.
        site: SiteId,
        /// When it was last seen otherwise.
        #[schemars(with = "String", extend("format" = "date-time"))]
        since: Timestamp,
    },
    /// The site's Terraform state has it, and the account has not: it was removed outside Terraform.
    Removed {
        /// The site.
        site: SiteId,
        /// Its address in the state.
        address: String,
    },
    /// The site's Terraform state does not have it either: it was never built there.
    NotBuilt {
        /// The site.
        site: SiteId,
        /// Its address in the other site's state.
        address: String,
    },
    /// No Terraform state of the site has it: it was made by hand.
    OutsideTerraform {
        /// The site.
        site: SiteId,
    },
    /// A fence of `dr` did it: the site is an old primary that has not been built up again.
    Fence {
        /// The site.
        site: SiteId,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsDeclared { site, declared } => {
                write!(f, "{site} is not as the estate declares it: {declared}")
            }
            Self::Changed { site, since } => write!(f, "it changed in {site} since {since}"),
            Self::Removed { site, address } => write!(
                f,
                "{address} is in the state of {site}: it was removed outside Terraform"
            ),
            Self::NotBuilt { site, address } => write!(
                f,
                "{address} is not in the state of {site}: it was never built there"
            ),
            Self::OutsideTerraform { site } => {
                write!(
                    f,
                    "no state of {site} has it: it was made outside Terraform"
                )
            }
            Self::Fence { site } => write!(f, "a fence of dr did it in {site}"),
        }
    }
}

/// The columns beside the two sites.
pub(super) struct Origins<'a> {
    estate: &'a Estate,
    columns: &'a Columns<'a>,
    /// What was read last time.
    last: Option<&'a EstateScan>,
    /// What the states of each side say, read once: most scans have no finding that asks for it.
    states: [OnceCell<States<'a>>; 2],
}

/// What the states of one site manage.
#[derive(Default)]
struct States<'a> {
    /// By the id that the provider gave, and by the ARN: the first of each.
    by_id: BTreeMap<&'a str, u32>,
    by_arn: BTreeMap<&'a str, u32>,
    addresses: BTreeSet<&'a str>,
}

impl<'a> States<'a> {
    fn new(column: &Column<'a>) -> Self {
        let mut states = Self::default();
        for at in column.places() {
            let managed = column.at(at);
            if managed.kind != Kind::TerraformResource {
                continue;
            }
            if let Some(id) = managed.text("managed-id") {
                states.by_id.entry(id).or_insert(at);
            }
            if let Some(arn) = &managed.arn {
                states.by_arn.entry(arn).or_insert(at);
            }
            states.addresses.extend(managed.name.as_deref());
        }
        states
    }

    /// The first that a state says of a thing, by its ARN, or by an id that is its id, its ARN or its name.
    fn managed(&self, resource: &Resource) -> Option<u32> {
        let arn = resource.arn.as_deref();
        let by_arn = arn.and_then(|arn| self.by_arn.get(arn));
        let ids = [Some(resource.id.as_str()), arn, resource.name.as_deref()];
        let by_id = ids.into_iter().flatten();
        let by_id = by_id.filter_map(|id| self.by_id.get(id));
        by_arn.into_iter().chain(by_id).min().copied()
    }
}

impl<'a> Origins<'a> {
    pub(super) fn new(
        estate: &'a Estate,
        columns: &'a Columns<'a>,
        last: Option<&'a EstateScan>,
    ) -> Self {
        Self {
            estate,
            columns,
            last,
            states: [OnceCell::new(), OnceCell::new()],
        }
    }

    fn states(&self, side: Side) -> &States<'a> {
        self.states[side.index()].get_or_init(|| States::new(self.columns.of(side)))
    }

    /// What the other columns tell of a finding.
    pub(super) fn of(&self, entry: &Entry) -> Vec<Origin> {
        let Subject::Resource { kind, .. } = entry.finding.subject else {
            return Vec::new();
        };
        let mut origins = Vec::new();
        for side in Side::BOTH {
            origins.extend(self.fence(entry, side));
            origins.extend(self.declared(entry, kind, side));
            origins.extend(self.changed(entry, kind, side));
        }
        origins.extend(self.state(entry, kind));
        origins
    }

    fn here<'s>(&'s self, entry: &Entry, kind: Kind, side: Side) -> Option<&'s Resource> {
        let column = self.columns.of(side);
        let id = entry.evidence.get(&column.site.id)?.id.as_ref()?;
        Some(column.at(column.by_id(kind, id)?))
    }

    /// What the estate declares of an attribute.
    fn declared(&self, entry: &Entry, kind: Kind, side: Side) -> Option<Origin> {
        let resource = self.here(entry, kind, side)?;
        let attribute = entry.attribute.as_deref()?;
        let component = self.estate.component(resource.component.as_ref()?)?;
        let declared: Value = match (&component.settings, kind, attribute) {
            (Settings::Database(database), Kind::RdsInstance, "class") => {
                database.class.as_str().into()
            }
            (Settings::Database(database), Kind::RdsInstance, "multi-az") => {
                (database.nodes > 1).into()
            }
            (Settings::Compute(fleet), Kind::Ec2LaunchTemplate, "instance-type") => {
                fleet.size.as_str().into()
            }
            (Settings::Kubernetes(nodes), Kind::EksNodeGroup, "instance-types") => {
                vec![nodes.size.as_str()].into()
            }
            _ => return None,
        };
        (resource.attributes.get(attribute) != Some(&declared)).then(|| Origin::NotAsDeclared {
            site: self.columns.of(side).site.id.clone(),
            declared,
        })
    }

    /// Whether the attribute, or the thing itself, was otherwise last time.
    fn changed(&self, entry: &Entry, kind: Kind, side: Side) -> Option<Origin> {
        let site = &self.columns.of(side).site.id;
        let last: &SiteScan = self.last?.sites.get(site)?;
        if last.gaps_of(kind).next().is_some() {
            return None;
        }
        let before = |id: &str| last.of_kind(kind).find(|resource| resource.id == id);
        let changed = match (self.here(entry, kind, side), entry.attribute.as_deref()) {
            (Some(now), Some(attribute)) => {
                let top = attribute.split('.').next().unwrap_or_default();
                let value = |resource: &Resource| match top {
                    "tags" => serde_json::to_value(&resource.tags).ok(),
                    _ => resource.attributes.get(top).cloned(),
                };
                before(&now.id).is_none_or(|before| value(before) != value(now))
            }
            (Some(now), None) => before(&now.id).is_none(),
            // It is missing here: was there something of that name?
            (None, _) => {
                let Subject::Resource { name, .. } = &entry.finding.subject else {
                    return None;
                };
                last.of_kind(kind)
                    .any(|resource| resource.name.as_ref() == Some(name) || resource.id == *name)
            }
        };
        changed.then(|| Origin::Changed {
            site: site.clone(),
            since: last.at,
        })
    }

    /// Of what stands on one site only, what the states tell.
    fn state(&self, entry: &Entry, kind: Kind) -> Option<Origin> {
        if entry.attribute.is_some() {
            return None;
        }
        let sides = Side::BOTH.into_iter();
        let mut here = sides.filter_map(|side| Some((side, self.here(entry, kind, side)?)));
        let (side, resource) = here.next()?;
        let (own, other) = (self.columns.of(side), self.columns.of(side.other()));
        if here.next().is_some() || !own.is_listed(Kind::TerraformResource) {
            return None;
        }
        let Some(managed) = self.states(side).managed(resource) else {
            let has_states = own.scan.of_kind(Kind::TerraformState).next().is_some();
            return has_states.then(|| Origin::OutsideTerraform {
                site: own.site.id.clone(),
            });
        };
        let address = own.at(managed).name.clone()?;
        if !other.is_listed(Kind::TerraformResource) {
            return None;
        }
        let site = other.site.id.clone();
        let is_there = self
            .states(side.other())
            .addresses
            .contains(address.as_str());
        Some(if is_there {
            Origin::Removed { site, address }
        } else {
            Origin::NotBuilt { site, address }
        })
    }

    /// Whether it is what a fence leaves behind on a side: walls around a bound database, a bound fleet that is held down. Only
    /// the side that has more of them than the other is told: what somebody did by hand on the other one is no fence's.
    fn fence(&self, entry: &Entry, side: Side) -> Option<Origin> {
        let column = self.columns.of(side);
        let bindings = self.estate.bindings.get(&column.site.id)?;
        let is_fenced = |id: &str| {
            let database = column.by_id(Kind::RdsInstance, id);
            database.is_some_and(|at| column.at(at).tags.contains_key(FENCED_TAG))
        };
        let fenced = || {
            bindings.values().filter_map(|binding| match binding {
                Binding::Rds(rds) if is_fenced(&rds.instance) => Some(rds),
                _ => None,
            })
        };
        fenced().next()?;
        let evidence = entry.evidence.get(&column.site.id)?;
        let is = |id: &str| evidence.id.as_deref() == Some(id);
        let has = |wanted: &str| {
            let values = evidence.value.as_ref().and_then(Value::as_array);
            values.is_some_and(|values| values.iter().any(|value| value == wanted))
        };
        let is_left_behind = match (entry.finding.code.as_str(), entry.attribute.as_deref()) {
            ("fleet-process-suspended", _) => has(LAUNCH)
                && bindings.values().any(
                    |binding| matches!(binding, Binding::Ec2Autoscaling(fleet) if is(&fleet.group)),
                ),
            ("database-access-differs", Some("security-groups")) => {
                fenced().any(|rds| is(&rds.instance) && has(&rds.quarantine_group))
            }
            ("database-not-replica", _) => {
                side == Side::Standby && fenced().any(|rds| is(&rds.instance))
            }
            // A wall refuses: what the other side lets through in addition, or what this side does not any more.
            ("traffic-refused-at-standby", Some("entries.ingress")) => {
                side == Side::Standby && fenced().any(|rds| is(&rds.network_acl))
            }
            ("traffic-admitted-only-at-standby", Some("entries.ingress")) => {
                side == Side::Primary && fenced().any(|rds| is(&rds.network_acl))
            }
            _ => false,
        };
        is_left_behind.then(|| Origin::Fence {
            site: column.site.id.clone(),
        })
    }
}

/// The process without which a fleet does not grow: a fence suspends it with all others that start members.
const LAUNCH: &str = "Launch";
