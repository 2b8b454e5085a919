//! Pairs things by where they stand among others: by colour refinement (Weisfeiler and Leman, 1968), as for graphs.
//!
//! A paired thing has a colour that it shares with its counterpart only. The others begin with their kind and component, and
//! each round adds the colours of what they point to and of what points to them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::default::says_nothing;
use super::super::reference::{Columns, Link, Place, Side};
use super::super::scope::Scope;
use super::key::{Key, Keys};
use super::likeness::Common;
use super::shape::Shapes;
use super::{Alike, Ambiguous, Ground, Pairs, likeness};
use crate::model::{ComponentId, Resource, ResourceKind as Kind};

/// How far one looks at first, in steps: a difference further away is not to keep two things apart, so one looks less far
/// where that finds nothing.
const FARTHEST: usize = 3;

type Colour = u32;

/// A way from one thing to another: by which attribute, in which direction, and whether across the sites.
pub(super) type Way<'a> = (&'a str, bool, bool);

/// Kind, component, marks, and whether it is compared.
pub(super) type Alone<'a> = (Kind, Option<&'a str>, Vec<String>, bool);

/// What points where, for every thing that has no counterpart yet.
pub(super) struct Neighbours<'a> {
    ways: [Vec<Vec<(Way<'a>, Place)>>; 2],
    /// The colours of these things, and of those around them, where they have no counterpart: without their neighbours.
    first: [Vec<Colour>; 2],
    /// The first colour that nothing has.
    free: Colour,
}

/// Pairs by place, until nothing more is found; then what is interchangeable; the rest is ambiguous.
pub(super) fn pair(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &mut Pairs,
    keys: &Keys<'_>,
) {
    if pairs.alone(scopes).is_empty() {
        return;
    }
    let named = offsets(columns, scopes, pairs, Some(keys));
    pairs.add_unique(named, Ground::Position);
    let neighbours = Neighbours::new(columns, scopes, pairs);
    loop {
        let mut found = 0;
        for steps in (1..=FARTHEST).rev() {
            let colours = colours(scopes, pairs, &neighbours, steps);
            let alike = Alike::new(scopes, pairs, |side, at| {
                Some(colours[side.index()][at as usize])
            });
            found = pairs.add_unique(alike, Ground::Position);
            if found > 0 {
                // Each pair is a landmark for the others: look far again.
                break;
            }
        }
        if found == 0 {
            found = pairs.add_unique(anchored(columns, scopes, pairs), Ground::Position);
        }
        if found == 0 {
            found = pairs.add_unique(offsets(columns, scopes, pairs, None), Ground::Position);
        }
        if found == 0 {
            let row = |side, at| keys.name_of_row(side, at);
            let row = Alike::new(scopes, pairs, row);
            found = pairs.add_unique(row, Ground::Name);
        }
        if found == 0 {
            found = likeness::pair(columns, scopes, pairs, &neighbours, Common::All);
        }
        if found == 0 {
            found = in_a_row(columns, scopes, pairs, keys);
        }
        for common in [Common::Marks, Common::Nothing] {
            if found == 0 {
                found = likeness::pair(columns, scopes, pairs, &neighbours, common);
            }
        }
        if found == 0 && interchangeable(columns, scopes, pairs, &neighbours) == 0 {
            break;
        }
    }
    ambiguous(columns, scopes, pairs, &neighbours, keys);
}

/// Subnets by where they begin in the block of their network: sites are laid out alike, whatever their addresses are. With
/// `keys`, their names must be the same as well.
fn offsets<'k>(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &Pairs,
    keys: Option<&Keys<'k>>,
) -> Alike<(u32, u128, u8, bool, Option<Key<'k>>)> {
    Alike::new(scopes, pairs, |side, at| {
        let subnet = columns.of(side).at(at);
        if subnet.kind != Kind::Ec2Subnet {
            return None;
        }
        let vpc = columns.target(side, subnet.kind, "vpc", subnet.text("vpc")?)?;
        let network = columns.of(side).at(vpc.1);
        let block =
            |resource: &Resource| -> Option<ipnet::Ipv4Net> { resource.text("cidr")?.parse().ok() };
        let (own, whole) = (block(subnet)?, block(network)?);
        let first = |block: ipnet::Ipv4Net| u128::from(u32::from(block.network()));
        let name = match keys {
            Some(keys) => Some(keys.name_of_row(side, at)?),
            None => None,
        };
        Some((
            pairs.of(vpc.0, vpc.1)?,
            first(own).checked_sub(first(whole))?,
            own.prefix_len(),
            subnet.attributes.get("public-addresses") == Some(&Value::Bool(true)),
            name,
        ))
    })
}

/// Subnets of one name but for the zone in it, in the order of their addresses: zones have no counterparts, a row of subnets has.
fn in_a_row(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &mut Pairs,
    keys: &Keys<'_>,
) -> usize {
    let rows = Alike::new(scopes, pairs, |side, at| {
        let is_subnet = columns.of(side).kind(at) == Kind::Ec2Subnet;
        keys.name_of_row(side, at).filter(|_| is_subnet)
    });
    let before = pairs.pairs.len();
    for (_, row) in rows.0 {
        let [primary, standby] = in_order(columns, row);
        for (primary, standby) in primary.into_iter().zip(standby) {
            pairs.add(primary, standby, Ground::Position);
        }
    }
    pairs.pairs.len() - before
}

/// Things that are alike, by their addresses, so that the first goes with the first.
fn in_order(columns: &Columns<'_>, alike: [Vec<u32>; 2]) -> [Vec<u32>; 2] {
    let [mut primary, mut standby] = alike;
    for (side, places) in [(Side::Primary, &mut primary), (Side::Standby, &mut standby)] {
        places.sort_by_cached_key(|&at| {
            let block = columns.of(side).at(at).text("cidr");
            block.and_then(|block| block.parse::<ipnet::IpNet>().ok())
        });
    }
    [primary, standby]
}

/// What has no counterpart, by the one thing that it belongs to: the default ACL of a network is that of its counterpart,
/// whatever subnets each has.
fn anchored<'a>(
    columns: &Columns<'a>,
    scopes: &[Vec<Scope>; 2],
    pairs: &Pairs,
) -> Alike<(Alone<'a>, Vec<(&'a str, u32)>)> {
    Alike::new(scopes, pairs, |side, at| {
        let resource = columns.of(side).at(at);
        let alone = alone(resource, scopes[side.index()][at as usize]);
        let texts = resource.attributes.iter();
        let texts = texts.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let anchors = texts.filter_map(|(name, text)| {
            let (side, at) = columns.target(side, resource.kind, name, text)?;
            Some((name, pairs.of(side, at)?))
        });
        let anchors: Vec<(&str, u32)> = anchors.collect();
        (!anchors.is_empty()).then_some((alone, anchors))
    })
}

impl<'a> Neighbours<'a> {
    /// What a thing points to, and what points to it.
    pub(super) fn of(&self, side: Side, at: u32) -> &[(Way<'a>, Place)] {
        &self.ways[side.index()][at as usize]
    }

    fn new(columns: &Columns<'a>, scopes: &[Vec<Scope>; 2], pairs: &Pairs) -> Self {
        let ways = Self::ways(columns, scopes, pairs);
        // A pair's number is its colour.
        let most = scopes.iter().map(Vec::len).min().unwrap_or_default();
        let most = u32::try_from(most).expect("fewer pairs than 2^32");
        let mut ranks = Ranks::after(most);
        let mut first = [0, 1].map(|side: usize| vec![None; scopes[side].len()]);
        let open = pairs.alone(scopes).into_iter();
        let around = ways.iter().flatten().flatten().map(|(_, place)| *place);
        for (side, at) in open.chain(around) {
            if pairs.of(side, at).is_none() {
                let scope = scopes[side.index()][at as usize];
                let colour = &mut first[side.index()][at as usize];
                colour.get_or_insert_with(|| ranks.of(alone(columns.of(side).at(at), scope)));
            }
        }
        Self {
            ways,
            // Nobody asks for the others' before they have that of their pair.
            // The others get the colour of their pair, or nobody asks for theirs.
            first: first.map(|first| first.into_iter().map(Option::unwrap_or_default).collect()),
            free: ranks.next,
        }
    }

    fn ways(
        columns: &Columns<'a>,
        scopes: &[Vec<Scope>; 2],
        pairs: &Pairs,
    ) -> [Vec<Vec<(Way<'a>, Place)>>; 2] {
        let is_open = |place| pairs.is_alone(scopes, place);
        let mut all = [0, 1].map(|side: usize| vec![Vec::new(); scopes[side].len()]);
        for side in Side::BOTH {
            for at in columns.of(side).places() {
                if scopes[side.index()][at as usize] != Scope::Compared {
                    continue;
                }
                for &Link { attribute, to } in columns.links((side, at)) {
                    let is_across = to.0 != side;
                    let mut see = |(side, at): Place, is_to, other| {
                        if is_open((side, at)) {
                            let ways: &mut Vec<_> = &mut all[side.index()][at as usize];
                            ways.push(((attribute, is_to, is_across), other));
                        }
                    };
                    see((side, at), true, to);
                    see(to, false, (side, at));
                }
            }
        }
        all
    }
}

/// The colours after some steps. Those of paired things and of what is not compared do not change.
fn colours(
    scopes: &[Vec<Scope>; 2],
    pairs: &Pairs,
    neighbours: &Neighbours<'_>,
    steps: usize,
) -> [Vec<Colour>; 2] {
    let mut colours = neighbours.first.clone();
    for (number, pair) in (0..).zip(&pairs.pairs) {
        for (side, at) in pair.places() {
            colours[side.index()][at as usize] = number;
        }
    }
    let open = pairs.alone(scopes);
    let mut taken = neighbours.free;
    for _ in 0..steps {
        let mut ranks = Ranks::after(taken);
        let next: Vec<(Place, Colour)> = open
            .iter()
            .map(|&(side, at)| {
                let ways = neighbours.of(side, at).iter();
                let seen =
                    ways.map(|(way, (side, at))| (*way, colours[side.index()][*at as usize]));
                let mut seen: Vec<(Way<'_>, Colour)> = seen.collect();
                seen.sort_unstable();
                let own = colours[side.index()][at as usize];
                ((side, at), ranks.of((own, seen)))
            })
            .collect();
        taken = ranks.next;
        for ((side, at), colour) in next {
            colours[side.index()][at as usize] = colour;
        }
    }
    colours
}

/// Numbers things by what they are, the same for the same.
struct Ranks<K> {
    known: BTreeMap<K, Colour>,
    next: Colour,
}

impl<K: Ord> Ranks<K> {
    fn after(next: Colour) -> Self {
        Self {
            known: BTreeMap::new(),
            next,
        }
    }

    fn of(&mut self, key: K) -> Colour {
        let next = self.next;
        let colour = *self.known.entry(key).or_insert(next);
        self.next = next.max(colour.saturating_add(1));
        colour
    }
}

/// What a thing is without its neighbours. Two that differ in it are never each other's counterpart by place.
pub(super) fn alone(resource: &Resource, is: Scope) -> Alone<'_> {
    let marks = marks(resource.kind).iter();
    let marks = marks.map(|mark| {
        let value = resource.attributes.get(*mark);
        let value = value.filter(|value| !says_nothing(resource.kind, mark, value));
        value.map(|value| value.to_string().to_ascii_lowercase())
    });
    (
        resource.kind,
        resource.component.as_ref().map(ComponentId::as_str),
        marks.map(Option::unwrap_or_default).collect(),
        is == Scope::Compared,
    )
}

/// The attributes by which things of a kind are told apart at one place: a balancer has one listener a port.
fn marks(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ElbListener => &["port", "protocol"],
        Kind::Ec2NetworkAcl | Kind::Ec2Vpc => &["default"],
        Kind::Ec2RouteTable => &["main"],
        _ => &[],
    }
}

/// Pairs, among things of one colour, those that are alike in all that is compared. Says how many pairs that made.
fn interchangeable(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &mut Pairs,
    neighbours: &Neighbours<'_>,
) -> usize {
    let colours = colours(scopes, pairs, neighbours, FARTHEST);
    let shapes = Shapes::new(columns, pairs);
    let alike = Alike::new(scopes, pairs, |side, at| {
        Some((colours[side.index()][at as usize], shapes.parts(side, at)))
    });
    let before = pairs.pairs.len();
    for (_, alike) in alike.0 {
        let [primary, standby] = in_order(columns, alike);
        for (primary, standby) in primary.into_iter().zip(standby) {
            pairs.add(primary, standby, Ground::Interchangeable);
        }
    }
    pairs.pairs.len() - before
}

/// What is left on both sides with one colour, one step around; then what is left with one name, whatever is around it: of a thing
/// that may be one of several there nobody can say that it is missing.
fn ambiguous(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &mut Pairs,
    neighbours: &Neighbours<'_>,
    keys: &Keys<'_>,
) {
    let colours = colours(scopes, pairs, neighbours, 1);
    let by_colour = Alike::new(scopes, pairs, |side, at| {
        Some((
            columns.of(side).kind(at),
            colours[side.index()][at as usize],
        ))
    });
    apart(pairs, by_colour, |(kind, _)| *kind);
    let by_name = Alike::new(scopes, pairs, |side, at| {
        let is_apart = pairs.among(side, at).is_some();
        keys.name_of_row(side, at).filter(|_| !is_apart)
    });
    apart(pairs, by_name, |(kind, ..)| *kind);
}

fn apart<K: Ord>(pairs: &mut Pairs, alike: Alike<K>, kind: impl Fn(&K) -> Kind) {
    for (key, [primary, standby]) in alike.0 {
        if !primary.is_empty() && !standby.is_empty() {
            pairs.add_ambiguous(Ambiguous {
                kind: kind(&key),
                primary,
                standby,
            });
        }
    }
}
