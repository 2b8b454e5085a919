//! The shipped alerts and the dashboard ask for metrics that there are, and the documented check of a signature is one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use secrecy::SecretString;
use serde_json::Value as Json;

use super::super::{signature, text};
use super::at;
use super::served::status;

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names that begin with `dr_` in a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| word.starts_with("dr_"))
        .map(str::to_owned)
        .collect()
}

/// The names of the samples that are served.
fn served() -> BTreeSet<String> {
    let text = text(&status(), at()).unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .flat_map(|line| names(line.split('{').next().unwrap_or(line)))
        .collect()
}

fn collect(value: &Json, key: &str, found: &mut Vec<String>) {
    match value {
        Json::Array(items) => items.iter().for_each(|item| collect(item, key, found)),
        Json::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(text) if name == key => found.push(text.to_owned()),
                    _ => collect(member, key, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn every_panel_of_the_dashboard_asks_for_metrics_that_are_served() {
    let dashboard: Json =
        serde_json::from_str(&read(&packaging().join("grafana/dr.json"))).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(!panels.is_empty());
    let served = served();
    for panel in panels {
        let mut queries = Vec::new();
        collect(&panel["targets"], "expr", &mut queries);
        assert!(!queries.is_empty(), "{panel}");
        for query in queries {
            let asked = names(&query);
            assert!(
                !asked.is_empty() && asked.is_subset(&served),
                "{query}: {asked:?}"
            );
        }
    }
}

#[test]
fn every_alert_asks_for_metrics_that_are_served() {
    let rules = read(&packaging().join("prometheus/dr.rules.yml"));
    let queries: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "))
        .collect();
    assert!(queries.len() >= 8, "{queries:?}");
    let served = served();
    for query in queries {
        let asked = names(query);
        assert!(
            !asked.is_empty() && asked.is_subset(&served),
            "{query}: {asked:?}"
        );
    }
}

#[test]
fn every_metric_that_is_served_is_documented() {
    let page = read(&packaging().join("../docs/watch.md"));
    let documented = names(&page);
    let missing: Vec<_> = served().difference(&documented).cloned().collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_alerts_fire_when_their_tests_say_so() {
    let folder = packaging().join("prometheus");
    let done = Command::new("promtool")
        .args(["test", "rules", "dr.rules.test.yml"])
        .current_dir(folder)
        .output()
        .expect("promtool of the package prometheus is installed");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
}

#[test]
fn the_documented_check_takes_a_signature_and_refuses_a_forged_or_an_old_one() {
    let page = read(&packaging().join("../docs/watch.md"));
    let (_, rest) = page.split_once("```python\n").unwrap();
    let (check, _) = rest.split_once("```").unwrap();
    let body = br#"{"id": "1"}"#;
    let signed = signature(&SecretString::from("s3cret"), at(), body);
    let now = at().as_second();
    let program = format!(
        r#"{check}
headers = {{"dr-timestamp": "{now}", "dr-signature": "{signed}"}}
body = b'{body}'
assert is_from_dr(b"s3cret", headers, body, {now})
assert is_from_dr(b"s3cret", headers, body, {now} + 300)
assert not is_from_dr(b"s3cret", headers, body, {now} + 301)
assert not is_from_dr(b"other", headers, body, {now})
assert not is_from_dr(b"s3cret", headers, body + b" ", {now})
later = dict(headers, **{{"dr-timestamp": str({now} + 1)}})
assert not is_from_dr(b"s3cret", later, body, {now})
"#,
        body = String::from_utf8_lossy(body)
    );
    let done = Command::new("python3")
        .args(["-c", &program])
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
