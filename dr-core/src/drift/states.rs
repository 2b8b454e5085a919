//! What the Terraform states of a site say: what they manage, and how a few attributes of it were when Terraform last saw them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::column::Column;
use super::compare::outermost;
use super::default::says_nothing;
use crate::model::{Resource, ResourceKind as Kind};

/// The states of one site. Each index is made once, where it is asked for: most scans have no finding that asks for the first.
pub(super) struct States<'a> {
    column: &'a Column<'a>,
    managed: OnceCell<Managed<'a>>,
    /// What the states say of each thing that was read: its place and one in the states, in order.
    said: OnceCell<Vec<(u32, u32)>>,
}

/// What the states manage.
#[derive(Default)]
struct Managed<'a> {
    /// By what it is, where that is known, and the id that the provider gave, or the ARN: the first of each.
    by_id: BTreeMap<(Option<Kind>, &'a str), u32>,
    by_arn: BTreeMap<&'a str, u32>,
    addresses: BTreeSet<&'a str>,
}

/// How a thing stands to what its site's state says of one attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stand<'a> {
    /// No state says anything of it, or it cannot be told.
    Unknown,
    /// It is as the state says.
    As {
        /// The address in the state.
        address: &'a str,
    },
    /// It is not.
    Otherwise {
        /// The address in the state.
        address: &'a str,
        /// What the state says; `None`: nothing is set.
        said: Option<&'a Value>,
    },
    /// The state is from before the database changed its role.
    Before {
        /// The address in the state.
        address: &'a str,
    },
}

/// What a promotion changes of a database beside its role.
pub(super) const PROMOTED: [&str; 3] = ["replica-of", "multi-az", "backup-days"];

/// What the scan says that a line of a state manages.
fn manages(managed: &Resource) -> Option<Kind> {
    managed.text("manages")?.parse().ok()
}

/// By address: of several lines about one thing the one that makes it comes first (`aws_s3_bucket.this` before
/// `aws_s3_bucket_versioning.this`), in whatever order they were listed.
fn address<'a>(column: &Column<'a>, line: u32) -> (Option<&'a str>, &'a str) {
    let line = column.at(line);
    (line.name.as_deref(), &line.id)
}

impl<'a> Managed<'a> {
    fn new(column: &Column<'a>) -> Self {
        let mut all = Self::default();
        let mut lines: Vec<u32> = column.of_kind(Kind::TerraformResource).collect();
        lines.sort_by_key(|&line| address(column, line));
        for at in lines {
            let managed = column.at(at);
            if let Some(id) = managed.text("managed-id") {
                all.by_id.entry((manages(managed), id)).or_insert(at);
            }
            if let Some(arn) = &managed.arn {
                all.by_arn.entry(arn).or_insert(at);
            }
            all.addresses.extend(managed.name.as_deref());
        }
        all
    }
}

/// The places of things that were read, each with one of what the states say of it, in order.
fn said(column: &Column<'_>) -> Vec<(u32, u32)> {
    let thing = |line: u32| {
        let managed = column.at(line);
        managed.attributes.get("values")?;
        let kind = managed.text("manages")?;
        let by_arn = managed.arn.as_deref().and_then(|arn| column.by_arn(arn));
        let by_arn = by_arn.filter(|thing| column.kind(*thing).name() == kind);
        let by_id = || column.by_id(kind.parse().ok()?, managed.text("managed-id")?);
        by_arn.or_else(by_id)
    };
    let lines = column.of_kind(Kind::TerraformResource);
    let said = lines.filter_map(|line| Some((thing(line)?, line)));
    let mut said: Vec<(u32, u32)> = said.collect();
    said.sort_by_key(|&(thing, line)| (thing, address(column, line)));
    said
}

/// What stands at a path below a value. Names of parameters have dots in them.
fn below<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    value.get(path).or_else(|| {
        let (top, inside) = path.split_once('.')?;
        below(value.get(top)?, inside)
    })
}

/// What a thing has at a path.
pub(super) fn live<'r>(resource: &'r Resource, path: &str) -> Option<&'r Value> {
    match path.split_once('.') {
        None => resource.attributes.get(path),
        Some((top, inside)) => below(resource.attributes.get(top)?, inside),
    }
}

impl<'a> States<'a> {
    pub(super) fn new(column: &'a Column<'a>) -> Self {
        Self {
            column,
            managed: OnceCell::new(),
            said: OnceCell::new(),
        }
    }

    fn managed(&self) -> &Managed<'a> {
        self.managed.get_or_init(|| Managed::new(self.column))
    }

    /// Whether an address stands in a state.
    pub(super) fn has_address(&self, address: &str) -> bool {
        self.managed().addresses.contains(address)
    }

    /// The address that manages a thing, by its ARN, or by an id that is its id, its ARN or its name.
    pub(super) fn address(&self, resource: &Resource) -> Option<&'a str> {
        let managed = self.managed();
        let arn = resource.arn.as_deref();
        let by_arn = arn.and_then(|arn| managed.by_arn.get(arn));
        let ids = [Some(resource.id.as_str()), arn, resource.name.as_deref()];
        let of_kind = |kind: Option<Kind>| {
            let ids = ids.into_iter().flatten();
            ids.filter_map(move |id| managed.by_id.get(&(kind, id)))
        };
        let address = |line: &u32| self.column.at(*line).name.as_deref();
        let known = by_arn.into_iter().chain(of_kind(Some(resource.kind)));
        let known = known.filter_map(address).min();
        // Of a type that is not known, an id may be the name of something else.
        known.or_else(|| of_kind(None).filter_map(address).min())
    }

    /// What the states say of the thing at a place, each with its address.
    fn lines(&self, at: u32) -> impl Iterator<Item = (&'a str, &'a Map<String, Value>)> {
        let said = self.said.get_or_init(|| said(self.column));
        let first = said.partition_point(|(thing, _)| *thing < at);
        let lines = said[first..].iter();
        let lines = lines.take_while(move |(thing, _)| *thing == at);
        lines.filter_map(|(_, line)| {
            let line = self.column.at(*line);
            let values = line.attributes.get("values")?.as_object()?;
            Some((line.name.as_deref()?, values))
        })
    }

    /// The paths at which the thing at a place is not in every letter as the states say; some twice. What is so may still be the same:
    /// that tells [`States::stand`].
    pub(super) fn departing(&self, at: u32) -> Vec<String> {
        let mut paths = Vec::new();
        for (top, said) in self.lines(at).flat_map(|(_, values)| values) {
            let here = self.column.at(at).attributes.get(top);
            // So it is nearly everywhere.
            if here == Some(said) {
                continue;
            }
            let Some(said) = said.as_object() else {
                paths.push(top.clone());
                continue;
            };
            let here = here.and_then(Value::as_object);
            let keys = said.keys().chain(here.into_iter().flat_map(Map::keys));
            let keys = keys.filter(|key| here.and_then(|here| here.get(*key)) != said.get(*key));
            paths.extend(keys.map(|key| format!("{top}.{key}")));
        }
        paths
    }

    /// How the thing at a place stands to what a state says of one attribute. A state that was not read says nothing: it never
    /// agrees.
    pub(super) fn stand(&self, at: u32, path: &str) -> Stand<'a> {
        let resource = self.column.at(at);
        let top = outermost(path);
        if self.column.unread(resource).contains(top) {
            return Stand::Unknown;
        }
        if let Some(address) = self.before(at) {
            return match PROMOTED.contains(&path) {
                true => Stand::Before { address },
                false => Stand::Unknown,
            };
        }
        let mut lines = self.lines(at);
        let Some((address, values)) = lines.find(|(_, values)| values.contains_key(top)) else {
            return Stand::Unknown;
        };
        let said = match path.split_once('.') {
            None => values.get(path),
            Some((top, inside)) => values.get(top).and_then(|value| below(value, inside)),
        };
        let here = live(resource, path);
        let waiting = resource.attributes.get("pending").and_then(|p| p.get(path));
        let is_as = |value| agrees(resource.kind, path, value, said);
        if is_as(here) || (waiting.is_some() && is_as(waiting)) {
            Stand::As { address }
        } else if is_the_services_own(resource, path, here, said) {
            Stand::Unknown
        } else {
            Stand::Otherwise { address, said }
        }
    }

    /// The address of a database whose state is of another role than it has.
    pub(super) fn before(&self, at: u32) -> Option<&'a str> {
        let resource = self.column.at(at);
        if resource.kind != Kind::RdsInstance || self.column.unread(resource).contains("replica-of")
        {
            return None;
        }
        let (address, values) = self.lines(at).next()?;
        let is_replica = resource.attributes.contains_key("replica-of");
        (values.contains_key("replica-of") != is_replica).then_some(address)
    }
}

/// Whether a value is what a state says. Both are of one site, so ids and places need no symbols.
fn agrees(kind: Kind, path: &str, live: Option<&Value>, said: Option<&Value>) -> bool {
    let speaks = |value: &&Value| !says_nothing(kind, path, value);
    match (live.filter(speaks), said.filter(speaks)) {
        (None, None) => true,
        (Some(Value::String(live)), Some(Value::String(said))) => {
            let asked_for_in_part = kind == Kind::RdsInstance
                && path == "engine-version"
                && live
                    .strip_prefix(said.as_str())
                    .is_some_and(|rest| rest.starts_with('.'));
            live == said
                || asked_for_in_part
                || (path.ends_with("protocol") && live.eq_ignore_ascii_case(said))
        }
        (Some(Value::Array(live)), Some(Value::Array(said))) => {
            let sorted = |list: &[Value]| {
                let mut list: Vec<String> = list.iter().map(Value::to_string).collect();
                list.sort();
                list
            };
            sorted(live) == sorted(said)
        }
        (live, said) => live == said,
    }
}

/// What a service changes by itself, as it was allowed to: neither the code nor a person departed from the other.
fn is_the_services_own(
    resource: &Resource,
    path: &str,
    live: Option<&Value>,
    said: Option<&Value>,
) -> bool {
    let is_on = |attribute: &str| resource.attributes.get(attribute) == Some(&true.into());
    match (resource.kind, path) {
        // RDS upgrades the minor version in the maintenance window (RDS user guide, "USER_UpgradeDBInstance.Upgrading").
        (Kind::RdsInstance, "engine-version") => {
            let major = |value: Option<&Value>| {
                let text = value?.as_str()?;
                text.split('.').next().map(str::to_owned)
            };
            is_on("minor-upgrades") && major(live) == major(said)
        }
        // Storage that may grow does (RDS user guide, "USER_PIOPS.Autoscaling").
        (Kind::RdsInstance, "storage-gib") => {
            let grew = live.and_then(Value::as_u64) > said.and_then(Value::as_u64);
            grew && resource.attributes.contains_key("storage-most-gib")
        }
        // The source is named by its ARN or by its name, as the regions are: only whether there is one is a difference.
        (Kind::RdsInstance, "replica-of") => true,
        // The scan tells of the version that a group starts, the state of the latest one.
        (Kind::Ec2LaunchTemplate, _) => {
            let version = |which: &str| resource.attributes.get(which);
            version("version").or(version("default-version")) != version("latest-version")
        }
        _ => false,
    }
}
