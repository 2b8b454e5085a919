//! The rehearsal as one self-contained page, in the dress of the report.

use askama::Template;
use jiff::Timestamp;

use super::play::Rehearsal;
use super::scorecard::{ActOutcome, InjectScore, RunScore, Scorecard, Verdict, judged};
use crate::model::{Duration, Objectives};
use crate::report::timeline::{
    self, Band, BandLook, Bar, Group, Lane, Look, Mark, MarkLook, Timeline,
};
use crate::report::words::{self, Words as _};
use crate::report::{Judgement, Report};

/// A word with a sign and a colour: never the colour alone.
struct Chip {
    class: &'static str,
    sign: &'static str,
    words: String,
}

impl Chip {
    fn good(words: impl Into<String>) -> Self {
        Self {
            class: "good",
            sign: "✓",
            words: words.into(),
        }
    }

    fn bad(words: impl Into<String>) -> Self {
        Self {
            class: "bad",
            sign: "✕",
            words: words.into(),
        }
    }

    fn plain(words: impl Into<String>) -> Self {
        Self {
            class: "plain",
            sign: "–",
            words: words.into(),
        }
    }

    fn of(met: bool) -> Self {
        if met {
            Self::good("met")
        } else {
            Self::bad("not met")
        }
    }
}

#[derive(Template)]
#[template(path = "gameday.html")]
struct Page<'a> {
    card: &'a Scorecard,
    objectives: Objectives,
    verdict: Chip,
    headline: String,
    drawing: String,
    legend: Vec<(&'static str, &'static str)>,
}

impl Page<'_> {
    fn clock(&self, at: &Timestamp) -> String {
        words::time_of_day(*at)
    }

    fn outcome(&self, outcome: &ActOutcome) -> Chip {
        match outcome {
            ActOutcome::Done => Chip::plain("done"),
            ActOutcome::Met => Chip::good("as expected"),
            ActOutcome::Deviated => Chip::bad("deviated"),
            ActOutcome::Failed => Chip::bad("failed"),
        }
    }

    fn asked(&self, score: &InjectScore) -> String {
        match &score.inject.to {
            Some(to) => format!("{to}: {}", score.inject.question),
            None => score.inject.question.clone(),
        }
    }

    fn answered(&self, score: &InjectScore) -> String {
        match (&score.answer, score.took) {
            (Some(answer), Some(took)) => format!("{answer} (after {})", words::figure(took)),
            (Some(answer), None) => answer.clone(),
            (None, _) => "nobody was there to answer".to_owned(),
        }
    }

    fn longest_outage(&self) -> String {
        self.card
            .measured
            .outages
            .iter()
            .map(|o| Duration::between(o.from, o.until.unwrap_or(self.card.measured.at)))
            .max()
            .map_or_else(|| "none".to_owned(), words::figure)
    }

    fn judged(&self, run: &RunScore) -> Chip {
        match judged(&run.recovery, self.objectives.rto) {
            Judgement::Met => Chip::good("objective met"),
            Judgement::Missed => Chip::bad("objective missed"),
            other => Chip::plain(other.words()),
        }
    }

    fn people(&self) -> String {
        words::figure(self.phases().map(|phase| phase.people).sum())
    }

    fn machine(&self) -> String {
        words::figure(self.phases().map(|phase| phase.machine).sum())
    }

    fn phases(&self) -> impl Iterator<Item = &super::PhaseScore> {
        self.card.runs.iter().flat_map(|run| &run.phases)
    }

    fn downtime(&self, run: &RunScore) -> String {
        run.downtime
            .map_or_else(|| "none".to_owned(), words::figure)
    }

    fn status(&self, run: &RunScore) -> String {
        format!("{:?}", run.status).to_lowercase()
    }
}

/// The whole day: who served, what happened, what each run did.
fn day(card: &Scorecard, reports: &[Report]) -> Timeline {
    let range = (card.started, card.ended.max(card.started));
    let mut groups = vec![Group {
        name: "clients".to_owned(),
        lanes: vec![Lane {
            label: "served".to_owned(),
            pivot: false,
            bars: served(card, range),
        }],
    }];
    groups.extend(reports.iter().map(|report| Group {
        name: format!("{} {}", report.run.runbook, report.run.direction),
        lanes: report.stages.iter().filter_map(lane).collect(),
    }));
    let quiet = card
        .acts
        .iter()
        .filter(|act| act.when.is_none() && act.act.ends_with(" pass"))
        .map(|act| (act.at, act.until));
    Timeline {
        id: "day".to_owned(),
        title: "The whole rehearsal. The same facts stand in the tables below.".to_owned(),
        range,
        origin: card.started,
        groups,
        bands: card
            .measured
            .outages
            .iter()
            .map(|outage| Band {
                from: outage.from.max(range.0),
                until: outage.until.unwrap_or(range.1),
                look: BandLook::Outage,
                title: "clients not served".to_owned(),
            })
            .filter(|band| band.until > range.0)
            .collect(),
        marks: marks(card),
        quiet: quiet.collect(),
    }
}

/// What lies between the outages.
fn served(card: &Scorecard, (start, end): (Timestamp, Timestamp)) -> Vec<Bar> {
    let mut bars = Vec::new();
    let mut from = start;
    let bar = |from, until| Bar {
        from,
        until,
        open: false,
        look: Look::Work,
        title: format!(
            "clients served for {}",
            words::figure(Duration::between(from, until))
        ),
    };
    for outage in &card.measured.outages {
        if outage.from > from {
            bars.push(bar(from, outage.from));
        }
        from = outage.until.unwrap_or(end).max(from);
    }
    if end > from {
        bars.push(bar(from, end));
    }
    bars
}

fn lane(stage: &crate::report::StageReport) -> Option<Lane> {
    let (from, until) = (stage.started?, stage.ended?);
    let waited = stage.waited.unwrap_or(Duration::ZERO);
    let took = stage.took.unwrap_or(Duration::ZERO);
    let look = if waited.times(2) > took {
        Look::Waiting
    } else {
        Look::Work
    };
    Some(Lane {
        label: stage.name.clone(),
        pivot: stage.steps.iter().any(|step| step.pivot),
        bars: vec![Bar {
            from,
            until,
            open: false,
            look,
            title: format!(
                "{}: {}, {} of it waiting for people",
                stage.name,
                words::figure(took),
                words::figure(waited)
            ),
        }],
    })
}

fn marks(card: &Scorecard) -> Vec<Mark> {
    card.acts
        .iter()
        .filter(|act| act.at == act.until)
        .map(|act| Mark {
            at: act.at,
            look: MarkLook::Plain,
            label: act.act.clone(),
        })
        .collect()
}

/// The page.
pub fn to_html(rehearsal: &Rehearsal, objectives: Objectives) -> String {
    let card = &rehearsal.scorecard;
    let drawn = day(card, &rehearsal.reports);
    let (verdict, headline) = match card.verdict {
        Verdict::Met => (Chip::good(""), "Everything was as expected".to_owned()),
        Verdict::Deviated => (
            Chip {
                class: "attention",
                sign: "!",
                words: String::new(),
            },
            "It went to its end, and something was not as expected".to_owned(),
        ),
        Verdict::Failed => (Chip::bad(""), "It could not go on".to_owned()),
    };
    Page {
        card,
        objectives,
        verdict,
        headline,
        legend: drawn.legend(),
        drawing: timeline::svg(&drawn),
    }
    .render()
    .expect("writing to a string cannot fail, and the template calls nothing else that can")
}
