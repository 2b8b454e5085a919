//! What was called against what the generated policy allows.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use dr_tests::laboratory::{Call, Story};
use serde_json::Value;

use super::region::{DONE, ended};

/// What the policy allows and the story of a lost region does not call, with the reason.
const NOT_CALLED: [(&str, &str); 2] = [
    (
        "eks:UpdateNodegroupConfig",
        "the standby's cluster has as many nodes as the primary's",
    ),
    (
        "ssm:PutParameter",
        "the address in each region is that of the instance with the same name there",
    ),
];

/// A permission without a call of its own: AWS checks it on the caller's behalf (`dr_core::access`).
const IMPLIED: [&str; 4] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
];

/// An action that the policy allows, and the regions where; none: wherever the resource is.
struct Allowed {
    action: String,
    regions: BTreeSet<String>,
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
                    action,
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

/// Every call since `before` is allowed where it was made, and everything that is allowed was called.
pub(super) fn calls_are_what_the_policy_allows(story: &Story, before: usize) -> Result<()> {
    let allowed = allowed(story)?;
    let calls = story.calls()?;
    let mut called = BTreeSet::new();
    let mut denied = BTreeSet::new();
    for call in &calls[before..] {
        let Some(action) = action(call) else {
            continue;
        };
        let matches = |one: &Allowed| {
            one.action == action && (one.regions.is_empty() || one.regions.contains(&call.region))
        };
        if !allowed.iter().any(matches) {
            denied.insert(format!("{action} in {} by {}", call.region, call.agent));
        }
        called.insert(action);
    }
    ensure!(denied.is_empty(), "called and not allowed: {denied:#?}");

    let excused: BTreeSet<&str> = NOT_CALLED
        .iter()
        .map(|(action, _)| *action)
        .chain(IMPLIED)
        .collect();
    let idle: BTreeSet<&str> = allowed
        .iter()
        .map(|one| one.action.as_str())
        .filter(|action| !called.contains(*action) && !excused.contains(action))
        .collect();
    ensure!(idle.is_empty(), "allowed and never called: {idle:#?}");
    let wrong: BTreeSet<&str> = NOT_CALLED
        .iter()
        .map(|(action, _)| *action)
        .filter(|action| {
            called.contains(*action) || !allowed.iter().any(|one| one.action == *action)
        })
        .collect();
    ensure!(wrong.is_empty(), "excused for nothing: {wrong:#?}");
    Ok(())
}
