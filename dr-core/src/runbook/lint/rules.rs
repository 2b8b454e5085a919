//! All rules, in one list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::path::{Kind, Path};
use super::{approval, fence, loss, names, order, pivot, reach, stage, traffic, undo};
use crate::config::{Problem, Problems};
use crate::model::Estate;
use crate::runbook::Runbook;

/// A rule about the document as it is written.
type DocumentRule = fn(&Runbook, &Estate) -> Vec<Problem>;

/// A rule about what one kind of run does.
type PathRule = fn(&Path<'_>) -> Vec<Problem>;

const OF_THE_DOCUMENT: [DocumentRule; 3] = [names::check, stage::check, approval::check];

const OF_A_PATH: [PathRule; 7] = [
    pivot::check,
    undo::check,
    fence::check,
    loss::check,
    order::check,
    traffic::check,
    reach::check,
];

/// Whether a runbook is safe to plan from.
///
/// # Errors
/// Every defect, in the order of the file.
pub fn lint(runbook: &Runbook, estate: &Estate) -> Result<(), Problems> {
    let mut list: Vec<Problem> = OF_THE_DOCUMENT
        .iter()
        .flat_map(|rule| rule(runbook, estate))
        .collect();
    list.extend(of_all_paths(runbook, estate));
    list.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    if list.is_empty() {
        Ok(())
    } else {
        Err(Problems {
            source: Arc::clone(&runbook.source),
            list,
        })
    }
}

/// The defects of every kind of run, each once.
fn of_all_paths(runbook: &Runbook, estate: &Estate) -> Vec<Problem> {
    let paths = Path::all(runbook, estate);
    let mut found: BTreeMap<_, (Problem, BTreeSet<Kind>)> = BTreeMap::new();
    for path in &paths {
        for problem in OF_A_PATH.iter().flat_map(|rule| rule(path)) {
            let key = (problem.span, problem.code, problem.message.clone());
            let (_, kinds) = found
                .entry(key)
                .or_insert_with(|| (problem, BTreeSet::new()));
            kinds.insert(path.kind);
        }
    }
    let everywhere: BTreeSet<Kind> = paths.iter().map(|path| path.kind).collect();
    found
        .into_values()
        .map(|(mut problem, kinds)| {
            if kinds != everywhere {
                let kinds: Vec<&str> = kinds.into_iter().map(Kind::plural).collect();
                problem.message = format!("{}, in {}", problem.message, kinds.join(" and "));
            }
            problem
        })
        .collect()
}
