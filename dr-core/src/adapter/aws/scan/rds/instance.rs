//! Instances and snapshots.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbInstance, DbSnapshot, PendingModifiedValues};
use serde_json::Value;

use super::super::reader::Reader;
use super::super::topic::Topic;
use super::super::value::{instant, object, sorted, tags};
use super::PAGE;
use crate::model::{Resource, ResourceKind as Kind};

pub(super) const INSTANCES: Topic = Topic::new(Kind::RdsInstance, "rds", "DescribeDBInstances");
pub(super) const SNAPSHOTS: Topic = Topic::new(Kind::RdsSnapshot, "rds", "DescribeDBSnapshots");

pub(super) async fn read(reader: &mut Reader<'_>, rds: &Client) {
    reader
        .list(
            &INSTANCES,
            |token| {
                rds.describe_db_instances()
                    .max_records(PAGE)
                    .set_marker(token)
                    .send()
            },
            |page| {
                (
                    page.marker.clone(),
                    page.db_instances().iter().map(instance).collect(),
                )
            },
        )
        .await;
    reader
        .list(
            &SNAPSHOTS,
            |token| {
                rds.describe_db_snapshots()
                    .max_records(PAGE)
                    .set_marker(token)
                    .send()
            },
            |page| {
                (
                    page.marker.clone(),
                    page.db_snapshots().iter().map(snapshot).collect(),
                )
            },
        )
        .await;
}

fn instance(instance: &DbInstance) -> Resource {
    let id = instance.db_instance_identifier();
    let resource = Resource::new(Kind::RdsInstance, id.unwrap_or_default())
        .named(id)
        .arn(instance.db_instance_arn())
        .tagged(tags!(instance.tag_list()))
        .with("status", instance.db_instance_status())
        .with("pending", instance.pending_modified_values().map(pending));
    let resource = engine(resource, instance);
    let resource = storage(resource, instance);
    let resource = network(resource, instance);
    let resource = groups(resource, instance);
    let resource = backups(resource, instance);
    access(resource, instance)
}

/// What runs there, and on what.
fn engine(resource: Resource, instance: &DbInstance) -> Resource {
    resource
        .with("engine", instance.engine())
        .with("engine-version", instance.engine_version())
        .with("class", instance.db_instance_class())
        .with("license", instance.license_model())
        .with("minor-upgrades", instance.auto_minor_version_upgrade())
        .with(
            "maintenance-window",
            instance.preferred_maintenance_window(),
        )
}

/// Where its data is kept.
fn storage(resource: Resource, instance: &DbInstance) -> Resource {
    resource
        .with("storage-gib", instance.allocated_storage())
        .with("storage-most-gib", instance.max_allocated_storage())
        .with("storage-type", instance.storage_type())
        .with("iops", instance.iops())
        .with("encrypted", instance.storage_encrypted())
        .with("key", instance.kms_key_id())
}

/// Where it stands, and how it is reached.
fn network(resource: Resource, instance: &DbInstance) -> Resource {
    let endpoint = instance.endpoint();
    let subnets = instance.db_subnet_group();
    resource
        .with("multi-az", instance.multi_az())
        .with("zone", instance.availability_zone())
        .with("endpoint", endpoint.and_then(|endpoint| endpoint.address()))
        .with("port", endpoint.and_then(|endpoint| endpoint.port()))
        .with("public", instance.publicly_accessible())
        .with(
            "subnet-group",
            subnets.and_then(|group| group.db_subnet_group_name()),
        )
        .with("vpc", subnets.and_then(|group| group.vpc_id()))
}

/// The groups that it is in.
fn groups(resource: Resource, instance: &DbInstance) -> Resource {
    let security = instance.vpc_security_groups().iter();
    let parameters = instance.db_parameter_groups().iter();
    let options = instance.option_group_memberships().iter();
    resource
        .with(
            "security-groups",
            sorted(security.filter_map(|g| g.vpc_security_group_id())),
        )
        .with(
            "parameter-groups",
            sorted(
                parameters
                    .clone()
                    .filter_map(|g| g.db_parameter_group_name()),
            ),
        )
        .with(
            "parameter-status",
            sorted(parameters.filter_map(|g| {
                let name = g.db_parameter_group_name()?;
                Some(format!("{name}: {}", g.parameter_apply_status()?))
            })),
        )
        .with(
            "option-groups",
            sorted(options.filter_map(|g| g.option_group_name())),
        )
}

/// What keeps its data from being lost.
fn backups(resource: Resource, instance: &DbInstance) -> Resource {
    // The only type of status that there is (RDS API reference, DBInstanceStatusInfo).
    let mut statuses = instance.status_infos().iter();
    let replication = statuses.find(|info| info.status_type() == Some("read replication"));
    resource
        .with("replication", replication.and_then(|info| info.status()))
        .with(
            "replica-of",
            instance.read_replica_source_db_instance_identifier(),
        )
        .with(
            "replicas",
            sorted(instance.read_replica_db_instance_identifiers()),
        )
        .with("backup-days", instance.backup_retention_period())
        .with("backup-window", instance.preferred_backup_window())
        .with(
            "restorable-until",
            instant(instance.latest_restorable_time()),
        )
        .with("deletion-protection", instance.deletion_protection())
}

/// How clients prove who they are, and what is written down of them.
fn access(resource: Resource, instance: &DbInstance) -> Resource {
    resource
        .with(
            "certificate-authority",
            instance.ca_certificate_identifier(),
        )
        .with(
            "iam-authentication",
            instance.iam_database_authentication_enabled(),
        )
        .with(
            "log-exports",
            sorted(instance.enabled_cloudwatch_logs_exports()),
        )
}

/// Changes that were accepted and wait for their window: they are no drift. Of a new password only that it waits.
fn pending(pending: &PendingModifiedValues) -> Value {
    object([
        ("class", pending.db_instance_class().into()),
        ("storage-gib", pending.allocated_storage().into()),
        (
            "password",
            pending.master_user_password().map(|_| true).into(),
        ),
        ("port", pending.port().into()),
        ("backup-days", pending.backup_retention_period().into()),
        ("multi-az", pending.multi_az().into()),
        ("engine-version", pending.engine_version().into()),
        ("iops", pending.iops().into()),
        ("instance", pending.db_instance_identifier().into()),
        ("storage-type", pending.storage_type().into()),
        (
            "certificate-authority",
            pending.ca_certificate_identifier().into(),
        ),
        ("subnet-group", pending.db_subnet_group_name().into()),
    ])
}

fn snapshot(snapshot: &DbSnapshot) -> Resource {
    let id = snapshot.db_snapshot_identifier();
    Resource::new(Kind::RdsSnapshot, id.unwrap_or_default())
        .named(id)
        .arn(snapshot.db_snapshot_arn())
        .tagged(tags!(snapshot.tag_list()))
        .with("instance", snapshot.db_instance_identifier())
        .with("type", snapshot.snapshot_type())
        .with("status", snapshot.status())
        .with("created", instant(snapshot.snapshot_create_time()))
        .with("engine", snapshot.engine())
        .with("engine-version", snapshot.engine_version())
        .with("storage-gib", snapshot.allocated_storage())
        .with("encrypted", snapshot.encrypted())
        .with("key", snapshot.kms_key_id())
        .with("source-region", snapshot.source_region())
        .with("source-snapshot", snapshot.source_db_snapshot_identifier())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_waits_is_told_without_the_password() {
        let instance_of = |pending| {
            instance(
                &DbInstance::builder()
                    .db_instance_identifier("db")
                    .pending_modified_values(pending)
                    .build(),
            )
        };
        let waits = instance_of(
            PendingModifiedValues::builder()
                .master_user_password("hunter2")
                .build(),
        );
        assert_eq!(
            waits.attributes["pending"],
            serde_json::json!({"password": true})
        );
        assert!(!serde_json::to_string(&waits).unwrap().contains("hunter2"));
        let nothing = instance_of(PendingModifiedValues::builder().build());
        assert!(!nothing.attributes.contains_key("pending"));
    }
}
