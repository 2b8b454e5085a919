//! The story that people write, checked, with every site and component resolved.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::Source;
use crate::model::{
    Duration, Ending, Expectation, Mode, Percent, Reply, SiteId, Steadiness, StepId, Stir,
};
use crate::sim::Fault;

/// A story for one estate.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name: `region-loss`.
    pub name: String,
    /// What it rehearses, in a sentence.
    pub about: String,
    /// What it proves, in a line.
    pub proves: Option<String>,
    /// Where the simulator's chance begins.
    pub seed: u64,
    /// How the steady state is expected to be when the story is over. Before it, it must be met.
    pub steady_after: Steadiness,
    /// Who is on call.
    pub people: OnCallTeam,
    /// What happens and is done, one act after another.
    pub story: Vec<Act>,
    /// What happens beside it.
    pub meanwhile: Vec<SideAct>,
    /// What must be true at the end.
    pub expect: Vec<Expected>,
    /// Its text.
    pub source: Arc<Source>,
}

impl Scenario {
    /// The runbooks that it runs, each once.
    pub fn runbooks(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .acts()
            .filter_map(|act| match act {
                Act::Run(run) => Some(run.runbook.as_str()),
                _ => None,
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The steps that it names.
    pub(super) fn steps(&self) -> Vec<&StepId> {
        let triggers = self
            .meanwhile
            .iter()
            .filter_map(|side| match &side.trigger {
                Trigger::When(moment, _) => moment.step.as_ref(),
                Trigger::At(_) => None,
            });
        let expected = self.expect.iter().filter_map(|expected| match expected {
            Expected::Refused { step, .. } => step.as_ref(),
            Expected::Attempts { step, .. } => Some(step),
            _ => None,
        });
        triggers.chain(expected).collect()
    }

    /// Every act, those beside the story included.
    pub(super) fn acts(&self) -> impl Iterator<Item = &Act> {
        self.story
            .iter()
            .chain(self.meanwhile.iter().map(|side| &side.act))
    }

    /// Who drives a run where nothing is said.
    pub(super) fn driver(&self) -> &str {
        self.people.names.first().map_or("operator", String::as_str)
    }
}

/// The people on call, simulated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCallTeam {
    /// Their names. Each question is answered by one who has not answered it yet.
    pub names: Vec<String>,
    /// How long an answer takes.
    pub answer_after: Duration,
    /// Where they answer in another way than yes to everything that people may decide; the first that fits counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<ScriptedAnswer>,
}

/// What is said to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptedAnswer {
    /// The question's code.
    pub to: String,
    /// Of this step only.
    pub step: Option<StepId>,
    /// What is said.
    pub say: Reply,
    /// How long it takes, where it is not the team's usual time.
    pub after: Option<Duration>,
    /// Only the first so many times.
    pub times: Option<u32>,
}

/// One act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Reads every probe of the steady state.
    VerifySteadyState,
    /// Something goes wrong, or is mended; where it ends by itself, after how long and how.
    Fault(Fault, Option<(Duration, Fault)>),
    /// Time passes.
    Wait(Duration),
    /// A runbook is planned and carried out until it rests.
    Run(RunAct),
    /// The last run of a runbook is gone on with.
    Resume {
        /// The runbook.
        runbook: String,
        /// Who goes on with it; the first on call where nothing is said.
        by: Option<String>,
        /// How often it is typed as long as it is refused.
        tries: u32,
        /// How it is expected to rest.
        expect: ExpectedEnd,
    },
    /// The machine of a person dies, with every run that it carries out.
    Kill(String),
    /// A question for a person.
    Ask(Inject),
}

/// A run that is begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunAct {
    /// The runbook.
    pub runbook: String,
    /// Planned or unplanned.
    pub mode: Mode,
    /// Who carries it out; the first on call where nothing is said.
    pub by: Option<String>,
    /// Blocking findings of the preflight that are accepted, by code.
    pub accept: Vec<String>,
    /// How often it is typed as long as it is refused.
    pub tries: u32,
    /// How it is expected to rest.
    pub expect: ExpectedEnd,
}

/// How a run is expected to rest. What is `None` is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedEnd {
    /// How.
    pub ending: Option<Ending>,
    /// By which code it is held or refused.
    pub code: Option<String>,
    /// What `dr` returns.
    pub exit_code: Option<u8>,
}

/// A question that is put to a person in the course of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inject {
    /// To whom; whoever is there where nothing is said.
    pub to: Option<String>,
    /// What is asked.
    pub question: String,
    /// What a good answer holds: shown in the report, not to the one who is asked.
    pub hint: Option<String>,
}

/// An act beside the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideAct {
    /// When it happens.
    pub trigger: Trigger,
    /// What happens.
    pub act: Act,
}

/// When an act beside the story happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// So long after the story began.
    At(Duration),
    /// So long after a moment of a run.
    When(Moment, Duration),
}

/// A moment of a run, for the first time. What is `None` is not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Of a run of this runbook.
    pub run: Option<String>,
    /// Of this step.
    pub step: Option<StepId>,
    /// A question of this code is asked.
    pub asked: Option<String>,
    /// What happens to the step, or to the run where no step is named.
    pub is: Stir,
}

/// What must be true at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// One of the words.
    Word(Expectation),
    /// The last run of a runbook.
    Run {
        /// The runbook.
        runbook: String,
        /// How it stands.
        is: Option<Ending>,
        /// What `dr` returned when it was last left.
        exit_code: Option<u8>,
        /// Its recovery time, as its report states it.
        recovers_within: Option<Duration>,
    },
    /// Every client is served by this site, and by no other.
    ServedBy(SiteId),
    /// At most so many acknowledged writes were lost.
    LostWrites(u64),
    /// What was lost had been written within so long a time.
    LostWithin(Duration),
    /// No outage was longer.
    LongestOutage(Duration),
    /// The steady state held for at least this share of the story.
    Steady(Percent),
    /// A run, or a step of one, was refused or asked for a person by this code.
    Refused {
        /// The code.
        code: String,
        /// By this step.
        step: Option<StepId>,
        /// How often.
        count: Count,
    },
    /// A call was made.
    Calls {
        /// `rds:PromoteReadReplica`.
        call: String,
        /// How often.
        count: Count,
    },
    /// A step was begun.
    Attempts {
        /// The step.
        step: StepId,
        /// How often.
        count: Count,
    },
}

/// How often something is expected, both bounds included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// At least.
    pub at_least: u64,
    /// At most; any number where nothing is said.
    pub at_most: Option<u64>,
}

impl Count {
    /// Whether `times` is within it.
    pub fn holds(self, times: u64) -> bool {
        times >= self.at_least && self.at_most.is_none_or(|most| times <= most)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (0, Some(0)) => f.write_str("never"),
            (0, Some(most)) => write!(f, "at most {most} times"),
            (least, Some(most)) if least == most => write!(f, "{least} times"),
            (least, Some(most)) => write!(f, "{least} to {most} times"),
            (least, None) => write!(f, "at least {least} times"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VerifySteadyState => f.write_str("verify the steady state"),
            Self::Fault(fault, None) => fault.fmt(f),
            Self::Fault(fault, Some((lasts, _))) => write!(f, "{fault}, for {lasts}"),
            Self::Wait(duration) => write!(f, "{duration} pass"),
            Self::Run(run) => {
                write!(f, "run {}, {}", run.runbook, run.mode)?;
                run.by.iter().try_for_each(|by| write!(f, ", by {by}"))
            }
            Self::Resume { runbook, by, .. } => {
                write!(f, "resume {runbook}")?;
                by.iter().try_for_each(|by| write!(f, ", by {by}"))
            }
            Self::Kill(person) => write!(f, "the machine of {person} dies"),
            Self::Ask(inject) => {
                let to = inject.to.as_deref().unwrap_or("the team");
                write!(f, "ask {to}: {}", inject.question)
            }
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = &self.asked {
            return write!(f, "a run asks for {code}");
        }
        let is = self.is.name();
        match (&self.step, &self.run) {
            (Some(step), Some(run)) => write!(f, "{step} of {run} is {is}"),
            (Some(step), None) => write!(f, "{step} is {is}"),
            (None, Some(run)) => write!(f, "{run} is {is}"),
            (None, None) => write!(f, "a run is {is}"),
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(after) => write!(f, "at {after}"),
            Self::When(moment, Duration::ZERO) => write!(f, "when {moment}"),
            Self::When(moment, after) => write!(f, "{after} after {moment}"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word.name()),
            Self::Run {
                runbook,
                is,
                exit_code,
                recovers_within,
            } => {
                write!(f, "run {runbook}")?;
                is.iter().try_for_each(|is| write!(f, " {}", is.name()))?;
                exit_code
                    .iter()
                    .try_for_each(|code| write!(f, ", exit code {code}"))?;
                recovers_within
                    .iter()
                    .try_for_each(|within| write!(f, ", recovers within {within}"))
            }
            Self::ServedBy(site) => write!(f, "served by {site}"),
            Self::LostWrites(most) => write!(f, "lost writes at most {most}"),
            Self::LostWithin(most) => write!(f, "lost within {most}"),
            Self::LongestOutage(most) => write!(f, "outage at most {most}"),
            Self::Steady(share) => write!(f, "steady at least {share}"),
            Self::Refused { code, step, count } => {
                write!(f, "refused {code}")?;
                step.iter().try_for_each(|step| write!(f, " by {step}"))?;
                write!(f, " {count}")
            }
            Self::Calls { call, count } => write!(f, "{call} {count}"),
            Self::Attempts { step, count } => write!(f, "{step} begun {count}"),
        }
    }
}
