//! In what two counterparts differ.

use std::cmp::Ordering;
use std::iter;

use serde_json::{Map, Value};

use super::aspect::{Aspect, aspect};
use super::default::says_nothing;
use super::pair::Pair;
use super::reference::{Columns, Side};
use super::symbol::Symbols;
use crate::model::{Resource, ResourceKind as Kind};

/// One difference between two counterparts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// Which attribute, inside it with dots: `health-check.path`.
    pub(crate) attribute: String,
    /// What the primary has and the standby has not, as it was read. `None`: nothing.
    pub(crate) primary: Option<Value>,
    /// The other way round.
    pub(crate) standby: Option<Value>,
}

/// The outermost name of an attribute's path.
pub(super) fn outermost(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Goes through two runs that are in order, in step: what stands under each key in the one and in the other.
fn in_step<K: Ord, V>(
    one: impl IntoIterator<Item = (K, V)>,
    other: impl IntoIterator<Item = (K, V)>,
) -> impl Iterator<Item = (K, [Option<V>; 2])> {
    let mut one = one.into_iter().peekable();
    let mut other = other.into_iter().peekable();
    iter::from_fn(move || {
        let order = match (one.peek(), other.peek()) {
            (Some((one, _)), Some((other, _))) => one.cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let left = if order.is_le() { one.next() } else { None };
        let right = if order.is_ge() { other.next() } else { None };
        match (left, right) {
            (Some((key, left)), right) => Some((key, [Some(left), right.map(|(_, value)| value)])),
            (None, Some((key, right))) => Some((key, [None, Some(right)])),
            (None, None) => None,
        }
    })
}

/// An attribute of two counterparts that was read on both sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) aspect: Aspect,
    /// What it is on each side, the primary's first.
    pub(super) values: [Option<&'a Value>; 2],
}

/// What was read of a pair on both sides. What was not stands among what is unknown.
pub(super) struct Known<'a> {
    pub(super) attributes: Vec<Attribute<'a>>,
    are_tags_known: bool,
}

impl<'a> Known<'a> {
    pub(super) fn of(columns: &Columns<'a>, pair: &Pair) -> Self {
        let [primary, standby] = pair.places().map(|(side, at)| columns.of(side).at(at));
        let mut unread = columns.of(Side::Primary).unread(primary);
        unread.extend(columns.of(Side::Standby).unread(standby));
        let attributes = in_step(&primary.attributes, &standby.attributes);
        let attributes = attributes.filter(|(name, _)| !unread.contains(name.as_str()));
        let attributes = attributes.map(|(name, values)| Attribute {
            name,
            aspect: aspect(primary.kind, name),
            values,
        });
        Self {
            attributes: attributes.collect(),
            are_tags_known: !unread.contains("tags"),
        }
    }
}

/// In what the things of a pair differ, attribute by attribute.
pub(super) fn differences(
    symbols: &Symbols<'_>,
    pair: &Pair,
    known: &Known<'_>,
) -> Vec<Difference> {
    let [primary, standby] = pair
        .places()
        .map(|(side, at)| symbols.columns.of(side).at(at));
    let mut found = Vec::new();
    let pending = [primary, standby].map(|resource| resource.attributes.get("pending"));
    let compared = known.attributes.iter();
    let compared = compared.filter(|attribute| attribute.aspect == Aspect::Compared);
    for &Attribute { name, values, .. } in compared {
        if !is_waiting(pending, values, name)
            && !is_plainly_alike(symbols, primary.kind, name, values)
        {
            compare(symbols, primary.kind, name, name, values, &mut found);
        }
    }
    if known.are_tags_known {
        tags(symbols, primary, standby, &mut found);
    }
    found
}

/// Whether two instances will be alike once what was accepted is carried out: that is no drift.
fn is_waiting(
    pending: [Option<&Value>; 2],
    [primary, standby]: [Option<&Value>; 2],
    attribute: &str,
) -> bool {
    match pending.map(|pending| pending.and_then(|pending| pending.get(attribute))) {
        [None, None] => false,
        after => after[0].or(primary) == after[1].or(standby),
    }
}

/// Whether two values are the same and mean the same on both sites, or point to counterparts, part by part: then nobody needs their
/// symbols.
fn is_plainly_alike(
    symbols: &Symbols<'_>,
    kind: Kind,
    key: &str,
    [primary, standby]: [Option<&Value>; 2],
) -> bool {
    let (Some(one), Some(other)) = (primary, standby) else {
        return false;
    };
    let is_alike = |key, values| is_plainly_alike(symbols, kind, key, values);
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && in_step(one, other).all(|(key, values)| is_alike(key, values))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && (symbols.point_alike(kind, key, [one, other])
                    || iter::zip(one, other)
                        .all(|(one, other)| is_alike(key, [Some(one), Some(other)])))
        }
        (Value::String(one), Value::String(other)) => {
            (one == other && symbols.is_placeless(kind, key, one))
                || symbols.are_counterparts(kind, key, [one, other])
        }
        _ => one == other,
    }
}

/// Compares one value that is not plainly alike. `key` is the innermost key, `path` the whole way to it.
fn compare(
    symbols: &Symbols<'_>,
    kind: Kind,
    key: &str,
    path: &str,
    [primary, standby]: [Option<&Value>; 2],
    found: &mut Vec<Difference>,
) {
    let said = |value: &&Value| !says_nothing(kind, path, value);
    match (primary.filter(said), standby.filter(said)) {
        (Some(Value::Object(primary)), Some(Value::Object(standby))) => {
            for (key, values) in in_step(primary, standby) {
                if !is_plainly_alike(symbols, kind, key, values) {
                    let inside = format!("{path}.{key}");
                    compare(symbols, kind, key, &inside, values, found);
                }
            }
        }
        (Some(Value::Array(primary)), Some(Value::Array(standby))) => {
            let [only_primary, only_standby] = lists(symbols, kind, key, [primary, standby]);
            if only_primary.is_empty() && only_standby.is_empty() {
                return;
            }
            let list = |values: Vec<Value>| (!values.is_empty()).then_some(Value::Array(values));
            found.push(Difference {
                attribute: path.to_owned(),
                primary: list(only_primary),
                standby: list(only_standby),
            });
        }
        (primary, standby) => {
            let normal = |side, value: Option<&Value>| {
                value.map(|value| symbols.normal(side, kind, key, value))
            };
            let is_explained = |side, value: Option<&Value>| {
                value.is_some_and(|value| symbols.is_explained(side, kind, key, value))
            };
            if normal(Side::Primary, primary) != normal(Side::Standby, standby)
                && !is_explained(Side::Primary, primary)
                && !is_explained(Side::Standby, standby)
            {
                found.push(Difference {
                    attribute: path.to_owned(),
                    primary: primary.cloned(),
                    standby: standby.cloned(),
                });
            }
        }
    }
}

/// What the one list has and the other has not, whatever their order: as it was read.
fn lists(
    symbols: &Symbols<'_>,
    kind: Kind,
    key: &str,
    [primary, standby]: [&Vec<Value>; 2],
) -> [Vec<Value>; 2] {
    let in_symbols = |side, values: &Vec<Value>| -> Vec<(String, Value)> {
        let values = values.iter();
        let values = values.map(|value| {
            let normal = symbols.normal(side, kind, key, value);
            (normal.to_string(), value.clone())
        });
        let mut values: Vec<(String, Value)> = values.collect();
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values
    };
    let untold = |side, value: Option<Value>| {
        value.filter(|value| !symbols.is_explained(side, kind, key, value))
    };
    let primary = in_symbols(Side::Primary, primary);
    let standby = in_symbols(Side::Standby, standby);
    let mut only = [Vec::new(), Vec::new()];
    for (_, [left, right]) in in_step(primary, standby) {
        if left.is_none() || right.is_none() {
            only[0].extend(untold(Side::Primary, left));
            only[1].extend(untold(Side::Standby, right));
        }
    }
    only
}

/// Tags that say nothing about how a thing works: those of the provider, of `dr` itself, and the name, which pairs it.
fn is_own(tag: &str) -> bool {
    tag.starts_with("aws:") || tag.starts_with("dr:") || tag == "Name"
}

fn tags(
    symbols: &Symbols<'_>,
    primary: &Resource,
    standby: &Resource,
    found: &mut Vec<Difference>,
) {
    fn others(resource: &Resource) -> impl Iterator<Item = (&String, &String)> {
        resource.tags.iter().filter(|(tag, _)| !is_own(tag))
    }
    let is_placeless =
        |(tag, text): (&String, &String)| symbols.is_placeless(primary.kind, tag, text);
    if others(primary).eq(others(standby)) && others(primary).all(is_placeless) {
        return;
    }
    let values = [primary, standby].map(|resource| {
        let tags = others(resource).map(|(tag, value)| (tag.clone(), Value::from(value.as_str())));
        Value::Object(tags.collect::<Map<String, Value>>())
    });
    let [primary_tags, standby_tags] = &values;
    compare(
        symbols,
        primary.kind,
        "tags",
        "tags",
        [Some(primary_tags), Some(standby_tags)],
        found,
    );
}
