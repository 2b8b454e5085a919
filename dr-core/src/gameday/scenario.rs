//! The story that people write.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::{
    self, ActWord, At, FromNode, Place, Problem, Problems, RawAct, RawGameday, Report, Source,
};
use crate::model::{Duration, Ending, Estate, Expectation, Happening, Mode, Role, SiteId};
use crate::runbook::RunStatus;
use crate::sim::Fault;

/// A story for one estate: checked, with every site resolved.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name: `region-loss`.
    pub name: String,
    /// What it rehearses, in a sentence.
    pub about: String,
    /// Where the simulator's chance begins.
    pub seed: u64,
    /// Who is on call.
    pub people: OnCallTeam,
    /// What happens, one act after another.
    pub story: Vec<Act>,
    /// What must be true at the end.
    pub expect: Vec<Expectation>,
    /// Its text.
    pub source: Arc<Source>,
}

/// The people on call, simulated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCallTeam {
    /// Their names. Each question is answered by one who has not answered it yet.
    pub names: Vec<String>,
    /// How long an answer takes.
    pub answer_after: Duration,
}

/// One act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Reads every probe of the steady state.
    VerifySteadyState,
    /// Something goes wrong, or is mended.
    Fault(Fault),
    /// Time passes.
    Wait(Duration),
    /// A runbook is planned and carried out until it rests.
    Run {
        /// The runbook.
        runbook: String,
        /// Planned or unplanned.
        mode: Mode,
        /// How it is expected to rest.
        expect: Option<RunStatus>,
    },
    /// The last run of a runbook is gone on with.
    Resume {
        /// The runbook.
        runbook: String,
        /// How it is expected to rest.
        expect: Option<RunStatus>,
    },
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VerifySteadyState => f.write_str("verify the steady state"),
            Self::Fault(fault) => fault.fmt(f),
            Self::Wait(duration) => write!(f, "{duration} pass"),
            Self::Run { runbook, mode, .. } => write!(f, "run {runbook}, {mode}"),
            Self::Resume { runbook, .. } => write!(f, "resume {runbook}"),
        }
    }
}

impl Scenario {
    /// Reads a game day for an estate.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn parse(source: Source, estate: &Estate) -> Result<Self, Problems> {
        let mut report = Report::new(source);
        let scenario = config::parse(&mut report).and_then(|node| {
            let raw = RawGameday::from_node(&node, &Place::file(), &mut report)?;
            build(raw, estate, &mut report)
        });
        report.finish(scenario)
    }
}

fn build(raw: RawGameday, estate: &Estate, report: &mut Report) -> Option<Scenario> {
    let mut ran: Vec<String> = Vec::new();
    let acts: Vec<Option<Act>> = raw
        .story?
        .into_iter()
        .map(|act| self::act(act, estate, &mut ran, report))
        .collect();
    let people = raw.people?;
    Some(Scenario {
        name: raw.gameday?.value.0,
        about: raw.about?.value,
        seed: raw.seed.map_or(1, |seed| u64::from(seed.value)),
        people: OnCallTeam {
            names: people.names?.into_iter().map(|name| name.value).collect(),
            answer_after: people.answer_after?.value,
        },
        story: acts.into_iter().collect::<Option<_>>()?,
        expect: raw
            .expect
            .unwrap_or_default()
            .into_iter()
            .map(|expectation| expectation.value)
            .collect(),
        source: report.source().clone(),
    })
}

/// The simulator's fault; `None` where a site is needed and not named, or named and not needed.
fn fault(happening: Happening, site: Option<SiteId>) -> Option<Fault> {
    Some(match (happening, site) {
        (Happening::RegionDark, Some(site)) => Fault::RegionDark(site),
        (Happening::RegionReturns, Some(site)) => Fault::RegionReturns(site),
        (Happening::RegionIsolated, Some(site)) => Fault::RegionIsolated(site),
        (Happening::RegionHealed, Some(site)) => Fault::RegionHealed(site),
        (Happening::Throttling, Some(site)) => Fault::Throttled(site),
        (Happening::ThrottlingEnds, Some(site)) => Fault::ThrottlingEnds(site),
        (Happening::GlobalControlDown, None) => Fault::GlobalControlDown,
        (Happening::GlobalControlUp, None) => Fault::GlobalControlUp,
        (Happening::Partition, None) => Fault::Partition,
        (Happening::PartitionHealed, None) => Fault::PartitionHealed,
        _ => return None,
    })
}

fn status(ending: Ending) -> RunStatus {
    match ending {
        Ending::Completed => RunStatus::Completed,
        Ending::Held => RunStatus::Held,
        Ending::Unwound => RunStatus::Unwound,
        Ending::Aborted => RunStatus::Aborted,
    }
}

fn act(raw: RawAct, estate: &Estate, ran: &mut Vec<String>, report: &mut Report) -> Option<Act> {
    let At { value, span } = raw.act?;
    let is_run = matches!(value, ActWord::Run(_));
    let is_fault = matches!(value, ActWord::Fault(_));
    for (there, key, fits) in [
        (raw.site.as_ref().map(|at| at.span), "site", is_fault),
        (raw.mode.as_ref().map(|at| at.span), "mode", is_run),
        (
            raw.expect.as_ref().map(|at| at.span),
            "expect",
            is_run || matches!(value, ActWord::Resume(_)),
        ),
    ] {
        if let Some(span) = there.filter(|_| !fits) {
            let message = format!("`{key}` says nothing here");
            report.add(Problem::new("needless-key", span, message).help("remove the line"));
        }
    }
    let expect = raw.expect.map(|expect| status(expect.value));
    Some(match value {
        ActWord::Verify => Act::VerifySteadyState,
        ActWord::Wait(duration) => Act::Wait(duration),
        ActWord::Fault(happening) => {
            let named = raw.site.is_some();
            let site = match raw.site {
                Some(word) => Some(site(&word, estate, report)?),
                None => None,
            };
            let Some(fault) = fault(happening, site) else {
                let (message, help) = if named {
                    ("this happens to no site", "remove `site`")
                } else {
                    ("where does it happen?", "add `site: primary`")
                };
                report.add(Problem::new("wrong-place", span, message).help(help));
                return None;
            };
            Act::Fault(fault)
        }
        ActWord::Run(runbook) => {
            ran.push(runbook.clone());
            let mode = raw.mode.map_or(Mode::Unplanned, |mode| mode.value);
            Act::Run {
                runbook,
                mode,
                expect,
            }
        }
        ActWord::Resume(runbook) => {
            if !ran.contains(&runbook) {
                let message = format!("no act before this one runs {runbook}");
                report.add(Problem::new("nothing-to-resume", span, message));
            }
            Act::Resume { runbook, expect }
        }
    })
}

/// A site by its name, or by the role that it has at home.
fn site(word: &At<String>, estate: &Estate, report: &mut Report) -> Option<SiteId> {
    let by_role = match word.value.as_str() {
        "primary" => Some(Role::Primary),
        "standby" => Some(Role::Standby),
        _ => None,
    };
    let found = estate
        .sites
        .iter()
        .find(|site| Some(site.home_role) == by_role || site.id.as_str() == word.value);
    if found.is_none() {
        let names = estate.sites.iter().map(|site| site.id.as_str());
        let mut problem = Problem::new(
            "unknown-site",
            word.span,
            format!("the estate has no site \"{}\"", word.value),
        );
        problem.help = config::did_you_mean(&word.value, names.chain(["primary", "standby"]));
        report.add(problem);
    }
    found.map(|site| site.id.clone())
}
