//! The laboratory itself: what every other story takes for granted.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use dr_tests::laboratory::{Base, Story};
use serde_json::{Value, json};

use super::region::darkness;

/// How long a call that hangs is waited for. The server answers any other within a fraction of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a call ended.
#[derive(Debug, PartialEq)]
enum Answer {
    Said(u16, String),
    Closed,
    Silence,
}

/// A call as a client of AWS sends it. The laboratory checks no signature.
fn send(story: &Story, scope: &str, request: &str, body: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", story.port()))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "{request} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=laboratory/20261121/{scope}/aws4_request, \
         SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    match stream.read_to_string(&mut text) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            return Ok(Answer::Silence);
        }
        Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(Answer::Closed),
        other => other?,
    };
    if text.is_empty() {
        return Ok(Answer::Closed);
    }
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok(Answer::Said(status.context("no HTTP was answered")?, text))
}

fn rds(story: &Story, region: &str, call: &str) -> Result<Answer> {
    let body = format!("Action={call}&Version=2014-10-31");
    send(story, &format!("{region}/rds"), "POST /", &body)
}

fn status(answer: &Answer) -> Option<u16> {
    match answer {
        Answer::Said(status, _) => Some(*status),
        Answer::Closed | Answer::Silence => None,
    }
}

pub(super) fn plans_are_empty(base: &Base) -> Result<()> {
    let story = base.story("fresh")?;
    for root in ["identity", "us-east-2", "us-west-1", "global"] {
        if let Some(changes) = story.plan(root)? {
            bail!("Terraform would change {root} right after it was applied:\n{changes}");
        }
    }
    Ok(())
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
            .and_then(status)
    });
    ensure!(
        answers == [Some(200), Some(503), Some(200)],
        "after and times: {answers:?}"
    );
    Ok(())
}

fn status_is(answer: &Answer, wanted: u16) -> bool {
    status(answer) == Some(wanted)
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

pub(super) fn a_dark_region_answers_nothing(base: &Base) -> Result<()> {
    let story = base.story("dark")?;
    story.faults(&darkness())?;
    let answer = rds(&story, "us-east-2", "DescribeDBInstances")?;
    ensure!(answer == Answer::Silence, "us-east-2: {answer:?}");
    let answer = rds(&story, "us-west-1", "DescribeDBInstances")?;
    ensure!(status_is(&answer, 200), "us-west-1: {answer:?}");
    // Signed for the lost region, and yet no call to it.
    let zones = "GET /2013-04-01/hostedzone";
    let answer = send(&story, "us-east-2/route53", zones, "")?;
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
    ensure!(status_is(&send(&story, "us-west-1/s3", switch, "on")?, 200));
    served_by(&story, None)?;
    ensure!(
        story.truth()?["answers"] == "california",
        "the name follows the switch"
    );
    ensure!(story.twice()?.is_empty(), "both sites could take writes");
    Ok(())
}
