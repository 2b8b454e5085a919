//! What an attribute is, and so how it is treated. What this table does not name is compared: a new attribute is never
//! silently left out.

use crate::model::ResourceKind as Kind;

/// How an attribute is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aspect {
    /// It should be the same on both sites.
    Compared,
    /// It tells the one from the other, as it should: an id, an address, an instant, a generated name.
    Identity,
    /// What happens there now. Readiness judges it; the other site's is no measure for it.
    Condition,
    /// How much there is now, of what can be there: a standby may have less, if it can have as much.
    Capacity,
    /// What follows from the role that the site has now.
    Role,
    /// A block of addresses: only its size is compared.
    Block,
    /// Rules, compared as the set of packets that they let through.
    Packets,
    /// Routes, compared by destination.
    Routes,
    /// The hash of a value: compared, unless the value is an address of the site.
    Value,
}

/// What is the same for every kind.
const EVERYWHERE: &[(&str, Aspect)] = &[
    ("state", Aspect::Condition),
    ("status", Aspect::Condition),
    ("created", Aspect::Identity),
    ("changed", Aspect::Identity),
    ("zone", Aspect::Identity),
    ("zone-id", Aspect::Identity),
    ("zones", Aspect::Identity),
    ("endpoint", Aspect::Identity),
    ("dns-name", Aspect::Identity),
    ("dns-zone", Aspect::Identity),
    ("private-address", Aspect::Identity),
    ("public-address", Aspect::Identity),
];

/// What an attribute of a kind is.
pub(crate) fn aspect(kind: Kind, attribute: &str) -> Aspect {
    let special = of_kind(kind)
        .iter()
        .chain(EVERYWHERE)
        .find(|(name, _)| *name == attribute);
    special.map_or(Aspect::Compared, |(_, aspect)| *aspect)
}

/// The attributes of a kind that are left to readiness. Of facts readiness reads what it needs.
#[cfg(test)]
pub(crate) fn conditions(kind: Kind) -> impl Iterator<Item = &'static str> {
    let of_kind = of_kind(kind).iter().chain(EVERYWHERE);
    of_kind
        .filter(move |(_, aspect)| *aspect == Aspect::Condition && !is_fact(kind))
        .map(|(name, _)| *name)
}

fn of_kind(kind: Kind) -> &'static [(&'static str, Aspect)] {
    use Aspect::{Block, Capacity, Compared, Condition, Identity, Packets, Role, Routes, Value};
    match kind {
        Kind::Ec2Vpc => &[
            ("cidr", Block),
            ("cidrs", Block),
            ("ipv6-cidrs", Block),
            ("dhcp-options", Identity),
        ],
        Kind::Ec2Subnet => &[("cidr", Block), ("free-addresses", Condition)],
        Kind::Ec2RouteTable => &[("routes", Routes)],
        Kind::Ec2NatGateway => &[
            // Whether it has one; which is its identity.
            ("public-addresses", Identity),
            ("failure", Condition),
        ],
        Kind::Ec2NetworkAcl => &[("entries", Packets)],
        Kind::Ec2SecurityGroup => &[("ingress", Packets), ("egress", Packets)],
        Kind::Ec2Instance => &[
            ("launched", Identity),
            ("volumes", Identity),
            // Off at a standby, where the estate says so.
            ("state", Condition),
        ],
        Kind::Ec2Image => &[
            ("source-image", Identity),
            ("source-region", Identity),
            ("disks", Compared),
            ("deprecated", Condition),
        ],
        Kind::Ec2LaunchTemplate => &[
            ("default-version", Identity),
            ("latest-version", Identity),
            ("version", Identity),
            // Readiness judges them.
            ("image-facts", Condition),
            ("user-data-mentions", Role),
        ],
        Kind::Ec2KeyPair => &[("fingerprint", Compared)],
        Kind::Ec2Address => &[("instance", Identity), ("network-interface", Identity)],
        Kind::ElbTargetGroup => &[("targets", Condition)],
        Kind::AutoscalingGroup => &[
            ("minimum", Capacity),
            ("maximum", Capacity),
            ("desired", Capacity),
            ("instances", Condition),
        ],
        Kind::EksCluster => &[("platform-version", Identity)],
        Kind::EksNodeGroup => &[
            ("minimum", Capacity),
            ("maximum", Capacity),
            ("desired", Capacity),
            // The newest build for the version on the day when the group was updated.
            ("release", Identity),
        ],
        Kind::RdsInstance => &[
            // Whether the standby's follows the primary's is judged by itself.
            ("replica-of", Role),
            ("replicas", Role),
            // A promotion sets it; RDS takes no backups of some replicas.
            ("backup-days", Role),
            ("pending", Condition),
            ("replication", Role),
            ("parameter-status", Condition),
            // Drawn by RDS where nobody chose them, from a block of hours of each region (RDS API reference, CreateDBInstance).
            ("maintenance-window", Identity),
            ("backup-window", Identity),
            ("restorable-until", Identity),
        ],
        Kind::S3Bucket => &[
            // Each site replicates to the other.
            ("replication", Role),
        ],
        Kind::KmsKey => &[
            ("multi-region-type", Role),
            ("multi-region-primary", Role),
            ("multi-region-replicas", Role),
            ("deleted-at", Condition),
        ],
        Kind::SecretsManagerSecret => &[
            ("primary-region", Role),
            ("replicas", Role),
            ("rotated", Identity),
        ],
        Kind::SsmParameter => &[
            ("version", Identity),
            ("value-hash", Value),
            ("mentions", Role),
        ],
        Kind::AcmCertificate => &[
            ("expires", Condition),
            ("in-use", Condition),
            ("renewal", Condition),
        ],
        _ => &[],
    }
}

/// Kinds that are read for what they tell about a site, and are not the site's own things: they have no counterpart.
pub(crate) fn is_fact(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::StsAccount
            | Kind::Ec2Zone
            | Kind::Ec2TypeOffering
            | Kind::RdsOrderable
            | Kind::RdsSnapshot
            | Kind::IamRole
            | Kind::ServiceQuota
            | Kind::TerraformState
            | Kind::TerraformResource
            | Kind::Route53Zone
            | Kind::Route53Record
            | Kind::Route53HealthCheck
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_table_does_not_name_is_compared() {
        assert_eq!(aspect(Kind::RdsInstance, "class"), Aspect::Compared);
        assert_eq!(
            aspect(Kind::RdsInstance, "an-attribute-of-tomorrow"),
            Aspect::Compared
        );
    }

    #[test]
    fn a_kind_has_the_last_word_over_what_is_the_same_everywhere() {
        assert_eq!(aspect(Kind::Ec2Subnet, "zone"), Aspect::Identity);
        assert_eq!(aspect(Kind::Ec2SecurityGroup, "ingress"), Aspect::Packets);
    }
}
