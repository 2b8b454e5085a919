//! Names and tags of the accounts steer no display: whoever may tag a resource must not be able to erase a line of a report, or to
//! give CI a command.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure may end it anywhere"
)]

mod place;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use place::Place;

/// Every character that ends a line or steers a display, and a workflow command of GitHub.
fn hostile() -> String {
    let controls = (0..0xa0_u32).filter_map(char::from_u32);
    let controls: String = controls.filter(|c| c.is_control()).collect();
    format!("\u{1b}[1A\u{1b}[2K\r\n::error::x\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}{controls}")
}

/// Puts it into every name, tag and reason of a scan, and into some values.
fn poison(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(poison),
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(text)
                        if ["name", "reason", "class", "about", "description"]
                            .contains(&key.as_str())
                            && text != "denied" =>
                    {
                        text.push_str(&hostile());
                    }
                    Value::Object(tags) if key == "tags" => {
                        tags.insert(hostile(), json!(hostile()));
                    }
                    other => poison(other),
                }
            }
        }
        _ => {}
    }
}

fn poisoned() -> Place {
    let place = Place::new();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/drift");
    fs::copy(corpus.join("estate.yaml"), place.path("estate.yaml")).unwrap();
    let text = fs::read_to_string(corpus.join("scan.json")).unwrap();
    let mut scan: Value = serde_json::from_str(&text).unwrap();
    for site in ["ohio", "california"] {
        let gaps = scan["sites"][site]["gaps"].as_array_mut().unwrap();
        for kind in ["servicequotas/quota", "kms/key"] {
            gaps.push(json!({
                "kind": kind,
                "about": if kind == "kms/key" { json!("key") } else { Value::Null },
                "class": "denied",
                "action": "kms:ListKeys",
                "reason": "AccessDenied",
            }));
        }
        poison(&mut scan["sites"][site]["resources"]);
        poison(&mut scan["sites"][site]["gaps"]);
    }
    place.write("scan.json", &scan.to_string());
    place
}

/// Whether a text has a character that steers a display, but line ends.
fn steers(text: &str) -> Option<char> {
    let marks = ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{2028}'];
    text.chars()
        .find(|c| (c.is_control() && *c != '\n') || marks.contains(c))
}

#[test]
fn no_report_and_no_error_has_a_character_that_steers_a_display() {
    let place = poisoned();
    let reports = ["text", "json", "sarif", "junit", "markdown", "html"];
    let mut lines: Vec<String> = reports
        .iter()
        .map(|form| format!("drift --scan scan.json --format {form}"))
        .collect();
    lines.extend(["drift", "ready"].map(|it| format!("{it} --scan scan.json --output json")));
    lines.extend(
        [
            "ready --scan scan.json",
            "drift --scan scan.json --since scan.json",
        ]
        .map(str::to_owned),
    );
    for line in lines {
        let ended = place.dr(&line);
        assert!(
            [11, 13].contains(&ended.code),
            "{line}: {} {}",
            ended.code,
            ended.stderr
        );
        for text in [&ended.stdout, &ended.stderr] {
            assert_eq!(steers(text), None, "{line}: {text}");
            let commands = text
                .lines()
                .filter(|line| line.trim_start().starts_with("::"));
            assert_eq!(commands.count(), 0, "{line}: {text}");
        }
        assert!(
            ended.stdout.contains("::error::x"),
            "{line}: the names are shown"
        );
    }
}

#[test]
fn json_with_hostile_names_means_what_was_read() {
    let place = poisoned();
    for command in ["drift", "ready"] {
        let report = place
            .dr(&format!("{command} --scan scan.json --output json"))
            .json();
        assert!(
            report
                .to_string()
                .contains(&json!(hostile()).to_string().replace('"', ""))
        );
    }
}

#[test]
fn an_error_with_a_hostile_name_is_told_line_by_line() {
    let place = poisoned();
    place.write(
        "broken.json",
        &json!({ "format": 1, "estate": hostile() }).to_string(),
    );
    for form in ["", " --output json"] {
        let ended = place.ends(&format!("drift --scan broken.json{form}"), 12);
        for text in [&ended.stdout, &ended.stderr] {
            assert_eq!(steers(text), None, "{text}");
            let commands = text
                .lines()
                .filter(|line| line.trim_start().starts_with("::"));
            assert_eq!(commands.count(), 0, "{text}");
        }
    }
}
