//! What `/metrics` and `/healthz` show.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::found::Job;
use super::host::Lag;
use super::state::Seen;
use crate::model::{Duration, EstateName};
use crate::readiness::Score;

/// What a watcher is at, for whoever asks.
#[derive(Debug)]
pub struct Board(Mutex<Status>);

/// What a watcher is at. Sums count from its start.
#[derive(Debug, Clone)]
pub struct Status {
    /// The estate.
    pub estate: EstateName,
    /// What is known of each job.
    pub jobs: BTreeMap<Job, Seen>,
    /// How long the last round of each took.
    pub took: BTreeMap<Job, Duration>,
    /// When the next one starts.
    pub next: BTreeMap<Job, Timestamp>,
    /// From when on rounds no longer come in time, unless one sees something before.
    pub overdue_from: BTreeMap<Job, Timestamp>,
    /// How many rounds ended, by the name of what they saw.
    pub rounds: BTreeMap<(Job, &'static str), u64>,
    /// Calls that scans sent.
    pub calls: u64,
    /// How many of them were refused because there were too many.
    pub throttled: u64,
    /// Replication, as it was read last.
    pub lags: Vec<Lag>,
    /// How many rules of readiness hold, as they were asked last.
    pub score: Option<Score>,
    /// How often receivers were told, by what came of it.
    pub told: BTreeMap<(String, &'static str), u64>,
    /// How many notices wait, by receiver.
    pub pending: BTreeMap<String, usize>,
    /// How often the history could not be written.
    pub history_errors: u64,
    /// Why it cannot be written now.
    pub history_error: Option<String>,
}

impl Status {
    fn new(estate: EstateName) -> Self {
        Self {
            estate,
            jobs: BTreeMap::new(),
            took: BTreeMap::new(),
            next: BTreeMap::new(),
            overdue_from: BTreeMap::new(),
            rounds: BTreeMap::new(),
            calls: 0,
            throttled: 0,
            lags: Vec::new(),
            score: None,
            told: BTreeMap::new(),
            pending: BTreeMap::new(),
            history_errors: 0,
            history_error: None,
        }
    }

    /// Whether rounds come in time and are written down.
    ///
    /// # Errors
    /// Why not, in one line without the text of any finding.
    pub fn health(&self, now: Timestamp) -> Result<(), String> {
        for (job, from) in &self.overdue_from {
            if now >= *from {
                let saw = self.jobs.get(job).and_then(|seen| seen.saw);
                let since = match saw {
                    Some(saw) => format!("since {saw}"),
                    None => "yet".to_owned(),
                };
                return Err(format!("no round of {} saw anything {since}", job.name()));
            }
        }
        match self.history_error {
            Some(_) => Err("the history cannot be written".to_owned()),
            None => Ok(()),
        }
    }
}

impl Board {
    /// That of a watcher that has just started.
    pub fn new(estate: EstateName) -> Self {
        Self(Mutex::new(Status::new(estate)))
    }

    /// What stands there now.
    pub fn status(&self) -> Status {
        self.lock().clone()
    }

    /// Writes on it.
    pub(crate) fn update(&self, write: impl FnOnce(&mut Status)) {
        write(&mut self.lock());
    }

    /// No update leaves it half changed, so one that panicked does no harm.
    fn lock(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
