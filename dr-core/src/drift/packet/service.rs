//! What a packet is for: its protocol, and its port or its ICMP type and code, as one line of whole numbers.
//!
//! Every rule of AWS takes one protocol or all of them, and within it a run of ports, a type, or everything. On a line that
//! puts the protocols one behind the other, with 65,536 places each, every rule is therefore one unbroken stretch. The line begins
//! with the protocols that people know, so that its first place is the best example of a stretch.

use std::fmt;
use std::ops::RangeInclusive;

use super::region::Span;

/// A protocol of the Internet Protocol, by its number (IANA, "Protocol Numbers").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Protocol(pub u8);

/// The protocols that come first on the line, in that order.
const FIRST: [Protocol; FIRSTS as usize] = [
    Protocol::TCP,
    Protocol::UDP,
    Protocol::ICMP,
    Protocol::ICMPV6,
];

/// How many they are.
const FIRSTS: u32 = 4;

/// Names of protocols. AWS itself takes and gives the first four, and numbers for the rest.
const NAMES: [(&str, Protocol); 10] = [
    ("tcp", Protocol::TCP),
    ("udp", Protocol::UDP),
    ("icmp", Protocol::ICMP),
    ("icmpv6", Protocol::ICMPV6),
    ("ipv6-icmp", Protocol::ICMPV6),
    ("igmp", Protocol(2)),
    ("gre", Protocol(47)),
    ("esp", Protocol(50)),
    ("ah", Protocol(51)),
    ("sctp", Protocol(132)),
];

/// How many places on the line a protocol takes.
const PLACES: u32 = 1 << 16;

/// The whole line: all protocols.
pub(super) const EVERYTHING: Span<u32> = Span::new(0, 256 * PLACES - 1);

impl Protocol {
    /// Transmission Control Protocol.
    pub const TCP: Self = Self(6);
    /// User Datagram Protocol.
    pub const UDP: Self = Self(17);
    /// Internet Control Message Protocol.
    pub const ICMP: Self = Self(1);
    /// Internet Control Message Protocol for IPv6.
    pub const ICMPV6: Self = Self(58);

    /// The protocol of a name or a number, in whichever case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let named = NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map_or_else(
            || text.parse().ok().map(Protocol),
            |(_, protocol)| Some(*protocol),
        )
    }

    /// Whether its rules take ports.
    pub(super) fn has_ports(self) -> bool {
        matches!(self, Self::TCP | Self::UDP)
    }

    /// Whether its rules take a type and a code.
    pub(super) fn has_types(self) -> bool {
        matches!(self, Self::ICMP | Self::ICMPV6)
    }

    /// The places that it takes on the line.
    pub(super) fn places(self) -> Span<u32> {
        self.stretch(0..=u16::MAX)
    }

    /// The places of some of its ports, or of some of its types and codes.
    pub(super) fn stretch(self, details: RangeInclusive<u16>) -> Span<u32> {
        let base = self.rank() * PLACES;
        Span::new(
            base + u32::from(*details.start()),
            base + u32::from(*details.end()),
        )
    }

    /// The protocol at a place of the line, and its port, or its type and code.
    pub(super) fn at(place: u32) -> (Self, u16) {
        let detail = u16::try_from(place % PLACES).expect("a remainder of 65,536 has 16 bits");
        (Self::of_rank(place / PLACES), detail)
    }

    fn rank(self) -> u32 {
        let before = (0..).zip(FIRST).find(|(_, first)| *first == self);
        before.map_or_else(
            || {
                let later = FIRST.into_iter().filter(|first| *first > self).count();
                u32::from(self.0) + u32::try_from(later).expect("at most four")
            },
            |(rank, _)| rank,
        )
    }

    fn of_rank(rank: u32) -> Self {
        let others = (0..=u8::MAX)
            .map(Self)
            .filter(|other| !FIRST.contains(other));
        let place = usize::try_from(rank).expect("a rank is small");
        let found = FIRST.into_iter().chain(others).nth(place);
        found.expect("256 protocols have the 256 ranks")
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(_, protocol)| protocol == self) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "protocol {}", self.0),
        }
    }
}

/// The words for one port, or one type and code, of a protocol.
pub(super) fn one(protocol: Protocol, detail: u16) -> String {
    if protocol.has_ports() {
        format!("{protocol} port {detail}")
    } else if protocol.has_types() {
        let [kind, code] = detail.to_be_bytes();
        format!("{protocol} type {kind} code {code}")
    } else {
        protocol.to_string()
    }
}

/// The words for a stretch of the line.
pub(super) fn many(services: Span<u32>) -> String {
    if services == EVERYTHING {
        return "all traffic".to_owned();
    }
    let known = FIRST.into_iter().filter_map(|protocol| {
        let places = protocol.places();
        let part = Span::new(
            services.first.max(places.first),
            services.last.min(places.last),
        );
        (part.first <= part.last).then(|| of_one(part))
    });
    let mut words: Vec<String> = known.collect();
    let last = services.last / PLACES;
    let first = (services.first / PLACES).max(FIRSTS);
    if first == FIRSTS && last == EVERYTHING.last / PLACES {
        words.push("every other protocol".to_owned());
    } else if first < last {
        let (first, last) = (Protocol::of_rank(first).0, Protocol::of_rank(last).0);
        words.push(format!("the other protocols from {first} to {last}"));
    } else if first == last {
        words.push(Protocol::of_rank(first).to_string());
    }
    words.join(", ")
}

/// The words for a stretch within one protocol that has ports or types.
fn of_one(services: Span<u32>) -> String {
    let (protocol, first) = Protocol::at(services.first);
    let (_, last) = Protocol::at(services.last);
    if services == protocol.places() {
        return format!("all {protocol}");
    }
    if first == last {
        return one(protocol, first);
    }
    if protocol.has_ports() {
        return format!("{protocol} ports {first}-{last}");
    }
    let ([kind, code], [last_kind, last_code]) = (first.to_be_bytes(), last.to_be_bytes());
    match (kind == last_kind, code == 0 && last_code == u8::MAX) {
        (true, true) => format!("{protocol} type {kind}"),
        (true, false) => format!("{protocol} type {kind} codes {code}-{last_code}"),
        (false, true) => format!("{protocol} types {kind}-{last_kind}"),
        (false, false) => {
            format!("{protocol} type {kind} code {code} to type {last_kind} code {last_code}")
        }
    }
}
