//! What the estate says that stands on its sites, and nobody found on either: two sites that both lack it are alike, and say nothing.

use super::reference::{Columns, Side};
use super::report::Unknown;
use super::scope::Scope;
use crate::model::{BoundResource, ComponentId, Estate, ResourceKind as Kind};

/// What is bound and was found on no site, though the lists were read to their ends; and that nothing on either is the estate's. What
/// one site has and the other has not is a finding.
pub(super) fn absent(
    estate: &Estate,
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
) -> Vec<Unknown> {
    if !scopes.iter().flatten().any(|is| *is == Scope::Compared) {
        return Side::BOTH.map(|side| nothing(estate, columns, side)).into();
    }
    let bound = Side::BOTH.map(|side| bound(estate, columns, side));
    let mut unknown = Vec::new();
    for side in Side::BOTH {
        for (component, thing) in &bound[side.index()] {
            let others = bound[side.other().index()].iter();
            let mut others = others.filter(|(of, other)| {
                of == component && (other.kind, other.part) == (thing.kind, thing.part)
            });
            let is_there = others.any(|(_, other)| !is_gone(columns, side.other(), other));
            if !is_there && is_gone(columns, side, thing) {
                unknown.push(gone(columns, side, component, thing));
            }
        }
    }
    unknown
}

/// What the estate binds on a side.
fn bound<'e>(
    estate: &'e Estate,
    columns: &Columns<'_>,
    side: Side,
) -> Vec<(&'e ComponentId, BoundResource<'e>)> {
    let bindings = estate.bindings.get(&columns.of(side).site.id);
    let bindings = bindings.into_iter().flatten();
    let things = bindings.flat_map(|(component, binding)| {
        let things = binding.resources().into_iter();
        things.map(move |thing| (component, thing))
    });
    things.collect()
}

/// Whether a thing is surely not there. What a gap may hide is told by the gap.
fn is_gone(columns: &Columns<'_>, side: Side, thing: &BoundResource<'_>) -> bool {
    let column = columns.of(side);
    let by_arn = column.by_arn(thing.id);
    let by_arn = by_arn.filter(|&at| column.kind(at) == thing.kind);
    column.is_listed(thing.kind) && column.by_id(thing.kind, thing.id).or(by_arn).is_none()
}

fn gone(
    columns: &Columns<'_>,
    side: Side,
    component: &ComponentId,
    thing: &BoundResource<'_>,
) -> Unknown {
    Unknown {
        site: columns.of(side).site.id.clone(),
        kind: thing.kind,
        about: Some(thing.id.to_owned()),
        attributes: Vec::new(),
        class: None,
        reason: format!(
            "estate.yaml binds it as the {} of {component}, and it is on neither site: whether the sites are alike in it cannot be said",
            thing.part
        ),
        fix: "name under `bindings` what stands there, and read with the credentials of that account: dr discover"
            .to_owned(),
    }
}

fn nothing(estate: &Estate, columns: &Columns<'_>, side: Side) -> Unknown {
    let column = columns.of(side);
    let account = column
        .account
        .map(|account| format!(" in the account {account}"));
    Unknown {
        site: column.site.id.clone(),
        kind: Kind::StsAccount,
        about: None,
        attributes: Vec::new(),
        class: None,
        reason: format!(
            "nothing{} is the estate's, on neither site: nothing that it binds was found, and nothing has the tag dr:component, or dr:estate with \
             the name {}",
            account.unwrap_or_default(),
            estate.name
        ),
        fix: "read with the credentials of the estate's accounts, or name under `bindings` what stands there".to_owned(),
    }
}
