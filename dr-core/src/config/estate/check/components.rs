//! The rows of the grid, each in itself and against the others.

use std::collections::BTreeMap;

use super::references::References;
use crate::config::diagnostic::{Problem, Report, Span};
use crate::config::estate::component::RawSettings;
use crate::config::estate::raw::RawEstate;
use crate::config::estate::settings::{
    RawCompute, RawKubernetes, RawNetwork, RawObjectStore, RawStandbyFleet, RawTraffic,
};
use crate::config::read::Rows;
use crate::config::yaml::At;
use crate::model::{Kind, Platform, TTL_PART_OF_RTO, Technology};

pub(super) fn check(raw: &RawEstate, references: &References, report: &mut Report) {
    must_exist(raw, references, report);
    let on_hosts = on_hosts(raw);
    let mut buckets = BTreeMap::new();
    for (_, component) in raw.components.iter().flat_map(Rows::read) {
        if on_hosts && let Some(technology) = &component.technology {
            needs_aws(technology, report);
        }
        match &component.settings {
            RawSettings::Repository(_) => {}
            RawSettings::Infrastructure(stack) => {
                references.component(stack.state.as_ref(), &[Kind::ObjectStore], report);
            }
            RawSettings::Network(network) => self::network(network, raw, report),
            RawSettings::Balancer(balancer) => {
                let fleets = [Kind::Compute, Kind::Kubernetes];
                references.component(balancer.fleet.as_ref(), &fleets, report);
            }
            RawSettings::Compute(fleet) => {
                instance_size(fleet.size.as_ref(), report);
                capacity(
                    "count",
                    fleet.count,
                    fleet.minimum,
                    fleet.standby.as_ref(),
                    report,
                );
            }
            RawSettings::Kubernetes(fleet) => {
                instance_size(fleet.size.as_ref(), report);
                capacity(
                    "nodes",
                    fleet.nodes,
                    fleet.minimum,
                    fleet.standby.as_ref(),
                    report,
                );
            }
            RawSettings::Database(database) => {
                database_class(database.class.as_ref(), report);
                not_none(database.nodes, "nodes", report);
            }
            RawSettings::Monitoring(monitoring) => {
                let hosts = [Kind::Kubernetes, Kind::Compute];
                references.component(monitoring.on.as_ref(), &hosts, report);
            }
            RawSettings::Traffic(traffic) => self::traffic(traffic, raw, report),
            RawSettings::ObjectStore(store) => {
                self::buckets(store, references, &mut buckets, report);
            }
        }
    }
}

/// Without data there is nothing to recover, without a front door nobody is sent to it.
fn must_exist(raw: &RawEstate, references: &References, report: &mut Report) {
    for (kind, code, example) in [
        (
            Kind::Database,
            "no-database",
            "database: { kind: database, technology: rds, class: db.t3.small, nodes: 2 }",
        ),
        (
            Kind::Traffic,
            "no-front-door",
            "front-door: { kind: traffic, technology: route53, record: app.example.com, ttl: 60s }",
        ),
    ] {
        if !references.may_have(kind) {
            let first = raw.components.iter().flat_map(|rows| &rows.list).next();
            let span = first.map_or(Span::START, |(id, _)| id.span);
            let message = format!("the estate has no component of kind {kind}");
            report.add(Problem::new(code, span, message).help(format!("add `{example}`")));
        }
    }
}

fn on_hosts(raw: &RawEstate) -> bool {
    raw.sites
        .iter()
        .flat_map(Rows::read)
        .filter_map(|(_, site)| site.platform)
        .any(|platform| platform.value == Platform::Hosts)
}

fn needs_aws(technology: &At<Technology>, report: &mut Report) {
    let aws_only = match technology.value {
        Technology::Vpc
        | Technology::Alb
        | Technology::Ec2Autoscaling
        | Technology::Eks
        | Technology::Rds
        | Technology::S3 => true,
        // Route 53 answers for any site; the others run anywhere.
        Technology::Route53
        | Technology::Git
        | Technology::Terraform
        | Technology::GithubActions
        | Technology::Command
        | Technology::Prometheus
        | Technology::Grafana => false,
    };
    if aws_only {
        let message = format!(
            "{} exists only on AWS, and a site is on hosts",
            technology.value
        );
        report.add(
            Problem::new("wrong-platform", technology.span, message)
                .help("write `platform: aws` for both sites, or take another technology"),
        );
    }
}

fn not_none(number: Option<At<u32>>, key: &str, report: &mut Report) {
    if let Some(At { value: 0, span }) = number {
        let message = format!("`{key}` must be at least 1");
        report.add(Problem::new("zero-count", span, message));
    }
}

fn network(network: &RawNetwork, raw: &RawEstate, report: &mut Report) {
    not_none(network.zones, "zones", report);
    let Some(addresses) = network.addresses else {
        return;
    };
    let biggest = raw
        .components
        .iter()
        .flat_map(Rows::read)
        .filter_map(|(id, component)| match &component.settings {
            RawSettings::Compute(RawCompute { count, .. }) => Some((id, (*count)?.value)),
            RawSettings::Kubernetes(RawKubernetes { nodes, .. }) => Some((id, (*nodes)?.value)),
            _ => None,
        })
        .max_by_key(|(_, count)| *count);
    if let Some((id, count)) = biggest
        && addresses.value < count
    {
        let message = format!(
            "{} addresses are too few: `{}` alone has {count} members",
            addresses.value, id.value
        );
        report.add(
            Problem::new("too-few-addresses", addresses.span, message)
                .help("count the members of all fleets, the balancer and room to replace them"),
        );
    } else {
        not_none(Some(addresses), "addresses", report);
    }
}

/// The shape of an EC2 instance type: family, dot, size.
fn instance_size(size: Option<&At<String>>, report: &mut Report) {
    let Some(size) = size else { return };
    let word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let parts: Vec<&str> = size.value.split('.').collect();
    if !matches!(parts.as_slice(), [family, size] if word(family) && word(size)) {
        let message = format!("`{}` is not an instance type such as t3.micro", size.value);
        report.add(Problem::new("invalid-size", size.span, message));
    }
}

/// The shape of an RDS instance class: `db.`, family, dot, size.
fn database_class(class: Option<&At<String>>, report: &mut Report) {
    let Some(class) = class else { return };
    let parts: Vec<&str> = class.value.split('.').collect();
    let fits = matches!(parts.as_slice(), ["db", rest @ ..] if rest.len() == 2
        && rest.iter().all(|part| !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())));
    if !fits {
        let message = format!(
            "`{}` is not an instance class such as db.t3.small",
            class.value
        );
        report.add(Problem::new("invalid-size", class.span, message));
    }
}

fn capacity(
    key: &str,
    count: Option<At<u32>>,
    minimum: Option<At<u32>>,
    standby: Option<&RawStandbyFleet>,
    report: &mut Report,
) {
    not_none(count, key, report);
    not_none(minimum, "minimum", report);
    let Some(count) = count.filter(|count| count.value > 0) else {
        return;
    };
    if let Some(minimum) = minimum
        && minimum.value > count.value
    {
        let message = format!(
            "at least {} are needed, and {} are wanted",
            minimum.value, count.value
        );
        report.add(
            Problem::new("minimum-exceeds-count", minimum.span, message)
                .label(format!("line {} says {}", count.span.line, count.value))
                .help("the minimum is what still carries the load: at most the whole fleet"),
        );
    }
    if let Some(standby) = standby.and_then(|standby| standby.count)
        && standby.value > count.value
    {
        let message = format!(
            "the standby has {} members, more than the {} of a primary",
            standby.value, count.value
        );
        report.add(
            Problem::new("standby-exceeds-count", standby.span, message)
                .help("a standby is as big as a primary, or smaller"),
        );
    }
}

fn traffic(traffic: &RawTraffic, raw: &RawEstate, report: &mut Report) {
    if let Some(record) = &traffic.record
        && !is_dns_name(&record.value)
    {
        let message = format!(
            "`{}` is not a DNS name such as app.example.com",
            record.value
        );
        report.add(Problem::new("invalid-record", record.span, message));
    }
    let rto = raw.objectives.as_ref().and_then(|raw| raw.rto);
    if let (Some(ttl), Some(rto)) = (traffic.ttl, rto)
        && ttl.value.times(TTL_PART_OF_RTO) > rto.value
    {
        let message = format!(
            "a TTL of {} uses up more than a quarter of the RTO",
            ttl.value
        );
        report.add(
            Problem::new("ttl-too-long", ttl.span, message)
                .label(format!("the RTO is {}", rto.value))
                .help("resolvers keep the old answer so long after the switch: write 60s or less"),
        );
    }
}

/// RFC 1123: labels of letters, digits and hyphens, 63 characters each, 253 in all; two labels at least.
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

/// Buckets: one a site, named as S3 wants it, no name twice in the whole estate.
fn buckets<'a>(
    store: &'a RawObjectStore,
    references: &References,
    seen: &mut BTreeMap<&'a str, usize>,
    report: &mut Report,
) {
    let Some(rows) = &store.buckets else { return };
    for (site, bucket) in &rows.list {
        references.site(site, report);
        let Some(bucket) = bucket else { continue };
        if !is_bucket_name(&bucket.value) {
            let message = format!("`{}` cannot be the name of a bucket", bucket.value);
            report.add(
                Problem::new("invalid-bucket", bucket.span, message).help(
                    "3 to 63 lower-case letters, digits, hyphens and dots; a letter or a digit at both ends",
                ),
            );
        }
        if let Some(line) = seen.insert(&bucket.value, bucket.span.line) {
            let message = format!("the bucket `{}` is named twice", bucket.value);
            report.add(
                Problem::new("duplicate-bucket", bucket.span, message)
                    .label(format!("first written on line {line}"))
                    .help(
                        "the names of buckets are unique in all of S3: add the region to the name",
                    ),
            );
        }
    }
    for site in references.sites() {
        if !rows.list.iter().any(|(named, _)| named.value == **site) {
            let span = rows.list.first().map_or(Span::START, |(site, _)| site.span);
            let message = format!("no bucket is named for the site `{site}`");
            report.add(
                Problem::new("missing-bucket", span, message)
                    .help(format!("add `{site}: NAME-OF-THE-BUCKET`")),
            );
        }
    }
}

/// The rules of Amazon S3 (user guide, "Bucket naming rules") that a text can show.
fn is_bucket_name(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (3..=63).contains(&name.len())
        && edge(name.chars().next())
        && edge(name.chars().last())
        && !name.contains("..")
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
}
