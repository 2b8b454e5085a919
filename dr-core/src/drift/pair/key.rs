//! What two counterparts have in common by name.

use std::collections::BTreeMap;

use super::super::column::Column;
use super::super::reference::{Columns, Side};
use crate::model::{Estate, ResourceKind as Kind};

/// A kind, and two texts of it.
pub(super) type Key<'a> = (Kind, &'a str, &'a str);

/// Component and part of what the estate binds, by kind and by id or ARN.
type Bound<'a> = BTreeMap<(Kind, &'a str), (&'a str, &'static str)>;

/// What each thing is called without what says where, and what the estate binds it to.
pub(super) struct Keys<'a> {
    columns: &'a Columns<'a>,
    bound: [Bound<'a>; 2],
}

impl<'a> Keys<'a> {
    pub(super) fn new(estate: &'a Estate, columns: &'a Columns<'a>) -> Self {
        Self {
            columns,
            bound: Side::BOTH.map(|side| bound(estate, columns.of(side))),
        }
    }

    /// The place of a component that `estate.yaml` binds a thing to.
    pub(super) fn bound(&self, side: Side, at: u32) -> Option<Key<'a>> {
        let resource = self.columns.of(side).at(at);
        let bound = &self.bound[side.index()];
        let found = bound
            .get(&(resource.kind, resource.id.as_str()))
            .or_else(|| bound.get(&(resource.kind, resource.arn.as_deref()?)));
        let (component, part) = found?;
        Some((resource.kind, component, part))
    }

    /// Its component and its name.
    pub(super) fn tag_and_name(&self, side: Side, at: u32) -> Option<Key<'a>> {
        let (kind, component, _) = self.component(side, at)?;
        let (_, stem, _) = self.name(side, at)?;
        Some((kind, component, stem))
    }

    /// Its name, where it does not say in which zone.
    pub(super) fn name(&self, side: Side, at: u32) -> Option<Key<'a>> {
        let stem = self.columns.of(side).stem(at)?;
        if stem.names_zone {
            return None;
        }
        self.name_of_row(side, at)
    }

    /// Its name without the zone: things of one row share it.
    pub(super) fn name_of_row(&self, side: Side, at: u32) -> Option<Key<'a>> {
        let kind = self.columns.of(side).kind(at);
        let stem = self.columns.of(side).stem(at)?;
        Some((kind, &stem.text, ""))
    }

    /// Its name as it is. What is replicated keeps its source's name, and with it the source's place.
    pub(super) fn whole_name(&self, side: Side, at: u32) -> Option<Key<'a>> {
        let resource = self.columns.of(side).at(at);
        Some((resource.kind, resource.name.as_deref()?, ""))
    }

    /// Its component.
    pub(super) fn component(&self, side: Side, at: u32) -> Option<Key<'a>> {
        let resource = self.columns.of(side).at(at);
        let component = resource.component.as_ref()?;
        Some((resource.kind, component.as_str(), ""))
    }
}

/// What the estate binds on a site, each with its component and which part of that it is.
fn bound<'a>(estate: &'a Estate, column: &Column<'_>) -> Bound<'a> {
    let mut bound = BTreeMap::new();
    let bindings = estate.bindings.get(&column.site.id).into_iter().flatten();
    for (component, binding) in bindings {
        for resource in binding.resources() {
            let part = (component.as_str(), resource.part);
            bound.insert((resource.kind, resource.id), part);
        }
    }
    bound
}
