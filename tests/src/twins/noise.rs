//! How many differences other ways of comparing would tell: what a person gets who puts two JSON documents side by side.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::model::{EstateScan, Resource};
use serde_json::{Map, Value, json};

use super::site::SITES;

/// The leaves that differ when the things of each kind are laid side by side in the order of the scan.
pub fn raw(scan: &EstateScan) -> usize {
    differing(scan, |resource| {
        serde_json::to_value(resource).unwrap_or_default()
    })
}

/// The same after a careful person took out what only says who a thing is: ids, ARNs, accounts, regions, sites, zones and
/// instants; and laid the things side by side by what is left of their names.
pub fn stripped(scan: &EstateScan) -> usize {
    differing(scan, |resource| {
        let mut kept = Map::new();
        kept.insert("name".to_owned(), json!(resource.name));
        kept.insert("tags".to_owned(), json!(resource.tags));
        kept.insert("attributes".to_owned(), json!(resource.attributes));
        let mut kept = Value::Object(kept);
        strip(&mut kept);
        kept
    })
}

fn differing(scan: &EstateScan, seen: impl Fn(&Resource) -> Value) -> usize {
    let mut sides = scan.sites.values().map(|site| {
        let mut kinds: BTreeMap<_, Vec<(String, Value)>> = BTreeMap::new();
        for resource in &site.resources {
            let value = seen(resource);
            let name = value
                .get("name")
                .map(ToString::to_string)
                .unwrap_or_default();
            kinds.entry(resource.kind).or_default().push((name, value));
        }
        for things in kinds.values_mut() {
            things.sort_by(|a, b| a.0.cmp(&b.0));
        }
        kinds
    });
    let (one, other) = (
        sides.next().unwrap_or_default(),
        sides.next().unwrap_or_default(),
    );
    let kinds: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let none = Vec::new();
    let of_kind = kinds.into_iter().map(|kind| {
        let [one, other] = [&one, &other].map(|side| side.get(kind).unwrap_or(&none));
        let longest = one.len().max(other.len());
        let values = (0..longest).map(|at| {
            let [one, other] =
                [one, other].map(|side| side.get(at).map_or(&Value::Null, |(_, value)| value));
            leaves(one, other)
        });
        values.sum::<usize>()
    });
    of_kind.sum()
}

/// The leaves in which two values differ.
fn leaves(one: &Value, other: &Value) -> usize {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            let null = Value::Null;
            let keys = keys.into_iter();
            keys.map(|key| {
                leaves(
                    one.get(key).unwrap_or(&null),
                    other.get(key).unwrap_or(&null),
                )
            })
            .sum()
        }
        (Value::Array(one), Value::Array(other)) => {
            let longest = one.len().max(other.len());
            let null = Value::Null;
            (0..longest)
                .map(|at| leaves(one.get(at).unwrap_or(&null), other.get(at).unwrap_or(&null)))
                .sum()
        }
        _ => usize::from(one != other),
    }
}

fn strip(value: &mut Value) {
    match value {
        Value::String(text) => *text = without_identity(text),
        Value::Array(list) => {
            list.iter_mut().for_each(strip);
            list.sort_by_cached_key(Value::to_string);
        }
        Value::Object(map) => map.values_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text without sites, regions and long runs of hexadecimal digits.
fn without_identity(text: &str) -> String {
    let mut text = text.to_owned();
    for (site, region, short) in SITES {
        for place in [site, region, short] {
            text = text.replace(place, "@");
        }
    }
    let is_end = |c: char| !c.is_ascii_alphanumeric();
    let words = text.split_inclusive(is_end).map(|word| {
        let bare = word.trim_end_matches(is_end);
        let is_generated = bare.len() >= 8
            && bare
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'T' || byte == b'Z');
        if is_generated {
            word.replace(bare, "#")
        } else {
            word.to_owned()
        }
    });
    words.collect()
}
