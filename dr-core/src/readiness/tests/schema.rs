//! The published schema is the one of the types, and reports keep to it.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::cases;
use super::gap;
use super::world::World;
use crate::drift::form::closed;
use crate::model::ResourceKind as Kind;
use crate::readiness::{Report, report_schema};

fn validator(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).expect("a schema")
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let published = include_str!("../../../../docs/ready-report.schema.json");
    let made = format!("{:#}\n", report_schema());
    assert!(
        published == made,
        "make it anew: dr ready --schema > docs/ready-report.schema.json"
    );
}

#[test]
fn the_report_of_every_violation_and_of_a_gap_has_what_the_schema_describes_and_nothing_else() {
    let mut schema = report_schema();
    closed(&mut schema);
    let validator = validator(&schema);
    let mut worlds = vec![World::sound()];
    let mut unread = World::sound();
    let gaps = &mut unread.part("california").gaps;
    gaps.push(gap(Kind::KmsKey, Some("k-1"), &["state"]));
    worlds.push(unread);
    worlds.extend(cases::all().map(|case| {
        let mut world = World::sound();
        (case.change)(&mut world);
        world
    }));
    for world in worlds {
        let value = serde_json::to_value(world.judged()).expect("JSON");
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn the_schema_refuses_another_format_and_a_report_without_its_rules() {
    let validator = validator(&report_schema());
    let good = serde_json::to_value(World::sound().judged()).expect("JSON");
    assert!(validator.is_valid(&good));
    let mut other = good.clone();
    other["format"] = json!(Report::FORMAT + 1);
    assert!(!validator.is_valid(&other));
    let mut without = good;
    let members = without.as_object_mut().expect("a report is an object");
    members.remove("rules");
    assert!(!validator.is_valid(&without));
}
