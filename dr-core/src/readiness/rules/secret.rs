//! Copies of secrets at the standby.

use serde_json::Value;

use super::super::facts::instant;
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Duration, Family, Resource, ResourceKind as Kind, RuleDoc, Severity};

/// A copy that does not follow.
pub(super) const REPLICA: Rule = Rule {
    doc: RuleDoc::new(
        "secret-replica-failed",
        Family::Secrets,
        Severity::Blocking,
        [
            "the copy of a secret at the standby has failed, or is being made",
            "The application logs in with what the copy held last: after a rotation that is the wrong password.",
            "remove what stands in the way (a secret of the same name, a key that cannot be used), and replicate again",
            "https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html",
        ],
    ),
    needs: &[Need::all(
        Where::Primary,
        Kind::SecretsManagerSecret,
        &["replicas"],
    )],
    check: |facts| of_each(facts, copy),
};

/// A copy of another day.
pub(super) const OLDER: Rule = Rule {
    doc: RuleDoc::new(
        "secret-older-at-standby",
        Family::Secrets,
        Severity::Slowing,
        [
            "a secret was changed at the primary, and not at the standby since",
            "What was changed by hand on one site is missing on the other: the application may log in with an old password.",
            "replicate the secret from the primary, or write the new value at the standby too",
            "https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html",
        ],
    ),
    needs: &[Need::all(
        Where::Both,
        Kind::SecretsManagerSecret,
        &["changed"],
    )],
    check: |facts| of_each(facts, age),
};

/// A copy is made within moments; what is younger than this may be under way.
const UNDER_WAY: Duration = Duration::from_mins(5);

fn of_each(
    facts: &Facts<'_>,
    judge: for<'a> fn(&Facts<'a>, &'a Resource) -> Option<Outcome>,
) -> Vec<Outcome> {
    let secrets = facts.ours(Side::Primary, Kind::SecretsManagerSecret);
    let mut outcomes: Vec<Outcome> = secrets.filter_map(|secret| judge(facts, secret)).collect();
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "the estate has no secret with a copy at the standby".to_owned(),
        ));
    }
    outcomes
}

fn copy(facts: &Facts<'_>, secret: &Resource) -> Option<Outcome> {
    let region = facts.region(Side::Standby);
    let copies = secret.attributes.get("replicas")?.as_array()?;
    let of_standby = |copy: &&Value| copy.get("region").and_then(Value::as_str) == Some(region);
    let copy = copies.iter().find(of_standby)?;
    let name = secret.name.as_deref().unwrap_or(&secret.id);
    let status = copy
        .get("status")
        .and_then(Value::as_str)
        .unwrap_or("of unknown status");
    let why = copy.get("message").and_then(Value::as_str);
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    let found = || {
        Found::of(secret, format!("its copy in {region} is {status}{why}")).value(
            facts.standby(),
            "replicas",
            copy.clone(),
        )
    };
    Some(match status {
        "InSync" => Outcome::Holds(format!("{name} is in sync in {region}")),
        "InProgress" => found()
            .only(Severity::Slowing)
            .fix("wait, and look again: replication takes minutes at the most")
            .into(),
        _ => found().into(),
    })
}

fn age(facts: &Facts<'_>, secret: &Resource) -> Option<Outcome> {
    let name = secret.name.as_deref()?;
    let mut there = facts.all(Side::Standby, Kind::SecretsManagerSecret);
    let copy = there.find(|copy| copy.name.as_deref() == Some(name))?;
    let (changed, copied) = match (instant(secret, "changed"), instant(copy, "changed")) {
        (Some(changed), Some(copied)) => (changed, copied),
        // Never changed since it was made.
        (None, _) => return Some(Outcome::Holds(format!("{name} was never changed"))),
        (Some(changed), None) => {
            return Some(Outcome::unclear(
                format!(
                    "{name} was changed at {changed}; when its copy was does not stand in the scan"
                ),
                "dr discover",
            ));
        }
    };
    if copied >= changed || Duration::between(copied, changed) <= UNDER_WAY {
        return Some(Outcome::Holds(format!("{name} is as new at the standby")));
    }
    let message = format!("it was changed at {changed}, at the standby last at {copied}");
    let found = Found::of(secret, message)
        .at(facts.standby(), copy, "changed")
        .at(facts.site(Side::Primary), secret, "changed");
    Some(found.into())
}
