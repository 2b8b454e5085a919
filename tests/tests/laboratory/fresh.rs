//! The laboratory itself: what every other story takes for granted.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use dr_tests::laboratory::{Answer, Base, Story};
use serde_json::{Value, json};

use super::region::{self, darkness};

fn rds(story: &Story, region: &str, call: &str) -> Result<Answer> {
    let body = format!("Action={call}&Version=2014-10-31");
    story.send(&format!("{region}/rds"), "POST /", &body)
}

pub(super) fn plans_are_empty(base: &Base) -> Result<()> {
    region::plans_are_empty(&base.story("fresh")?, "they were applied")
}

pub(super) fn faults_do_what_they_say(base: &Base) -> Result<()> {
    let story = base.story("faults")?;
    let read = "DescribeDBInstances";
    for (mode, wanted, says) in [
        ("ok", 200, "storefront-database"),
        ("503", 503, "ServiceUnavailable"),
        ("throttle", 400, "Throttling"),
        ("deny", 403, "AccessDenied"),
        ("html", 500, "<html>"),
    ] {
        story.faults(&json!([{ "region": "us-east-2", "service": "rds", "mode": mode }]))?;
        let answer = rds(&story, "us-east-2", read)?;
        let Answer::Said(status, text) = &answer else {
            bail!("{mode}: {answer:?}");
        };
        ensure!(*status == wanted && text.contains(says), "{mode}: {text}");
        let elsewhere = rds(&story, "us-west-1", read)?;
        ensure!(status_is(&elsewhere, 200), "{mode}: {elsewhere:?}");
    }
    story.faults(&json!([{ "operation": read, "mode": "refuse" }]))?;
    ensure!(rds(&story, "us-east-2", read)? == Answer::Closed, "refuse");

    story.faults(&json!([{ "operation": read, "mode": "503", "after": 1, "times": 1 }]))?;
    let answers = [0; 3].map(|_| {
        rds(&story, "us-east-2", read)
            .ok()
            .as_ref()
            .and_then(Answer::status)
    });
    ensure!(
        answers == [Some(200), Some(503), Some(200)],
        "after and times: {answers:?}"
    );
    Ok(())
}

fn status_is(answer: &Answer, wanted: u16) -> bool {
    answer.status() == Some(wanted)
}

pub(super) fn a_lost_answer_had_its_effect(base: &Base) -> Result<()> {
    let story = base.story("lost-answer")?;
    let change =
        "ModifyDBInstance&DBInstanceIdentifier=storefront-database&BackupRetentionPeriod=9";
    let retention = |story: &Story| -> Result<Value> {
        let truth = story.truth()?;
        Ok(truth["regions"]["us-east-2"]["databases"]["storefront-database"]["retention"].clone())
    };
    ensure!(
        retention(&story)? != 9,
        "the stack keeps backups for 9 days"
    );
    story.faults(&json!([{ "operation": "ModifyDBInstance", "mode": "refuse" }]))?;
    ensure!(
        rds(&story, "us-east-2", change)? == Answer::Closed,
        "refused"
    );
    ensure!(retention(&story)? != 9, "a refused call had an effect");

    story.faults(&json!([{ "operation": "ModifyDBInstance", "mode": "lost" }]))?;
    let answer = rds(&story, "us-east-2", change)?;
    ensure!(answer == Answer::Closed, "it was answered: {answer:?}");
    ensure!(retention(&story)? == 9, "the change was not made");
    Ok(())
}

/// How often the end of a process is looked for.
const LOOKS: usize = 100;

/// Whether a process is gone, or only waits for somebody to read how it ended (proc(5), `stat`).
fn is_dead(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    stat.map_or(true, |stat| {
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        after_name.trim_start().starts_with('Z')
    })
}

pub(super) fn a_killed_caller_is_dead(base: &Base) -> Result<()> {
    let story = base.story("killed-caller")?;
    let retention = |story: &Story| -> Result<Value> {
        let truth = story.truth()?;
        Ok(truth["regions"]["us-east-2"]["databases"]["storefront-database"]["retention"].clone())
    };
    for (mode, days, is_made) in [("kill-before", 9, false), ("kill-after", 10, true)] {
        let own = story.folder().join(mode);
        // A caller that waits for a child: neither ends by itself in time.
        let mut caller = Command::new("sh")
            .args(["-c", "sleep 600 & echo $! > \"$0\"; wait"])
            .arg(own.with_extension("child"))
            .spawn()?;
        fs::write(own.with_extension("pid"), caller.id().to_string())?;
        let child = (0..LOOKS).find_map(|_| {
            let text = fs::read_to_string(own.with_extension("child")).ok();
            let text = text.filter(|text| text.ends_with('\n'));
            if text.is_none() {
                thread::sleep(Duration::from_millis(50));
            }
            text
        });
        let child = child.context("the shell started nothing")?;
        story.faults(&json!([{
            "mode": mode,
            "pid_file": own.with_extension("pid"),
            "operation": "ModifyDBInstance",
            "resource": "*:db:storefront-*",
            "times": 1,
        }]))?;
        let change = format!(
            "ModifyDBInstance&DBInstanceIdentifier=storefront-database&BackupRetentionPeriod={days}"
        );
        let answer = rds(&story, "us-east-2", &change)?;
        ensure!(answer == Answer::Closed, "{mode} was answered: {answer:?}");
        ensure!(
            caller.wait()?.signal() == Some(9),
            "{mode}: the caller lives on"
        );
        let is_over = (0..LOOKS).any(|_| {
            let is_dead = is_dead(&child);
            if !is_dead {
                thread::sleep(Duration::from_millis(50));
            }
            is_dead
        });
        ensure!(is_over, "{mode}: what the caller started lives on");
        ensure!(
            (retention(&story)? == days) == is_made,
            "{mode}: the change"
        );
    }
    Ok(())
}

pub(super) fn a_dark_region_answers_nothing(base: &Base) -> Result<()> {
    let story = base.story("dark")?;
    story.faults(&darkness())?;
    let answer = rds(&story, "us-east-2", "DescribeDBInstances")?;
    ensure!(answer == Answer::Silence, "us-east-2: {answer:?}");
    let answer = rds(&story, "us-west-1", "DescribeDBInstances")?;
    ensure!(status_is(&answer, 200), "us-west-1: {answer:?}");
    // Signed for the lost region, and yet no call to it.
    let zones = "GET /2013-04-01/hostedzone";
    let answer = story.send("us-east-2/route53", zones, "")?;
    ensure!(status_is(&answer, 503), "Route 53: {answer:?}");

    let calls = story.calls()?;
    let last: Vec<_> = calls
        .iter()
        .rev()
        .take(3)
        .rev()
        .map(|call| (call.region.as_str(), call.mode.as_str(), call.reads))
        .collect();
    ensure!(
        last == [
            ("us-east-2", "hang", true),
            ("us-west-1", "ok", true),
            ("global", "503", true)
        ],
        "recorded: {last:?}"
    );
    Ok(())
}

/// Waits until the newest second that clients felt is as wanted: the site that served it, if any.
fn served_by(story: &Story, wanted: Option<&str>) -> Result<()> {
    let mut newest = Value::Null;
    for _ in 0..60 {
        let felt = story.clients(3)?;
        newest = felt["seconds"]
            .as_array()
            .and_then(|seconds| seconds.last().cloned())
            .unwrap_or_default();
        let site = newest["served_by"].get(0).and_then(Value::as_str);
        if newest.is_object() && site == wanted {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(500));
    }
    bail!("clients were never served by {wanted:?}, lastly {newest}")
}

pub(super) fn clients_are_served_where_writes_are_taken(base: &Base) -> Result<()> {
    let story = base.story("clients")?;
    served_by(&story, Some("ohio"))?;

    let truth = story.truth()?;
    let here = &truth["regions"]["us-east-2"];
    let groups = |group: &Value| -> Result<String> {
        let group = group.as_str().context("a security group")?;
        Ok(format!(
            "ModifyDBInstance&DBInstanceIdentifier=storefront-database\
             &VpcSecurityGroupIds.VpcSecurityGroupId.1={group}"
        ))
    };
    let quarantine = groups(&here["quarantine"][0])?;
    let normal = groups(&here["databases"]["storefront-database"]["security_groups"][0])?;
    ensure!(status_is(&rds(&story, "us-east-2", &quarantine)?, 200));
    served_by(&story, None)?;
    ensure!(status_is(&rds(&story, "us-east-2", &normal)?, 200));
    served_by(&story, Some("ohio"))?;

    story.faults(&darkness())?;
    served_by(&story, None)?;
    story.faults(&json!([]))?;
    served_by(&story, Some("ohio"))?;

    // The name answers california, whose database is a replica: nobody takes the writes.
    let switch = "PUT /storefront-switch-us-west-1/serve-from-standby";
    ensure!(status_is(&story.send("us-west-1/s3", switch, "on")?, 200));
    served_by(&story, None)?;
    ensure!(
        story.truth()?["answers"] == "california",
        "the name follows the switch"
    );
    ensure!(story.twice()?.is_empty(), "both sites could take writes");
    Ok(())
}
