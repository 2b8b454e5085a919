//! What the stores tell of past runs, and lint of the runbook.

use std::collections::BTreeMap;

use dr_core::config::Problems;
use dr_core::model::{Direction, Estate};
use dr_core::readiness::{History, PastRun, RunbookDefect, RunbookFacts, is_the_same_to_a_run};
use dr_core::runbook::journal::ReadJournal;
use dr_core::runbook::replay::replay;
use dr_core::runbook::{RunStatus, lint};

use super::Seen;
use crate::files::EstateFiles;
use crate::session::Session;
use crate::stores::RunStore;
use crate::wiring;

/// The runbook that takes the primary role out, and the one that takes it home.
const RUNBOOKS: [&str; 2] = ["failover", "failback"];

/// Reads every store that can be read. What cannot be is told, and is no error: nothing of it is needed for the rest.
pub(super) fn read(
    files: &EstateFiles,
    direction: &Direction,
    seen: &Seen,
    session: &Session,
) -> History {
    let estate = &files.estate;
    let [out, home] = RUNBOOKS;
    let name = if *direction == estate.outward() {
        out
    } else {
        home
    };
    let mut found = Found {
        files,
        direction,
        digests: BTreeMap::new(),
        runs: BTreeMap::new(),
        unread: Vec::new(),
    };
    match stores(session) {
        Ok(stores) => stores.iter().for_each(|store| found.store(store)),
        Err(error) => found.unread.push(error.message),
    }
    of_sites(&mut found, seen);
    History {
        runs: found.runs.into_values().collect(),
        unread: found.unread,
        runbook: Some(runbook(files, name)),
    }
}

fn stores(session: &Session) -> crate::error::Result<Vec<RunStore>> {
    Ok(match wiring::named_bucket(session)? {
        Some(store) => vec![store],
        None => vec![
            RunStore::real(session)?,
            RunStore::simulated(session)?,
            RunStore::rehearsed(session)?,
        ],
    })
}

/// The stores that the sites keep themselves.
#[cfg(feature = "real")]
fn of_sites(found: &mut Found<'_>, seen: &Seen) {
    use dr_core::runbook::journal;

    let Some(world) = &seen.world else {
        return found.not_asked(seen);
    };
    for site in &found.files.estate.sites {
        let Some(log) = world.journals_at(&site.id) else {
            continue;
        };
        let runs = match world.wait(log.runs()) {
            Ok(runs) => runs,
            Err(error) => {
                let why = format!("the runs kept at {} could not be read: {error}", site.id);
                found.unread.push(why);
                continue;
            }
        };
        for run in runs {
            match world.wait(log.read(&run)) {
                Ok(Some(bytes)) => match journal::read(&bytes) {
                    Ok(journal) => found.run(&journal, false),
                    Err(error) => found.unread.push(format!("the journal of {run}: {error}")),
                },
                Ok(None) => {}
                Err(error) => found.unread.push(format!("the journal of {run}: {error}")),
            }
        }
    }
}

#[cfg(not(feature = "real"))]
fn of_sites(found: &mut Found<'_>, seen: &Seen) {
    found.not_asked(seen);
}

/// What was found so far.
struct Found<'a> {
    files: &'a EstateFiles,
    direction: &'a Direction,
    /// The digest of each runbook as it stands today; `None` where there is none any more.
    digests: BTreeMap<String, Option<String>>,
    /// By name: a run may be kept in several stores.
    runs: BTreeMap<String, PastRun>,
    unread: Vec<String>,
}

impl Found<'_> {
    /// Nobody asked the sites: what their own stores keep is not known, and none of it is told to be missing.
    fn not_asked(&mut self, seen: &Seen) {
        let sites = self.files.estate.sites.iter();
        let keeping = sites.filter(|site| site.access.store.is_some());
        let keeping: Vec<&str> = keeping.map(|site| site.id.as_str()).collect();
        if keeping.is_empty() {
            return;
        }
        let why = match &seen.inventory {
            Some(Err(why)) => why.as_str(),
            _ => "dr ready without --scan asks them",
        };
        let sites = keeping.join(" and ");
        self.unread
            .push(format!("the stores of {sites} were not asked: {why}"));
    }

    fn store(&mut self, store: &RunStore) {
        let runs = match store.runs() {
            Ok(runs) => runs,
            Err(error) => {
                self.unread.push(error.message);
                return;
            }
        };
        for run in runs {
            match store.read(&run) {
                Ok(Some(journal)) => self.run(&journal, store.simulated),
                Ok(None) => {}
                Err(error) => self.unread.push(error.message),
            }
        }
    }

    fn run(&mut self, journal: &ReadJournal, is_simulated: bool) {
        let header = &journal.header;
        let plan = &header.plan;
        let estate: &Estate = &self.files.estate;
        if plan.estate.name != estate.name || plan.direction != *self.direction {
            return;
        }
        let name = header.run.to_string();
        let status = match replay(journal) {
            Ok(state) => state.status,
            Err(error) => {
                self.unread.push(format!("the journal of {name}: {error}"));
                return;
            }
        };
        let files = self.files;
        let digest = self.digests.entry(plan.runbook.clone()).or_insert_with(|| {
            let runbook = files.runbook(&plan.runbook).ok();
            runbook.map(|runbook| runbook.digest)
        });
        let is_of_this_runbook = digest.as_deref() == Some(plan.runbook_digest.as_str());
        let run = PastRun {
            name: name.clone(),
            runbook: plan.runbook.clone(),
            at: header.at,
            is_simulated,
            is_completed: status == RunStatus::Completed,
            is_of_this_estate: is_the_same_to_a_run(&plan.estate, estate),
            is_of_this_runbook,
        };
        self.runs.insert(name, run);
    }
}

fn runbook(files: &EstateFiles, name: &str) -> Result<RunbookFacts, String> {
    let runbook = files.runbook(name).map_err(|error| error.message)?;
    let defects = match lint::lint(&runbook, &files.estate) {
        Ok(()) => Vec::new(),
        Err(problems) => defects(&problems),
    };
    Ok(RunbookFacts {
        name: name.to_owned(),
        defects,
    })
}

fn defects(problems: &Problems) -> Vec<RunbookDefect> {
    let defects = problems.list.iter().map(|problem| RunbookDefect {
        code: problem.code.to_owned(),
        message: format!("line {}: {}", problem.span.line, problem.message),
        fix: problem.help.clone(),
    });
    defects.collect()
}
