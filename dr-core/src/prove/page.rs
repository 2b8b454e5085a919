//! The matrix as one self-contained page, in the dress of the report.

use askama::Template;

use super::cell::{Cell, Verdict};
use super::outage::Side;
use super::proof::{Proof, Reason};
use crate::report::words::{self, Words as _};

#[derive(Template)]
#[template(path = "proof.html")]
struct Page<'a> {
    proof: &'a Proof,
    seal: (&'static str, &'static str),
    headline: String,
    singles: Vec<&'a Cell>,
    together: Vec<&'a Cell>,
    reasons: Vec<Reason>,
    pairs: bool,
}

impl Page<'_> {
    fn class(&self, verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Reached => "good",
            Verdict::Late => "attention",
            Verdict::Missed | Verdict::Unsafe => "bad",
        }
    }

    fn took(&self, cell: &Cell) -> String {
        cell.took.map_or_else(|| "–".to_owned(), words::figure)
    }

    fn step(&self, cell: &Cell) -> String {
        cell.step
            .as_ref()
            .map_or_else(String::new, ToString::to_string)
    }

    fn side(&self, side: &Side) -> &'static str {
        match side {
            Side::Left => "left",
            Side::Taken => "takes over",
            Side::Shared => "neither",
            Side::Clients => "clients need it themselves",
        }
    }

    /// The cell of a row and a column of the grid: the pair, or the outage alone.
    fn at(&self, row: &usize, column: &usize) -> Option<&Cell> {
        match row.cmp(column) {
            std::cmp::Ordering::Equal => self.proof.cell(&[*row]),
            std::cmp::Ordering::Greater => self.proof.cell(&[*column, *row]),
            std::cmp::Ordering::Less => None,
        }
    }

    fn title(&self, cell: &Cell) -> String {
        let mut title = format!("{}: {}", self.proof.name(cell), cell.verdict);
        if let Some(took) = cell.took {
            title.push_str(&format!(", {}", words::figure(took)));
        }
        if !cell.because.is_empty() {
            title.push_str(&format!(", {}", cell.because));
        }
        title
    }

    fn examples(&self, reason: &Reason) -> String {
        let cells = reason.cells.iter().filter_map(|n| self.proof.cells.get(*n));
        let names: Vec<String> = cells.take(4).map(|cell| self.proof.name(cell)).collect();
        let more = reason.cells.len().saturating_sub(names.len());
        if more == 0 {
            names.join("; ")
        } else {
            format!("{}; and {more} more", names.join("; "))
        }
    }
}

/// The page.
pub fn to_html(proof: &Proof) -> String {
    let unproven = proof.unproven().count();
    let (seal, headline) = if !proof.is_safe() {
        (
            ("bad", "✕"),
            "Something happened that must never happen".to_owned(),
        )
    } else if unproven > 0 {
        (
            ("attention", "!"),
            format!("{unproven} of the outages that it must stand keep it from its goal"),
        )
    } else {
        (
            ("good", "✓"),
            "It stands every outage that it must stand".to_owned(),
        )
    };
    Page {
        seal,
        headline,
        singles: proof.cells.iter().filter(|c| c.outages.len() < 2).collect(),
        together: proof.only_together().collect(),
        reasons: proof.reasons(),
        pairs: proof.cells.iter().any(|cell| cell.outages.len() == 2),
        proof,
    }
    .render()
    .expect("writing to a string cannot fail, and the template calls nothing else that can")
}
