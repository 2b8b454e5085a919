//! JSON Schemas of the files that people write, for their editors. Made from the raw shapes, so that they cannot drift.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::disasters::RawDisasters;
use super::estate::RawEstate;
use super::gameday::RawGameday;
use super::read::Rows;
use super::runbook::RawRunbook;
use super::yaml::At;

/// The rule for names ([`crate::model::InvalidName`]) as a regular expression.
pub(crate) const NAME_PATTERN: &str = "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$";

/// The JSON Schema (draft 2020-12) of `estate.yaml`.
pub fn estate_schema() -> Value {
    schema_of::<RawEstate>("An estate of dr: estate.yaml")
}

/// The JSON Schema (draft 2020-12) of a runbook.
pub fn runbook_schema() -> Value {
    schema_of::<RawRunbook>("A runbook of dr")
}

/// The JSON Schema of a game day.
pub fn gameday_schema() -> Value {
    schema_of::<RawGameday>("A game day of dr")
}

/// The JSON Schema of a declaration of disasters.
pub fn disasters_schema() -> Value {
    schema_of::<RawDisasters>("What may go wrong, for dr simulate")
}

fn schema_of<T: JsonSchema>(title: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    schema["title"] = json!(title);
    forbid_null(&mut schema);
    schema
}

/// A key without a value is a mistake in these files, while an `Option` would allow it.
fn forbid_null(schema: &mut Value) {
    let is_null = |schema: &Value| schema["type"] == "null" || schema == "null";
    match schema {
        Value::Array(items) => items.iter_mut().for_each(forbid_null),
        Value::Object(members) => {
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    members.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
                choices.retain(|choice| !is_null(choice));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    members.remove("anyOf");
                    members.extend(only);
                }
            }
            members.values_mut().for_each(forbid_null);
        }
        _ => {}
    }
}

/// The schema of a map with more keys, all of them required.
pub(crate) fn with_required<const N: usize>(schema: Schema, keys: [(&str, Value); N]) -> Value {
    let mut value = schema.to_value();
    let mut required: Vec<Value> = Vec::new();
    for (key, schema) in keys {
        if value["properties"].is_null() {
            value["properties"] = json!({});
        }
        value["properties"][key] = schema;
        required.push(json!(key));
    }
    required.extend(value["required"].as_array().cloned().unwrap_or_default());
    value["required"] = json!(required);
    value
}

/// Where a value stands is no part of what is written.
impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A map from names that people choose.
impl<K, V: JsonSchema> JsonSchema for Rows<K, V> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("RowsOf{}", V::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<V>();
        json_schema!({
            "type": "object",
            "propertyNames": { "pattern": NAME_PATTERN },
            "additionalProperties": value
        })
    }
}

#[cfg(test)]
mod tests;
