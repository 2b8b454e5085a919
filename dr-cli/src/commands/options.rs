//! Groups of options that several commands take.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use dr_core::model::{Duration, Mode, Waiver};
use jiff::Timestamp;

use crate::people::PeopleChoice;

/// Where a command works: on the real sites, or on the simulator.
#[derive(Debug, Args)]
pub(crate) struct SimulationArgs {
    /// Work on the simulated estate: the same engine and actions, nothing real is touched
    #[arg(long)]
    pub(crate) simulate: bool,
    /// Start a new simulated world from this seed [default: go on with the one in the store; seed 1 for the first]
    #[arg(long, value_name = "N", requires = "simulate")]
    pub(crate) seed: Option<u64>,
}

/// How a run that is carried out now is watched and who answers its questions.
#[derive(Debug, Args)]
pub(crate) struct RunningArgs {
    /// Let this many simulated seconds pass in a real one [default: as fast as possible]
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    pub(crate) speed: Option<f64>,
    /// Let these people answer [default: simulated in simulated runs, otherwise ask at a terminal and none without one]
    #[arg(long, value_enum, value_name = "WHO")]
    pub(crate) people: Option<PeopleChoice>,
    /// Act in this name [default: the login name]
    #[arg(long, value_name = "NAME")]
    pub(crate) who: Option<String>,
}

/// What failover, failback and switchover take.
#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    /// Run exactly this plan, after checking again what it relied on
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
    #[command(flatten)]
    pub(crate) running: RunningArgs,
    /// Go ahead without asking for confirmation
    #[arg(long)]
    pub(crate) yes: bool,
    /// Say whether both sites are there to be asked [default: unplanned for failover, planned otherwise]
    #[arg(long, value_enum, conflicts_with = "plan")]
    pub(crate) mode: Option<ModeChoice>,
    /// Count the recovery time from here: a time (RFC 3339) or how long ago (10m) [default: as observed]
    #[arg(long, value_name = "TIME")]
    pub(crate) outage_since: Option<Since>,
    /// Accept a blocking finding of the preflight, with the reason; may be given several times
    #[arg(long, value_name = "CODE=REASON")]
    pub(crate) accept: Vec<Acceptance>,
}

/// Whether both sites are there to be asked, as a word of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeChoice {
    /// Both sites answer, no loss is allowed
    Planned,
    /// The primary is lost or in doubt, loss is bounded and written down
    Unplanned,
}

impl From<ModeChoice> for Mode {
    fn from(choice: ModeChoice) -> Self {
        match choice {
            ModeChoice::Planned => Self::Planned,
            ModeChoice::Unplanned => Self::Unplanned,
        }
    }
}

/// An instant, or a length of time before now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// That instant.
    At(Timestamp),
    /// That long ago.
    Ago(Duration),
}

impl Since {
    /// The instant, seen from `now`.
    pub(crate) fn seen_from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => ago.before(now),
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(ago) = text.parse() {
            return Ok(Self::Ago(ago));
        }
        text.parse().map(Self::At).map_err(|_| {
            "wanted is a time such as 2026-01-31T12:00:00Z, or how long ago it was such as 10m"
                .to_owned()
        })
    }
}

/// A blocking finding that a person accepts, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acceptance {
    code: String,
    why: String,
}

impl Acceptance {
    /// The signed form.
    pub(crate) fn sign(&self, who: &str, at: Timestamp) -> Waiver {
        Waiver {
            code: self.code.clone(),
            who: who.to_owned(),
            why: self.why.clone(),
            at,
        }
    }
}

impl FromStr for Acceptance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((code, why)) if !code.trim().is_empty() && !why.trim().is_empty() => Ok(Self {
                code: code.trim().to_owned(),
                why: why.trim().to_owned(),
            }),
            _ => Err(
                "wanted is a finding's code and a reason: lag-unknown=\"agreed with the owner\""
                    .to_owned(),
            ),
        }
    }
}

/// A factor between simulated and real time.
pub(crate) fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && factor > 0.0 => Ok(factor),
        _ => Err(
            "wanted is a number greater than 0: 60 lets a simulated minute pass in a second"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_dated_by_a_time_or_by_how_long_ago_it_began() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let ago: Since = "10m".parse().unwrap();
        assert_eq!(ago.seen_from(now).to_string(), "2026-01-31T11:50:00Z");
        let at: Since = "2026-01-31T11:00:00Z".parse().unwrap();
        assert_eq!(at.seen_from(now).to_string(), "2026-01-31T11:00:00Z");
        assert!("yesterday".parse::<Since>().is_err());
    }

    #[test]
    fn an_acceptance_needs_a_reason() {
        assert!("lag-unknown=agreed".parse::<Acceptance>().is_ok());
        for bad in ["lag-unknown", "lag-unknown=", "=agreed", "lag-unknown= "] {
            assert!(bad.parse::<Acceptance>().is_err(), "{bad}");
        }
    }

    #[test]
    fn time_does_not_stand_still_or_run_backwards() {
        assert_eq!(speed("60"), Ok(60.0));
        for bad in ["0", "-1", "NaN", "inf", "fast"] {
            assert!(speed(bad).is_err(), "{bad}");
        }
    }
}
