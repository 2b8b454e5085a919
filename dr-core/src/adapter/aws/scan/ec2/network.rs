//! VPCs and what is in them.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    Address, AvailabilityZone, InternetGateway, NatGateway, NetworkAcl, RouteTable, SecurityGroup,
    Subnet, Vpc,
};

use super::super::reader::Reader;
use super::super::scanner::Wanted;
use super::super::topic::Topic;
use super::super::value::{arn, sorted, sorted_values, tags, word};
use super::{PAGE, client, rules};
use crate::model::{Region, Resource, ResourceKind as Kind};

const ZONES: Topic = Topic::new(Kind::Ec2Zone, "ec2", "DescribeAvailabilityZones");
const VPCS: Topic = Topic::new(Kind::Ec2Vpc, "ec2", "DescribeVpcs");
const SUBNETS: Topic = Topic::new(Kind::Ec2Subnet, "ec2", "DescribeSubnets");
const ROUTE_TABLES: Topic = Topic::new(Kind::Ec2RouteTable, "ec2", "DescribeRouteTables");
const INTERNET: Topic = Topic::new(Kind::Ec2InternetGateway, "ec2", "DescribeInternetGateways");
const NAT: Topic = Topic::new(Kind::Ec2NatGateway, "ec2", "DescribeNatGateways");
const ACLS: Topic = Topic::new(Kind::Ec2NetworkAcl, "ec2", "DescribeNetworkAcls");
const GROUPS: Topic = Topic::new(Kind::Ec2SecurityGroup, "ec2", "DescribeSecurityGroups");
const ADDRESSES: Topic = Topic::new(Kind::Ec2Address, "ec2", "DescribeAddresses");

/// What this file asks.
pub(in super::super) const TOPICS: &[Topic] = &[
    ZONES,
    VPCS,
    SUBNETS,
    ROUTE_TABLES,
    INTERNET,
    NAT,
    ACLS,
    GROUPS,
    ADDRESSES,
];

/// Reads the network.
pub(in super::super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
    let ec2 = &client(reader.site());
    let region = &reader.site().site().region;
    read_zones(reader, ec2).await;
    read_vpcs(reader, ec2, region).await;
    read_subnets(reader, ec2).await;
    read_route_tables(reader, ec2, region).await;
    read_internet_gateways(reader, ec2, region).await;
    read_nat_gateways(reader, ec2).await;
    read_network_acls(reader, ec2, region).await;
    read_security_groups(reader, ec2, region).await;
    read_addresses(reader, ec2).await;
}

async fn read_zones(reader: &mut Reader<'_>, ec2: &Client) {
    reader
        .list(
            &ZONES,
            |_| ec2.describe_availability_zones().send(),
            |page| (None, page.availability_zones().iter().map(zone).collect()),
        )
        .await;
}

async fn read_vpcs(reader: &mut Reader<'_>, ec2: &Client, region: &Region) {
    reader
        .list(
            &VPCS,
            |token| {
                ec2.describe_vpcs()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                (
                    page.next_token.clone(),
                    page.vpcs().iter().map(|v| vpc(v, region)).collect(),
                )
            },
        )
        .await;
}

async fn read_subnets(reader: &mut Reader<'_>, ec2: &Client) {
    reader
        .list(
            &SUBNETS,
            |token| {
                ec2.describe_subnets()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                (
                    page.next_token.clone(),
                    page.subnets().iter().map(subnet).collect(),
                )
            },
        )
        .await;
}

async fn read_route_tables(reader: &mut Reader<'_>, ec2: &Client, region: &Region) {
    reader
        .list(
            &ROUTE_TABLES,
            // 100 is the most that this list takes (EC2 API reference, DescribeRouteTables).
            |token| {
                ec2.describe_route_tables()
                    .max_results(100)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                let tables = page.route_tables().iter();
                (
                    page.next_token.clone(),
                    tables.map(|t| route_table(t, region)).collect(),
                )
            },
        )
        .await;
}

async fn read_internet_gateways(reader: &mut Reader<'_>, ec2: &Client, region: &Region) {
    reader
        .list(
            &INTERNET,
            |token| {
                ec2.describe_internet_gateways()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                let gateways = page.internet_gateways().iter();
                (
                    page.next_token.clone(),
                    gateways.map(|g| internet_gateway(g, region)).collect(),
                )
            },
        )
        .await;
}

async fn read_nat_gateways(reader: &mut Reader<'_>, ec2: &Client) {
    reader
        .list(
            &NAT,
            |token| {
                ec2.describe_nat_gateways()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                (
                    page.next_token.clone(),
                    page.nat_gateways().iter().map(nat_gateway).collect(),
                )
            },
        )
        .await;
}

async fn read_network_acls(reader: &mut Reader<'_>, ec2: &Client, region: &Region) {
    reader
        .list(
            &ACLS,
            |token| {
                ec2.describe_network_acls()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                let acls = page.network_acls().iter();
                (
                    page.next_token.clone(),
                    acls.map(|a| network_acl(a, region)).collect(),
                )
            },
        )
        .await;
}

async fn read_security_groups(reader: &mut Reader<'_>, ec2: &Client, region: &Region) {
    reader
        .list(
            &GROUPS,
            |token| {
                ec2.describe_security_groups()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                let groups = page.security_groups().iter();
                (
                    page.next_token.clone(),
                    groups.map(|g| security_group(g, region)).collect(),
                )
            },
        )
        .await;
}

async fn read_addresses(reader: &mut Reader<'_>, ec2: &Client) {
    reader
        .list(
            &ADDRESSES,
            |_| ec2.describe_addresses().send(),
            |page| (None, page.addresses().iter().map(address).collect()),
        )
        .await;
}

fn zone(zone: &AvailabilityZone) -> Resource {
    Resource::new(Kind::Ec2Zone, zone.zone_id().unwrap_or_default())
        .named(zone.zone_name())
        .with("state", word(zone.state()))
        .with("type", zone.zone_type())
        .with("opt-in", word(zone.opt_in_status()))
}

fn vpc(vpc: &Vpc, region: &Region) -> Resource {
    let id = vpc.vpc_id().unwrap_or_default();
    let blocks = vpc.cidr_block_association_set().iter();
    let six = vpc.ipv6_cidr_block_association_set().iter();
    Resource::new(Kind::Ec2Vpc, id)
        .arn(arn(region, "ec2", vpc.owner_id(), &format!("vpc/{id}")).as_deref())
        .tagged(tags!(vpc.tags()))
        .with("cidr", vpc.cidr_block())
        .with(
            "cidrs",
            sorted(blocks.filter_map(|block| block.cidr_block())),
        )
        .with(
            "ipv6-cidrs",
            sorted(six.filter_map(|block| block.ipv6_cidr_block())),
        )
        .with("default", vpc.is_default())
        .with("state", word(vpc.state()))
        .with("tenancy", word(vpc.instance_tenancy()))
        .with("dhcp-options", vpc.dhcp_options_id())
}

fn subnet(subnet: &Subnet) -> Resource {
    Resource::new(Kind::Ec2Subnet, subnet.subnet_id().unwrap_or_default())
        .arn(subnet.subnet_arn())
        .tagged(tags!(subnet.tags()))
        .with("vpc", subnet.vpc_id())
        .with("cidr", subnet.cidr_block())
        .with("zone", subnet.availability_zone())
        .with("zone-id", subnet.availability_zone_id())
        .with("free-addresses", subnet.available_ip_address_count())
        .with("public-addresses", subnet.map_public_ip_on_launch())
        .with("default", subnet.default_for_az())
        .with("state", word(subnet.state()))
}

fn route_table(table: &RouteTable, region: &Region) -> Resource {
    let id = table.route_table_id().unwrap_or_default();
    let subnets = table.associations().iter();
    let gateways = table.associations().iter();
    Resource::new(Kind::Ec2RouteTable, id)
        .arn(
            arn(
                region,
                "ec2",
                table.owner_id(),
                &format!("route-table/{id}"),
            )
            .as_deref(),
        )
        .tagged(tags!(table.tags()))
        .with("vpc", table.vpc_id())
        .with(
            "main",
            table.associations().iter().any(|a| a.main() == Some(true)),
        )
        .with("subnets", sorted(subnets.filter_map(|a| a.subnet_id())))
        .with("gateways", sorted(gateways.filter_map(|a| a.gateway_id())))
        .with(
            "routes",
            sorted_values(table.routes().iter().map(rules::route)),
        )
}

fn internet_gateway(gateway: &InternetGateway, region: &Region) -> Resource {
    let id = gateway.internet_gateway_id().unwrap_or_default();
    let attached = gateway.attachments().iter();
    Resource::new(Kind::Ec2InternetGateway, id)
        .arn(
            arn(
                region,
                "ec2",
                gateway.owner_id(),
                &format!("internet-gateway/{id}"),
            )
            .as_deref(),
        )
        .tagged(tags!(gateway.tags()))
        .with("vpcs", sorted(attached.filter_map(|a| a.vpc_id())))
}

fn nat_gateway(gateway: &NatGateway) -> Resource {
    let public = gateway.nat_gateway_addresses().iter();
    Resource::new(
        Kind::Ec2NatGateway,
        gateway.nat_gateway_id().unwrap_or_default(),
    )
    .tagged(tags!(gateway.tags()))
    .with("vpc", gateway.vpc_id())
    .with("subnet", gateway.subnet_id())
    .with("state", word(gateway.state()))
    .with("connectivity", word(gateway.connectivity_type()))
    .with(
        "public-addresses",
        sorted(public.filter_map(|a| a.public_ip())),
    )
    .with("failure", gateway.failure_message())
}

fn network_acl(acl: &NetworkAcl, region: &Region) -> Resource {
    let id = acl.network_acl_id().unwrap_or_default();
    let subnets = acl.associations().iter();
    Resource::new(Kind::Ec2NetworkAcl, id)
        .arn(arn(region, "ec2", acl.owner_id(), &format!("network-acl/{id}")).as_deref())
        .tagged(tags!(acl.tags()))
        .with("vpc", acl.vpc_id())
        .with("default", acl.is_default())
        .with("subnets", sorted(subnets.filter_map(|a| a.subnet_id())))
        .with(
            "entries",
            sorted_values(acl.entries().iter().map(rules::entry)),
        )
}

fn security_group(group: &SecurityGroup, region: &Region) -> Resource {
    let id = group.group_id().unwrap_or_default();
    let built = arn(
        region,
        "ec2",
        group.owner_id(),
        &format!("security-group/{id}"),
    );
    Resource::new(Kind::Ec2SecurityGroup, id)
        .arn(group.security_group_arn().or(built.as_deref()))
        .named(group.group_name())
        .tagged(tags!(group.tags()))
        .with("vpc", group.vpc_id())
        .with("description", group.description())
        .with("ingress", rules::permissions(group.ip_permissions()))
        .with("egress", rules::permissions(group.ip_permissions_egress()))
}

fn address(address: &Address) -> Resource {
    let id = address.allocation_id().or(address.public_ip());
    Resource::new(Kind::Ec2Address, id.unwrap_or_default())
        .tagged(tags!(address.tags()))
        .with("public-address", address.public_ip())
        .with("private-address", address.private_ip_address())
        .with("instance", address.instance_id())
        .with("network-interface", address.network_interface_id())
        .with("domain", word(address.domain()))
}
