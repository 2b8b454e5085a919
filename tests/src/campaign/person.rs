//! One operator at work: begins, is told that somebody else acts, waits, goes on, takes over, gives up.

use std::sync::{Arc, Mutex, PoisonError};

use dr_core::campaign::Crew;
use dr_core::model::{Duration, Finding, Mode, RunId, Severity, Waiver};
use dr_core::port::Clock;
use dr_core::runbook::RunStatus;
use dr_core::runbook::host::{Host, HostError, Outcome, StartOptions, run_id};
use dr_core::runbook::journal::{AppendError, JournalError};
use dr_core::runbook::lock::LockError;
use dr_core::runbook::plan::Plan;
use dr_core::sim::Operator;
use futures_util::future::{Either, select};

use super::draw::{Errand, Person};
use super::scene::Scene;

/// How an attempt of an operator ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The run rests.
    Rests(RunStatus),
    /// There was nothing to do: the run is over, or there is none.
    Nothing,
    /// It was refused before anything was recorded.
    Refused,
    /// Somebody else acts.
    Busy,
    /// A run stands open: it is to be gone on with.
    Open,
    /// Somebody else took the run over.
    Fenced,
    /// They stopped it themselves.
    Stopped,
    /// The store did not answer.
    Interrupted,
    /// What must never come out.
    Defect(String),
}

impl End {
    /// In a word.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Rests(status) if status.is_over() => "over",
            Self::Rests(_) => "held",
            Self::Nothing => "nothing to do",
            Self::Refused => "refused",
            Self::Busy => "told that somebody acts",
            Self::Open => "told that a run is open",
            Self::Fenced => "fenced",
            Self::Stopped => "stopped",
            Self::Interrupted => "cut off from the store",
            Self::Defect(_) => "defect",
        }
    }
}

/// How attempts ended, also those of operators who died afterwards.
#[derive(Debug, Default)]
pub(super) struct Ends(Mutex<Vec<(&'static str, End)>>);

impl Ends {
    pub(super) fn add(&self, who: &'static str, end: End) {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.push((who, end));
    }

    pub(super) fn take(&self) -> Vec<(&'static str, End)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An operator at a machine.
pub(super) struct Desk<'a> {
    pub(super) crew: &'a Crew,
    pub(super) scene: &'a Scene,
    pub(super) person: Person,
    pub(super) operator: Operator,
    /// The plan that everybody has.
    pub(super) shared: Option<&'a Plan>,
    pub(super) ends: &'a Ends,
}

impl Desk<'_> {
    /// Tries, as often as this person does.
    pub(super) async fn work(self) {
        let clock = self.clock();
        clock.sleep(self.person.begins).await;
        let mut errand = self.person.errand;
        let mut accepted = Vec::new();
        for _ in 0..self.person.tries {
            let end = Box::pin(self.attempt(errand, &mut accepted)).await;
            self.ends.add(self.person.name, end.clone());
            let (wait_s, next) = match end {
                End::Rests(RunStatus::Unwound) if self.scene.mode == Mode::Unplanned => {
                    (120, Errand::Begin)
                }
                End::Rests(status) if status.is_over() => return,
                End::Rests(_) => (240, Errand::Resume),
                // Whoever came to go on finds nothing to go on with, and begins if it is an emergency.
                End::Nothing
                    if errand == Errand::Resume
                        && self.person.run.is_none()
                        && self.scene.mode == Mode::Unplanned =>
                {
                    (30, Errand::Begin)
                }
                End::Nothing | End::Stopped | End::Defect(_) => return,
                End::Refused => (60, Errand::Begin),
                End::Busy => (100, Errand::Resume),
                End::Open => (1, Errand::Resume),
                End::Fenced if self.person.stubborn => (5, Errand::Resume),
                End::Fenced => return,
                End::Interrupted => (20, Errand::Resume),
            };
            errand = next;
            clock.sleep(Duration::from_secs(wait_s)).await;
        }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.crew.simulation.clock()
    }

    async fn attempt(&self, errand: Errand, accepted: &mut Vec<Waiver>) -> End {
        let plan = match errand {
            Errand::Resume => {
                return match self.newest_run().await {
                    Ok(Some(run)) => self.resume(&run).await,
                    Ok(None) => End::Nothing,
                    Err(end) => end,
                };
            }
            Errand::BeginShared => self.shared.cloned(),
            Errand::Begin => None,
        };
        match plan {
            Some(plan) => self.begin(plan, accepted).await,
            None => {
                let scene = self.scene;
                let plan = self.crew.plan_as(
                    &self.operator,
                    &scene.runbook,
                    scene.mode,
                    scene.direction.clone(),
                );
                match plan.await {
                    Ok(plan) => self.begin(plan, accepted).await,
                    Err(_) => End::Refused,
                }
            }
        }
    }

    async fn begin(&self, plan: Plan, accepted: &mut Vec<Waiver>) -> End {
        let host = self.crew.host(&self.operator);
        let now = host.ports.clock.now();
        let run = run_id(&plan, now);
        let options = StartOptions {
            outage_since: None,
            accepted: accepted.clone(),
        };
        let result = self.drive(&host, host.start(run, plan, options)).await;
        if let Err(HostError::Refused(findings)) = &result
            && self.scene.mode == Mode::Unplanned
        {
            *accepted = loss_accepted(findings, self.person.name, now);
        }
        end_of(result)
    }

    async fn resume(&self, run: &RunId) -> End {
        let host = self.crew.host(&self.operator);
        end_of(self.drive(&host, host.resume(run)).await)
    }

    /// Runs it, and presses Ctrl-C when this person does.
    async fn drive(
        &self,
        host: &Host,
        work: impl Future<Output = Result<Outcome, HostError>> + Send,
    ) -> Result<Outcome, HostError> {
        let Some((after, presses)) = self.person.interrupt else {
            return Box::pin(work).await;
        };
        let clock = self.clock();
        let stop = host.stop.clone();
        let press = Box::pin(async move {
            clock.sleep(after).await;
            for _ in 0..presses {
                stop.press();
            }
        });
        match select(Box::pin(work), press).await {
            Either::Left((result, _)) => result,
            Either::Right(((), work)) => work.await,
        }
    }

    /// The run to go on with: the newest that this operator finds, when nothing was said.
    async fn newest_run(&self) -> Result<Option<RunId>, End> {
        if self.person.run.is_some() {
            return Ok(self.person.run.clone());
        }
        let runs = self.crew.logs(&self.operator).runs().await;
        Ok(runs.map_err(|_| End::Interrupted)?.into_iter().max())
    }
}

/// What people accept of a preflight: how much a failover may lose, when nothing else speaks against it.
fn loss_accepted(findings: &[Finding], who: &str, at: jiff::Timestamp) -> Vec<Waiver> {
    const LOSS: [&str; 2] = ["lag-exceeds-rpo", "lag-unknown"];
    let mut blocking = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Blocking);
    if !blocking.all(|finding| LOSS.contains(&finding.code.as_str())) {
        return Vec::new();
    }
    LOSS.map(|code| Waiver {
        code: code.to_owned(),
        who: who.to_owned(),
        why: "the primary is lost".to_owned(),
        at,
    })
    .into()
}

fn end_of(result: Result<Outcome, HostError>) -> End {
    let error = match result {
        Ok(outcome) => return End::Rests(outcome.status()),
        Err(error) => error,
    };
    match error {
        HostError::Refused(_) => End::Refused,
        HostError::OpenRun { .. } | HostError::Append(AppendError::Exists { .. }) => End::Open,
        HostError::Over { .. } | HostError::NoRun(_) => End::Nothing,
        HostError::Fenced | HostError::Lock(LockError::Lost { .. }) => End::Fenced,
        HostError::Stopped => End::Stopped,
        HostError::Lock(LockError::Held { .. } | LockError::Contended { .. }) => End::Busy,
        HostError::Lock(LockError::Store(_))
        | HostError::Store(_)
        | HostError::Journal(JournalError::Store(_) | JournalError::NotFound { .. })
        | HostError::Append(
            AppendError::Store(_) | AppendError::Taken { .. } | AppendError::Unsettled { .. },
        ) => End::Interrupted,
        error @ (HostError::Journal(_)
        | HostError::Append(_)
        | HostError::Replay(_)
        | HostError::Illegal(_)) => End::Defect(explain(&error)),
    }
}

/// An error with its causes.
fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
