//! What was called against what the generated policy allows.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use dr_tests::laboratory::{Call, Story};
use serde_json::Value;

use super::region::{DONE, ended};

/// A permission without a call of its own: AWS checks it on the caller's behalf (`dr_core::access`).
const IMPLIED: [&str; 4] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
];

/// An action that the policy allows, on what, and where.
struct Allowed {
    sid: String,
    action: String,
    /// Patterns of ARNs.
    resources: Vec<String>,
    /// The regions; none: wherever the resource is.
    regions: BTreeSet<String>,
}

impl Allowed {
    fn is_about(&self, action: &str, region: &str) -> bool {
        self.action == action && (self.regions.is_empty() || self.regions.contains(region))
    }

    fn covers(&self, resource: &str) -> bool {
        self.resources
            .iter()
            .any(|pattern| matches(pattern, resource))
    }
}

/// Whether an ARN is as a pattern of a policy says: `*` is any text, `?` one character (IAM user guide,
/// "reference_policies_elements_resource").
fn matches(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => {
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|at| matches(rest, &text[at..]))
        }
        _ => text
            .chars()
            .next()
            .filter(|c| first == '?' || first == *c)
            .is_some_and(|c| matches(rest, &text[c.len_utf8()..])),
    }
}

/// The policy of all runbooks, as `dr iam policy` prints it.
fn allowed(story: &Story) -> Result<Vec<Allowed>> {
    let printed = story.dr(&["iam", "policy"])?;
    ended(&printed, DONE, "dr iam policy")?;
    let policy: Value = serde_json::from_str(&printed.output)?;
    let list = |value: &Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut all = Vec::new();
    for statement in policy["Statement"].as_array().context("statements")? {
        let mut regions: BTreeSet<String> =
            list(&statement["Condition"]["StringEquals"]["aws:RequestedRegion"])
                .into_iter()
                .collect();
        // arn:aws:service:region:account:resource
        let resources = list(&statement["Resource"]);
        regions.extend(
            resources
                .iter()
                .filter_map(|arn| arn.split(':').nth(3))
                .filter(|region| !region.is_empty())
                .map(str::to_owned),
        );
        all.extend(
            list(&statement["Action"])
                .into_iter()
                .map(|action| Allowed {
                    sid: statement["Sid"].as_str().unwrap_or_default().to_owned(),
                    action,
                    resources: resources.clone(),
                    regions: regions.clone(),
                }),
        );
    }
    Ok(all)
}

/// The action behind a call; `None` for one that needs no permission (`sts:GetCallerIdentity`).
fn action(call: &Call) -> Option<String> {
    match call.service.as_str() {
        "sts" => None,
        "monitoring" => Some(format!("cloudwatch:{}", call.operation)),
        service => Some(format!("{service}:{}", call.operation)),
    }
}

/// What of a call is not allowed, in words; empty where all of it is. A call that changes something must name what it changes.
fn not_allowed(call: &Call, action: &str, allowed: &[Allowed]) -> Vec<String> {
    let here = || {
        allowed
            .iter()
            .filter(|one| one.is_about(action, &call.region))
    };
    let by = format!("{action} in {} by {}", call.region, call.agent);
    if here().next().is_none() {
        return vec![by];
    }
    if call.reads {
        return Vec::new();
    }
    if call.resources.is_empty() {
        return vec![format!("{by}, on something that it does not name")];
    }
    let is_outside = |resource: &&String| !here().any(|one| one.covers(resource));
    let outside = call.resources.iter().filter(is_outside);
    outside
        .map(|resource| format!("{by}, on {resource}"))
        .collect()
}

/// Every call since `before` is allowed where it was made and, where it changes something, on what it names. And everything
/// that is allowed was called: a read somewhere, a change on something that its statement confines it to.
pub(super) fn calls_are_what_the_policy_allows(story: &Story, before: usize) -> Result<()> {
    let allowed = allowed(story)?;
    let calls = story.calls()?;
    let mut called = Vec::new();
    let mut denied = BTreeSet::new();
    let own = |call: &&Call| call.agent == "laboratory";
    for call in calls[before..].iter().filter(|call| !own(call)) {
        if let Some(action) = action(call) {
            denied.extend(not_allowed(call, &action, &allowed));
            called.push((action, call));
        }
    }
    ensure!(denied.is_empty(), "called and not allowed: {denied:#?}");

    let was_called = |one: &Allowed| {
        called.iter().any(|(action, call)| {
            one.is_about(action, &call.region)
                && (call.reads || call.resources.iter().any(|resource| one.covers(resource)))
        })
    };
    let idle: BTreeSet<String> = allowed
        .iter()
        .filter(|one| !IMPLIED.contains(&one.action.as_str()) && !was_called(one))
        .map(|one| format!("{} of {}", one.action, one.sid))
        .collect();
    ensure!(idle.is_empty(), "allowed and never called: {idle:#?}");
    Ok(())
}
