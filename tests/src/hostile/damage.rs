//! How things are damaged: documents by their parts, texts by their characters, files by their bytes.

use dr_core::sim::Dice;
use serde_json::{Value, json};

/// Values that programs trip over.
fn odd(dice: &mut Dice) -> Value {
    let values = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(""),
        json!("\u{0}\u{1b}[2J\u{202e}"),
        json!("«»@*"),
        json!("x".repeat(3_000)),
        json!("0.0.0.0/0"),
        json!("::/0"),
        json!("10.0.0.0/33"),
        json!("fe80::1%eth0/64"),
        json!("arn:aws:rds:us-east-2:1:db:"),
        json!("arn:::::"),
        json!("9999-12-31T23:59:60Z"),
        json!("-0001-01-01T00:00:00Z"),
        json!([]),
        json!({}),
        json!([[[[]]]]),
        json!({"id": null, "version": {}}),
    ];
    values[index(dice, values.len())].clone()
}

pub(super) fn index(dice: &mut Dice, of: usize) -> usize {
    let last = u64::try_from(of.saturating_sub(1)).unwrap_or(u64::MAX);
    usize::try_from(dice.between(0, last)).unwrap_or_default()
}

/// Some place in a document, the deep ones as likely as the others.
fn somewhere<'v>(value: &'v mut Value, dice: &mut Dice) -> &'v mut Value {
    let is_end = match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => true,
    };
    if is_end || dice.chance(12) {
        return value;
    }
    match value {
        Value::Array(items) => {
            let at = index(dice, items.len());
            somewhere(&mut items[at], dice)
        }
        Value::Object(members) => {
            let at = index(dice, members.len());
            let (_, member) = members.iter_mut().nth(at).expect("it is in it");
            somewhere(member, dice)
        }
        _ => unreachable!("it has members"),
    }
}

/// The attributes or the tags of some resource.
pub(super) fn attributes<'v>(document: &'v mut Value, dice: &mut Dice) -> Option<&'v mut Value> {
    let sites = document.get_mut("sites")?.as_object_mut()?;
    let site = index(dice, sites.len());
    let (_, site) = sites.iter_mut().nth(site)?;
    let resources = site.get_mut("resources")?.as_array_mut()?;
    let resource = index(dice, resources.len());
    let of = if dice.chance(85) {
        "attributes"
    } else {
        "tags"
    };
    resources.get_mut(resource)?.get_mut(of)
}

/// Damages a document in one place.
pub(super) fn damage(document: &mut Value, dice: &mut Dice) {
    let elsewhere = somewhere(document, dice).clone();
    let place = somewhere(document, dice);
    match (dice.between(0, 6), &mut *place) {
        (0, Value::Array(items)) if !items.is_empty() => {
            let at = index(dice, items.len());
            let again = items[at].clone();
            items.push(again);
        }
        (1, Value::Array(items)) if !items.is_empty() => {
            let at = index(dice, items.len());
            items.remove(at);
        }
        (0 | 1, Value::Object(members)) if !members.is_empty() => {
            let at = index(dice, members.len());
            let key = members.keys().nth(at).cloned().unwrap_or_default();
            members.remove(&key);
        }
        (2, Value::Object(members)) => {
            members.insert(format!("odd-{}", dice.between(0, 9)), elsewhere);
        }
        (3, Value::String(text)) => {
            let at = text.char_indices().map(|(at, _)| at);
            let at: Vec<usize> = at.collect();
            text.truncate(at.get(index(dice, at.len())).copied().unwrap_or_default());
        }
        (3, Value::Number(number)) => {
            let shifted = number.as_i64().unwrap_or_default().wrapping_mul(-7);
            *place = json!(shifted.wrapping_add(1));
        }
        (4, _) => *place = elsewhere,
        _ => *place = odd(dice),
    }
}

/// Damages a text in one place, by its characters.
pub(super) fn damage_text(text: &mut String, dice: &mut Dice) {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let (one, other) = (index(dice, places.len()), index(dice, places.len()));
    let (from, to) = (places[one.min(other)], places[one.max(other)]);
    match dice.between(0, 4) {
        0 => text.truncate(to),
        1 => text.replace_range(from..to.min(from + 40).max(from), ""),
        2 => {
            let again = text.get(from..to).unwrap_or_default();
            let again: String = again.chars().take(200).collect();
            text.insert_str(from, &again);
        }
        3 => text.insert(
            from,
            ['\u{0}', '\t', ':', '-', '&', '*', '!', '\u{feff}'][index(dice, 8)],
        ),
        _ => {
            let odd = odd(dice).to_string();
            text.insert_str(to, &odd);
        }
    }
}

/// What parsers trip over, as the bytes of a file.
const ODD: &[&[u8]] = &[
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\\u0000",
    b"\\ud800",
    b"\n",
    b"\r\n",
    b"\t",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[[[[[[[[[[[[[[[",
    b"\"",
    b",",
    b":",
    b": ",
    b"- ",
    b"# ",
    b"&a ",
    b"*a",
    b"!!str ",
    b"? ",
    b"| ",
    b"<<: ",
    b"null",
    b"true",
    b"-0",
    b"1e999",
    b"99999999999999999999",
    b"-9223372036854775809",
    b"0.1",
    b"9999-12-31T23:59:60Z",
    b"10.0.0.0/33",
    b"::/0",
];

/// Damages a file in one place, by its bytes.
pub(super) fn damage_bytes(file: &mut Vec<u8>, dice: &mut Dice) {
    let (one, other) = (index(dice, file.len()), index(dice, file.len()));
    let (from, to) = (one.min(other), one.max(other));
    let odd = ODD[index(dice, ODD.len())];
    match dice.between(0, 6) {
        0 => file.truncate(to),
        1 => drop(file.drain(from..to.min(from + 60))),
        2 => {
            let again = file[from..to.min(from + 200)].to_vec();
            let at = index(dice, file.len());
            drop(file.splice(at..at, again));
        }
        3 if !file.is_empty() => file[from] ^= 1 << dice.between(0, 7),
        4 => drop(file.splice(from..to.min(from + 8), odd.iter().copied())),
        _ => drop(file.splice(from..from, odd.iter().copied())),
    }
}
