//! The laptop dies, again and again: at a change of AWS that the story names, before it is carried out or after that and before its
//! answer. Each time another laptop goes on with nothing but the bucket. The server does the killing, so that it strikes at that
//! change and nowhere else (`tests/aws/faults.py`); with `dr` dies the Terraform that it started. Where that held the lock of a
//! state, a person removes it, by the command that `dr` tells.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use dr_tests::laboratory::{Base, Call, Story};
use serde_json::{Value, json};

use super::end::{one_primary, one_replica};
use super::region::{DONE, HELD, begin, darkness, ended, move_primary};

const ANOTHER_RUN: i32 = 50;
const SIGKILL: i32 = 9;
/// The lock is the dead one's for a minute. Looked at as often as a person would.
const LOCKED: Duration = Duration::from_secs(5);
/// How long one laptop may take until it dies or the run rests. Other stories share the machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Before the change is carried out, or after it.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}
use Side::{After, Before};

/// The change at which a laptop dies.
#[derive(Clone, Copy)]
struct Point {
    side: Side,
    region: &'static str,
    operation: &'static str,
    /// A pattern of what the call is about.
    resource: &'static str,
    /// So many such changes are let pass before.
    pass: usize,
    agent: &'static str,
}

/// A change that `dr` makes itself.
const fn at(
    side: Side,
    region: &'static str,
    operation: &'static str,
    resource: &'static str,
) -> Point {
    Point {
        side,
        region,
        operation,
        resource,
        pass: 0,
        agent: "dr",
    }
}

impl Point {
    const fn passing(self, pass: usize) -> Self {
        Self { pass, ..self }
    }

    /// A change that Terraform makes for it.
    const fn by_terraform(self) -> Self {
        Self {
            agent: "terraform",
            ..self
        }
    }

    const fn mode(self) -> &'static str {
        match self.side {
            Before => "kill-before",
            After => "kill-after",
        }
    }

    fn says(self) -> String {
        let Self {
            region,
            operation,
            resource,
            agent,
            ..
        } = self;
        format!(
            "{} {operation} of {agent} on {resource} in {region}",
            self.mode()
        )
    }

    fn rule(self, pid_file: &Path) -> Value {
        json!({
            "mode": self.mode(),
            "pid_file": pid_file,
            "agent": self.agent,
            "region": self.region,
            "operation": self.operation,
            "resource": self.resource,
            "reads": false,
            "after": self.pass,
            "times": 1,
        })
    }
}

/// A run that is killed at each of these, one after the other, and is then carried to its rest.
struct Walk<'a> {
    story: &'a Story,
    run: &'a str,
    /// The bucket that the run is kept in: all that a laptop has.
    store: &'static str,
    /// The faults that stay in force.
    faults: Value,
    laptops: usize,
}

impl Walk<'_> {
    fn killed_at(&mut self, points: &[Point]) -> Result<()> {
        for point in points {
            self.killed(*point).with_context(|| point.says())?;
        }
        Ok(())
    }

    /// Goes on until it dies at this point.
    fn killed(&mut self, point: Point) -> Result<()> {
        let pid_file = self.story.folder().join(format!("pid-{}", self.laptops));
        let mut rules = vec![point.rule(&pid_file)];
        rules.extend(self.faults.as_array().cloned().unwrap_or_default());
        self.story.faults(&json!(rules))?;
        let before = self.kills()?;
        let (status, said) = self.carry(Some(&pid_file))?;
        ensure!(
            status.signal() == Some(SIGKILL),
            "the run came to rest ({status}) and was not killed:\n{said}"
        );
        let kills = self.kills()? - before;
        ensure!(kills == 1, "{kills} kills at one point");
        self.story.faults(&self.faults)
    }

    fn kills(&self) -> Result<usize> {
        let calls = self.story.calls()?;
        let is_kill = |call: &&Call| call.mode.starts_with("kill");
        Ok(calls.iter().filter(is_kill).count())
    }

    /// Carries the run to its rest.
    fn rests(&mut self, wanted: i32) -> Result<()> {
        let (status, said) = self.carry(None)?;
        ensure!(
            status.code() == Some(wanted),
            "the run ended with {status} instead of {wanted}:\n{said}"
        );
        Ok(())
    }

    /// Goes on with the run on a new laptop until it rests or dies there: waits for the dead one's lock, and removes the lock of a
    /// state as told. How it ended, and what it said.
    fn carry(&mut self, pid_file: Option<&Path>) -> Result<(ExitStatus, String)> {
        let laptop = self.story.laptop(&format!("laptop-{}", self.laptops))?;
        self.laptops += 1;
        let resume = [
            "--store", self.store, "run", "resume", self.run, "--people", "none",
        ];
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let mut dr = self.story.spawn_in(&laptop, &resume)?;
            if let Some(pid_file) = pid_file {
                fs::write(pid_file, dr.id().to_string())?;
            }
            let status = dr.wait()?;
            let said = fs::read_to_string(laptop.join("dr.log"))?;
            match (status.code(), remedy(&said)) {
                (Some(ANOTHER_RUN), _) => thread::sleep(LOCKED),
                (Some(HELD), Some(remedy)) => unlock(self.story, &laptop, &remedy)?,
                _ => return Ok((status, said)),
            }
        }
        bail!("the run did not come to rest within {PATIENCE:?}")
    }
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

const EAST: &str = "us-east-2";
const WEST: &str = "us-west-1";

/// A failover with the region dark, approved and not yet carried out.
fn begun<'a>(story: &'a Story, run: &'a str) -> Walk<'a> {
    Walk {
        story,
        run,
        store: "s3://storefront-dr-us-west-1",
        faults: darkness(),
        laptops: 0,
    }
}

/// What was called since the call of that number.
fn since(story: &Story, before: usize) -> Result<Vec<Call>> {
    Ok(story.calls()?.split_off(before))
}

/// A failover with the region dark, killed at each of these: the same end as of one that nobody killed.
fn failover(base: &Base, name: &str, points: &[Point]) -> Result<()> {
    let story = base.story(name)?;
    story.faults(&darkness())?;
    let run = begin(&story, "failover")?;
    let before = story.calls()?.len();
    let mut walk = begun(&story, &run);
    walk.killed_at(points)?;
    walk.rests(HELD)?;
    one_primary(&story, &since(&story, before)?, WEST, "california")
}

/// From the first records to the last: the fence by lease, the promotion when it is asked for, the switch of the front door,
/// before it and after it. The Git server was started by Terraform before.
pub(super) fn all_over_a_failover(base: &Base) -> Result<()> {
    let points = [
        at(After, WEST, "PutObject", "*/journal/*").passing(2),
        at(Before, WEST, "PutObject", "*/write-lease/*"),
        at(After, WEST, "PromoteReadReplica", "*"),
        at(Before, WEST, "PutObject", "*/serve-from-standby"),
        at(After, WEST, "PutObject", "*/serve-from-standby"),
        at(Before, WEST, "PutObject", "*/journal/*").passing(3),
    ];
    failover(base, "killed-all-over-a-failover", &points)
}

/// Between those: the lease when it is revoked, Terraform in the middle of an apply, the promotion before it is asked for, what ends
/// it, the new primary's lease, clients on their way. The lock of the state that Terraform leaves is waited for by `provision`, for as
/// long as that step may take, before a person is told: minutes.
pub(super) fn in_between(base: &Base) -> Result<()> {
    let points = [
        at(After, WEST, "PutObject", "*/write-lease/*"),
        at(After, WEST, "UpdateAutoScalingGroup", "*").by_terraform(),
        at(Before, WEST, "PromoteReadReplica", "*"),
        at(Before, WEST, "RemoveTagsFromResource", "*"),
        at(After, WEST, "PutObject", "*/write-lease/*"),
        at(After, WEST, "PutObject", "*/serve-from-standby"),
    ];
    failover(base, "killed-in-between", &points)
}

/// The pending fence, the old primary set aside, its replica, Terraform's state, the record that closes the run.
pub(super) fn after_the_return(base: &Base) -> Result<()> {
    let story = base.story("killed-after-the-return")?;
    story.faults(&darkness())?;
    let run = begin(&story, "failover")?;
    let before = story.calls()?.len();
    let mut walk = begun(&story, &run);
    walk.rests(HELD)?;
    walk.faults = json!([]);
    story.faults(&walk.faults)?;
    // The parts of a fence are asked side by side: after one death only that is still to come which was kept from being done, and what
    // needs all of it, the record that the fence is in force.
    walk.killed_at(&[
        at(Before, EAST, "CreateNetworkAclEntry", "*"),
        at(After, EAST, "CreateNetworkAclEntry", "*"),
        at(After, EAST, "AddTagsToResource", "*"),
        at(After, EAST, "ModifyDBInstance", "*"),
        at(Before, EAST, "CreateDBInstanceReadReplica", "*"),
        at(After, EAST, "CreateDBInstanceReadReplica", "*"),
        at(After, EAST, "PutObject", "*/site.tfstate").by_terraform(),
    ])?;
    walk.rests(DONE)?;
    let calls = since(&story, before)?;
    one_primary(&story, &calls, WEST, "california")?;
    one_replica(&story, &calls, EAST, 1)
}

/// A failback: the primary fenced, the home site promoted, the switch taken away, the way back to protection.
pub(super) fn on_the_way_home(base: &Base) -> Result<()> {
    let story = base.story("killed-on-the-way-home")?;
    story.faults(&darkness())?;
    let out = move_primary(&story, "failover", HELD)?;
    story.faults(&json!([]))?;
    let back = story.dr(&["run", "resume", &out, "--people", "none"])?;
    ended(
        &back,
        DONE,
        "the failover, resumed when the region is back,",
    )?;
    let run = begin(&story, "failback")?;
    let before = story.calls()?.len();
    let mut walk = Walk {
        store: "s3://storefront-dr-us-east-2",
        faults: json!([]),
        ..begun(&story, &run)
    };
    walk.killed_at(&[
        at(After, WEST, "CreateNetworkAclEntry", "*"),
        at(Before, EAST, "PromoteReadReplica", "*"),
        at(After, EAST, "PromoteReadReplica", "*"),
        at(After, WEST, "DeleteObject", "*/serve-from-standby"),
        at(After, WEST, "ModifyDBInstance", "*"),
        at(After, WEST, "CreateDBInstanceReadReplica", "*"),
    ])?;
    walk.rests(DONE)?;
    let calls = since(&story, before)?;
    one_primary(&story, &calls, EAST, "ohio")?;
    one_replica(&story, &calls, WEST, 1)
}
