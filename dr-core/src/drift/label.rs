//! What things are called in reports: the same on both sites, and from run to run.

use std::borrow::Cow;

use serde_json::Value;

use super::aspect::{Aspect, aspect};
use super::generated::uuid;
use super::name::Places;
use super::reference::{Columns, Side};
use super::scope::Scope;
use crate::model::{ComponentId, Resource, ResourceKind};

/// The attributes that say where a nameless thing stands, the nearest first.
const ANCHORS: [&str; 6] = [
    "load-balancer",
    "cluster",
    "subnet",
    "vpc",
    "vpcs",
    "instance",
];

/// What each thing of a column is called. What has a name is called by its stem; what has none by what it stands in; what is
/// then not the only one by its number, in the order of what they hold: ids of AWS change when a thing is made anew.
pub(super) fn labels<'c>(
    columns: &'c Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    places: &Places,
    side: Side,
) -> Vec<Cow<'c, str>> {
    let column = columns.of(side);
    let is_compared = |at: u32| scopes[side.index()][at as usize] == Scope::Compared;
    let label = |at| match (is_compared(at), column.stem(at)) {
        (true, Some(stem)) => Cow::Borrowed(stem.text.as_str()),
        (true, None) => Cow::Owned(nameless(columns, places, side, column.at(at))),
        (false, _) => Cow::Borrowed(""),
    };
    let mut labels: Vec<Cow<'c, str>> = column.places().map(label).collect();
    let called = column.places().filter(|&at| is_compared(at)).map(|at| {
        let resource = column.at(at);
        let component = resource.component.as_ref().map(ComponentId::as_str);
        ((resource.kind, component, &*labels[at as usize]), at)
    });
    let mut called: Vec<_> = called.collect();
    called.sort_unstable();
    let alike = called.chunk_by(|(one, _), (other, _)| one == other);
    let several = alike.filter(|alike| alike.len() > 1);
    let several = several.map(|alike| alike.iter().map(|(_, at)| *at).collect());
    for mut places in several.collect::<Vec<Vec<u32>>>() {
        places.sort_by_cached_key(|&at| {
            let resource = column.at(at);
            (content(columns, side, resource), resource.id.as_str())
        });
        for (number, at) in (1..).zip(places) {
            let label = labels[at as usize].to_mut();
            label.push_str(&format!(" ({number})"));
        }
    }
    labels
}

fn nameless(columns: &Columns<'_>, places: &Places, side: Side, resource: &Resource) -> String {
    let anchor = ANCHORS.iter().find_map(|anchor| {
        let value = resource.attributes.get(*anchor)?;
        let id = value.as_str().or_else(|| value.get(0)?.as_str())?;
        let (side, at) = columns.target(side, resource.kind, anchor, id)?;
        columns.of(side).at(at).name.as_deref()
    });
    let Some(anchor) = anchor else {
        return unnamed(places, &resource.id);
    };
    let port = resource.attributes.get("port").and_then(Value::as_u64);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("of {}{port}", places.stem(anchor))
}

/// What an id says that outlives the thing: what comes before the part that was generated.
fn unnamed(places: &Places, id: &str) -> String {
    let last = id.rsplit(['/', ':']).next().unwrap_or(id);
    match uuid(last) {
        Some(whole) if whole == (0, last.len()) => "without a name".to_owned(),
        _ => places.stem(last),
    }
}

/// What a thing holds that stays when it, or what it points to, is made anew.
fn content(columns: &Columns<'_>, side: Side, resource: &Resource) -> String {
    let kept = resource.attributes.iter().filter(|(name, _)| {
        !matches!(
            aspect(resource.kind, name),
            Aspect::Identity | Aspect::Condition | Aspect::Role | Aspect::Capacity
        )
    });
    let kept = kept.map(|(name, value)| {
        let value = written(columns, side, resource.kind, name, value);
        format!("{name}={value}\n")
    });
    kept.collect()
}

fn written(
    columns: &Columns<'_>,
    side: Side,
    kind: ResourceKind,
    attribute: &str,
    value: &Value,
) -> String {
    match value {
        Value::String(text) => match columns.target(side, kind, attribute, text) {
            Some((side, at)) => {
                let stem = columns.of(side).stem(at);
                stem.map(|stem| stem.text.clone()).unwrap_or_default()
            }
            None => text.clone(),
        },
        Value::Array(list) => {
            let list = list.iter();
            let list = list.map(|value| written(columns, side, kind, attribute, value));
            let mut list: Vec<String> = list.collect();
            list.sort();
            list.join(",")
        }
        Value::Object(map) => {
            let map = map.iter().map(|(key, value)| {
                let value = written(columns, side, kind, key, value);
                format!("{key}:{value};")
            });
            map.collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
