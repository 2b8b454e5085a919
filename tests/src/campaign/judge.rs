//! What must never have happened, by the world's own audit and by what the journals say.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::campaign::{misstated, promoted_without_right, sentence, stated_loss};
use dr_core::model::{Epoch, RunId, SiteId};
use dr_core::runbook::journal::{self, ReadJournal};
use dr_core::runbook::replay::replay;
use dr_core::runbook::{Event, RunStatus};
use dr_core::sim::Simulation;

/// What a store holds, by key.
pub(super) type Stored = BTreeMap<String, Vec<u8>>;

/// What became of a trial.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// What must never happen and did, each with the name of its rule first.
    pub(super) broken: Vec<String>,
    /// Where each run stands, the oldest first.
    pub(super) runs: Vec<(RunId, RunStatus)>,
    /// What the runs recorded, in sentences.
    pub(super) said: Vec<String>,
    /// Records of all journals.
    pub(super) records: usize,
    /// Times that a run was taken over.
    pub(super) taken_over: usize,
}

/// The journals in a store, by run.
fn journals(stored: &Stored) -> BTreeMap<RunId, Vec<u8>> {
    let mut journals: BTreeMap<RunId, Vec<u8>> = BTreeMap::new();
    for (key, bytes) in stored {
        let parts: Vec<&str> = key.split('/').collect();
        let ["runs", run, "journal", _] = parts.as_slice() else {
            continue;
        };
        let Ok(run) = run.parse() else {
            continue;
        };
        let journal = journals.entry(run).or_default();
        journal.extend(bytes);
        journal.push(b'\n');
    }
    journals
}

/// Lines of journals that were there before and are no longer, or no longer as they were.
pub(super) fn rewritten(before: &Stored, after: &Stored) -> Option<String> {
    let mut lines = before.iter().filter(|(key, _)| key.contains("/journal/"));
    let (key, _) = lines.find(|(key, bytes)| after.get(*key) != Some(bytes))?;
    Some(format!("append-only: {key} was changed or removed"))
}

/// Judges a trial whose faults are all mended and whose operators have all come to rest. The runs are those in the store of
/// `site`.
pub(super) fn judge(simulation: &Simulation, site: &SiteId) -> Verdict {
    let mut verdict = Verdict::default();
    let violations = simulation.violations();
    let audited = violations
        .iter()
        .map(|v| format!("{}: {}", v.invariant, v.detail));
    verdict.broken.extend(audited);
    let mut holders: BTreeSet<Epoch> = BTreeSet::new();
    let mut newest: Option<(Epoch, ReadJournal, RunStatus)> = None;
    for (run, bytes) in journals(&simulation.stored(site)) {
        let read = match journal::read(&bytes) {
            Ok(read) => read,
            Err(error) => {
                verdict
                    .broken
                    .push(format!("journal-reads: {run}: {error}"));
                continue;
            }
        };
        match replay(&read) {
            Ok(state) => {
                let says = state.held.as_ref().is_some_and(|why| !why.is_empty());
                let rests = state.status.is_over() || state.status == RunStatus::Held && says;
                if !rests {
                    let status = state.status;
                    verdict.broken.push(format!("rests: {run} is {status:?}"));
                }
                verdict.runs.push((run.clone(), state.status));
                verdict.records += read.records.len();
                let said = read.records.iter();
                verdict
                    .said
                    .extend(said.map(|r| format!("{}  {run}  {}", r.at, sentence(r))));
                if let Some(loss) = stated_loss(&read.records) {
                    verdict.said.push(format!("{run} states {loss:?}"));
                }
                verdict.of_journal(&run, &read, &mut holders);
                let last = read.records.last().map_or(read.header.epoch, |r| r.epoch);
                if newest.as_ref().is_none_or(|(epoch, ..)| *epoch < last) {
                    newest = Some((last, read, state.status));
                }
            }
            Err(error) => {
                let text = format!("possible-story: {run}: {error}");
                verdict.broken.push(text);
            }
        }
    }
    if let Some((_, read, status)) = newest {
        let truth = simulation.truth();
        verdict.broken.extend(misstated(&truth, &read.records));
        if status == RunStatus::Completed && stated_loss(&read.records).is_none() {
            let text = "loss-is-stated: a completed run does not say what was lost";
            verdict.broken.push(text.to_owned());
        }
    }
    verdict
}

impl Verdict {
    /// What one journal says that must not be.
    fn of_journal(&mut self, run: &RunId, read: &ReadJournal, holders: &mut BTreeSet<Epoch>) {
        let broken = promoted_without_right(&read.records);
        self.broken.extend(broken);
        let mut last = read.header.epoch;
        let mut new_holder = |epoch| {
            (!holders.insert(epoch))
                .then(|| format!("one-holder: {run}: epoch {epoch} was held twice"))
        };
        self.broken.extend(new_holder(last));
        for record in &read.records {
            if record.epoch < last {
                let text = format!("epochs-in-order: {run}: {} after {last}", record.epoch);
                self.broken.push(text);
            }
            last = last.max(record.epoch);
            if let Event::TakenOver { epoch, .. } = &record.event {
                self.taken_over += 1;
                self.broken.extend(new_holder(*epoch));
            }
        }
    }
}
