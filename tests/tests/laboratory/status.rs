//! `dr status` beside a region that answers nothing.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dr_tests::laboratory::{Base, Story};
use serde_json::{Value, json};

use super::region::darkness;

/// Ten seconds for what does not answer, and a plan of the stack of the site that does. Other stories share the machine.
const PATIENCE: Duration = Duration::from_secs(240);

fn read(story: &Story, code: i32) -> Result<Value> {
    let ended = story.dr(&["status", "--output", "json"])?;
    ensure!(
        ended.code == Some(code),
        "exit {:?}: {}\n{}",
        ended.code,
        ended.output,
        ended.errors
    );
    serde_json::from_str(&ended.output).context("no JSON")
}

pub(super) fn read_beside_a_dark_region(base: &Base) -> Result<()> {
    let story = base.story("status")?;
    let whole = read(&story, 0)?;
    ensure!(whole["gaps"] == json!([]), "{}", whole["gaps"]);
    let roles: Vec<_> = [0, 1]
        .map(|site| whole["sites"][site]["role"].clone())
        .into();
    ensure!(roles == [json!("primary"), json!("standby")], "{roles:?}");
    let stack = &cell(&whole, "stack", "california")?["says"];
    ensure!(
        *stack == "applied for a standby; its plan is empty",
        "{stack}"
    );

    story.faults(&darkness())?;
    let began = Instant::now();
    let half = read(&story, 11)?;
    let took = began.elapsed();
    ensure!(took < PATIENCE, "it took {} s", took.as_secs());
    let [ohio, california] = [0, 1].map(|site| &half["sites"][site]);
    // Its replica tells what the lost site was.
    ensure!(
        ohio["role"] == "primary" && ohio["role_was_read"] == false,
        "{ohio}"
    );
    ensure!(
        ohio["answers"] == false && california["answers"] == true,
        "{ohio} {california}"
    );
    let gaps = half["gaps"].as_array().context("a list")?;
    for what in [
        "database@ohio",
        "stack@ohio",
        "runs kept at ohio",
        "old primaries of database@ohio",
    ] {
        ensure!(
            gaps.iter().any(|gap| gap["what"] == what),
            "{what} is not among {gaps:?}"
        );
    }
    ensure!(
        gaps.iter().all(|gap| gap["site"] != "california"),
        "{gaps:?}"
    );
    // What the Git servers held is noted in the stores, as whenever they are looked at: a failover must know it later.
    let calls = story.calls()?;
    let changed: Vec<_> = calls
        .iter()
        .filter(|call| call.agent == "dr" && !call.reads)
        .filter(|call| (call.service.as_str(), call.operation.as_str()) != ("s3", "PutObject"))
        .collect();
    ensure!(changed.is_empty(), "{changed:?}");
    Ok(())
}

fn cell<'a>(status: &'a Value, component: &str, site: &str) -> Result<&'a Value> {
    let rows = status["rows"].as_array().context("a list")?;
    let row = rows.iter().find(|row| row["component"] == component);
    Ok(&row.context("a row")?["cells"][site])
}
