//! Operators that set one attribute.

mod blocking;
mod slowing;

use dr_core::model::ResourceKind as Kind;
use serde_json::{Value, json};

use super::{Change, Operator, Set};

/// Name, kind, end of the role, attribute, what it becomes.
type Row = (
    &'static str,
    Kind,
    &'static str,
    &'static str,
    fn(&Value) -> Option<Value>,
);

/// The first of a list is gone.
fn shorter(list: &Value) -> Option<Value> {
    let list = list.as_array()?;
    Some(Value::Array(list.iter().skip(1).cloned().collect()))
}

fn gone(_: &Value) -> Option<Value> {
    None
}

/// The second rule of a listener is asked first.
fn asked_otherwise(rules: &Value) -> Option<Value> {
    let mut rules = rules.clone();
    rules[0]["order"] = json!(2);
    rules[1]["order"] = json!(1);
    Some(rules)
}

/// The first rule of a listener is for another path.
fn for_another_path(rules: &Value) -> Option<Value> {
    let mut rules = rules.clone();
    rules[0]["conditions"][0]["values"] = json!(["/intern/*"]);
    Some(rules)
}

/// A yes becomes a no, and a no a yes.
fn turned(value: &Value) -> Option<Value> {
    Some(json!(!value.as_bool().unwrap_or(false)))
}

pub(super) fn operators() -> Vec<Operator> {
    let groups = blocking::blocking().into_iter().map(|group| (true, group));
    let groups = groups.chain(slowing::slowing().into_iter().map(|group| (false, group)));
    let operators = groups.flat_map(|(blocks, (codes, rows))| {
        rows.into_iter()
            .map(move |(name, kind, role, path, to)| Operator {
                name,
                kind,
                codes: [codes, codes],
                blocks: [blocks, blocks],
                change: Change::Set(Set {
                    kind,
                    role,
                    path,
                    to,
                }),
            })
    });
    operators.collect()
}
