//! Drives the machine: journal, lock, time, actions and people.
//!
//! The order that makes a crash harmless at any instruction:
//! 1. an event is durable before the machine sees it, and a step's start is durable before its first side effect;
//! 2. every change of the world carries a [`Permit`](crate::port::Permit) that ends before the lock's lease does;
//! 3. a run is taken over under a higher epoch, and whoever held it before is refused at its next append.

mod drive;
mod open;
mod preflight;
mod record;
mod stop;
mod until_fenced;

use std::sync::Arc;

use futures_util::future::join;
use jiff::Timestamp;

pub use stop::{Stop, StopFlag};

use super::engine::{Illegal, Machine, RunState};
use super::event::{Event, RunStatus};
use super::journal::{AppendError, Header, JOURNAL_FORMAT, Journal, JournalError, Record, Seen};
use super::lock::{self, Lease, LockError};
use super::plan::Plan;
use super::replay::{ReplayError, replay};
use crate::model::{Finding, RunId, Severity, Waiver};
use crate::port::{Answer, LeaseDeadline, LogStore, ObjectStore, People, PortError, Ports};

/// Is told what happens, when it is durable. Drives progress output, metrics, notifications.
pub trait Watcher: Send + Sync {
    /// This record is durable, and `state` includes it.
    fn recorded(&self, state: &RunState, record: &Record);

    /// A person's answer changed nothing.
    fn refused(&self, _answer: &Answer, _why: &str) {}
}

/// Watches nothing.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn recorded(&self, _: &RunState, _: &Record) {}
}

/// What a run is started with.
#[derive(Debug, Clone, Default)]
pub struct StartOptions {
    /// Since when clients are not served; the recovery time counts from here.
    pub outage_since: Option<Timestamp>,
    /// Blocking findings of the preflight that a person accepts, by code.
    pub accepted: Vec<Waiver>,
}

/// How a run came to rest in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The run.
    pub run: RunId,
    /// Where it stands.
    pub state: RunState,
}

impl Outcome {
    /// Where the run stands.
    pub fn status(&self) -> RunStatus {
        self.state.status
    }
}

/// Why a run could not be begun or gone on with. What is recorded stays; the run can be resumed.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// What the plan relied on no longer holds, or something speaks against starting.
    #[error("the preflight found {} that block the run", count(.0))]
    Refused(Vec<Finding>),
    /// Another run of this estate is not over.
    #[error("run {run} of this estate is {status:?}")]
    OpenRun {
        /// The run.
        run: RunId,
        /// Where it stands.
        status: RunStatus,
    },
    /// The run is over.
    #[error("run {run} is over: {status:?}")]
    Over {
        /// The run.
        run: RunId,
        /// How it ended.
        status: RunStatus,
    },
    /// There is no such run.
    #[error("there is no run {0}")]
    NoRun(RunId),
    /// Another operator took the run over; this one changes nothing more.
    #[error("another operator took the run over")]
    Fenced,
    /// Stopped at once by the operator.
    #[error("stopped at once: what was under way is in doubt until the run is resumed")]
    Stopped,
    /// The lock could not be taken or kept.
    #[error("the estate's lock could not be taken")]
    Lock(#[source] LockError),
    /// The journal could not be read.
    #[error("the journal of the run could not be read")]
    Journal(#[source] JournalError),
    /// The journal could not be written.
    #[error("the journal of the run could not be written")]
    Append(#[source] AppendError),
    /// The journal tells an impossible story.
    #[error("the journal of the run is not one that dr wrote")]
    Replay(#[source] ReplayError),
    /// The machine refused its own event: a defect of `dr`.
    #[error("the engine refused its own event")]
    Illegal(#[source] Illegal),
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] PortError),
}

impl HostError {
    /// With its causes, in one sentence; of a refusal what was found.
    pub(crate) fn explained(&self) -> String {
        if let Self::Refused(findings) = self {
            let said: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
            return said.join("; ");
        }
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        text
    }
}

fn count(findings: &[Finding]) -> String {
    let blocking = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Blocking)
        .count();
    match blocking {
        1 => "1 finding".to_owned(),
        n => format!("{n} findings"),
    }
}

/// Carries out runs in the name of one operator.
pub struct Host {
    /// The world.
    pub ports: Ports,
    /// The journals.
    pub logs: Arc<dyn LogStore>,
    /// The journals that the other site's store keeps, where each site keeps those of the runs that move to it.
    pub opposite: Option<Arc<dyn LogStore>>,
    /// The lock and the inbox.
    pub store: Arc<dyn ObjectStore>,
    /// Whom to ask.
    pub people: Arc<dyn People>,
    /// Whom to tell.
    pub watcher: Arc<dyn Watcher>,
    /// In whose name.
    pub operator: String,
    /// Set from outside to make the run rest.
    pub stop: StopFlag,
}

/// A name for a run of `plan` begun at `now`: runbook, time, and the start of the plan's digest.
///
/// # Panics
/// Never: what it is made of are letters, digits and hyphens.
pub fn run_id(plan: &Plan, now: Timestamp) -> RunId {
    let digest: String = plan.digest.chars().take(4).collect();
    let runbook: String = plan.runbook.chars().take(40).collect();
    format!("{runbook}-{}-{digest}", now.strftime("%Y%m%d-%H%M%S"))
        .parse()
        .expect("a runbook's name, digits and hexadecimal digits make a name")
}

impl Host {
    /// Starts a run: takes the lock, looks for open runs, re-checks what the plan relied on, then carries it out until it
    /// rests.
    ///
    /// # Errors
    /// A [`HostError`]; with [`HostError::Refused`] nothing was changed and nothing recorded.
    pub async fn start(
        &self,
        run: RunId,
        plan: impl Into<Arc<Plan>>,
        options: StartOptions,
    ) -> Result<Outcome, HostError> {
        let plan = plan.into();
        let clock = &*self.ports.clock;
        let mut lease = lock::acquire(&*self.store, clock, &plan.estate.name, &self.operator, &run)
            .await
            .map_err(HostError::Lock)?;
        let begun = self.begin(&run, plan, options, &mut lease).await;
        match begun {
            Ok((machine, journal)) => self.drive(run, machine, journal, lease).await,
            Err(error) => {
                // The lease would run out by itself; the error that is told is the first one.
                let _ = lease.release(&*self.store, clock).await;
                Err(error)
            }
        }
    }

    async fn begin(
        &self,
        run: &RunId,
        plan: Arc<Plan>,
        options: StartOptions,
        lease: &mut Lease,
    ) -> Result<(Machine, Journal), HostError> {
        let epoch = lease.epoch();
        self.refuse_open_runs(&plan).await?;
        let (findings, unread) = join(
            self.preflight(run, &plan, &options, epoch),
            self.refuse_opposite_runs(&plan),
        )
        .await;
        let unread = unread?;
        let mut findings = findings?;
        findings.extend(unread);
        // The journal of a run that begins is nobody else's, so no append of another's fences it: whoever slept through the
        // preflight asks the lock whether somebody else may have begun.
        if self.ports.clock.now() >= lease.deadline() {
            let deadline = LeaseDeadline::new(lease.deadline());
            self.renew(lease, &deadline).await?;
        }
        let now = self.ports.clock.now();
        let header = Header {
            format: JOURNAL_FORMAT,
            dr_version: env!("CARGO_PKG_VERSION").to_owned(),
            run: run.clone(),
            epoch,
            at: now,
            by: self.operator.clone(),
            plan: Arc::clone(&plan),
        };
        let mut journal = self.create(header, lease).await?;
        let mut state = RunState::new(plan, epoch);
        let event = Event::RunStarted {
            by: self.operator.clone(),
            outage_since: options.outage_since,
            findings,
            accepted: options.accepted,
        };
        self.record_first(&mut journal, &mut state, lease, event)
            .await?;
        Ok((Machine::new(state), journal))
    }

    /// Takes over a run that rests or whose operator died, and carries it on until it rests.
    ///
    /// # Errors
    /// A [`HostError`].
    pub async fn resume(&self, run: &RunId) -> Result<Outcome, HostError> {
        let clock = &*self.ports.clock;
        let seen = self.look(run).await?;
        let estate = &seen.journal.header.plan.estate.name;
        let mut lease = lock::acquire(&*self.store, clock, estate, &self.operator, run)
            .await
            .map_err(HostError::Lock)?;
        match self.take_over(run, &mut lease, seen).await {
            Ok((machine, journal)) => self.drive(run.clone(), machine, journal, lease).await,
            Err(error) => {
                let _ = lease.release(&*self.store, clock).await;
                Err(error)
            }
        }
    }

    /// The journal of a run that is not over. Changes nothing.
    ///
    /// # Errors
    /// A [`HostError`]: no such run, over, or a journal that cannot be read.
    async fn look(&self, run: &RunId) -> Result<Seen, HostError> {
        let bytes = self.logs.read(run).await.map_err(HostError::Store)?;
        let bytes = bytes.ok_or_else(|| HostError::NoRun(run.clone()))?;
        let journal = super::journal::read(&bytes).map_err(HostError::Journal)?;
        let state = replay(&journal).map_err(HostError::Replay)?;
        if state.status.is_over() {
            return Err(HostError::Over {
                run: run.clone(),
                status: state.status,
            });
        }
        Ok(Seen { bytes, journal })
    }

    async fn take_over(
        &self,
        run: &RunId,
        lease: &mut Lease,
        seen: Seen,
    ) -> Result<(Machine, Journal), HostError> {
        // Read again under the lock: what was looked at before may be older than what the last holder wrote.
        let (mut journal, read) = Journal::open_again(self.logs.clone(), run, Some(seen))
            .await
            .map_err(HostError::Journal)?;
        let mut state = replay(&read).map_err(HostError::Replay)?;
        if state.status.is_over() {
            return Err(HostError::Over {
                run: run.clone(),
                status: state.status,
            });
        }
        if state.started.is_none() {
            // The first operator died between the header and the first event.
            let event = Event::RunStarted {
                by: read.header.by.clone(),
                outage_since: None,
                findings: Vec::new(),
                accepted: Vec::new(),
            };
            self.record_first(&mut journal, &mut state, lease, event)
                .await?;
        }
        let event = Event::TakenOver {
            by: self.operator.clone(),
            epoch: lease.epoch(),
        };
        self.record_first(&mut journal, &mut state, lease, event)
            .await?;
        Ok((Machine::new(state), journal))
    }

    async fn record_first(
        &self,
        journal: &mut Journal,
        state: &mut RunState,
        lease: &mut Lease,
        event: Event,
    ) -> Result<(), HostError> {
        let deadline = LeaseDeadline::new(lease.deadline());
        let record = self.append(journal, lease, &deadline, event).await?;
        state
            .apply(record.at, &record.event)
            .map_err(HostError::Illegal)?;
        self.watcher.recorded(state, &record);
        Ok(())
    }
}

impl From<AppendError> for HostError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Fenced { .. } => Self::Fenced,
            other => Self::Append(other),
        }
    }
}
