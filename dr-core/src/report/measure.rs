//! How surely a figure is known.

use serde::{Deserialize, Serialize};

use super::words;
use crate::model::Duration;

/// How a figure stands to the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// It was measured at both ends.
    Exactly,
    /// The truth is this or less.
    AtMost,
    /// The truth is this or more.
    AtLeast,
}

/// A length of time that a run achieved, or why there is no figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "known", rename_all = "kebab-case")]
pub enum Measured {
    /// There is a figure.
    Figure {
        /// How it stands to the truth.
        bound: Bound,
        /// The figure.
        value: Duration,
        /// What it was taken from, in one sentence.
        basis: String,
    },
    /// The journal holds no measurement.
    NotMeasured {
        /// Why not.
        because: String,
    },
    /// There was nothing to measure.
    NotApplicable {
        /// Why not.
        because: String,
    },
}

impl Measured {
    /// A figure.
    pub fn figure(bound: Bound, value: Duration, basis: impl Into<String>) -> Self {
        Self::Figure {
            bound,
            value,
            basis: basis.into(),
        }
    }

    /// No measurement.
    pub fn not_measured(because: impl Into<String>) -> Self {
        Self::NotMeasured {
            because: because.into(),
        }
    }

    /// Nothing to measure.
    pub fn not_applicable(because: impl Into<String>) -> Self {
        Self::NotApplicable {
            because: because.into(),
        }
    }

    /// The figure, where there is one.
    pub fn value(&self) -> Option<Duration> {
        match self {
            Self::Figure { value, .. } => Some(*value),
            Self::NotMeasured { .. } | Self::NotApplicable { .. } => None,
        }
    }

    /// The words before the figure: nothing where it is exact.
    pub fn qualifier(&self) -> &'static str {
        match self {
            Self::Figure { bound, .. } => match bound {
                Bound::Exactly => "",
                Bound::AtMost => "at most",
                Bound::AtLeast => "at least",
            },
            Self::NotMeasured { .. } | Self::NotApplicable { .. } => "",
        }
    }

    /// The figure for people, or the words that stand in its place.
    pub fn words(&self) -> String {
        match self {
            Self::Figure { value, .. } => words::figure(*value),
            Self::NotMeasured { .. } => "not measured".to_owned(),
            Self::NotApplicable { .. } => "not applicable".to_owned(),
        }
    }

    /// Qualifier and figure in one phrase.
    pub fn phrase(&self) -> String {
        match self.qualifier() {
            "" => self.words(),
            qualifier => format!("{qualifier} {}", self.words()),
        }
    }

    /// What the figure was taken from, or why there is none.
    pub fn basis(&self) -> &str {
        match self {
            Self::Figure { basis, .. } => basis,
            Self::NotMeasured { because } | Self::NotApplicable { because } => because,
        }
    }
}

/// Whether an objective was met, as far as the journal proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// Proven to be within the objective.
    Met,
    /// Proven to be outside.
    Missed,
    /// Neither: there is no figure, or its bound is on the wrong side of the objective.
    NotShown,
    /// There was nothing to measure.
    NotApplicable,
}

impl Judgement {
    /// What a figure says about an objective. An upper bound can only prove that it was met, a lower bound only that it
    /// was missed.
    pub fn of(measured: &Measured, objective: Duration) -> Self {
        match measured {
            Measured::NotMeasured { .. } => Self::NotShown,
            Measured::NotApplicable { .. } => Self::NotApplicable,
            Measured::Figure { bound, value, .. } => match (bound, *value <= objective) {
                (Bound::Exactly | Bound::AtMost, true) => Self::Met,
                (Bound::Exactly | Bound::AtLeast, false) => Self::Missed,
                (Bound::AtMost, false) | (Bound::AtLeast, true) => Self::NotShown,
            },
        }
    }

    /// The words that a report shows.
    pub fn words(self) -> &'static str {
        match self {
            Self::Met => "objective met",
            Self::Missed => "objective missed",
            Self::NotShown => "not shown to be met",
            Self::NotApplicable => "not applicable",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn figure(bound: Bound, seconds: u64) -> Measured {
        Measured::figure(bound, Duration::from_secs(seconds), "")
    }

    proptest! {
        #[test]
        fn an_objective_is_met_only_if_no_truth_within_the_bound_misses_it(
            value in 0..1000_u64, objective in 0..1000_u64, truth in 0..2000_u64,
        ) {
            let objective_of = Duration::from_secs(objective);
            for bound in [Bound::Exactly, Bound::AtMost, Bound::AtLeast] {
                let possible = match bound {
                    Bound::Exactly => truth == value,
                    Bound::AtMost => truth <= value,
                    Bound::AtLeast => truth >= value,
                };
                if possible {
                    match Judgement::of(&figure(bound, value), objective_of) {
                        Judgement::Met => prop_assert!(truth <= objective),
                        Judgement::Missed => prop_assert!(truth > objective),
                        Judgement::NotShown => prop_assert!(bound != Bound::Exactly),
                        Judgement::NotApplicable => prop_assert!(false, "there is a figure"),
                    }
                }
            }
        }
    }

    #[test]
    fn what_was_not_measured_is_never_met() {
        let nothing = Measured::not_measured("nobody looked");
        assert_eq!(
            Judgement::of(&nothing, Duration::from_mins(30)),
            Judgement::NotShown
        );
        assert_eq!(nothing.phrase(), "not measured");
    }
}
