//! What a thing is in all that is compared of it, written down so that two counterparts say the same.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::addresses::{Addresses, directions};
use super::super::aspect::{Aspect, aspect};
use super::super::default::says_nothing;
use super::super::packet::Symbol;
use super::super::pointer::texts;
use super::super::reference::{Columns, Side};
use super::Pairs;
use crate::model::{Resource, ResourceKind as Kind};

/// The shapes of things, as far as what they point to is paired.
pub(super) struct Shapes<'c, 'a> {
    columns: &'c Columns<'a>,
    pairs: &'c Pairs,
    addresses: Addresses,
}

impl<'c, 'a> Shapes<'c, 'a> {
    pub(super) fn new(columns: &'c Columns<'a>, pairs: &'c Pairs) -> Self {
        Self {
            columns,
            pairs,
            addresses: pairs.addresses(columns),
        }
    }

    /// By attribute. What points to other things is left out: whoever asks looks at those by themselves.
    pub(super) fn parts(&self, side: Side, at: u32) -> BTreeMap<&'a str, String> {
        let resource = self.columns.of(side).at(at);
        let parts = resource.attributes.iter().filter_map(|(name, value)| {
            if says_nothing(resource.kind, name, value) {
                return None;
            }
            let part = match aspect(resource.kind, name) {
                Aspect::Compared => self.plain(side, resource, name, value)?,
                Aspect::Packets => self.packets(side, at, name, value),
                Aspect::Routes => self.routes(side, resource.kind, value),
                Aspect::Block => sizes(value),
                // How many there are now follows from the role; how many there may be does not.
                Aspect::Capacity if name == "maximum" => value.to_string(),
                Aspect::Capacity
                | Aspect::Identity
                | Aspect::Condition
                | Aspect::Role
                | Aspect::Value => return None,
            };
            Some((name.as_str(), part))
        });
        parts.collect()
    }

    fn plain(&self, side: Side, resource: &Resource, name: &str, value: &Value) -> Option<String> {
        let mut points = false;
        texts(name, value, &mut |attribute, text| {
            points |= self
                .columns
                .target(side, resource.kind, attribute, text)
                .is_some();
        });
        (!points).then(|| value.to_string())
    }

    /// Which thing an id stands for: the same for counterparts that are paired by now.
    fn role(&self, side: Side, kind: Kind, attribute: &str, id: &str) -> String {
        match self.columns.target(side, kind, attribute, id) {
            Some((side, at)) => match self.pairs.of(side, at) {
                Some(pair) => format!("pair {pair}"),
                None => "one without a pair".to_owned(),
            },
            None => "one that was not read".to_owned(),
        }
    }

    /// The packets that rules let through; what cannot be understood as it stands.
    fn packets(&self, side: Side, at: u32, attribute: &str, value: &Value) -> String {
        let resource = self.columns.of(side).at(at);
        let none = Vec::new();
        let rules = value.as_array().unwrap_or(&none);
        let role = |id: &str| {
            Symbol(if id == resource.id {
                "itself".to_owned()
            } else {
                self.role(side, resource.kind, "group", id)
            })
        };
        let admitted = directions(attribute).iter();
        let admitted = admitted.map(|direction| {
            self.addresses
                .admitted((side, resource), rules, *direction, role)
        });
        match admitted.collect::<Result<Vec<_>, _>>() {
            Ok(admitted) => format!("{admitted:?}"),
            Err(_) => value.to_string(),
        }
    }

    fn routes(&self, side: Side, kind: Kind, value: &Value) -> String {
        let routes = value.as_array().into_iter().flatten();
        let routes = routes.filter_map(|route| {
            let text = |key: &str| route.get(key).and_then(Value::as_str).unwrap_or_default();
            let destination = text("destination");
            let block = self.addresses.block(side, destination);
            let destination = block.unwrap_or_else(|| destination.to_owned());
            let target = self.role(side, kind, "target", text("target"));
            let dead = text("state") == "blackhole";
            (text("target") != "local")
                .then(|| format!("{destination} {} {target} {dead}", text("through")))
        });
        let mut routes: Vec<String> = routes.collect();
        routes.sort();
        routes.join(", ")
    }
}

/// How large blocks of addresses are.
fn sizes(value: &Value) -> String {
    let blocks = match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<&str>>(),
    };
    let sizes = blocks.into_iter().filter_map(|block| block.split_once('/'));
    let mut sizes: Vec<&str> = sizes.map(|(_, size)| size).collect();
    sizes.sort_unstable();
    sizes.join(", ")
}
