//! The shape of a file to a [`Scenario`]: everything that is wrong is told at once, each in its place.

mod act;
mod expect;
mod fault;

#[cfg(test)]
mod tests;

use self::act::Reader;
use super::scenario::{OnCallTeam, Scenario, ScriptedAnswer};
use crate::config::{
    self, At, FromNode, Place, Problem, Problems, RawAnswer, RawGameday, Report, Source,
};
use crate::model::{Estate, Role, SiteId, Steadiness};

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
    let people = raw.people.and_then(|people| {
        let answers = people.answers.unwrap_or_default().into_iter();
        Some(OnCallTeam {
            names: people.names?.into_iter().map(|name| name.value).collect(),
            answer_after: people.answer_after?.value,
            answers: answers.map(answer).collect::<Option<_>>()?,
        })
    });
    let names = people.as_ref().map(|people| people.names.clone());
    let mut reader = Reader::new(estate, names.unwrap_or_default(), report);
    let story: Vec<_> = raw.story?.into_iter().map(|act| reader.act(act)).collect();
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
        .map(|expectation| expect::read(expectation, estate, report))
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

fn answer(raw: RawAnswer) -> Option<ScriptedAnswer> {
    Some(ScriptedAnswer {
        to: raw.to?.value,
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

/// A number that a process returns.
fn exit_code(word: At<u32>, report: &mut Report) -> Option<u8> {
    let number = u8::try_from(word.value).ok();
    if number.is_none() {
        let message = format!("{} is no exit code", word.value);
        report.add(
            Problem::new("invalid-exit-code", word.span, message)
                .help("docs/exit-codes.md has the table"),
        );
    }
    number
}
