//! From the SDK's values to attributes.

use std::collections::BTreeSet;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::Region;

/// An instant as RFC 3339.
pub(super) fn instant(at: Option<&DateTime>) -> Option<String> {
    at?.fmt(Format::DateTime).ok()
}

/// Texts in an order of their own: services return lists that have none in any order.
pub(super) fn sorted<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut texts: Vec<String> = texts
        .into_iter()
        .map(|text| text.as_ref().to_owned())
        .collect();
    texts.sort();
    texts
}

/// Values in an order of their own, by how they are written.
pub(super) fn sorted_values(values: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut values: Vec<Value> = values.into_iter().collect();
    values.sort_by_cached_key(Value::to_string);
    values
}

/// An object of the fields that are set.
pub(super) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let set = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(set.map(|(key, value)| (key.to_owned(), value)).collect())
}

/// What tells whether a text has changed, without the text: its SHA-256.
pub(super) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// A policy. AWS returns JSON; another server's text is kept as it is.
pub(super) fn policy(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// What stands for a value that was read and mentions none of the names: no attribute means that it was not read.
const NOTHING: &str = "nothing";

/// Which of the estate's own names a text mentions, without the text.
pub(super) fn mentions(text: &str, names: &BTreeSet<String>) -> Value {
    let text = text.to_ascii_lowercase();
    let found = names.iter().filter(|name| text.contains(name.as_str()));
    let found: Vec<&str> = found.map(String::as_str).collect();
    if found.is_empty() {
        NOTHING.into()
    } else {
        found.into()
    }
}

/// A tag of the SDK: each service has a type of its own.
macro_rules! tags {
    ($tags:expr) => {
        $tags.iter().filter_map(|tag| {
            let key = tag.key()?.to_owned();
            Some((key, tag.value().unwrap_or_default().to_owned()))
        })
    };
}
pub(super) use tags;

/// The ARN of a thing whose service does not tell it, in the form of the service authorization reference.
pub(super) fn arn(
    region: &Region,
    service: &str,
    owner: Option<&str>,
    rest: &str,
) -> Option<String> {
    let region = region.as_str();
    let partition = match region.split('-').next() {
        Some("cn") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    owner.map(|owner| format!("arn:{partition}:{service}:{region}:{owner}:{rest}"))
}

/// A word of the SDK's lists of words.
pub(super) fn word<T: AsRef<str>>(word: Option<&T>) -> Option<&str> {
    word.map(AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_value_only_the_estates_own_names_are_told() {
        let names = ["us-east-2", "us-west-1", "lb.example.com"];
        let names: BTreeSet<String> = names.map(str::to_owned).into();
        let told = |text| mentions(text, &names);
        assert_eq!(
            told("postgres://app:hunter2@db.US-EAST-2.rds.amazonaws.com"),
            serde_json::json!(["us-east-2"])
        );
        assert_eq!(
            told("lb.example.com,arn:aws:kms:us-west-1:1:key/k"),
            serde_json::json!(["lb.example.com", "us-west-1"])
        );
        assert_eq!(told("hunter2"), "nothing");
    }
}
