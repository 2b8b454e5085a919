//! Route 53: zones, the records of the estate's zones, health checks. One control plane, in us-east-1.

use std::collections::BTreeSet;

use aws_sdk_route53::Client;
use aws_sdk_route53::types::{HealthCheck, HostedZone, ResourceRecordSet, RrType};
use serde_json::Value;

use super::reader::{Reader, Refusal};
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{object, sorted, word};
use crate::model::{GapClass, Resource, ResourceKind as Kind};

const ZONES: Topic = Topic::new(Kind::Route53Zone, "route53", "ListHostedZones").global();
const RECORDS: Topic =
    Topic::new(Kind::Route53Record, "route53", "ListResourceRecordSets").global();
const CHECKS: Topic = Topic::new(Kind::Route53HealthCheck, "route53", "ListHealthChecks").global();

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[ZONES, RECORDS, CHECKS];

/// No zone has more pages of 300 records.
const MOST_PAGES: usize = 200;

/// Reads the names. No tags are asked for: nothing tells these resources by them, and of five calls a second each counts.
pub(super) async fn read(reader: &mut Reader<'_>, wanted: &Wanted) {
    let route53 = Client::new(reader.site().global());
    reader
        .list(
            &ZONES,
            |token| route53.list_hosted_zones().set_marker(token).send(),
            |page| {
                let next = page.next_marker.clone().filter(|_| page.is_truncated);
                (next, page.hosted_zones().iter().map(zone).collect())
            },
        )
        .await;
    reader
        .list(
            &CHECKS,
            |token| route53.list_health_checks().set_marker(token).send(),
            |page| {
                let next = page.next_marker.clone().filter(|_| page.is_truncated);
                (
                    next,
                    page.health_checks().iter().map(health_check).collect(),
                )
            },
        )
        .await;
    reader.follows(Kind::Route53Record, Kind::Route53Zone);
    for zone in zones_of_the_estate(reader, wanted) {
        records(reader, &route53, &zone).await;
    }
}

/// The zones that the estate names, and those that hold a name of the estate: an account has many others.
fn zones_of_the_estate(reader: &mut Reader<'_>, wanted: &Wanted) -> BTreeSet<String> {
    let holding = reader.of_kind(Kind::Route53Zone).filter(|zone| {
        let zone = zone
            .name
            .as_deref()
            .unwrap_or_default()
            .trim_end_matches('.');
        wanted
            .records
            .iter()
            .any(|record| is_in(record.trim_end_matches('.'), zone))
    });
    let mut zones: BTreeSet<String> = holding.map(|zone| zone.id.clone()).collect();
    zones.extend(wanted.zones.iter().cloned());
    zones
}

fn is_in(record: &str, zone: &str) -> bool {
    let (record, zone) = (record.to_ascii_lowercase(), zone.to_ascii_lowercase());
    record == zone
        || record
            .strip_suffix(&zone)
            .is_some_and(|rest| rest.ends_with('.'))
}

/// Where a page of records begins: this list has no token.
type Start = (String, Option<RrType>, Option<String>);

async fn records(reader: &mut Reader<'_>, route53: &Client, zone: &str) {
    let mut start: Option<Start> = None;
    let mut kept = 0;
    for _ in 0..MOST_PAGES {
        let asked = || {
            let (name, kind, identifier) = match start.clone() {
                Some((name, kind, identifier)) => (Some(name), kind, identifier),
                None => (None, None, None),
            };
            let page = route53
                .list_resource_record_sets()
                .hosted_zone_id(zone)
                .max_items(300);
            let page = page.set_start_record_name(name).set_start_record_type(kind);
            page.set_start_record_identifier(identifier).send()
        };
        let page = match reader.ask(&RECORDS, asked).await {
            Ok(page) => page,
            Err(refusal) => return reader.missing(&RECORDS, refusal, kept),
        };
        kept += page.resource_record_sets().len();
        reader.keep(
            page.resource_record_sets()
                .iter()
                .map(|set| record(zone, set)),
        );
        let next = page.next_record_name().map(|name| {
            let kind = page.next_record_type().cloned();
            (
                name.to_owned(),
                kind,
                page.next_record_identifier().map(str::to_owned),
            )
        });
        match next.filter(|_| page.is_truncated()) {
            None => return,
            next if next == start => break,
            next => start = next,
        }
    }
    let endless = Refusal {
        class: GapClass::Failed,
        reason: format!("the records of {zone} do not end"),
        not_found: false,
    };
    reader.missing(&RECORDS, endless, kept);
}

/// The service writes ids with and without their path.
fn bare(id: &str) -> &str {
    id.trim_start_matches("/hostedzone/")
        .trim_start_matches("/healthcheck/")
}

fn zone(zone: &HostedZone) -> Resource {
    Resource::new(Kind::Route53Zone, bare(zone.id()))
        .named(Some(zone.name()))
        .with("private", zone.config().map(|config| config.private_zone()))
        .with("records", zone.resource_record_set_count())
}

fn record(zone: &str, set: &ResourceRecordSet) -> Resource {
    let kind = set.r#type().as_str();
    let identifier = set.set_identifier();
    let mut id = format!("{zone}/{}/{kind}", set.name());
    if let Some(identifier) = identifier {
        id = format!("{id}/{identifier}");
    }
    let values = set.resource_records().iter().map(|record| record.value());
    let alias = set.alias_target().map(|alias| {
        object([
            ("zone", alias.hosted_zone_id().into()),
            ("name", alias.dns_name().into()),
            ("evaluates-health", alias.evaluate_target_health().into()),
        ])
    });
    Resource::new(Kind::Route53Record, id)
        .named(Some(set.name()))
        .with("zone", zone)
        .with("type", kind)
        .with("set-identifier", identifier)
        .with("ttl-s", set.ttl())
        .with("values", sorted(values))
        .with("alias", alias)
        .with("failover", word(set.failover()))
        .with("weight", set.weight())
        .with("region", word(set.region()))
        .with("multi-value", set.multi_value_answer())
        .with("health-check", set.health_check_id())
}

fn health_check(check: &HealthCheck) -> Resource {
    let config = check.health_check_config();
    let alarm = config.and_then(|config| config.alarm_identifier());
    let alarm = alarm.map(|alarm| -> Value {
        object([
            ("region", alarm.region().as_str().into()),
            ("name", alarm.name().into()),
        ])
    });
    let regions = config.into_iter().flat_map(|config| config.regions());
    let children = config
        .into_iter()
        .flat_map(|config| config.child_health_checks());
    Resource::new(Kind::Route53HealthCheck, check.id())
        .with("type", config.map(|config| config.r#type().as_str()))
        .with(
            "name",
            config.and_then(|config| config.fully_qualified_domain_name()),
        )
        .with("address", config.and_then(|config| config.ip_address()))
        .with("port", config.and_then(|config| config.port()))
        .with("path", config.and_then(|config| config.resource_path()))
        .with("inverted", config.and_then(|config| config.inverted()))
        .with("disabled", config.and_then(|config| config.disabled()))
        .with(
            "interval-s",
            config.and_then(|config| config.request_interval()),
        )
        .with(
            "fails-after",
            config.and_then(|config| config.failure_threshold()),
        )
        .with(
            "children-needed",
            config.and_then(|config| config.health_threshold()),
        )
        .with("children", sorted(children))
        .with("regions", sorted(regions.map(|region| region.as_str())))
        .with("alarm", alarm)
        .with(
            "routing-control",
            config.and_then(|config| config.routing_control_arn()),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_its_zone_and_not_in_one_that_ends_alike() {
        assert!(is_in("app.example.com", "example.com"));
        assert!(is_in("Example.com", "example.COM"));
        assert!(!is_in("app.badexample.com", "example.com"));
        assert!(!is_in("example.com", "app.example.com"));
    }
}
