//! The table of rules: which difference does what to a failover.

use crate::model::{Family, ResourceKind as Kind, RuleDoc, Severity};

/// Which attributes of a kind a rule is about.
pub(super) type Of = (Kind, &'static [&'static str]);

/// A rule about differing attributes.
pub(super) struct Attributes {
    pub(super) doc: RuleDoc,
    pub(super) of: &'static [Of],
}

/// A rule about a thing that has no counterpart on the standby.
pub(super) struct Missing {
    pub(super) doc: RuleDoc,
    pub(super) of: &'static [Kind],
}

use Family::{Compute, Control, Database, Edge, Network, Secrets, Storage};
use Severity::{Blocking, Notice, Slowing};

const REL13: &str = "https://docs.aws.amazon.com/wellarchitected/latest/framework/rel_planning_for_recovery_config_drift.html";

const fn doc(
    code: &'static str,
    family: Family,
    severity: Severity,
    [title, why, fix, source]: [&'static str; 4],
) -> RuleDoc {
    RuleDoc {
        code,
        family,
        severity,
        title,
        why,
        fix,
        source,
    }
}

/// What differs and is not in any other rule.
pub(super) const OTHER: RuleDoc = doc(
    "attribute-differs",
    Control,
    Notice,
    [
        "an attribute differs between the sites",
        "Nothing that is known of it stops or slows a failover; it is told because nobody declared it.",
        "make both sites alike in Terraform, or write an exception that says why they differ",
        REL13,
    ],
);

/// What the standby has and the primary has not.
pub(super) const EXTRA: RuleDoc = doc(
    "only-at-standby",
    Control,
    Notice,
    [
        "something of the estate stands at the standby only",
        "A failover works without it; it may be a leftover, or a change that was made on one site only.",
        "remove it at the standby, or make it at the primary too",
        REL13,
    ],
);

/// A security group or network ACL that refuses at the standby what the primary's lets through.
pub(super) const REFUSED: RuleDoc = doc(
    "traffic-refused-at-standby",
    Network,
    Blocking,
    [
        "the standby refuses packets that the primary lets through",
        "After a failover the same traffic comes to the standby and is dropped there.",
        "let the witness packet through at the standby as at the primary",
        "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    ],
);

/// The other way round.
pub(super) const ADMITTED: RuleDoc = doc(
    "traffic-admitted-only-at-standby",
    Network,
    Slowing,
    [
        "the standby lets through packets that the primary refuses",
        "The service works, and is more open than what was reviewed at the primary.",
        "remove the rule at the standby, or make it at the primary too",
        "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    ],
);

/// A route that the standby has not, or has elsewhere.
pub(super) const ROUTE: RuleDoc = doc(
    "route-differs",
    Network,
    Blocking,
    [
        "the standby routes something elsewhere than the primary, or not at all",
        "What the application reaches at the primary it may not reach at the standby.",
        "make the route at the standby as at the primary",
        "https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html",
    ],
);

/// A block of addresses that is smaller at the standby.
pub(super) const BLOCK: RuleDoc = doc(
    "address-block-smaller",
    Network,
    Slowing,
    [
        "the standby has fewer addresses than the primary",
        "Members of a fleet, nodes and pods each take addresses: the failed-over load may not find enough.",
        "give the standby a block as large as the primary's",
        "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
    ],
);

/// A fleet that cannot become as large as the estate needs it.
pub(super) const CANNOT_GROW: RuleDoc = doc(
    "fleet-cannot-grow",
    Compute,
    Blocking,
    [
        "the standby's fleet may not become as large as the load needs",
        "`provision` scales the standby up to the primary's number, and Auto Scaling refuses more than the maximum.",
        "raise the group's maximum at the standby",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-capacity-limits.html",
    ],
);

/// Things that cannot be told apart.
pub(super) const AMBIGUOUS: RuleDoc = doc(
    "counterpart-ambiguous",
    Control,
    Notice,
    [
        "several things are alike on both sites, and nothing says which is which",
        "They were not compared: a wrong pair would hide a difference or invent one.",
        "give each the tag dr:component and a name that is the same on both sites",
        "docs/drift.md",
    ],
);

/// Rules about attributes, the first that fits decides.
pub(super) const ATTRIBUTES: &[Attributes] = &[
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

/// Rules about what the standby has not at all.
pub(super) const MISSING: &[Missing] = &[
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
                "replicate the secret to the standby's region; write the parameter there",
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

/// The rest: what is missing and in no other rule.
pub(super) const MISSING_OTHER: RuleDoc = doc(
    "missing-at-standby",
    Control,
    Slowing,
    [
        "something of the estate stands at the primary only",
        "Whatever needs it at the primary will not find it at the standby.",
        "make it at the standby, or write an exception that says why it is not needed",
        REL13,
    ],
);
