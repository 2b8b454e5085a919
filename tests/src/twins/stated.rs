//! Terraform's states: what they manage, and what they say of it.

use dr_core::model::{Resource, ResourceKind as Kind};
use serde_json::Map;

use super::site::{Belongs, Site};

/// A type of Terraform, what it manages, and what of that its state says.
type Row = (&'static str, Kind, &'static [&'static str]);

const TYPES: &[Row] = &[
    ("aws_subnet", Kind::Ec2Subnet, &["public-addresses"]),
    ("aws_security_group", Kind::Ec2SecurityGroup, &[]),
    (
        "aws_launch_template",
        Kind::Ec2LaunchTemplate,
        &["instance-type", "ebs-optimized", "http-tokens"],
    ),
    (
        "aws_autoscaling_group",
        Kind::AutoscalingGroup,
        &[
            "minimum",
            "maximum",
            "desired",
            "health-check",
            "health-check-grace-s",
            "termination",
        ],
    ),
    (
        "aws_lb",
        Kind::ElbLoadBalancer,
        &["scheme", "type", "address-type"],
    ),
    (
        "aws_lb_target_group",
        Kind::ElbTargetGroup,
        &["protocol", "port", "target-type", "health-check"],
    ),
    (
        "aws_lb_listener",
        Kind::ElbListener,
        &["port", "protocol", "tls-policy"],
    ),
    (
        "aws_eks_cluster",
        Kind::EksCluster,
        &[
            "version",
            "public-endpoint",
            "private-endpoint",
            "authentication",
        ],
    ),
    (
        "aws_eks_node_group",
        Kind::EksNodeGroup,
        &[
            "version",
            "instance-types",
            "capacity",
            "image-type",
            "disk-gib",
            "minimum",
            "maximum",
            "desired",
        ],
    ),
    (
        "aws_db_instance",
        Kind::RdsInstance,
        &[
            "class",
            "engine",
            "engine-version",
            "multi-az",
            "backup-days",
            "storage-gib",
            "storage-most-gib",
            "storage-type",
            "encrypted",
            "deletion-protection",
            "public",
            "minor-upgrades",
            "iam-authentication",
            "log-exports",
            "replica-of",
        ],
    ),
    (
        "aws_db_parameter_group",
        Kind::RdsParameterGroup,
        &["family", "parameters"],
    ),
    ("aws_db_subnet_group", Kind::RdsSubnetGroup, &[]),
    ("aws_s3_bucket", Kind::S3Bucket, &[]),
    ("aws_s3_bucket_versioning", Kind::S3Bucket, &["versioning"]),
    (
        "aws_s3_bucket_public_access_block",
        Kind::S3Bucket,
        &["public-block"],
    ),
    (
        "aws_kms_key",
        Kind::KmsKey,
        &["usage", "spec", "multi-region", "rotation"],
    ),
    (
        "aws_ssm_parameter",
        Kind::SsmParameter,
        &["type", "data-type"],
    ),
];

/// Adds one state a site, which manages its things as they stand now. A site that was built by hand has an empty one.
pub(super) fn states(site: &mut Site<'_>) {
    let state = format!("shop-state-{}/site.tfstate", site.region());
    let mut lines = Vec::new();
    for thing in site
        .things
        .iter()
        .filter(|thing| site.style.stated && thing.belongs == Belongs::Estate)
    {
        let of = |row: &&Row| row.1 == thing.resource.kind;
        lines.extend(TYPES.iter().filter(of).map(|row| {
            let address = format!("module.site.{}.this[\"{}\"]", row.0, thing.role);
            line(&state, &address, row, &thing.resource)
        }));
    }
    lines.push(
        Resource::new(Kind::TerraformState, state.clone())
            .with("serial", 3 + site.side)
            .with("lineage", site.uuid(&state))
            .with("resources", lines.len()),
    );
    for line in lines {
        let role = format!("fact/{}/{}", line.kind, line.id);
        site.put(role, Belongs::Fact, line);
    }
}

fn line(state: &str, address: &str, (name, kind, says): &Row, thing: &Resource) -> Resource {
    let values = says.iter().filter_map(|attribute| {
        let value = thing.attributes.get(*attribute)?;
        Some(((*attribute).to_owned(), value.clone()))
    });
    Resource::new(Kind::TerraformResource, format!("{state}:{address}"))
        .named(Some(address))
        .arn(thing.arn.as_deref())
        .with("state", state)
        .with("type", *name)
        .with("manages", kind.name())
        .with("managed-id", thing.id.as_str())
        .with("values", values.collect::<Map<_, _>>())
}
