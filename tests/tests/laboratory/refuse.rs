//! What stands in the way: another operator, throttling, a missing permission.

use anyhow::{Context, Result, ensure};
use dr_tests::laboratory::{Base, Story};
use serde_json::{Value, json};

use super::region::{begin, darkness, ended, is_replica};

const HELD: i32 = 21;
const ANOTHER_RUN: i32 = 50;

pub(super) fn two_operators(base: &Base) -> Result<()> {
    let story = base.story("two-operators")?;
    story.faults(&darkness())?;
    let elsewhere = story.laptop("elsewhere")?;
    for file in ["estate.yaml", "failover.yaml"] {
        std::fs::copy(story.folder().join(file), elsewhere.join(file))?;
    }
    let failover = ["failover", "--yes", "--people", "none", "--who", "ada"];
    let one = story.spawn_in(story.folder(), &failover)?;
    let other = story
        .command_in(
            &elsewhere,
            &["failover", "--yes", "--people", "none", "--who", "grace"],
        )
        .output()?;
    let one = one.wait_with_output()?;
    let mut codes = [one.status.code(), other.status.code()];
    codes.sort_unstable();
    ensure!(
        codes == [Some(HELD), Some(ANOTHER_RUN)],
        "one begins a run, the other is refused: {codes:?}\n{}",
        String::from_utf8_lossy(&other.stderr)
    );
    Ok(())
}

pub(super) fn throttled(base: &Base) -> Result<()> {
    let story = base.story("throttled")?;
    story.faults(&darkness())?;
    let run = begin(&story, "failover")?;
    let mut rules = darkness();
    let storm = [
        json!({ "agent": "dr", "service": "rds", "mode": "throttle", "times": 30 }),
        json!({ "agent": "dr", "service": "autoscaling", "mode": "throttle", "times": 20 }),
        json!({ "agent": "dr", "service": "elasticloadbalancing", "mode": "throttle", "times": 20 }),
    ];
    if let Some(rules) = rules.as_array_mut() {
        rules.extend(storm);
    }
    story.faults(&rules)?;
    let resumed = story.dr(&["run", "resume", &run, "--people", "none"])?;
    ended(&resumed, HELD, "the failover in the storm")?;
    ensure!(
        is_replica(&story.truth()?, "us-west-1") == Some(false),
        "california is primary"
    );
    Ok(())
}

pub(super) fn denied(base: &Base) -> Result<()> {
    let story = base.story("denied")?;
    let mut rules = darkness();
    if let Some(rules) = rules.as_array_mut() {
        rules.push(
            json!({ "region": "us-west-1", "operation": "PromoteReadReplica", "mode": "deny" }),
        );
    }
    story.faults(&rules)?;
    let run = begin(&story, "failover")?;
    let rested = story.dr(&["run", "resume", &run, "--people", "none"])?;
    ended(&rested, HELD, "the failover that may not promote")?;
    let shown = story.dr(&["run", "show", &run])?;
    ended(&shown, 0, "dr run show")?;
    ensure!(
        shown.output.contains("rds:PromoteReadReplica") && shown.output.contains("AccessDenied"),
        "the missing action is told:\n{}",
        shown.output
    );
    the_statement_is_told(&story, &rested.output)?;
    the_statement_is_told(&story, &shown.output)?;
    ensure!(
        is_replica(&story.truth()?, "us-west-1") == Some(true),
        "nothing was promoted"
    );
    // The permission is given, and the run goes on.
    story.faults(&darkness())?;
    let step = [
        "run",
        "retry",
        &run,
        "promote-database",
        "--who",
        "ada",
        "--why",
        "allowed now",
    ];
    ended(&story.dr(&step)?, 0, "dr run retry")?;
    let resumed = story.dr(&["run", "resume", &run, "--people", "none"])?;
    ended(&resumed, HELD, "the failover with its permission")?;
    ensure!(
        is_replica(&story.truth()?, "us-west-1") == Some(false),
        "california is primary"
    );
    Ok(())
}

/// What is told names the statement that `dr iam policy failover` prints for the action, and the pattern that it is allowed on.
fn the_statement_is_told(story: &Story, said: &str) -> Result<()> {
    let printed = story.dr(&["iam", "policy", "failover"])?;
    ended(&printed, 0, "dr iam policy failover")?;
    let policy: Value = serde_json::from_str(&printed.output)?;
    let statements = policy["Statement"].as_array().context("statements")?;
    let has = |statement: &&Value| {
        let actions = statement["Action"].as_array();
        actions.is_some_and(|actions| actions.contains(&json!("rds:PromoteReadReplica")))
    };
    let statement = statements.iter().find(has).context("it is in the policy")?;
    let sid = statement["Sid"].as_str().context("a name")?;
    let resource = statement["Resource"][0].as_str().context("a resource")?;
    let wanted = format!("`dr iam policy failover` has it in its statement {sid}, on {resource}");
    ensure!(said.contains(&wanted), "there is no `{wanted}` in:\n{said}");
    Ok(())
}
