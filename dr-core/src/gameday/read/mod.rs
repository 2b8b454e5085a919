//! The shape of a file to a [`Scenario`]: everything that is wrong is told at once, each in its place.

mod act;
mod expect;
mod fault;
mod known;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use self::act::Reader;
use self::known::Known;
use super::codes;
use super::scenario::{OnCallTeam, Scenario, ScriptedAnswer};
use crate::config::{
    self, ActWord, At, FromNode, Place, Problem, Problems, RawAct, RawAnswer, RawGameday,
    RawPeople, Report, Source,
};
use crate::model::{Duration, Estate, Role, SiteId, Steadiness};
use crate::runbook::Runbook;
use crate::sim;

impl Scenario {
    /// Reads a game day for an estate with its runbooks.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place: also a name of something that there is not.
    pub fn parse(
        source: Source,
        estate: &Estate,
        runbooks: &BTreeMap<String, Runbook>,
    ) -> Result<Self, Problems> {
        let mut report = Report::new(source);
        let scenario = config::parse(&mut report).and_then(|node| {
            let raw = RawGameday::from_node(&node, &Place::file(), &mut report)?;
            build(raw, estate, runbooks, &mut report)
        });
        report.finish(scenario)
    }
}

fn build(
    raw: RawGameday,
    estate: &Estate,
    runbooks: &BTreeMap<String, Runbook>,
    report: &mut Report,
) -> Option<Scenario> {
    let known = Known::new(estate, runbooks, ran(&raw));
    let people = raw.people.and_then(|raw| people(raw, &known, report));
    let names = people.as_ref().map(|people| people.names.clone());
    let story = raw.story?;
    bounded(&story, report);
    let mut reader = Reader::new(&known, names.unwrap_or_default(), report);
    let story: Vec<_> = story.into_iter().map(|act| reader.act(act)).collect();
    let meanwhile: Vec<_> = raw
        .meanwhile
        .unwrap_or_default()
        .into_iter()
        .map(|act| reader.side_act(act))
        .collect();
    let expect: Vec<_> = raw
        .expect
        .unwrap_or_default()
        .into_iter()
        .map(|expectation| expect::read(expectation, &known, report))
        .collect();
    Some(Scenario {
        name: raw.gameday?.value.0,
        about: raw.about?.value,
        proves: raw.proves.map(|proves| proves.value),
        seed: raw.seed.map_or(1, |seed| u64::from(seed.value)),
        steady_after: match raw.steady_state {
            Some(steady) => steady.after?.value,
            None => Steadiness::Met,
        },
        people: people?,
        story: story.into_iter().collect::<Option<_>>()?,
        meanwhile: meanwhile.into_iter().collect::<Option<_>>()?,
        expect: expect.into_iter().collect::<Option<_>>()?,
        source: report.source().clone(),
    })
}

/// The runbooks that a story runs, wherever.
fn ran(raw: &RawGameday) -> BTreeSet<String> {
    let beside = raw.meanwhile.iter().flatten().map(|side| &side.act);
    let acts = raw.story.iter().flatten().chain(beside);
    acts.filter_map(|act| match &act.act.as_ref()?.value {
        ActWord::Run(runbook) => Some(runbook.clone()),
        _ => None,
    })
    .collect()
}

/// Reports the wait with which a story becomes longer than one can be played.
fn bounded(story: &[RawAct], report: &mut Report) {
    let mut total = Duration::ZERO;
    for act in story.iter().filter_map(|act| act.act.as_ref()) {
        let ActWord::Wait(wait) = &act.value else {
            continue;
        };
        total = total + *wait;
        if total >= sim::LONGEST {
            let message = format!("with this the story takes {total}");
            let help = format!("a story ends within {}", sim::LONGEST);
            report.add(Problem::new("story-too-long", act.span, message).help(help));
            return;
        }
    }
}

fn people(raw: RawPeople, known: &Known<'_>, report: &mut Report) -> Option<OnCallTeam> {
    let mut names: Vec<String> = Vec::new();
    for name in raw.names? {
        if names.contains(&name.value) {
            let message = format!("{} is on call already", name.value);
            report.add(Problem::new("duplicate-name", name.span, message).help("name each once"));
        }
        names.push(name.value);
    }
    let answers = raw.answers.unwrap_or_default().into_iter();
    let answers: Vec<_> = answers.map(|raw| answer(raw, known, report)).collect();
    Some(OnCallTeam {
        names,
        answer_after: raw.answer_after?.value,
        answers: answers.into_iter().collect::<Option<_>>()?,
    })
}

fn answer(raw: RawAnswer, known: &Known<'_>, report: &mut Report) -> Option<ScriptedAnswer> {
    let to = raw.to?;
    known::code(&to, &[&codes::QUESTIONS], "a question", report);
    if let Some(step) = &raw.step {
        known.step(step, None, report);
    }
    if let Some(times) = raw.times {
        within("times", times, 1..=1000, report);
    }
    Some(ScriptedAnswer {
        to: to.value,
        step: raw.step.map(|step| step.value),
        say: raw.say?.value,
        after: raw.after.map(|after| after.value),
        times: raw.times.map(|times| times.value),
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

/// Reports every key that says nothing where it stands.
fn refuse_needless(written: &[(String, config::Span)], fits: &[&str], report: &mut Report) {
    for (key, span) in written {
        if !fits.contains(&key.as_str()) {
            let message = format!("`{key}` says nothing here");
            report.add(Problem::new("needless-key", *span, message).help("remove the line"));
        }
    }
}

/// Reports a number that says nothing, or nothing sensible.
fn within(key: &str, word: At<u32>, range: RangeInclusive<u32>, report: &mut Report) {
    if !range.contains(&word.value) {
        let (low, high) = range.into_inner();
        let message = format!("`{key}: {}` says nothing here", word.value);
        let help = format!("write a number from {low} to {high}");
        report.add(Problem::new("out-of-range", word.span, message).help(help));
    }
}

/// Reports a length of time that is none, or longer than a story.
fn lasting(key: &str, word: At<Duration>, report: &mut Report) {
    let problem = if word.value == Duration::ZERO {
        let message = format!("`{key}: {}` is no time at all", word.value);
        Problem::new("zero-duration", word.span, message).help("write how long, or remove the act")
    } else if word.value > sim::LONGEST {
        let message = format!("{} is longer than a story", word.value);
        let help = format!("a story ends within {}", sim::LONGEST);
        Problem::new("story-too-long", word.span, message).help(help)
    } else {
        return;
    };
    report.add(problem);
}
