//! Keys that the standby's data is encrypted with.

use std::collections::BTreeMap;

use super::super::facts::Facts;
use super::super::{Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, ResourceKind as Kind, RuleDoc, Severity, Subject};

/// A key that cannot be used.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "key-unusable",
        Family::Database,
        Severity::Blocking,
        [
            "a key that the standby needs is disabled, waits for its deletion, or is not there",
            "What is encrypted with it cannot be opened: a database loses its storage when it next asks for the key, and a deleted key \
             takes the data with it.",
            "enable the key, or cancel its deletion, before the waiting period ends",
            "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html",
        ],
    ),
    needs: &[
        Need::all(Where::Standby, Kind::KmsKey, &["state"]),
        Need::all(Where::Standby, Kind::RdsInstance, &["key"]),
        Need::all(Where::Standby, Kind::SecretsManagerSecret, &["key"]),
        Need::all(Where::Standby, Kind::SsmParameter, &["key"]),
    ],
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Outcome> {
    // Key, and what uses it; bound ones must be there, others may be AWS's own, which no list names.
    let mut used: BTreeMap<&str, (String, bool)> = BTreeMap::new();
    for kind in [
        Kind::RdsInstance,
        Kind::SecretsManagerSecret,
        Kind::SsmParameter,
    ] {
        for thing in facts.ours(Side::Standby, kind) {
            if let Some(key) = thing.text("key") {
                let name = thing.name.as_deref().unwrap_or(&thing.id);
                used.entry(key)
                    .or_insert_with(|| (format!("{kind} {name}"), false));
            }
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
    if used.is_empty() {
        return vec![Outcome::Nothing(
            "nothing of the standby names a key".to_owned(),
        )];
    }
    used.iter()
        .map(|(id, (user, is_bound))| of_key(facts, id, user, *is_bound))
        .collect()
}

fn of_key(facts: &Facts<'_>, id: &str, user: &str, is_bound: bool) -> Outcome {
    let site = facts.standby();
    let key = facts.find(Side::Standby, Kind::KmsKey, id);
    let by_alias = || {
        facts
            .all(Side::Standby, Kind::KmsKey)
            .find(|key| key.texts("aliases").contains(&id))
    };
    let Some(key) = key.or_else(by_alias) else {
        if is_bound {
            let subject = Subject::Resource {
                component: None,
                kind: Kind::KmsKey,
                name: id.to_owned(),
            };
            return Found::new(subject, format!("{user} names it, and it is not there"))
                .absent()
                .into();
        }
        return Outcome::Holds(format!("{user}: a key that AWS manages"));
    };
    let name = key.name.as_deref().unwrap_or(&key.id);
    match key.text("state") {
        Some("Enabled") => Outcome::Holds(format!("{name} ({user}) is enabled")),
        Some(state) => {
            let until = key.text("deleted-at");
            let until = until
                .map(|at| format!(", and is deleted at {at}"))
                .unwrap_or_default();
            Found::of(key, format!("it is {state}{until}; {user} needs it"))
                .at(site, key, "state")
                .into()
        }
        None => Outcome::unclear(
            format!("the state of {name} does not stand in the scan"),
            "dr discover",
        ),
    }
}
