//! What of a state is kept: a closed list of types and of their attributes, in the names that the scan has for them.
//!
//! An attribute is on it where it is harmless to know, is compared between the sites, and says the same in the same words as
//! the service does. Ids, ARNs and names of other things are not: they differ between the sites anyway. Names and types of the
//! attributes are those of the AWS provider 5.100 (`terraform providers schema -json`).

use serde_json::{Map, Value, json};

use crate::model::ResourceKind as Kind;

/// How an attribute of Terraform becomes one of the scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it stands.
    Same,
    /// A text that is `true` or `false`, or nothing.
    Flag,
    /// A number of which zero means that there is none.
    Most,
    /// Whether a balancer is internal, as the service's word for it.
    Scheme,
    /// Blocks of name and value, as one map.
    Parameters,
    /// A bucket's versioning: the service tells none where it was never turned on.
    Versioning,
}

/// From where in the state, to where in the scan, and how. Blocks are lists of one in a state: a dot leads into them.
type Kept = (&'static str, &'static str, Form);

/// A type of Terraform.
#[derive(Debug)]
pub(super) struct Type {
    name: &'static str,
    /// What a scan calls that which it manages.
    pub(super) manages: Kind,
    kept: &'static [Kept],
}

/// The type of that name.
pub(super) fn of_type(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|known| known.name == name)
}

impl Type {
    /// What is kept of the attributes of one resource.
    pub(super) fn values(
        &self,
        attributes: &Map<String, Value>,
        is_sensitive: impl Fn(&str) -> bool,
    ) -> Map<String, Value> {
        let mut values = Map::new();
        for (from, to, form) in self.kept {
            let top = from.split('.').next().unwrap_or(from);
            let value = (!is_sensitive(top)).then(|| at(attributes, from)).flatten();
            if let Some(value) = value.and_then(|value| form.of(value)) {
                put(&mut values, to, value);
            }
        }
        values
    }
}

/// The value at a path, into the first block where there are blocks.
fn at<'v>(attributes: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    match path.split_once('.') {
        None => attributes.get(path),
        Some((block, inside)) => at(attributes.get(block)?.get(0)?.as_object()?, inside),
    }
}

fn put(values: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((top, inside)) = path.split_once('.') else {
        values.insert(path.to_owned(), value);
        return;
    };
    let within = values.entry(top).or_insert_with(|| json!({}));
    if let Some(within) = within.as_object_mut() {
        within.insert(inside.to_owned(), value);
    }
}

impl Form {
    /// A value as the scan has it; `None` where the state says nothing.
    fn of(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (_, Value::Null) => None,
            (Self::Same, Value::String(text)) if text.is_empty() => None,
            (Self::Same, value) => Some(value.clone()),
            (Self::Flag, Value::Bool(is)) => Some(json!(is)),
            (Self::Flag, value) => value.as_str()?.parse::<bool>().ok().map(Value::from),
            (Self::Most, value) => (value.as_u64()? > 0).then(|| value.clone()),
            (Self::Scheme, value) => Some(json!(if value.as_bool()? {
                "internal"
            } else {
                "internet-facing"
            })),
            (Self::Parameters, value) => Some(parameters(value.as_array()?)),
            (Self::Versioning, value) => {
                let status = value.as_str()?;
                (status != "Disabled").then(|| json!(status))
            }
        }
    }
}

fn parameters(blocks: &[Value]) -> Value {
    let named = blocks.iter().filter_map(|block| {
        let name = block.get("name")?.as_str()?;
        Some((name.to_owned(), block.get("value")?.clone()))
    });
    Value::Object(named.collect())
}

const fn only(name: &'static str, manages: Kind) -> Type {
    keeps(name, manages, &[])
}

const fn keeps(name: &'static str, manages: Kind, kept: &'static [Kept]) -> Type {
    Type {
        name,
        manages,
        kept,
    }
}

use Form::{Flag, Most, Parameters, Same, Scheme, Versioning};

const BALANCER: &[Kept] = &[
    ("internal", "scheme", Scheme),
    ("load_balancer_type", "type", Same),
    ("ip_address_type", "address-type", Same),
];

const TARGET_GROUP: &[Kept] = &[
    ("protocol", "protocol", Same),
    ("protocol_version", "protocol-version", Same),
    ("port", "port", Same),
    ("target_type", "target-type", Same),
    ("health_check.enabled", "health-check.enabled", Same),
    ("health_check.protocol", "health-check.protocol", Same),
    ("health_check.port", "health-check.port", Same),
    ("health_check.path", "health-check.path", Same),
    ("health_check.matcher", "health-check.matcher", Same),
    ("health_check.interval", "health-check.interval-s", Same),
    ("health_check.timeout", "health-check.timeout-s", Same),
    (
        "health_check.healthy_threshold",
        "health-check.healthy-after",
        Same,
    ),
    (
        "health_check.unhealthy_threshold",
        "health-check.unhealthy-after",
        Same,
    ),
];

const LISTENER: &[Kept] = &[
    ("port", "port", Same),
    ("protocol", "protocol", Same),
    ("ssl_policy", "tls-policy", Same),
];

/// The types. Of those that keep nothing it is known what they manage, so that a thing is not taken for another of its name.
const TYPES: &[Type] = &[
    only("aws_vpc", Kind::Ec2Vpc),
    keeps(
        "aws_subnet",
        Kind::Ec2Subnet,
        &[("map_public_ip_on_launch", "public-addresses", Same)],
    ),
    only("aws_route_table", Kind::Ec2RouteTable),
    only("aws_internet_gateway", Kind::Ec2InternetGateway),
    only("aws_nat_gateway", Kind::Ec2NatGateway),
    only("aws_network_acl", Kind::Ec2NetworkAcl),
    only("aws_security_group", Kind::Ec2SecurityGroup),
    only("aws_eip", Kind::Ec2Address),
    only("aws_key_pair", Kind::Ec2KeyPair),
    only("aws_ami", Kind::Ec2Image),
    only("aws_ami_copy", Kind::Ec2Image),
    keeps(
        "aws_instance",
        Kind::Ec2Instance,
        &[
            ("instance_type", "instance-type", Same),
            ("ebs_optimized", "ebs-optimized", Flag),
            ("metadata_options.http_tokens", "http-tokens", Same),
        ],
    ),
    keeps(
        "aws_launch_template",
        Kind::Ec2LaunchTemplate,
        &[
            ("instance_type", "instance-type", Same),
            ("ebs_optimized", "ebs-optimized", Flag),
            ("metadata_options.http_tokens", "http-tokens", Same),
        ],
    ),
    keeps(
        "aws_autoscaling_group",
        Kind::AutoscalingGroup,
        &[
            ("min_size", "minimum", Same),
            ("max_size", "maximum", Same),
            ("desired_capacity", "desired", Same),
            ("health_check_type", "health-check", Same),
            ("health_check_grace_period", "health-check-grace-s", Same),
            ("termination_policies", "termination", Same),
            ("suspended_processes", "suspended", Same),
        ],
    ),
    keeps("aws_lb", Kind::ElbLoadBalancer, BALANCER),
    keeps("aws_alb", Kind::ElbLoadBalancer, BALANCER),
    keeps("aws_lb_target_group", Kind::ElbTargetGroup, TARGET_GROUP),
    keeps("aws_alb_target_group", Kind::ElbTargetGroup, TARGET_GROUP),
    keeps("aws_lb_listener", Kind::ElbListener, LISTENER),
    keeps("aws_alb_listener", Kind::ElbListener, LISTENER),
    keeps(
        "aws_eks_cluster",
        Kind::EksCluster,
        &[
            ("version", "version", Same),
            ("vpc_config.endpoint_public_access", "public-endpoint", Same),
            (
                "vpc_config.endpoint_private_access",
                "private-endpoint",
                Same,
            ),
            ("access_config.authentication_mode", "authentication", Same),
        ],
    ),
    keeps(
        "aws_eks_node_group",
        Kind::EksNodeGroup,
        &[
            ("version", "version", Same),
            ("instance_types", "instance-types", Same),
            ("capacity_type", "capacity", Same),
            ("ami_type", "image-type", Same),
            ("disk_size", "disk-gib", Same),
            ("scaling_config.min_size", "minimum", Same),
            ("scaling_config.max_size", "maximum", Same),
            ("scaling_config.desired_size", "desired", Same),
        ],
    ),
    keeps(
        "aws_db_instance",
        Kind::RdsInstance,
        &[
            ("instance_class", "class", Same),
            ("engine", "engine", Same),
            // What the code asks for, which may leave the minor version open; not `engine_version_actual`.
            ("engine_version", "engine-version", Same),
            ("multi_az", "multi-az", Same),
            ("backup_retention_period", "backup-days", Same),
            ("allocated_storage", "storage-gib", Same),
            ("max_allocated_storage", "storage-most-gib", Most),
            ("storage_type", "storage-type", Same),
            ("storage_encrypted", "encrypted", Same),
            ("deletion_protection", "deletion-protection", Same),
            ("publicly_accessible", "public", Same),
            ("auto_minor_version_upgrade", "minor-upgrades", Same),
            (
                "iam_database_authentication_enabled",
                "iam-authentication",
                Same,
            ),
            ("enabled_cloudwatch_logs_exports", "log-exports", Same),
            // Which role the state is of.
            ("replicate_source_db", "replica-of", Same),
        ],
    ),
    keeps(
        "aws_db_parameter_group",
        Kind::RdsParameterGroup,
        &[
            ("family", "family", Same),
            ("parameter", "parameters", Parameters),
        ],
    ),
    only("aws_db_option_group", Kind::RdsOptionGroup),
    only("aws_db_subnet_group", Kind::RdsSubnetGroup),
    only("aws_s3_bucket", Kind::S3Bucket),
    keeps(
        "aws_s3_bucket_versioning",
        Kind::S3Bucket,
        &[("versioning_configuration.status", "versioning", Versioning)],
    ),
    keeps(
        "aws_s3_bucket_public_access_block",
        Kind::S3Bucket,
        &[
            ("block_public_acls", "public-block.block-acls", Same),
            ("ignore_public_acls", "public-block.ignore-acls", Same),
            ("block_public_policy", "public-block.block-policy", Same),
            ("restrict_public_buckets", "public-block.restrict", Same),
        ],
    ),
    keeps(
        "aws_kms_key",
        Kind::KmsKey,
        &[
            ("key_usage", "usage", Same),
            ("customer_master_key_spec", "spec", Same),
            ("multi_region", "multi-region", Same),
            ("enable_key_rotation", "rotation", Same),
        ],
    ),
    only("aws_secretsmanager_secret", Kind::SecretsManagerSecret),
    keeps(
        "aws_ssm_parameter",
        Kind::SsmParameter,
        &[("type", "type", Same), ("data_type", "data-type", Same)],
    ),
    only("aws_acm_certificate", Kind::AcmCertificate),
];
