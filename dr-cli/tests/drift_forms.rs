//! `dr drift` on what was read before: the forms of its report, and where they go.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure may end it anywhere"
)]

mod place;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use place::Place;

const FORMS: [(&str, &str); 6] = [
    ("text", "drift.txt"),
    ("json", "drift.json"),
    ("sarif", "drift.sarif"),
    ("junit", "drift.xml"),
    ("markdown", "drift.md"),
    ("html", "drift.html"),
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A directory with an estate and a scan of it that has findings and a gap.
fn changed() -> Place {
    let place = Place::new();
    let corpus = repository().join("tests/corpus/drift");
    fs::copy(corpus.join("estate.yaml"), place.path("estate.yaml")).unwrap();
    let text = fs::read_to_string(corpus.join("scan.json")).unwrap();
    let mut scan: Value = serde_json::from_str(&text).unwrap();
    let standby = &mut scan["sites"]["california"];
    for resource in standby["resources"].as_array_mut().unwrap() {
        match resource["kind"].as_str().unwrap() {
            "rds/instance" => resource["attributes"]["class"] = json!("db.t3.micro"),
            "eks/cluster" => resource["tags"]["owner"] = json!("\u{1b}[2J<b>\u{202e}"),
            _ => {}
        }
    }
    let resources = standby["resources"].as_array_mut().unwrap();
    resources.retain(|resource| resource["kind"] != "ssm/parameter");
    let gap = json!({
        "kind": "kms/key",
        "class": "denied",
        "action": "kms:ListKeys",
        "reason": "AccessDenied: \u{1b}[2J",
    });
    standby["gaps"].as_array_mut().unwrap().push(gap);
    place.write("scan.json", &scan.to_string());
    place
}

#[test]
fn one_run_writes_every_form_with_the_same_ids_and_shows_the_text() {
    let place = changed();
    let wanted: Vec<String> = FORMS
        .iter()
        .map(|(form, file)| format!("--write {form}={file}"))
        .collect();
    let line = format!("drift --scan scan.json {}", wanted.join(" "));
    let ended = place.dr(&line);
    assert_eq!(ended.code, 13, "{}", ended.stderr);
    assert_eq!(ended.stdout, place.read("drift.txt"));
    let report: Value = serde_json::from_str(&place.read("drift.json")).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let ids: BTreeSet<&str> = findings.map(|it| it["id"].as_str().unwrap()).collect();
    assert!(ids.len() >= 3, "{ids:?}");
    let before = FORMS.map(|(_, file)| place.read(file));
    for (text, (form, file)) in before.iter().zip(FORMS) {
        assert!(ended.stderr.contains(&format!("wrote {file}")), "{form}");
        assert!(ids.iter().all(|id| text.contains(id)), "{form}: {text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{form}: {text}");
    }
    place.dr(&line);
    assert_eq!(FORMS.map(|(_, file)| place.read(file)), before);
}

#[test]
fn each_finding_of_the_text_has_its_id_behind_its_subject() {
    let place = changed();
    let ended = place.dr("drift --scan scan.json");
    let report = place.dr("drift --scan scan.json --output json");
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let lines = ended.stdout.lines();
    let shown: Vec<&str> = lines
        .filter_map(|line| line.rsplit_once("  ")?.1.get(..12))
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .collect();
    let findings = report["findings"].as_array().unwrap().iter();
    let ids: Vec<&str> = findings.map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(shown, ids);
}

#[test]
fn a_file_takes_the_place_of_stdout_and_its_name_says_the_form() {
    let place = changed();
    let ended = place.dr("drift --scan scan.json -o drift.sarif");
    assert_eq!((ended.code, ended.stdout.as_str()), (13, ""));
    let log: Value = serde_json::from_str(&place.read("drift.sarif")).unwrap();
    let location = &log["runs"][0]["results"][0]["locations"][0];
    assert_eq!(
        location["physicalLocation"]["artifactLocation"]["uri"],
        "estate.yaml"
    );
    place.dr("drift --scan scan.json -o a-page --format html");
    assert!(place.read("a-page").starts_with("<!DOCTYPE html>"));
    let json = place.dr("drift --scan scan.json --output json -o report");
    assert_eq!(json.stdout, "");
    let on_stdout = place.dr("drift --scan scan.json --format json");
    assert_eq!(place.read("report"), on_stdout.stdout);
}

#[test]
fn what_cannot_be_written_as_asked_is_refused() {
    let place = changed();
    let twice = place.dr("drift --scan scan.json -o a.html --write json=a.html");
    assert_eq!(twice.code, 2, "{}", twice.stderr);
    assert!(twice.stderr.contains("two forms"), "{}", twice.stderr);
    let unknown = place.dr("drift --scan scan.json --write pdf=a.pdf");
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("none of the forms"),
        "{}",
        unknown.stderr
    );
    let nowhere = place.dr("drift --scan scan.json --write html=nowhere/a.html");
    assert_eq!((nowhere.code, nowhere.stdout.as_str()), (1, ""));
}

#[test]
fn the_schema_that_is_printed_is_the_one_that_is_published() {
    let ended = Place::new().dr("drift --schema");
    assert_eq!(ended.code, 0);
    let published = repository().join("docs/drift-report.schema.json");
    assert_eq!(ended.stdout, fs::read_to_string(published).unwrap());
}
