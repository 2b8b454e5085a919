//! The published schema is the one of the types, and reports keep to it.

use super::super::{closed, report_schema};
use super::*;

#[test]
fn the_published_schema_is_that_of_the_types() {
    let published = include_str!("../../../../../docs/drift-report.schema.json");
    let made = format!("{:#}\n", report_schema());
    assert!(
        published == made,
        "make it anew: dr drift --schema > docs/drift-report.schema.json"
    );
}

#[test]
fn a_report_has_what_the_schema_describes_and_nothing_else() {
    let mut schema = report_schema();
    closed(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [hostile(), changed_lab(), lab(|_| {})] {
        let value = serde_json::to_value(&report).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn the_schema_refuses_another_format_and_a_report_without_its_gaps() {
    let validator = jsonschema::validator_for(&report_schema()).unwrap();
    let good = serde_json::to_value(lab(|_| {})).unwrap();
    assert!(validator.is_valid(&good));
    let mut other = good.clone();
    other["format"] = json!(Report::FORMAT + 1);
    assert!(!validator.is_valid(&other));
    let mut without = good;
    without
        .as_object_mut()
        .expect("a report is an object")
        .remove("unknown");
    assert!(!validator.is_valid(&without));
}
