//! `dr drift` on the stacks that Terraform really applied: silent about them as they are, and right about what is changed.

use anyhow::{Context, Result, ensure};
use dr_tests::laboratory::{Base, Story};
use serde_json::{Value, json};

/// Where the changes are made: at the standby, where a failover would run into them.
const STANDBY: &str = "us-west-1";

fn read(story: &Story, code: i32) -> Result<Value> {
    let ended = story.dr(&["drift", "--output", "json"])?;
    ensure!(
        ended.code == Some(code),
        "exit {:?}, not {code}: {}\n{}",
        ended.code,
        ended.output,
        ended.errors
    );
    serde_json::from_str(&ended.output).context("no JSON")
}

/// Changes something by hand, as somebody does at night in the console.
fn change(story: &Story, service: &str, request: &str, body: &str) -> Result<()> {
    let answer = story.send(&format!("{STANDBY}/{service}"), request, body)?;
    ensure!(answer.status() == Some(200), "{service}: {answer:?}");
    Ok(())
}

fn finding<'a>(report: &'a Value, code: &str) -> Result<&'a Value> {
    let findings = report["findings"].as_array().context("a list")?;
    let mut found = findings.iter().filter(|finding| finding["code"] == code);
    let one = found.next();
    ensure!(found.next().is_none(), "{code} twice: {findings:#?}");
    one.with_context(|| format!("no {code} among {findings:#?}"))
}

/// The id of the group of the standby's database, as `dr discover` tells it.
fn database_group(story: &Story) -> Result<(String, String)> {
    let ended = story.dr(&["discover", "--site", "california", "--output", "json"])?;
    let scan: Value = serde_json::from_str(&ended.output).context("no JSON")?;
    let resources = scan["sites"]["california"]["resources"].as_array();
    let mut resources = resources.context("a list")?.iter();
    let group = resources
        .find(|one| one["kind"] == "ec2/security-group" && one["name"] == "storefront-database")
        .context("the database has a group")?;
    let rule = &group["attributes"]["ingress"][0];
    let text = |value: &Value| value.as_str().map(str::to_owned).context("a text");
    Ok((text(&group["id"])?, text(&rule["group"])?))
}

pub(super) fn changes_by_hand_are_found(base: &Base) -> Result<()> {
    let story = base.story("drift")?;
    let alike = read(&story, 0)?;
    ensure!(alike["verdict"] == "in-sync", "{alike}");
    ensure!(alike["findings"] == json!([]), "{}", alike["findings"]);
    let (group, fleet) = database_group(&story)?;

    change(
        &story,
        "rds",
        "POST /",
        "Action=ModifyDBInstance&Version=2014-10-31&DBInstanceIdentifier=storefront-database\
         &DBInstanceClass=db.t3.micro&ApplyImmediately=true",
    )?;
    change(
        &story,
        "ec2",
        "POST /",
        &format!(
            "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId={group}&IpPermissions.1.IpProtocol=tcp\
             &IpPermissions.1.FromPort=5432&IpPermissions.1.ToPort=5432&IpPermissions.1.Groups.1.GroupId={fleet}\
             &IpPermissions.1.Groups.1.Description=The+fleet+to+the+database"
        ),
    )?;
    change(
        &story,
        "ssm",
        "POST /\nX-Amz-Target: AmazonSSM.DeleteParameter\nContent-Type: application/x-amz-json-1.1",
        r#"{"Name":"/storefront/database/endpoint"}"#,
    )?;

    let report = read(&story, 13)?;
    ensure!(report["verdict"] == "blocked", "{}", report["verdict"]);
    let class = finding(&report, "database-class-differs")?;
    ensure!(
        class["attribute"] == "class" && class["severity"] == "slowing",
        "{class}"
    );
    ensure!(
        class["evidence"]["california"]["value"] == "db.t3.micro",
        "{class}"
    );
    let is_declared =
        |origin: &Value| origin["is"] == "not-as-declared" && origin["site"] == "california";
    let origins = class["origins"].as_array().context("a list")?;
    ensure!(origins.iter().any(is_declared), "{class}");

    let refused = finding(&report, "traffic-refused-at-standby")?;
    let witness = refused["witness"].as_str().unwrap_or_default();
    ensure!(
        witness.contains("tcp port 5432") && witness.contains("storefront-app"),
        "{refused}"
    );
    let missing = finding(&report, "secret-missing")?;
    ensure!(
        missing["origins"][0]["is"] == "removed" && missing["severity"] == "blocking",
        "{missing}"
    );
    ensure!(
        report["findings"].as_array().map(Vec::len) == Some(3),
        "one finding for each change: {}",
        report["findings"]
    );
    let changed: Vec<_> = story
        .calls()?
        .into_iter()
        .filter(|call| call.agent == "dr" && !call.reads)
        .collect();
    ensure!(changed.is_empty(), "it reads only: {changed:?}");
    Ok(())
}

pub(super) fn what_was_not_read_is_not_in_sync(base: &Base) -> Result<()> {
    let story = base.story("drift-gaps")?;
    for (mode, operation) in [
        ("deny", "DescribeSecurityGroups"),
        ("throttle", "DescribeDBParameters"),
        ("html", "GetBucketPolicy"),
        ("503", "DescribeListeners"),
    ] {
        let fault = json!([{ "region": STANDBY, "operation": operation, "mode": mode }]);
        story.faults(&fault)?;
        let report = read(&story, 11)?;
        ensure!(report["findings"] == json!([]), "{operation}: {report}");
        let unknown = report["unknown"].as_array().context("a list")?;
        let names = |gap: &Value| {
            gap["reason"]
                .as_str()
                .unwrap_or_default()
                .contains(operation)
        };
        ensure!(unknown.iter().any(names), "{operation}: {unknown:?}");
    }
    Ok(())
}
