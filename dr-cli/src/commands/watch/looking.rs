//! One look of a watcher: at both sites' accounts, or into a file.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use dr_core::adapter::local::SystemClock;
use dr_core::drift::{self, Unsettled};
#[cfg(feature = "real")]
use dr_core::model::SiteId;
use dr_core::model::{Estate, EstateName, EstateScan, Fences};
use dr_core::port::Clock as _;
#[cfg(feature = "real")]
use dr_core::watch::Lag;
use dr_core::watch::{Job, Look, Looked, Report};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::fencing;
use crate::commands::compared::{ComparedArgs, direction, kept, unreadable};
use crate::commands::ready;
use crate::error::{Error, Evidence, Result};
use crate::session::Session;

/// Where scans come from.
pub(super) enum Source {
    /// A file that something else writes.
    File(PathBuf),
    /// The sites themselves.
    #[cfg(feature = "real")]
    Sites(Box<Sites>),
}

/// The sites, and what tells of replication.
#[cfg(feature = "real")]
pub(super) struct Sites {
    /// `None` where not all of the estate can be reached: its accounts can be read nevertheless.
    pub(super) ports: Option<dr_core::port::Ports>,
}

/// Looks at one estate, whose file is read anew in each round.
pub(super) struct Looking {
    /// What the history is of.
    pub(super) name: EstateName,
    pub(super) compared: ComparedArgs,
    /// Of which nothing is shown but what fails.
    pub(super) session: Session,
    pub(super) source: Source,
    /// What is done about pending fences.
    pub(super) fences: Fences,
    /// Whoever has it reads: a thread goes on where nobody waits for it any more.
    pub(super) turn: Arc<Mutex<()>>,
}

#[async_trait]
impl Look for Looking {
    async fn look(
        &self,
        job: Job,
        last: Option<&EstateScan>,
    ) -> std::result::Result<Looked, String> {
        let turn = self.turn.clone().try_lock_owned().map_err(|_| {
            "a round that did not end in time still reads: nothing is read beside it".to_owned()
        })?;
        let estate = self.estate()?;
        match job {
            Job::Drift => {
                let looked = self.drift(&estate, last).await;
                looked.map_err(|error| in_words(&error))
            }
            Job::Ready => self.ready(turn).await,
            Job::Status => self.status(estate, turn).await,
        }
    }
}

impl Looking {
    /// The estate as its file says now.
    fn estate(&self) -> std::result::Result<Estate, String> {
        let estate = self
            .session
            .judged_estate()
            .map_err(|error| in_words(&error))?;
        let estate = estate.estate;
        match estate.name == self.name {
            true => Ok(estate),
            false => Err(format!(
                "the file is of the estate {} now, and this watches {}: restart dr watch",
                estate.name, self.name
            )),
        }
    }

    /// What `dr ready` does, on a thread of its own: it waits by itself for stores, plans and databases.
    async fn ready(&self, turn: OwnedMutexGuard<()>) -> std::result::Result<Looked, String> {
        let (compared, session) = (self.compared.clone(), self.session.clone());
        let (send, receive) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let judged = ready::judge(&compared, "dr watch", &session);
            drop(turn);
            // Nobody waits for it where the round took too long.
            let _ = send.send(judged.map_err(|error| in_words(&error)));
        });
        let judged = receive.await;
        let (scan, report) = judged.map_err(|_| "it could not be judged".to_owned())??;
        Ok(Looked {
            report: Report::Ready(report),
            scan: Some(scan),
            lags: Vec::new(),
        })
    }

    /// What runs have left to be done, on a thread of its own as well. Fences are applied there, where the estate says so.
    async fn status(
        &self,
        estate: Estate,
        turn: OwnedMutexGuard<()>,
    ) -> std::result::Result<Looked, String> {
        let asks = !self.compared.is_kept();
        let applies = asks && self.fences == Fences::Apply;
        let session = self.session.clone();
        let (send, receive) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let found = match applies {
                true => fencing::apply(&estate, &session),
                false => fencing::left(&estate, asks, &session).map(|(_, left)| left),
            };
            drop(turn);
            // Nobody waits for it where the round took too long.
            let _ = send.send(found.map_err(|error| in_words(&error)));
        });
        let found = receive.await;
        let (fences, unread) = found.map_err(|_| "the runs could not be read".to_owned())??;
        Ok(Looked {
            report: Report::Status(fences, unread),
            scan: None,
            lags: Vec::new(),
        })
    }

    async fn drift(&self, estate: &Estate, last: Option<&EstateScan>) -> Result<Looked> {
        let (scan, lags) = match &self.source {
            Source::File(path) => (kept(path)?, Vec::new()),
            #[cfg(feature = "real")]
            Source::Sites(sites) => sites.read(estate).await?,
        };
        let direction = direction(estate, &scan, self.compared.to.as_ref(), "dr watch")?;
        // A history of before the estate was changed tells nothing of it.
        let last = last.filter(|last| drift::check(estate, last).is_ok());
        let now = SystemClock.now();
        let report = drift::examine_as_of(estate, &direction, &scan, last, now);
        let report = report.map_err(|error| unreadable(&error))?;
        let unsettled = Unsettled::of(estate, &direction, &scan, &report.unknown);
        let unsettled = unsettled.map_err(|error| unreadable(&error))?;
        Ok(Looked {
            report: Report::Drift(report, unsettled),
            scan: Some(scan),
            lags,
        })
    }
}

/// An error in one sentence.
pub(super) fn in_words(error: &Error) -> String {
    let mut text = error.message.clone();
    for cause in &error.causes {
        text.push_str(": ");
        text.push_str(cause);
    }
    if let Evidence::Problems(files) = &error.evidence
        && let Some(first) = files.iter().flat_map(|file| &file.list).next()
    {
        text.push_str(&format!(": line {}: {}", first.span.line, first.message));
    }
    text
}

#[cfg(feature = "real")]
impl Sites {
    async fn read(&self, estate: &Estate) -> Result<(EstateScan, Vec<Lag>)> {
        let scan = crate::commands::discover::read(estate, None, &Quiet);
        let (scan, lags) = futures_util::future::join(scan, self.lags(estate)).await;
        Ok((scan?, lags))
    }

    /// How far the databases' copies are behind, where that can be read.
    async fn lags(&self, estate: &Estate) -> Vec<Lag> {
        use dr_core::model::Observed;

        let Some(ports) = &self.ports else {
            return Vec::new();
        };
        let inventory = dr_core::discover::databases(estate, ports).await;
        let sites = inventory.sites.into_iter();
        sites
            .flat_map(|(site, inventory)| {
                let observed = inventory.observed.into_iter();
                observed.filter_map(move |(component, observed)| match observed {
                    Observed::Database(state) => state.replication.map(|replication| Lag {
                        component,
                        site: site.clone(),
                        lag: replication.lag,
                        measured: replication.measured_at,
                    }),
                    _ => None,
                })
            })
            .collect()
    }
}

/// Nobody looks at the progress of a watcher's scans.
#[cfg(feature = "real")]
struct Quiet;

#[cfg(feature = "real")]
impl dr_core::port::ScanWatch for Quiet {
    fn went_on(&self, _: &SiteId, _: dr_core::port::ScanProgress) {}
}

#[cfg(test)]
mod tests;
