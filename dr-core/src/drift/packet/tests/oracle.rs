//! What a list of rules admits, packet by packet, written from the pages of AWS and not from the code under test: no ranges, no
//! sets, no line of services. It knows a rule as it was drawn, not as it is read.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::{Packet, Peer, Protocol, Symbol};
use crate::sim::Dice;

/// Who a drawn rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// A block: an address in it, and the length of its mask.
    Block(IpAddr, u8),
    /// A security group.
    Group(&'static str),
    /// A prefix list.
    List(&'static str),
}

/// A rule of a group, or an entry of an ACL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drawn {
    /// None for all.
    pub(super) protocol: Option<u8>,
    /// First port, or type; all of them for -1.
    pub(super) from: i64,
    /// Last port, or code; all of them for -1.
    pub(super) to: i64,
    pub(super) who: Who,
    /// Of an entry of an ACL.
    pub(super) allows: bool,
}

/// A packet, as the oracle sees one: a protocol by its number, a port or a type and a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) protocol: u8,
    pub(super) detail: u16,
}

impl Drawn {
    fn is_for(&self, service: Service) -> bool {
        let [kind, code] = service.detail.to_be_bytes();
        match self.protocol {
            None => true,
            Some(protocol) if protocol != service.protocol => false,
            Some(6 | 17) => {
                self.from <= i64::from(service.detail) && i64::from(service.detail) <= self.to
            }
            Some(1 | 58) => {
                (self.from == -1 || self.from == i64::from(kind))
                    && (self.to == -1 || self.to == i64::from(code))
            }
            Some(_) => true,
        }
    }

    fn names(&self, peer: &Peer) -> bool {
        match (self.who, peer) {
            (Who::Block(block, length), Peer::Address(address)) => match (block, address) {
                (IpAddr::V4(block), IpAddr::V4(address)) => {
                    let behind = 32 - u32::from(length);
                    let start = |it: u32| it.checked_shr(behind).unwrap_or(0);
                    start(block.into()) == start((*address).into())
                }
                (IpAddr::V6(block), IpAddr::V6(address)) => {
                    let behind = 128 - u32::from(length);
                    let start = |it: u128| it.checked_shr(behind).unwrap_or(0);
                    start(block.into()) == start((*address).into())
                }
                _ => false,
            },
            (Who::Group(one), Peer::Group(Symbol(other)))
            | (Who::List(one), Peer::PrefixList(Symbol(other))) => one == other,
            _ => false,
        }
    }

    /// The rule as discovery writes it for a group. Spelling is drawn as well.
    pub(super) fn as_rule(&self, dice: &mut Dice) -> Value {
        let (field, peer) = self.peer();
        let mut rule = json!({"protocol": self.spelled(dice), field: peer});
        if self.protocol.is_some() || dice.chance(20) {
            rule["from-port"] = self.from.into();
            rule["to-port"] = self.to.into();
        }
        if dice.chance(20) {
            rule["description"] = "a word".into();
        }
        rule
    }

    /// The entry as discovery writes it for an ACL.
    pub(super) fn as_entry(&self, number: usize, dice: &mut Dice) -> Value {
        let (field, peer) = self.peer();
        let action = if self.allows { "allow" } else { "deny" };
        let (from, to) = match self.protocol {
            Some(1 | 58) => ("icmp-type", "icmp-code"),
            _ => ("from-port", "to-port"),
        };
        json!({
            "number": number, "egress": false, "protocol": self.spelled(dice), "action": action,
            field: peer, from: self.from, to: self.to,
        })
    }

    fn peer(&self) -> (&'static str, String) {
        match self.who {
            Who::Block(address, length) => ("cidr", format!("{address}/{length}")),
            Who::Group(group) => ("group", group.to_owned()),
            Who::List(list) => ("prefix-list", list.to_owned()),
        }
    }

    fn spelled(&self, dice: &mut Dice) -> Value {
        let names: &[&str] = match self.protocol {
            None => &["-1", "all"],
            Some(6) => &["tcp", "TCP", "6"],
            Some(17) => &["udp", "17"],
            Some(1) => &["icmp", "1"],
            Some(58) => &["icmpv6", "58"],
            Some(other) => return other.to_string().into(),
        };
        (*pick(dice, names)).into()
    }
}

/// One of them.
pub(super) fn pick<'a, T>(dice: &mut Dice, all: &'a [T]) -> &'a T {
    let last = u64::try_from(all.len() - 1).expect("a short list");
    let place = usize::try_from(dice.between(0, last)).expect("a place of the list");
    &all[place]
}

/// Whether any rule of a group admits the packet.
pub(super) fn group_admits(rules: &[Drawn], service: Service, peer: &Peer) -> bool {
    rules
        .iter()
        .any(|rule| rule.is_for(service) && rule.names(peer))
}

/// Whether the first entry of an ACL that matches allows the packet.
pub(super) fn acl_admits(entries: &[Drawn], service: Service, peer: &Peer) -> bool {
    let first = entries.iter().find(|entry| {
        // AWS, EC2 API reference, `CreateNetworkAclEntry`: ICMPv6 with an IPv4 block is all of ICMPv6.
        let of_four = matches!(entry.who, Who::Block(IpAddr::V4(_), _));
        let matches = if entry.protocol == Some(58) && of_four {
            service.protocol == 58
        } else {
            entry.is_for(service)
        };
        matches && entry.names(peer)
    });
    first.is_some_and(|entry| entry.allows)
}

/// The packets at which any of the rules could begin or end to match, and their neighbours.
pub(super) struct Universe {
    pub(super) services: Vec<Service>,
    /// Those of IPv4 and IPv6 first.
    pub(super) addresses: Vec<Peer>,
    pub(super) opaque: Vec<Peer>,
}

impl Universe {
    pub(super) fn of<'a>(rules: impl Iterator<Item = &'a Drawn> + Clone) -> Self {
        // One packet of each protocol that a rule may name, and of the protocols that follow them.
        let mut services: Vec<(u8, u16)> = [6, 17, 1, 58, 0, 2, 47, 48, 255]
            .map(|protocol| (protocol, 0))
            .into();
        let mut addresses: Vec<IpAddr> = Vec::new();
        for rule in rules {
            match rule.protocol {
                Some(protocol @ (6 | 17)) => {
                    for end in [rule.from - 1, rule.from, rule.to, rule.to + 1] {
                        services.extend(u16::try_from(end).ok().map(|port| (protocol, port)));
                    }
                }
                Some(protocol @ (1 | 58)) => {
                    let kinds = if rule.from == -1 {
                        0..=0
                    } else {
                        rule.from - 1..=rule.from + 1
                    };
                    for kind in kinds.filter_map(|kind| u8::try_from(kind).ok()) {
                        for code in [0, rule.to - 1, rule.to, rule.to + 1, 255] {
                            let code = u8::try_from(code).ok();
                            services.extend(
                                code.map(|code| (protocol, u16::from_be_bytes([kind, code]))),
                            );
                        }
                    }
                }
                _ => {}
            }
            if let Who::Block(block, length) = rule.who {
                addresses.extend(ends(block, length));
            }
        }
        for block in ["0.0.0.0", "::"] {
            addresses.extend(ends(block.parse().expect("an address"), 0));
        }
        services.sort_unstable();
        services.dedup();
        addresses.sort_unstable();
        addresses.dedup();
        let services = services.into_iter();
        let symbol = |name: &str| Symbol(name.to_owned());
        Self {
            services: services
                .map(|(protocol, detail)| Service { protocol, detail })
                .collect(),
            addresses: addresses.into_iter().map(Peer::Address).collect(),
            opaque: vec![
                Peer::Group(symbol("app")),
                Peer::Group(symbol("db")),
                Peer::PrefixList(symbol("app")),
            ],
        }
    }
}

/// The first and the last address of a block, and their neighbours.
fn ends(block: IpAddr, length: u8) -> Vec<IpAddr> {
    match block {
        IpAddr::V4(block) => {
            let mask = u32::MAX.checked_shr(length.into()).unwrap_or(0);
            let (first, last) = (u32::from(block) & !mask, u32::from(block) | mask);
            let all = [
                first.checked_sub(1),
                Some(first),
                Some(last),
                last.checked_add(1),
            ];
            let all = all.into_iter().flatten();
            all.map(|bits| IpAddr::V4(bits.into())).collect()
        }
        IpAddr::V6(block) => {
            let mask = u128::MAX.checked_shr(length.into()).unwrap_or(0);
            let (first, last) = (u128::from(block) & !mask, u128::from(block) | mask);
            let all = [
                first.checked_sub(1),
                Some(first),
                Some(last),
                last.checked_add(1),
            ];
            let all = all.into_iter().flatten();
            all.map(|bits| IpAddr::V6(bits.into())).collect()
        }
    }
}

/// Where a packet stands among all: the best known protocol first, then the lowest port, then the peer.
pub(super) fn order(service: Service, peer: &Peer) -> (usize, u8, u16, Peer) {
    let known = [6, 17, 1, 58].iter().position(|it| *it == service.protocol);
    (
        known.unwrap_or(4),
        service.protocol,
        service.detail,
        peer.clone(),
    )
}

/// The packet of the code under test, as the oracle sees it.
pub(super) fn seen(packet: &Packet) -> (Service, Peer) {
    let Protocol(protocol) = packet.protocol;
    let service = Service {
        protocol,
        detail: packet.detail,
    };
    (service, packet.peer.clone())
}

const PORTS: [i64; 8] = [0, 1, 22, 79, 80, 443, 65534, 65535];
const KINDS: [i64; 5] = [-1, 0, 3, 8, 255];
const CODES: [i64; 4] = [-1, 0, 1, 255];
const BLOCKS: [(&str, &[u8]); 5] = [
    ("10.0.0.9", &[0, 1, 8, 28, 29, 30, 31, 32]),
    ("10.0.0.4", &[29, 30, 31, 32]),
    ("255.255.255.255", &[1, 31, 32]),
    ("fd00::3", &[0, 1, 64, 126, 127, 128]),
    ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[1, 127, 128]),
];

/// A rule. Few values, so that rules overlap, touch and repeat each other often.
pub(super) fn drawn(dice: &mut Dice, opaque: bool) -> Drawn {
    let protocol = *pick(
        dice,
        &[
            None,
            Some(6),
            Some(6),
            Some(6),
            Some(17),
            Some(1),
            Some(58),
            Some(0),
            Some(47),
            Some(255),
        ],
    );
    let (from, to) = match protocol {
        Some(1 | 58) => match *pick(dice, &KINDS) {
            -1 => (-1, -1),
            kind => (kind, *pick(dice, &CODES)),
        },
        _ => {
            let (one, other) = (*pick(dice, &PORTS), *pick(dice, &PORTS));
            (one.min(other), one.max(other))
        }
    };
    let who = match dice.between(1, 100) {
        1..=10 if opaque => Who::Group("app"),
        11..=15 if opaque => Who::Group("db"),
        16..=20 if opaque => Who::List("app"),
        _ => {
            let (address, lengths) = *pick(dice, &BLOCKS);
            Who::Block(address.parse().expect("an address"), *pick(dice, lengths))
        }
    };
    Drawn {
        protocol,
        from,
        to,
        who,
        allows: dice.chance(60),
    }
}
