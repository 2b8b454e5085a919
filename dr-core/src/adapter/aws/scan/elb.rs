//! Elastic Load Balancing: application, network and gateway load balancers.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{Action, Listener, LoadBalancer, TargetGroup};
use serde_json::Value;

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{instant, object, sorted, sorted_values, word};
use crate::model::{Resource, ResourceKind as Kind};

const SERVICE: &str = "elasticloadbalancing";
const BALANCERS: Topic = Topic::new(Kind::ElbLoadBalancer, SERVICE, "DescribeLoadBalancers");
const GROUPS: Topic = Topic::new(Kind::ElbTargetGroup, SERVICE, "DescribeTargetGroups");
const LISTENERS: Topic = Topic::new(Kind::ElbListener, SERVICE, "DescribeListeners");
const HEALTH: Topic = Topic::new(Kind::ElbTargetGroup, SERVICE, "DescribeTargetHealth");
const TAGS: Topic = Topic::new(Kind::ElbLoadBalancer, SERVICE, "DescribeTags");

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[BALANCERS, GROUPS, LISTENERS, HEALTH, TAGS];

/// Results a page, the most that the lists take.
const PAGE: i32 = 400;
/// ARNs that one question for tags takes (Elastic Load Balancing API reference, DescribeTags).
const TAGGED_AT_ONCE: usize = 20;

/// Reads the balancers.
pub(super) async fn read(reader: &mut Reader<'_>, wanted: &Wanted) {
    let elb = Client::new(reader.site().regional());
    reader
        .list(
            &BALANCERS,
            |token| {
                elb.describe_load_balancers()
                    .page_size(PAGE)
                    .set_marker(token)
                    .send()
            },
            |page| {
                (
                    page.next_marker.clone(),
                    page.load_balancers().iter().map(balancer).collect(),
                )
            },
        )
        .await;
    reader.follows(Kind::ElbListener, Kind::ElbLoadBalancer);
    for arn in arns(reader, Kind::ElbLoadBalancer) {
        reader
            .list(
                &LISTENERS,
                |token| {
                    let listeners = elb.describe_listeners().load_balancer_arn(&arn);
                    listeners.page_size(PAGE).set_marker(token).send()
                },
                |page| {
                    (
                        page.next_marker.clone(),
                        page.listeners().iter().map(listener).collect(),
                    )
                },
            )
            .await;
    }
    reader
        .list(
            &GROUPS,
            |token| {
                elb.describe_target_groups()
                    .page_size(PAGE)
                    .set_marker(token)
                    .send()
            },
            |page| {
                (
                    page.next_marker.clone(),
                    page.target_groups().iter().map(group).collect(),
                )
            },
        )
        .await;
    tags(reader, &elb).await;
    health(reader, &elb, wanted).await;
}

fn arns(reader: &mut Reader<'_>, kind: Kind) -> Vec<String> {
    reader.of_kind(kind).map(|known| known.id.clone()).collect()
}

/// The health of the targets of the estate's groups. It is a question a group, and an account has many that are none of its business.
async fn health(reader: &mut Reader<'_>, elb: &Client, wanted: &Wanted) {
    // Whose a group is, is not known where its tags could not be read.
    let unknown: BTreeSet<String> = reader
        .gaps
        .iter()
        .filter_map(|gap| gap.about.clone())
        .collect();
    let of_estate = |group: &&mut Resource| {
        let id = &group.id;
        group.component.is_some() || wanted.bound.contains(id) || unknown.contains(id)
    };
    let groups = reader.of_kind(Kind::ElbTargetGroup).filter(of_estate);
    let groups: Vec<String> = groups.map(|group| group.id.clone()).collect();
    for arn in groups {
        let asked = || elb.describe_target_health().target_group_arn(&arn).send();
        let answer = match reader.ask(&HEALTH, asked).await {
            Ok(answer) => answer,
            Err(refusal) => {
                reader.lacks(&HEALTH, refusal, &arn, &["targets"]);
                continue;
            }
        };
        let targets = answer.target_health_descriptions().iter().map(|described| {
            let target = described.target();
            let health = described.target_health();
            object([
                ("id", target.and_then(|target| target.id()).into()),
                ("port", target.and_then(|target| target.port()).into()),
                (
                    "state",
                    word(health.and_then(|health| health.state())).into(),
                ),
                (
                    "reason",
                    word(health.and_then(|health| health.reason())).into(),
                ),
            ])
        });
        let targets = sorted_values(targets);
        for group in reader
            .of_kind(Kind::ElbTargetGroup)
            .filter(|group| group.id == arn)
        {
            *group = group.clone().with("targets", targets.clone());
        }
    }
}

/// The tags of everything, many at once, whatever the kinds.
async fn tags(reader: &mut Reader<'_>, elb: &Client) {
    let tagged = [
        Kind::ElbLoadBalancer,
        Kind::ElbTargetGroup,
        Kind::ElbListener,
    ];
    let of_kind = |kind| arns(reader, kind).into_iter().map(move |arn| (kind, arn));
    let all: Vec<(Kind, String)> = tagged.into_iter().flat_map(of_kind).collect();
    for some in all.chunks(TAGGED_AT_ONCE) {
        let arns: Vec<String> = some.iter().map(|(_, arn)| arn.clone()).collect();
        let asked = || {
            elb.describe_tags()
                .set_resource_arns(Some(arns.clone()))
                .send()
        };
        let answer = match reader.ask(&TAGS, asked).await {
            Ok(answer) => answer,
            Err(refusal) => {
                for (kind, arn) in some {
                    reader.lacks(&TAGS.of(*kind), refusal.clone(), arn, &["tags"]);
                }
                continue;
            }
        };
        let mut tags: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        for described in answer.tag_descriptions() {
            let of_one = super::value::tags!(described.tags());
            tags.insert(
                described.resource_arn().unwrap_or_default(),
                of_one.collect(),
            );
        }
        for known in &mut reader.resources {
            if let Some(tags) = tags.remove(known.id.as_str()) {
                *known = known.clone().tagged(tags);
            }
        }
    }
}

fn balancer(balancer: &LoadBalancer) -> Resource {
    let arn = balancer.load_balancer_arn();
    let zones = balancer.availability_zones().iter();
    let groups = balancer.security_groups();
    Resource::new(Kind::ElbLoadBalancer, arn.unwrap_or_default())
        .arn(arn)
        .named(balancer.load_balancer_name())
        .with("type", word(balancer.r#type()))
        .with("scheme", word(balancer.scheme()))
        .with(
            "state",
            word(balancer.state().and_then(|state| state.code())),
        )
        .with("vpc", balancer.vpc_id())
        .with(
            "zones",
            sorted(zones.clone().filter_map(|zone| zone.zone_name())),
        )
        .with("subnets", sorted(zones.filter_map(|zone| zone.subnet_id())))
        .with("security-groups", sorted(groups))
        .with("dns-name", balancer.dns_name())
        .with("dns-zone", balancer.canonical_hosted_zone_id())
        .with("address-type", word(balancer.ip_address_type()))
        .with("created", instant(balancer.created_time()))
}

fn group(group: &TargetGroup) -> Resource {
    let arn = group.target_group_arn();
    let matcher = group
        .matcher()
        .and_then(|m| m.http_code().or(m.grpc_code()));
    Resource::new(Kind::ElbTargetGroup, arn.unwrap_or_default())
        .arn(arn)
        .named(group.target_group_name())
        .with("protocol", word(group.protocol()))
        .with("protocol-version", group.protocol_version())
        .with("port", group.port())
        .with("vpc", group.vpc_id())
        .with("target-type", word(group.target_type()))
        .with("load-balancers", sorted(group.load_balancer_arns()))
        .with(
            "health-check",
            object([
                ("enabled", group.health_check_enabled().into()),
                ("protocol", word(group.health_check_protocol()).into()),
                ("port", group.health_check_port().into()),
                ("path", group.health_check_path().into()),
                ("matcher", matcher.into()),
                ("interval-s", group.health_check_interval_seconds().into()),
                ("timeout-s", group.health_check_timeout_seconds().into()),
                ("healthy-after", group.healthy_threshold_count().into()),
                ("unhealthy-after", group.unhealthy_threshold_count().into()),
            ]),
        )
}

fn listener(listener: &Listener) -> Resource {
    let arn = listener.listener_arn();
    let certificates = listener.certificates().iter();
    let actions: Vec<Value> = listener.default_actions().iter().map(action).collect();
    Resource::new(Kind::ElbListener, arn.unwrap_or_default())
        .arn(arn)
        .with("load-balancer", listener.load_balancer_arn())
        .with("protocol", word(listener.protocol()))
        .with("port", listener.port())
        .with("tls-policy", listener.ssl_policy())
        .with(
            "certificates",
            sorted(certificates.filter_map(|c| c.certificate_arn())),
        )
        .with("actions", actions)
}

/// A default action. Those that sign people in may hold a client's secret, so only their type is kept.
fn action(action: &Action) -> Value {
    let forward = action.forward_config();
    let groups = forward
        .into_iter()
        .flat_map(|config| config.target_groups());
    let groups = groups.filter_map(|group| group.target_group_arn());
    let groups = sorted(groups.chain(action.target_group_arn()));
    let mut groups = groups;
    groups.dedup();
    let redirect = action.redirect_config();
    object([
        ("type", word(action.r#type()).into()),
        (
            "target-groups",
            if groups.is_empty() {
                Value::Null
            } else {
                groups.into()
            },
        ),
        ("redirect-host", redirect.and_then(|to| to.host()).into()),
        ("redirect-port", redirect.and_then(|to| to.port()).into()),
        (
            "redirect-protocol",
            redirect.and_then(|to| to.protocol()).into(),
        ),
    ])
}
