//! Changes that are carried out, and whose answers are lost: what `dr` does then must end as if they had been answered.

use anyhow::{Context as _, Result, bail, ensure};
use dr_tests::laboratory::{Base, Call, Story};
use serde_json::{Value, json};

use super::end::{one_primary, one_replica};
use super::region::{DONE, HELD, begin, darkness, ended, the_standby_differs};

/// What a run says whose step was begun as often as the plan allows.
const NO_EFFECT: &str = "did not take effect, as often as the plan allows";
/// How often a person lets a run go on that says so.
const TRUST: usize = 4;

/// A change of `dr` that loses its answer: region, operation, a pattern of what it is about, and how many are answered before.
/// Of two alike the second counts what the first lets pass.
type Loses = (&'static str, &'static str, &'static str, usize);

/// Of a failover into the standby up to its promotion, while the region is dark.
const BEFORE_THE_PROMOTION: [Loses; 5] = [
    ("us-west-1", "PutObject", "*/locks/*", 0),
    ("us-west-1", "PutObject", "*/locks/*", 1),
    ("us-west-1", "PutObject", "*/journal/*", 2),
    ("us-west-1", "PutObject", "*/write-lease/*", 0),
    ("us-west-1", "AddTagsToResource", "*", 0),
];

/// From the promotion on.
const FROM_THE_PROMOTION_ON: [Loses; 7] = [
    ("us-west-1", "PromoteReadReplica", "*", 0),
    ("us-west-1", "PutParameter", "*", 0),
    ("us-west-1", "ModifyDBInstance", "*", 0),
    ("us-west-1", "RemoveTagsFromResource", "*", 0),
    ("us-west-1", "PutObject", "*/write-lease/*", 0),
    ("us-west-1", "PutObject", "*/serve-from-standby", 0),
    ("us-west-1", "PutObject", "*/journal/*", 4),
];

/// Of what makes the returned region the standby.
const RETURN: [Loses; 10] = [
    ("us-west-1", "PutObject", "*/journal/*", 3),
    ("us-east-2", "SuspendProcesses", "*", 0),
    ("us-east-2", "UpdateAutoScalingGroup", "*", 0),
    ("us-east-2", "CreateNetworkAclEntry", "*", 0),
    ("us-east-2", "ModifyDBInstance", "*", 0),
    ("us-east-2", "AddTagsToResource", "*", 0),
    ("us-east-2", "ModifyDBInstance", "*", 0),
    ("us-east-2", "StopInstances", "*", 0),
    ("us-east-2", "DeleteNetworkAclEntry", "*", 0),
    ("us-east-2", "CreateDBInstanceReadReplica", "*", 0),
];

fn rule((region, operation, resource, after): Loses) -> Value {
    json!({
        "mode": "lost",
        "agent": "dr",
        "region": region,
        "operation": operation,
        "resource": resource,
        "reads": false,
        "after": after,
        "times": 1,
    })
}

/// The faults, with `lost` answers before what else is in force.
fn losing(story: &Story, lost: &[Loses], others: &Value) -> Result<()> {
    let mut rules: Vec<Value> = lost.iter().copied().map(rule).collect();
    rules.extend(others.as_array().cloned().unwrap_or_default());
    story.faults(&json!(rules))
}

/// Each of them was met, or the story proves less than it says.
fn each_was_lost(calls: &[Call], wanted: &[Loses]) -> Result<()> {
    let is_lost =
        |call: &&Call| call.mode == "lost" && call.status.is_some_and(|status| status < 300);
    let mut lost: Vec<&Call> = calls.iter().filter(is_lost).collect();
    let mut missing = Vec::new();
    for one in wanted {
        match lost.iter().position(|call| is_about(call, *one)) {
            Some(place) => {
                lost.remove(place);
            }
            None => missing.push(one),
        }
    }
    ensure!(
        missing.is_empty(),
        "never called, so that no answer was lost: {missing:?}"
    );
    ensure!(lost.is_empty(), "more answers were lost: {lost:#?}");
    Ok(())
}

fn is_about(call: &Call, (region, operation, resource, _): Loses) -> bool {
    let part = resource.trim_matches('*');
    call.region == region
        && call.operation == operation
        && call.resources.iter().any(|name| name.contains(part))
}

/// Carries the run on until it rests. A step is tried three times, and each answer that is lost ends a try: where it was lost as often
/// as that, the run asks a person, who lets it go on.
///
/// What it said at last.
fn carried(story: &Story, run: &str, wanted: i32, what: &str) -> Result<String> {
    for _ in 0..TRUST {
        let rested = story.dr(&["run", "resume", run, "--people", "none"])?;
        let says = format!("{}{}", rested.output, rested.errors);
        if rested.code != Some(HELD) || !says.contains(NO_EFFECT) {
            ended(&rested, wanted, what)?;
            return Ok(says);
        }
    }
    bail!("{what} asks again and again whether to go on")
}

/// Nothing was asked for twice with two effects: of a change that makes something new or cannot be repeated, one had an effect.
pub(super) fn answers_on_the_way_out(base: &Base) -> Result<()> {
    let story = base.story("lost-answers")?;
    the_standby_differs(&story, "us-west-1", "us-east-2")?;
    story.faults(&darkness())?;
    let run = begin(&story, "failover")?;
    let before = story.calls()?.len();
    // It rests before the promotion, so that the database can be made to need more than that.
    let mut rules = darkness();
    if let Some(rules) = rules.as_array_mut() {
        rules.push(json!({ "operation": "PromoteReadReplica", "mode": "deny" }));
    }
    losing(&story, &BEFORE_THE_PROMOTION, &rules)?;
    let said = carried(&story, &run, HELD, "the failover that may not promote")?;
    each_was_lost(&story.calls()?[before..], &BEFORE_THE_PROMOTION).context(said)?;
    unprotected(&story)?;

    let promoting = story.calls()?.len();
    losing(&story, &FROM_THE_PROMOTION_ON, &darkness())?;
    let said = carried(&story, &run, HELD, "the failover whose answers are lost")?;
    let calls = story.calls()?;
    each_was_lost(&calls[promoting..], &FROM_THE_PROMOTION_ON).context(said)?;
    one_primary(&story, &calls[before..], "us-west-1", "california")?;
    let truth = story.truth()?;
    let database = &truth["regions"]["us-west-1"]["databases"]["storefront-database"];
    ensure!(
        database["multi_az"] == true && database["deletion_protection"] == true,
        "the new primary has what the estate asks for: {database}"
    );

    let returned = calls.len();
    losing(&story, &RETURN, &json!([]))?;
    let said = carried(
        &story,
        &run,
        DONE,
        "the way back to protection whose answers are lost",
    )?;
    let calls = story.calls()?;
    each_was_lost(&calls[returned..], &RETURN).context(said)?;
    one_primary(&story, &calls[before..], "us-west-1", "california")?;
    one_replica(&story, &calls[before..], "us-east-2", 1)
}

/// A replica on one node, that anybody may delete: what a new primary must not be.
fn unprotected(story: &Story) -> Result<()> {
    let change = "Action=ModifyDBInstance&Version=2014-10-31&DBInstanceIdentifier=storefront-database\
                  &MultiAZ=false&DeletionProtection=false&ApplyImmediately=true";
    let answer = story.send("us-west-1/rds", "POST /", change)?;
    ensure!(answer.status() == Some(200), "{answer:?}");
    Ok(())
}
