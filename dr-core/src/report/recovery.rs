//! When clients were served again: the achieved RTO, and the downtime that they had.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fold::Fold;
use super::measure::{Bound, Judgement, Measured};
use super::words;
use crate::action::Detail;
use crate::model::{ClientView, Duration, Outage, SiteId, Verb};
use crate::runbook::{Plan, StepStatus};

/// The recovery time against its objective.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryTime {
    /// What the business asked for.
    pub objective: Duration,
    /// What was achieved.
    pub achieved: Measured,
    /// Whether the objective was met, as far as it is proven.
    pub judgement: Judgement,
    /// What the plan predicted, from the start of the run.
    pub predicted: Duration,
    /// The instant that it counts from.
    pub counted_from: Timestamp,
    /// What happened then.
    pub counted_from_what: String,
    /// When clients were served by the new site, where that is known.
    pub served_at: Option<Timestamp>,
}

/// A stretch of time in which clients were not served, as they measured it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Downtime {
    /// The first second in which writes failed.
    pub from: Timestamp,
    /// The first second in which they were acknowledged again; `None` where no measurement saw the end.
    pub until: Option<Timestamp>,
    /// Until then it was seen to last.
    pub seen_until: Timestamp,
}

impl Downtime {
    /// How long it lasted, as far as it was seen.
    pub fn lasted(&self) -> Duration {
        Duration::between(self.from, self.until.unwrap_or(self.seen_until))
    }
}

/// What clients experienced, as measured from outside both sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientDowntime {
    /// All stretches together.
    pub total: Measured,
    /// Each stretch, in order.
    pub stretches: Vec<Downtime>,
    /// How many measurements there are.
    pub measurements: usize,
}

fn views(fold: &Fold) -> impl Iterator<Item = (Timestamp, &ClientView)> {
    fold.found.iter().filter_map(|found| match &found.detail {
        Detail::Clients(view) => Some((found.at, view)),
        _ => None,
    })
}

/// The downtime that the run's measurements saw.
pub(super) fn clients(fold: &Fold) -> ClientDowntime {
    let mut seen: Vec<Downtime> = views(fold)
        .filter_map(|(_, view)| {
            let outage = view.outage.as_ref()?;
            Some(Downtime {
                from: outage.from,
                until: outage.until,
                seen_until: outage.until.unwrap_or(view.at).max(outage.from),
            })
        })
        .collect();
    seen.sort_by_key(|stretch| (stretch.from, stretch.seen_until));
    let mut stretches: Vec<Downtime> = Vec::new();
    for next in seen {
        match stretches.last_mut() {
            // The same stretch measured twice, the second time with more of it.
            Some(last) if next.from <= last.seen_until => {
                if next.seen_until >= last.seen_until {
                    last.until = next.until;
                    last.seen_until = next.seen_until;
                }
            }
            _ => stretches.push(next),
        }
    }
    let measurements = views(fold).count();
    ClientDowntime {
        total: total(fold, &stretches, measurements),
        stretches,
        measurements,
    }
}

/// People tell the start of an outage to the minute; clients measure it to the second.
const REPORTED_WITHIN: Duration = Duration::from_mins(1);

/// A measurement sees only the newest stretch that reaches into the time that it looks back over, so that none seen is not
/// none there.
fn total(fold: &Fold, stretches: &[Downtime], measurements: usize) -> Measured {
    let Some(first) = stretches.first() else {
        return Measured::not_measured(if measurements == 0 {
            "no step of this run measured what clients experienced"
        } else {
            "the measurements looked back over less than the whole run, and saw no outage in it"
        });
    };
    let lasted: Duration = stretches.iter().map(Downtime::lasted).sum();
    let counted = words::count(measurements as u64, "measurement");
    let (bound, limit) = if stretches.iter().any(|stretch| stretch.until.is_none()) {
        (Bound::AtLeast, "none saw the end")
    } else if fold
        .outage_since
        .is_some_and(|since| Duration::between(since, first.from) > REPORTED_WITHIN)
    {
        (Bound::AtLeast, "the outage had begun before they looked")
    } else {
        (Bound::Exactly, "to the second")
    };
    let basis = format!("{counted} from outside both sites; {limit}");
    Measured::figure(bound, lasted, basis)
}

impl ClientDowntime {
    /// Where no stretch was seen, the outage that people reported cannot have lasted longer than until clients were served.
    pub(super) fn bound_by(
        &mut self,
        outage_since: Option<Timestamp>,
        served_at: Option<Timestamp>,
    ) {
        if let (Measured::NotMeasured { .. }, Some(since), Some(served)) =
            (&self.total, outage_since, served_at)
        {
            self.total = Measured::figure(
                Bound::AtMost,
                Duration::between(since, served),
                "from the start of the outage, as known then, until clients were measured to be served",
            );
        }
    }
}

/// When the promotions of the plan began and ended; `None` where none was begun, the end only where all succeeded.
pub(super) fn pivot(fold: &Fold) -> Option<(Timestamp, Option<Timestamp>)> {
    let pivots: Vec<_> = fold.steps.iter().filter(|step| step.pivot).collect();
    let begun = pivots
        .iter()
        .filter_map(|step| step.spans.first().map(|span| span.from).or(step.ended))
        .min()?;
    let all = pivots
        .iter()
        .all(|step| step.status == StepStatus::Succeeded);
    let ended = pivots.iter().filter_map(|step| step.ended).max();
    Some((begun, ended.filter(|_| all)))
}

/// When the last `shift` was behind, where every one is; and whether all of them succeeded. Clients of a front door that
/// is not shifted are not served, whatever others measure.
fn shifted(fold: &Fold, plan: &Plan) -> Option<(Timestamp, bool)> {
    let mut behind: Option<(Timestamp, bool)> = None;
    for (planned, step) in plan.steps().zip(&fold.steps) {
        if matches!(planned.verb, Verb::Shift(_)) {
            let ended = step.ended?;
            let done = step.status == StepStatus::Succeeded;
            behind =
                Some(behind.map_or((ended, done), |(last, all)| (last.max(ended), all && done)));
        }
    }
    Some(behind.unwrap_or((fold.begun, false)))
}

/// The first measurement since `from` in which the new site acknowledged writes.
fn first_served<'a>(
    fold: &'a Fold,
    to: &SiteId,
    from: Timestamp,
) -> Option<(Timestamp, &'a ClientView)> {
    views(fold)
        .find(|(at, view)| {
            let over = view
                .outage
                .as_ref()
                .is_none_or(|outage| outage.until.is_some());
            *at >= from && view.acknowledged > 0 && over && view.served_by.contains(to)
        })
        .map(|(at, view)| (view.at.clamp(from.min(at), at), view))
}

/// The achieved recovery time.
pub(super) fn time(fold: &Fold, plan: &Plan, clients: &ClientDowntime) -> RecoveryTime {
    let objective = plan.estate.objectives.rto;
    let (counted_from, counted_from_what) = origin(fold, clients);
    let since = |end: Timestamp| Duration::between(counted_from, end);
    let to = &plan.direction.to;
    let pivot = pivot(fold);
    let promoted = pivot.and_then(|(_, ended)| ended);
    let shift = shifted(fold, plan);
    let measured = promoted
        .zip(shift)
        .and_then(|(at, (shifted, _))| first_served(fold, to, at.max(shifted)));
    let (achieved, served_at) = match (measured, promoted.and(shift)) {
        (Some((at, view)), _) => match restored(view, pivot) {
            Some(until) => (
                Measured::figure(
                    Bound::Exactly,
                    since(until),
                    format!("clients measured that {to} acknowledged their writes again"),
                ),
                Some(until),
            ),
            None => (
                Measured::figure(
                    Bound::AtMost,
                    since(at),
                    format!("the first measurement in which {to} acknowledged clients' writes"),
                ),
                Some(at),
            ),
        },
        (None, Some((end, true))) => (
            Measured::figure(
                Bound::AtLeast,
                since(end),
                "the traffic was shifted then; no measurement of clients followed",
            ),
            None,
        ),
        (None, _) => (not_served(fold, to, promoted.is_some()), None),
    };
    RecoveryTime {
        objective,
        judgement: judge(fold, &achieved, since(fold.as_of), objective),
        achieved,
        predicted: plan.prediction.until_serving,
        counted_from,
        counted_from_what,
        served_at,
    }
}

/// The end of the outage that the promotion ended; another blip before or after is not it.
fn restored(view: &ClientView, pivot: Option<(Timestamp, Option<Timestamp>)>) -> Option<Timestamp> {
    let (begun, ended) = pivot?;
    let Outage { from, until } = view.outage.as_ref()?;
    let until = (*until)?;
    (*from <= ended? && until >= begun).then_some(until)
}

/// It counts from the earliest sign of the outage, or from the start of the run where there was none.
fn origin(fold: &Fold, clients: &ClientDowntime) -> (Timestamp, String) {
    let known = fold.outage_since.unwrap_or(fold.begun);
    let measured = clients
        .stretches
        .iter()
        .filter(|stretch| stretch.seen_until >= fold.begun)
        .map(|stretch| stretch.from)
        .min();
    match measured {
        Some(from) if from < known => (from, "the first failed write that clients measured".into()),
        _ if fold.outage_since.is_some() => {
            (known, "the start of the outage, as known then".into())
        }
        _ => (known, "the start of the run".into()),
    }
}

fn not_served(fold: &Fold, to: &SiteId, promoted: bool) -> Measured {
    match (fold.ended.is_some(), promoted) {
        (true, false) => Measured::not_applicable(format!(
            "the run ended without making {to} the primary: it recovered nothing"
        )),
        (true, true) => Measured::not_measured(format!(
            "the run ended without a measurement of clients served by {to}"
        )),
        (false, _) => Measured::not_measured(format!(
            "as of the last record clients are not known to be served by {to}"
        )),
    }
}

/// An unfinished run that is past its objective has missed it, whatever comes.
fn judge(fold: &Fold, achieved: &Measured, elapsed: Duration, objective: Duration) -> Judgement {
    let unserved = matches!(achieved, Measured::NotMeasured { .. }) && fold.ended.is_none();
    if unserved && elapsed > objective {
        return Judgement::Missed;
    }
    Judgement::of(achieved, objective)
}
