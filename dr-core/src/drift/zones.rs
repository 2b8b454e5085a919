//! What the primary has in a zone more than the standby's region offers: it has no counterpart, and needs none.

use std::collections::{BTreeMap, BTreeSet};

use super::pair::Pairs;
use super::reference::{Columns, Side};
use super::scope::Scope;
use crate::model::ResourceKind as Kind;

/// The primary's things that stand in a zone too many: the subnets of a zone in which none has a counterpart, where the network is
/// in more zones than the standby's account can see; and what is there for such subnets only: a route table, a NAT gateway, its
/// address.
pub(super) fn beyond(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &Pairs,
) -> BTreeSet<u32> {
    let (primary, standby) = (columns.of(Side::Primary), columns.of(Side::Standby));
    let is_compared = |at: u32| scopes[Side::Primary.index()][at as usize] == Scope::Compared;
    let alone = |at: &u32| pairs.is_missing(scopes, (Side::Primary, *at));
    let offered = standby.scan.of_kind(Kind::Ec2Zone).count();
    let mut beyond: BTreeSet<u32> = BTreeSet::new();
    if offered == 0 || !standby.is_listed(Kind::Ec2Zone) {
        return beyond;
    }
    // By network and zone.
    let mut networks: BTreeMap<&str, BTreeMap<&str, Vec<u32>>> = BTreeMap::new();
    for at in primary
        .of_kind(Kind::Ec2Subnet)
        .filter(|&at| is_compared(at))
    {
        let subnet = primary.at(at);
        if let Some((vpc, zone)) = subnet.text("vpc").zip(subnet.text("zone")) {
            let zones = networks.entry(vpc).or_default();
            zones.entry(zone).or_default().push(at);
        }
    }
    for zones in networks.into_values() {
        let excess = zones.len().saturating_sub(offered);
        let without = zones.into_values().filter(|zone| zone.iter().all(alone));
        beyond.extend(without.take(excess).flatten());
    }
    if beyond.is_empty() {
        return beyond;
    }
    // What points to them and to nothing of their kind that has a counterpart.
    for (kind, to) in [
        (Kind::Ec2NatGateway, Kind::Ec2Subnet),
        (Kind::Ec2RouteTable, Kind::Ec2Subnet),
    ] {
        for at in primary.of_kind(kind).filter(alone).collect::<Vec<u32>>() {
            let targets = columns.targets((Side::Primary, at));
            let targets = targets.filter(|&target| primary.kind(target) == to);
            let targets: Vec<u32> = targets.collect();
            if !targets.is_empty() && targets.iter().all(|target| beyond.contains(target)) {
                beyond.insert(at);
            }
        }
    }
    let gateways: Vec<u32> = primary
        .of_kind(Kind::Ec2NatGateway)
        .filter(|at| beyond.contains(at))
        .collect();
    for at in gateways {
        let addresses = columns.targets((Side::Primary, at));
        beyond.extend(
            addresses.filter(|target| primary.kind(*target) == Kind::Ec2Address && alone(target)),
        );
    }
    beyond
}
