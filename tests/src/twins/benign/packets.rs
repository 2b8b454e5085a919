//! Rules that are written otherwise and let the same packets through.

use dr_core::model::ResourceKind as Kind;
use dr_core::sim::Dice;
use serde_json::{Value, json};

use super::super::Twins;
use super::{of_kind, rules};

pub(super) fn letter_case(twins: &mut Twins, side: usize, dice: &mut Dice) {
    let turned = |value: &mut Value| {
        if let Some(text) = value.as_str() {
            let upper = text.to_ascii_uppercase();
            *value = json!(if upper == text {
                text.to_ascii_lowercase()
            } else {
                upper
            });
        }
    };
    for rules in rules(twins, side) {
        for rule in rules {
            if dice.chance(50) {
                turned(&mut rule["protocol"]);
            }
        }
    }
    for kind in [Kind::ElbTargetGroup, Kind::ElbListener] {
        for resource in of_kind(twins, side, kind) {
            if let Some(protocol) = resource.attributes.get_mut("protocol") {
                turned(protocol);
            }
        }
    }
}

/// Ports and addresses of a rule in two halves.
pub(super) fn split(twins: &mut Twins, side: usize, dice: &mut Dice) {
    for rules in rules(twins, side) {
        let mut more = Vec::new();
        for rule in rules.iter_mut() {
            if !dice.chance(50) {
                continue;
            }
            let [from, to] = ["from-port", "to-port"].map(|end| rule[end].as_i64());
            let mut other = rule.clone();
            if rule["cidr"] == "0.0.0.0/0" {
                rule["cidr"] = json!("0.0.0.0/1");
                other["cidr"] = json!("128.0.0.0/1");
                more.push(other);
            } else if let (Some(from), Some(to)) = (from, to)
                && rule["protocol"] != "icmp"
                && from < to
            {
                let middle = i64::midpoint(from, to);
                rule["to-port"] = json!(middle);
                other["from-port"] = json!(middle + 1);
                more.push(other);
            }
        }
        rules.extend(more);
    }
}

/// Rules that others hold already.
pub(super) fn twice(twins: &mut Twins, side: usize, _: &mut Dice) {
    for rules in rules(twins, side) {
        let part = rules.iter().filter_map(|rule| {
            let mut part = rule.clone();
            let to = rule["to-port"].as_i64()?;
            let is_tcp = rule["protocol"] == "tcp";
            part["from-port"] = json!(to);
            is_tcp.then_some(part)
        });
        let part: Vec<Value> = part.collect();
        rules.extend(part);
    }
}

pub(super) fn describe(twins: &mut Twins, side: usize, _: &mut Dice) {
    for rules in rules(twins, side) {
        for rule in rules {
            rule["description"] = json!("written by somebody else");
        }
    }
}

pub(super) fn numbers(twins: &mut Twins, side: usize, _: &mut Dice) {
    for rules in rules(twins, side) {
        for rule in rules {
            let number = match rule["protocol"].as_str() {
                Some("tcp") => "6",
                Some("udp") => "17",
                _ => continue,
            };
            rule["protocol"] = json!(number);
        }
    }
}

pub(super) fn renumber(twins: &mut Twins, side: usize, _: &mut Dice) {
    for acl in of_kind(twins, side, Kind::Ec2NetworkAcl) {
        let entries = acl
            .attributes
            .get_mut("entries")
            .and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            let number = entry["number"].as_i64().unwrap_or_default();
            if number < 32767 {
                entry["number"] = json!(number * 2 + 1);
            }
        }
    }
}
