//! SARIF as the standard has it. The schema here is our own and stricter: it has what is written and nothing else.

use serde_json::{Value, json};

use super::*;

fn log(report: &Report) -> Value {
    serde_json::from_str(&report.sheet().to_sarif()).unwrap()
}

/// An object with exactly these members; a name with a question mark may be missing.
fn object(members: &[(&str, Value)]) -> Value {
    let required = members.iter().filter(|(name, _)| !name.ends_with('?'));
    let required: Vec<&str> = required.map(|(name, _)| *name).collect();
    let members = members.iter();
    let properties: serde_json::Map<String, Value> = members
        .map(|(name, schema)| (name.trim_end_matches('?').to_owned(), schema.clone()))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// What SARIF 2.1.0 says of the members that are written: names, types, words, what is required (3.13 to 3.58).
fn schema() -> Value {
    let text = json!({ "type": "string", "minLength": 1 });
    let uri = json!({ "type": "string", "format": "uri" });
    let level = json!({ "enum": ["none", "note", "warning", "error"] });
    let bag = json!({ "type": "object" });
    let index = json!({ "type": "integer", "minimum": 0 });
    let message = object(&[("text", text.clone()), ("markdown?", text.clone())]);
    let descriptor = object(&[
        ("id", text.clone()),
        ("shortDescription", message.clone()),
        ("fullDescription", message.clone()),
        ("help?", message.clone()),
        ("helpUri?", uri.clone()),
        ("defaultConfiguration", object(&[("level", level.clone())])),
        ("properties?", bag.clone()),
    ]);
    let place = object(&[
        (
            "artifactLocation",
            object(&[(
                "uri",
                json!({ "type": "string", "format": "uri-reference" }),
            )]),
        ),
        (
            "region",
            object(&[("startLine", json!({ "type": "integer", "minimum": 1 }))]),
        ),
    ]);
    let logical = object(&[
        ("name", text.clone()),
        ("fullyQualifiedName", text.clone()),
        ("kind", text.clone()),
    ]);
    let location = object(&[
        ("logicalLocations", list(&logical)),
        ("physicalLocation?", place),
    ]);
    let prints = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let suppression = object(&[
        ("kind", json!({ "enum": ["inSource", "external"] })),
        (
            "status",
            json!({ "enum": ["accepted", "underReview", "rejected"] }),
        ),
        ("justification", text.clone()),
    ]);
    let result = object(&[
        ("ruleId", text.clone()),
        ("ruleIndex?", index.clone()),
        ("level", level.clone()),
        ("message", message.clone()),
        ("locations", list(&location)),
        ("partialFingerprints", prints),
        ("suppressions?", list(&suppression)),
        ("properties", bag.clone()),
    ]);
    let notification = object(&[
        (
            "descriptor",
            object(&[("id", text.clone()), ("index", index)]),
        ),
        ("level", level),
        ("message", message),
        ("properties", bag.clone()),
    ]);
    let driver = object(&[
        ("name", text.clone()),
        ("semanticVersion", text.clone()),
        ("rules", list(&descriptor)),
        ("notifications", list(&descriptor)),
    ]);
    let invocation = object(&[
        ("executionSuccessful", json!({ "type": "boolean" })),
        ("toolExecutionNotifications", list(&notification)),
    ]);
    let run = object(&[
        ("tool", object(&[("driver", driver)])),
        ("automationDetails", object(&[("id", text)])),
        ("invocations", list(&invocation)),
        ("results", list(&result)),
        ("properties", bag),
    ]);
    object(&[
        ("$schema", uri),
        ("version", json!({ "const": "2.1.0" })),
        ("runs", list(&run)),
    ])
}

#[test]
fn it_has_the_structure_of_the_standard() {
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema())
        .unwrap();
    for report in [hostile(), changed_lab(), lab(|_| {})] {
        let mut sheet = report.sheet();
        for file in [None, Some("sites/the shop: 1/estate.yaml".to_owned())] {
            sheet.declared_in = file;
            let log: Value = serde_json::from_str(&sheet.to_sarif()).unwrap();
            let errors: Vec<String> = validator
                .iter_errors(&log)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{errors:#?}");
        }
    }
}

#[test]
fn a_result_points_to_its_rule_and_has_its_level() {
    let log = log(&hostile());
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let levels: Vec<&Value> = results.iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["error", "warning", "note", "note", "warning"]);
    let accepted: Vec<bool> = results
        .iter()
        .map(|result| result.get("suppressions").is_some())
        .collect();
    assert_eq!(accepted, [false, false, false, false, true]);
    for result in &results[..3] {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    assert_eq!(results[3].get("ruleIndex"), None);
}

#[test]
fn a_scan_with_a_gap_is_no_successful_invocation() {
    let invocation = |report: &Report| log(report)["runs"][0]["invocations"][0].clone();
    let clean = invocation(&lab(|_| {}));
    assert_eq!(clean["executionSuccessful"], json!(true));
    assert_eq!(clean["toolExecutionNotifications"], json!([]));
    let with_gap = invocation(&report(Vec::new(), vec![gap()]));
    assert_eq!(with_gap["executionSuccessful"], json!(false));
    assert_eq!(with_gap["toolExecutionNotifications"][0]["level"], "error");
}

#[test]
fn a_message_has_no_placeholder_and_no_link_of_the_world() {
    let log = log(&hostile());
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let text = result["message"]["text"].as_str().unwrap();
        assert!(text.contains("{{0}}") && !text.contains("]("), "{text}");
    }
}

#[test]
fn the_estates_file_is_a_relative_reference_and_is_left_out_where_it_is_not_known() {
    let report = changed_lab();
    let mut sheet = report.sheet();
    assert!(!sheet.to_sarif().contains("physicalLocation"));
    sheet.declared_in = Some("the shop: 1/ä.yaml".to_owned());
    let text = sheet.to_sarif();
    assert!(
        text.contains("\"uri\": \"the%20shop%3A%201/%C3%A4.yaml\""),
        "{text}"
    );
}

#[test]
fn each_rule_leads_to_its_source() {
    let log = log(&lab(|_| {}));
    let written = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    assert_eq!(written.len(), rules().count());
    for (rule, written) in rules().zip(written) {
        let is_page = rule.source.starts_with("https://");
        assert!(is_page || rule.source.starts_with("docs/"), "{}", rule.code);
        assert_eq!(written["helpUri"].as_str(), is_page.then_some(rule.source));
        let help = written["help"]["text"].as_str().unwrap_or_default();
        assert!(help.ends_with(rule.source), "{help}");
    }
}
