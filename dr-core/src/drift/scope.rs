//! Which things are the estate's, and so compared. An account holds many that are none of its business: they are counted,
//! never judged.

use std::collections::{BTreeMap, BTreeSet};

use super::aspect::is_fact;
use super::reference::{Columns, Side};
use crate::model::{ESTATE_TAG, Estate, Resource, ResourceKind as Kind};

/// What a thing is to the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The estate's: it needs a counterpart.
    Compared,
    /// Made by a group that is compared itself: machines come and go.
    Member,
    /// Read for what it tells about the site.
    Fact,
    /// One thing that both sites name: it is its own counterpart.
    Shared,
    /// Nothing of the estate is, names or uses it.
    Foreign,
}

/// The scope of each thing of both columns.
pub(crate) fn scopes(estate: &Estate, columns: &Columns<'_>) -> [Vec<Scope>; 2] {
    let mut scopes = Side::BOTH.map(|side| of_side(estate, columns, side));
    take_forgotten(columns, &mut scopes);
    scopes
}

fn of_side(estate: &Estate, columns: &Columns<'_>, side: Side) -> Vec<Scope> {
    let column = columns.of(side);
    let other = columns.of(side.other());
    let scope = |at| {
        let resource = column.at(at);
        // Names of buckets are unique in the world.
        let is_shared =
            resource.kind == Kind::S3Bucket && other.by_id(resource.kind, &resource.id).is_some();
        let is_group = matches!(
            resource.kind,
            Kind::RdsParameterGroup | Kind::RdsOptionGroup
        );
        let is_shared =
            is_shared || (is_group && resource.has_id_of_rds()) || resource.is_key_of_aws();
        if is_shared {
            Scope::Shared
        } else {
            alone(resource)
        }
    };
    let mut scopes: Vec<Scope> = column.places().map(scope).collect();
    // What carries the estate's tag or is bound, then what that uses, then what that uses …
    let is_tagged = |resource: &Resource| {
        let tag = resource.tags.get(ESTATE_TAG);
        resource.component.is_some() || tag.is_some_and(|tag| tag == estate.name.as_str())
    };
    let tagged = column
        .places()
        .filter(|&at| scopes[at as usize] == Scope::Foreign && is_tagged(column.at(at)));
    let tagged: Vec<u32> = tagged.collect();
    reach(columns, side, &mut scopes, tagged);
    // … and what is a part of such a thing, though nothing may name it.
    let parts = column.places();
    let parts = parts.filter(|&at| {
        let resource = column.at(at);
        scopes[at as usize] == Scope::Foreign
            && !wholes(resource.kind).is_empty()
            && columns.targets((side, at)).any(|target| {
                wholes(resource.kind).contains(&column.kind(target))
                    && scopes[target as usize] == Scope::Compared
            })
    });
    let parts: Vec<u32> = parts.collect();
    reach(columns, side, &mut scopes, parts);
    scopes
}

/// Takes things for the estate's, with all that they use.
fn reach(columns: &Columns<'_>, side: Side, scopes: &mut [Scope], mut reached: Vec<u32>) {
    for &at in &reached {
        scopes[at as usize] = Scope::Compared;
    }
    while let Some(at) = reached.pop() {
        for target in columns.targets((side, at)) {
            if scopes[target as usize] == Scope::Foreign {
                scopes[target as usize] = Scope::Compared;
                reached.push(target);
            }
        }
    }
}

/// What has no tag, while the other site has it by the same name among its own: somebody forgot the tag.
fn take_forgotten(columns: &Columns<'_>, scopes: &mut [Vec<Scope>; 2]) {
    let named = |side: Side, wanted| named(columns, side, &scopes[side.index()], wanted);
    let forgotten = Side::BOTH.map(|side| {
        let foreign: BTreeMap<(Kind, &str), u32> = named(side, Scope::Foreign).collect();
        if foreign.is_empty() {
            return Vec::new();
        }
        let known = |side| -> BTreeSet<(Kind, &str)> {
            let named = named(side, Scope::Compared).map(|(name, _)| name);
            named.filter(|name| foreign.contains_key(name)).collect()
        };
        let forgotten = &known(side.other()) - &known(side);
        forgotten.iter().map(|name| foreign[name]).collect()
    });
    for (side, forgotten) in Side::BOTH.into_iter().zip(forgotten) {
        reach(columns, side, &mut scopes[side.index()], forgotten);
    }
}

/// The things of a scope on a side, by kind and by stem and name.
fn named<'c>(
    columns: &'c Columns<'_>,
    side: Side,
    scopes: &[Scope],
    wanted: Scope,
) -> impl Iterator<Item = ((Kind, &'c str), u32)> {
    let column = columns.of(side);
    let of_scope = column.places();
    let of_scope = of_scope.filter(move |&at| scopes[at as usize] == wanted);
    let named = of_scope.filter_map(|at| {
        let resource = column.at(at);
        let name = resource.name.as_deref()?;
        // What is replicated keeps its source's name, and with it the source's place.
        let names = [column.stem(at)?.text.as_str(), name];
        Some(names.map(|name| ((resource.kind, name), at)))
    });
    named.flatten()
}

/// What a thing is without looking at others.
fn alone(resource: &Resource) -> Scope {
    if is_fact(resource.kind) {
        Scope::Fact
    } else if resource.kind == Kind::Ec2Instance && resource.made_by().is_some() {
        Scope::Member
    } else {
        Scope::Foreign
    }
}

/// Of what a thing of a kind is a part: it is the estate's where that is.
pub(crate) fn wholes(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::Ec2Subnet
        | Kind::Ec2RouteTable
        | Kind::Ec2InternetGateway
        | Kind::Ec2NatGateway
        | Kind::Ec2NetworkAcl => &[Kind::Ec2Vpc],
        Kind::ElbListener => &[Kind::ElbLoadBalancer],
        Kind::EksNodeGroup => &[Kind::EksCluster],
        Kind::AutoscalingGroup => &[Kind::ElbTargetGroup],
        _ => &[],
    }
}
