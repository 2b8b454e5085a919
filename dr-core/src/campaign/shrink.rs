//! From a bad trial to the least that has to go wrong for it.
//!
//! Delta debugging (Zeller, Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE Transactions on Software
//! Engineering 28(2), 2002): incidents are left out, half of them at a time and then ever smaller parts, and those that stay
//! are shortened, as long as the trial stays as bad as it was.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::draw::{Draw, Incident};
use super::play::{Fate, Trial};
use super::setting::{Setting, SettingError};
use super::story::Line;
use crate::model::Duration;
use crate::report::words;

/// Trials that a shrinking may play.
const BUDGET: u32 = 300;

/// Nothing is made shorter than this.
const SHORTEST: Duration = Duration::from_secs(30);

/// In which way a trial is bad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Badness {
    /// This rule was broken.
    Broken(String),
    /// A run did not come to rest.
    NeverRests,
    /// Clients were not served at the end.
    Down,
    /// Clients were not served for so long, or longer.
    Outage(Duration),
    /// So much was lost, or more.
    Loss(Duration),
}

impl Badness {
    /// In which way a trial is bad. A long outage stays as bad within a tenth of it.
    pub fn of(trial: &Trial) -> Self {
        let most = |time: Duration| Duration::from_millis(time.as_millis() / 10 * 9);
        match (trial.violations.first(), trial.fate, trial.recovery) {
            (Some(violation), _, _) => Self::Broken(rule(violation).to_owned()),
            (None, Fate::NeverRests, _) => Self::NeverRests,
            (None, _, None) => Self::Down,
            (None, _, Some(Duration::ZERO)) => Self::Loss(most(trial.loss)),
            (None, _, Some(recovery)) => Self::Outage(most(recovery)),
        }
    }

    /// Whether a trial is as bad.
    pub fn is_in(&self, trial: &Trial) -> bool {
        match self {
            Self::Broken(broken) => trial.violations.iter().any(|v| rule(v) == broken),
            Self::NeverRests => trial.fate == Fate::NeverRests,
            Self::Down => trial.fate == Fate::Down,
            Self::Outage(least) => trial.recovery.is_none_or(|recovery| recovery >= *least),
            Self::Loss(least) => trial.loss >= *least,
        }
    }
}

impl fmt::Display for Badness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(rule) => write!(f, "{rule} was broken"),
            Self::NeverRests => f.write_str("a run did not come to rest"),
            Self::Down => f.write_str("clients were not served at the end"),
            Self::Outage(least) => write!(
                f,
                "clients were not served for {} or longer",
                words::figure(*least)
            ),
            Self::Loss(least) => write!(f, "{} of writes or more were lost", words::figure(*least)),
        }
    }
}

/// The rule of a violation: `one-writer`.
fn rule(violation: &str) -> &str {
    violation.split(':').next().unwrap_or(violation)
}

/// A bad trial and the least that has to go wrong for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shrunk {
    /// In which way it is bad.
    pub badness: Badness,
    /// What went wrong in the trial.
    pub drawn: Draw,
    /// The least of it that is as bad.
    pub shrunk: Draw,
    /// What comes of that.
    pub trial: Trial,
    /// How that goes.
    pub story: Vec<Line>,
    /// Trials that were played to find it.
    pub plays: u32,
}

/// Finds the least that has to go wrong for the trial of a draw to be as bad as it is.
///
/// # Errors
/// A [`SettingError`].
pub fn shrink(setting: &Setting, drawn: &Draw) -> Result<Shrunk, SettingError> {
    let badness = Badness::of(&setting.try_out(drawn)?);
    let mut search = Search {
        setting,
        badness,
        best: drawn.clone(),
        plays: 0,
    };
    search.leave_out()?;
    search.shorten()?;
    // What is shorter may make another one needless.
    search.leave_out()?;
    let played = setting.play(&search.best)?;
    Ok(Shrunk {
        badness: search.badness,
        drawn: drawn.clone(),
        shrunk: search.best,
        trial: played.trial,
        story: played.story,
        plays: search.plays,
    })
}

struct Search<'a> {
    setting: &'a Setting,
    badness: Badness,
    best: Draw,
    plays: u32,
}

impl Search<'_> {
    /// Takes a smaller schedule when it is as bad.
    fn take(&mut self, incidents: Vec<Incident>) -> Result<bool, SettingError> {
        if self.plays >= BUDGET {
            return Ok(false);
        }
        self.plays += 1;
        let draw = Draw {
            incidents,
            ..self.best.clone()
        };
        let bad = self.badness.is_in(&self.setting.try_out(&draw)?);
        if bad {
            self.best = draw;
        }
        Ok(bad)
    }

    /// Leaves out parts, the half of all first, until none can be left out.
    fn leave_out(&mut self) -> Result<(), SettingError> {
        let mut size = self.best.incidents.len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            let mut smaller = false;
            while from < self.best.incidents.len() {
                let mut rest = self.best.incidents.clone();
                let until = (from + size).min(rest.len());
                rest.drain(from..until);
                if self.take(rest)? {
                    smaller = true;
                } else {
                    from += size;
                }
            }
            if !smaller || size == 1 {
                size /= 2;
            }
            size = size.min(self.best.incidents.len());
        }
        Ok(())
    }

    /// Halves how long each lasts, as often as it goes.
    fn shorten(&mut self) -> Result<(), SettingError> {
        for index in 0..self.best.incidents.len() {
            while let Some(lasts) = self.best.incidents[index].lasts {
                let half = Duration::from_secs(lasts.as_millis() / 2000);
                let mut incidents = self.best.incidents.clone();
                incidents[index] = incidents[index].shortened(half);
                if half < SHORTEST || !self.take(incidents)? {
                    break;
                }
            }
        }
        Ok(())
    }
}
