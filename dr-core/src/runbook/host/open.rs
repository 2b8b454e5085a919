//! The runs that are not over, here and in the other site's store.
//!
//! Journal and lock lie in the region that a run moves to, so that nothing of a lost region is needed. A run of the other
//! direction is therefore in the other store, under another lock, and whoever begins looks there, too. Two that begin at once
//! in opposite directions do not both pass their preflight: it reads which site is primary.

use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt};

use super::{Host, HostError};
use crate::model::{Duration, Finding, Mode, RunId, Severity, Subject};
use crate::port::{ErrorClass, LogStore, PortError};
use crate::runbook::event::RunStatus;
use crate::runbook::journal;
use crate::runbook::plan::Plan;
use crate::runbook::replay::replay;

/// How long the other store is waited for: its region may be the one that is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many journals are looked at at a time.
const AT_ONCE: usize = 8;

/// A run that is not over.
type Open = (RunId, RunStatus);

impl Host {
    /// A new run is not begun while another of the same estate is not over.
    pub(super) async fn refuse_open_runs(&self, plan: &Plan) -> Result<(), HostError> {
        refuse(open_run(&*self.logs, plan).await?)
    }

    /// The same of the other site's store. A lost region does not tell: then a finding says so, and an unplanned run goes on.
    pub(super) async fn refuse_opposite_runs(
        &self,
        plan: &Plan,
    ) -> Result<Option<Finding>, HostError> {
        let Some(opposite) = &self.opposite else {
            return Ok(None);
        };
        let read = open_run(&**opposite, plan);
        let error = match select(pin!(read), self.ports.clock.sleep(PATIENCE)).await {
            Either::Left((Ok(open), _)) => return refuse(open).map(|()| None),
            Either::Left((Err(error), _)) => error,
            Either::Right(_) => HostError::Store(no_answer(plan)),
        };
        match plan.mode {
            Mode::Planned => Err(error),
            // Nothing that the lost region holds, damaged or newer than this program, keeps a failover from being begun.
            Mode::Unplanned => Ok(Some(Finding::new(
                Severity::Notice,
                "opposite-runs-unread",
                Subject::Site(plan.direction.from.clone()),
                format!(
                    "whether a run towards {} is open was not read: {}",
                    plan.direction.from,
                    error.explained()
                ),
                "make sure that nobody moves the primary the other way",
            ))),
        }
    }
}

fn refuse(open: Option<Open>) -> Result<(), HostError> {
    match open {
        Some((run, status)) => Err(HostError::OpenRun { run, status }),
        None => Ok(()),
    }
}

fn no_answer(plan: &Plan) -> PortError {
    PortError {
        class: ErrorClass::Transient,
        operation: "s3:ListBucket".to_owned(),
        place: format!("runs kept at {}", plan.direction.from),
        message: format!("no answer within {PATIENCE}"),
    }
}

/// A run of the plan's estate that is not over. Newest first: an open run is rarely an old one.
///
/// A journal that is damaged speaks against a beginning only where no run is found open: that is the better thing to tell.
async fn open_run(logs: &dyn LogStore, plan: &Plan) -> Result<Option<Open>, HostError> {
    let mut runs = logs.runs().await.map_err(HostError::Store)?;
    runs.sort_by(|a, b| begun(b).cmp(&begun(a)));
    let mut looks = stream::iter(runs)
        .map(|run| look(logs, run, plan))
        .buffered(AT_ONCE);
    let mut damaged = None;
    while let Some(looked) = looks.next().await {
        match looked {
            Ok(None) => {}
            Err(error @ (HostError::Journal(_) | HostError::Replay(_))) => {
                damaged.get_or_insert(error);
            }
            found => return found,
        }
    }
    damaged.map_or(Ok(None), Err)
}

/// Date and time of a run, as [`super::run_id`] puts them into its name.
fn begun(run: &RunId) -> Option<(&str, &str)> {
    let mut parts = run.as_str().rsplit('-').skip(1);
    let time = parts.next()?;
    Some((parts.next()?, time))
}

/// The run, where it is one of the plan's estate and not over. Of one that is over only the last line is read.
async fn look(logs: &dyn LogStore, run: RunId, plan: &Plan) -> Result<Option<Open>, HostError> {
    let last = logs.last_line(&run).await.map_err(HostError::Store)?;
    if last.is_some_and(|line| journal::ending(&line).is_some()) {
        return Ok(None);
    }
    let Some(bytes) = logs.read(&run).await.map_err(HostError::Store)? else {
        return Ok(None);
    };
    let journal = journal::read(&bytes).map_err(HostError::Journal)?;
    if journal.header.plan.estate.name != plan.estate.name {
        return Ok(None);
    }
    let status = replay(&journal).map_err(HostError::Replay)?.status;
    Ok((!status.is_over()).then_some((run, status)))
}
