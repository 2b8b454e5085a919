//! What an attribute that is not set means. A site that was built by hand leaves it out, one that was built by Terraform spells
//! it out, and both are the same.

use serde_json::{Value, json};

use crate::model::ResourceKind as Kind;

/// What a service does where nothing is said, each by the reference of the call that sets it. Of a yes or no that is not listed here,
/// that is no: so say the references of encryption, two nodes, protection from deletion and IAM authentication (RDS,
/// `CreateDBInstance`), EBS optimisation (EC2, `RunInstances`), private endpoints (EKS, `VpcConfigRequest`) and bucket keys (S3,
/// `ServerSideEncryptionRule`).
fn of_kind(kind: Kind, path: &str) -> Option<Value> {
    let text = match (kind, path) {
        // EC2 API reference, CreateVpc: "Default: default"; CreateNatGateway: "The default is public connectivity".
        (Kind::Ec2Vpc, "tenancy") => "default",
        (Kind::Ec2NatGateway, "connectivity") => "public",
        // Elastic Load Balancing API reference, CreateLoadBalancer, names no default, and says what internal ones must use. AWS always
        // tells the type: only another server leaves it out.
        (Kind::ElbLoadBalancer, "address-type") => "ipv4",
        // The same: "The default is an Internet-facing load balancer".
        (Kind::ElbLoadBalancer, "scheme") => "internet-facing",
        // CreateTargetGroup: "The default is HTTP1"; of every protocol but GENEVE the default port is `traffic-port`; checks of
        // instances, addresses and balancers "are always enabled". Of functions they are not by default, and AWS tells it.
        (Kind::ElbTargetGroup, "protocol-version") => "HTTP1",
        (Kind::ElbTargetGroup, "health-check.port") => "traffic-port",
        (Kind::ElbTargetGroup, "health-check.enabled") => return Some(json!(true)),
        // EC2 Auto Scaling API reference, CreateAutoScalingGroup: "EC2 is the default health check"; user guide,
        // "ec2-auto-scaling-termination-policies": the default policy where none is named.
        (Kind::AutoscalingGroup, "health-check") => "EC2",
        (Kind::AutoscalingGroup, "termination") => return Some(json!(["Default"])),
        // EKS user guide, "managed-node-groups": On-Demand where no capacity type is named; API reference, VpcConfigRequest: "The
        // default value for this parameter is true".
        (Kind::EksNodeGroup, "capacity") => "ON_DEMAND",
        (Kind::EksCluster, "public-endpoint") => return Some(json!(true)),
        // Systems Manager API reference, PutParameter: the standard tier, where nobody changed the account's default (the list always
        // tells it); ParameterMetadata: "The default is text".
        (Kind::SsmParameter, "tier") => "Standard",
        (Kind::SsmParameter, "data-type") => "text",
        // RDS API reference, CreateDBInstance: "By default, minor engine upgrades are applied automatically".
        (Kind::RdsInstance, "minor-upgrades") => return Some(json!(true)),
        // KMS API reference, CreateKey: "The default value is ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "The default is AWS_KMS".
        (Kind::KmsKey, "usage") => "ENCRYPT_DECRYPT",
        (Kind::KmsKey, "spec") => "SYMMETRIC_DEFAULT",
        (Kind::KmsKey, "origin") => "AWS_KMS",
        _ => return None,
    };
    Some(json!(text))
}

/// Whether a value says what an attribute means that is not set. `path` is the whole way to it: `health-check.port`.
pub(crate) fn says_nothing(kind: Kind, path: &str, value: &Value) -> bool {
    match (value, of_kind(kind, path)) {
        (Value::Null, _) => true,
        (Value::String(text), _) if text.is_empty() => true,
        (Value::Array(list), _) if list.is_empty() => true,
        (Value::Object(map), _) => map.values().all(is_empty),
        (value, Some(default)) => *value == default,
        (value, None) => *value == json!(false),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelt_out_is_the_same_as_what_is_left_out() {
        for (kind, path, value) in [
            (Kind::RdsInstance, "public", json!(false)),
            (Kind::SsmParameter, "tier", json!("Standard")),
            (Kind::ElbTargetGroup, "health-check.enabled", json!(true)),
            (Kind::RdsInstance, "minor-upgrades", json!(true)),
            (Kind::Ec2Instance, "anything", json!([])),
        ] {
            assert!(says_nothing(kind, path, &value), "{kind} {path}");
        }
    }

    #[test]
    fn what_is_not_the_default_says_something() {
        for (kind, path, value) in [
            (Kind::RdsInstance, "public", json!(true)),
            (Kind::ElbTargetGroup, "health-check.enabled", json!(false)),
            (Kind::RdsInstance, "iops", json!(0)),
            (Kind::RdsInstance, "minor-upgrades", json!(false)),
            (Kind::Ec2Instance, "tier", json!("Standard")),
        ] {
            assert!(!says_nothing(kind, path, &value), "{kind} {path}");
        }
    }
}
