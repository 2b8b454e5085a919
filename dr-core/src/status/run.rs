//! Runs as lines, and what they leave to be done.

use std::collections::BTreeSet;

use super::{Pending, PendingFence, RunLine, RunSeen, Unread};
use crate::model::{RunId, SiteId};
use crate::report;
use crate::runbook::engine::RunState;
use crate::runbook::journal::ReadJournal;
use crate::runbook::replay::replay;
use crate::runbook::{RunStatus, StepStatus};

/// How many runs are listed, besides those that are not over.
const LISTED: usize = 5;

/// What the runs come to.
pub(super) struct Runs {
    pub(super) lines: Vec<RunLine>,
    pub(super) pending: Vec<Pending>,
    pub(super) unread: Vec<Unread>,
}

/// A run that could be read.
struct Read<'a> {
    seen: &'a RunSeen,
    journal: &'a ReadJournal,
    state: RunState,
}

/// Folds the runs. One that was found in two places counts once, by the journal that goes further.
pub(super) fn runs(seen: &[RunSeen]) -> Runs {
    let (read, unread) = read(seen);
    Runs {
        pending: pending(&read),
        lines: lines(&read),
        unread,
    }
}

/// The fences of runs that are still to be applied, and the runs that could not be read: those may have asked for another.
pub fn pending_fences(seen: &[RunSeen]) -> (Vec<PendingFence>, Vec<Unread>) {
    let (read, unread) = read(seen);
    (fences(&read), unread)
}

fn read(seen: &[RunSeen]) -> (Vec<Read<'_>>, Vec<Unread>) {
    let mut read: Vec<Read<'_>> = Vec::new();
    let mut failed: Vec<(&RunSeen, String)> = Vec::new();
    for run in seen {
        let state = match &run.journal {
            Ok(journal) => replay(journal).map_err(|error| error.to_string()),
            Err(reason) => Err(reason.clone()),
        };
        match (&run.journal, state) {
            (Ok(journal), Ok(state)) => keep(&mut read, run, journal, state),
            (_, Err(reason)) => failed.push((run, reason)),
            (Err(reason), Ok(_)) => failed.push((run, reason.clone())),
        }
    }
    read.sort_by(|a, b| {
        let order = |run: &Read<'_>| (run.journal.header.at, run.seen.run.clone());
        order(b).cmp(&order(a))
    });
    let unread = failed
        .into_iter()
        .map(|(run, reason)| unreadable(run, reason));
    let unread = unread.collect();
    (read, unread)
}

fn keep<'a>(
    read: &mut Vec<Read<'a>>,
    seen: &'a RunSeen,
    journal: &'a ReadJournal,
    state: RunState,
) {
    let new = Read {
        seen,
        journal,
        state,
    };
    match read.iter_mut().find(|known| known.seen.run == seen.run) {
        // Of two that go equally far, the one in a store is where the run is kept; the other is its copy.
        Some(known) => {
            let reach = |run: &Read<'_>| (run.journal.records.len(), run.seen.kept_at.is_some());
            if reach(&new) > reach(known) {
                *known = new;
            }
        }
        None => read.push(new),
    }
}

fn unreadable(run: &RunSeen, reason: String) -> Unread {
    let place = match &run.kept_at {
        Some(site) => format!("kept at {site}"),
        None => "kept on this machine".to_owned(),
    };
    Unread {
        what: format!("run {}, {place}", run.run),
        site: run.kept_at.clone(),
        component: None,
        reason,
    }
}

fn lines(read: &[Read<'_>]) -> Vec<RunLine> {
    read.iter()
        .enumerate()
        .filter(|(index, run)| *index < LISTED || !run.state.status.is_over())
        .map(|(_, run)| {
            let header = &run.journal.header;
            RunLine {
                run: run.seen.run.clone(),
                kept_at: run.seen.kept_at.clone(),
                status: run.state.status,
                direction: run.state.plan.direction.clone(),
                mode: run.state.plan.mode,
                by: header.by.clone(),
                started: header.at,
                last: run.journal.records.last().map_or(header.at, |r| r.at),
            }
        })
        .collect()
}

/// What is left to be done, the newest run first.
fn pending(read: &[Read<'_>]) -> Vec<Pending> {
    let mut pending = Vec::new();
    for run in read.iter().filter(|run| !run.state.status.is_over()) {
        pending.push(open(&run.seen.run, &run.state));
        pending.extend(questions(&run.seen.run, &run.state));
    }
    // A run that was undone left the estate as it was: the one before still tells what is missing.
    let last = read
        .iter()
        .find(|run| run.state.status != RunStatus::Unwound);
    if let Some(last) = last.filter(|run| run.state.status.is_over()) {
        if last.state.status == RunStatus::Stuck {
            pending.push(open(&last.seen.run, &last.state));
        }
        let missing = last.state.missing.iter().map(|what| Pending::Protection {
            run: last.seen.run.clone(),
            what: what.clone(),
        });
        pending.extend(missing);
    }
    pending.extend(fences(read).into_iter().map(Pending::Fence));
    pending
}

fn open(run: &RunId, state: &RunState) -> Pending {
    let with = |status: StepStatus| {
        state
            .plan
            .steps()
            .filter(|step| state.step(&step.id).status == status)
            .map(|step| step.id.clone())
            .collect()
    };
    Pending::Run {
        run: run.clone(),
        status: state.status,
        because: state.held.clone().or_else(|| state.unwinding.clone()),
        under_way: with(StepStatus::Started),
        in_doubt: with(StepStatus::InDoubt),
    }
}

fn questions(run: &RunId, state: &RunState) -> impl Iterator<Item = Pending> {
    state.questions.values().map(|question| {
        let said_yes = state.yes_by(&question.step, &question.code);
        Pending::Question {
            run: run.clone(),
            step: question.step.clone(),
            code: question.code.clone(),
            text: question.text.clone(),
            people: question.people,
            said_yes: said_yes.into_iter().map(str::to_owned).collect(),
        }
    })
}

/// The fences that are still to be applied: once a site, by the newest run that asked for one. Whatever a newer run did to the
/// site settles an older one: it was fenced for good, or made the primary.
fn fences(read: &[Read<'_>]) -> Vec<PendingFence> {
    let mut settled: BTreeSet<SiteId> = BTreeSet::new();
    let mut pending = Vec::new();
    for run in read {
        let journal = run.journal;
        let report = report::from_journal(&journal.header, &journal.records, journal.head.as_str());
        // The strongest evidence first: it is what the run went on with.
        let mut fences: Vec<_> = report.fences.iter().filter(|fence| !fence.lifted).collect();
        fences.sort_by_key(|fence| std::cmp::Reverse((fence.evidence.level, fence.evidence.at)));
        for fence in fences {
            let evidence = &fence.evidence;
            if settled.insert(evidence.site.clone()) && fence.is_still_pending() {
                pending.push(PendingFence {
                    run: run.seen.run.clone(),
                    site: evidence.site.clone(),
                    level: evidence.level,
                    since: evidence.at,
                    failed: None,
                });
            }
        }
        if run.state.is_past_pivot() {
            settled.insert(run.state.plan.direction.to.clone());
        }
    }
    pending
}

#[cfg(test)]
mod tests;
