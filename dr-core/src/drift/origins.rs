//! What the columns beside the two sites tell: Terraform's states, the estate, the last scan, a fence.

use std::collections::BTreeMap;

use serde_json::Value;

use super::declared::Declared;
use super::fence::Fences;
use super::name::Places;
use super::origin::Origin;
use super::reference::{Columns, Side};
use super::report::Entry;
use super::states::{Stand, States, live};
use crate::model::{Estate, EstateScan, Resource, ResourceKind as Kind, SiteScan, Subject};

/// The columns beside the two sites.
pub(super) struct Origins<'a> {
    columns: &'a Columns<'a>,
    declared: Declared<'a>,
    fences: Fences<'a>,
    /// What was read last time.
    last: Option<&'a EstateScan>,
    /// What the states of each side say.
    states: [States<'a>; 2],
}

impl<'a> Origins<'a> {
    pub(super) fn new(
        estate: &'a Estate,
        columns: &'a Columns<'a>,
        last: Option<&'a EstateScan>,
    ) -> Self {
        Self {
            columns,
            declared: Declared::new(estate, columns),
            fences: Fences::new(estate, columns),
            last,
            states: Side::BOTH.map(|side| States::new(columns.of(side))),
        }
    }

    /// What the states of a side say.
    pub(super) fn states(&self, side: Side) -> &States<'a> {
        &self.states[side.index()]
    }

    /// What the other columns tell of a finding.
    pub(super) fn of(&self, entry: &Entry) -> Vec<Origin> {
        let Subject::Resource { kind, .. } = entry.finding.subject else {
            return Vec::new();
        };
        let mut origins = Vec::new();
        for side in Side::BOTH {
            let fence = self.fences.left_behind(entry, side);
            if fence.is_none() {
                origins.extend(self.stated(entry, kind, side));
            }
            origins.extend(fence);
            origins.extend(self.not_as_declared(entry, kind, side));
            origins.extend(self.changed(entry, kind, side));
        }
        origins.extend(self.as_applied(entry, kind));
        origins.extend(self.state(entry, kind));
        origins
    }

    fn place(&self, entry: &Entry, kind: Kind, side: Side) -> Option<u32> {
        let column = self.columns.of(side);
        let id = entry.evidence.get(&column.site.id)?.id.as_ref()?;
        column.by_id(kind, id)
    }

    fn here<'s>(&'s self, entry: &Entry, kind: Kind, side: Side) -> Option<&'s Resource> {
        Some(self.columns.of(side).at(self.place(entry, kind, side)?))
    }

    fn stand(&self, entry: &Entry, kind: Kind, side: Side) -> Option<Stand<'a>> {
        let attribute = entry.attribute.as_deref()?;
        let at = self.place(entry, kind, side)?;
        Some(self.states(side).stand(at, attribute))
    }

    /// Whether an attribute departs from what the site's state says.
    fn stated(&self, entry: &Entry, kind: Kind, side: Side) -> Option<Origin> {
        let site = self.columns.of(side).site.id.clone();
        match self.stand(entry, kind, side)? {
            Stand::Otherwise { address, said } => Some(Origin::ChangedOutsideTerraform {
                site,
                address: address.to_owned(),
                stated: said.cloned(),
            }),
            Stand::Before { address } => Some(Origin::Failover {
                site,
                address: address.to_owned(),
            }),
            Stand::Unknown | Stand::As { .. } => None,
        }
    }

    /// Whether an attribute is on both sites as their states say.
    fn as_applied(&self, entry: &Entry, kind: Kind) -> Option<Origin> {
        let mut addresses = BTreeMap::new();
        for side in Side::BOTH {
            let Stand::As { address } = self.stand(entry, kind, side)? else {
                return None;
            };
            addresses.insert(self.columns.of(side).site.id.clone(), address.to_owned());
        }
        Some(Origin::AsApplied { addresses })
    }

    fn not_as_declared(&self, entry: &Entry, kind: Kind, side: Side) -> Option<Origin> {
        let resource = self.here(entry, kind, side)?;
        let attribute = entry.attribute.as_deref()?;
        let declared = self.declared.departs(side, resource, attribute)?;
        Some(Origin::NotAsDeclared {
            site: self.columns.of(side).site.id.clone(),
            declared,
        })
    }

    /// What fences hold.
    pub(super) fn fences(&self) -> &Fences<'a> {
        &self.fences
    }

    /// What the estate declares.
    pub(super) fn declared(&self) -> &Declared<'a> {
        &self.declared
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
                let value = |resource: &Resource| comparable(resource, attribute);
                before(&now.id).is_none_or(|before| value(before) != value(now))
            }
            (Some(now), None) => before(&now.id).is_none(),
            // It is missing here: was there something of that name?
            (None, _) => {
                let Subject::Resource { name, .. } = &entry.finding.subject else {
                    return None;
                };
                let column = self.columns.of(side);
                let stem = || {
                    let at = self.place(entry, kind, side.other())?;
                    self.columns.of(side.other()).stem(at)
                };
                let stem = stem().map(|stem| stem.text.as_str());
                let places = Places::new(column.site, column.account);
                let is_it = |gone: &Resource| {
                    let named = gone.name.as_deref();
                    named == Some(name)
                        || gone.id == *name
                        || (stem.is_some()
                            && named.map(|name| places.read(name).text).as_deref() == stem)
                };
                let mut gone = last.of_kind(kind);
                gone.any(|gone| column.by_id(kind, &gone.id).is_none() && is_it(gone))
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
        let Some(address) = self.states(side).address(resource) else {
            let has_states = own.scan.of_kind(Kind::TerraformState).next().is_some();
            return has_states.then(|| Origin::OutsideTerraform {
                site: own.site.id.clone(),
            });
        };
        if !other.is_listed(Kind::TerraformResource) {
            return None;
        }
        let site = other.site.id.clone();
        let is_there = self.states(side.other()).has_address(address);
        let address = address.to_owned();
        Some(if is_there {
            Origin::Removed { site, address }
        } else {
            Origin::NotBuilt { site, address }
        })
    }
}

/// What a thing has at the path of a finding. Lists have no paths into them: then it is the whole attribute.
fn comparable(resource: &Resource, path: &str) -> Option<Value> {
    let (top, inside) = path.split_once('.').unwrap_or((path, ""));
    if top == "tags" {
        return resource.tags.get(inside).map(|tag| tag.as_str().into());
    }
    let whole = resource.attributes.get(top)?;
    match whole {
        Value::Object(_) => live(resource, path).cloned(),
        _ => Some(whole.clone()),
    }
}
