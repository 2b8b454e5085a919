//! Defaults that one site spells out and the other leaves out.

use dr_core::model::ResourceKind as Kind;
use dr_core::sim::Dice;
use serde_json::{Value, json};

use super::{Twins, of_kind};

/// What a service does when an attribute is not set.
fn defaults() -> Vec<(Kind, &'static str, Value)> {
    vec![
        (Kind::Ec2Vpc, "tenancy", json!("default")),
        (Kind::Ec2Subnet, "public-addresses", json!(false)),
        (Kind::Ec2Subnet, "default", json!(false)),
        (Kind::Ec2RouteTable, "main", json!(false)),
        (Kind::Ec2NatGateway, "connectivity", json!("public")),
        (Kind::Ec2NetworkAcl, "default", json!(false)),
        (Kind::Ec2Instance, "ebs-optimized", json!(false)),
        (Kind::Ec2LaunchTemplate, "ebs-optimized", json!(false)),
        (Kind::ElbLoadBalancer, "address-type", json!("ipv4")),
        (Kind::ElbTargetGroup, "protocol-version", json!("HTTP1")),
        (Kind::AutoscalingGroup, "health-check", json!("EC2")),
        (Kind::AutoscalingGroup, "termination", json!(["Default"])),
        (Kind::EksCluster, "private-endpoint", json!(false)),
        (Kind::EksNodeGroup, "capacity", json!("ON_DEMAND")),
        (Kind::RdsInstance, "multi-az", json!(false)),
        (Kind::RdsInstance, "public", json!(false)),
        (Kind::RdsInstance, "encrypted", json!(false)),
        (Kind::RdsInstance, "iam-authentication", json!(false)),
        (Kind::RdsInstance, "deletion-protection", json!(false)),
        (Kind::KmsKey, "multi-region", json!(false)),
        (Kind::KmsKey, "rotation", json!(false)),
        (Kind::SecretsManagerSecret, "rotation", json!(false)),
        (Kind::SsmParameter, "tier", json!("Standard")),
        (Kind::SsmParameter, "data-type", json!("text")),
        (Kind::AcmCertificate, "more-names", json!(false)),
    ]
}

pub(super) fn spell_defaults(twins: &mut Twins, side: usize, dice: &mut Dice) {
    for (kind, name, value) in defaults() {
        for resource in of_kind(twins, side, kind) {
            if dice.chance(50) && !resource.attributes.contains_key(name) {
                resource.attributes.insert(name.to_owned(), value.clone());
            }
        }
    }
}

pub(super) fn leave_defaults(twins: &mut Twins, side: usize, dice: &mut Dice) {
    for (kind, name, value) in defaults() {
        for resource in of_kind(twins, side, kind) {
            if dice.chance(50) && resource.attributes.get(name) == Some(&value) {
                resource.attributes.remove(name);
            }
        }
    }
}
