//! Reads one rule as discovery writes it.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde_json::Value;

use super::region::{Area, Span};
use super::relocation::Relocation;
use super::service::{EVERYTHING, Protocol};
use super::{Space, Symbol};

/// A rule that cannot be understood. What it admits is unknown, and with it what the whole list admits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule}: {problem}")]
pub struct BadRule {
    /// Which one: its number in a network ACL, else its place in the list, from 1.
    pub rule: i64,
    /// What is wrong with it.
    pub problem: Problem,
}

/// Why a rule cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A field is needed and not set.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A field holds what it cannot hold.
    #[error("{field} cannot be {value}")]
    Unreadable {
        /// The field.
        field: &'static str,
        /// What it holds, as JSON.
        value: String,
    },
    /// TCP and UDP need a range of ports, ICMP a type and a code.
    #[error("{0} needs both ends of a range")]
    NoRange(Protocol),
    /// From a higher one to a lower one, or beyond what there is.
    #[error("{protocol} has no range from {from} to {to}")]
    NoSuchRange {
        /// The protocol.
        protocol: Protocol,
        /// Its first port, or its type.
        from: i64,
        /// Its last port, or its code.
        to: i64,
    },
    /// Neither an address range nor a group nor a prefix list, or more than one.
    #[error("it names {0} peers, not one")]
    Peers(usize),
    /// Two entries of one direction of a network ACL with one number.
    #[error("another entry has this number")]
    SameNumber,
}

/// A stretch of services with one peer.
pub(super) struct Rule {
    pub(super) services: Span<u32>,
    pub(super) space: Space,
    pub(super) addresses: Vec<Span<u128>>,
}

impl Rule {
    /// A rule of a security group.
    ///
    /// AWS, EC2 API reference, `IpPermission`: `-1` is all protocols. TCP, UDP and ICMP need a range, ICMPv6 does not (then all types
    /// and codes are meant), and any other protocol ignores it. Of ICMP, `FromPort` is the type and `ToPort` the code, where `-1` is
    /// all of them; all types go with all codes only.
    pub(super) fn of_group(
        rule: &Value,
        resolve: impl Fn(&str) -> Symbol,
        relocation: &Relocation,
    ) -> Result<Self, Problem> {
        let range = || Ok((number(rule, "from-port")?, number(rule, "to-port")?));
        let services = match protocol(rule)? {
            None => EVERYTHING,
            Some(Protocol::ICMPV6) if range()? == (None, None) => Protocol::ICMPV6.places(),
            Some(protocol) if protocol.has_types() => types(protocol, range()?)?,
            Some(protocol) if protocol.has_ports() => ports(protocol, range()?)?,
            Some(protocol) => protocol.places(),
        };
        let peers = (
            text(rule, "cidr")?,
            text(rule, "group")?,
            text(rule, "prefix-list")?,
        );
        let (space, addresses) = match peers {
            (Some(cidr), None, None) => places(cidr, relocation)?,
            (None, Some(group), None) => (Space::Group(resolve(group)), vec![Span::new(0, 0)]),
            (None, None, Some(list)) => (Space::PrefixList(resolve(list)), vec![Span::new(0, 0)]),
            (cidr, group, list) => {
                let named = [cidr, group, list].into_iter().flatten().count();
                return Err(Problem::Peers(named));
            }
        };
        Ok(Self {
            services,
            space,
            addresses,
        })
    }

    /// An entry of a network ACL.
    ///
    /// AWS, EC2 API reference, `CreateNetworkAclEntry`: `-1` is all protocols. TCP and UDP need a range of ports, ICMP a type and a
    /// code, and so does ICMPv6 with an IPv6 block; with an IPv4 block it means all types and codes. Any other protocol ignores
    /// both. `IcmpTypeCode`: `-1` is all types, or all codes of the type.
    pub(super) fn of_acl(entry: &Value, relocation: &Relocation) -> Result<Self, Problem> {
        let cidr = text(entry, "cidr")?.ok_or(Problem::Missing("cidr"))?;
        let (space, addresses) = places(cidr, relocation)?;
        let services = match protocol(entry)? {
            None => EVERYTHING,
            Some(Protocol::ICMPV6) if space == Space::Four => Protocol::ICMPV6.places(),
            Some(protocol) if protocol.has_types() => {
                let pair = (number(entry, "icmp-type")?, number(entry, "icmp-code")?);
                types(protocol, pair)?
            }
            Some(protocol) if protocol.has_ports() => {
                let range = (number(entry, "from-port")?, number(entry, "to-port")?);
                ports(protocol, range)?
            }
            Some(protocol) => protocol.places(),
        };
        Ok(Self {
            services,
            space,
            addresses,
        })
    }

    /// Adds what it is about to the rectangles of its space.
    pub(super) fn add_to(self, areas: &mut BTreeMap<Space, Vec<Area>>) {
        let services = self.services;
        let new = self.addresses.into_iter().map(|addresses| Area {
            services,
            addresses,
        });
        areas.entry(self.space).or_default().extend(new);
    }
}

/// The protocol that a rule is for; none for all of them. A number may be written as a text.
fn protocol(rule: &Value) -> Result<Option<Protocol>, Problem> {
    const FIELD: &str = "protocol";
    let value = field(rule, FIELD).ok_or(Problem::Missing(FIELD))?;
    let found = match value {
        Value::String(text) if text == "-1" || text.eq_ignore_ascii_case("all") => return Ok(None),
        Value::String(text) => Protocol::parse(text),
        Value::Number(number) if number.as_i64() == Some(-1) => return Ok(None),
        Value::Number(number) => number
            .as_u64()
            .and_then(|number| u8::try_from(number).ok())
            .map(Protocol),
        _ => None,
    };
    found.map(Some).ok_or_else(|| unreadable(FIELD, value))
}

/// A range of ports.
fn ports(protocol: Protocol, range: (Option<i64>, Option<i64>)) -> Result<Span<u32>, Problem> {
    let (Some(from), Some(to)) = range else {
        return Err(Problem::NoRange(protocol));
    };
    match (u16::try_from(from), u16::try_from(to)) {
        (Ok(first), Ok(last)) if first <= last => Ok(protocol.stretch(first..=last)),
        _ => Err(Problem::NoSuchRange { protocol, from, to }),
    }
}

/// A type and a code, where -1 is all of them.
fn types(protocol: Protocol, pair: (Option<i64>, Option<i64>)) -> Result<Span<u32>, Problem> {
    let (Some(from), Some(to)) = pair else {
        return Err(Problem::NoRange(protocol));
    };
    let detail = |kind, code| u16::from_be_bytes([kind, code]);
    match (from, u8::try_from(from), to, u8::try_from(to)) {
        (-1, _, -1, _) => Ok(protocol.places()),
        (_, Ok(kind), -1, _) => Ok(protocol.stretch(detail(kind, 0)..=detail(kind, u8::MAX))),
        (_, Ok(kind), _, Ok(code)) => Ok(protocol.stretch(detail(kind, code)..=detail(kind, code))),
        _ => Err(Problem::NoSuchRange { protocol, from, to }),
    }
}

/// The addresses of a block. AWS clears the bits behind the mask (EC2 API reference, `IpRange`), and so does this.
fn places(cidr: &str, relocation: &Relocation) -> Result<(Space, Vec<Span<u128>>), Problem> {
    let block: IpNet = cidr
        .parse()
        .map_err(|_| unreadable("cidr", &Value::from(cidr)))?;
    let block = block.trunc();
    let space = match block {
        IpNet::V4(_) => Space::Four,
        IpNet::V6(_) => Space::Six,
    };
    Ok((space, relocation.block(&block)))
}

/// A field that is set. Null is not set.
pub(super) fn field<'a>(rule: &'a Value, name: &str) -> Option<&'a Value> {
    rule.get(name).filter(|value| !value.is_null())
}

/// A field that holds a text.
pub(super) fn text<'a>(rule: &'a Value, name: &'static str) -> Result<Option<&'a str>, Problem> {
    read(rule, name, Value::as_str)
}

/// A field that holds a whole number.
pub(super) fn number(rule: &Value, name: &'static str) -> Result<Option<i64>, Problem> {
    read(rule, name, Value::as_i64)
}

fn read<'a, T>(
    rule: &'a Value,
    name: &'static str,
    read: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<T>, Problem> {
    field(rule, name)
        .map(|value| read(value).ok_or_else(|| unreadable(name, value)))
        .transpose()
}

pub(super) fn unreadable(field: &'static str, value: &Value) -> Problem {
    Problem::Unreadable {
        field,
        value: value.to_string(),
    }
}
