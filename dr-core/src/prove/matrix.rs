//! Tries a runbook under outages.

use std::sync::Arc;

use jiff::Timestamp;

use super::cell::{Cell, Verdict};
use super::outage::{self, Does, Outage, Side};
use crate::campaign::{Course, Effort, Rest, broken_promises};
use crate::campaign::{Crew, Distribution, Records, Setting, SettingError, is_served_by};
use crate::model::{Duration, Estate, Mode, StepId, Verb};
use crate::runbook::plan::Plan;
use crate::runbook::{Event, Runbook};
use crate::sim::people::OnCall;
use crate::sim::{Simulation, World};

/// From the beginning of the outages until a run is begun.
const NOTICE: Duration = Duration::from_mins(2);
/// How long each answer takes.
const ANSWER: Duration = Duration::from_secs(90);
/// Where the world's chance begins. One is enough: chance is what campaigns are for.
const SEED: u64 = 1;

/// A runbook with everything that can be taken away from it.
pub struct Matrix {
    pub(super) setting: Setting,
    pub(super) outages: Vec<Outage>,
    pub(super) lasts: Duration,
    world: World,
    /// When a run without any outage begins to promote, after the first attempt.
    promotes_after: Duration,
}

impl Matrix {
    /// The matrix of a runbook. An outage is mended after `lasts`. `homeward`: service is away when it begins.
    ///
    /// # Errors
    /// A [`SettingError`]: on a healthy estate it cannot be planned.
    pub fn new(
        estate: Estate,
        runbook: Runbook,
        mode: Mode,
        homeward: bool,
        lasts: Duration,
    ) -> Result<Self, SettingError> {
        let people = Distribution::undisturbed(&["ada", "grace"], NOTICE, ANSWER);
        let setting = Setting::new(estate, runbook, mode, homeward, people)?;
        let simulation = setting.world(SEED)?;
        let mut matrix = Self {
            outages: Vec::new(),
            lasts,
            world: simulation.snapshot(),
            promotes_after: Duration::ZERO,
            setting,
        };
        let undisturbed = matrix.carry_out(&[]);
        if let Some(plan) = &undisturbed.course.plan {
            matrix.outages = outage::outages(&matrix.setting.estate, plan);
            matrix.promotes_after = promotes_after(plan, &undisturbed.course);
        }
        Ok(matrix)
    }

    /// What can be taken away.
    pub fn outages(&self) -> &[Outage] {
        &self.outages
    }

    /// The cells: nothing taken away, each outage alone, and each pair where they are wanted.
    pub fn cells(&self, pairs: bool) -> Vec<Vec<usize>> {
        let count = self.outages.len();
        let mut cells = vec![Vec::new()];
        cells.extend((0..count).map(|one| vec![one]));
        if pairs {
            cells
                .extend((0..count).flat_map(|one| (one + 1..count).map(move |two| vec![one, two])));
        }
        cells
    }

    /// Tries the runbook with these outages, by their numbers.
    pub fn try_out(&self, outages: &[usize]) -> Cell {
        let taken: Vec<&Outage> = outages
            .iter()
            .filter_map(|n| self.outages.get(*n))
            .collect();
        let tried = self.carry_out(&taken);
        let simulation = &tried.simulation;
        let truth = simulation.truth();
        let violations = broken_promises(simulation, &tried.course.records);
        let reached = self.reached(&tried);
        let mended = self.lasts.after(tried.began);
        let verdict = match reached {
            _ if !violations.is_empty() || never_rests(&tried.course) => Verdict::Unsafe,
            None => Verdict::Missed,
            Some(at) if !taken.is_empty() && at > mended => Verdict::Late,
            Some(_) => Verdict::Reached,
        };
        let (step, because) = obstacle(&tried.course, verdict);
        Cell {
            outages: outages.to_vec(),
            verdict,
            required: self.is_required(&taken),
            took: reached.map(|at| Duration::between(tried.course.first_try, at)),
            downtime: truth
                .outages
                .iter()
                .filter(|outage| outage.until.is_none_or(|until| until > tried.began))
                .map(|outage| Duration::between(outage.from, outage.until.unwrap_or(truth.at)))
                .max()
                .unwrap_or(Duration::ZERO),
            lost: truth.lost,
            step,
            because,
            attempts: tried.course.rests.len(),
            ends: tried.course.last().says(),
            violations,
        }
    }

    /// A planned move needs both sites; an unplanned one nothing of the site that it leaves.
    fn is_required(&self, taken: &[&Outage]) -> bool {
        taken.iter().all(|outage| match outage.side {
            Side::Shared => true,
            Side::Left => self.setting.mode == Mode::Unplanned,
            Side::Taken | Side::Clients => false,
        })
    }

    fn carry_out(&self, taken: &[&Outage]) -> Tried {
        let simulation = Simulation::restore(self.world.clone());
        let began = simulation.now();
        let mut deaths = Vec::new();
        for outage in taken {
            match &outage.does {
                Does::Fault(begins, ends) => {
                    simulation.inject(begins.clone());
                    simulation.schedule(self.lasts, ends.clone());
                }
                Does::OperatorDies => {
                    deaths.push((NOTICE + self.promotes_after).after(began));
                }
            }
        }
        simulation.advance(NOTICE);
        let records = Arc::new(Records::default());
        let crew = Crew {
            simulation: simulation.clone(),
            people: Arc::new(OnCall::new(simulation.clock(), &["ada", "grace"], ANSWER)),
            watcher: records.clone(),
            store_at: self.setting.direction.to.clone(),
        };
        let mended = taken.iter().any(|outage| outage.does != Does::OperatorDies);
        let course = Effort {
            crew: &crew,
            records,
            runbook: &self.setting.runbook,
            mode: self.setting.mode,
            direction: &self.setting.direction,
            mends: mended
                .then(|| self.lasts.after(began))
                .into_iter()
                .collect(),
            deaths,
            act_always: true,
        }
        .carry_through();
        simulation.advance(Duration::from_mins(5));
        Tried {
            simulation,
            course,
            began,
        }
    }

    /// When clients were served by the site that takes over, and stayed with it.
    fn reached(&self, tried: &Tried) -> Option<Timestamp> {
        if !is_served_by(&tried.simulation, &self.setting.direction.to) {
            return None;
        }
        let plan = tried.course.plan.as_ref()?;
        let opens = |step: &StepId| {
            plan.step(step)
                .is_some_and(|step| matches!(step.verb, Verb::Shift(_) | Verb::Promote(_)))
        };
        let opened = tried.course.records.iter().rev().find_map(|record| {
            let done = match &record.event {
                Event::StepSucceeded { step, .. } | Event::StepSkipped { step, .. } => opens(step),
                _ => false,
            };
            done.then_some(record.at)
        });
        let served = tried
            .simulation
            .truth()
            .outages
            .last()
            .and_then(|outage| outage.until)
            .filter(|until| *until > tried.began);
        // The clients know better than the run, which may wait for an observer that does not answer.
        served.or(opened)
    }
}

/// A run under outages.
struct Tried {
    simulation: Simulation,
    course: Course,
    began: Timestamp,
}

fn never_rests(course: &Course) -> bool {
    course
        .rests
        .iter()
        .any(|(_, rest)| *rest == Rest::NeverRests)
}

fn promotes_after(plan: &Plan, course: &Course) -> Duration {
    let promotion = plan.steps().find(|step| step.pivot).map(|step| &step.id);
    let begins = course.records.iter().find(|record| {
        matches!(&record.event, Event::StepStarted { step, .. } if Some(step) == promotion)
    });
    begins.map_or(Duration::from_mins(5), |record| {
        Duration::between(course.first_try, record.at) + Duration::from_secs(1)
    })
}

/// What stood in the way first: the step, where one had begun, and why.
fn obstacle(course: &Course, verdict: Verdict) -> (Option<StepId>, String) {
    let first = course.rests.iter().find(|(_, rest)| match rest {
        Rest::Refused(_) | Rest::Held(_) | Rest::Broken(_) | Rest::NeverRests => true,
        Rest::Over(status) => *status != crate::runbook::RunStatus::Completed,
        Rest::CalledOff | Rest::Died => false,
    });
    let Some((at, rest)) = first else {
        return (None, String::new());
    };
    if matches!(rest, Rest::Refused(_)) {
        return (None, rest.says());
    }
    let step = course
        .records
        .iter()
        .rev()
        .filter(|record| record.at <= *at)
        .find_map(|record| match &record.event {
            Event::StepFailed { step, .. } | Event::StepInDoubt { step, .. } => Some(step.clone()),
            Event::Asked { question } => Some(question.step.clone()),
            // An interruption stands in the step that had begun last.
            Event::StepStarted { step, .. } if verdict != Verdict::Reached => Some(step.clone()),
            _ => None,
        });
    (step, rest.says())
}
