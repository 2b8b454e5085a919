//! Which things cannot be called missing: what would tell their counterpart was not read.

use std::collections::BTreeSet;

use super::pair::Pairs;
use super::pointer::each_text;
use super::reference::{Columns, Place, Side};
use super::scope::Scope;
use crate::model::ResourceKind as Kind;

/// The things without a counterpart of which it is not known whether they have one. A thing is unclear where the other site's list
/// of its kind was not read to its end, where something of itself was not read, or where it points to what was not read; that
/// spreads to what it points to, to what points to it, and to whatever on the other side it may be the counterpart of.
pub(super) fn unclear(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &Pairs,
) -> BTreeSet<Place> {
    let alone = pairs.alone(scopes);
    let mut unclear: BTreeSet<Place> = alone
        .iter()
        .copied()
        .filter(|&place| is_unclear(columns, scopes, place))
        .collect();
    let links: Vec<(Place, Place)> = alone
        .iter()
        .flat_map(|&place| {
            let links = columns.links(place).iter();
            links.map(move |link| (place, link.to))
        })
        .filter(|(_, to)| alone.binary_search(to).is_ok())
        .collect();
    loop {
        let before = unclear.len();
        for (from, to) in &links {
            if unclear.contains(from) || unclear.contains(to) {
                unclear.extend([*from, *to]);
            }
        }
        let kinds: BTreeSet<(Side, Kind)> = unclear
            .iter()
            .map(|&(side, at)| (side.other(), columns.of(side).kind(at)))
            .collect();
        let others = alone.iter().copied();
        unclear.extend(
            others.filter(|&(side, at)| kinds.contains(&(side, columns.of(side).kind(at)))),
        );
        if unclear.len() == before {
            return unclear;
        }
    }
}

fn is_unclear(columns: &Columns<'_>, scopes: &[Vec<Scope>; 2], (side, at): Place) -> bool {
    let column = columns.of(side);
    let resource = column.at(at);
    // Of something there it is not known whether it is the estate's: what would tell was not read.
    let other = columns.of(side.other());
    let about = other.scan.gaps_of(resource.kind);
    let mut about = about.filter_map(|gap| other.by_id(resource.kind, gap.about.as_ref()?));
    if about.any(|there| scopes[side.other().index()][there as usize] == Scope::Foreign) {
        return true;
    }
    if !columns.of(side.other()).is_listed(resource.kind) || !column.unread(resource).is_empty() {
        return true;
    }
    let mut points_to_unread = false;
    each_text(resource, |attribute, text| {
        points_to_unread |= columns.is_unread(side, resource.kind, attribute, text);
    });
    points_to_unread
}
