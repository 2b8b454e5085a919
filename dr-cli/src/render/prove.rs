//! The outage matrix for a terminal.

use std::fmt::Write as _;

use dr_core::prove::{Cell, Proof, Reason, Verdict};
use dr_core::report::words::{count, figure, one_line};

use super::style::Style;

/// The most characters of a reason.
const REASON: usize = 160;
/// Cells that a reason names.
const NAMED: usize = 3;

/// The matrix, each outage alone first.
pub(crate) fn proof(proof: &Proof, style: Style) -> String {
    let mut text = String::new();
    head(&mut text, proof, style);
    singles(&mut text, proof, style);
    if proof.cells.iter().any(|cell| cell.outages.len() == 2) {
        grid(&mut text, proof, style);
        together(&mut text, proof, style);
    }
    reasons(&mut text, proof, style);
    for cell in &proof.cells {
        for violation in &cell.violations {
            let name = proof.name(cell);
            let _ = writeln!(text, "  {} {name}: {violation}", style.bad("‼"));
        }
    }
    text
}

fn dressed(verdict: Verdict, text: impl AsRef<str>, style: Style) -> String {
    match verdict {
        Verdict::Reached => style.good(text),
        Verdict::Late => style.warn(text),
        Verdict::Missed | Verdict::Unsafe => style.bad(text),
    }
}

fn head(text: &mut String, proof: &Proof, style: Style) {
    let unproven = proof.unproven().count();
    let others = others(proof);
    let (sign, words) = if !proof.is_safe() {
        (style.bad("✘"), style.bad("a promise was broken"))
    } else if unproven > 0 {
        let words = format!(
            "{} that it must stand stop it{others}",
            count(unproven as u64, "outage")
        );
        (style.warn("!"), style.warn(words))
    } else {
        let words = format!("it stands every outage that it must stand{others}");
        match others.is_empty() {
            true => (style.good("✔"), style.good(words)),
            false => (style.warn("!"), style.warn(words)),
        }
    };
    let _ = writeln!(text, "{sign} {}: {words}", style.bold(&proof.runbook));
    let _ = writeln!(
        text,
        "  {}, {}, {}; each outage lasts {}; the goal: clients are served by {}\n",
        count(proof.cells.len() as u64, "run"),
        proof.mode,
        proof.direction,
        figure(proof.lasts),
        proof.direction.to
    );
    for verdict in Verdict::ALL {
        let number = proof.count(verdict);
        if number > 0 {
            let name = dressed(verdict, format!("{} {verdict:<8}", verdict.sign()), style);
            let _ = writeln!(text, "  {name} {number:>5}   {}", verdict.meaning());
        }
    }
    text.push('\n');
}

/// How many of the cells that it need not stand keep it from its goal for good: the worst outcome, of which a headline does not
/// keep silent. What waits until an outage is mended stands below.
fn others(proof: &Proof) -> String {
    let missed = proof
        .cells
        .iter()
        .filter(|cell| cell.verdict == Verdict::Missed && !cell.required);
    match missed.count() as u64 {
        0 => String::new(),
        missed => format!(
            "; {} that it need not stand keep it from its goal",
            count(missed, "outage")
        ),
    }
}

fn singles(text: &mut String, proof: &Proof, style: Style) {
    let _ = writeln!(
        text,
        "  {:<3} {:<32} {:<5} {:<10} {:>9} {:>10} {:>6}   in the way",
        "",
        style.bold("taken away"),
        "",
        "goal",
        "after",
        "not served",
        "lost"
    );
    for cell in proof.cells.iter().filter(|cell| cell.outages.len() < 2) {
        let number = cell
            .outages
            .first()
            .map_or_else(String::new, |n| (n + 1).to_string());
        let verdict = dressed(
            cell.verdict,
            format!("{} {:<8}", cell.verdict.sign(), cell.verdict),
            style,
        );
        let _ = writeln!(
            text,
            "  {number:>3} {:<32} {:<5} {verdict} {:>9} {:>10} {:>6}   {}",
            proof.name(cell),
            if cell.required { "must" } else { "" },
            cell.took.map_or_else(|| "–".to_owned(), figure),
            figure(cell.downtime),
            cell.lost,
            in_the_way(cell)
        );
    }
    text.push('\n');
}

fn in_the_way(cell: &Cell) -> String {
    match &cell.step {
        Some(step) if cell.verdict == Verdict::Reached => format!("later: {step}"),
        Some(step) => format!("{step}: {}", brief(&cell.because)),
        None => brief(&cell.because),
    }
}

fn brief(because: &str) -> String {
    let line = one_line(because);
    match line.char_indices().nth(REASON) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A row and a column an outage, by their numbers; the diagonal is each alone.
fn grid(text: &mut String, proof: &Proof, style: Style) {
    let _ = writeln!(
        text,
        "  {} (the diagonal is each alone; dots need not be reached and are safe)\n",
        style.bold("each pair")
    );
    let count = proof.outages.len();
    for row in 0..count {
        let _ = write!(text, "  {:>3} {:<26} ", row + 1, proof.outages[row].name);
        for column in 0..=row {
            let cell = if row == column {
                proof.cell(&[row])
            } else {
                proof.cell(&[column, row])
            };
            let Some(cell) = cell else {
                continue;
            };
            let sign = match cell.verdict {
                // What need not be reached, and waited or failed safely, is no news.
                Verdict::Late | Verdict::Missed if !cell.required => '·',
                verdict => verdict.sign(),
            };
            text.push_str(&dressed(cell.verdict, sign.to_string(), style));
            text.push(' ');
        }
        text.push('\n');
    }
    text.push('\n');
}

fn together(text: &mut String, proof: &Proof, style: Style) {
    let pairs: Vec<&Cell> = proof.only_together().collect();
    if pairs.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "  {}: worse than each of the two alone",
        style.bold("only together")
    );
    for cell in pairs {
        let sign = dressed(cell.verdict, cell.verdict.sign().to_string(), style);
        let _ = writeln!(text, "  {sign} {}: {}", proof.name(cell), in_the_way(cell));
    }
    text.push('\n');
}

fn reasons(text: &mut String, proof: &Proof, style: Style) {
    let reasons = proof.reasons();
    if reasons.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {}", style.bold("what stands in the way"));
    for reason in &reasons {
        let verdict = dressed(
            reason.verdict,
            format!("{} {}", reason.verdict.sign(), reason.verdict),
            style,
        );
        let _ = writeln!(
            text,
            "  {verdict} in {}, {}: {}",
            count(reason.cells.len() as u64, "cell"),
            style.bold(&reason.step),
            brief(&reason.because)
        );
        let _ = writeln!(text, "      {}", style.dim(examples(proof, reason)));
    }
}

fn examples(proof: &Proof, reason: &Reason) -> String {
    let cells = reason.cells.iter().filter_map(|n| proof.cells.get(*n));
    let names: Vec<String> = cells.take(NAMED).map(|cell| proof.name(cell)).collect();
    match reason.cells.len().saturating_sub(names.len()) {
        0 => names.join("; "),
        more => format!("{}; and {more} more", names.join("; ")),
    }
}
