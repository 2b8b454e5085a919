//! Buckets whose objects the standby needs.

use serde_json::Value;

use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{
    ComponentId, Family, Resource, ResourceKind as Kind, RuleDoc, Settings, Severity, Subject,
};

/// A bucket that stopped replicating.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "bucket-not-replicated",
        Family::Storage,
        Severity::Blocking,
        [
            "a bucket of the primary does not replicate to the standby's any more",
            "Objects that were written since are not at the standby, and a failover goes on without them. A pair of which neither bucket \
             has a rule for the other is not meant to be replicated, and nothing is asked of it.",
            "enable the rule at the primary's bucket, and versioning of both; replicate what was missed with S3 Batch Replication",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-and-other-bucket-configs.html",
        ],
    ),
    needs: &[Need::all(
        Where::Both,
        Kind::S3Bucket,
        &["replication", "versioning"],
    )],
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Outcome> {
    let components = facts.estate.components.values();
    let mut outcomes = Vec::new();
    for component in components {
        let Settings::ObjectStore(storage) = &component.settings else {
            continue;
        };
        let bucket = |side| {
            let name = storage.buckets.get(facts.site(side))?;
            Some((name, facts.find(side, Kind::S3Bucket, name)))
        };
        let (Some(there), Some(here)) = (bucket(Side::Primary), bucket(Side::Standby)) else {
            continue;
        };
        let (Some(source), (target, standby)) = (there.1, here) else {
            outcomes.push(Outcome::Nothing(format!(
                "the bucket {} does not stand at the primary",
                there.0
            )));
            continue;
        };
        outcomes.extend(of_pair(facts, &component.id, source, (target, standby)));
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "the estate has no bucket on both sites".to_owned(),
        ));
    }
    outcomes
}

/// The rules of a bucket that lead to another.
fn rules<'a>(from: &'a Resource, to: &str) -> Vec<&'a Value> {
    let rules = from.attributes.get("replication").and_then(Value::as_array);
    let leads = |rule: &&Value| {
        let bucket = text(rule, "bucket");
        bucket.is_some_and(|bucket| bucket.rsplit(':').next() == Some(to))
    };
    rules.into_iter().flatten().filter(leads).collect()
}

fn text<'a>(rule: &'a Value, key: &str) -> Option<&'a str> {
    rule.get(key).and_then(Value::as_str)
}

fn of_pair(
    facts: &Facts<'_>,
    component: &ComponentId,
    source: &Resource,
    (target, standby): (&str, Option<&Resource>),
) -> Vec<Outcome> {
    let out = rules(source, target);
    let back = standby.map_or(Vec::new(), |standby| rules(standby, &source.id));
    let found = |message: String| {
        Found::of(source, message).at(facts.site(Side::Primary), source, "replication")
    };
    if out.is_empty() {
        return vec![if back.is_empty() {
            Outcome::Nothing(format!(
                "{component}: neither bucket replicates to the other"
            ))
        } else {
            let message =
                format!("{target} has a rule that replicates to it, and it has none to {target}");
            found(message).absent().into()
        }];
    }
    let is_on = |rule: &&&Value| text(rule, "status") == Some("Enabled");
    let of_rule = |rule: &Value| {
        let prefix = text(rule, "prefix").filter(|prefix| !prefix.is_empty());
        prefix.unwrap_or("all objects").to_owned()
    };
    let on: Vec<String> = out.iter().filter(is_on).map(|rule| of_rule(rule)).collect();
    let off = out.iter().filter(|rule| !is_on(rule));
    let off: Vec<String> = off.map(|rule| of_rule(rule)).collect();
    let mut outcomes = vec![versioned(facts, component, source, (target, standby))];
    if off.is_empty() {
        let what = on.join(", ");
        outcomes.push(Outcome::Holds(format!("{component}: {what} to {target}")));
    } else if on.is_empty() {
        outcomes.push(found(format!("its replication to {target} is disabled")).into());
    } else if !on.iter().any(|what| what == "all objects") {
        let message = format!(
            "of its objects {} are not replicated: their rule is disabled",
            off.join(", ")
        );
        outcomes.push(found(message).only(Severity::Slowing).into());
    }
    outcomes
}

/// S3 stops to replicate where the destination keeps no versions (S3 user guide, "replication-and-other-bucket-configs"); of the source
/// it asks the same before it takes a rule.
fn versioned(
    facts: &Facts<'_>,
    component: &ComponentId,
    source: &Resource,
    (target, standby): (&str, Option<&Resource>),
) -> Outcome {
    let Some(standby) = standby else {
        let subject = Subject::Placed(component.clone(), facts.standby().clone());
        return Found::new(subject, format!("its bucket {target} does not stand there"))
            .absent()
            .into();
    };
    let pair = [(Side::Primary, source), (Side::Standby, standby)];
    let without = pair
        .into_iter()
        .find(|(_, bucket)| bucket.text("versioning") != Some("Enabled"));
    match without {
        None => Outcome::Holds(format!("{component}: both buckets keep versions")),
        Some((side, bucket)) => {
            let state = bucket.text("versioning").unwrap_or("off");
            Found::of(
                bucket,
                format!("its versioning is {state}: S3 does not replicate"),
            )
            .at(facts.site(side), bucket, "versioning")
            .into()
        }
    }
}
