//! Pairs what changed its place: by how many paired neighbours two things share. Exact colours part a route table from its
//! counterpart as soon as one of them lost a route; most of what surrounds them is still the same.

use std::collections::BTreeMap;

use super::super::reference::{Columns, Side};
use super::super::scope::Scope;
use super::place::{Alone, Neighbours, alone};
use super::shape::Shapes;
use super::{Alike, Ground, Pairs};

/// Larger groups of nameless things are not compared each with each.
const MOST: usize = 64;

/// What two things must have in common beside their kind, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Common {
    /// Component and marks.
    All,
    /// The marks: a tag may be forgotten.
    Marks,
    /// Nothing: a listener on another port is still the listener of that balancer, when nothing else is left that it can be.
    Nothing,
}

/// What a thing is, by attribute.
type Parts<'a> = BTreeMap<&'a str, String>;

/// How much two things share: paired neighbours, then attributes.
type Likeness = (usize, usize);

/// Pairs two things that are each other's best, share a neighbour, and have no second best that is as good.
pub(super) fn pair(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &mut Pairs,
    neighbours: &Neighbours<'_>,
    common: Common,
) -> usize {
    let groups: Alike<Alone<'_>> = Alike::new(scopes, pairs, |side, at| {
        let mut alone = alone(columns.of(side).at(at), scopes[side.index()][at as usize]);
        if common != Common::All {
            alone.1 = None;
        }
        if common == Common::Nothing {
            alone.2.clear();
        }
        Some(alone)
    });
    let mut found: Vec<(u32, u32)> = Vec::new();
    let shapes = Shapes::new(columns, pairs);
    for (_, [primary, standby]) in groups.0 {
        if primary.len() > MOST || standby.len() > MOST {
            continue;
        }
        let parts = |side: Side, places: &[u32]| -> Vec<Parts<'_>> {
            places.iter().map(|&at| shapes.parts(side, at)).collect()
        };
        let here = parts(Side::Primary, &primary);
        let there = parts(Side::Standby, &standby);
        let likeness: Vec<Vec<Likeness>> = primary
            .iter()
            .zip(&here)
            .map(|(&one, parts)| {
                let others = standby.iter().zip(&there);
                others
                    .map(|(&other, other_parts)| {
                        let shared = shared(pairs, neighbours, one, other);
                        (shared, in_common(parts, other_parts))
                    })
                    .collect()
            })
            .collect();
        let of_standby = |column: usize| likeness.iter().map(move |row| row[column]);
        found.extend(primary.iter().enumerate().filter_map(|(row, &one)| {
            let column = only_best(likeness[row].iter().copied())?;
            let back = only_best(of_standby(column))?;
            (back == row && likeness[row][column].0 > 0).then_some((one, standby[column]))
        }));
    }
    for (one, other) in &found {
        pairs.add(*one, *other, Ground::Position);
    }
    found.len()
}

/// The place of the best, where there is only one.
fn only_best(of: impl Iterator<Item = Likeness>) -> Option<usize> {
    let all: Vec<Likeness> = of.collect();
    let best = all.iter().max()?;
    let mut places = all.iter().enumerate().filter(|(_, one)| *one == best);
    let (place, _) = places.next()?;
    places.next().is_none().then_some(place)
}

/// How many paired neighbours two things share.
fn shared(pairs: &Pairs, neighbours: &Neighbours<'_>, primary: u32, standby: u32) -> usize {
    let mut around: BTreeMap<_, [usize; 2]> = BTreeMap::new();
    for (side, at) in [(Side::Primary, primary), (Side::Standby, standby)] {
        for (way, (to_side, to)) in neighbours.of(side, at) {
            if let Some(pair) = pairs.of(*to_side, *to) {
                around.entry((way, pair)).or_default()[side.index()] += 1;
            }
        }
    }
    around.values().map(|[one, other]| one.min(other)).sum()
}

/// In how many attributes two things are alike.
fn in_common(one: &Parts<'_>, other: &Parts<'_>) -> usize {
    let same = one
        .iter()
        .filter(|(name, value)| other.get(*name) == Some(*value));
    same.count()
}
