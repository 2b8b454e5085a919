//! Machines, networks and quotas.

use serde_json::json;

use super::{Case, STANDBY, another_at_primary, case, quota, set};
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
    case("quota-vcpus", Blocking, |w| quota(w, "ec2/L-1216C47A", 11)),
    case("quota-vcpus", Slowing, |w| quota(w, "ec2/L-1216C47A", 12)),
    case("quota-fleets", Blocking, |w| {
        another_at_primary(w, Kind::AutoscalingGroup);
        quota(w, "autoscaling/L-CDE20ADC", 1);
    }),
    case("quota-clusters", Blocking, |w| {
        another_at_primary(w, Kind::EksCluster);
        quota(w, "eks/L-1194D53C", 1);
    }),
    case("quota-databases", Blocking, |w| {
        another_at_primary(w, Kind::RdsInstance);
        quota(w, "rds/L-7B6409FD", 1);
    }),
    case("quota-database-storage", Blocking, |w| {
        w.set("ohio", Kind::RdsInstance, "db", "storage-gib", json!(2000));
    }),
    case("quota-balancers", Blocking, |w| {
        another_at_primary(w, Kind::ElbLoadBalancer);
        quota(w, "elasticloadbalancing/L-53DA6B97", 1);
    }),
    case("quota-elastic-addresses", Blocking, |w| {
        another_at_primary(w, Kind::Ec2Address);
        quota(w, "ec2/L-0263D0A3", 1);
    }),
    case("quota-networks", Blocking, |w| {
        another_at_primary(w, Kind::Ec2Vpc);
        quota(w, "vpc/L-F678F1CE", 1);
    }),
    case("quota-nat-gateways", Blocking, |w| {
        another_at_primary(w, Kind::Ec2NatGateway);
        quota(w, "vpc/L-FE5A380F", 1);
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
    case("networks-overlap", Slowing, |w| {
        set(Kind::Ec2Vpc, "vpc-s", "cidrs", json!(["10.1.128.0/17"]))(w);
    }),
];
