//! Plays one trial.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::course::{Course, Rest};
use super::crew::{Crew, Records};
use super::draw::{Blow, Draw};
use super::effort::{Effort, is_served_by};
use super::path::{self, Leg};
use super::setting::{Setting, SettingError};
use super::stated;
use super::story::{self, Line};
use crate::model::{Check, Duration, Mode, Outage, StepId, Verb};
use crate::port::Decision;
use crate::runbook::RunStatus;
use crate::sim::people::{Decide, OnCall};
use crate::sim::{Simulation, Truth};

/// How long the world runs on when all is over, so that clients come to where they are sent.
const AFTERWARDS: Duration = Duration::from_mins(5);

/// How a trial came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The other site serves, and the estate is protected again: the run completed.
    Protected,
    /// The other site serves, and the estate is not protected.
    Served,
    /// The disaster passed by itself, or the run was taken back: the first site serves.
    Remained,
    /// Clients are not served.
    Down,
    /// A run did not come to rest within seven days: a defect.
    NeverRests,
}

impl Fate {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [
        Self::Protected,
        Self::Served,
        Self::Remained,
        Self::Down,
        Self::NeverRests,
    ];

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Protected => "the other site serves, protected again",
            Self::Served => "the other site serves, not protected yet",
            Self::Remained => "the first site serves: over by itself, or taken back",
            Self::Down => "clients are not served at the end",
            Self::NeverRests => "a run never came to rest",
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Protected => "protected",
            Self::Served => "served",
            Self::Remained => "remained",
            Self::Down => "down",
            Self::NeverRests => "never-rests",
        })
    }
}

/// What came of one trial. Measured by the simulated clients, not computed from a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The seed.
    pub seed: u64,
    /// How it came out.
    pub fate: Fate,
    /// The longest outage for clients; `None` where they are not served at the end.
    pub recovery: Option<Duration>,
    /// Acknowledged writes that the primary of the end does not contain.
    pub lost: u64,
    /// Within what time they had been written, in whole seconds, both ends counted.
    pub loss: Duration,
    /// Runs that were begun.
    pub runs: u32,
    /// What must never happen and did.
    pub violations: Vec<String>,
    /// Where the time of the longest outage went, in order.
    pub legs: Vec<Leg>,
}

/// A trial with everything that was seen of it.
#[derive(Debug, Clone)]
pub struct Played {
    /// What came of it.
    pub trial: Trial,
    /// What happened.
    pub story: Vec<Line>,
}

impl Setting {
    /// Plays the trial of a seed.
    ///
    /// # Errors
    /// A [`SettingError`] when the world cannot be brought to where the trial begins.
    pub fn trial(&self, seed: u64) -> Result<Trial, SettingError> {
        self.try_out(&self.draw(seed))
    }

    /// Plays a draw.
    ///
    /// # Errors
    /// See [`Self::trial`].
    pub fn try_out(&self, draw: &Draw) -> Result<Trial, SettingError> {
        Ok(self.stage(draw)?.0)
    }

    /// Plays a draw, and tells the story.
    ///
    /// # Errors
    /// See [`Self::trial`].
    pub fn play(&self, draw: &Draw) -> Result<Played, SettingError> {
        let (trial, simulation, course, began) = self.stage(draw)?;
        let story = story::tell(&simulation, &course, began);
        Ok(Played { trial, story })
    }

    fn stage(&self, draw: &Draw) -> Result<(Trial, Simulation, Course, Timestamp), SettingError> {
        let simulation = self.world(draw.seed)?;
        let began = simulation.now();
        let (mut mends, mut deaths) = (Vec::new(), Vec::new());
        for incident in &draw.incidents {
            let Blow::Fault { begins, ends } = &incident.blow else {
                deaths.push(incident.at.after(began));
                continue;
            };
            simulation.schedule(incident.at, begins.clone());
            if let Some(mended) = incident.mended() {
                mends.push(mended.after(began));
                if let Some(ends) = ends {
                    simulation.schedule(mended, ends.clone());
                }
            }
        }
        mends.sort();
        deaths.sort();
        simulation.advance(draw.lead);
        if self.mode == Mode::Unplanned {
            simulation.advance(draw.notice);
        }
        let names: Vec<&str> = self
            .distribution
            .people
            .iter()
            .map(String::as_str)
            .collect();
        let records = Arc::new(Records::default());
        let crew = Crew {
            simulation: simulation.clone(),
            people: Arc::new(
                OnCall::new(simulation.clock(), &names, draw.answer).deciding(self.decides()),
            ),
            watcher: records.clone(),
            store_at: self.direction.to.clone(),
        };
        let course = Effort {
            crew: &crew,
            records,
            runbook: &self.runbook,
            mode: self.mode,
            direction: &self.direction,
            mends,
            deaths,
            act_always: draw.act_always,
        }
        .carry_through();
        simulation.advance(AFTERWARDS);
        let trial = self.judge(draw.seed, &simulation, &course, began);
        Ok((trial, simulation, course, began))
    }

    /// They say yes to what people can pass, and go on without a check that only says again what they have accepted: how much a
    /// failover may lose.
    fn decides(&self) -> Decide {
        let ready = Verb::Verify(Check::StandbyReady);
        let steps = self.runbook.steps();
        let checks: Vec<StepId> = steps
            .filter(|step| step.verb == ready)
            .map(|step| step.id.clone())
            .collect();
        let lost = self.mode == Mode::Unplanned;
        Box::new(move |question| {
            let too_far = question.code == "step-failed" && question.text.contains("the RPO is");
            if question.people > 0 {
                Some(Decision::Yes)
            } else {
                (lost && too_far && checks.contains(&question.step)).then_some(Decision::Skip)
            }
        })
    }

    fn judge(
        &self,
        seed: u64,
        simulation: &Simulation,
        course: &Course,
        began: Timestamp,
    ) -> Trial {
        let truth = simulation.truth();
        let fate = self.fate(simulation, course);
        let longest = longest_outage(&truth, began);
        let recovery = match (&longest, fate) {
            (_, Fate::Down | Fate::NeverRests) => None,
            (None, _) => Some(Duration::ZERO),
            (Some(outage), _) => outage
                .until
                .map(|until| Duration::between(outage.from, until)),
        };
        Trial {
            seed,
            fate,
            recovery,
            lost: truth.lost,
            loss: truth.lost_window.map_or(Duration::ZERO, |(first, last)| {
                Duration::between(first, last) + Duration::from_secs(1)
            }),
            runs: course.runs,
            violations: stated::broken_promises(simulation, &course.records),
            legs: longest
                .filter(|_| recovery.is_some())
                .map(|outage| path::legs(&self.steps, course, &outage))
                .unwrap_or_default(),
        }
    }

    fn fate(&self, simulation: &Simulation, course: &Course) -> Fate {
        if course
            .rests
            .iter()
            .any(|(_, rest)| *rest == Rest::NeverRests)
        {
            return Fate::NeverRests;
        }
        if is_served_by(simulation, &self.direction.to) {
            return match course.last() {
                Rest::Over(RunStatus::Completed) => Fate::Protected,
                _ => Fate::Served,
            };
        }
        if is_served_by(simulation, &self.direction.from) {
            return Fate::Remained;
        }
        Fate::Down
    }
}

/// The longest outage since the trial began.
fn longest_outage(truth: &Truth, began: Timestamp) -> Option<Outage> {
    let length = |outage: &Outage| Duration::between(outage.from, outage.until.unwrap_or(truth.at));
    truth
        .outages
        .iter()
        .filter(|outage| outage.until.is_none_or(|until| until > began))
        .max_by_key(|outage| length(outage))
        .cloned()
}
