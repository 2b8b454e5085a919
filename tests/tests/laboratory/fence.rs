//! The fence that a lost region has left, when it is back.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use dr_tests::laboratory::{Base, Story};
use serde_json::{Value, json};

use super::region::{DONE, HELD, darkness, ended, move_primary};

/// A fence is pending: `docs/exit-codes.md`.
const BLOCKING: i32 = 13;

/// Only the runs are looked at after the first round, every minute.
const WATCH: &str = "\nwatch: { drift: \"0 0 29 2 *\", ready: \"0 0 29 2 *\", status: \"* * * * *\", jitter: 0s, fences: apply }\n";

/// What a fence changes at the site, beside the lock and the journal of the run (docs/iam.md).
const OF_A_FENCE: [&str; 9] = [
    "PutObject",
    "ModifyDBInstance",
    "AddTagsToResource",
    "CreateNetworkAclEntry",
    "ReplaceNetworkAclEntry",
    "SuspendProcesses",
    "UpdateAutoScalingGroup",
    "UpdateNodegroupConfig",
    "CreateOrUpdateTags",
];

pub(super) fn applied_by_the_watcher(base: &Base) -> Result<()> {
    let story = base.story("watcher")?;
    let mut estate = OpenOptions::new()
        .append(true)
        .open(story.folder().join("estate.yaml"))?;
    estate.write_all(WATCH.as_bytes())?;
    let first = watch(&story, &["--once"])?;
    ensure!(
        first.1["fences"].is_null(),
        "no run has left a fence: {first:?}"
    );
    story.faults(&darkness())?;
    let run = move_primary(&story, "failover", HELD)?;

    // While the region is dark nothing is tried, and nothing written into the run's journal.
    let before = changes(&story, 0)?.0;
    let (code, report) = due(&story)?;
    ensure!(code == BLOCKING, "a fence is pending: {report}");
    ensure!(
        report["fences"][0]["site"] == "ohio" && report["fences"][0]["failed"].is_null(),
        "{report}"
    );
    let (_, tried) = changes(&story, before)?;
    ensure!(tried.is_empty(), "a dark region is left alone: {tried:?}");

    story.faults(&json!([]))?;
    let before = changes(&story, 0)?.0;
    let (code, report) = due(&story)?;
    ensure!(code == DONE, "the fence is applied: {report}");
    let (_, changed) = changes(&story, before)?;
    let others: Vec<_> = changed
        .iter()
        .filter(|name| !OF_A_FENCE.contains(&name.as_str()))
        .collect();
    ensure!(
        others.is_empty() && changed.contains("ModifyDBInstance"),
        "only a fence was applied: {changed:?}"
    );
    let shown = story.dr(&["run", "show", &run, "--output", "json"])?;
    ended(&shown, DONE, "dr run show")?;
    let shown: Value = serde_json::from_str(&shown.output)?;
    let steps = shown["steps"].as_array().context("a run has steps")?;
    let status = |name: &str| {
        steps
            .iter()
            .find(|step| step["step"] == name)
            .map(|step| &step["status"])
    };
    ensure!(shown["status"] == "held", "people go on with it: {shown}");
    ensure!(
        status("fence-former-primary") == Some(&json!("succeeded")),
        "{steps:?}"
    );
    ensure!(
        status("demote-database") == Some(&json!("pending")),
        "{steps:?}"
    );
    Ok(())
}

/// A round of what is due, once something is.
fn due(story: &Story) -> Result<(i32, Value)> {
    thread::sleep(Duration::from_secs(61));
    watch(story, &["--once", "--due"])
}

fn watch(story: &Story, arguments: &[&str]) -> Result<(i32, Value)> {
    let ended = story.dr(&[&["watch", "--output", "json"], arguments].concat())?;
    let report =
        serde_json::from_str(&ended.output).with_context(|| format!("dr watch: {ended:?}"))?;
    Ok((ended.code.context("it was not killed")?, report))
}

/// How many calls there were, and what `dr` changed by those after the first `after`.
fn changes(story: &Story, after: usize) -> Result<(usize, BTreeSet<String>)> {
    let calls = story.calls()?;
    let all = calls.len();
    let later = calls.into_iter().skip(after);
    let changing = later.filter(|call| call.agent == "dr" && !call.reads);
    Ok((all, changing.map(|call| call.operation).collect()))
}
