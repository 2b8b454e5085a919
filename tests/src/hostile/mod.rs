//! Input that somebody damaged, from seeds: scans, estates and Terraform states as a broken disk, an older program or an attacker
//! would leave them.
//!
//! What reads them may refuse them, and may find what it likes in them; it must not panic, and must say the same twice.

use dr_core::config::{Source, load_estate};
use dr_core::drift;
use dr_core::model::{Direction, Estate, EstateScan};
use dr_core::readiness::{self, Facts, History};
use dr_core::sim::Dice;
use serde_json::Value;

mod damage;
mod files;

pub use files::{Files, Form};

use damage::{attributes, damage, damage_text};

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
const ESTATE: &str = include_str!("../../corpus/drift/estate.yaml");
const SCAN: &str = include_str!("../../corpus/drift/scan.json");

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
        estate(text)
    }
}

/// Reads an estate, and demands that it is refused with a reason or not at all.
fn estate(text: impl Into<String>) -> Fate {
    match load_estate(Source::new("estate.yaml", text)) {
        Ok(_) => Fate::Judged,
        Err(problems) => {
            let refused = problems.to_string();
            assert!(!refused.is_empty(), "it is refused without a reason");
            Fate::Refused
        }
    }
}

impl Default for Sound {
    fn default() -> Self {
        Self::new()
    }
}
