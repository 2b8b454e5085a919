//! Elastic Load Balancing: application, network and gateway load balancers.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, Listener, LoadBalancer, Rule, RuleCondition, TargetGroup,
};
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
const RULES: Topic = Topic::new(Kind::ElbListener, SERVICE, "DescribeRules");
const HEALTH: Topic = Topic::new(Kind::ElbTargetGroup, SERVICE, "DescribeTargetHealth");
const TAGS: Topic = Topic::new(Kind::ElbLoadBalancer, SERVICE, "DescribeTags");

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[BALANCERS, GROUPS, LISTENERS, RULES, HEALTH, TAGS];

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
    rules(reader, &elb, wanted).await;
    health(reader, &elb, wanted).await;
}

fn arns(reader: &mut Reader<'_>, kind: Kind) -> Vec<String> {
    reader.of_kind(kind).map(|known| known.id.clone()).collect()
}

/// What of a kind is the estate's. A question a thing is asked only about those: an account has many that are none of its business.
fn of_estate(reader: &mut Reader<'_>, wanted: &Wanted, kind: Kind) -> Vec<String> {
    // Whose a thing is, is not known where its tags could not be read.
    let unknown: BTreeSet<String> = reader
        .gaps
        .iter()
        .filter_map(|gap| gap.about.clone())
        .collect();
    let is_ours = |thing: &&mut Resource| {
        let id = &thing.id;
        thing.component.is_some() || wanted.bound.contains(id) || unknown.contains(id)
    };
    let ours = reader.of_kind(kind).filter(is_ours);
    ours.map(|thing| thing.id.clone()).collect()
}

/// What the listeners of the estate's application balancers do before their default action.
async fn rules(reader: &mut Reader<'_>, elb: &Client, wanted: &Wanted) {
    let balancers = of_estate(reader, wanted, Kind::ElbLoadBalancer);
    let has_rules = |listener: &&mut Resource| {
        let is_ours = |arn| balancers.iter().any(|ours| ours == arn);
        // Others have none, or ask for a client's certificate and no more (Elastic Load Balancing API reference, CreateRule).
        let is_http = matches!(listener.text("protocol"), Some("HTTP" | "HTTPS"));
        is_http && listener.text("load-balancer").is_some_and(is_ours)
    };
    let listeners = reader.of_kind(Kind::ElbListener).filter(has_rules);
    let listeners: Vec<String> = listeners.map(|listener| listener.id.clone()).collect();
    for arn in listeners {
        let read = reader.whole(
            &RULES,
            |token| {
                let rules = elb.describe_rules().listener_arn(&arn);
                rules.page_size(PAGE).set_marker(token).send()
            },
            |page| (page.next_marker.clone(), page.rules().to_vec()),
        );
        let read = match read.await {
            Ok(read) => read,
            // Of some of them nothing can be said.
            Err((refusal, _)) => {
                reader.lacks(&RULES, refusal, &arn, &["rules"]);
                continue;
            }
        };
        let rules = in_order(read);
        let listeners = reader.of_kind(Kind::ElbListener);
        for listener in listeners.filter(|listener| listener.id == arn) {
            *listener = listener.clone().with("rules", rules.clone());
        }
    }
}

/// The health of the targets of the estate's groups.
async fn health(reader: &mut Reader<'_>, elb: &Client, wanted: &Wanted) {
    for arn in of_estate(reader, wanted, Kind::ElbTargetGroup) {
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

/// Rules as they are asked, the default one apart: it stands among the actions of the listener. Their numbers say nothing but the order.
fn in_order(mut rules: Vec<Rule>) -> Vec<Value> {
    rules.retain(|rule| rule.is_default() != Some(true));
    rules.sort_by_cached_key(|rule| rule.priority().and_then(|text| text.parse::<u32>().ok()));
    let rules = (1..).zip(&rules).map(|(order, rule): (u32, _)| {
        let actions: Vec<Value> = rule.actions().iter().map(action).collect();
        let rewrites = rule
            .transforms()
            .iter()
            .map(|rewrite| word(rewrite.r#type()));
        let rewrites: Vec<Value> = rewrites.map(Value::from).collect();
        object([
            ("order", order.into()),
            (
                "conditions",
                sorted_values(rule.conditions().iter().map(condition)).into(),
            ),
            ("actions", actions.into()),
            (
                "rewrites",
                if rewrites.is_empty() {
                    Value::Null
                } else {
                    rewrites.into()
                },
            ),
        ])
    });
    rules.collect()
}

/// A condition of a rule: what it looks at, and the values of which one is to be there.
fn condition(condition: &RuleCondition) -> Value {
    let header = condition.http_header_config();
    let query = condition.query_string_config();
    let pairs = query.into_iter().flat_map(|query| query.values());
    let pairs = pairs.map(|pair| {
        format!(
            "{}={}",
            pair.key().unwrap_or_default(),
            pair.value().unwrap_or_default()
        )
    });
    let texts = [
        condition.values(),
        condition
            .host_header_config()
            .map_or(&[], |host| host.values()),
        condition
            .host_header_config()
            .map_or(&[], |host| host.regex_values()),
        condition
            .path_pattern_config()
            .map_or(&[], |path| path.values()),
        condition
            .path_pattern_config()
            .map_or(&[], |path| path.regex_values()),
        header.map_or(&[], |header| header.values()),
        header.map_or(&[], |header| header.regex_values()),
        condition
            .http_request_method_config()
            .map_or(&[], |method| method.values()),
        condition
            .source_ip_config()
            .map_or(&[], |source| source.values()),
        condition.regex_values(),
    ];
    // The older form of a value stands beside the newer one.
    let values: BTreeSet<String> = texts.into_iter().flatten().cloned().chain(pairs).collect();
    object([
        ("field", condition.field().into()),
        (
            "header",
            header.and_then(|header| header.http_header_name()).into(),
        ),
        ("values", values.into_iter().collect::<Vec<_>>().into()),
    ])
}

/// An action. Those that sign people in may hold a client's secret, so only their type is kept.
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
    let answers = action.fixed_response_config();
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
        ("redirect-path", redirect.and_then(|to| to.path()).into()),
        ("redirect-query", redirect.and_then(|to| to.query()).into()),
        ("shares", shares(action)),
        (
            "answers",
            answers.and_then(|answer| answer.status_code()).into(),
        ),
    ])
}

/// How much of the traffic each of several groups is sent; nothing where one has it all.
fn shares(action: &Action) -> Value {
    let groups = action
        .forward_config()
        .map_or(&[][..], |config| config.target_groups());
    if groups.len() < 2 {
        return Value::Null;
    }
    let shares = groups.iter().map(|group| {
        object([
            ("target-group", group.target_group_arn().into()),
            ("weight", group.weight().into()),
        ])
    });
    sorted_values(shares).into()
}
