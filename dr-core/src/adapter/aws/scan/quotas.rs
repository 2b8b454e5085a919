//! Service Quotas: the handful that a failover can run into.

use aws_sdk_servicequotas::Client;
use aws_sdk_servicequotas::types::ServiceQuota;

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use crate::model::{Resource, ResourceKind as Kind};

const QUOTA: Topic = Topic::new(Kind::ServiceQuota, "servicequotas", "GetServiceQuota");

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[QUOTA];

/// Service, code, and what it bounds (Service Quotas user guide and console).
const QUOTAS: [(&str, &str, &str); 9] = [
    ("ec2", "L-1216C47A", "vcpus-standard"),
    ("ec2", "L-0263D0A3", "elastic-addresses"),
    ("vpc", "L-F678F1CE", "vpcs"),
    ("vpc", "L-FE5A380F", "nat-gateways-per-zone"),
    ("rds", "L-7B6409FD", "db-instances"),
    ("rds", "L-7ADDB58A", "db-storage-gib"),
    (
        "elasticloadbalancing",
        "L-53DA6B97",
        "application-load-balancers",
    ),
    ("autoscaling", "L-CDE20ADC", "groups"),
    ("eks", "L-1194D53C", "clusters"),
];

/// Reads the quotas.
pub(super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
    let quotas = Client::new(reader.site().regional());
    for (service, code, name) in QUOTAS {
        let id = format!("{service}/{code}");
        let asked = || {
            quotas
                .get_service_quota()
                .service_code(service)
                .quota_code(code)
                .send()
        };
        match reader.ask(&QUOTA, asked).await {
            Ok(answer) => reader.keep(answer.quota().map(|q| quota(&id, name, q))),
            Err(refusal) => reader.lacks(&QUOTA, refusal, &id, &[]),
        }
    }
}

fn quota(id: &str, name: &str, quota: &ServiceQuota) -> Resource {
    Resource::new(Kind::ServiceQuota, id)
        .named(Some(name))
        .arn(quota.quota_arn())
        .with("value", quota.value())
        .with("adjustable", quota.adjustable())
        .with("title", quota.quota_name())
}
