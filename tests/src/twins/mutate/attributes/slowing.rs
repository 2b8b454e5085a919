//! Attributes that make a standby slower, or only different.

use dr_core::model::ResourceKind as Kind;
use serde_json::json;

use super::{Row, gone, turned};

/// What does not stop one.
pub(super) fn slowing() -> Vec<(&'static [&'static str], Vec<Row>)> {
    use Kind::{
        AcmCertificate, AutoscalingGroup, Ec2Image, Ec2Instance, Ec2LaunchTemplate, Ec2Vpc,
        EksCluster, EksNodeGroup, ElbListener, ElbTargetGroup, KmsKey, RdsInstance, S3Bucket,
        SecretsManagerSecret, SsmParameter,
    };
    vec![
        (
            &["instance-type-differs"],
            vec![
                (
                    "template with another type",
                    Ec2LaunchTemplate,
                    "",
                    "instance-type",
                    |_| Some(json!("t2.nano")),
                ),
                (
                    "fleet with types of its own",
                    AutoscalingGroup,
                    "",
                    "instance-types",
                    |_| Some(json!(["t2.nano"])),
                ),
                (
                    "nodes of another type",
                    EksNodeGroup,
                    "",
                    "instance-types",
                    |_| Some(json!(["t2.nano"])),
                ),
                (
                    "nodes on spot capacity",
                    EksNodeGroup,
                    "",
                    "capacity",
                    |_| Some(json!("SPOT")),
                ),
                (
                    "nodes with smaller disks",
                    EksNodeGroup,
                    "",
                    "disk-gib",
                    |_| Some(json!(8)),
                ),
                (
                    "single machine of another type",
                    Ec2Instance,
                    "",
                    "instance-type",
                    |_| Some(json!("t2.nano")),
                ),
            ],
        ),
        (
            &["image-differs"],
            vec![
                (
                    "nodes from another image",
                    EksNodeGroup,
                    "",
                    "image-type",
                    |_| Some(json!("BOTTLEROCKET_x86_64")),
                ),
                (
                    "image for other processors",
                    Ec2Image,
                    "",
                    "architecture",
                    |_| Some(json!("arm64")),
                ),
                (
                    "image that boots otherwise",
                    Ec2Image,
                    "",
                    "boot-mode",
                    |_| Some(json!("legacy-bios")),
                ),
                (
                    "single machine for other processors",
                    Ec2Instance,
                    "",
                    "architecture",
                    |_| Some(json!("arm64")),
                ),
            ],
        ),
        (
            &["kubernetes-version-differs"],
            vec![
                (
                    "cluster of another version",
                    EksCluster,
                    "",
                    "version",
                    |_| Some(json!("1.30")),
                ),
                (
                    "nodes of another version",
                    EksNodeGroup,
                    "",
                    "version",
                    |_| Some(json!("1.30")),
                ),
            ],
        ),
        (
            &["health-check-differs"],
            vec![
                (
                    "health asked elsewhere",
                    ElbTargetGroup,
                    "",
                    "health-check.path",
                    |_| Some(json!("/")),
                ),
                (
                    "health answered otherwise",
                    ElbTargetGroup,
                    "",
                    "health-check.matcher",
                    |_| Some(json!("200-499")),
                ),
                (
                    "health asked seldom",
                    ElbTargetGroup,
                    "",
                    "health-check.interval-s",
                    |_| Some(json!(300)),
                ),
                (
                    "fleet asks the machine only",
                    AutoscalingGroup,
                    "",
                    "health-check",
                    |_| Some(json!("EC2")),
                ),
                (
                    "fleet gives no grace",
                    AutoscalingGroup,
                    "",
                    "health-check-grace-s",
                    |_| Some(json!(0)),
                ),
            ],
        ),
        (
            &["tls-policy-differs"],
            vec![(
                "old versions of TLS",
                ElbListener,
                "443",
                "tls-policy",
                |_| Some(json!("ELBSecurityPolicy-2016-08")),
            )],
        ),
        (
            &["database-class-differs"],
            vec![
                (
                    "database of another class",
                    RdsInstance,
                    "",
                    "class",
                    |_| Some(json!("db.t3.micro")),
                ),
                (
                    "database with less storage",
                    RdsInstance,
                    "",
                    "storage-gib",
                    |_| Some(json!(20)),
                ),
                (
                    "database on other storage",
                    RdsInstance,
                    "",
                    "storage-type",
                    |_| Some(json!("gp2")),
                ),
                (
                    "database that cannot grow",
                    RdsInstance,
                    "",
                    "storage-most-gib",
                    gone,
                ),
                (
                    "database with fewer operations",
                    RdsInstance,
                    "",
                    "iops",
                    |_| Some(json!(1000)),
                ),
                ("database in one zone", RdsInstance, "", "multi-az", turned),
            ],
        ),
        (
            &["parameter-value-differs"],
            vec![(
                "parameter with another value",
                SsmParameter,
                "flags",
                "value-hash",
                |_| Some(json!("sha256:00")),
            )],
        ),
        (
            &["template-version-pinned"],
            vec![(
                "fleet that follows its template otherwise",
                AutoscalingGroup,
                "",
                "launch-template.version",
                |version| {
                    let is_newest = version.as_str()?.starts_with('$');
                    Some(json!(if is_newest { "7" } else { "$Latest" }))
                },
            )],
        ),
        (
            &["bucket-protection-differs"],
            vec![
                (
                    "bucket without versions",
                    S3Bucket,
                    "",
                    "versioning",
                    |_| Some(json!("Suspended")),
                ),
                (
                    "bucket encrypted otherwise",
                    S3Bucket,
                    "logs",
                    "encryption",
                    |_| Some(json!([{"algorithm": "aws:kms", "bucket-key": true}])),
                ),
                ("bucket without policy", S3Bucket, "logs", "policy", gone),
                (
                    "bucket that may be public",
                    S3Bucket,
                    "",
                    "public-block.block-policy",
                    turned,
                ),
                (
                    "bucket whose versions are guarded",
                    S3Bucket,
                    "",
                    "mfa-delete",
                    |_| Some(json!("Enabled")),
                ),
            ],
        ),
        (
            &["attribute-differs"],
            vec![
                (
                    "template with other user data",
                    Ec2LaunchTemplate,
                    "",
                    "user-data-hash",
                    |_| Some(json!("sha256:00")),
                ),
                (
                    "template with old metadata",
                    Ec2LaunchTemplate,
                    "",
                    "http-tokens",
                    |_| Some(json!("optional")),
                ),
                (
                    "template with smaller disks",
                    Ec2LaunchTemplate,
                    "",
                    "volumes",
                    |_| Some(json!([{"device": "/dev/xvda", "size-gib": 8}])),
                ),
                (
                    "network on machines of its own",
                    Ec2Vpc,
                    "",
                    "tenancy",
                    |_| Some(json!("dedicated")),
                ),
                (
                    "cluster open to the internet",
                    EksCluster,
                    "",
                    "public-endpoint",
                    turned,
                ),
                (
                    "database that may be deleted",
                    RdsInstance,
                    "",
                    "deletion-protection",
                    turned,
                ),
                (
                    "database without logs",
                    RdsInstance,
                    "",
                    "log-exports",
                    gone,
                ),
                (
                    "database of another authority",
                    RdsInstance,
                    "",
                    "certificate-authority",
                    |_| Some(json!("rds-ca-2019")),
                ),
                (
                    "database that upgrades itself",
                    RdsInstance,
                    "",
                    "minor-upgrades",
                    turned,
                ),
                ("key that does not rotate", KmsKey, "", "rotation", turned),
                (
                    "secret that does not rotate",
                    SecretsManagerSecret,
                    "",
                    "rotation",
                    turned,
                ),
                (
                    "certificate with another kind of key",
                    AcmCertificate,
                    "",
                    "key-algorithm",
                    |_| Some(json!("EC-prime256v1")),
                ),
                (
                    "fleet that ends others first",
                    AutoscalingGroup,
                    "",
                    "termination",
                    |_| Some(json!(["OldestInstance"])),
                ),
            ],
        ),
    ]
}
