//! `dr drift` and `dr ready` on kept scans: whose they are, how old they are, what changed, and what is accepted.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure may end it anywhere"
)]

mod place;

use std::fs;
use std::path::Path;

use dr_core::adapter::local::SystemClock;
use dr_core::port::Clock as _;
use serde_json::{Value, json};

use place::Place;

/// The corpus' scan, read now.
fn scan() -> Value {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/drift");
    let text = fs::read_to_string(corpus.join("scan.json")).unwrap();
    let mut scan: Value = serde_json::from_str(&text).unwrap();
    read_at(&mut scan, &SystemClock.now().to_string());
    scan
}

/// Everything was read at this instant.
fn read_at(scan: &mut Value, at: &str) {
    for site in ["ohio", "california"] {
        scan["sites"][site]["at"] = json!(at);
    }
    scan["global"]["at"] = json!(at);
}

fn set(scan: &mut Value, kind: &str, attribute: &str, value: &Value) {
    let resources = scan["sites"]["california"]["resources"]
        .as_array_mut()
        .unwrap();
    for resource in resources.iter_mut().filter(|it| it["kind"] == kind) {
        resource["attributes"][attribute] = value.clone();
    }
}

/// A directory with the corpus' estate, these exceptions, and this scan.
fn place(exceptions: &str, scan: &Value) -> Place {
    let place = Place::new();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/drift");
    let estate = fs::read_to_string(corpus.join("estate.yaml")).unwrap();
    place.write("estate.yaml", &format!("{estate}{exceptions}"));
    place.write("scan.json", &scan.to_string());
    place
}

#[test]
fn a_scan_that_is_not_of_this_estates_two_sites_is_refused_as_scan_and_as_since() {
    let mut wrong = Vec::new();
    let mut wrongly = |words: &'static str, change: &dyn Fn(&mut Value)| {
        let mut scan = scan();
        change(&mut scan);
        wrong.push((words, scan));
    };
    wrongly("eu-west-1", &|scan| {
        scan["sites"]["ohio"]["region"] = json!("eu-west-1");
    });
    wrongly("the site oregon", &|scan| {
        let mut third = scan["sites"]["ohio"].clone();
        third["site"] = json!("oregon");
        scan["sites"]["oregon"] = third;
    });
    wrongly("nothing of california", &|scan| {
        scan["sites"].as_object_mut().unwrap().remove("california");
    });
    wrongly("the estate other", &|scan| scan["estate"] = json!("other"));
    wrongly("the form 2", &|scan| scan["format"] = json!(2));
    let place = place("", &scan());
    for (words, scan) in wrong {
        place.write("wrong.json", &scan.to_string());
        for line in [
            "drift --scan wrong.json",
            "drift --scan wrong.json --to california",
            "ready --scan wrong.json",
            "drift --scan scan.json --since wrong.json",
        ] {
            let is_of_another_dr = words == "the form 2";
            let ended = place.ends(line, if is_of_another_dr { 12 } else { 2 });
            assert!(ended.stderr.contains(words), "{line}: {}", ended.stderr);
        }
    }
    let mut future = scan();
    future["sites"]["ohio"]["at"] = json!("2999-01-01T00:00:00Z");
    place.write("wrong.json", &future.to_string());
    let ended = place.ends("drift --scan scan.json --since wrong.json", 2);
    assert!(
        ended
            .stderr
            .contains("after what it is to be compared with"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_first_line_says_how_old_a_report_is_and_an_old_one_says_so() {
    let mut scan = scan();
    scan["sites"]["ohio"]["at"] = json!("2025-12-20T08:30:00Z");
    let place = place("", &scan);
    for (line, code) in [
        ("drift --scan scan.json", 0),
        ("ready --scan scan.json", 11),
    ] {
        let ended = place.ends(line, code);
        let mut lines = ended.stdout.lines();
        let first = lines.next().unwrap();
        assert!(
            first.ends_with("as read at 2025-12-20 08:30 UTC"),
            "{first}"
        );
        let notices: Vec<&str> = lines.take_while(|line| line.starts_with("! ")).collect();
        assert_eq!(notices.len(), 2, "{}", ended.stdout);
        assert!(notices[0].contains("more than a day ago"), "{notices:?}");
        assert!(
            notices[1].contains("more than an hour apart"),
            "{notices:?}"
        );
    }
    let report = place.ends("drift --scan scan.json --output json", 0).json();
    assert_eq!(report["read-at"], "2025-12-20T08:30:00Z");
    assert_eq!(report["caveats"].as_array().unwrap().len(), 2);
    place.write("scan.json", &self::scan().to_string());
    let fresh = place.ends("drift --scan scan.json", 0);
    assert!(!fresh.stdout.contains("\n! "), "{}", fresh.stdout);
}

#[test]
fn an_old_scan_brings_no_exception_back_that_has_run_out() {
    let exceptions = "exceptions:\n  - { rule: database-class-differs, reason: r, owner: ana, expires: 2026-01-31 }\n";
    let mut scan = scan();
    set(&mut scan, "rds/instance", "class", &json!("db.t3.micro"));
    read_at(&mut scan, "2026-01-15T00:00:00Z");
    let place = place(exceptions, &scan);
    let ended = place.ends("drift --scan scan.json", 10);
    for code in ["database-class-differs", "exception-expired"] {
        assert!(ended.stdout.contains(code), "{}", ended.stdout);
    }
}

#[test]
fn what_changed_since_an_earlier_scan_is_told() {
    let older = scan();
    let mut newer = scan();
    set(&mut newer, "rds/instance", "class", &json!("db.t3.micro"));
    let place = place("", &newer);
    place.write("older.json", &older.to_string());
    let ended = place.ends("drift --scan scan.json --since older.json", 10);
    assert!(
        ended.stdout.contains(": 1 difference is new\n  new  "),
        "{}",
        ended.stdout
    );
    place.write("newer.json", &scan().to_string());
    let ended = place.ends("drift --scan newer.json --since scan.json", 0);
    assert!(
        ended.stdout.contains(": 1 difference is gone\n  gone "),
        "{}",
        ended.stdout
    );
    let ended = place.ends("drift --scan scan.json --since scan.json", 10);
    assert!(
        ended
            .stdout
            .contains("no difference is new, and none is gone"),
        "{}",
        ended.stdout
    );
}

#[test]
fn an_accepted_difference_that_would_stop_a_failover_is_said_with_the_verdict() {
    let exceptions = "exceptions:\n  - { rule: database-engine-differs, reason: the upgrade, owner: ana, expires: 2999-01-31, approved-by: ben }\n";
    let mut scan = scan();
    set(&mut scan, "rds/instance", "engine-version", &json!("14.1"));
    let place = place(exceptions, &scan);
    let ended = place.ends("drift --scan scan.json", 0);
    assert!(
        ended.stdout.ends_with(
            "the sites are in sync but for 1 accepted difference, which would stop a failover\n"
        ),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains(
            "would stop a failover; accepted until 2999-01-31: the upgrade (ana, approved by ben)"
        ),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_rule_that_there_is_not_and_one_person_twice_are_mistakes_of_the_estate() {
    for (exception, words) in [
        (
            "{ rule: database-clas-differs, reason: r, owner: ana, expires: 2020-01-31 }",
            "did you mean `database-class-differs`?",
        ),
        (
            "{ rule: nothing-of-the-sort, reason: r, owner: ana, expires: 2999-01-31 }",
            "dr explain --list",
        ),
        (
            "{ rule: quota-vcpus, reason: r, owner: ana, expires: 2999-01-31, approved-by: \" Ana \" }",
            "are not two people",
        ),
    ] {
        let place = place(&format!("exceptions:\n  - {exception}\n"), &scan());
        for line in [
            "estate check",
            "drift --scan scan.json",
            "ready --scan scan.json",
        ] {
            let ended = place.ends(line, 12);
            for part in [words, "estate.yaml:", "exceptions:"] {
                assert!(ended.stderr.contains(part), "{line}: {}", ended.stderr);
            }
        }
    }
    // What does not judge by them is not held up by them: nobody's failover waits for a word in a list.
    let mistyped = "{ rule: nothing-of-the-sort, reason: r, owner: ana, expires: 2999-01-31 }";
    let place_of_mistyped = place(&format!("exceptions:\n  - {mistyped}\n"), &scan());
    place_of_mistyped.ends("estate show", 0);
    let right = "{ rule: quota-vcpus, reason: r, owner: ana, expires: 2999-01-31 }";
    place(&format!("exceptions:\n  - {right}\n"), &scan()).ends("estate check", 0);
}

#[test]
fn an_exception_for_a_rule_of_readiness_is_judged_by_dr_ready_alone() {
    let ready = "ready --scan scan.json --output json";
    let mut scan = scan();
    set(&mut scan, "rds/instance", "status", &json!("storage-full"));
    let found = place("", &scan).ends(ready, 13).json();
    let findings = found["findings"].as_array().unwrap();
    let blocking: Vec<&Value> = findings
        .iter()
        .filter(|it| it["severity"] == "blocking")
        .collect();
    let code = blocking[0]["code"].as_str().unwrap();
    let exceptions = format!(
        "exceptions:\n  - {{ rule: {code}, reason: r, owner: ana, expires: 2999-01-31, approved-by: ben }}\n"
    );
    let place = place(&exceptions, &scan);
    place.ends("drift --scan scan.json", 0);
    let report = place.dr(ready).json();
    let rules = report["rules"].as_array().unwrap();
    let rule = rules.iter().find(|it| it["code"] == code).unwrap();
    assert_eq!(rule["standing"], "accepted", "{rule}");
    let text = place.dr("ready --scan scan.json").stdout;
    for part in [
        format!("  accepts  {code}"),
        "would stop a failover; accepted until 2999-01-31: r (ana, approved by ben)".to_owned(),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
}

#[test]
fn files_that_are_missing_are_a_mistake_of_the_line_and_broken_ones_of_the_file() {
    let place = place("", &scan());
    place.write("broken.json", "{");
    for line in [
        "drift --scan missing.json",
        "ready --scan missing.json",
        "drift --scan scan.json --since missing.json",
        "drift --estate missing.yaml --scan scan.json",
    ] {
        let ended = place.ends(line, 2);
        assert!(
            ended.stderr.contains("there is no file missing."),
            "{}",
            ended.stderr
        );
    }
    for line in [
        "drift --scan broken.json",
        "ready --scan broken.json",
        "drift --scan scan.json --since broken.json",
        "drift --estate broken.json --scan scan.json",
    ] {
        place.ends(line, 12);
    }
}

#[test]
fn what_a_build_or_the_simulator_cannot_judge_has_a_next_step() {
    let place = place("", &scan());
    for command in ["drift", "ready"] {
        let ended = place.ends(&format!("{command} --simulate"), 2);
        assert!(
            ended
                .stderr
                .contains(&format!("next: dr {command} --scan FILE")),
            "{}",
            ended.stderr
        );
    }
    if !cfg!(feature = "real") {
        for command in ["drift", "ready"] {
            let ended = place.ends(command, 2);
            assert!(
                ended
                    .stderr
                    .contains(&format!("next: dr {command} --scan FILE")),
                "{}",
                ended.stderr
            );
        }
    }
    let ended = place.dr("drift --scan scan.json --to ohio");
    assert!(
        ended
            .stdout
            .contains("! the databases say that ohio takes the writes now"),
        "{}",
        ended.stdout
    );
}

/// What the sample of the documentation is made of.
fn sample() -> Place {
    let mut scan = scan();
    set(&mut scan, "rds/instance", "class", &json!("db.t3.micro"));
    set(&mut scan, "eks/cluster", "version", &json!("1.28"));
    let standby = &mut scan["sites"]["california"];
    let resources = standby["resources"].as_array_mut().unwrap();
    resources.retain(|resource| resource["kind"] != "ssm/parameter");
    for group in resources {
        if group["kind"] == "ec2/security-group" && group["name"] == "storefront-database" {
            group["attributes"]
                .as_object_mut()
                .unwrap()
                .remove("ingress");
        }
    }
    let reason = "AccessDeniedException: not authorized to perform: kms:ListKeys";
    let gap =
        json!({ "kind": "kms/key", "class": "denied", "action": "kms:ListKeys", "reason": reason });
    standby["gaps"].as_array_mut().unwrap().push(gap);
    let exceptions = "exceptions:\n  - { rule: kubernetes-version-differs, component: cluster, attribute: version, reason: upgraded after the sale, owner: ana, expires: 2999-01-31, approved-by: ben }\n";
    place(exceptions, &scan)
}

#[test]
fn the_sample_of_the_documentation_is_what_dr_says() {
    let page = include_str!("../../docs/drift.md");
    let sample = page.split("```text\n").nth(2).unwrap();
    let documented = sample.split("```").next().unwrap();
    let shown = self::sample()
        .ends("drift --scan scan.json", 13)
        .stdout
        .replace("2999", "2027");
    let but_when = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .map(|line| line.split(", as read at").next().unwrap());
        lines.map(str::to_owned).collect()
    };
    assert_eq!(but_when(documented), but_when(&shown));
}
