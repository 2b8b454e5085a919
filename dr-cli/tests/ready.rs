//! `dr ready` and `dr explain` from outside: what they return, and what they say.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure may end it anywhere"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use dr_core::model::EstateScan;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Standard output and standard error of a call that returns `code`.
#[track_caller]
fn ends(place: &TempDir, line: &str, code: i32) -> (String, String) {
    let ended = Command::new(cargo_bin("dr"))
        .args(line.split_whitespace())
        .env_clear()
        .current_dir(place.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(ended.stdout).unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(
        ended.status.code(),
        Some(code),
        "dr {line}: {text}\n{errors}"
    );
    (text, errors)
}

fn report(place: &TempDir, code: i32) -> Value {
    let line = "ready --scan scan.json --output json --quiet";
    serde_json::from_str(&ends(place, line, code).0).unwrap()
}

/// A scan of the built-in estate's sites, of which each part has these gaps and nothing else.
fn keep(place: &TempDir, gaps: &Value) {
    let part = |site: &str, region: &str| json!({"site": site, "region": region, "at": "2026-03-02T12:00:00Z", "resources": [], "gaps": gaps, "calls": 1, "throttled": 0});
    let scan = json!({
        "format": 1,
        "kinds": EstateScan::kinds_read(),
        "estate": "storefront",
        "sites": {"ohio": part("ohio", "us-east-2"), "california": part("california", "us-west-1")},
        "global": part("ohio", "us-east-2"),
    });
    fs::write(place.path().join("scan.json"), scan.to_string()).unwrap();
}

fn standing(report: &Value, code: &str) -> String {
    let rules = report["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["code"] == code).unwrap();
    rule["standing"].as_str().unwrap().to_owned()
}

#[test]
fn a_standby_without_its_fleets_is_not_ready_and_the_text_says_what_to_do_first() {
    let place = TempDir::new().unwrap();
    keep(&place, &json!([]));
    let report = report(&place, 13);
    assert_eq!(report["verdict"], "blocked");
    assert_eq!(standing(&report, "fleet-missing"), "blocks");
    let (text, _) = ends(&place, "ready --scan scan.json", 13);
    for part in [
        "COMPUTE",
        "BLOCKS   fleet-missing",
        "FIRST\n  1. app@california: apply the standby's stack",
        "not ready: ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // On the way home the other site is the standby.
    let (text, _) = ends(&place, "ready --scan scan.json --to ohio", 13);
    assert!(text.contains("app@ohio"), "{text}");
}

#[test]
fn what_could_not_be_read_is_never_ready() {
    let place = TempDir::new().unwrap();
    let gap = |kind: &str| json!({"kind": kind, "class": "denied", "action": "x:Read", "reason": "not allowed"});
    keep(
        &place,
        &json!([
            gap("autoscaling/group"),
            gap("eks/node-group"),
            gap("ec2/subnet")
        ]),
    );
    let report = report(&place, 11);
    assert_eq!(report["verdict"], "unknown");
    assert_eq!(standing(&report, "fleet-missing"), "unknown");
    let (text, _) = ends(&place, "ready --scan scan.json", 11);
    assert!(text.contains("allow x:Read to the role"), "{text}");
}

#[test]
fn a_region_that_does_not_answer_is_told_once_and_not_for_each_kind() {
    let place = TempDir::new().unwrap();
    let gaps: Vec<Value> = dr_core::model::ResourceKind::ALL
        .iter()
        .map(|kind| json!({"kind": kind.name(), "class": "unreachable", "action": "x:Read", "reason": "nobody answered"}))
        .collect();
    keep(&place, &json!(gaps));
    let (text, _) = ends(&place, "ready --scan scan.json", 11);
    let fix = "fix: check the way to the region";
    assert_eq!(text.matches(fix).count(), 1, "{text}");
    assert!(text.contains("california does not answer: "), "{text}");
    assert!(text.contains(" kinds\n"), "{text}");
    let rules = report(&place, 11)["rules"].as_array().unwrap().len();
    let most = 3 * rules + 20;
    assert!(text.lines().count() < most, "{most}: {text}");
    // JSON has each gap.
    let report = report(&place, 11);
    assert!(report["rules"][0]["unknown"].as_array().unwrap().len() > 1);
}

#[test]
fn runs_that_nobody_asked_the_sites_for_are_not_told_to_be_missing() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/drift");
    let place = TempDir::new().unwrap();
    for file in ["estate.yaml", "scan.json"] {
        fs::copy(corpus.join(file), place.path().join(file)).unwrap();
    }
    let report = report(&place, 11);
    for code in [
        "runbook-never-exercised",
        "runbook-not-exercised-since-change",
    ] {
        assert_eq!(standing(&report, code), "unknown", "{code}");
    }
    let (text, _) = ends(&place, "ready --scan scan.json", 11);
    let asked = "the stores of ohio and california were not asked: dr ready without --scan";
    assert!(text.contains(asked), "{text}");
}

#[test]
fn a_run_on_the_simulator_is_told_apart_from_none_and_from_a_real_one() {
    let place = TempDir::new().unwrap();
    keep(&place, &json!([]));
    assert_eq!(
        standing(&report(&place, 13), "runbook-never-exercised"),
        "slows"
    );
    ends(&place, "switchover --simulate --yes --quiet", 0);
    let after = report(&place, 13);
    assert_eq!(standing(&after, "runbook-never-exercised"), "notice");
    assert_eq!(
        standing(&after, "runbook-not-exercised-since-change"),
        "holds"
    );
    assert_eq!(standing(&after, "runbook-needs-primary"), "holds");
}

#[test]
fn a_rule_of_drift_or_readiness_is_explained_and_a_slip_is_told_what_was_meant() {
    let place = TempDir::new().unwrap();
    for code in ["type-not-offered", "fleet-cannot-grow"] {
        let (text, _) = ends(&place, &format!("explain {code}"), 0);
        for part in [
            code,
            "why",
            "fix",
            "effect  stops a failover",
            "family  compute",
            "source  https://",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let (text, _) = ends(&place, "explain type-not-offered --output json", 0);
    let rule: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&rule["severity"], &rule["family"]),
        (&json!("blocking"), &json!("compute"))
    );
    let (_, errors) = ends(&place, "explain type-not-oferred", 2);
    assert!(errors.contains("dr explain type-not-offered"), "{errors}");
    let (_, errors) = ends(&place, "explain nothing-of-the-sort-at-all", 2);
    assert!(errors.contains("dr explain --list"), "{errors}");
}

#[test]
fn the_list_has_every_rule_once_family_by_family() {
    let place = TempDir::new().unwrap();
    let (text, _) = ends(&place, "explain --list --output json", 0);
    let list: Value = serde_json::from_str(&text).unwrap();
    let rules = list["rules"].as_array().unwrap();
    assert!(rules.len() > 80, "{}", rules.len());
    let (text, _) = ends(&place, "explain --list", 0);
    for rule in rules {
        let code = rule["code"].as_str().unwrap();
        assert_eq!(text.matches(&format!("  {code} ")).count(), 1, "{code}");
    }
}

#[test]
fn the_schema_that_is_printed_is_the_one_that_is_published() {
    let place = TempDir::new().unwrap();
    let (printed, _) = ends(&place, "ready --schema", 0);
    let published = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/ready-report.schema.json"
    );
    assert_eq!(printed, fs::read_to_string(published).unwrap());
}
