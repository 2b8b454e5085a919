//! Rules about what the standby has not at all.

use super::{Missing, REL13, doc};
use crate::model::Family::{Compute, Database, Edge, Network, Secrets, Storage};
use crate::model::ResourceKind as Kind;
use crate::model::Severity::Blocking;

/// Rules about what the standby has not at all.
pub(in super::super) const MISSING: &[Missing] = &[
    Missing {
        doc: doc(
            "network-part-missing",
            Network,
            Blocking,
            [
                "a part of the network stands at the primary only",
                "What is started in a failover has nowhere to stand, or no way out.",
                "make it at the standby: apply the site's stack",
                REL13,
            ],
        ),
        of: &[
            Kind::Ec2Vpc,
            Kind::Ec2Subnet,
            Kind::Ec2RouteTable,
            Kind::Ec2InternetGateway,
            Kind::Ec2NatGateway,
            Kind::Ec2NetworkAcl,
            Kind::Ec2SecurityGroup,
        ],
    },
    Missing {
        doc: doc(
            "fleet-part-missing",
            Compute,
            Blocking,
            [
                "a part of the fleet or cluster stands at the primary only",
                "The standby cannot start what serves the clients.",
                "make it at the standby: apply the site's stack; copy an image to its region",
                REL13,
            ],
        ),
        of: &[
            Kind::AutoscalingGroup,
            Kind::Ec2LaunchTemplate,
            Kind::Ec2Image,
            Kind::Ec2KeyPair,
            Kind::Ec2Instance,
            Kind::EksCluster,
            Kind::EksNodeGroup,
        ],
    },
    Missing {
        doc: doc(
            "front-door-part-missing",
            Edge,
            Blocking,
            [
                "a part of the front door stands at the primary only",
                "Clients that come to the standby find nobody listening, or no valid certificate.",
                "make it at the standby: apply the site's stack; a certificate is requested in each region",
                "https://docs.aws.amazon.com/acm/latest/userguide/acm-regions.html",
            ],
        ),
        of: &[
            Kind::ElbLoadBalancer,
            Kind::ElbListener,
            Kind::ElbTargetGroup,
            Kind::AcmCertificate,
        ],
    },
    Missing {
        doc: doc(
            "database-part-missing",
            Database,
            Blocking,
            [
                "a database, or a group that it needs, stands at the primary only",
                "There is nothing to promote, or what is promoted runs with the defaults.",
                "make the replica, or the group, at the standby",
                "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.XRgn.html",
            ],
        ),
        of: &[
            Kind::RdsInstance,
            Kind::RdsParameterGroup,
            Kind::RdsOptionGroup,
            Kind::RdsSubnetGroup,
        ],
    },
    Missing {
        doc: doc(
            "secret-missing",
            Secrets,
            Blocking,
            [
                "a secret, parameter or key stands at the primary only",
                "The application starts at the standby and does not find what it logs in with.",
                "replicate the secret to the standby's region; write the parameter there; make a key of the same kind",
                "https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html",
            ],
        ),
        of: &[Kind::SecretsManagerSecret, Kind::SsmParameter, Kind::KmsKey],
    },
    Missing {
        doc: doc(
            "bucket-missing",
            Storage,
            Blocking,
            [
                "a bucket of the estate stands at the primary only",
                "What is kept in it is lost with the region, or cannot be written after the failover.",
                "make the bucket in the standby's region, and replicate to it",
                "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html",
            ],
        ),
        of: &[Kind::S3Bucket],
    },
];

/// What to do about a missing thing, where its rule is about several kinds and each is made in another way.
pub(in super::super) fn fix_of_missing(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::SecretsManagerSecret => "replicate the secret to the standby's region",
        Kind::SsmParameter => "write the parameter in the standby's region",
        Kind::KmsKey => {
            "make a key of the same kind with the same alias at the standby, or replicate it there where it is a multi-Region key"
        }
        Kind::Ec2Image => "copy the image to the standby's region",
        Kind::Ec2KeyPair => "import the public key at the standby under the same name",
        Kind::AcmCertificate => "request a certificate for the same names in the standby's region",
        Kind::RdsInstance => "make a replica of the primary's database at the standby",
        _ => return None,
    })
}
