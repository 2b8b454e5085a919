//! The JSON Schema of a report, made from its types, so that it cannot drift from what is written.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::drift::report::Report;

/// The JSON Schema (draft 2020-12) of what `dr drift --output json` writes. A later version may add keys; what would be misread
/// grows `format`.
pub fn report_schema() -> Value {
    of_report::<Report>("A drift report of dr", Report::FORMAT)
}

/// The JSON Schema (draft 2020-12) of a report as it is written, of one version of its form.
pub(crate) fn of_report<T: JsonSchema>(title: &str, format: u32) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let generator = settings.into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    schema["title"] = json!(title);
    schema["properties"]["format"]["const"] = json!(format);
    schema
}

/// A schema in which no object may have members that it does not name: so that nothing is written that is not described.
#[cfg(test)]
pub(crate) fn closed(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(closed),
        Value::Object(members) => {
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            members.values_mut().for_each(closed);
        }
        _ => {}
    }
}
