//! The JSON Schema of a report, made from its types, so that it cannot drift from what is written.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::drift::report::Report;

/// The JSON Schema (draft 2020-12) of what `dr drift --output json` writes. A later version may add keys; what would be misread
/// grows `format`.
pub fn report_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let generator = settings.into_generator();
    let mut schema = generator.into_root_schema_for::<Report>().to_value();
    schema["title"] = json!("A drift report of dr");
    schema["properties"]["format"]["const"] = json!(Report::FORMAT);
    schema
}
