//! Which findings may be there though a comparison did not show them: what they rest on was not read.

use std::collections::BTreeSet;

use super::compare::outermost;
use super::flow::{Unreadable, columns};
use super::pair::pair;
use super::pointer::texts;
use super::reference::{Columns, Side};
use super::report::Unknown;
use super::scope::scopes;
use super::unclear::unclear;
use crate::model::{Direction, Estate, EstateScan, ResourceKind};

/// Whose findings may be there though a comparison did not show them. Nothing is, where everything was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unsettled {
    /// They were not read, or it is not known of their things whether they have a counterpart.
    kinds: BTreeSet<ResourceKind>,
    /// Their things point to what was not read, or to what points there: what is whose counterpart may hang on that.
    loose: BTreeSet<ResourceKind>,
    /// They were not read, or point to what was not read; with the attribute's outermost name.
    attributes: BTreeSet<(ResourceKind, String)>,
}

impl Unsettled {
    /// What a comparison of these sites with these unknowns leaves open.
    ///
    /// # Errors
    /// As [`super::examine`].
    pub fn of(
        estate: &Estate,
        direction: &Direction,
        scan: &EstateScan,
        unknown: &[Unknown],
    ) -> Result<Self, Unreadable> {
        let mut open = Self::of_gaps(unknown);
        if unknown.is_empty() {
            return Ok(open);
        }
        let columns = columns(estate, direction, scan)?;
        let scopes = scopes(estate, &columns);
        let pairs = pair(estate, &columns, &scopes);
        let alone = unclear(&columns, &scopes, &pairs).into_iter();
        open.kinds
            .extend(alone.map(|(side, at)| columns.of(side).kind(at)));
        open.loose.extend(open.kinds.iter().copied());
        loop {
            let before = (open.loose.len(), open.attributes.len());
            for side in Side::BOTH {
                open.pointing(&columns, side);
            }
            if before == (open.loose.len(), open.attributes.len()) {
                return Ok(open);
            }
        }
    }

    /// What gaps leave open of themselves, whatever points to what they are about.
    pub(crate) fn of_gaps(unknown: &[Unknown]) -> Self {
        let mut open = Self::default();
        for gap in unknown {
            // By its tags a thing is the estate's, or none of it.
            if gap.attributes.is_empty() || gap.attributes.iter().any(|name| name == "tags") {
                open.kinds.insert(gap.kind);
            }
            let attributes = gap.attributes.iter();
            open.attributes
                .extend(attributes.map(|name| (gap.kind, outermost(name).to_owned())));
        }
        open
    }

    /// What points to a thing that was not read, or to a loose one, is not compared.
    fn pointing(&mut self, columns: &Columns<'_>, side: Side) {
        for resource in &columns.of(side).scan.resources {
            for (attribute, value) in &resource.attributes {
                let mut is_open = false;
                texts(attribute, value, &mut |key, text| {
                    let target = columns.target(side, resource.kind, key, text);
                    is_open |= match target {
                        Some((side, at)) => self.loose.contains(&columns.of(side).kind(at)),
                        None => columns.is_unread(side, resource.kind, key, text),
                    };
                });
                if is_open {
                    self.loose.insert(resource.kind);
                    self.attributes.insert((resource.kind, attribute.clone()));
                }
            }
        }
    }

    /// Whether a finding about things of a kind would have been shown: about an attribute of counterparts that are sure, or about
    /// anything else.
    pub fn would_show(&self, kind: ResourceKind, attribute: Option<&str>, is_sure: bool) -> bool {
        let is_open = match attribute.filter(|_| is_sure) {
            Some(name) => self
                .attributes
                .contains(&(kind, outermost(name).to_owned())),
            None => self.loose.contains(&kind),
        };
        !self.kinds.contains(&kind) && !is_open
    }
}
