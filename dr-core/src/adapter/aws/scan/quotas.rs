//! Service Quotas: those that a failover can run into.

use std::collections::BTreeMap;

use aws_sdk_servicequotas::Client;
use aws_sdk_servicequotas::types::ServiceQuota;

use super::reader::{Reader, Refusal};
use super::scanner::Wanted;
use super::topic::Topic;
use crate::model::{GapClass, Resource, ResourceKind as Kind, ScanGap};
use crate::readiness::{QUOTAS, Quota};

const APPLIED: Topic = Topic::new(Kind::ServiceQuota, "servicequotas", "ListServiceQuotas");
const DEFAULT: Topic = Topic::new(
    Kind::ServiceQuota,
    "servicequotas",
    "GetAWSDefaultServiceQuota",
);

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[APPLIED, DEFAULT];

/// Results a page, the most that the list takes.
const PAGE: i32 = 100;

/// Reads the quotas, all of a service at once: one by one they would cost a call each, and the service answers few in a second.
pub(super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
    let client = Client::new(reader.site().regional());
    let mut services = BTreeMap::<&str, Vec<(&Quota, &str)>>::new();
    for quota in QUOTAS {
        let (service, code) = quota.service_and_code();
        services.entry(service).or_default().push((quota, code));
    }
    for (service, quotas) in services {
        of_service(reader, &client, service, &quotas).await;
    }
}

async fn of_service(
    reader: &mut Reader<'_>,
    client: &Client,
    service: &str,
    quotas: &[(&Quota, &str)],
) {
    let gaps = reader.gaps.len();
    let told = reader
        .pages(
            &APPLIED,
            |token| {
                let list = client.list_service_quotas().service_code(service);
                list.max_results(PAGE).set_next_token(token).send()
            },
            |page| (page.next_token, page.quotas.unwrap_or_default()),
        )
        .await;
    // A list that broke off lacks the quotas that it did not come to, and no other.
    let broken = reader.gaps.split_off(gaps);
    for (quota, code) in quotas {
        let found = told.iter().find(|told| told.quota_code() == Some(code));
        match found {
            Some(found) => keep(reader, &APPLIED, quota, found, false),
            None if broken.is_empty() => default(reader, client, service, quota, code).await,
            None => reader.gaps.extend(broken.iter().map(|gap| ScanGap {
                about: Some(quota.id.to_owned()),
                kept: 0,
                ..gap.clone()
            })),
        }
    }
}

/// The list has no quota of which only the default value is available (Service Quotas API reference, `ListServiceQuotas`).
async fn default(
    reader: &mut Reader<'_>,
    client: &Client,
    service: &str,
    quota: &Quota,
    code: &str,
) {
    let asked = || {
        let default = client.get_aws_default_service_quota();
        default.service_code(service).quota_code(code).send()
    };
    match reader.ask(&DEFAULT, asked).await {
        Ok(answer) => {
            let told = answer
                .quota
                .unwrap_or_else(|| ServiceQuota::builder().build());
            keep(reader, &DEFAULT, quota, &told, true);
        }
        Err(refusal) => reader.lacks(&DEFAULT, refusal, quota.id, &[]),
    }
}

fn keep(
    reader: &mut Reader<'_>,
    topic: &Topic,
    quota: &Quota,
    told: &ServiceQuota,
    is_default: bool,
) {
    let Some(value) = told.value() else {
        let why = told.error_reason().and_then(|why| why.error_message());
        let refusal = Refusal {
            class: GapClass::Failed,
            reason: why.unwrap_or("Service Quotas tells no value").to_owned(),
            not_found: false,
        };
        reader.lacks(topic, refusal, quota.id, &[]);
        return;
    };
    let resource = Resource::new(Kind::ServiceQuota, quota.id)
        .named(Some(quota.name))
        .arn(told.quota_arn())
        .with("value", value)
        .with("default", is_default)
        .with("adjustable", told.adjustable())
        .with("title", told.quota_name());
    reader.keep([resource]);
}
