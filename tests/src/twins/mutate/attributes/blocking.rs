//! Attributes without which a standby cannot take over.

use dr_core::model::ResourceKind as Kind;
use serde_json::json;

use super::{Row, asked_otherwise, for_another_path, gone, shorter, turned};

/// What stops a failover, by the code that is to say so.
pub(super) fn blocking() -> Vec<(&'static [&'static str], Vec<Row>)> {
    use Kind::{
        AcmCertificate, AutoscalingGroup, Ec2Instance, Ec2InternetGateway, Ec2KeyPair,
        Ec2LaunchTemplate, Ec2NatGateway, Ec2NetworkAcl, Ec2RouteTable, Ec2Subnet, EksCluster,
        EksNodeGroup, ElbListener, ElbLoadBalancer, ElbTargetGroup, KmsKey, RdsInstance,
        RdsOptionGroup, RdsParameterGroup, RdsSubnetGroup, SsmParameter,
    };
    vec![
        (
            &["fleet-not-behind-balancer"],
            vec![(
                "fleet out of its target groups",
                AutoscalingGroup,
                "",
                "target-groups",
                gone,
            )],
        ),
        (
            &["fleet-process-suspended"],
            vec![(
                "launches of the fleet suspended",
                AutoscalingGroup,
                "",
                "suspended",
                |_| Some(json!(["Launch"])),
            )],
        ),
        (
            &["machine-access-differs"],
            vec![
                (
                    "template with another key pair",
                    Ec2LaunchTemplate,
                    "",
                    "key",
                    |_| Some(json!("somebody")),
                ),
                (
                    "template without key pair",
                    Ec2LaunchTemplate,
                    "",
                    "key",
                    gone,
                ),
                (
                    "template with another profile",
                    Ec2LaunchTemplate,
                    "",
                    "instance-profile",
                    |_| Some(json!("arn:aws:iam::123456789012:instance-profile/nothing")),
                ),
                (
                    "template without groups",
                    Ec2LaunchTemplate,
                    "",
                    "security-groups",
                    gone,
                ),
                (
                    "fleet in fewer subnets",
                    AutoscalingGroup,
                    "",
                    "subnets",
                    shorter,
                ),
                ("nodes with another role", EksNodeGroup, "", "role", |_| {
                    Some(json!("arn:aws:iam::123456789012:role/nothing"))
                }),
                (
                    "nodes in fewer subnets",
                    EksNodeGroup,
                    "",
                    "subnets",
                    shorter,
                ),
                (
                    "nodes with another label",
                    EksNodeGroup,
                    "",
                    "labels.pool",
                    |_| Some(json!("other")),
                ),
                (
                    "nodes of an older release",
                    EksNodeGroup,
                    "",
                    "labels.release",
                    |_| Some(json!("blue-20190101")),
                ),
                (
                    "nodes with another taint",
                    EksNodeGroup,
                    "memory",
                    "taints",
                    |_| Some(json!([{"key": "pool", "value": "memory", "effect": "NO_EXECUTE"}])),
                ),
                (
                    "cluster without groups",
                    EksCluster,
                    "",
                    "security-groups",
                    gone,
                ),
                (
                    "cluster in fewer subnets",
                    EksCluster,
                    "",
                    "subnets",
                    shorter,
                ),
                (
                    "cluster with other authentication",
                    EksCluster,
                    "",
                    "authentication",
                    |_| Some(json!("API")),
                ),
                (
                    "single machine without groups",
                    Ec2Instance,
                    "",
                    "security-groups",
                    gone,
                ),
            ],
        ),
        (
            &["front-door-differs"],
            vec![
                (
                    "balancer inside only",
                    ElbLoadBalancer,
                    "",
                    "scheme",
                    |_| Some(json!("internal")),
                ),
                (
                    "balancer in fewer subnets",
                    ElbLoadBalancer,
                    "",
                    "subnets",
                    shorter,
                ),
                (
                    "balancer without groups",
                    ElbLoadBalancer,
                    "",
                    "security-groups",
                    gone,
                ),
                (
                    "balancer with both families of addresses",
                    ElbLoadBalancer,
                    "",
                    "address-type",
                    |_| Some(json!("dualstack")),
                ),
                (
                    "listener without certificate",
                    ElbListener,
                    "443",
                    "certificates",
                    gone,
                ),
                (
                    "listener that answers itself",
                    ElbListener,
                    "443",
                    "actions",
                    |_| Some(json!([{"type": "fixed-response"}])),
                ),
                (
                    "listener without a rule",
                    ElbListener,
                    "/443",
                    "rules",
                    shorter,
                ),
                (
                    "rule of a listener that is asked before another",
                    ElbListener,
                    "/443",
                    "rules",
                    asked_otherwise,
                ),
                (
                    "rule of a listener for another path",
                    ElbListener,
                    "/443",
                    "rules",
                    for_another_path,
                ),
                (
                    "listener that redirects elsewhere",
                    ElbListener,
                    "/80",
                    "actions",
                    |_| {
                        Some(
                            json!([{"type": "redirect", "redirect-port": "8443", "redirect-protocol": "HTTPS", "redirect-host": "#{host}"}]),
                        )
                    },
                ),
                (
                    "targets on another port",
                    ElbTargetGroup,
                    "",
                    "port",
                    |_| Some(json!(9999)),
                ),
                (
                    "targets that speak TLS",
                    ElbTargetGroup,
                    "",
                    "protocol",
                    |_| Some(json!("HTTPS")),
                ),
                (
                    "targets that speak HTTP/2",
                    ElbTargetGroup,
                    "",
                    "protocol-version",
                    |_| Some(json!("HTTP2")),
                ),
                (
                    "targets by address",
                    ElbTargetGroup,
                    "",
                    "target-type",
                    |_| Some(json!("ip")),
                ),
            ],
        ),
        (
            &[
                "front-door-differs",
                "front-door-part-missing",
                "only-at-standby",
            ],
            vec![(
                "listener on another port",
                ElbListener,
                "443",
                "port",
                |_| Some(json!(444)),
            )],
        ),
        (
            &["database-engine-differs"],
            vec![
                (
                    "database of another version",
                    RdsInstance,
                    "",
                    "engine-version",
                    |_| Some(json!("15.8")),
                ),
                (
                    "database of another engine",
                    RdsInstance,
                    "",
                    "engine",
                    |_| Some(json!("aurora-postgresql")),
                ),
                ("database on another port", RdsInstance, "", "port", |_| {
                    Some(json!(5433))
                }),
                (
                    "database without IAM logins",
                    RdsInstance,
                    "",
                    "iam-authentication",
                    turned,
                ),
                (
                    "database under another licence",
                    RdsInstance,
                    "",
                    "license",
                    |_| Some(json!("bring-your-own-license")),
                ),
            ],
        ),
        (
            &["database-parameters-differ"],
            vec![
                (
                    "database with the default parameters",
                    RdsInstance,
                    "",
                    "parameter-groups",
                    |_| Some(json!(["default.postgres16"])),
                ),
                (
                    "database with the default options",
                    RdsInstance,
                    "",
                    "option-groups",
                    |_| Some(json!(["default:postgres-16"])),
                ),
                (
                    "parameter set otherwise",
                    RdsParameterGroup,
                    "",
                    "parameters.max_connections",
                    |_| Some(json!("100")),
                ),
                (
                    "parameter not set",
                    RdsParameterGroup,
                    "",
                    "parameters.rds.force_ssl",
                    gone,
                ),
                (
                    "parameter set besides",
                    RdsParameterGroup,
                    "",
                    "parameters.work_mem",
                    |_| Some(json!("65536")),
                ),
                (
                    "parameters of another family",
                    RdsParameterGroup,
                    "",
                    "family",
                    |_| Some(json!("postgres15")),
                ),
                ("option gone", RdsOptionGroup, "", "options", gone),
                (
                    "options of another version",
                    RdsOptionGroup,
                    "",
                    "engine-version",
                    |_| Some(json!("15")),
                ),
            ],
        ),
        (
            &["database-access-differs"],
            vec![
                (
                    "database without groups",
                    RdsInstance,
                    "",
                    "security-groups",
                    gone,
                ),
                (
                    "database in the default subnets",
                    RdsInstance,
                    "",
                    "subnet-group",
                    |_| Some(json!("default")),
                ),
                ("database in public", RdsInstance, "", "public", turned),
                (
                    "database not encrypted",
                    RdsInstance,
                    "",
                    "encrypted",
                    turned,
                ),
                (
                    "database under the service's own key",
                    RdsInstance,
                    "",
                    "key",
                    gone,
                ),
                (
                    "database's subnets in fewer zones",
                    RdsSubnetGroup,
                    "",
                    "subnets",
                    shorter,
                ),
            ],
        ),
        (
            &["subnet-not-associated"],
            vec![
                (
                    "subnet without its route table",
                    Ec2RouteTable,
                    "public",
                    "subnets",
                    shorter,
                ),
                (
                    "subnet without its ACL",
                    Ec2NetworkAcl,
                    "data",
                    "subnets",
                    shorter,
                ),
                (
                    "subnet that gives public addresses",
                    Ec2Subnet,
                    "",
                    "public-addresses",
                    turned,
                ),
                (
                    "internet gateway detached",
                    Ec2InternetGateway,
                    "",
                    "vpcs",
                    gone,
                ),
                (
                    "NAT gateway without the internet",
                    Ec2NatGateway,
                    "",
                    "connectivity",
                    |_| Some(json!("private")),
                ),
            ],
        ),
        (
            &["key-differs"],
            vec![
                ("key of another kind", KmsKey, "", "spec", |_| {
                    Some(json!("RSA_4096"))
                }),
                ("key that only signs", KmsKey, "", "usage", |_| {
                    Some(json!("SIGN_VERIFY"))
                }),
                ("key with foreign material", KmsKey, "", "origin", |_| {
                    Some(json!("EXTERNAL"))
                }),
                ("key of several regions", KmsKey, "", "multi-region", turned),
                (
                    "secret parameter in the clear",
                    SsmParameter,
                    "token",
                    "type",
                    |_| Some(json!("String")),
                ),
                (
                    "parameter that names an image",
                    SsmParameter,
                    "",
                    "data-type",
                    |_| Some(json!("aws:ec2:image")),
                ),
                (
                    "secret parameter under the service's own key",
                    SsmParameter,
                    "token",
                    "key",
                    |_| Some(json!("alias/aws/ssm")),
                ),
                ("cluster without its key", EksCluster, "", "keys", gone),
                (
                    "key pair of somebody else",
                    Ec2KeyPair,
                    "",
                    "fingerprint",
                    |_| Some(json!("00:11:22")),
                ),
            ],
        ),
        (
            &["certificate-differs"],
            vec![
                (
                    "certificate for fewer names",
                    AcmCertificate,
                    "",
                    "names",
                    shorter,
                ),
                (
                    "certificate that was imported",
                    AcmCertificate,
                    "",
                    "type",
                    |_| Some(json!("IMPORTED")),
                ),
            ],
        ),
    ]
}
