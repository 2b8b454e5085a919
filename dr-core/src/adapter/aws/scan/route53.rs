//! Route 53: zones, the records of the estate's zones, health checks. One control plane, in us-east-1.

use std::collections::BTreeSet;

use aws_sdk_route53::Client;
use aws_sdk_route53::types::{HealthCheck, HostedZone, ResourceRecordSet, RrType};
use serde_json::Value;

use super::reader::{Mark, Reader};
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{object, sorted, word};
use crate::model::{Resource, ResourceKind as Kind};

const ZONES: Topic = Topic::new(Kind::Route53Zone, "route53", "ListHostedZones").global();
const RECORDS: Topic =
    Topic::new(Kind::Route53Record, "route53", "ListResourceRecordSets").global();
const CHECKS: Topic = Topic::new(Kind::Route53HealthCheck, "route53", "ListHealthChecks").global();

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[ZONES, RECORDS, CHECKS];

/// Reads the names. No tags are asked for: nothing tells these resources by them, and of five calls a second each counts. For
/// the same reason zones are listed only where a name of the estate is not in a zone that it names.
pub(super) async fn read(reader: &mut Reader<'_>, wanted: &Wanted) {
    let route53 = Client::new(reader.site().global());
    for id in &wanted.zones {
        zone(reader, &route53, id).await;
    }
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
    let missing = not_held(reader, &wanted.records);
    if missing.is_empty() {
        return;
    }
    for id in zones_of(reader, &route53, &missing).await {
        if !wanted.zones.contains(&id) {
            zone(reader, &route53, &id).await;
        }
    }
}

/// The names that no record has that was read.
fn not_held(reader: &mut Reader<'_>, names: &BTreeSet<String>) -> BTreeSet<String> {
    let records = reader.of_kind(Kind::Route53Record);
    let held: BTreeSet<String> = records
        .filter_map(|record| record.name.as_deref().map(plain))
        .collect();
    names
        .iter()
        .map(|name| plain(name))
        .filter(|name| !held.contains(name))
        .collect()
}

/// A name as it is compared (RFC 4343: the case of letters says nothing).
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// The zones that may hold one of the names: an account has many others.
async fn zones_of(
    reader: &mut Reader<'_>,
    route53: &Client,
    names: &BTreeSet<String>,
) -> BTreeSet<String> {
    let holds = |zone: &HostedZone| {
        let zone = plain(zone.name());
        names.iter().any(|name| is_in(name, &zone))
    };
    let listed = reader
        .whole(
            &ZONES,
            |token| route53.list_hosted_zones().set_marker(token).send(),
            |page| {
                let next = page.next_marker.clone().filter(|_| page.is_truncated);
                let held = page.hosted_zones().iter().filter(|zone| holds(zone));
                (next, held.map(|zone| bare(zone.id()).to_owned()).collect())
            },
        )
        .await;
    let zones: Vec<String> = listed.unwrap_or_else(|(refusal, before)| {
        reader.missing(&ZONES.of(Kind::Route53Record), refusal.clone(), 0);
        reader.missing(&ZONES, refusal, 0);
        before
    });
    zones.into_iter().collect()
}

fn is_in(name: &str, zone: &str) -> bool {
    name == zone
        || name
            .strip_suffix(zone)
            .is_some_and(|rest| rest.ends_with('.'))
}

/// Where a page of records begins: this list has no token.
#[derive(Clone, PartialEq)]
struct Start {
    name: String,
    kind: Option<RrType>,
    identifier: Option<String>,
}

impl Mark for Start {
    fn is_empty(&self) -> bool {
        self.name.is_empty()
    }
}

/// Reads a zone by its records: what else a list of zones would say of it, nothing asks for.
async fn zone(reader: &mut Reader<'_>, route53: &Client, zone: &str) {
    let read = reader
        .whole(
            &RECORDS,
            |start: Option<Start>| {
                let page = route53
                    .list_resource_record_sets()
                    .hosted_zone_id(zone)
                    .max_items(300);
                match start {
                    None => page.send(),
                    Some(start) => page
                        .start_record_name(start.name)
                        .set_start_record_type(start.kind)
                        .set_start_record_identifier(start.identifier)
                        .send(),
                }
            },
            |page| {
                let next = page.next_record_name().filter(|_| page.is_truncated());
                let next = next.map(|name| Start {
                    name: name.to_owned(),
                    kind: page.next_record_type().cloned(),
                    identifier: page.next_record_identifier().map(str::to_owned),
                });
                (next, page.resource_record_sets)
            },
        )
        .await;
    let (sets, refusal) = match read {
        Ok(sets) => (sets, None),
        Err((refusal, sets)) => (sets, Some(refusal)),
    };
    reader.keep(sets.iter().map(|set| record(zone, set)));
    match refusal {
        None => {
            // Each zone has one, at its top (RFC 1035, section 6.1), private ones too.
            let start = sets.iter().find(|set| *set.r#type() == RrType::Soa);
            let whole = Resource::new(Kind::Route53Zone, zone)
                .named(start.map(ResourceRecordSet::name))
                .with("records", sets.len());
            reader.keep([whole]);
        }
        Some(refusal) => {
            reader.missing(&RECORDS.of(Kind::Route53Zone), refusal.clone(), 0);
            reader.missing(&RECORDS, refusal, sets.len());
        }
    }
}

/// The service writes ids with and without their path.
fn bare(id: &str) -> &str {
    id.trim_start_matches("/hostedzone/")
        .trim_start_matches("/healthcheck/")
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
        assert!(is_in(&plain("Example.com."), &plain("example.COM")));
        assert!(!is_in("app.badexample.com", "example.com"));
        assert!(!is_in("example.com", "app.example.com"));
    }
}
