//! What things are called in reports: the same on both sites, and from run to run.

use std::collections::BTreeMap;

use serde_json::Value;

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
/// then not the only one by its id, too.
pub(super) fn labels(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    places: &Places,
    side: Side,
) -> Vec<String> {
    let column = columns.of(side);
    let is_compared = |at: u32| scopes[side.index()][at as usize] == Scope::Compared;
    let mut labels: Vec<String> = column
        .places()
        .map(|at| match (is_compared(at), column.stem(at)) {
            (true, Some(_)) => column
                .stem(at)
                .map(|stem| stem.text.clone())
                .unwrap_or_default(),
            (true, None) => nameless(columns, places, side, column.at(at)),
            (false, _) => String::new(),
        })
        .collect();
    let mut count: BTreeMap<(ResourceKind, Option<&str>, String), usize> = BTreeMap::new();
    let key = |at: u32, label: &str| {
        let resource = column.at(at);
        let component = resource.component.as_ref().map(ComponentId::as_str);
        (resource.kind, component, label.to_owned())
    };
    for at in column.places().filter(|&at| is_compared(at)) {
        *count.entry(key(at, &labels[at as usize])).or_default() += 1;
    }
    for at in column.places().filter(|&at| is_compared(at)) {
        let label = &mut labels[at as usize];
        if count[&key(at, label)] > 1 {
            label.push_str(&format!(" ({})", column.at(at).id));
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
        return resource.id.clone();
    };
    let port = resource.attributes.get("port").and_then(Value::as_u64);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("of {}{port}", places.stem(anchor))
}
