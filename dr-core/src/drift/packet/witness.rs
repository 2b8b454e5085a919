//! A packet that shows a difference.

use core::net::IpAddr;
use std::fmt;

use super::region::{Slab, Span};
use super::relocation::address;
use super::service::{self, Protocol};
use super::{ALL_FOUR, ALL_SIX, Direction, Space, Symbol};

/// The other end of a packet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Anything that has this address.
    Address(IpAddr),
    /// A member of a security group.
    Group(Symbol),
    /// A member of a prefix list.
    PrefixList(Symbol),
}

/// A packet, as far as rules see one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Whether it comes or goes.
    pub direction: Direction,
    /// Its protocol.
    pub protocol: Protocol,
    /// The port it is for, where the protocol is TCP or UDP; its type (high byte) and code (low byte), where it is ICMP or ICMPv6;
    /// else 0.
    pub detail: u16,
    /// From where it comes, or to where it goes.
    pub peer: Peer,
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = service::one(self.protocol, self.detail);
        write!(f, "{service} {} {}", self.direction.word(), self.peer)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(symbol) => write!(f, "the group {symbol}"),
            Self::PrefixList(symbol) => write!(f, "the prefix list {symbol}"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// Packets that belong together: a stretch of services with the peers that they all have. Its Display is what a rule would have to
/// say: `tcp ports 80-81 from 10.0.3.0/24`.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    pub(super) direction: Direction,
    pub(super) space: &'a Space,
    pub(super) slab: &'a Slab,
}

/// How many ranges of addresses are told before the rest are counted.
const TOLD: usize = 3;

impl Piece<'_> {
    /// The first packet of it: the lowest port of the best known protocol, from the first address.
    pub fn witness(&self) -> Packet {
        let (protocol, detail) = Protocol::at(self.slab.services.first);
        let first = self.slab.addresses[0].first;
        Packet {
            direction: self.direction,
            protocol,
            detail,
            peer: self.peer(first),
        }
    }

    /// Whether a place of the line of services is in it.
    pub(super) fn holds(&self, place: u32) -> bool {
        let services = self.slab.services;
        (services.first..=services.last).contains(&place)
    }

    /// One packet of it in words: that of a place of the line of services.
    pub(super) fn example(&self, place: u32) -> String {
        let (protocol, detail) = Protocol::at(place);
        let addresses = self.slab.addresses.as_slice();
        let peer = match self.space {
            Space::Four if addresses == [ALL_FOUR] => "anybody".to_owned(),
            Space::Six if addresses == [ALL_SIX] => "anybody over IPv6".to_owned(),
            _ => self.peer(addresses[0].first).to_string(),
        };
        let service = service::one(protocol, detail);
        format!("{service} {} {peer}", self.direction.word())
    }

    fn peer(&self, place: u128) -> Peer {
        match self.space {
            Space::Group(symbol) => Peer::Group(symbol.clone()),
            Space::PrefixList(symbol) => Peer::PrefixList(symbol.clone()),
            Space::Four => Peer::Address(address(true, place)),
            Space::Six => Peer::Address(address(false, place)),
        }
    }

    /// A span of its peers: a block in CIDR notation, where it is one.
    fn range(&self, span: Span<u128>) -> String {
        let first = self.peer(span.first);
        let bits = match self.space {
            Space::Four => u32::BITS,
            Space::Six => u128::BITS,
            Space::Group(_) | Space::PrefixList(_) => return first.to_string(),
        };
        let mask = span.first ^ span.last;
        if mask & mask.wrapping_add(1) == 0 && span.first & mask == 0 {
            format!("{first}/{}", bits - mask.count_ones())
        } else {
            format!("{first}-{}", self.peer(span.last))
        }
    }
}

impl fmt::Display for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = service::many(self.slab.services);
        write!(f, "{services} {} ", self.direction.word())?;
        let addresses = &self.slab.addresses;
        let told: Vec<_> = addresses
            .iter()
            .take(TOLD)
            .map(|it| self.range(*it))
            .collect();
        f.write_str(&told.join(", "))?;
        match addresses.len().saturating_sub(TOLD) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
