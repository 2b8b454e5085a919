//! Which thing of the one site is which of the other.
//!
//! Each pass pairs what exactly one thing on each side has in common, the surest ground first: what the estate binds, then
//! tag and name, then the name, then the only one of its kind, then the place among things that are paired already. What
//! remains alike is paired where it makes no difference which goes with which, and is unknown where it does: never guessed.

mod key;
mod likeness;
mod place;
mod shape;

use std::fmt;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::addresses::Addresses;
use super::reference::{Columns, Place, Side};
use super::scope::Scope;
use crate::model::{Estate, Resource, ResourceKind};

/// Why two things are taken for each other's counterpart, the surest ground first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// `estate.yaml` binds both to one place of a component.
    Bound,
    /// They have the same component tag and, but for what says where, the same name.
    TagAndName,
    /// They have, but for what says where, the same name.
    Name,
    /// Each is the only one of its kind with that component's tag.
    OnlyOne,
    /// They stand at the same place among things that are paired.
    Position,
    /// They and others are alike in all that is compared, so that it makes no difference which goes with which.
    Interchangeable,
}

impl Ground {
    /// How sure it is.
    pub fn confidence(self) -> Confidence {
        match self {
            Self::Bound | Self::TagAndName => Confidence::Certain,
            Self::Name | Self::OnlyOne => Confidence::High,
            Self::Position | Self::Interchangeable => Confidence::Fair,
        }
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Bound => "bound by the estate",
            Self::TagAndName => "same component and name",
            Self::Name => "same name",
            Self::OnlyOne => "only one of its kind",
            Self::Position => "same position",
            Self::Interchangeable => "interchangeable",
        })
    }
}

/// How sure a pair is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// By a thing's shape and place.
    Fair,
    /// By its name, or because there is no other.
    High,
    /// Somebody said so.
    Certain,
}

/// Two things that are each other's counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) primary: u32,
    pub(crate) standby: u32,
    pub(crate) ground: Ground,
}

impl Pair {
    /// Both things, the primary's first.
    pub(crate) fn places(&self) -> [Place; 2] {
        [(Side::Primary, self.primary), (Side::Standby, self.standby)]
    }
}

/// Things of one kind that are alike and not the same: which goes with which is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ambiguous {
    pub(crate) kind: ResourceKind,
    pub(crate) primary: Vec<u32>,
    pub(crate) standby: Vec<u32>,
}

impl Ambiguous {
    /// Those of a side.
    pub(crate) fn of(&self, side: Side) -> &[u32] {
        match side {
            Side::Primary => &self.primary,
            Side::Standby => &self.standby,
        }
    }
}

/// The pairs of a comparison.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    /// In the order of the primary's things.
    pub(crate) pairs: Vec<Pair>,
    pub(crate) ambiguous: Vec<Ambiguous>,
    of: [Vec<Option<u32>>; 2],
    /// The number of the ambiguous things that a thing is among.
    among: [Vec<Option<u32>>; 2],
}

impl Pairs {
    /// The number of the pair that a thing is in.
    pub(crate) fn of(&self, side: Side, at: u32) -> Option<u32> {
        self.of[side.index()][at as usize]
    }

    /// Whether a thing is compared and has no counterpart.
    pub(crate) fn is_alone(&self, scopes: &[Vec<Scope>; 2], (side, at): Place) -> bool {
        scopes[side.index()][at as usize] == Scope::Compared && self.of(side, at).is_none()
    }

    /// All such things, the primary's first.
    pub(crate) fn alone(&self, scopes: &[Vec<Scope>; 2]) -> Vec<Place> {
        let places = Side::BOTH.into_iter().flat_map(|side| {
            let places = 0..u32::try_from(self.of[side.index()].len()).unwrap_or(u32::MAX);
            places.map(move |at| (side, at))
        });
        places
            .filter(|place| self.is_alone(scopes, *place))
            .collect()
    }

    /// The things that a thing cannot be told apart from, on both sides: it is known of it only that it is one of them.
    pub(crate) fn among(&self, side: Side, at: u32) -> Option<&Ambiguous> {
        let number = self.among[side.index()][at as usize]?;
        self.ambiguous.get(number as usize)
    }

    /// Whether a thing is compared and surely stands on its side only.
    pub(crate) fn is_missing(&self, scopes: &[Vec<Scope>; 2], (side, at): Place) -> bool {
        self.is_alone(scopes, (side, at)) && self.among(side, at).is_none()
    }

    fn add_ambiguous(&mut self, ambiguous: Ambiguous) {
        let number = u32::try_from(self.ambiguous.len()).ok();
        for side in Side::BOTH {
            for &at in ambiguous.of(side) {
                self.among[side.index()][at as usize] = number;
            }
        }
        self.ambiguous.push(ambiguous);
    }

    /// The addresses of both sides, by the blocks of paired networks and subnets.
    pub(crate) fn addresses(&self, columns: &Columns<'_>) -> Addresses {
        let mut blocks: Vec<(IpNet, IpNet)> = Vec::new();
        for pair in &self.pairs {
            let things = pair.places();
            let [primary, standby] = things.map(|(side, at)| columns.of(side).at(at));
            if matches!(primary.kind, ResourceKind::Ec2Vpc | ResourceKind::Ec2Subnet) {
                let block = |resource: &Resource| resource.text("cidr")?.parse::<IpNet>().ok();
                blocks.extend(block(primary).zip(block(standby)));
            }
        }
        Addresses::of(blocks)
    }

    fn add(&mut self, primary: u32, standby: u32, ground: Ground) {
        let number = u32::try_from(self.pairs.len()).expect("fewer pairs than things");
        self.pairs.push(Pair {
            primary,
            standby,
            ground,
        });
        self.of[0][primary as usize] = Some(number);
        self.of[1][standby as usize] = Some(number);
    }

    /// Pairs what exactly one thing on each side has in common. Says how many pairs that made.
    fn add_unique<K: Ord>(&mut self, of_both: Alike<K>, ground: Ground) -> usize {
        let before = self.pairs.len();
        for (_, [primary, standby]) in of_both.0 {
            if let ([primary], [standby]) = (primary.as_slice(), standby.as_slice()) {
                self.add(*primary, *standby, ground);
            }
        }
        self.pairs.len() - before
    }
}

/// Things that have something in common, in the order of what that is.
struct Alike<K>(Vec<(K, [Vec<u32>; 2])>);

impl<K: Ord> Alike<K> {
    /// Of those that are compared and have no counterpart yet.
    fn new(scopes: &[Vec<Scope>; 2], pairs: &Pairs, key: impl Fn(Side, u32) -> Option<K>) -> Self {
        let things = pairs.alone(scopes).into_iter();
        let mut things: Vec<(K, Place)> = things
            .filter_map(|(side, at)| Some((key(side, at)?, (side, at))))
            .collect();
        things.sort_unstable();
        let mut alike: Vec<(K, [Vec<u32>; 2])> = Vec::new();
        for (key, (side, at)) in things {
            match alike.last_mut().filter(|(last, _)| *last == key) {
                Some((_, places)) => places[side.index()].push(at),
                None => {
                    let mut places = [Vec::new(), Vec::new()];
                    places[side.index()].push(at);
                    alike.push((key, places));
                }
            }
        }
        Self(alike)
    }
}

/// Pairs the things of both columns.
pub(crate) fn pair(estate: &Estate, columns: &Columns<'_>, scopes: &[Vec<Scope>; 2]) -> Pairs {
    let mut pairs = Pairs {
        of: [0, 1].map(|side| vec![None; scopes[side].len()]),
        among: [0, 1].map(|side| vec![None; scopes[side].len()]),
        ..Pairs::default()
    };
    let keys = key::Keys::new(estate, columns);
    type By<'a> = fn(&key::Keys<'a>, Side, u32) -> Option<key::Key<'a>>;
    let passes: [(By<'_>, Ground); 5] = [
        (key::Keys::bound, Ground::Bound),
        (key::Keys::tag_and_name, Ground::TagAndName),
        (key::Keys::name, Ground::Name),
        (key::Keys::whole_name, Ground::Name),
        (key::Keys::component, Ground::OnlyOne),
    ];
    for (key, ground) in passes {
        let alike = Alike::new(scopes, &pairs, |side, at| key(&keys, side, at));
        pairs.add_unique(alike, ground);
    }
    place::pair(columns, scopes, &mut pairs, &keys);
    pairs.in_order();
    pairs
}

impl Pairs {
    /// Numbers the pairs by the primary's order, whatever pass found them.
    fn in_order(&mut self) {
        self.pairs.sort_by_key(|pair| pair.primary);
        for (number, pair) in self.pairs.iter().enumerate() {
            let number = u32::try_from(number).ok();
            self.of[0][pair.primary as usize] = number;
            self.of[1][pair.standby as usize] = number;
        }
    }
}
