//! One look of a watcher: at both sites' accounts, or into a file.

use std::path::PathBuf;

use async_trait::async_trait;
use dr_core::adapter::local::SystemClock;
use dr_core::drift;
#[cfg(feature = "real")]
use dr_core::model::SiteId;
use dr_core::model::{Estate, EstateScan};
use dr_core::port::Clock as _;
#[cfg(feature = "real")]
use dr_core::watch::Lag;
use dr_core::watch::{Job, Look, Looked, Report};

use crate::commands::compared::{ComparedArgs, direction, kept, unreadable};
use crate::commands::ready;
use crate::error::{Error, Result};
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

/// Looks at one estate.
pub(super) struct Looking {
    pub(super) estate: Estate,
    pub(super) compared: ComparedArgs,
    /// Of which nothing is shown but what fails.
    pub(super) session: Session,
    pub(super) source: Source,
}

#[async_trait]
impl Look for Looking {
    async fn look(
        &self,
        job: Job,
        last: Option<&EstateScan>,
    ) -> std::result::Result<Looked, String> {
        match job {
            Job::Drift => self.drift(last).await.map_err(|error| in_words(&error)),
            Job::Ready => self.ready().await,
        }
    }
}

impl Looking {
    /// What `dr ready` does, on a thread of its own: it waits by itself for stores, plans and databases.
    async fn ready(&self) -> std::result::Result<Looked, String> {
        let (compared, session) = (self.compared.clone(), self.session.clone());
        let (send, receive) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let judged = ready::judge(&compared, "dr watch", &session);
            // Nobody waits for it where the round took too long.
            let _ = send.send(judged.map_err(|error| in_words(&error)));
        });
        let judged = receive.await;
        let (scan, report) = judged.map_err(|_| "it could not be judged".to_owned())??;
        Ok(Looked {
            report: Report::Ready(report),
            scan,
            lags: Vec::new(),
        })
    }

    async fn drift(&self, last: Option<&EstateScan>) -> Result<Looked> {
        let (scan, lags) = match &self.source {
            Source::File(path) => (kept(path)?, Vec::new()),
            #[cfg(feature = "real")]
            Source::Sites(sites) => sites.read(&self.estate).await?,
        };
        let direction = direction(&self.estate, &scan, self.compared.to.as_ref(), "dr watch")?;
        // A history of before the estate was changed tells nothing of it.
        let last = last.filter(|last| drift::check(&self.estate, last).is_ok());
        let now = SystemClock.now();
        let report = drift::examine_as_of(&self.estate, &direction, &scan, last, now)
            .map_err(|error| unreadable(&error))?;
        Ok(Looked {
            report: Report::Drift(report),
            scan,
            lags,
        })
    }
}

/// An error in one sentence.
fn in_words(error: &Error) -> String {
    let mut text = error.message.clone();
    for cause in &error.causes {
        text.push_str(": ");
        text.push_str(cause);
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
        use dr_core::model::{Kind, Observed};

        let Some(ports) = &self.ports else {
            return Vec::new();
        };
        // Nothing else is asked: a stack's plan alone takes minutes.
        let mut databases = estate.clone();
        databases
            .components
            .retain(|_, component| component.kind() == Kind::Database);
        let inventory = dr_core::discover::inventories(&databases, ports).await;
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
