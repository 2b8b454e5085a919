//! What happens at the standby now.

use serde_json::json;

use super::{BALANCER, Case, STANDBY, case, set};
use crate::model::ResourceKind as Kind;
use crate::model::Severity::{Blocking, Notice, Slowing};

const TARGETS: &str = "arn:aws:elasticloadbalancing:us-west-1:1:targetgroup/app/1";

/// The changes.
pub(super) const CASES: &[Case] = &[
    case("balancer-not-active", Blocking, |w| {
        set(Kind::ElbLoadBalancer, BALANCER, "state", json!("failed"))(w);
    }),
    case("balancer-not-active", Slowing, |w| {
        set(
            Kind::ElbLoadBalancer,
            BALANCER,
            "state",
            json!("active_impaired"),
        )(w);
    }),
    case("balancer-not-active", Slowing, |w| {
        set(
            Kind::ElbLoadBalancer,
            BALANCER,
            "state",
            json!("provisioning"),
        )(w);
    }),
    case("targets-unhealthy", Slowing, |w| {
        set(
            Kind::ElbTargetGroup,
            TARGETS,
            "targets",
            json!([{"id": "i-0", "state": "unhealthy", "reason": "Target.Timeout"}, {"id": "i-1", "state": "healthy"}]),
        )(w);
    }),
    case("cluster-not-active", Blocking, |w| {
        set(Kind::EksCluster, "main", "status", json!("FAILED"))(w);
    }),
    case("cluster-not-active", Slowing, |w| {
        set(Kind::EksCluster, "main", "status", json!("CREATING"))(w);
    }),
    case("node-group-not-active", Blocking, |w| {
        set(
            Kind::EksNodeGroup,
            "main/nodes",
            "status",
            json!("CREATE_FAILED"),
        )(w);
    }),
    case("node-group-not-active", Slowing, |w| {
        set(
            Kind::EksNodeGroup,
            "main/nodes",
            "status",
            json!("UPDATING"),
        )(w);
    }),
    case("fleet-short-of-members", Slowing, |w| {
        set(Kind::AutoscalingGroup, "app", "instances", json!([]))(w);
    }),
    case("fleet-short-of-members", Slowing, |w| {
        set(
            Kind::AutoscalingGroup,
            "app",
            "instances",
            json!([{"id": "i-0", "state": "InService", "health": "Unhealthy"}]),
        )(w);
    }),
    case("network-not-available", Blocking, |w| {
        set(Kind::Ec2Subnet, "subnet-s1", "state", json!("failed"))(w);
    }),
    case("network-not-available", Slowing, |w| {
        set(Kind::Ec2Vpc, "vpc-s", "state", json!("pending"))(w);
    }),
    case("zone-not-available", Blocking, |w| {
        for zone in ["us-west-1-az1", "us-west-1-az2"] {
            set(Kind::Ec2Zone, zone, "state", json!("unavailable"))(w);
        }
    }),
    case("zone-not-available", Slowing, |w| {
        set(Kind::Ec2Zone, "us-west-1-az1", "state", json!("impaired"))(w);
    }),
    case("git-server-unfit", Slowing, |w| {
        set(Kind::Ec2Instance, "i-sgit", "state", json!("terminated"))(w);
    }),
    case("git-server-unfit", Slowing, |w| {
        w.remove(STANDBY, Kind::Ec2Instance, "i-sgit");
    }),
    case("database-change-pending", Notice, |w| {
        set(
            Kind::RdsInstance,
            "db",
            "pending",
            json!({"class": "db.t3.large"}),
        )(w);
    }),
    case("bucket-not-replicated", Blocking, |w| {
        set(Kind::S3Bucket, "files-s", "versioning", json!("Suspended"))(w);
    }),
    case("bucket-not-replicated", Blocking, |w| {
        w.thing("ohio", Kind::S3Bucket, "files-p")
            .attributes
            .remove("replication");
    }),
    case("bucket-not-replicated", Slowing, |w| {
        let to = "arn:aws:s3:::files-s";
        w.set(
            "ohio",
            Kind::S3Bucket,
            "files-p",
            "replication",
            json!([
                {"id": "orders", "status": "Enabled", "bucket": to, "prefix": "orders/"},
                {"id": "images", "status": "Disabled", "bucket": to, "prefix": "images/"},
            ]),
        );
    }),
];
