//! `dr status` on the simulator: in the steady state, while a failover is held, and after service went home.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure may end it anywhere"
)]

use std::fs;
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;

fn dr(place: &TempDir, line: &str) -> Output {
    Command::new(cargo_bin("dr"))
        .args(line.split_whitespace())
        .env_clear()
        .current_dir(place.path())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[track_caller]
fn ends(place: &TempDir, line: &str, code: i32) -> String {
    let ended = dr(place, line);
    let text = String::from_utf8(ended.stdout).unwrap();
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(
        ended.status.code(),
        Some(code),
        "dr {line}: {text}\n{errors}"
    );
    text
}

fn status(place: &TempDir, code: i32) -> Value {
    serde_json::from_str(&ends(place, "status --simulate --output json", code)).unwrap()
}

fn roles(status: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
    status["sites"]
        .as_array()
        .unwrap()
        .iter()
        .map(|site| (word(&site["site"]), word(&site["role"])))
        .collect()
}

fn pairs(of: [(&str, &str); 2]) -> Vec<(String, String)> {
    of.map(|(site, role)| (site.to_owned(), role.to_owned()))
        .to_vec()
}

/// The text with the digest at the end of each run's name left out: it changes with the plan's text.
fn without_digests(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let run = ["failover-2026", "failback-2026"]
            .iter()
            .any(|name| word.starts_with(name));
        match word.rsplit_once('-') {
            Some((name, rest)) if run => {
                let end: String = rest.chars().skip(4).collect();
                format!("{name}-0000{end}")
            }
            _ => word.to_owned(),
        }
    });
    words.collect()
}

#[test]
fn the_status_follows_an_estate_through_a_failover_and_home_again() {
    let place = tempfile::tempdir().unwrap();
    let home = pairs([("ohio", "primary"), ("california", "standby")]);
    let away = pairs([("ohio", "standby"), ("california", "primary")]);

    let steady = status(&place, 0);
    assert_eq!(roles(&steady), home);
    assert_eq!(steady["pending"], serde_json::json!([]));
    assert_eq!(steady["complete"], true);

    ends(&place, "failover --simulate --yes", 21);
    let held = status(&place, 11);
    assert_eq!(roles(&held), away);
    let kinds: Vec<&str> = held["pending"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pending| pending["pending"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["run", "question", "fence"]);
    assert_eq!(held["pending"][2]["site"], "ohio");
    assert_eq!(held["pending"][2]["level"], "by-lease");
    let dark = held["gaps"].as_array().unwrap();
    assert!(dark.iter().all(|gap| gap["site"] == "ohio"), "{dark:?}");
    insta::assert_snapshot!(
        "held",
        without_digests(&ends(&place, "status --simulate", 11))
    );

    let run = held["runs"][0]["run"].as_str().unwrap();
    ends(&place, "simulator return ohio", 0);
    ends(&place, &format!("run resume {run}"), 0);
    let after = status(&place, 0);
    assert_eq!(roles(&after), away);
    assert_eq!(after["pending"], serde_json::json!([]));

    ends(&place, "failback --simulate --yes", 0);
    let back = status(&place, 0);
    assert_eq!(roles(&back), home);
    assert_eq!(back["runs"].as_array().unwrap().len(), 2);
    assert_eq!(back["runs"][0]["status"], "completed");
    insta::assert_snapshot!(
        "home_again",
        without_digests(&ends(&place, "status --simulate", 0))
    );
}

#[test]
fn looking_changes_nothing() {
    let place = tempfile::tempdir().unwrap();
    ends(&place, "status --simulate", 0);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    ends(&place, "simulator advance 10s", 0);
    let world = place.path().join(".dr/simulator/world.json");
    let before = fs::read(&world).unwrap();
    ends(&place, "status --simulate", 0);
    assert_eq!(fs::read(&world).unwrap(), before);
}

#[test]
fn a_damaged_journal_is_told_and_hides_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    ends(&place, "failover --simulate --yes", 21);
    let run = status(&place, 11)["runs"][0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    let journal = place
        .path()
        .join(format!(".dr/simulator/runs/{run}/journal.jsonl"));
    let damaged = fs::read_to_string(&journal)
        .unwrap()
        .replacen("storefront", "storeback!", 1);
    fs::write(&journal, damaged).unwrap();
    let told = status(&place, 11);
    let gaps = told["gaps"].as_array().unwrap();
    let gap = gaps
        .iter()
        .find(|gap| gap["what"].as_str().unwrap().contains(&run));
    assert!(
        gap.unwrap()["reason"].as_str().unwrap().contains("line 1"),
        "{gap:?}"
    );
    assert_eq!(
        roles(&told)[1],
        ("california".to_owned(), "primary".to_owned())
    );
}
