//! The laptop dies: `dr` is killed after its N-th change of AWS, and another laptop goes on with nothing but the bucket. Where it
//! died in the middle of an apply, the state is still locked: then a person removes that lock, by the command that `dr` tells.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use dr_tests::laboratory::{Base, Story};
use serde_json::Value;

use super::region::{begin, darkness, is_replica};

const HELD: i32 = 21;

/// After which change it is killed: every one of a failover's, up to this many.
const CHANGES: usize = 20;

pub(super) fn stories() -> Vec<(String, usize)> {
    (1..=CHANGES)
        .map(|after| {
            let says = format!(
                "dr killed at its change {after} of AWS is gone on with from the bucket alone"
            );
            (says, after)
        })
        .collect()
}

/// The changes of AWS that `dr` itself made and that were answered, its journal and lock included.
fn changes(story: &Story) -> Result<usize> {
    let calls = story.calls()?;
    Ok(calls
        .iter()
        .filter(|call| call.agent == "dr" && !call.reads && call.mode == "ok")
        .count())
}

pub(super) fn killed_after(base: &Base, after: usize) -> Result<()> {
    let story = base.story(&format!("killed-{after}"))?;
    story.faults(&darkness())?;
    let run = begin(&story, "failover")?;

    let before = changes(&story)?;
    let mut dr = story.spawn(&["run", "resume", &run, "--people", "none"])?;
    let deadline = Instant::now() + Duration::from_secs(600);
    // Spread over the whole run: it makes about four changes for each of these, most of them records of its journal.
    while changes(&story)? < before + after * 4 {
        if dr.try_wait()?.is_some() {
            break;
        }
        ensure!(Instant::now() < deadline, "the run made no {after} changes");
        thread::sleep(Duration::from_millis(20));
    }
    // SIGKILL, unless it has come to rest before.
    let _ = dr.kill();
    dr.wait()?;

    // Another laptop: the stacks are checked out there, and nothing else.
    let elsewhere = story.folder().join("elsewhere");
    std::fs::create_dir_all(&elsewhere)?;
    let store = "s3://storefront-dr-us-west-1";
    std::os::unix::fs::symlink(
        story.folder().join("terraform"),
        elsewhere.join("terraform"),
    )?;
    let resume = ["--store", store, "run", "resume", &run, "--people", "none"];
    while Instant::now() < deadline {
        let resumed = story.command_in(&elsewhere, &resume).output()?;
        let said = String::from_utf8_lossy(&resumed.stderr).into_owned();
        match resumed.status.code() {
            Some(HELD) => match remedy(&said) {
                // It died in the middle of an apply, whose lock stands. A person does what they are told.
                Some(remedy) => unlock(&story, &elsewhere, &remedy)?,
                None => return one_primary(&story).with_context(|| said),
            },
            // The lock is still the dead one's, for a minute at most.
            Some(50) => thread::sleep(Duration::from_secs(5)),
            code => bail!("dr run resume elsewhere ended with {code:?}\n{said}"),
        }
    }
    bail!("the run was not gone on with")
}

/// The command that a run which holds for the lock of a state tells.
fn remedy(said: &str) -> Option<String> {
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut quoted = said.split('`').skip(1).step_by(2);
    let found = quoted.find(|words| words.contains("force-unlock"));
    found.map(str::to_owned)
}

fn unlock(story: &Story, folder: &Path, remedy: &str) -> Result<()> {
    let mut shell = Command::new("sh");
    shell.args(["-c", remedy]).current_dir(folder);
    for (name, value) in story.environment() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let ended = shell.output()?;
    ensure!(
        ended.status.success(),
        "{remedy}\n{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    Ok(())
}

/// The same end as without the kill: held for the lost region, one promotion, clients served.
fn one_primary(story: &Story) -> Result<()> {
    let truth = story.truth()?;
    ensure!(
        is_replica(&truth, "us-west-1") == Some(false),
        "california is primary"
    );
    ensure!(
        truth["answers"] == "california",
        "clients are sent to california"
    );
    let promotions = story
        .calls()?
        .iter()
        .filter(|call| call.operation == "PromoteReadReplica" && call.mode == "ok")
        .count();
    ensure!(promotions == 1, "{promotions} promotions were asked for");
    let fleet: &Value = &truth["regions"]["us-west-1"]["fleets"]["storefront-app"]["desired"];
    ensure!(
        fleet.as_u64().context("the fleet is there")? == 3,
        "the fleet has {fleet} members"
    );
    ensure!(story.twice()?.is_empty(), "both sites could take writes");
    Ok(())
}
