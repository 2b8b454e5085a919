//! Whether parameters hold the same value. Of a value only the hash is known, and what it names of the estate.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::pair::Pair;
use super::super::reference::Side;
use super::super::report::Entry;
use super::{Found, Judge, Unclear, table};
use crate::model::Binding;

const MENTIONS: &str = "mentions";

impl Judge<'_> {
    /// Parameters of another value. What the estate binds as the address of a database, and what names a host or a region of the
    /// estate on both sites, is each site's own: `dr ready` judges what it names.
    pub(super) fn value(&self, pair: &Pair, attribute: &str) -> Result<Vec<Entry>, Unclear> {
        let things = pair.places().map(|(side, at)| self.resource(side, at));
        let values = things.map(|thing| thing.attributes.get(attribute));
        // What one site keeps as a secret is told by its type.
        if values[0] == values[1] || values.iter().any(Option::is_none) {
            return Ok(Vec::new());
        }
        let are_unread = pair.places().map(|(side, at)| {
            let column = self.symbols.columns.of(side);
            column.unread(self.resource(side, at)).contains(MENTIONS)
        });
        let is_endpoint = Side::BOTH
            .into_iter()
            .zip(things)
            .any(|(side, thing)| self.endpoints(side).contains(thing.id.as_str()));
        // What a gap hides stands among what is unknown.
        if is_endpoint || are_unread.contains(&true) {
            return Ok(Vec::new());
        }
        let mut names_a_place = [false; 2];
        for (side, thing) in Side::BOTH.into_iter().zip(things) {
            let Some(mentions) = thing.attributes.get(MENTIONS) else {
                return Err(Unclear {
                    side,
                    reason: "the values differ, and whether they name a place was not read"
                        .to_owned(),
                    fix: "read it again: dr discover",
                });
            };
            names_a_place[side.index()] =
                mentions.as_array().is_some_and(|names| !names.is_empty());
        }
        if names_a_place == [true, true] {
            return Ok(Vec::new());
        }
        let sites = Side::BOTH.map(|side| &self.symbols.columns.of(side).site.id);
        Ok(vec![self.of_pair(
            pair,
            Found {
                rule: &table::OTHER_VALUE,
                severity: table::OTHER_VALUE.severity,
                message: format!("its value in {} is not that in {}", sites[1], sites[0]),
                attribute: Some(attribute),
                values: values.map(Option::<&Value>::cloned),
                witness: None,
            },
        )])
    }

    /// The parameters that hold the address of a database on a side.
    fn endpoints(&self, side: Side) -> BTreeSet<&str> {
        let site = &self.symbols.columns.of(side).site.id;
        let bindings = self.estate.bindings.get(site).into_iter().flatten();
        let endpoints = bindings.filter_map(|(_, binding)| match binding {
            Binding::Rds(rds) => rds.endpoint_parameter.as_deref(),
            _ => None,
        });
        endpoints.collect()
    }
}
