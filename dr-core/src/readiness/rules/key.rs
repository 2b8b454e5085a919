//! Keys that the standby's data is encrypted with.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::facts::Facts;
use super::super::{Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{
    ALIAS_OF_AWS, Family, Resource, ResourceKind as Kind, RuleDoc, Severity, Subject,
};

/// A key that cannot be used.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "key-unusable",
        Family::Database,
        Severity::Blocking,
        [
            "a key that the standby needs is disabled, waits for its deletion, or is not there",
            "What is encrypted with it cannot be opened: a database loses its storage when it next asks for the key, a machine does not \
             start, and a deleted key takes the data with it.",
            "enable the key, or cancel its deletion, before the waiting period ends",
            "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html",
        ],
    ),
    needs: &[
        Need::all(
            Where::Standby,
            Kind::KmsKey,
            &["state", "deleted-at", "aliases", "manager"],
        ),
        Need::all(Where::Standby, Kind::RdsInstance, &["key"]),
        Need::all(Where::Standby, Kind::SecretsManagerSecret, &["key"]),
        Need::all(Where::Standby, Kind::SsmParameter, &["key"]),
        Need::all(Where::Standby, Kind::EksCluster, &["keys"]),
        Need::all(Where::Standby, Kind::Ec2LaunchTemplate, &["volumes"]),
        Need::all(Where::Standby, Kind::S3Bucket, &["encryption"]),
    ],
    check,
};

/// The kinds whose things name keys.
const USERS: [Kind; 6] = [
    Kind::RdsInstance,
    Kind::SecretsManagerSecret,
    Kind::SsmParameter,
    Kind::EksCluster,
    Kind::Ec2LaunchTemplate,
    Kind::S3Bucket,
];

/// States that pass by themselves: of a multi-Region key that is being made, or whose primary is being moved (KMS developer guide,
/// "key-state").
const PASSING: [&str; 2] = ["Creating", "Updating"];

/// The keys that a thing names: one for all of it, those of a cluster's secrets, and one for each disk or rule. `key` of a launch
/// template is a key pair.
fn keys(thing: &Resource) -> Vec<&str> {
    let mut keys = thing.texts("keys");
    if thing.kind != Kind::Ec2LaunchTemplate {
        keys.extend(thing.text("key"));
    }
    let parts = ["volumes", "encryption"];
    let parts = parts
        .iter()
        .filter_map(|name| thing.attributes.get(*name)?.as_array());
    keys.extend(
        parts
            .flatten()
            .filter_map(|part| part.get("key").and_then(Value::as_str)),
    );
    keys
}

/// The keys that the standby needs: who uses each, and whether the estate binds it, so that it must be there.
pub(super) fn used<'a>(facts: &Facts<'a>) -> BTreeMap<&'a str, (String, bool)> {
    let mut used: BTreeMap<&str, (String, bool)> = BTreeMap::new();
    let templates = facts.fleets(Side::Standby).into_iter();
    let templates = templates.filter_map(|fleet| fleet.template);
    let users = USERS
        .into_iter()
        .flat_map(|kind| facts.ours(Side::Standby, kind))
        .chain(templates);
    for thing in users {
        let name = thing.name.as_deref().unwrap_or(&thing.id);
        for key in keys(thing) {
            used.entry(key)
                .or_insert_with(|| (format!("{} {name}", thing.kind), false));
        }
    }
    for key in facts.ours(Side::Standby, Kind::KmsKey) {
        let name = key.name.as_deref().unwrap_or(&key.id);
        used.entry(key.arn.as_deref().unwrap_or(&key.id))
            .or_insert_with(|| (name.to_owned(), false));
    }
    for database in facts.databases() {
        if let Some(key) = &database.bound[Side::Standby.index()].kms_key {
            used.insert(key, (database.component.to_string(), true));
        }
    }
    used
}

/// The key of that id, ARN, alias or alias's ARN, where the scan lists it.
pub(super) fn find<'a>(facts: &Facts<'a>, id: &str) -> Option<&'a Resource> {
    let by_alias = || {
        let alias = facts.find(Side::Standby, Kind::KmsKey, alias(id));
        alias.filter(|_| !facts.is_elsewhere(Side::Standby, id))
    };
    facts
        .find(Side::Standby, Kind::KmsKey, id)
        .or_else(by_alias)
}

fn check(facts: &Facts<'_>) -> Vec<Outcome> {
    let used = used(facts);
    if used.is_empty() {
        return vec![Outcome::Nothing(
            "nothing of the standby names a key".to_owned(),
        )];
    }
    used.iter()
        .map(|(id, (user, is_bound))| of_key(facts, id, user, *is_bound))
        .collect()
}

/// A key is named by its id, its ARN, its alias or the ARN of its alias (KMS developer guide, "find-cmk-id-arn").
fn alias(named: &str) -> &str {
    named.find("alias/").map_or(named, |at| &named[at..])
}

fn of_key(facts: &Facts<'_>, id: &str, user: &str, is_bound: bool) -> Outcome {
    let by_aws = || Outcome::Holds(format!("{user}: a key that AWS manages"));
    if alias(id).starts_with(ALIAS_OF_AWS) {
        return by_aws();
    }
    let Some(key) = find(facts, id) else {
        return unseen(facts, id, user, is_bound);
    };
    if key.is_key_of_aws() {
        return by_aws();
    }
    let name = key.name.as_deref().unwrap_or(&key.id);
    match key.text("state") {
        Some("Enabled") => Outcome::Holds(format!("{name} ({user}) is enabled")),
        Some(state) => {
            let until = key.text("deleted-at");
            let until = until
                .map(|at| format!(", and is deleted at {at}"))
                .unwrap_or_default();
            let found = Found::of(key, format!("it is {state}{until}; {user} needs it"));
            let found = found.at(facts.standby(), key, "state");
            if PASSING.contains(&state) {
                let fix = "wait until it is enabled: this state ends by itself";
                return found.only(Severity::Slowing).fix(fix).into();
            }
            found.into()
        }
        None => Outcome::unclear(
            format!("the state of {name} does not stand in the scan"),
            "dr discover",
        ),
    }
}

/// A key that no list names. Nobody knows whether it can be used; only one that the estate binds must be there.
fn unseen(facts: &Facts<'_>, id: &str, user: &str, is_bound: bool) -> Outcome {
    let is_elsewhere = facts.is_elsewhere(Side::Standby, id);
    if is_bound && !is_elsewhere {
        let subject = Subject::Resource {
            component: None,
            kind: Kind::KmsKey,
            name: id.to_owned(),
        };
        return Found::new(subject, format!("{user} names it, and it is not there"))
            .absent()
            .into();
    }
    let why = if is_elsewhere {
        "which is of another region or account"
    } else {
        "which the scan does not list: AWS manages it, or it is gone"
    };
    Outcome::unclear(
        format!("{user} needs the key {id}, {why}"),
        format!("look whether it is enabled: aws kms describe-key --key-id {id}"),
    )
}
