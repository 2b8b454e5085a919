//! What the estate declares of things that stand on the sites.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::reference::{Columns, Side};
use crate::model::{
    Binding, Component, ComponentId, Estate, Resource, ResourceKind as Kind, Settings,
};

/// Kinds of which the estate declares something.
const KINDS: [Kind; 3] = [
    Kind::Ec2LaunchTemplate,
    Kind::EksNodeGroup,
    Kind::RdsInstance,
];

/// The attributes that it declares.
pub(super) const ATTRIBUTES: [&str; 4] = ["class", "multi-az", "instance-type", "instance-types"];

/// The estate as a column.
pub(super) struct Declared<'a> {
    estate: &'a Estate,
    columns: &'a Columns<'a>,
    /// How many things of a kind there are of each whole on each side.
    count: [OnceCell<BTreeMap<(Kind, &'a str), usize>>; 2],
}

impl<'a> Declared<'a> {
    pub(super) fn new(estate: &'a Estate, columns: &'a Columns<'a>) -> Self {
        Self {
            estate,
            columns,
            count: [OnceCell::new(), OnceCell::new()],
        }
    }

    /// What the estate declares of an attribute that is neither so nor about to be.
    pub(super) fn departs(&self, side: Side, resource: &Resource, path: &str) -> Option<Value> {
        if !KINDS.contains(&resource.kind) {
            return None;
        }
        let component = self.estate.component(resource.component.as_ref()?)?;
        let declared = declared(component, resource.kind, path)?;
        let is_read = !self.columns.of(side).unread(resource).contains(path);
        if !is_read || !self.is_meant(side, component, resource) {
            return None;
        }
        let waiting = resource.attributes.get("pending");
        let waiting = waiting.and_then(|pending| pending.get(path));
        let here = resource.attributes.get(path);
        (here != Some(&declared) && waiting != Some(&declared)).then_some(declared)
    }

    /// Whether the component's declaration is about this thing: the one that is bound, or the only one. Of several it is not
    /// known which.
    fn is_meant(&self, side: Side, component: &Component, resource: &Resource) -> bool {
        let site = &self.columns.of(side).site.id;
        match (self.estate.binding(&component.id, site), resource.kind) {
            (Some(Binding::Rds(bound)), Kind::RdsInstance) => resource.id == bound.instance,
            (Some(Binding::Eks(bound)), Kind::EksNodeGroup) => {
                resource.id == format!("{}/{}", bound.cluster, bound.node_group)
            }
            _ => {
                let count = self.count[side.index()].get_or_init(|| self.count(side));
                let whole = whole(resource);
                whole.is_some_and(|whole| count.get(&(resource.kind, whole)) == Some(&1))
            }
        }
    }

    fn count(&self, side: Side) -> BTreeMap<(Kind, &'a str), usize> {
        let column = self.columns.of(side);
        let mut count = BTreeMap::new();
        for at in column.places() {
            let resource = column.at(at);
            if KINDS.contains(&resource.kind)
                && let Some(whole) = whole(resource)
            {
                *count.entry((resource.kind, whole)).or_default() += 1;
            }
        }
        count
    }
}

/// Of what a thing is a part: its component; of nodes, which may have lost their tag, the cluster.
fn whole(resource: &Resource) -> Option<&str> {
    match resource.kind {
        Kind::EksNodeGroup => resource.text("cluster"),
        _ => resource.component.as_ref().map(ComponentId::as_str),
    }
}

fn declared(component: &Component, kind: Kind, path: &str) -> Option<Value> {
    Some(match (&component.settings, kind, path) {
        (Settings::Database(database), Kind::RdsInstance, "class") => json!(database.class),
        (Settings::Database(database), Kind::RdsInstance, "multi-az") => json!(database.nodes > 1),
        (Settings::Compute(fleet), Kind::Ec2LaunchTemplate, "instance-type") => json!(fleet.size),
        (Settings::Kubernetes(nodes), Kind::EksNodeGroup, "instance-types") => json!([nodes.size]),
        _ => return None,
    })
}
