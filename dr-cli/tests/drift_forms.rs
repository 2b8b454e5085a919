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
    assert_eq!(nowhere.code, 1, "a file cannot be written");
    let dash = place.ends("drift --scan scan.json --write html=-", 2);
    assert!(dash.stderr.contains("--format FORM"), "{}", dash.stderr);
    for line in ["-o report", "-o report.pdf"] {
        let refused = place.ends(&format!("drift --scan scan.json {line}"), 2);
        assert!(
            refused.stderr.contains("promises no form"),
            "{}",
            refused.stderr
        );
        assert!(!place.path(&line[3..]).exists());
    }
}

#[test]
fn what_is_read_is_never_written_over() {
    let place = changed();
    place.write("older.json", &place.read("scan.json"));
    std::os::unix::fs::symlink("scan.json", place.path("link.json")).unwrap();
    fs::hard_link(place.path("scan.json"), place.path("hard.json")).unwrap();
    fs::create_dir(place.path("folder")).unwrap();
    let before = ["scan.json", "older.json", "estate.yaml"].map(|name| place.read(name));
    for out in [
        "-o scan.json",
        "-o ./folder/../scan.json",
        "-o link.json",
        "--write json=hard.json",
        "--write html=older.json",
        "-o estate.yaml --format text",
    ] {
        let refused = place.ends(
            &format!("drift --scan scan.json --since older.json {out}"),
            2,
        );
        assert!(
            refused.stderr.contains("would be written over"),
            "{}",
            refused.stderr
        );
    }
    let twice = place.ends(
        "drift --scan scan.json -o a.html --write html=./folder/../a.html",
        2,
    );
    assert!(twice.stderr.contains("two forms"), "{}", twice.stderr);
    let after = ["scan.json", "older.json", "estate.yaml"].map(|name| place.read(name));
    assert_eq!(before, after);
}

#[test]
fn a_dash_is_stdout_and_a_schema_goes_where_a_report_would() {
    let place = changed();
    let dash = place.ends("drift --scan scan.json -o - --format markdown", 13);
    assert!(dash.stdout.starts_with("## "), "{}", dash.stdout);
    assert!(!place.path("-").exists());
    let written = place.ends("drift --schema -o schema.json", 0);
    assert_eq!(written.stdout, "");
    assert_eq!(place.read("schema.json"), place.dr("drift --schema").stdout);
}

#[test]
fn a_file_that_cannot_be_written_takes_nothing_from_what_can_be() {
    let place = changed();
    let line = "drift --scan scan.json --write html=nowhere/a.html --write json=a.json";
    let ended = place.ends(line, 1);
    assert_eq!(ended.stdout, place.dr("drift --scan scan.json").stdout);
    let report: Value = serde_json::from_str(&place.read("a.json")).unwrap();
    assert_eq!(report["verdict"], "blocked");
    for part in [
        "cannot write nowhere/a.html",
        "ends with 13, blocking-drift",
    ] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    // Stdout stays one document.
    let ended = place.ends(&format!("{line} --output json"), 1);
    assert_eq!(ended.json()["verdict"], "blocked");
}

#[test]
fn the_schema_that_is_printed_is_the_one_that_is_published() {
    let ended = Place::new().dr("drift --schema");
    assert_eq!(ended.code, 0);
    let published = repository().join("docs/drift-report.schema.json");
    assert_eq!(ended.stdout, fs::read_to_string(published).unwrap());
}
