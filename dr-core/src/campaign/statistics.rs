//! What the trials say together.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::path::LegName;
use super::play::{Fate, Trial};
use super::setting::Setting;
use super::shrink::Shrunk;
use crate::model::{Direction, Duration, EstateName, Mode};
use crate::report::words;

/// The format of a campaign. It grows when a field changes its meaning; fields may be added without.
pub const CAMPAIGN_FORMAT: u32 = 1;

/// The most bars of a histogram.
const BARS: u64 = 30;

/// What the trials of a campaign say together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// [`CAMPAIGN_FORMAT`] of the writer.
    pub format: u32,
    /// The estate.
    pub estate: EstateName,
    /// The runbook.
    pub runbook: String,
    /// Planned or unplanned.
    pub mode: Mode,
    /// Which way it went.
    pub direction: Direction,
    /// The declaration that the trials were drawn from.
    pub disasters: String,
    /// The first seed; the others follow it.
    pub first_seed: u64,
    /// How many trials.
    pub trials: u64,
    /// How they came out, the best first.
    pub fates: Vec<FateCount>,
    /// What must never happen and did, with its seed.
    pub violations: Vec<(u64, String)>,
    /// How long clients were not served.
    pub recovery: Distances,
    /// How much of the newest data was lost, as time.
    pub loss: Distances,
    /// Writes lost, over all trials.
    pub lost_writes: u64,
    /// Trials in which something was lost.
    pub trials_with_loss: u64,
    /// Where the time of outages went, the most worth shortening first.
    pub legs: Vec<LegScore>,
    /// The trial that came out worst.
    pub worst: Option<Trial>,
    /// Its story, and the least that has to go wrong for it; where somebody asked for it.
    pub story: Option<Shrunk>,
}

/// How many trials came out one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FateCount {
    /// How.
    pub fate: Fate,
    /// How many.
    pub trials: u64,
    /// The first seed of them.
    pub example: Option<u64>,
}

/// A length of time, or longer than any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantile {
    /// So long.
    Time(Duration),
    /// It did not end.
    Never,
}

impl Quantile {
    /// So long, or never.
    pub fn of(time: Option<Duration>) -> Self {
        time.map_or(Self::Never, Self::Time)
    }

    /// This much shorter.
    #[must_use]
    fn without(self, gain: Duration) -> Self {
        match self {
            Self::Time(time) => Self::Time(time.saturating_sub(gain)),
            Self::Never => Self::Never,
        }
    }

    /// Whether it is within an objective.
    pub fn is_within(self, objective: Duration) -> bool {
        matches!(self, Self::Time(time) if time <= objective)
    }
}

impl fmt::Display for Quantile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => f.pad(&words::figure(*time)),
            Self::Never => f.pad("never"),
        }
    }
}

/// How a length of time is spread over the trials. Quantiles are by nearest rank: each is a length that a trial had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distances {
    /// The objective.
    pub objective: Duration,
    /// Trials within it.
    pub within: u64,
    /// Half of the trials had no more.
    pub p50: Quantile,
    /// 95 of 100 had no more.
    pub p95: Quantile,
    /// 99 of 100 had no more.
    pub p99: Quantile,
    /// None had more.
    pub worst: Quantile,
    /// The seed of the worst.
    pub worst_seed: Option<u64>,
    /// The width of a bar.
    pub bar: Duration,
    /// Trials by length, a bar each: up to one width, up to two, ….
    pub bars: Vec<u64>,
    /// Trials that ended and were longer than the last bar.
    pub longer: u64,
    /// Trials in which it did not end.
    pub never: u64,
}

/// What one leg costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegScore {
    /// The leg, in words.
    pub leg: String,
    /// Trials in which it was on the path.
    pub trials: u64,
    /// Its median in those.
    pub p50: Duration,
    /// Its 95th percentile in those.
    pub p95: Duration,
    /// Its share of all the time of outages, in tenths of a percent.
    pub share: u64,
    /// The median of the recovery time if it took no time.
    pub p50_without: Quantile,
    /// The 95th percentile of the recovery time if it took no time.
    pub p95_without: Quantile,
}

impl Campaign {
    /// What the trials, in the order of their seeds, say together.
    pub fn of(setting: &Setting, trials: &[Trial]) -> Self {
        let objectives = setting.estate.objectives;
        let recovery: Vec<(Quantile, u64)> = trials
            .iter()
            .map(|trial| (Quantile::of(trial.recovery), trial.seed))
            .collect();
        let loss: Vec<(Quantile, u64)> = trials
            .iter()
            .map(|trial| (Quantile::Time(trial.loss), trial.seed))
            .collect();
        Self {
            format: CAMPAIGN_FORMAT,
            estate: setting.estate.name.clone(),
            runbook: setting.runbook.name.clone(),
            mode: setting.mode,
            direction: setting.direction.clone(),
            disasters: setting.distribution.name.clone(),
            first_seed: trials.first().map_or(0, |trial| trial.seed),
            trials: trials.len() as u64,
            fates: fates(trials),
            violations: trials
                .iter()
                .flat_map(|trial| trial.violations.iter().map(|v| (trial.seed, v.clone())))
                .collect(),
            recovery: Distances::of(&recovery, objectives.rto),
            loss: Distances::of(&loss, objectives.rpo),
            lost_writes: trials.iter().map(|trial| trial.lost).sum(),
            trials_with_loss: trials.iter().filter(|trial| trial.lost > 0).count() as u64,
            legs: legs(setting, trials),
            worst: worst(trials).cloned(),
            story: None,
        }
    }

    /// Whether anything happened that must never happen.
    pub fn is_sound(&self) -> bool {
        let rests = |count: &FateCount| count.fate != Fate::NeverRests || count.trials == 0;
        self.violations.is_empty() && self.fates.iter().all(rests)
    }

    /// Whether the objectives were met in so many of a hundred trials.
    pub fn meets(&self, percent: u32) -> bool {
        let enough = |within: u64| within * 100 >= self.trials * u64::from(percent);
        enough(self.recovery.within) && enough(self.loss.within)
    }
}

fn fates(trials: &[Trial]) -> Vec<FateCount> {
    Fate::ALL
        .into_iter()
        .map(|fate| {
            let mut of = trials.iter().filter(|trial| trial.fate == fate);
            FateCount {
                fate,
                trials: of.clone().count() as u64,
                example: of.next().map(|trial| trial.seed),
            }
        })
        .collect()
}

/// The nearest-rank quantile of a sorted list: the least value that `percent` of a hundred do not exceed.
fn rank<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

impl Distances {
    fn of(values: &[(Quantile, u64)], objective: Duration) -> Self {
        let mut sorted: Vec<Quantile> = values.iter().map(|(value, _)| *value).collect();
        sorted.sort();
        let at = |percent| rank(&sorted, percent).unwrap_or(Quantile::Time(Duration::ZERO));
        let worst = at(100);
        // A few that took very long must not flatten all the others into one bar.
        let shown = match (at(95), at(90)) {
            (Quantile::Time(time), _) | (Quantile::Never, Quantile::Time(time)) => time,
            _ => objective,
        };
        let bar = bar_for(shown.max(objective));
        let (mut bars, mut longer) = (Vec::new(), 0);
        for value in &sorted {
            let Quantile::Time(time) = value else {
                continue;
            };
            let number = time.as_millis().saturating_sub(1) / bar.as_millis();
            match usize::try_from(number) {
                Ok(index) if number < BARS => {
                    bars.resize(bars.len().max(index + 1), 0);
                    bars[index] += 1;
                }
                _ => longer += 1,
            }
        }
        Self {
            objective,
            within: sorted.iter().filter(|v| v.is_within(objective)).count() as u64,
            p50: at(50),
            p95: at(95),
            p99: at(99),
            worst,
            worst_seed: values
                .iter()
                .find(|(value, _)| *value == worst)
                .map(|(_, seed)| *seed),
            bar,
            bars,
            longer,
            never: sorted.iter().filter(|v| **v == Quantile::Never).count() as u64,
        }
    }
}

/// The least handy width at which a length fits into [`BARS`] bars.
fn bar_for(longest: Duration) -> Duration {
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]
        .map(Duration::from_secs)
        .into_iter()
        .find(|bar| bar.times(BARS) >= longest)
        .unwrap_or(Duration::from_mins(240))
}

/// What each leg costs, the one first without which most would come back the soonest.
fn legs(setting: &Setting, trials: &[Trial]) -> Vec<LegScore> {
    let mut took: BTreeMap<LegName, Vec<Duration>> = BTreeMap::new();
    for leg in trials.iter().flat_map(|trial| &trial.legs) {
        took.entry(leg.name).or_default().push(leg.took);
    }
    let all: u64 = took
        .values()
        .flatten()
        .map(|time| time.as_millis())
        .sum::<u64>()
        .max(1);
    let mut scores: Vec<LegScore> = took
        .into_iter()
        .map(|(name, mut times)| {
            times.sort();
            let mut without: Vec<Quantile> = trials
                .iter()
                .map(|trial| {
                    let legs = trial.legs.iter().filter(|leg| leg.name == name);
                    let gain = legs.map(|leg| leg.gain).sum();
                    Quantile::of(trial.recovery).without(gain)
                })
                .collect();
            without.sort();
            let sum: u64 = times.iter().map(|time| time.as_millis()).sum();
            let at = |percent| rank(&times, percent).unwrap_or(Duration::ZERO);
            let without_at = |percent| rank(&without, percent).unwrap_or(Quantile::Never);
            LegScore {
                leg: name.words(&setting.steps),
                trials: times.len() as u64,
                p50: at(50),
                p95: at(95),
                share: sum * 1000 / all,
                p50_without: without_at(50),
                p95_without: without_at(95),
            }
        })
        .collect();
    scores.sort_by(|a, b| {
        (a.p50_without, a.p95_without, b.share, &a.leg).cmp(&(
            b.p50_without,
            b.p95_without,
            a.share,
            &b.leg,
        ))
    });
    scores
}

/// The trial that came out worst: what must never happen before all, then the longest outage, then the largest loss.
fn worst(trials: &[Trial]) -> Option<&Trial> {
    let badness = |trial: &Trial| {
        (
            !trial.violations.is_empty(),
            trial.fate == Fate::NeverRests,
            Quantile::of(trial.recovery),
            trial.loss,
            std::cmp::Reverse(trial.seed),
        )
    };
    trials.iter().max_by_key(|trial| badness(trial))
}
