//! Input that somebody damaged, from seeds: scans and estates as a broken disk, an older program or an attacker would leave them.
//!
//! What reads them may refuse them, and may find what it likes in them; it must not panic, and must say the same twice.

use dr_core::config::{Source, load_estate};
use dr_core::drift;
use dr_core::model::{Direction, Estate, EstateScan};
use dr_core::readiness::{self, Facts, History};
use dr_core::sim::Dice;
use serde_json::{Value, json};

/// The sound input that is damaged.
pub struct Sound {
    estate_text: String,
    estate: Estate,
    scan: Value,
}

/// What came of damaged input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was refused with a reason.
    Refused,
    /// It was read and judged.
    Judged,
}

/// The estate and the scan that the tests of the comparison begin with.
const ESTATE: &str = include_str!("../corpus/drift/estate.yaml");
const SCAN: &str = include_str!("../corpus/drift/scan.json");

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

fn index(dice: &mut Dice, of: usize) -> usize {
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
fn attributes<'v>(document: &'v mut Value, dice: &mut Dice) -> Option<&'v mut Value> {
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
fn damage(document: &mut Value, dice: &mut Dice) {
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
fn damage_text(text: &mut String, dice: &mut Dice) {
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

impl Sound {
    /// The input as it is shipped.
    ///
    /// # Panics
    /// When it is not sound.
    pub fn new() -> Self {
        let source = Source::new("estate.yaml", ESTATE);
        let estate = load_estate(source).unwrap_or_else(|problems| panic!("{problems}"));
        Self {
            estate_text: ESTATE.to_owned(),
            estate,
            scan: serde_json::from_str(SCAN).expect("the scan is JSON"),
        }
    }

    /// Damages the scan in some places, and judges it in both directions.
    ///
    /// # Panics
    /// When what is damaged makes the program panic, or say something else the second time.
    pub fn scan(&self, seed: u64) -> Fate {
        let mut dice = Dice::new(seed);
        let mut document = self.scan.clone();
        for _ in 0..dice.between(1, 6) {
            // What a resource is made of is looked into most, and what holds it together refuses most.
            if dice.chance(90)
                && let Some(within) = attributes(&mut document, &mut dice)
            {
                damage(within, &mut dice);
            } else {
                damage(&mut document, &mut dice);
            }
        }
        let Ok(scan) = serde_json::from_str::<EstateScan>(&document.to_string()) else {
            return Fate::Refused;
        };
        let outward = self.estate.outward();
        let judged = [outward.reversed(), outward].map(|direction| self.judge(&direction, &scan));
        if judged.contains(&Fate::Judged) {
            Fate::Judged
        } else {
            Fate::Refused
        }
    }

    fn judge(&self, direction: &Direction, scan: &EstateScan) -> Fate {
        let Ok(report) = drift::examine(&self.estate, direction, scan, None) else {
            return Fate::Refused;
        };
        let told = |report: &drift::Report| {
            let json = serde_json::to_string(report).expect("a report is JSON");
            let page = report.sheet();
            [
                json,
                page.to_sarif(),
                page.to_junit(),
                page.to_markdown(),
                page.to_html(),
            ]
        };
        let again = drift::examine(&self.estate, direction, scan, None).expect("it was readable");
        assert!(
            told(&report) == told(&again),
            "it says something else the second time"
        );
        let history = History::default();
        let facts = Facts::new(&self.estate, direction, scan, report.at, &history, None);
        drop(readiness::examine(&facts.expect("it was readable")));
        Fate::Judged
    }

    /// Damages the estate's text in some places, and reads it.
    pub fn estate(&self, seed: u64) -> Fate {
        let mut dice = Dice::new(seed);
        let mut text = self.estate_text.clone();
        for _ in 0..dice.between(1, 3) {
            if text.is_empty() {
                break;
            }
            damage_text(&mut text, &mut dice);
        }
        match load_estate(Source::new("estate.yaml", text)) {
            Ok(_) => Fate::Judged,
            Err(problems) => {
                drop(problems.to_string());
                Fate::Refused
            }
        }
    }
}

impl Default for Sound {
    fn default() -> Self {
        Self::new()
    }
}
