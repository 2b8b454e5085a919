//! One run of a rehearsal: planned and carried out by a person, by the real planner, engine and actions.

use std::sync::Arc;

use jiff::Timestamp;

use super::archive;
use super::board::{Board, Noted, Reporter, What};
use super::play::{Beat, Stage};
use super::scenario::RunAct;
use crate::discover;
use crate::model::{Direction, Duration, Ending, RunId, Severity, Waiver};
use crate::port::People;
use crate::report::{Judgement, Report};
use crate::runbook::RunStatus;
use crate::runbook::host::{Host, HostError, StartOptions, run_id};
use crate::runbook::journal::ObjectLog;
use crate::runbook::lock::LockError;
use crate::runbook::plan::{self, Plan, Request};
use crate::sim::Operator;

/// How far back an outage is looked for.
const LOOK_BACK: Duration = Duration::from_mins(120);

/// How the act of a person at a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    /// How.
    pub(super) ending: Ending,
    /// By which codes it is held or refused.
    pub(super) codes: Vec<String>,
    /// What `dr` returns; `None` for a process that died.
    pub(super) exit_code: Option<u8>,
    /// In a sentence.
    pub(super) said: String,
}

/// A run that a person began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) run: RunId,
    pub(super) runbook: String,
    /// Which way. Its journal, lock and inbox are kept in the site that it moves to, as those of a real run are.
    pub(super) direction: Direction,
}

/// A person at a machine, with all that is needed to carry out runs.
pub(super) struct Desk<'a> {
    pub(super) stage: &'a Stage,
    pub(super) board: &'a Arc<Board>,
    pub(super) people: Arc<dyn People>,
    pub(super) process: Operator,
}

impl Desk<'_> {
    /// Journal, lock and inbox in the site that the run moves to: nothing that it needs lies only in the one that it leaves.
    fn host(&self, direction: &Direction) -> Host {
        let store = self.process.store(&direction.to);
        let opposite = ObjectLog::new(self.process.store(&direction.from));
        Host {
            ports: self.process.ports(),
            logs: Arc::new(ObjectLog::new(store.clone())),
            opposite: Some(Arc::new(opposite)),
            store,
            people: self.people.clone(),
            watcher: Arc::new(Reporter {
                board: self.board.clone(),
                audience: self.stage.audience.clone(),
            }),
            operator: self.process.name().to_owned(),
            stop: self.stage.stop.clone(),
        }
    }

    /// Plans a runbook and carries it out until it rests. `begins` is told of it as soon as it has a name.
    pub(super) async fn start(&self, act: &RunAct, begins: impl Fn(Begun)) -> Ended {
        let Some(runbook) = self.stage.runbooks.get(&act.runbook) else {
            unreachable!("the stage looked for every runbook before it began")
        };
        let plan = match self.plan(runbook, act).await {
            Ok(plan) => plan,
            Err(findings) => return self.refused(&act.runbook, &findings),
        };
        let clock = self.process.ports().clock;
        let options = StartOptions {
            outage_since: self.outage().await,
            accepted: act
                .accept
                .iter()
                .map(|code| Waiver {
                    code: code.clone(),
                    who: self.process.name().to_owned(),
                    why: "accepted by the story".to_owned(),
                    at: clock.now(),
                })
                .collect(),
        };
        let begun = Begun {
            run: run_id(&plan, clock.now()),
            runbook: act.runbook.clone(),
            direction: plan.direction.clone(),
        };
        let beat = Beat::Run {
            run: begun.run.clone(),
            direction: begun.direction.clone(),
            predicted: plan.prediction.until_serving,
        };
        self.stage.audience.told(self.stage.simulation.now(), &beat);
        begins(begun.clone());
        let host = self.host(&begun.direction);
        match host.start(begun.run.clone(), plan, options).await {
            Ok(outcome) => self.rested(&begun, outcome.status()),
            Err(error) => {
                let mut ended = self.failed(&act.runbook, error);
                // What has no journal was never begun.
                if archive::bytes(&self.stage.simulation, &begun).is_err() {
                    ended.ending = Ending::Refused;
                }
                ended
            }
        }
    }

    /// Goes on with a run until it rests.
    pub(super) async fn resume(&self, begun: &Begun) -> Ended {
        match self.host(&begun.direction).resume(&begun.run).await {
            Ok(outcome) => self.rested(begun, outcome.status()),
            Err(error) => self.failed(&begun.runbook, error),
        }
    }

    /// A plan from the site that is primary now to the other one.
    async fn plan(
        &self,
        runbook: &crate::runbook::Runbook,
        act: &RunAct,
    ) -> Result<Plan, Vec<crate::model::Finding>> {
        let estate = self.stage.simulation.estate();
        let inventory = discover::inventories(estate, &self.process.ports()).await;
        let roles = discover::roles(&inventory, estate);
        let from = roles.primary().unwrap_or(&estate.home().id).clone();
        let to = estate.other_site(&from).id.clone();
        plan::plan(&Request {
            estate,
            runbook,
            inventory: &inventory,
            mode: act.mode,
            rehearsal: true,
            direction: Direction { from, to },
        })
    }

    /// Since when clients are not served, as seen from outside; `None` while they are.
    async fn outage(&self) -> Option<Timestamp> {
        let seen = self.process.ports().observers.clients(LOOK_BACK).await;
        seen.ok()
            .and_then(|view| view.outage)
            .filter(|outage| outage.until.is_none())
            .map(|outage| outage.from)
    }

    fn rested(&self, begun: &Begun, status: RunStatus) -> Ended {
        let report = archive::report(&self.stage.simulation, begun).ok();
        let run = &begun.run;
        let ending = ending(status);
        let because = report
            .as_ref()
            .and_then(|report| report.verdict.because.clone());
        Ended {
            ending,
            codes: match ending {
                Ending::Held => self.board.last_asked(&begun.runbook).into_iter().collect(),
                _ => Vec::new(),
            },
            exit_code: report.as_ref().map(exit_code),
            said: match because.filter(|_| ending != Ending::Completed) {
                Some(because) => format!("{run} is {}: {because}", ending.name()),
                None => format!("{run} is {}", ending.name()),
            },
        }
    }

    fn refused(&self, runbook: &str, findings: &[crate::model::Finding]) -> Ended {
        let blocking = || findings.iter().filter(|f| f.severity == Severity::Blocking);
        let codes: Vec<String> = blocking().map(|finding| finding.code.clone()).collect();
        for code in &codes {
            self.board.note(Noted {
                runbook: runbook.to_owned(),
                what: What::Refused(None, code.clone()),
            });
        }
        let messages: Vec<&str> = blocking().map(|finding| finding.message.as_str()).collect();
        Ended {
            ending: Ending::Refused,
            codes,
            exit_code: Some(20),
            said: format!("refused: {}", messages.join("; ")),
        }
    }

    fn failed(&self, runbook: &str, error: HostError) -> Ended {
        let said = error.explained();
        let (ending, code, exit) = match error {
            HostError::Refused(findings) => return self.refused(runbook, &findings),
            HostError::OpenRun { .. } => (Ending::Refused, "open-run", 50),
            HostError::Lock(LockError::Held { .. } | LockError::Contended { .. }) => {
                (Ending::Refused, "lock-held", 50)
            }
            HostError::Over { .. } => (Ending::Refused, "run-over", 2),
            HostError::NoRun(_) => (Ending::Refused, "no-run", 2),
            HostError::Fenced => (Ending::CutOff, "fenced", 50),
            HostError::Stopped => (Ending::CutOff, "stopped", 21),
            HostError::Journal(_) | HostError::Replay(_) => {
                (Ending::CutOff, "journal-unreadable", 51)
            }
            HostError::Lock(_) | HostError::Append(_) | HostError::Store(_) => {
                (Ending::CutOff, "store-unreachable", 1)
            }
            HostError::Illegal(_) => (Ending::CutOff, "defect", 1),
        };
        self.board.note(Noted {
            runbook: runbook.to_owned(),
            what: What::Refused(None, code.to_owned()),
        });
        Ended {
            ending,
            codes: vec![code.to_owned()],
            exit_code: Some(exit),
            said,
        }
    }
}

/// How a status is called in a story.
pub(super) fn ending(status: RunStatus) -> Ending {
    match status {
        RunStatus::Running | RunStatus::Unwinding | RunStatus::Held => Ending::Held,
        RunStatus::Completed => Ending::Completed,
        RunStatus::Unwound => Ending::Unwound,
        RunStatus::Stuck => Ending::Stuck,
        RunStatus::Aborted => Ending::Aborted,
    }
}

/// What `dr` returns for a run that stands like this: `docs/exit-codes.md`.
pub fn exit_code(report: &Report) -> u8 {
    let missed =
        [report.recovery_time.judgement, report.data_loss.judgement].contains(&Judgement::Missed);
    match report.verdict.status {
        RunStatus::Completed if missed => 31,
        RunStatus::Completed => 0,
        RunStatus::Held | RunStatus::Running | RunStatus::Unwinding => 21,
        RunStatus::Unwound => 22,
        RunStatus::Stuck => 23,
        RunStatus::Aborted => 24,
    }
}
