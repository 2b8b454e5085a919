//! Which things are the estate's, and so compared. An account holds many that are none of its business: they are counted,
//! never judged.

use super::aspect::is_fact;
use super::reference::{Columns, Side, texts};
use crate::model::{Resource, ResourceKind as Kind};

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

/// The tags by which groups mark the machines that they make.
const MEMBERSHIP: [&str; 2] = ["aws:autoscaling:groupName", "eks:nodegroup-name"];

/// The scope of each thing of both columns.
pub(crate) fn scopes(columns: &Columns<'_>) -> [Vec<Scope>; 2] {
    [Side::Primary, Side::Standby].map(|side| of_side(columns, side))
}

fn of_side(columns: &Columns<'_>, side: Side) -> Vec<Scope> {
    let column = columns.of(side);
    let other = columns.of(side.other());
    let scope = |at| {
        let resource = column.at(at);
        // Names of buckets are unique in the world.
        let is_shared =
            resource.kind == Kind::S3Bucket && other.by_id(resource.kind, &resource.id).is_some();
        if is_shared {
            Scope::Shared
        } else {
            alone(resource)
        }
    };
    let mut scopes: Vec<Scope> = column.places().map(scope).collect();
    // What carries the estate's tag or is bound, then what that uses, then what that uses …
    let mut reached: Vec<u32> = column
        .places()
        .filter(|&at| scopes[at as usize] == Scope::Foreign && column.at(at).component.is_some())
        .collect();
    for &at in &reached {
        scopes[at as usize] = Scope::Compared;
    }
    while let Some(at) = reached.pop() {
        for_each_target(columns, side, column.at(at), |target| {
            if scopes[target as usize] == Scope::Foreign {
                scopes[target as usize] = Scope::Compared;
                reached.push(target);
            }
        });
    }
    // … and what shapes the networks that it stands in, though nothing may name it.
    for at in column.places() {
        let resource = column.at(at);
        if scopes[at as usize] != Scope::Foreign || !shapes_network(resource.kind) {
            continue;
        }
        let mut is_inside = false;
        for_each_target(columns, side, resource, |target| {
            is_inside |= column.at(target).kind == Kind::Ec2Vpc
                && scopes[target as usize] == Scope::Compared;
        });
        if is_inside {
            scopes[at as usize] = Scope::Compared;
        }
    }
    scopes
}

/// What a thing is without looking at others.
fn alone(resource: &Resource) -> Scope {
    if is_fact(resource.kind) {
        Scope::Fact
    } else if resource.kind == Kind::Ec2Instance
        && MEMBERSHIP
            .iter()
            .any(|tag| resource.tags.contains_key(*tag))
    {
        Scope::Member
    } else {
        Scope::Foreign
    }
}

fn shapes_network(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Ec2Subnet
            | Kind::Ec2RouteTable
            | Kind::Ec2InternetGateway
            | Kind::Ec2NatGateway
            | Kind::Ec2NetworkAcl
    )
}

/// Calls `see` with each thing of the same site that a thing points to.
fn for_each_target(
    columns: &Columns<'_>,
    side: Side,
    resource: &Resource,
    mut see: impl FnMut(u32),
) {
    for (attribute, value) in &resource.attributes {
        texts(
            attribute,
            value,
            &mut |attribute, text| match columns.target(side, resource.kind, attribute, text) {
                Some((found, target)) if found == side => see(target),
                _ => {}
            },
        );
    }
}
