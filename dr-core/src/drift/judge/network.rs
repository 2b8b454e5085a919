//! Rules, routes and blocks of addresses.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use ipnet::IpNet;
use serde_json::Value;

use super::super::addresses::{Addresses, directions};
use super::super::column::lists;
use super::super::packet::{Admitted, Direction, Symbol};
use super::super::pair::Pair;
use super::super::reference::Side;
use super::super::report::Entry;
use super::super::scope::Scope;
use super::super::symbol::Symbols;
use super::{Found, Judge, Unclear, table};
use crate::model::{ComponentId, Resource, ResourceKind as Kind, ScanGap};

/// What packets are judged by. A witness is an address of the site where something is to be mended.
pub(super) struct Network {
    addresses: Addresses,
    /// Ports of the primary that something uses, collected where a finding asks for one.
    used: OnceCell<Vec<Used>>,
}

/// A port that something uses.
#[derive(PartialEq)]
struct Used {
    port: u16,
    component: Option<ComponentId>,
    /// Where it stands.
    subnets: Vec<String>,
}

/// Ports to show a difference with where nothing tells what is used: HTTPS, HTTP, SSH.
const WELL_KNOWN: [u16; 3] = [443, 80, 22];

/// The ports that the primary's things listen on: databases, listeners, targets, then what rules name one by one.
fn used(symbols: &Symbols<'_>) -> Vec<Used> {
    let column = symbols.columns.of(Side::Primary);
    let mut all: Vec<Used> = Vec::new();
    for kind in [
        Kind::RdsInstance,
        Kind::ElbListener,
        Kind::ElbTargetGroup,
        Kind::Ec2SecurityGroup,
    ] {
        let own = column.places().filter(|&at| {
            column.kind(at) == kind
                && symbols.scopes[Side::Primary.index()][at as usize] == Scope::Compared
        });
        let mut own: Vec<&Resource> = own.map(|at| column.at(at)).collect();
        // Which of two ports is shown hangs on the things and not on the order in which they were listed.
        own.sort_by(|a, b| a.id.cmp(&b.id));
        for thing in own {
            let whole = ["subnet-group", "load-balancer"].iter().find_map(|name| {
                let (side, at) =
                    symbols
                        .columns
                        .target(Side::Primary, kind, name, thing.text(name)?)?;
                Some(symbols.columns.of(side).at(at))
            });
            let subnets = whole.map(|whole| whole.texts("subnets"));
            let subnets = subnets.into_iter().flatten().map(str::to_owned);
            let subnets: Vec<String> = subnets.collect();
            for port in ports_of(thing) {
                let used = Used {
                    port,
                    component: thing.component.clone(),
                    subnets: subnets.clone(),
                };
                if !all.contains(&used) {
                    all.push(used);
                }
            }
        }
    }
    all
}

/// The ports that a thing listens on, or that a rule of it names alone.
fn ports_of(thing: &Resource) -> Vec<u16> {
    let port = |value: Option<&Value>| u16::try_from(value?.as_u64()?).ok();
    let rules = thing.attributes.get("ingress").and_then(Value::as_array);
    let named = rules.into_iter().flatten().filter_map(|rule| {
        let first = port(rule.get("from-port"))?;
        (Some(first) == port(rule.get("to-port"))).then_some(first)
    });
    let own = port(thing.attributes.get("port"));
    own.into_iter().chain(named).collect()
}

impl Network {
    pub(super) fn new(symbols: &Symbols<'_>) -> Self {
        Self {
            addresses: symbols.pairs.addresses(symbols.columns),
            used: OnceCell::new(),
        }
    }
}

impl Judge<'_> {
    /// The packets that one side lets through and the other does not.
    pub(super) fn packets(&self, pair: &Pair, attribute: &str) -> Result<Vec<Entry>, Unclear> {
        let mut entries = Vec::new();
        for direction in directions(attribute) {
            let primary = self.admitted(Side::Primary, pair.primary, attribute, *direction)?;
            let standby = self.admitted(Side::Standby, pair.standby, attribute, *direction)?;
            if primary == standby {
                continue;
            }
            let ports = self.ports(pair);
            let [refused, admitted] = [primary.minus(&standby), standby.minus(&primary)]
                .map(|packets| packets.example(&ports));
            // A rule that was changed does both: it is one difference, and what is refused is worse.
            let (rule, witness) = match (&refused, &admitted) {
                (Some(packet), _) => (&table::REFUSED, packet),
                (None, Some(packet)) => (&table::ADMITTED, packet),
                (None, None) => continue,
            };
            self.addresses_are_known()?;
            let rules = if attribute == "entries" {
                "entries"
            } else {
                "rules"
            };
            let told = [(Side::Primary, &refused), (Side::Standby, &admitted)];
            let told = told.into_iter().filter_map(|(side, packet)| {
                let site = &self.symbols.columns.of(side).site.id;
                let packet = packet.as_ref()?;
                Some(format!("its {rules} let {packet} through in {site} only"))
            });
            let values = pair
                .places()
                .map(|(side, at)| self.resource(side, at).attributes.get(attribute).cloned());
            entries.push(self.of_pair(
                pair,
                Found {
                    rule,
                    severity: rule.severity,
                    message: told.collect::<Vec<String>>().join(", and "),
                    attribute: Some(&format!("{attribute}{}", suffix(attribute, *direction))),
                    values,
                    witness: Some(witness.clone()),
                },
            ));
        }
        Ok(entries)
    }

    /// The TCP ports that something uses: what stands in the subnets of the pair first, then what is of its component, then the rest.
    fn ports(&self, pair: &Pair) -> Vec<u16> {
        let thing = self.resource(Side::Primary, pair.primary);
        let subnets = thing.texts("subnets");
        let used = self.network.used.get_or_init(|| used(self.symbols));
        let ranked = used.iter().enumerate().map(|(rank, used)| {
            let mut stands = used.subnets.iter();
            let is_inside = stands.any(|subnet| subnets.contains(&subnet.as_str()));
            let is_own = used.component.is_some() && used.component == thing.component;
            (!is_inside, !is_own, rank, used.port)
        });
        let mut ranked: Vec<(bool, bool, usize, u16)> = ranked.collect();
        ranked.sort_unstable();
        let ports = ranked.into_iter().map(|(.., port)| port);
        ports.chain(WELL_KNOWN).collect()
    }

    /// Whether addresses of the standby can be told as addresses of the primary.
    fn addresses_are_known(&self) -> Result<(), Unclear> {
        for side in Side::BOTH {
            let column = self.symbols.columns.of(side);
            let kinds = [Kind::Ec2Vpc, Kind::Ec2Subnet];
            let mut gaps = kinds.iter().flat_map(|kind| column.scan.gaps_of(*kind));
            let hides = |gap: &ScanGap| {
                let mut attributes = gap.attributes.iter();
                lists(gap) || attributes.any(|name| matches!(name.as_str(), "cidr" | "cidrs"))
            };
            if gaps.any(hides) {
                let reason = "which of its addresses are the other site's was not read";
                return Err(Unclear::strange(side, reason.to_owned()));
            }
        }
        Ok(())
    }

    fn admitted(
        &self,
        side: Side,
        at: u32,
        attribute: &str,
        direction: Direction,
    ) -> Result<Admitted, Unclear> {
        let resource = self.resource(side, at);
        let none = Vec::new();
        let rules = resource.attributes.get(attribute);
        let rules = rules.and_then(Value::as_array).unwrap_or(&none);
        // A rule for a group that stands on one side only: the group is told.
        let rules: Vec<Value> = rules
            .iter()
            .filter(|rule| {
                !self
                    .symbols
                    .is_explained(side, resource.kind, attribute, rule)
            })
            .cloned()
            .collect();
        let role = |id: &str| {
            let symbol = self.symbols.text(side, resource.kind, "group", id);
            Symbol(symbol.replace(&format!("{} ", Kind::Ec2SecurityGroup), ""))
        };
        let admitted = self
            .network
            .addresses
            .admitted((side, resource), &rules, direction, role);
        admitted.map_err(|bad| Unclear::strange(side, bad.to_string()))
    }

    /// Routes by destination: that of the site's own network is the same at both.
    pub(super) fn routes(&self, pair: &Pair, attribute: &str) -> Result<Vec<Entry>, Unclear> {
        let [primary, standby] = pair
            .places()
            .map(|(side, at)| self.routes_of(side, at, attribute));
        let destinations: std::collections::BTreeSet<&String> =
            primary.keys().chain(standby.keys()).collect();
        let differing = destinations.into_iter().filter_map(|destination| {
            let [here, there] = [primary.get(destination), standby.get(destination)];
            let through =
                |route: Option<&(String, Value)>| route.map(|(through, _)| through.clone());
            // A route to a gateway that stands on one side only: the gateway is told.
            let is_explained = [(Side::Primary, here), (Side::Standby, there)]
                .into_iter()
                .any(|(side, route)| {
                    let kind = self.resource(Side::Primary, pair.primary).kind;
                    route.is_some_and(|(_, value)| {
                        self.symbols.is_explained(side, kind, "routes", value)
                    })
                });
            (through(here) != through(there) && !is_explained).then_some((here, there))
        });
        let entries = differing.map(|(here, there)| {
            let values = [here, there].map(|route| route.map(|(_, value)| value.clone()));
            let shown = values.iter().flatten().next();
            let destination = shown
                .and_then(|route| route.get("destination"))
                .and_then(Value::as_str)
                .unwrap_or_default();
            let name = format!("{attribute}.{destination}");
            // What only the standby reaches stops nothing.
            let rule = if here.is_some() {
                &table::ROUTE
            } else {
                &table::OTHER
            };
            self.of_pair(
                pair,
                Found {
                    rule,
                    severity: rule.severity,
                    message: self.told_route(destination, &values),
                    attribute: Some(&name),
                    values,
                    witness: None,
                },
            )
        });
        let entries: Vec<Entry> = entries.collect();
        if !entries.is_empty() {
            self.addresses_are_known()?;
        }
        Ok(entries)
    }

    /// Where packets to a destination go on both sites, in one sentence.
    fn told_route(&self, destination: &str, routes: &[Option<Value>; 2]) -> String {
        let way = |route: &Value| {
            let text = |key: &str| route.get(key).and_then(Value::as_str).unwrap_or_default();
            let dead = if text("state") == "blackhole" {
                " (which is gone)"
            } else {
                ""
            };
            format!("{} {}{dead}", text("through"), text("target"))
        };
        let sites = Side::BOTH.map(|side| &self.symbols.columns.of(side).site.id);
        match routes {
            [Some(primary), Some(standby)] => format!(
                "{destination} is routed through {} in {} and through {} in {}",
                way(primary),
                sites[0],
                way(standby),
                sites[1]
            ),
            [here, there] => {
                let site = if here.is_some() { sites[0] } else { sites[1] };
                let way = here.as_ref().or(there.as_ref()).map(way);
                let way = way.unwrap_or_default();
                format!("{destination} is routed in {site} only: through {way}")
            }
        }
    }

    /// Destination at the primary, with the way in symbols and the route as it was read.
    fn routes_of(&self, side: Side, at: u32, attribute: &str) -> BTreeMap<String, (String, Value)> {
        let resource = self.resource(side, at);
        let routes = resource.attributes.get(attribute).and_then(Value::as_array);
        let mut all = BTreeMap::new();
        for route in routes.into_iter().flatten() {
            let text = |key: &str| route.get(key).and_then(Value::as_str).unwrap_or_default();
            // Every table has one for each block of its network, whose size is compared there.
            if text("target") == "local" {
                continue;
            }
            let destination = text("destination");
            let block = self.network.addresses.block(side, destination);
            let symbol = || {
                self.symbols
                    .text(side, resource.kind, "destination", destination)
            };
            let destination = block.unwrap_or_else(symbol);
            let target = self
                .symbols
                .text(side, resource.kind, "target", text("target"));
            // A route to something that is gone drops what is sent there.
            let is_dead = text("state") == "blackhole";
            let dead = if is_dead { ", which is gone" } else { "" };
            let way = format!("{} {target}{dead}", text("through"));
            all.insert(destination, (way, route.clone()));
        }
        all
    }

    /// A block of the standby that is smaller than its counterpart.
    pub(super) fn block(&self, pair: &Pair, attribute: &str) -> Vec<Entry> {
        let places = pair.places();
        let of = |name: &str| {
            places.map(|(side, at)| self.resource(side, at).attributes.get(name).cloned())
        };
        // The first block of a network is among all of its blocks.
        if attribute == "cidr" && of("cidrs").iter().any(Option::is_some) {
            return Vec::new();
        }
        let values = of(attribute);
        let [primary, standby] = values.each_ref().map(|value| value.as_ref().map(largest));
        let is_smaller = match (primary, standby) {
            (Some(Some(primary)), Some(Some(standby))) => standby > primary,
            (Some(Some(_)), None) => true,
            _ => false,
        };
        if !is_smaller {
            return Vec::new();
        }
        vec![self.of_pair(
            pair,
            Found {
                rule: &table::BLOCK,
                severity: table::BLOCK.severity,
                message: self.told(attribute, &values),
                attribute: Some(attribute),
                values,
                witness: None,
            },
        )]
    }
}

/// Both directions of an ACL stand in one attribute.
fn suffix(attribute: &str, direction: Direction) -> &'static str {
    match (attribute, direction) {
        ("ingress" | "egress", _) => "",
        (_, Direction::Ingress) => ".ingress",
        (_, Direction::Egress) => ".egress",
    }
}

/// The length of the prefix of the largest block: the shorter, the larger.
fn largest(value: &Value) -> Option<u8> {
    let texts: Vec<&str> = match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let blocks = texts.iter().filter_map(|text| text.parse::<IpNet>().ok());
    blocks.map(|block| block.prefix_len()).min()
}
