//! Which attributes point to other things, and to what.

use serde_json::Value;

use super::column::Column;
use crate::model::{Resource, ResourceKind as Kind};

/// The two columns of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// The site that takes the writes.
    Primary,
    /// The one that is to take over.
    Standby,
}

impl Side {
    /// Both, the primary first.
    pub(crate) const BOTH: [Self; 2] = [Self::Primary, Self::Standby];

    /// The index of its column.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Primary => 0,
            Self::Standby => 1,
        }
    }

    /// The other one.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Primary => Self::Standby,
            Self::Standby => Self::Primary,
        }
    }
}

/// One thing of one column.
pub(crate) type Place = (Side, u32);

/// Both columns.
#[derive(Debug)]
pub(crate) struct Columns<'a>(pub(crate) [Column<'a>; 2]);

impl<'a> Columns<'a> {
    /// The column of a side.
    pub(crate) fn of(&self, side: Side) -> &Column<'a> {
        &self.0[side.index()]
    }

    /// What a text in an attribute of a thing on `side` points to: of the same site first, then of the other.
    pub(crate) fn target(
        &self,
        side: Side,
        kind: Kind,
        attribute: &str,
        text: &str,
    ) -> Option<Place> {
        let kinds = kinds(kind, attribute);
        // So it is of most texts.
        if kinds.is_empty() && !is_arn(text) {
            return None;
        }
        [side, side.other()]
            .into_iter()
            .find_map(|side| Some((side, self.target_on(side, kinds, text)?)))
    }

    fn target_on(&self, side: Side, kinds: &[Kind], text: &str) -> Option<u32> {
        let column = self.of(side);
        if is_arn(text) {
            // An id may be an ARN as well: load balancers, secrets and certificates have no other.
            if let Some(found) = column.by_arn(text) {
                return Some(found);
            }
        }
        let mut kinds = kinds.iter().copied();
        kinds.find_map(|kind| {
            let by_id = column.by_id(kind, text);
            by_id.or_else(|| match kind {
                Kind::Ec2KeyPair | Kind::Ec2Address => column.by_alias(kind, text),
                // An alias may stand alone or at the end of an ARN.
                Kind::KmsKey => {
                    let alias = text.find("alias/").map(|at| &text[at..]);
                    column.by_alias(kind, alias?)
                }
                _ => None,
            })
        })
    }
}

impl Columns<'_> {
    /// Whether a text is an id of something that was not found because the list of its kind was not read to its end.
    pub(crate) fn is_unread(&self, side: Side, kind: Kind, attribute: &str, text: &str) -> bool {
        let mut kinds = kinds(kind, attribute).iter();
        kinds.any(|kind| !self.of(side).is_listed(*kind))
            && self.target(side, kind, attribute, text).is_none()
    }
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// Whether an attribute may point to other things by their ids.
pub(crate) fn points(of: Kind, attribute: &str) -> bool {
    !kinds(of, attribute).is_empty()
}

/// The kinds of things that an attribute may point to, by an id that is not an ARN.
fn kinds(of: Kind, attribute: &str) -> &'static [Kind] {
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
pub(crate) fn each_text<'v>(resource: &'v Resource, mut see: impl FnMut(&'v str, &'v str)) {
    for (attribute, value) in &resource.attributes {
        texts(attribute, value, &mut see);
    }
}

/// Calls `see` with each text of a value and the attribute that it stands under: the innermost key.
pub(crate) fn texts<'v>(
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
