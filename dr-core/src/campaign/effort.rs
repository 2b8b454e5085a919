//! What people do about a disaster: they begin, they wait, they look again, somebody else takes over; until nothing more is
//! to be hoped for.

use std::sync::Arc;

use futures_util::future::{Either, pending, select};
use jiff::Timestamp;

use super::crew::{Crew, Records};
use super::setting::explain;
use crate::model::{Direction, Duration, Finding, Mode, RunId, Severity, Waiver};
use crate::runbook::host::{HostError, Outcome, StartOptions, run_id};
use crate::runbook::journal::{self, Record};
use crate::runbook::plan::Plan;
use crate::runbook::{Event, RunStatus, Runbook};
use crate::sim::{Moment, Operator, Simulation, Stopped};

/// How soon people look again when nothing was mended; twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_mins(5);
/// The longest that they wait before they look again.
const LONGEST_PAUSE: Duration = Duration::from_mins(60);
/// How soon people act when they hear that something was mended.
const HEARD: Duration = Duration::from_secs(90);
/// How often they look in vain, with nothing left that could be mended, before they give up.
const VAIN_LOOKS: u32 = 3;
/// What people accept of the preflight of a failover: how much may be lost.
const ACCEPTED: [&str; 2] = ["lag-exceeds-rpo", "lag-unknown"];
/// How often they look at all.
const LOOKS: usize = 80;

/// How an attempt came to rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Clients were served again before anything was begun.
    CalledOff,
    /// Nothing was begun.
    Refused(String),
    /// The run waits for people.
    Held(String),
    /// The run is over.
    Over(RunStatus),
    /// The store failed, or the lock was somebody else's: what was under way is in doubt.
    Broken(String),
    /// The operator's machine died.
    Died,
    /// The run never rests: a defect.
    NeverRests,
}

impl Rest {
    /// In a sentence.
    pub(crate) fn says(&self) -> String {
        match self {
            Self::CalledOff => "clients are served again: nothing is begun".to_owned(),
            Self::Refused(why) => format!("refused: {why}"),
            Self::Held(why) => format!("held: {why}"),
            Self::Over(status) => format!("the run is {}", format!("{status:?}").to_lowercase()),
            Self::Broken(why) => format!("interrupted: {why}"),
            Self::Died => "the operator's machine died".to_owned(),
            Self::NeverRests => "the run does not come to rest".to_owned(),
        }
    }
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Course {
    /// When people began.
    pub(crate) first_try: Timestamp,
    /// How each attempt came to rest, and when.
    pub(crate) rests: Vec<(Timestamp, Rest)>,
    /// Runs that were begun.
    pub(crate) runs: u32,
    /// The plan of the last one.
    pub(crate) plan: Option<Arc<Plan>>,
    /// What the last one recorded.
    pub(crate) records: Vec<Record>,
    /// Blocking findings of the preflight that people accepted.
    pub(crate) accepted: Vec<Waiver>,
}

impl Course {
    /// How the last attempt came to rest.
    pub(crate) fn last(&self) -> &Rest {
        self.rests.last().map_or(&Rest::CalledOff, |(_, rest)| rest)
    }
}

/// People who carry a runbook through.
pub(crate) struct Effort<'a> {
    pub(crate) crew: &'a Crew,
    /// The watcher of the crew.
    pub(crate) records: Arc<Records>,
    pub(crate) runbook: &'a Runbook,
    pub(crate) mode: Mode,
    pub(crate) direction: &'a Direction,
    /// When something is mended, in order.
    pub(crate) mends: Vec<Timestamp>,
    /// When the machine of the operator who drives dies.
    pub(crate) deaths: Vec<Timestamp>,
    /// Whether a run is begun although clients are served.
    pub(crate) act_always: bool,
}

impl Effort<'_> {
    fn simulation(&self) -> &Simulation {
        &self.crew.simulation
    }

    /// Goes on until the run is over, or nothing more is to be hoped for.
    pub(crate) fn carry_through(&self) -> Course {
        let mut course = Course {
            first_try: self.simulation().now(),
            rests: Vec::new(),
            runs: 0,
            plan: None,
            records: Vec::new(),
            accepted: Vec::new(),
        };
        let mut open: Option<RunId> = None;
        let (mut pause, mut vain, mut done) = (FIRST_PAUSE, 0, 0);
        let mut accepted = 0;
        while course.rests.len() < LOOKS {
            let resumed = open.is_some();
            let rest = match &open {
                None => self.begin(&mut course, &mut open),
                Some(run) => self.go_on(&run.clone()),
            }
            .unwrap_or_else(|stopped| match stopped {
                Stopped::Crashed => Rest::Died,
                Stopped::TimeBound => Rest::NeverRests,
            });
            let over = match &rest {
                Rest::CalledOff | Rest::NeverRests => true,
                Rest::Over(RunStatus::Unwound) => {
                    open = None;
                    // A switchover that unwound is done with: it lost nothing.
                    self.mode == Mode::Planned
                }
                Rest::Over(_) => true,
                Rest::Refused(_) => {
                    open = None;
                    false
                }
                _ => false,
            };
            // A machine that died is noticed, and what was accepted is begun with, without waiting for anything.
            let soon = rest == Rest::Died
                || course.accepted.len() > accepted
                || (resumed && matches!(rest, Rest::Refused(_)));
            accepted = course.accepted.len();
            course.rests.push((self.simulation().now(), rest));
            course.records = self.records.so_far();
            let now_done = steps_done(&course.records);
            (vain, pause) = if now_done > done {
                (0, FIRST_PAUSE)
            } else {
                (vain + 1, pause)
            };
            done = now_done;
            if over {
                break;
            }
            let wait = if soon {
                Some(HEARD)
            } else {
                self.wait(pause, vain)
            };
            let Some(wait) = wait else {
                break;
            };
            pause = pause.times(2).min(LONGEST_PAUSE);
            self.simulation().advance(wait);
        }
        if let Some(run) = &open
            && course
                .rests
                .iter()
                .any(|(_, rest)| matches!(rest, Rest::Broken(_)))
        {
            // What became durable while its answer was lost was not told to the watcher.
            course.records = self.journal(run).unwrap_or(course.records);
        }
        course
    }

    /// How long people wait before they look again; `None` when they give up.
    fn wait(&self, pause: Duration, vain: u32) -> Option<Duration> {
        let now = self.simulation().now();
        let mended = self.mends.iter().find(|mend| **mend > now);
        let served = is_served_by(self.simulation(), &self.direction.to.clone());
        match mended {
            Some(mend) => {
                let heard = Duration::between(now, *mend) + HEARD;
                Some(if served { heard } else { heard.min(pause) })
            }
            None => (vain < VAIN_LOOKS).then_some(pause),
        }
    }

    /// Plans and begins a run.
    fn begin(&self, course: &mut Course, open: &mut Option<RunId>) -> Result<Rest, Stopped> {
        let outage_since = self.crew.outage()?;
        let truth = self.simulation().truth();
        let down = truth
            .outages
            .last()
            .is_some_and(|outage| outage.until.is_none());
        if self.mode == Mode::Unplanned && !self.act_always && !down {
            return Ok(Rest::CalledOff);
        }
        let planned = self
            .crew
            .plan(self.runbook, self.mode, self.direction.clone())?;
        let plan = match planned {
            Ok(plan) => plan,
            Err(findings) => return Ok(Rest::Refused(blocking(&findings))),
        };
        self.records.take();
        course.runs += 1;
        course.plan = Some(Arc::new(plan.clone()));
        let run = run_id(&plan, self.simulation().now());
        let operator = self.simulation().operator("olga");
        let host = self.crew.host(&operator);
        let options = StartOptions {
            outage_since,
            accepted: course.accepted.clone(),
        };
        // Whatever happens from here on, the run may exist.
        *open = Some(run.clone());
        let result = self.drive(&operator, host.start(run, plan, options))?;
        Ok(match result {
            Err(HostError::Refused(findings)) => {
                *open = None;
                self.accept(course, &findings);
                Rest::Refused(blocking(&findings))
            }
            Err(HostError::OpenRun { run, status }) => {
                *open = Some(run);
                Rest::Broken(format!("an earlier run is {status:?}"))
            }
            Err(error) if self.records.so_far().is_empty() => {
                *open = None;
                Rest::Refused(explain(&error))
            }
            other => rested(other),
        })
    }

    /// Accepts what was refused when it is the loss alone: a primary that is lost does not bring its data back by being waited
    /// for.
    fn accept(&self, course: &mut Course, findings: &[Finding]) {
        let mut refused = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Blocking);
        if self.mode == Mode::Planned
            || !refused.all(|finding| ACCEPTED.contains(&finding.code.as_str()))
        {
            return;
        }
        let at = self.simulation().now();
        for code in ACCEPTED {
            if course.accepted.iter().all(|waiver| waiver.code != code) {
                course.accepted.push(Waiver {
                    code: code.to_owned(),
                    who: "olga".to_owned(),
                    why: "the primary is lost".to_owned(),
                    at,
                });
            }
        }
    }

    /// Somebody takes the run over and goes on.
    fn go_on(&self, run: &RunId) -> Result<Rest, Stopped> {
        let operator = self.simulation().operator("paul");
        let host = self.crew.host(&operator);
        Ok(match self.drive(&operator, host.resume(run))? {
            // The operator before died, or the store failed, before anything of it was durable.
            Err(error @ HostError::NoRun(_)) => Rest::Refused(explain(&error)),
            other => rested(other),
        })
    }

    /// Runs a future in the name of an operator whose machine may die meanwhile.
    fn drive(
        &self,
        operator: &Operator,
        work: impl Future<Output = Result<Outcome, HostError>>,
    ) -> Result<Result<Outcome, HostError>, Stopped> {
        let simulation = self.simulation();
        let now = simulation.now();
        let Some(death) = self.deaths.iter().find(|death| **death > now) else {
            return simulation.run(operator, work);
        };
        let clock = simulation.clock();
        let until = Duration::between(now, *death);
        let dies = async {
            clock.sleep(until).await;
            operator.crash_at(operator.calls_made() + 1, Moment::Unanswered);
            pending::<()>().await;
        };
        let both = async {
            match select(Box::pin(work), Box::pin(dies)).await {
                Either::Left((result, _)) => result,
                Either::Right(((), _)) => Err(HostError::Stopped),
            }
        };
        simulation.run(operator, both)
    }

    /// The journal of a run as it stands in the store, where that answers.
    fn journal(&self, run: &RunId) -> Option<Vec<Record>> {
        let reader = self.simulation().operator("reader");
        let logs = self.crew.logs(&reader);
        let bytes = self
            .simulation()
            .run(&reader, logs.read(run))
            .ok()?
            .ok()??;
        Some(journal::read(&bytes).ok()?.records)
    }
}

/// Whether clients are served by that site: it takes the writes of every data set, and no outage is open.
pub(crate) fn is_served_by(simulation: &Simulation, site: &crate::model::SiteId) -> bool {
    let truth = simulation.truth();
    let open = truth
        .outages
        .last()
        .is_some_and(|outage| outage.until.is_none());
    !open
        && truth
            .writable_primaries
            .values()
            .all(|writers| writers.as_slice() == std::slice::from_ref(site))
}

fn rested(result: Result<Outcome, HostError>) -> Rest {
    match result {
        Ok(outcome) if outcome.status().is_over() => Rest::Over(outcome.status()),
        Ok(outcome) => Rest::Held(outcome.state.held.unwrap_or_default()),
        Err(HostError::Over { status, .. }) => Rest::Over(status),
        Err(error) => Rest::Broken(explain(&error)),
    }
}

fn blocking(findings: &[Finding]) -> String {
    let said: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Blocking)
        .map(|finding| finding.message.as_str())
        .collect();
    said.join("; ")
}

fn steps_done(records: &[Record]) -> usize {
    let done = |record: &&Record| {
        matches!(
            record.event,
            Event::StepSucceeded { .. } | Event::StepSkipped { .. }
        )
    };
    records.iter().filter(done).count()
}
