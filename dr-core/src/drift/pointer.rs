//! Which texts of a thing may point to other things, and to what kinds.

use serde_json::Value;

use super::index::Digested;
use crate::model::{Resource, ResourceKind as Kind};

/// A text that may point to another thing.
#[derive(Debug)]
pub(super) struct Pointer<'a> {
    /// The place of the thing that it is a text of.
    pub(super) from: u32,
    /// The innermost key that it stands under.
    pub(super) attribute: &'a str,
    /// What it may point to by an id.
    pub(super) kinds: &'static [Kind],
    pub(super) text: Digested<'a>,
}

/// What a text under a key of a thing of a kind may point to. Most texts point nowhere.
pub(super) fn pointed_to<'t>(
    of: Kind,
    attribute: &str,
    text: &'t str,
) -> Option<(&'static [Kind], Digested<'t>)> {
    let kinds = kinds(of, attribute);
    (!kinds.is_empty() || is_arn(text)).then(|| (kinds, Digested::of(text)))
}

pub(super) fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// Whether an attribute may point to other things by their ids.
pub(super) fn points(of: Kind, attribute: &str) -> bool {
    !kinds(of, attribute).is_empty()
}

/// The kinds of things that an attribute may point to, by an id that is not an ARN.
pub(super) fn kinds(of: Kind, attribute: &str) -> &'static [Kind] {
    match attribute {
        "vpc" | "vpcs" => &[Kind::Ec2Vpc],
        "subnet" | "subnets" => &[Kind::Ec2Subnet],
        "security-groups" | "group" => &[Kind::Ec2SecurityGroup],
        "image" => &[Kind::Ec2Image],
        "key" if of == Kind::Ec2Instance || of == Kind::Ec2LaunchTemplate => {
            &[Kind::Ec2KeyPair, Kind::KmsKey]
        }
        "key" | "keys" => &[Kind::KmsKey],
        "public-addresses" if of == Kind::Ec2NatGateway => &[Kind::Ec2Address],
        "load-balancer" | "load-balancers" => &[Kind::ElbLoadBalancer],
        "target-groups" => &[Kind::ElbTargetGroup],
        "certificates" => &[Kind::AcmCertificate],
        "gateways" => &[Kind::Ec2InternetGateway],
        "target" => &[
            Kind::Ec2InternetGateway,
            Kind::Ec2NatGateway,
            Kind::Ec2Instance,
        ],
        "launch-template" | "id" if of == Kind::AutoscalingGroup => &[Kind::Ec2LaunchTemplate],
        "instance" if of == Kind::RdsSnapshot => &[Kind::RdsInstance],
        "instance" => &[Kind::Ec2Instance],
        "subnet-group" => &[Kind::RdsSubnetGroup],
        "parameter-groups" => &[Kind::RdsParameterGroup],
        "option-groups" => &[Kind::RdsOptionGroup],
        "replica-of" | "replicas" if of == Kind::RdsInstance => &[Kind::RdsInstance],
        "cluster" => &[Kind::EksCluster],
        "bucket" => &[Kind::S3Bucket],
        _ => &[],
    }
}

/// Calls `see` with each text in the attributes of a thing, and the key that it stands under.
pub(super) fn each_text<'v>(resource: &'v Resource, mut see: impl FnMut(&'v str, &'v str)) {
    for (attribute, value) in &resource.attributes {
        texts(attribute, value, &mut see);
    }
}

/// Calls `see` with each text of a value and the attribute that it stands under: the innermost key.
pub(super) fn texts<'v>(
    attribute: &'v str,
    value: &'v Value,
    see: &mut impl FnMut(&'v str, &'v str),
) {
    match value {
        Value::String(text) => see(attribute, text),
        Value::Array(list) => list.iter().for_each(|value| texts(attribute, value, see)),
        Value::Object(map) => map.iter().for_each(|(key, value)| texts(key, value, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
