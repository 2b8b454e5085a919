//! The raw shape to a [`Runbook`]: each step checked by itself, names made where none are written.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::{Runbook, Stage, Step};
use crate::config::{
    self, At, FromNode, MAX_ATTEMPTS, Place, Problem, Problems, RawRunbook, RawStage, RawStep,
    Report, Source, Span,
};
use crate::model::{Duration, FenceTarget, StepId, Verb};

pub(super) fn runbook(source: Source) -> Result<Runbook, Problems> {
    let mut report = Report::new(source);
    let runbook = config::parse(&mut report).and_then(|node| {
        let place = Place::file();
        let raw = RawRunbook::from_node(&node, &place, &mut report)?;
        check(&raw, &mut report);
        build(raw, &report)
    });
    report.finish(runbook)
}

fn check(raw: &RawRunbook, report: &mut Report) {
    let stages = raw.stages.as_deref().unwrap_or_default();
    let mut names: BTreeMap<&str, Span> = BTreeMap::new();
    for stage in stages {
        let Some(name) = &stage.stage else { continue };
        distinct(&mut names, &name.value, name.span, "stages", report);
    }
    let mut ids = BTreeMap::new();
    for step in stages
        .iter()
        .filter_map(|stage| stage.steps.as_ref())
        .flatten()
    {
        if let Some(id) = &step.id {
            distinct(&mut ids, id.value.as_str(), id.span, "steps", report);
        }
        step_alone(step, report);
    }
}

/// Reports a name that is taken.
fn distinct<'a>(
    seen: &mut BTreeMap<&'a str, Span>,
    name: &'a str,
    span: Span,
    what: &str,
    report: &mut Report,
) {
    if let Some(first) = seen.insert(name, span) {
        report.add(
            Problem::new(
                "duplicate-name",
                span,
                format!("two {what} are called \"{name}\""),
            )
            .label(format!("first written on line {}", first.line)),
        );
    }
}

fn step_alone(step: &RawStep, report: &mut Report) {
    if let Some(At { value, span }) = step.attempts
        && !(1..=MAX_ATTEMPTS).contains(&value)
    {
        let message = format!("a step is tried 1 to {MAX_ATTEMPTS} times, not {value}");
        report
            .add(Problem::new("attempts-out-of-range", span, message).help(
                "what fails so often needs a person: the run holds then, and can be resumed",
            ));
    }
    if let Some(At {
        value: Duration::ZERO,
        span,
    }) = step.timeout
    {
        let message = "a step that may take no time at all always fails";
        report.add(Problem::new("zero-duration", span, message));
    }
    if let Some(At {
        value: Verb::Wait(Duration::ZERO),
        span,
    }) = step.verb
    {
        report.add(Problem::new(
            "zero-duration",
            span,
            "to wait for no time at all is no step",
        ));
    }
}

fn build(raw: RawRunbook, report: &Report) -> Option<Runbook> {
    let stages = raw.stages?;
    let mut taken: BTreeSet<StepId> = stages
        .iter()
        .flat_map(|stage| stage.steps.iter().flatten())
        .filter_map(|step| step.id.as_ref().map(|id| id.value.clone()))
        .collect();
    let source = report.source().clone();
    Some(Runbook {
        name: raw.runbook?.value.0,
        only: raw.only.map(|at| at.value),
        stages: stages
            .into_iter()
            .map(|stage| self::stage(stage, &mut taken))
            .collect::<Option<_>>()?,
        digest: format!("{:x}", Sha256::digest(source.text.as_bytes())),
        source,
    })
}

fn stage(raw: RawStage, taken: &mut BTreeSet<StepId>) -> Option<Stage> {
    let name = raw.stage?;
    Some(Stage {
        name: name.value,
        span: name.span,
        steps: raw
            .steps?
            .into_iter()
            .map(|raw| step(raw, taken))
            .collect::<Option<_>>()?,
    })
}

fn step(raw: RawStep, taken: &mut BTreeSet<StepId>) -> Option<Step> {
    let At { value: verb, span } = raw.verb?;
    Some(Step {
        id: raw
            .id
            .map_or_else(|| free_name(&default_name(&verb), taken), |id| id.value),
        verb,
        timeout: raw.timeout.map(|at| at.value),
        attempts: raw.attempts.map(|at| at.value),
        only: raw.only.map(|at| at.value),
        on_doubt: raw.on_doubt.map(|at| at.value).unwrap_or_default(),
        span,
    })
}

/// The verb and its object: `promote-database`, `verify-standby-ready`.
fn default_name(verb: &Verb) -> String {
    let name = verb.name();
    match verb {
        Verb::Verify(check) => format!("{name}-{}", check.name()),
        Verb::Fence(FenceTarget::Primary) => format!("{name}-primary"),
        Verb::Fence(FenceTarget::FormerPrimary) => format!("{name}-former-primary"),
        _ => match verb.component() {
            Some(component) => format!("{name}-{component}"),
            None => name.to_owned(),
        },
    }
}

/// The wished name, with the first number after it that makes it unique; shortened where it would be too long.
fn free_name(wished: &str, taken: &mut BTreeSet<StepId>) -> StepId {
    let mut number = 1;
    loop {
        let suffix = match number {
            1 => String::new(),
            _ => format!("-{number}"),
        };
        let room = 63 - suffix.len();
        let stem = wished[..wished.len().min(room)].trim_end_matches('-');
        let name: StepId = format!("{stem}{suffix}")
            .parse()
            .expect("a verb, a hyphen and the beginning of a name make a name");
        if taken.insert(name.clone()) {
            return name;
        }
        number += 1;
    }
}
