//! Security groups and network ACLs as the set of packets that they admit.
//!
//! Two lists of rules differ when a packet is admitted by one and not by the other, whatever the lists look like: rules may be
//! merged, split, reordered, or be part of one another. The other site has other addresses and other groups, so addresses are
//! relocated ([`Relocation`]) and groups are named by their role ([`Symbol`]) before the sets are compared. Each difference
//! comes with a [`Packet`] that shows it.
//!
//! | part | what it is |
//! |---|---|
//! | `rule` | one rule as discovery writes it, to a stretch of services and its peers |
//! | `acl` | entries of a network ACL in their order, to what they admit |
//! | `service` | protocols, ports, ICMP types and codes on one line |
//! | `region` | sets of packets, exact, in canonical form |
//! | `relocation` | where the addresses of one site are at the other |
//! | `witness` | a packet, and packets that belong together, with their words |
//!
//! A group, as a peer, stands for the addresses of its members, which nobody knows here: it equals the group of the same role and
//! nothing else. Only rules for all addresses of both families surely hold its members too; rules that they make superfluous
//! change nothing. Likewise a prefix list.

mod acl;
mod region;
mod relocation;
mod rule;
mod service;
#[cfg(test)]
mod tests;
mod witness;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use self::region::{Area, Region, Span};
pub use self::relocation::{BadRelocation, Relocation};
use self::rule::Rule;
pub use self::rule::{BadRule, Problem};
pub use self::service::Protocol;
pub use self::witness::{Packet, Peer, Piece};

/// Whether packets come to what is protected, or go from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// They come.
    Ingress,
    /// They go.
    Egress,
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

/// What stands for a security group or a prefix list at both sites: a role, not an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol(pub String);

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What peers are told apart by. Peers that are not addresses have the address 0 alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Space {
    Four,
    Six,
    Group(Symbol),
    PrefixList(Symbol),
}

impl Space {
    /// Whether it stands for addresses that nobody knows here.
    fn is_opaque(&self) -> bool {
        matches!(self, Self::Group(_) | Self::PrefixList(_))
    }
}

/// All addresses of IPv4.
const ALL_FOUR: Span<u128> = Span::new(0, u32::MAX as u128);
/// All addresses of IPv6.
const ALL_SIX: Span<u128> = Span::new(0, u128::MAX);

/// The packets that a list of rules admits. Equal sets are equal values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    direction: Direction,
    /// No region is empty.
    spaces: BTreeMap<Space, Region>,
}

impl Admitted {
    /// What the rules of one direction of a security group admit: what any of them admits (AWS, VPC user guide, "Security group
    /// rules"). `resolve` gives the role of a security group or of a prefix list by its id; `relocation` moves the addresses.
    ///
    /// # Errors
    ///
    /// The first rule that cannot be understood.
    pub fn of_group(
        rules: &[Value],
        direction: Direction,
        resolve: impl Fn(&str) -> Symbol,
        relocation: &Relocation,
    ) -> Result<Self, BadRule> {
        let mut areas: BTreeMap<Space, Vec<Area>> = BTreeMap::new();
        for (place, rule) in (1..).zip(rules) {
            Rule::of_group(rule, &resolve, relocation)
                .map_err(|problem| BadRule {
                    rule: place,
                    problem,
                })?
                .add_to(&mut areas);
        }
        let regions = areas
            .into_iter()
            .map(|(space, areas)| (space, Region::of(areas)));
        let mut admitted = Self {
            direction,
            spaces: regions.collect(),
        };
        admitted.drop_what_everywhere_holds();
        Ok(admitted)
    }

    /// What the entries of one direction of a network ACL admit: entries are tried by ascending number and the first that matches
    /// decides; what none matches is denied (AWS, VPC user guide, "Network ACL rules"). Entries of the other direction are not
    /// looked at.
    ///
    /// # Errors
    ///
    /// The first entry that cannot be understood.
    pub fn of_acl(
        entries: &[Value],
        direction: Direction,
        relocation: &Relocation,
    ) -> Result<Self, BadRule> {
        Ok(Self {
            direction,
            spaces: acl::admitted(entries, direction, relocation)?,
        })
    }

    /// Whether nothing is admitted.
    pub fn is_empty(&self) -> bool {
        self.spaces.is_empty()
    }

    /// A packet that this one admits and the other does not: [`Admitted::witness`] of what is left.
    pub fn without(&self, other: &Self) -> Option<Packet> {
        self.minus(other).witness()
    }

    /// All that this one admits and the other does not.
    pub fn minus(&self, other: &Self) -> Self {
        let everywhere = other.everywhere();
        let none = Region::default();
        let left = self.spaces.iter().map(|(space, region)| {
            let mut left = region.minus(other.spaces.get(space).unwrap_or(&none));
            if space.is_opaque() {
                left = left.minus(&everywhere);
            }
            (space.clone(), left)
        });
        Self {
            direction: self.direction,
            spaces: left.filter(|(_, left)| !left.is_empty()).collect(),
        }
    }

    /// The packet that stands for the set: of the best known protocol (TCP, UDP, ICMP, ICMPv6, then by number) the lowest port or
    /// type; of its peers the lowest address of IPv4, else of IPv6, else a group, else a prefix list.
    pub fn witness(&self) -> Option<Packet> {
        self.pieces().first().map(Piece::witness)
    }

    /// A packet of the set, in words: over TCP to the first of `ports` that is in the set, else [`Admitted::witness`]'s. Where all
    /// addresses of a family are in the set with it, it comes from (or goes to) anybody.
    pub fn example(&self, ports: &[u16]) -> Option<String> {
        let pieces = self.pieces();
        let used = ports.iter().find_map(|&port| {
            let place = Protocol::TCP.stretch(port..=port).first;
            let piece = pieces.iter().find(|piece| piece.holds(place))?;
            Some(piece.example(place))
        });
        used.or_else(|| {
            let first = pieces.first()?;
            Some(first.example(first.slab.services.first))
        })
    }

    /// The set in pieces that do not overlap, in the order of their witnesses.
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        let of_space = |(space, region)| {
            let slabs = Region::slabs(region).iter();
            slabs.map(move |slab| Piece {
                direction: self.direction,
                space,
                slab,
            })
        };
        let mut pieces: Vec<_> = self.spaces.iter().flat_map(of_space).collect();
        // The sort is stable: spaces stay in their order.
        pieces.sort_by_key(|piece| piece.slab.services.first);
        pieces
    }

    /// The services that are admitted for all addresses of both families.
    fn everywhere(&self) -> Region {
        match (self.spaces.get(&Space::Four), self.spaces.get(&Space::Six)) {
            (Some(four), Some(six)) => {
                let four = four.services_of(ALL_FOUR);
                four.minus(&four.minus(&six.services_of(ALL_SIX)))
            }
            _ => Region::default(),
        }
    }

    /// Rules for groups and lists are superfluous where all addresses are admitted.
    fn drop_what_everywhere_holds(&mut self) {
        let everywhere = self.everywhere();
        if everywhere.is_empty() {
            return;
        }
        self.spaces.retain(|space, region| {
            if space.is_opaque() {
                *region = region.minus(&everywhere);
            }
            !region.is_empty()
        });
    }
}
