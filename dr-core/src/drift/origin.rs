//! Where a difference comes from: the other columns, each of which may tell which site departs from what.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::column::Column;
use super::reference::{Columns, Side};
use super::report::Entry;
use crate::model::{
    Estate, EstateScan, Resource, ResourceKind as Kind, Settings, SiteId, SiteScan, Subject,
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
    pub(super) estate: &'a Estate,
    pub(super) columns: &'a Columns<'a>,
    /// What was read last time.
    pub(super) last: Option<&'a EstateScan>,
}

impl Origins<'_> {
    /// What the other columns tell of a finding.
    pub(super) fn of(&self, entry: &Entry) -> Vec<Origin> {
        let Subject::Resource { kind, .. } = entry.finding.subject else {
            return Vec::new();
        };
        let mut origins = Vec::new();
        for side in [Side::Primary, Side::Standby] {
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
        let sides = [Side::Primary, Side::Standby].into_iter();
        let mut here = sides.filter_map(|side| Some((side, self.here(entry, kind, side)?)));
        let (side, resource) = here.next()?;
        let (own, other) = (self.columns.of(side), self.columns.of(side.other()));
        if here.next().is_some() || !own.is_listed(Kind::TerraformResource) {
            return None;
        }
        let Some(managed) = managed(own, resource) else {
            let has_states = own.scan.of_kind(Kind::TerraformState).next().is_some();
            return has_states.then(|| Origin::OutsideTerraform {
                site: own.site.id.clone(),
            });
        };
        let address = managed.name.clone()?;
        if !other.is_listed(Kind::TerraformResource) {
            return None;
        }
        let mut there = other.scan.of_kind(Kind::TerraformResource);
        let site = other.site.id.clone();
        Some(
            if there.any(|there| there.name.as_ref() == Some(&address)) {
                Origin::Removed { site, address }
            } else {
                Origin::NotBuilt { site, address }
            },
        )
    }

    /// Whether it is what a fence leaves behind: walls around the database, a fleet that is held down.
    fn fence(&self, entry: &Entry, side: Side) -> Option<Origin> {
        let column = self.columns.of(side);
        let left_behind = matches!(
            (entry.finding.code.as_str(), entry.attribute.as_deref()),
            ("fleet-process-suspended", _)
                | ("database-access-differs", Some("security-groups"))
                | (
                    "traffic-refused-at-standby" | "traffic-admitted-only-at-standby",
                    Some("entries.ingress" | "entries.egress")
                )
        );
        (left_behind && is_fenced(column)).then(|| Origin::Fence {
            site: column.site.id.clone(),
        })
    }
}

/// The tag that a fence writes on a database.
const FENCED: &str = "dr:fenced";

fn is_fenced(column: &Column<'_>) -> bool {
    let mut databases = column.scan.of_kind(Kind::RdsInstance);
    databases.any(|database| database.tags.contains_key(FENCED))
}

/// What the site's states say of a thing.
fn managed<'a>(column: &Column<'a>, resource: &Resource) -> Option<&'a Resource> {
    let mut managed = column.scan.of_kind(Kind::TerraformResource);
    managed.find(|managed| {
        let id = managed.text("managed-id");
        (managed.arn.is_some() && managed.arn == resource.arn)
            || id == Some(resource.id.as_str())
            || (id.is_some() && id == resource.arn.as_deref())
            || (id.is_some() && id == resource.name.as_deref())
    })
}
