//! What the simulated clients really experienced.

use std::fmt::Write as _;

use dr_core::sim::{Truth, Violation};

use super::duration::between;
use super::style::Style;

/// The truth for people.
pub(crate) fn text(truth: &Truth, violations: &[Violation], style: Style) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "{} {value}", style.dim(format!("{name:<14}")));
    };
    row(
        "measured until",
        &truth.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    );
    row(
        "client writes",
        &format!("{} tried, {} acknowledged", truth.tried, truth.acknowledged),
    );
    let lost = if truth.lost == 0 {
        style.good("none lost")
    } else {
        style.warn(format!(
            "{} acknowledged writes are not in the primary, {} of them diverged",
            truth.lost, truth.diverged
        ))
    };
    row("data", &lost);
    for outage in &truth.outages {
        let lasted = match outage.until {
            Some(until) => between(outage.from, until),
            None => format!("{}, and it lasts", between(outage.from, truth.at)),
        };
        row(
            "outage",
            &format!("from {} for {lasted}", outage.from.strftime("%H:%M:%S")),
        );
    }
    for (data_set, sites) in &truth.writable_primaries {
        let sites: Vec<&str> = sites.iter().map(AsRef::as_ref).collect();
        let sites = if sites.is_empty() {
            style.warn("no site")
        } else {
            sites.join(" and ")
        };
        row("writable", &format!("{data_set} at {sites}"));
    }
    if violations.is_empty() {
        row("invariants", &style.good("all held"));
    }
    for violation in violations {
        row("violated", &style.bad(violation.to_string()));
    }
    text
}
