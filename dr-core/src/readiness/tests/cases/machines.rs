//! Machines and networks.

use serde_json::json;

use super::{Case, STANDBY, case, set};
use crate::model::ResourceKind as Kind;
use crate::model::Severity::{Blocking, Notice, Slowing};

/// The changes.
pub(super) const CASES: &[Case] = &[
    case("fleet-missing", Blocking, |w| {
        w.remove(STANDBY, Kind::AutoscalingGroup, "app");
    }),
    case("type-not-offered", Blocking, |w| {
        set(Kind::Ec2TypeOffering, "t3.micro", "zone-ids", json!([]))(w);
    }),
    case("type-not-offered", Slowing, |w| {
        set(
            Kind::Ec2TypeOffering,
            "t3.medium",
            "zone-ids",
            json!(["us-west-1-az1"]),
        )(w);
    }),
    case("image-absent", Blocking, |w| {
        set(Kind::Ec2LaunchTemplate, "lt-s", "image", json!("ami-p"))(w);
    }),
    case("image-absent", Blocking, |w| {
        set(Kind::Ec2Image, "ami-s", "state", json!("deregistered"))(w);
    }),
    case("image-absent", Blocking, |w| {
        set(Kind::Ec2LaunchTemplate, "lt-s", "image", json!("ami-other"))(w);
        set(
            Kind::Ec2LaunchTemplate,
            "lt-s",
            "image-facts",
            json!({"state": "absent"}),
        )(w);
    }),
    case("image-architecture-differs", Blocking, |w| {
        set(Kind::Ec2Image, "ami-s", "architecture", json!("arm64"))(w);
    }),
    case("image-stale", Slowing, |w| {
        w.thing(STANDBY, Kind::Ec2Image, "ami-s").name = Some("shop-6".to_owned());
        set(
            Kind::Ec2Image,
            "ami-s",
            "created",
            json!("2026-01-01T00:00:00.000Z"),
        )(w);
    }),
    case("image-deprecated", Notice, |w| {
        set(
            Kind::Ec2Image,
            "ami-s",
            "deprecated",
            json!("2026-03-01T00:00:00Z"),
        )(w);
    }),
    case("role-missing", Blocking, |w| {
        w.remove(STANDBY, Kind::IamRole, "shop-app");
    }),
    case("role-missing", Blocking, |w| {
        set(
            Kind::IamRole,
            "shop-app",
            "instance-profiles",
            json!(["another"]),
        )(w);
    }),
    case("role-missing", Blocking, |w| {
        set(
            Kind::EksNodeGroup,
            "main/nodes",
            "role",
            json!("arn:aws:iam::1:role/gone"),
        )(w);
    }),
    case("template-names-primary", Blocking, |w| {
        set(
            Kind::Ec2LaunchTemplate,
            "lt-s",
            "security-groups",
            json!(["sg-p"]),
        )(w);
    }),
    case("template-names-primary", Blocking, |w| {
        w.thing(STANDBY, Kind::Ec2KeyPair, "key-s").name = Some("else".to_owned());
    }),
    case("template-names-primary", Blocking, |w| {
        set(
            Kind::Ec2LaunchTemplate,
            "lt-s",
            "volumes",
            json!([{"key": "arn:aws:kms:us-east-2:1:key/k"}]),
        )(w);
    }),
    case("template-names-primary", Blocking, |w| {
        set(
            Kind::Ec2LaunchTemplate,
            "lt-s",
            "user-data-mentions",
            json!(["us-east-2"]),
        )(w);
    }),
    case("addresses-too-few", Blocking, |w| {
        set(Kind::Ec2Subnet, "subnet-s1", "free-addresses", json!(2))(w);
        set(Kind::Ec2Subnet, "subnet-s2", "free-addresses", json!(1))(w);
    }),
    case("addresses-too-few", Blocking, |w| {
        for subnet in ["subnet-s1", "subnet-s2"] {
            set(Kind::Ec2Subnet, subnet, "cidr", json!("10.2.0.0/29"))(w);
            set(Kind::Ec2Subnet, subnet, "free-addresses", json!(3))(w);
        }
    }),
    case("egress-missing", Blocking, |w| {
        set(Kind::Ec2RouteTable, "rtb-s", "routes", json!([]))(w);
    }),
    case("egress-missing", Blocking, |w| {
        set(Kind::Ec2NatGateway, "nat-s", "state", json!("failed"))(w);
    }),
    case("egress-missing", Blocking, |w| {
        w.remove(STANDBY, Kind::Ec2NatGateway, "nat-s");
    }),
    case("egress-missing", Blocking, |w| {
        let route = json!({"destination": "0.0.0.0/0", "through": "gateway", "target": "igw-gone", "state": "active"});
        set(Kind::Ec2RouteTable, "rtb-s", "routes", json!([route]))(w);
    }),
    case("zones-too-few", Blocking, |w| {
        set(
            Kind::Ec2Subnet,
            "subnet-s2",
            "zone-id",
            json!("us-west-1-az1"),
        )(w);
    }),
    case("zones-too-few", Blocking, |w| {
        w.remove(STANDBY, Kind::Ec2Subnet, "subnet-s2");
    }),
    case("networks-overlap", Slowing, |w| {
        set(Kind::Ec2Vpc, "vpc-s", "cidrs", json!(["10.1.128.0/17"]))(w);
    }),
];
