//! What may go wrong, and how often, as people declare it.

use std::sync::Arc;

use crate::config::{
    self, At, FromNode, Place, Problem, Problems, RawDisasters, RawMishap, RawStrike, Report,
    Source, Span, When,
};
use crate::model::{Duration, Mishap, Role, Spread};

/// A declared distribution of disasters and of what may go wrong besides: checked, not yet resolved against an estate.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// Its name: `everyday`.
    pub name: String,
    /// What it stands for.
    pub about: String,
    /// The people on call.
    pub people: Vec<String>,
    /// From the beginning of a disaster until a failover is begun.
    pub notice: Spread,
    /// How long an answer takes.
    pub answer: Spread,
    /// The disasters, one a trial.
    pub strikes: Vec<Strike>,
    /// The chance of a disaster in the middle of a planned run, in hundredths of a percent.
    pub during_planned: u32,
    /// What may go wrong besides.
    pub mishaps: Vec<Chance>,
    /// Its text.
    pub source: Arc<Source>,
}

/// A disaster.
#[derive(Debug, Clone)]
pub struct Strike {
    /// How likely it is beside the others.
    pub weight: u32,
    /// What strikes, all at one instant.
    pub what: Vec<Row>,
    /// How often it is never mended, in hundredths of a percent.
    pub for_good: u32,
    /// Whether people fail over although clients are still served.
    pub act_always: bool,
}

/// Something that may go wrong besides.
#[derive(Debug, Clone)]
pub struct Chance {
    /// How often, in hundredths of a percent.
    pub chance: u32,
    /// What.
    pub what: Row,
    /// Whether `at` counts backwards from the disaster.
    pub before: bool,
    /// When it begins, from the disaster.
    pub at: Spread,
}

/// What goes wrong, where, and for how long.
#[derive(Debug, Clone)]
pub struct Row {
    /// What.
    pub mishap: Mishap,
    /// The site, by the role that it has when the trial begins.
    pub site: Option<Role>,
    /// The service or the call.
    pub what: String,
    /// How much of it.
    pub level: u32,
    /// How long it lasts; `None` for what happens at once.
    pub lasts: Option<Spread>,
}

impl Distribution {
    /// Reads a declaration.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn parse(source: Source) -> Result<Self, Problems> {
        let mut report = Report::new(source);
        let distribution = config::parse(&mut report).and_then(|node| {
            let raw = RawDisasters::from_node(&node, &Place::file(), &mut report)?;
            build(raw, &mut report)
        });
        report.finish(distribution)
    }

    /// Nothing goes wrong; people notice and answer as told.
    pub fn undisturbed(people: &[&str], notice: Duration, answer: Duration) -> Self {
        Self {
            name: "nothing".to_owned(),
            about: "Nothing goes wrong.".to_owned(),
            people: people.iter().map(|name| (*name).to_owned()).collect(),
            notice: Spread::only(notice),
            answer: Spread::only(answer),
            strikes: Vec::new(),
            during_planned: 0,
            mishaps: Vec::new(),
            source: Arc::new(Source::new("nothing", "")),
        }
    }

    /// How long before the disaster the first mishap may begin.
    pub fn lead(&self) -> Duration {
        let before = self.mishaps.iter().filter(|chance| chance.before);
        before
            .map(|chance| chance.at.high)
            .max()
            .unwrap_or(Duration::ZERO)
    }
}

fn build(raw: RawDisasters, report: &mut Report) -> Option<Distribution> {
    let strikes: Vec<Option<Strike>> = raw
        .strikes?
        .into_iter()
        .map(|raw| strike(raw, report))
        .collect();
    let mishaps: Vec<Option<Chance>> = raw
        .mishaps
        .unwrap_or_default()
        .into_iter()
        .map(|raw| mishap(raw, report))
        .collect();
    let people = raw.people?;
    Some(Distribution {
        name: raw.disasters?.value.0,
        about: raw.about?.value,
        people: people.names?.into_iter().map(|name| name.value).collect(),
        notice: people.notice?.value,
        answer: people.answer?.value,
        strikes: strikes.into_iter().collect::<Option<_>>()?,
        during_planned: raw.during_planned.map_or(0, |at| at.value.hundredths()),
        mishaps: mishaps.into_iter().collect::<Option<_>>()?,
        source: report.source().clone(),
    })
}

/// The keys of a row that hang on what goes wrong.
struct Keys {
    mishap: At<Mishap>,
    site: Option<At<Role>>,
    what: Option<At<String>>,
    level: Option<At<u32>>,
    lasts: Option<At<Spread>>,
}

/// Holds a key against whether it says something: it must be there then, and must not be there otherwise.
fn fits<T>(
    key: &'static str,
    there: Option<&At<T>>,
    wanted: bool,
    mishap: &At<Mishap>,
    example: &str,
    report: &mut Report,
) -> bool {
    let name = mishap.value.name();
    let (span, code, message, help): (Span, _, _, _) = match (there, wanted) {
        (Some(at), false) => (
            at.span,
            "needless-key",
            format!("`{key}` says nothing of {name}"),
            "remove the line".to_owned(),
        ),
        (None, true) => (
            mishap.span,
            "missing-key",
            format!("{name} needs `{key}`"),
            format!("add `{key}: {example}`"),
        ),
        _ => return true,
    };
    report.add(Problem::new(code, span, message).help(help));
    false
}

fn row(keys: Keys, report: &mut Report) -> Option<Row> {
    let Keys {
        mishap,
        site,
        what,
        level,
        lasts,
    } = keys;
    let kind = mishap.value;
    let right = [
        fits(
            "site",
            site.as_ref(),
            kind.has_site(),
            &mishap,
            "primary",
            report,
        ),
        fits(
            "what",
            what.as_ref(),
            kind.what().is_some(),
            &mishap,
            kind.what().unwrap_or_default(),
            report,
        ),
        fits(
            "level",
            level.as_ref(),
            kind.level().is_some(),
            &mishap,
            "2",
            report,
        ),
        fits(
            "lasts",
            lasts.as_ref(),
            kind.lasts(),
            &mishap,
            "10m to 1h",
            report,
        ),
    ];
    right.into_iter().all(|right| right).then(|| Row {
        mishap: kind,
        site: site.map(|at| at.value),
        what: what.map(|at| at.value).unwrap_or_default(),
        level: level.map_or(0, |at| at.value),
        lasts: lasts.map(|at| at.value),
    })
}

fn strike(raw: RawStrike, report: &mut Report) -> Option<Strike> {
    let first = raw.strike?;
    let weight = raw.weight?;
    if weight.value == 0 {
        let problem = Problem::new(
            "zero-weight",
            weight.span,
            "what never strikes is no disaster",
        );
        report.add(problem.help("give it a weight, or remove it"));
        return None;
    }
    let mut what = Vec::new();
    for more in raw.and.unwrap_or_default() {
        // What strikes with the first needs nothing more said of it than where and for how long.
        let wants_more = more.value.what().is_some() || more.value.level().is_some();
        if wants_more || more.value == Mishap::OperatorDies {
            let message = format!("{} cannot strike with another", more.value.name());
            let problem = Problem::new("not-for-and", more.span, message);
            report.add(problem.help("declare it under `mishaps`"));
            return None;
        }
        what.push(Row {
            mishap: more.value,
            site: raw
                .site
                .as_ref()
                .map(|at| at.value)
                .filter(|_| more.value.has_site()),
            what: String::new(),
            level: 0,
            lasts: raw
                .lasts
                .as_ref()
                .map(|at| at.value)
                .filter(|_| more.value.lasts()),
        });
    }
    let keys = Keys {
        mishap: first,
        site: raw.site,
        what: raw.what,
        level: raw.level,
        lasts: raw.lasts,
    };
    what.insert(0, row(keys, report)?);
    Some(Strike {
        weight: weight.value,
        what,
        for_good: raw.for_good.map_or(0, |at| at.value.hundredths()),
        act_always: raw.act.is_some_and(|act| act.value == When::Always),
    })
}

fn mishap(raw: RawMishap, report: &mut Report) -> Option<Chance> {
    let mishap = raw.mishap?;
    let span = mishap.span;
    let keys = Keys {
        mishap,
        site: raw.site,
        what: raw.what,
        level: raw.level,
        lasts: raw.lasts,
    };
    let what = row(keys, report);
    let (before, at) = match (raw.before, raw.after) {
        (Some(before), None) => (true, before.value),
        (None, Some(after)) => (false, after.value),
        (None, None) => {
            let problem = Problem::new("missing-key", span, "when does it begin?");
            report.add(problem.help("add `after: 0s to 20m`, or `before: 1m to 10m`"));
            return None;
        }
        (Some(before), Some(_)) => {
            let message = "it begins before the disaster or after it, not both";
            let problem = Problem::new("two-times", before.span, message);
            report.add(problem.help("remove one of the two"));
            return None;
        }
    };
    Some(Chance {
        chance: raw.chance?.value.hundredths(),
        what: what?,
        before,
        at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin;

    fn problems(text: &str) -> Vec<&'static str> {
        let head = "disasters: x\nabout: y\npeople: { names: [a], notice: 1m, answer: 1m }\n";
        let parsed = Distribution::parse(Source::new("test", format!("{head}{text}")));
        match parsed {
            Ok(_) => Vec::new(),
            Err(problems) => problems.list.iter().map(|problem| problem.code).collect(),
        }
    }

    #[test]
    fn what_is_shipped_is_right() {
        let shipped = Distribution::parse(builtin::disasters()).unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(shipped.name, "everyday");
        assert_eq!(shipped.lead(), Duration::from_mins(10));
        let weights: u32 = shipped.strikes.iter().map(|strike| strike.weight).sum();
        assert_eq!(weights, 100);
    }

    #[test]
    fn a_key_that_a_mishap_needs_is_asked_for_and_one_that_says_nothing_is_refused() {
        let strikes = "strikes: [ { strike: partition, weight: 1, lasts: 5m } ]\n";
        assert_eq!(problems(strikes), [] as [&str; 0]);
        let mishap = |text: &str| problems(&format!("{strikes}mishaps: [ {{ {text} }} ]"));
        assert_eq!(
            mishap("mishap: throttling, chance: 5%, after: 0s, lasts: 5m"),
            ["missing-key"]
        );
        assert_eq!(
            mishap("mishap: mirror-stops, chance: 5%, after: 0s, lasts: 5m, site: standby"),
            ["needless-key"]
        );
        assert_eq!(
            mishap("mishap: mirror-stops, chance: 5%, lasts: 5m"),
            ["missing-key"]
        );
        assert_eq!(
            mishap("mishap: mirror-stops, chance: 5%, lasts: 5m, before: 1m, after: 1m"),
            ["two-times"]
        );
        assert_eq!(
            mishap("mishap: throtling, chance: 5%, lasts: 5m, after: 1m"),
            ["unknown-mishap"]
        );
        assert_eq!(
            problems("strikes: [ { strike: partition, weight: 0, lasts: 5m } ]"),
            ["zero-weight"]
        );
        assert_eq!(
            problems("strikes: [ { strike: partition, weight: 1, lasts: 5m, and: [ slow ] } ]"),
            ["not-for-and"]
        );
    }
}
