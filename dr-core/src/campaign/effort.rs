//! What people do about a disaster: they begin, they wait, they look again, somebody else takes over; until nothing more is
//! to be hoped for.

use std::sync::Arc;

use futures_util::future::{Either, pending, select};
use jiff::Timestamp;

use super::course::{Course, Rest};
use super::crew::{Crew, Records};
use crate::model::{Direction, Duration, Finding, Mode, RunId, Severity, Waiver};
use crate::runbook::host::{HostError, Outcome, StartOptions, run_id};
use crate::runbook::journal::{self, Record};
use crate::runbook::{RunStatus, Runbook};
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

/// What people expect of looking again.
struct Outlook {
    /// How long they wait when nothing is mended.
    pause: Duration,
    /// How often they looked, and nothing had come of it.
    vain: u32,
    /// Steps that were done when they looked last.
    done: usize,
}

impl Outlook {
    fn new() -> Self {
        Self {
            pause: FIRST_PAUSE,
            vain: 0,
            done: 0,
        }
    }

    /// Takes in how many steps are done now.
    fn take_in(&mut self, done: usize) {
        if done > self.done {
            (self.pause, self.vain) = (FIRST_PAUSE, 0);
        } else {
            self.vain += 1;
        }
        self.done = done;
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
        let mut course = Course::beginning(self.simulation().now());
        let mut open: Option<RunId> = None;
        let mut outlook = Outlook::new();
        while course.rests.len() < LOOKS {
            let (resumed, accepted) = (open.is_some(), course.accepted.len());
            let rest = match &open {
                None => self.begin(&mut course, &mut open),
                Some(run) => self.go_on(&run.clone()),
            }
            .unwrap_or_else(|stopped| match stopped {
                Stopped::Crashed => Rest::Died,
                Stopped::TimeBound => Rest::NeverRests,
            });
            if matches!(rest, Rest::Refused(_) | Rest::Over(RunStatus::Unwound)) {
                open = None;
            }
            // A machine that died is noticed, and what was accepted is begun with, without waiting for anything.
            let soon = rest == Rest::Died
                || course.accepted.len() > accepted
                || (resumed && matches!(rest, Rest::Refused(_)));
            let over = self.is_over(&rest);
            course.rests.push((self.simulation().now(), rest));
            course.records = self.records.so_far();
            outlook.take_in(course.steps_done());
            let wait = if soon {
                Some(HEARD)
            } else {
                self.wait(&outlook)
            };
            let Some(wait) = wait.filter(|_| !over) else {
                break;
            };
            outlook.pause = outlook.pause.times(2).min(LONGEST_PAUSE);
            self.simulation().advance(wait);
        }
        let broken = |(_, rest): &(Timestamp, Rest)| matches!(rest, Rest::Broken(_));
        if let Some(run) = open.filter(|_| course.rests.iter().any(broken)) {
            // What became durable while its answer was lost was not told to the watcher.
            course.records = self.journal(&run).unwrap_or(course.records);
        }
        course
    }

    /// Whether nothing more is done after an attempt.
    fn is_over(&self, rest: &Rest) -> bool {
        match rest {
            // A switchover that unwound is done with: it lost nothing. A failover is begun again.
            Rest::Over(RunStatus::Unwound) => self.mode == Mode::Planned,
            Rest::CalledOff | Rest::NeverRests | Rest::Over(_) => true,
            Rest::Refused(_) | Rest::Held(_) | Rest::Broken(_) | Rest::Died => false,
        }
    }

    /// How long people wait before they look again; `None` when they give up.
    fn wait(&self, outlook: &Outlook) -> Option<Duration> {
        let now = self.simulation().now();
        let mended = self.mends.iter().find(|mend| **mend > now);
        let served = is_served_by(self.simulation(), &self.direction.to.clone());
        match mended {
            Some(mend) => {
                let heard = Duration::between(now, *mend) + HEARD;
                Some(if served {
                    heard
                } else {
                    heard.min(outlook.pause)
                })
            }
            None => (outlook.vain < VAIN_LOOKS).then_some(outlook.pause),
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
            Ok(plan) => Arc::new(plan),
            Err(findings) => return Ok(Rest::Refused(blocking(&findings))),
        };
        self.records.take();
        course.runs += 1;
        course.plan = Some(Arc::clone(&plan));
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
                Rest::Refused(error.explained())
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
            Err(error @ HostError::NoRun(_)) => Rest::Refused(error.explained()),
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
        Err(error) => Rest::Broken(error.explained()),
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
