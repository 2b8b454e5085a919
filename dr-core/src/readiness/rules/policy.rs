//! Policies at the standby that let through only what comes from the primary's region.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use super::key;
use crate::drift::Side;
use crate::model::{Family, Resource, ResourceKind as Kind, RuleDoc, Severity};

/// What a policy is conditioned on belongs to one region.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "policy-pinned-to-primary",
        Family::Control,
        Severity::Blocking,
        [
            "a policy of a key or bucket at the standby lets through only what comes from the primary's region",
            "It was copied with a condition on a region, a service of a region or a network. Nobody notices while the standby rests; after \
             a failover the database or the application is denied its key or its bucket.",
            "name the standby's region, service or network in the condition, too",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
        ],
    ),
    needs: &[
        Need::all(
            Where::Standby,
            Kind::KmsKey,
            &["policy", "aliases", "manager"],
        ),
        Need::all(Where::Standby, Kind::S3Bucket, &["policy", "encryption"]),
        Need::all(Where::Standby, Kind::RdsInstance, &["key"]),
        Need::all(Where::Standby, Kind::SecretsManagerSecret, &["key"]),
        Need::all(Where::Standby, Kind::SsmParameter, &["key"]),
        Need::all(Where::Standby, Kind::EksCluster, &["keys"]),
        Need::all(Where::Standby, Kind::Ec2LaunchTemplate, &["volumes"]),
        Need::all(Where::Both, Kind::Ec2Vpc, &[]),
    ],
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Outcome> {
    let keys = key::used(facts);
    let keys = keys.keys().filter_map(|id| key::find(facts, id));
    // Nobody configures the policies of the others, and no scan asks for them.
    let keys = keys.filter(|key| !key.is_key_of_aws());
    // Of buckets only the estate's are read.
    let buckets = facts.all(Side::Standby, Kind::S3Bucket);
    let things: BTreeMap<(Kind, &str), &Resource> = keys
        .chain(buckets)
        .map(|thing| ((thing.kind, thing.id.as_str()), thing))
        .collect();
    let outcomes: Vec<Outcome> = things
        .values()
        .flat_map(|thing| of_thing(facts, thing))
        .collect();
    if outcomes.is_empty() {
        return vec![Outcome::Nothing(
            "no key and no bucket of the standby has a policy".to_owned(),
        )];
    }
    outcomes
}

fn of_thing(facts: &Facts<'_>, thing: &Resource) -> Vec<Outcome> {
    let name = thing.name.as_deref().unwrap_or(&thing.id);
    let Some(policy) = thing.attributes.get("policy") else {
        // Every key has one; a bucket may have none.
        let is_unread = thing.kind == Kind::KmsKey;
        let unread = Outcome::unclear(
            format!("the policy of {name} does not stand in the scan"),
            "dr discover",
        );
        return is_unread.then_some(unread).into_iter().collect();
    };
    let Some(statements) = statements(policy) else {
        return vec![Outcome::unclear(
            format!("the policy of {name} is none that dr reads"),
            "look at it by hand",
        )];
    };
    let allowing: Vec<&Value> = statements
        .iter()
        .copied()
        .filter(|statement| statement["Effect"] == "Allow")
        .collect();
    let is_pinned = |statement: &Value| pin(facts, statement).is_some();
    let is_nobody_allowed = !allowing.is_empty() && allowing.iter().all(|one| is_pinned(one));
    let mut outcomes = Vec::new();
    for (number, statement) in statements.iter().enumerate() {
        let Some(condition) = pin(facts, statement) else {
            continue;
        };
        let denies = statement["Effect"] == "Deny";
        // A key is nobody's to use whom its policy does not let; a bucket needs no statement for roles of its account (KMS developer
        // guide, "key-policies"; S3 user guide, "access-policy-language-overview").
        let severity = match thing.kind {
            _ if denies => Severity::Blocking,
            Kind::KmsKey if is_nobody_allowed => Severity::Blocking,
            Kind::KmsKey => Severity::Slowing,
            _ => Severity::Notice,
        };
        let which = called(number, statement);
        let does = if denies {
            "denies everything but"
        } else {
            "allows only"
        };
        let found = Found::of(
            thing,
            format!(
                "its policy {does} what comes from {} ({which}: {condition})",
                facts.region(Side::Primary)
            ),
        );
        let found = found.value(
            facts.standby(),
            &format!("policy {which}"),
            (*statement).clone(),
        );
        outcomes.push(found.only(severity).into());
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Holds(format!(
            "the policy of {name} is not tied to {}",
            facts.region(Side::Primary)
        )));
    }
    outcomes
}

/// The statements of a policy; `None`: it is none that is understood.
pub(super) fn statements(policy: &Value) -> Option<Vec<&Value>> {
    match &policy["Statement"] {
        Value::Array(list) => Some(list.iter().collect()),
        one @ Value::Object(_) => Some(vec![one]),
        _ => None,
    }
}

/// What a statement is called: by its own id, or by its number.
pub(super) fn called(number: usize, statement: &Value) -> String {
    let id = statement["Sid"].as_str();
    id.map_or_else(|| format!("statement {}", number + 1), str::to_owned)
}

/// One text, or a list of them: policies write both.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one],
        _ => Vec::new(),
    }
}

/// Operators under which a statement counts only where the value is one of those named, and those under which it counts only
/// elsewhere (IAM user guide, "`reference_policies_elements_condition_operators`").
const IS: [&str; 5] = [
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "ArnEquals",
    "ArnLike",
];
const IS_NOT: [&str; 5] = [
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
    "ArnNotEquals",
    "ArnNotLike",
];

/// The condition by which a statement ties a thing to the primary's region: it allows only there, or denies everywhere else.
pub(super) fn pin(facts: &Facts<'_>, statement: &Value) -> Option<String> {
    let operators = match statement["Effect"].as_str()? {
        "Allow" => IS,
        "Deny" => IS_NOT,
        _ => return None,
    };
    for (operator, keys) in statement["Condition"].as_object()? {
        // `ForAnyValue:StringLikeIfExists` is `StringLike` for what is asked here.
        let plain = operator.rsplit(':').next().unwrap_or(operator);
        let plain = plain.strip_suffix("IfExists").unwrap_or(plain);
        if !operators.contains(&plain) {
            continue;
        }
        for (key, values) in keys.as_object().into_iter().flatten() {
            let values = texts(values);
            let is_of = |side, value: &&str| names(facts, side, value);
            let is_elsewhere = values.iter().all(|value| is_of(Side::Primary, value));
            let is_here = values.iter().any(|value| is_of(Side::Standby, value));
            if !values.is_empty() && is_elsewhere && !is_here {
                return Some(format!("{operator} {key} {}", values.join(", ")));
            }
        }
    }
    None
}

/// Whether a value names a side's region, as `rds.us-east-2.amazonaws.com` and ARNs do, or a network that stands there.
fn names(facts: &Facts<'_>, side: Side, value: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut parts = value.split(|c| !is_part(c));
    parts.any(|part| part == facts.region(side)) || facts.find(side, Kind::Ec2Vpc, value).is_some()
}
