//! What data was given up: the achieved RPO.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fold::Fold;
use super::measure::{Bound, Judgement, Measured};
use super::step::StepReport;
use super::words;
use crate::action::Detail;
use crate::model::{ComponentId, Duration, LossStatement, Verb};
use crate::runbook::{Plan, StepStatus};

/// How far a data set's promotion went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promotion {
    /// No promotion was begun: nothing was given up.
    NotMade,
    /// One was begun and its outcome is not recorded.
    NotKnown,
    /// It is done.
    Made,
}

/// What is known of one data set's loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSetLoss {
    /// The data set.
    pub component: ComponentId,
    /// How far its promotion went.
    pub promotion: Promotion,
    /// How much of the newest data was given up, as time.
    pub achieved: Measured,
    /// Whether the objective was met, as far as it is proven.
    pub judgement: Judgement,
    /// What was lost, in one sentence.
    pub says: String,
    /// The newest statement, and when it was made.
    pub statement: Option<(Timestamp, LossStatement)>,
    /// How many earlier statements it replaces: the loss was learned in steps.
    pub replaces: usize,
}

/// The data loss against its objective, over all data sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataLoss {
    /// What the business asked for.
    pub objective: Duration,
    /// The worst of the data sets; not measured where one of them is not.
    pub achieved: Measured,
    /// Whether the objective was met by all of them.
    pub judgement: Judgement,
    /// What was lost, in one sentence.
    pub says: String,
    /// What the plan predicted: the lag as last read before.
    pub predicted: Option<Duration>,
    /// Each data set that the plan promotes.
    pub data_sets: Vec<DataSetLoss>,
}

/// How far a promotion went. A failed one certainly did not take place; one that was begun and is not settled may have.
pub(super) fn promotion(step: &StepReport) -> Promotion {
    match step.status {
        StepStatus::Succeeded => Promotion::Made,
        StepStatus::Started | StepStatus::InDoubt => Promotion::NotKnown,
        StepStatus::Pending if step.attempts > 0 => Promotion::NotKnown,
        _ => Promotion::NotMade,
    }
}

/// What is known of the loss.
pub(super) fn of(fold: &Fold, plan: &Plan) -> DataLoss {
    let objective = plan.estate.objectives.rpo;
    let data_sets: Vec<DataSetLoss> = plan
        .steps()
        .zip(&fold.steps)
        .filter_map(|(planned, step)| match &planned.verb {
            Verb::Promote(component) => {
                let promotion = promotion(step);
                Some(data_set(fold, component, promotion, objective))
            }
            _ => None,
        })
        .collect();
    let (achieved, judgement, says) = worst(&data_sets, objective);
    DataLoss {
        objective,
        achieved,
        judgement,
        says,
        predicted: plan.prediction.loss,
        data_sets,
    }
}

fn data_set(
    fold: &Fold,
    component: &ComponentId,
    promotion: Promotion,
    objective: Duration,
) -> DataSetLoss {
    let statements: Vec<(Timestamp, &LossStatement)> = fold
        .found
        .iter()
        .filter_map(|found| match &found.detail {
            Detail::Loss { component: c, loss } if c == component => Some((found.at, loss)),
            Detail::Protected {
                component: c,
                loss: Some(loss),
                ..
            } if c == component => Some((found.at, loss)),
            Detail::FormerFence { losses, .. } => {
                losses.get(component).map(|loss| (found.at, loss))
            }
            _ => None,
        })
        .collect();
    let newest = statements.last().copied();
    let achieved = measure(promotion, newest.map(|(_, loss)| loss));
    let lost_something = newest.is_some_and(|(_, loss)| loss.at_least() > 0);
    DataSetLoss {
        component: component.clone(),
        promotion,
        judgement: judge(&achieved, lost_something, objective),
        achieved,
        says: says(promotion, newest.map(|(_, loss)| loss)),
        statement: newest.map(|(at, loss)| (at, loss.clone())),
        replaces: statements.len().saturating_sub(1),
    }
}

fn measure(promotion: Promotion, loss: Option<&LossStatement>) -> Measured {
    match (promotion, loss) {
        (_, Some(loss)) => match (loss.exact, loss.achieved_rpo()) {
            (Some(0), _) => Measured::figure(
                Bound::Exactly,
                Duration::ZERO,
                "the old primary was read: the promoted copy had all that it had acknowledged",
            ),
            (_, Some(window)) => Measured::figure(
                Bound::AtMost,
                window,
                "from the newest transaction that the promoted copy had, until the old primary is known to have \
                 acknowledged nothing more",
            ),
            (_, None) => Measured::not_measured(
                "the old primary is not proven to have stopped: the window of the loss has no end yet",
            ),
        },
        (Promotion::NotMade, None) => {
            Measured::not_applicable("no copy was promoted: nothing was given up")
        }
        (Promotion::NotKnown, None) => {
            Measured::not_measured("a promotion was begun and its outcome is not recorded")
        }
        (Promotion::Made, None) => {
            Measured::not_measured("the promotion recorded no statement of its loss")
        }
    }
}

/// A window longer than the objective proves a miss only where something was lost in it.
fn judge(achieved: &Measured, lost_something: bool, objective: Duration) -> Judgement {
    match Judgement::of(achieved, objective) {
        Judgement::NotShown if achieved.value().is_some() && lost_something => Judgement::Missed,
        other => other,
    }
}

fn says(promotion: Promotion, loss: Option<&LossStatement>) -> String {
    match (promotion, loss) {
        (_, Some(loss)) => match (loss.exact, loss.at_least()) {
            (Some(0), _) => "Nothing was lost; this was proven.".to_owned(),
            (Some(exact), _) => format!("Exactly {} lost.", were(exact)),
            (None, 0) => {
                "How many writes were lost is not known: none is proven, none is ruled out."
                    .to_owned()
            }
            (None, fewest) => format!("At least {} lost.", were(fewest)),
        },
        (Promotion::NotMade, None) => "No copy was promoted.".to_owned(),
        (Promotion::NotKnown | Promotion::Made, None) => "What was lost is not known.".to_owned(),
    }
}

fn were(writes: u64) -> String {
    let verb = if writes == 1 { "was" } else { "were" };
    format!("{} {verb}", words::count(writes, "write"))
}

/// One answer for all data sets: the weakest judgement, the least certain and then the longest figure.
fn worst(data_sets: &[DataSetLoss], objective: Duration) -> (Measured, Judgement, String) {
    let rank = |set: &DataSetLoss| match &set.achieved {
        Measured::NotApplicable { .. } => (0, Duration::ZERO),
        Measured::Figure { value, .. } => (1, *value),
        Measured::NotMeasured { .. } => (2, Duration::ZERO),
    };
    let Some(set) = data_sets.iter().max_by_key(|set| rank(set)) else {
        let none = Measured::not_applicable("the plan promotes no data set");
        let judgement = Judgement::of(&none, objective);
        return (none, judgement, "The plan promotes no data set.".to_owned());
    };
    let any = |judgement| data_sets.iter().any(|set| set.judgement == judgement);
    let judgement = [Judgement::Missed, Judgement::NotShown, Judgement::Met]
        .into_iter()
        .find(|judgement| any(*judgement))
        .unwrap_or(Judgement::NotApplicable);
    let says = match data_sets {
        [only] => only.says.clone(),
        many => many
            .iter()
            .map(|set| format!("{}: {}", set.component, set.says))
            .collect::<Vec<_>>()
            .join(" "),
    };
    (set.achieved.clone(), judgement, says)
}
