//! Rules of security groups and network ACLs, one peer a rule: the service merges and splits them as it likes.

use aws_sdk_ec2::types::{IpPermission, NetworkAclEntry, Route};
use serde_json::Value;

use super::super::value::{object, sorted_values, word};

/// The rules of one direction of a security group.
pub(super) fn permissions(permissions: &[IpPermission]) -> Vec<Value> {
    sorted_values(permissions.iter().flat_map(peers))
}

fn peers(permission: &IpPermission) -> Vec<Value> {
    let rule = |peer: &str, value: Option<&str>, description: Option<&str>| {
        object([
            ("protocol", permission.ip_protocol().into()),
            ("from-port", permission.from_port().into()),
            ("to-port", permission.to_port().into()),
            (peer, value.into()),
            ("description", description.into()),
        ])
    };
    let four = permission.ip_ranges().iter();
    let four = four.map(|range| rule("cidr", range.cidr_ip(), range.description()));
    let six = permission.ipv6_ranges().iter();
    let six = six.map(|range| rule("cidr", range.cidr_ipv6(), range.description()));
    let lists = permission.prefix_list_ids().iter();
    let lists = lists.map(|list| rule("prefix-list", list.prefix_list_id(), list.description()));
    let groups = permission.user_id_group_pairs().iter();
    let groups = groups.map(|pair| rule("group", pair.group_id(), pair.description()));
    four.chain(six).chain(lists).chain(groups).collect()
}

/// An entry of a network ACL.
pub(super) fn entry(entry: &NetworkAclEntry) -> Value {
    let ports = entry.port_range();
    let icmp = entry.icmp_type_code();
    object([
        ("number", entry.rule_number().into()),
        ("egress", entry.egress().into()),
        ("protocol", entry.protocol().into()),
        ("action", word(entry.rule_action()).into()),
        (
            "cidr",
            entry.cidr_block().or(entry.ipv6_cidr_block()).into(),
        ),
        ("from-port", ports.and_then(|ports| ports.from()).into()),
        ("to-port", ports.and_then(|ports| ports.to()).into()),
        ("icmp-type", icmp.and_then(|icmp| icmp.r#type()).into()),
        ("icmp-code", icmp.and_then(|icmp| icmp.code()).into()),
    ])
}

/// A route: where to, through what.
pub(super) fn route(route: &Route) -> Value {
    let destination = route
        .destination_cidr_block()
        .or(route.destination_ipv6_cidr_block())
        .or(route.destination_prefix_list_id());
    let targets = [
        ("gateway", route.gateway_id()),
        ("nat-gateway", route.nat_gateway_id()),
        ("transit-gateway", route.transit_gateway_id()),
        ("peering", route.vpc_peering_connection_id()),
        (
            "egress-only-gateway",
            route.egress_only_internet_gateway_id(),
        ),
        ("local-gateway", route.local_gateway_id()),
        ("carrier-gateway", route.carrier_gateway_id()),
        ("core-network", route.core_network_arn()),
        ("instance", route.instance_id()),
        ("network-interface", route.network_interface_id()),
    ];
    // A route through an instance names its interface too: the first that is set says what it is.
    let (through, target) = targets
        .into_iter()
        .find_map(|(through, target)| Some((through, target?)))
        .unzip();
    object([
        ("destination", destination.into()),
        ("through", through.into()),
        ("target", target.into()),
        ("state", word(route.state()).into()),
        ("origin", word(route.origin()).into()),
    ])
}
