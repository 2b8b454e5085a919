//! The mission's main job: a region is lost, service moves, the region comes back, service goes home.

use std::collections::BTreeSet;
use std::thread;

use anyhow::{Context, Result, anyhow, bail, ensure};
use dr_tests::laboratory::{Base, Call, Ended, Story};
use serde_json::{Value, json};

use super::allowed;

/// Exit codes of docs/exit-codes.md.
pub(super) const DONE: i32 = 0;
pub(super) const HELD: i32 = 21;

/// Every stack of `terraform/` but the ones of `bootstrap`, which make the buckets that states are kept in.
const ROOTS: [&str; 4] = ["identity", "us-east-2", "us-west-1", "global"];

/// us-east-2 answers nothing, and nothing that is administered in us-east-1 can be changed or read.
pub(super) fn darkness() -> Value {
    json!([
        { "region": "us-east-2", "mode": "hang" },
        { "service": "route53", "mode": "503" },
        { "service": "iam", "mode": "503" },
    ])
}

/// The run that a command is about, from its JSON summary.
pub(super) fn run_of(story: &Story) -> Result<String> {
    let listed = story.dr(&["run", "list", "--output", "json"])?;
    let runs: Value =
        serde_json::from_str(&listed.output).with_context(|| format!("dr run list: {listed:?}"))?;
    let newest = runs["runs"].as_array().and_then(|runs| runs.last());
    let run = newest.and_then(|run| run["run"].as_str());
    Ok(run.context("there is no run")?.to_owned())
}

pub(super) fn ended(ended: &Ended, wanted: i32, what: &str) -> Result<()> {
    if ended.code == Some(wanted) {
        return Ok(());
    }
    bail!(
        "{what} ended with {:?} instead of {wanted}\n{}\n{}",
        ended.code,
        ended.output,
        ended.errors
    );
}

/// Begins a movement, says yes to its approval, and carries it on until it rests.
pub(super) fn move_primary(story: &Story, command: &str, rests: i32) -> Result<String> {
    let run = begin(story, command)?;
    let resumed = story.dr(&["run", "resume", &run, "--people", "none"])?;
    ended(&resumed, rests, &format!("dr {command}, approved,"))?;
    Ok(run)
}

/// Begins a movement and says yes to its approval.
pub(super) fn begin(story: &Story, command: &str) -> Result<String> {
    let begun = story.dr(&[command, "--yes", "--people", "none"])?;
    let what = format!("dr {command}, which waits for its approval,");
    ended(&begun, HELD, &what)?;
    let run = run_of(story)?;
    approve(story, &run, "approve")?;
    Ok(run)
}

pub(super) fn approve(story: &Story, run: &str, step: &str) -> Result<()> {
    let noted = story.dr(&[
        "run",
        "approve",
        run,
        step,
        "--who",
        "ada",
        "--why",
        "the laboratory says so",
    ])?;
    ended(&noted, DONE, "dr run approve")
}

/// The calls of a plan by region: what it declared.
fn declared(story: &Story, command: &str) -> Result<BTreeSet<(String, String)>> {
    let plan = story.dr(&["plan", command, "--output", "json"])?;
    ended(&plan, DONE, "dr plan")?;
    let plan: Value = serde_json::from_str(&plan.output)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = list(&plan["stages"])
        .iter()
        .flat_map(|stage| list(&stage["steps"]))
        .collect::<Vec<_>>();
    let calls: BTreeSet<_> = steps
        .iter()
        .flat_map(|step| list(&step["calls"]))
        .map(|call| (text(&call["service"]), text(&call["call"])))
        .collect();
    ensure!(!calls.is_empty(), "a plan lists its calls");
    Ok(calls)
}

/// The database that a region's site has under its name, and whether it is a replica.
pub(super) fn is_replica(truth: &Value, region: &str) -> Option<bool> {
    let database = &truth["regions"][region]["databases"]["storefront-database"];
    database.is_object().then(|| database["source"].is_string())
}

pub(super) fn lost_and_back(base: &Base) -> Result<()> {
    let story = base.story("lost-and-back")?;
    the_standby_differs(&story, "us-west-1", "us-east-2")?;
    story.faults(&darkness())?;
    let declared = declared(&story, "failover")?;
    let before = story.calls()?.len();
    let run = move_primary(&story, "failover", HELD)?;
    let truth = story.truth()?;
    ensure!(
        is_replica(&truth, "us-west-1") == Some(false),
        "california is primary"
    );
    ensure!(
        truth["answers"] == "california",
        "clients are sent to california"
    );
    nothing_needed_the_lost_region(&story, before, &declared)?;

    // The region returns: the fence that was pending is applied, the old primary kept, a replica built in its place.
    story.faults(&json!([]))?;
    let resumed = story.dr(&["run", "resume", &run, "--people", "none"])?;
    ended(
        &resumed,
        DONE,
        "the failover, resumed when the region is back,",
    )?;
    ensure!(
        is_replica(&story.truth()?, "us-east-2") == Some(true),
        "ohio is a replica"
    );
    plans_are_empty(&story, "the failover")?;

    the_standby_differs(&story, "us-east-2", "us-west-1")?;
    move_primary(&story, "failback", DONE)?;
    let truth = story.truth()?;
    ensure!(
        is_replica(&truth, "us-east-2") == Some(false),
        "ohio is primary again"
    );
    ensure!(
        is_replica(&truth, "us-west-1") == Some(true),
        "california follows it"
    );
    ensure!(truth["answers"] == "ohio", "clients are at home");
    plans_are_empty(&story, "the failback")?;
    ensure!(
        story.twice()?.is_empty(),
        "both sites could take writes: {:?}",
        story.twice()?
    );
    allowed::calls_are_what_the_policy_allows(&story, before)
}

/// A standby as many are kept: its cluster runs on one node, and its application reads from the primary. A failover has to mend
/// both.
pub(super) fn the_standby_differs(story: &Story, standby: &str, primary: &str) -> Result<()> {
    let node_group = "POST /clusters/storefront/node-groups/storefront-nodes/update-config\nContent-Type: application/json";
    let one = json!({ "scalingConfig": { "minSize": 0, "maxSize": 4, "desiredSize": 1 } });
    let smaller = story.send(&format!("{standby}/eks"), node_group, &one.to_string())?;
    ensure!(smaller.status() == Some(200), "one node: {smaller:?}");

    let truth = story.truth()?;
    let primary = &truth["regions"][primary]["parameters"]["/storefront/database/endpoint"];
    let address =
        json!({ "Name": "/storefront/database/endpoint", "Value": primary, "Overwrite": true });
    let request =
        "POST /\nX-Amz-Target: AmazonSSM.PutParameter\nContent-Type: application/x-amz-json-1.1";
    let told = story.send(&format!("{standby}/ssm"), request, &address.to_string())?;
    ensure!(
        told.status() == Some(200),
        "the primary's address: {told:?}"
    );
    Ok(())
}

/// Nothing is left for Terraform to do, in any stack.
pub(super) fn plans_are_empty(story: &Story, after: &str) -> Result<()> {
    let planned: Vec<_> = thread::scope(|scope| {
        let plans = ROOTS.map(|root| (root, scope.spawn(move || story.plan(root))));
        plans
            .into_iter()
            .map(|(root, plan)| (root, plan.join()))
            .collect()
    });
    for (root, plan) in planned {
        let plan = plan.map_err(|_| anyhow!("the plan of {root} panicked"))?;
        if let Some(changes) = plan? {
            bail!("after {after} Terraform would change {root}:\n{changes}");
        }
    }
    Ok(())
}

/// Not one call to the lost region was answered, so that none was needed; and each that was tried stands in the plan.
fn nothing_needed_the_lost_region(
    story: &Story,
    before: usize,
    declared: &BTreeSet<(String, String)>,
) -> Result<()> {
    let calls = story.calls()?;
    let by_dr = |call: &&Call| call.agent != "laboratory";
    for call in calls[before..].iter().filter(by_dr) {
        let place = (call.region.as_str(), call.mode.as_str());
        match place {
            ("us-east-2", "hang") => ensure!(
                call.agent != "dr"
                    || declared.contains(&(call.service.clone(), call.operation.clone())),
                "{}:{} was tried in the lost region and is not in the plan",
                call.service,
                call.operation
            ),
            ("us-east-2", _) => bail!("the lost region answered {call:?}"),
            // What is administered in one place is looked at before a run, and a run does without the answer.
            ("global", _) if call.service != "sts" => ensure!(
                call.reads && declared.contains(&(call.service.clone(), call.operation.clone())),
                "a global control plane was called: {call:?}"
            ),
            _ => {}
        }
    }
    Ok(())
}
