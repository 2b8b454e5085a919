//! Rules about attributes that differ.

use super::{Attributes, REL13, doc};
use crate::model::Family::{Compute, Database, Edge, Network, Secrets, Storage};
use crate::model::ResourceKind as Kind;
use crate::model::Severity::{Blocking, Notice, Slowing};

/// Rules about attributes, the first that fits decides.
pub(in super::super) const ATTRIBUTES: &[Attributes] = &[
    Attributes {
        doc: doc(
            "fleet-not-behind-balancer",
            Edge,
            Blocking,
            [
                "the standby's fleet is in other target groups than the primary's",
                "Its members serve nobody: the balancer has no healthy target after the failover.",
                "attach the fleet to the same target groups at the standby",
                "https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-load-balancer.html",
            ],
        ),
        of: &[(Kind::AutoscalingGroup, &["target-groups"])],
    },
    Attributes {
        doc: doc(
            "fleet-process-suspended",
            Compute,
            Blocking,
            [
                "processes of the fleet are suspended on one site only",
                "With `Launch` suspended a fleet does not grow; a fence leaves it so on an old primary until it is built up again.",
                "resume the processes where the site is to take over",
                "https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html",
            ],
        ),
        of: &[(Kind::AutoscalingGroup, &["suspended"])],
    },
    Attributes {
        doc: doc(
            "instance-type-differs",
            Compute,
            Slowing,
            [
                "machines of the standby are of another type",
                "The same number of them carries another load than at the primary.",
                "use the same type on both sites, or one that carries as much",
                REL13,
            ],
        ),
        of: &[
            (Kind::Ec2LaunchTemplate, &["instance-type"]),
            (Kind::AutoscalingGroup, &["instance-types"]),
            (
                Kind::EksNodeGroup,
                &["instance-types", "capacity", "disk-gib"],
            ),
            (Kind::Ec2Instance, &["instance-type"]),
        ],
    },
    Attributes {
        doc: doc(
            "image-differs",
            Compute,
            Slowing,
            [
                "machines of the standby start from another image",
                "They may run an older build, and behave otherwise under the same load.",
                "copy the primary's image to the standby's region and use it there",
                REL13,
            ],
        ),
        of: &[
            (Kind::Ec2LaunchTemplate, &["image"]),
            (Kind::Ec2Instance, &["image", "architecture"]),
            (Kind::EksNodeGroup, &["image-type"]),
            (
                Kind::Ec2Image,
                &["architecture", "disks", "boot-mode", "root-device"],
            ),
        ],
    },
    Attributes {
        doc: doc(
            "template-version-pinned",
            Compute,
            Notice,
            [
                "the fleets follow their launch templates in different ways",
                "One starts machines from a numbered version, the other from the newest or the default one: the next change of the \
                 template reaches one site only. Which numbers they are says nothing: each site counts its own.",
                "let both fleets name a number, or both `$Latest`, or both `$Default`",
                "https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-templates.html",
            ],
        ),
        of: &[(Kind::AutoscalingGroup, &["launch-template.version"])],
    },
    Attributes {
        doc: doc(
            "machine-access-differs",
            Compute,
            Blocking,
            [
                "machines of the standby have other rights, groups or keys",
                "They may not reach the database, the secrets or the bucket that those of the primary reach.",
                "use the same profile, security groups and key in the standby's launch template",
                "https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-templates.html",
            ],
        ),
        of: &[
            (
                Kind::Ec2LaunchTemplate,
                &["instance-profile", "security-groups", "key", "subnets"],
            ),
            (
                Kind::Ec2Instance,
                &["instance-profile", "security-groups", "key"],
            ),
            (
                Kind::AutoscalingGroup,
                &["launch-template", "launch-configuration", "subnets"],
            ),
            (Kind::EksNodeGroup, &["role", "subnets", "labels", "taints"]),
            (
                Kind::EksCluster,
                &["role", "security-groups", "subnets", "authentication"],
            ),
        ],
    },
    Attributes {
        doc: doc(
            "kubernetes-version-differs",
            Compute,
            Slowing,
            [
                "the clusters run different versions of Kubernetes",
                "Manifests and APIs that work at the primary may be refused at the standby.",
                "upgrade the older cluster",
                "https://kubernetes.io/releases/version-skew-policy/",
            ],
        ),
        of: &[
            (Kind::EksCluster, &["version"]),
            (Kind::EksNodeGroup, &["version"]),
        ],
    },
    Attributes {
        doc: doc(
            "health-check-differs",
            Edge,
            Slowing,
            [
                "the two sites judge the health of members differently",
                "Members come into service later, or are replaced while they start.",
                "use the same health check on both sites",
                "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html",
            ],
        ),
        of: &[
            (Kind::ElbTargetGroup, &["health-check"]),
            (
                Kind::AutoscalingGroup,
                &["health-check", "health-check-grace-s"],
            ),
        ],
    },
    Attributes {
        doc: doc(
            "front-door-differs",
            Edge,
            Blocking,
            [
                "the standby's balancer listens or forwards otherwise",
                "Clients that come to the standby are refused, or sent elsewhere.",
                "make listener and target group at the standby as at the primary",
                "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html",
            ],
        ),
        of: &[
            (
                Kind::ElbLoadBalancer,
                &[
                    "type",
                    "scheme",
                    "security-groups",
                    "subnets",
                    "address-type",
                ],
            ),
            (
                Kind::ElbListener,
                &[
                    "protocol",
                    "port",
                    "certificates",
                    "actions",
                    "rules",
                    "load-balancer",
                ],
            ),
            (
                Kind::ElbTargetGroup,
                &[
                    "protocol",
                    "protocol-version",
                    "port",
                    "target-type",
                    "load-balancers",
                ],
            ),
        ],
    },
    Attributes {
        doc: doc(
            "tls-policy-differs",
            Edge,
            Slowing,
            [
                "the standby's listener speaks other versions of TLS",
                "Some clients that the primary serves cannot connect to the standby.",
                "use the same TLS policy on both sites",
                "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html",
            ],
        ),
        of: &[(Kind::ElbListener, &["tls-policy"])],
    },
    Attributes {
        doc: doc(
            "database-engine-differs",
            Database,
            Blocking,
            [
                "the databases differ in engine, version, port or authentication",
                "What the application does against the primary may fail against the standby's database.",
                "bring both to the same version; a replica is upgraded before its source",
                "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html",
            ],
        ),
        of: &[(
            Kind::RdsInstance,
            &[
                "engine",
                "engine-version",
                "port",
                "iam-authentication",
                "license",
            ],
        )],
    },
    Attributes {
        doc: doc(
            "database-class-differs",
            Database,
            Slowing,
            [
                "the databases are of different classes or storage",
                "The promoted database carries another load than the primary did; changing its class takes minutes and restarts it.",
                "use the same class and storage on both sites",
                "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.html",
            ],
        ),
        of: &[(
            Kind::RdsInstance,
            &[
                "class",
                "storage-gib",
                "storage-type",
                "storage-most-gib",
                "iops",
                "multi-az",
            ],
        )],
    },
    Attributes {
        doc: doc(
            "database-parameters-differ",
            Database,
            Blocking,
            [
                "the databases run with different parameters or options",
                "Connections, timeouts, extensions or encryption behave otherwise after the promotion.",
                "set the same values in the standby's groups; a static one needs a restart, which is shorter now than in a failover",
                "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html",
            ],
        ),
        of: &[
            (Kind::RdsParameterGroup, &["parameters", "family"]),
            (
                Kind::RdsOptionGroup,
                &["options", "engine", "engine-version"],
            ),
            (Kind::RdsInstance, &["parameter-groups", "option-groups"]),
        ],
    },
    Attributes {
        doc: doc(
            "database-access-differs",
            Database,
            Blocking,
            [
                "the standby's database stands in other networks or groups, or is encrypted otherwise",
                "The application cannot connect to it after the promotion, or the site lacks the key.",
                "give it the counterparts of the primary's groups and key",
                "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.html",
            ],
        ),
        of: &[
            (
                Kind::RdsInstance,
                &[
                    "security-groups",
                    "subnet-group",
                    "vpc",
                    "public",
                    "encrypted",
                    "key",
                ],
            ),
            (Kind::RdsSubnetGroup, &["subnets", "vpc"]),
        ],
    },
    Attributes {
        doc: doc(
            "subnet-not-associated",
            Network,
            Blocking,
            [
                "subnets of the standby hang on another route table, ACL or network than the primary's",
                "What stands in them reaches other places than at the primary, or none.",
                "associate the subnets at the standby as at the primary",
                "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html",
            ],
        ),
        of: &[
            (Kind::Ec2RouteTable, &["subnets", "gateways", "vpc", "main"]),
            (Kind::Ec2NetworkAcl, &["subnets", "vpc", "default"]),
            (Kind::Ec2Subnet, &["vpc", "public-addresses"]),
            (Kind::Ec2InternetGateway, &["vpcs"]),
            (Kind::Ec2NatGateway, &["vpc", "subnet", "connectivity"]),
            (Kind::Ec2SecurityGroup, &["vpc"]),
        ],
    },
    Attributes {
        doc: doc(
            "key-differs",
            Secrets,
            Blocking,
            [
                "keys or what is encrypted with them differ",
                "Data that the primary reads may not be readable at the standby.",
                "make the standby's key of the same kind, and encrypt with it",
                "https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html",
            ],
        ),
        of: &[
            (Kind::KmsKey, &["usage", "spec", "origin", "multi-region"]),
            (Kind::SecretsManagerSecret, &["key"]),
            (Kind::SsmParameter, &["key", "type", "data-type"]),
            (Kind::EksCluster, &["keys"]),
            (Kind::Ec2KeyPair, &["fingerprint", "type"]),
        ],
    },
    Attributes {
        doc: doc(
            "certificate-differs",
            Edge,
            Blocking,
            [
                "the standby's certificate is for other names, or is not valid",
                "Clients that follow the name to the standby refuse its certificate.",
                "request a certificate for the same names in the standby's region",
                "https://docs.aws.amazon.com/acm/latest/userguide/acm-regions.html",
            ],
        ),
        of: &[(
            Kind::AcmCertificate,
            &["domain", "names", "more-names", "type"],
        )],
    },
    Attributes {
        doc: doc(
            "bucket-protection-differs",
            Storage,
            Slowing,
            [
                "the buckets are versioned, encrypted or shared differently",
                "Writes after the failover are protected less, or are refused.",
                "give the standby's bucket the same versioning, encryption and policy",
                "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",
            ],
        ),
        of: &[(
            Kind::S3Bucket,
            &[
                "versioning",
                "mfa-delete",
                "encryption",
                "policy",
                "public-block",
            ],
        )],
    },
];
