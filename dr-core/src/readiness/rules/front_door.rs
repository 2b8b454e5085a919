//! The name that clients use, as its records and health checks stand.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::facts::{flag, number};
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::adapter::front_door::{
    CheckSetup, Failover, Record, RecordSet, Setup, SideSetup, Target, concerns,
};
use crate::drift::Side;
use crate::model::{
    Binding, ComponentId, Duration, Family, Finding, Resource, ResourceKind as Kind,
    Route53Binding, RuleDoc, Settings, Severity, SiteScan, Subject, Traffic,
};

const NEEDS: &[Need] = &[
    Need::all(Where::Global, Kind::Route53Record, &[]),
    Need::all(Where::Global, Kind::Route53HealthCheck, &[]),
];

/// Concerns about the two records as a pair.
const OF_PAIR: [&str; 11] = [
    "records-missing",
    "no-primary-record",
    "two-primary-records",
    "no-secondary-record",
    "two-secondary-records",
    "site-without-record",
    "record-of-neither-site",
    "pair-reversed",
    "secondary-follows-the-switch",
    "secondary-with-health-check",
    "switch-not-at-standby",
];
/// Concerns about where a record leads.
const OF_TARGET: [&str; 3] = [
    "alias-evaluates-target-health",
    "record-points-to-the-other-site",
    "record-points-elsewhere",
];
/// Concerns that the rule about the RTO judges.
const OF_TTL: [&str; 1] = ["ttl-above-declared"];

/// The records are a pair that can be switched.
pub(super) const PAIR: Rule = Rule {
    doc: RuleDoc::new(
        "record-pair-unfit",
        Family::Edge,
        Severity::Blocking,
        [
            "the records of the name are no failover pair of the two sites",
            "Route 53 accepts such records and answers with one of them for ever: a shift moves nobody, or the wrong way.",
            "make the name one failover pair with a record of each site: apply the global stack",
            "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html",
        ],
    ),
    needs: NEEDS,
    check: |facts| of_each(facts, "a failover pair", |code| OF_PAIR.contains(&code)),
};

/// The health check moves clients when it is told to.
pub(super) const CHECK: Rule = Rule {
    doc: RuleDoc::new(
        "health-check-unfit",
        Family::Edge,
        Severity::Blocking,
        [
            "the health check of a record is missing, turned off, not inverted where the switch needs it, or watches something else",
            "The health check alone decides which site is answered: with a wrong one the switch moves nobody.",
            "let the primary record's inverted health check ask for the switch object in the standby's region",
            "https://aws.amazon.com/blogs/networking-and-content-delivery/creating-disaster-recovery-mechanisms-using-amazon-route-53/",
        ],
    ),
    needs: NEEDS,
    check: health,
};

/// A record leads to its own site.
pub(super) const TARGET: Rule = Rule {
    doc: RuleDoc::new(
        "record-target-unfit",
        Family::Edge,
        Severity::Blocking,
        [
            "a record of the name leads to something other than its site's answers",
            "Clients that are moved come to the wrong site, or to nothing.",
            "point the record at its own site, or correct `answers` in the estate",
            "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-complex-configs.html",
        ],
    ),
    needs: NEEDS,
    check: |facts| {
        of_each(facts, "each record leads to its own site", |code| {
            OF_TARGET.contains(&code)
        })
    },
};

/// What the standby's record leads to stands there.
pub(super) const ALIAS: Rule = Rule {
    doc: RuleDoc::new(
        "alias-target-missing",
        Family::Edge,
        Severity::Blocking,
        [
            "the standby's record leads to a load balancer that is not there",
            "The name is answered with nothing, or with addresses that are somebody else's by now.",
            "point the record at the balancer that stands at the standby: apply the global stack",
            "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-to-elb-load-balancer.html",
        ],
    ),
    needs: &[
        Need::all(Where::Global, Kind::Route53Record, &["alias"]),
        Need::all(Where::Standby, Kind::ElbLoadBalancer, &["dns-name"]),
    ],
    check: alias,
};

/// How long resolvers keep an answer.
pub(super) const TTL: Rule = Rule {
    doc: RuleDoc::new(
        "ttl-above-rto-share",
        Family::Edge,
        Severity::Slowing,
        [
            "resolvers may keep an answer for longer than a quarter of the RTO",
            "After a shift clients go on to the lost site for as long, whatever a run does.",
            "lower the TTL of the record; AWS asks for 60 s or less",
            "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/best-practices-dns.html",
        ],
    ),
    needs: &[Need::all(Where::Global, Kind::Route53Record, &["ttl-s"])],
    check: ttl,
};

/// An alias of a load balancer is kept for this long (Route 53 FAQ, "DNS Failover": fixed at 60 s).
const ALIAS_TTL: Duration = Duration::from_secs(60);

/// A front door that both sites bind.
struct FrontDoor<'a> {
    component: &'a ComponentId,
    traffic: &'a Traffic,
    /// The home primary's and the home standby's.
    bound: [&'a Route53Binding; 2],
}

fn front_doors<'a>(facts: &Facts<'a>) -> Vec<FrontDoor<'a>> {
    let components = facts.estate.components.values();
    let doors = components.filter_map(|component| {
        let Settings::Traffic(traffic) = &component.settings else {
            return None;
        };
        let bound = |index: usize| {
            let site = &facts.estate.sites[index].id;
            match facts.estate.binding(&component.id, site)? {
                Binding::Route53(bound) => Some(bound),
                _ => None,
            }
        };
        Some(FrontDoor {
            component: &component.id,
            traffic,
            bound: [bound(0)?, bound(1)?],
        })
    });
    doors.collect()
}

fn none() -> Outcome {
    Outcome::Nothing("the estate binds no name in Route 53 on both sites".to_owned())
}

/// The records of a front door.
fn records<'a>(global: &'a SiteScan, door: &FrontDoor<'a>) -> Vec<&'a Resource> {
    let name = plain(&door.traffic.record);
    let records = global.of_kind(Kind::Route53Record);
    records
        .filter(|record| {
            record
                .name
                .as_deref()
                .is_some_and(|known| plain(known) == name)
        })
        .filter(|record| {
            let zone = record.text("zone");
            door.bound.iter().any(|bound| zone == Some(&bound.zone))
        })
        .collect()
}

fn plain(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.strip_prefix("dualstack.")
        .map_or(name.clone(), str::to_owned)
}

/// What speaks against the way a front door is set up, as the adapter of Route 53 judges it.
fn judged(facts: &Facts<'_>, global: &SiteScan, door: &FrontDoor<'_>) -> Vec<Finding> {
    let records = records(global, door);
    let checks: BTreeMap<String, Option<CheckSetup>> = records
        .iter()
        .filter_map(|record| record.text("health-check"))
        .map(|id| {
            let mut known = global.of_kind(Kind::Route53HealthCheck);
            let check = known.find(|check| check.id == id);
            (id.to_owned(), check.map(check_setup))
        })
        .collect();
    let switch = door
        .bound
        .iter()
        .rev()
        .find_map(|bound| Some((bound.switch_bucket.clone()?, bound.switch_key.clone()?)));
    // A scan does not tell a bucket's region. One that only one site's scan has stands there.
    let bucket_region = switch.as_ref().and_then(|(bucket, _)| {
        let mut holding = facts.scan.sites.values().filter(|site| {
            let mut buckets = site.of_kind(Kind::S3Bucket);
            buckets.any(|known| known.id == *bucket)
        });
        let only = holding.next().filter(|_| holding.next().is_none());
        let is_listed = |site: &SiteScan| site.is_complete(Kind::S3Bucket);
        only.filter(|_| facts.scan.sites.values().all(is_listed))
            .map(|site| site.region.to_string())
    });
    let side = |index: usize| SideSetup {
        site: facts.estate.sites[index].id.clone(),
        region: facts.estate.sites[index].region.clone(),
        set_identifier: door.bound[index].set_identifier.clone(),
        answers: door.bound[index].answers.clone(),
    };
    concerns(&Setup {
        component: door.component.clone(),
        method: door.traffic.method,
        sides: [side(0), side(1)],
        declared_ttl: door.traffic.ttl,
        records: Some(records.into_iter().map(record_setup).collect()),
        checks,
        switch,
        bucket_region,
    })
}

fn record_setup(record: &Resource) -> Record {
    let failover = match record.text("failover") {
        Some("PRIMARY") => Some(Failover::Primary),
        Some("SECONDARY") => Some(Failover::Secondary),
        _ => None,
    };
    let target = match record.attributes.get("alias") {
        Some(alias) => Target::Alias {
            name: alias
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            evaluates_health: alias
                .get("evaluates-health")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
        },
        None => Target::Values(
            record
                .texts("values")
                .into_iter()
                .map(str::to_owned)
                .collect(),
        ),
    };
    let is_alias = matches!(target, Target::Alias { .. });
    Record {
        kind: record.text("type").unwrap_or_default().to_owned(),
        set: RecordSet {
            set_identifier: record.text("set-identifier").unwrap_or_default().to_owned(),
            failover,
            health_check: record.text("health-check").map(str::to_owned),
        },
        ttl: number(record, "ttl-s")
            .filter(|_| !is_alias)
            .map(Duration::from_secs),
        target,
    }
}

fn check_setup(check: &Resource) -> CheckSetup {
    let follows = ["CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"];
    CheckSetup {
        asks_endpoint: !check
            .text("type")
            .is_some_and(|kind| follows.contains(&kind)),
        inverted: flag(check, "inverted").unwrap_or_default(),
        disabled: flag(check, "disabled").unwrap_or_default(),
        host: check
            .text("name")
            .or(check.text("address"))
            .map(str::to_owned),
        path: check.text("path").map(str::to_owned),
    }
}

fn of_each(facts: &Facts<'_>, right: &str, is_of: fn(&str) -> bool) -> Vec<Outcome> {
    let Some(global) = facts.global() else {
        return Vec::new();
    };
    let doors = front_doors(facts);
    if doors.is_empty() {
        return vec![none()];
    }
    let mut outcomes = Vec::new();
    for door in &doors {
        let concerns: Vec<Outcome> = judged(facts, global, door)
            .into_iter()
            .filter(|concern| is_of(&concern.code))
            .map(|concern| told(facts, concern))
            .collect();
        if concerns.is_empty() && records(global, door).is_empty() {
            // That there is none is told by the rule about the pair.
            let why = format!("{}: the name has no record", door.component);
            outcomes.push(Outcome::Nothing(why));
        } else if concerns.is_empty() {
            outcomes.push(Outcome::Holds(format!("{}: {right}", door.component)));
        }
        outcomes.extend(concerns);
    }
    outcomes
}

/// A concern as a finding of ours. One that says that something is not there is concluded from what was not seen.
fn told(facts: &Facts<'_>, concern: Finding) -> Outcome {
    let is_absence = concern.code.contains("missing")
        || concern.code.starts_with("no-")
        || concern.code.contains("without");
    // It begins with the component, which the subject names.
    let message = match concern.message.split_once(": ") {
        Some((component, rest))
            if facts
                .estate
                .components
                .keys()
                .any(|id| id.as_str() == component) =>
        {
            rest.to_owned()
        }
        _ => concern.message,
    };
    let found = Found::new(concern.subject, message)
        .value(facts.standby(), &concern.code, Value::Null)
        .only(concern.severity)
        .fix(concern.fix);
    if is_absence {
        found.absent().into()
    } else {
        found.into()
    }
}

/// What the adapter judges of health checks, and a record of the standby that follows something of the primary's.
fn health(facts: &Facts<'_>) -> Vec<Outcome> {
    let mut outcomes = of_each(facts, "its health check moves clients", |code| {
        !OF_PAIR.contains(&code) && !OF_TARGET.contains(&code) && !OF_TTL.contains(&code)
    });
    let Some(global) = facts.global() else {
        return outcomes;
    };
    for door in front_doors(facts) {
        let index = usize::from(facts.estate.sites[1].id == *facts.standby());
        let identifier = &door.bound[index].set_identifier;
        let mut records = records(global, &door).into_iter();
        let record = records.find(|record| record.text("set-identifier") == Some(identifier));
        let id = record.and_then(|record| record.text("health-check"));
        let mut checks = global.of_kind(Kind::Route53HealthCheck);
        let Some(check) = id.and_then(|id| checks.find(|check| check.id == id)) else {
            continue;
        };
        let host = check.text("name").unwrap_or_default();
        let is_inverted = flag(check, "inverted") == Some(true);
        if !is_inverted && super::parameter::of_primary(facts, &[host]).contains(&host.to_owned()) {
            let message = format!(
                "the standby's record is healthy while {host} is, which is lost with the primary"
            );
            outcomes.push(
                Found::of(check, message)
                    .at(facts.standby(), check, "name")
                    .into(),
            );
        }
    }
    outcomes
}

fn alias(facts: &Facts<'_>) -> Vec<Outcome> {
    let Some(global) = facts.global() else {
        return Vec::new();
    };
    let index = usize::from(facts.estate.sites[1].id == *facts.standby());
    let mut outcomes = Vec::new();
    for door in front_doors(facts) {
        let identifier = &door.bound[index].set_identifier;
        let of_standby = records(global, &door)
            .into_iter()
            .filter(|record| record.text("set-identifier") == Some(identifier));
        for record in of_standby {
            let alias = record
                .attributes
                .get("alias")
                .and_then(|alias| alias.get("name"));
            let Some(name) = alias.and_then(Value::as_str) else {
                continue;
            };
            let mut balancers = facts.all(Side::Standby, Kind::ElbLoadBalancer);
            let balancer = balancers.find(|balancer| {
                balancer
                    .text("dns-name")
                    .is_some_and(|known| plain(known) == plain(name))
            });
            outcomes.push(match balancer {
                // Whether it works is another rule's.
                Some(balancer) => Outcome::Holds(format!(
                    "{}: {} stands there",
                    door.component,
                    balancer.name.as_deref().unwrap_or(&balancer.id)
                )),
                // CloudFront, an API or another record: a scan does not read those.
                None if !name.contains(".elb.") => Outcome::unclear(
                    format!("{name} is no load balancer: a scan does not read what it is"),
                    "look by hand whether it stands",
                ),
                None => Found::new(
                    Subject::Placed(door.component.clone(), facts.standby().clone()),
                    format!(
                        "its record leads to {name}, and no balancer of {} has that name",
                        facts.standby()
                    ),
                )
                .at(facts.standby(), record, "alias")
                .absent()
                .into(),
            });
        }
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "no record of the standby is an alias".to_owned(),
        ));
    }
    outcomes
}

fn ttl(facts: &Facts<'_>) -> Vec<Outcome> {
    let Some(global) = facts.global() else {
        return Vec::new();
    };
    let longest = facts.estate.objectives.longest_ttl();
    let mut outcomes = Vec::new();
    for door in front_doors(facts) {
        let records = records(global, &door);
        let kept = records.iter().map(|record| {
            let ttl = number(record, "ttl-s").map_or(door.traffic.ttl, Duration::from_secs);
            let is_alias = record.attributes.contains_key("alias");
            (if is_alias { ALIAS_TTL } else { ttl }, *record)
        });
        outcomes.push(match kept.max_by_key(|(ttl, _)| *ttl) {
            None => Outcome::Nothing(format!("{} has no record", door.component)),
            Some((ttl, _)) if ttl <= longest => Outcome::Holds(format!(
                "{}: kept for {ttl} at the most, {longest} allowed",
                door.component
            )),
            Some((ttl, record)) => Found::new(
                Subject::Component(door.component.clone()),
                format!("resolvers keep it for {ttl}, and a quarter of the RTO is {longest}"),
            )
            .at(facts.standby(), record, "ttl-s")
            .into(),
        });
    }
    if outcomes.is_empty() {
        outcomes.push(none());
    }
    outcomes
}
