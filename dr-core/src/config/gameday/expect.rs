//! What must be true at the end: a word, or a figure with its bound.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::config::diagnostic::{Problem, Report, Span};
use crate::config::read::{Fields, FromNode, Place, Shape};
use crate::config::runbook::RunbookName;
use crate::config::suggest;
use crate::config::yaml::{At, Entry, Node, Value as Yaml};
use crate::model::{Duration, Ending, Expectation, Percent, StepId};

/// One thing that is expected.
#[derive(Debug)]
pub(crate) struct RawExpectation {
    pub(crate) what: Option<At<ExpectWord>>,
    pub(crate) bounds: RawBounds,
}

/// What is expected, without its bounds.
#[derive(Debug, Clone)]
pub(crate) enum ExpectWord {
    Word(Expectation),
    Run(String),
    ServedBy(String),
    LostWrites,
    LostWithin,
    Outage,
    Steady,
    Refused(String),
    Calls(String),
    Attempts(StepId),
}

const WHATS: [&str; 9] = [
    "run",
    "served-by",
    "lost-writes",
    "lost-within",
    "longest-outage",
    "steady",
    "refused",
    "calls",
    "attempts",
];

/// The bounds of an expectation.
#[derive(Debug, Default)]
pub(crate) struct RawBounds {
    pub(crate) is: Option<At<Ending>>,
    pub(crate) exit_code: Option<At<u32>>,
    pub(crate) recovers_within: Option<At<Duration>>,
    pub(crate) step: Option<At<StepId>>,
    pub(crate) at_least: Option<At<u32>>,
    pub(crate) at_most: Option<At<u32>>,
    /// Of `lost-within` and `longest-outage`.
    pub(crate) duration: Option<Duration>,
    /// Of `steady`.
    pub(crate) share: Option<Percent>,
    /// Of `lost-writes`.
    pub(crate) count: Option<u32>,
    /// The keys that were written, each with its place.
    pub(crate) written: Vec<(String, Span)>,
}

/// The part of an expectation that is a map.
struct Bounded(RawExpectation);

impl Shape for Bounded {
    const ITEM: &str = "an expectation";
    const KEYS: &[&str] = &[
        "run",
        "served-by",
        "lost-writes",
        "lost-within",
        "longest-outage",
        "steady",
        "refused",
        "calls",
        "attempts",
        "is",
        "exit-code",
        "recovers-within",
        "step",
        "at-least",
        "at-most",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        let written = fields
            .entries()
            .filter(|entry| !WHATS.contains(&entry.key.value.as_str()))
            .map(|entry| (entry.key.value.clone(), entry.span()))
            .collect();
        let mut bounds = RawBounds {
            written,
            ..RawBounds::default()
        };
        let what = one_what(fields, &mut bounds);
        bounds.is = fields.optional("is");
        bounds.exit_code = fields.optional("exit-code");
        bounds.recovers_within = fields.optional("recovers-within");
        bounds.step = fields.optional("step");
        bounds.at_least = fields.optional("at-least");
        bounds.at_most = fields.optional("at-most");
        Self(RawExpectation { what, bounds })
    }
}

fn one_what(fields: &mut Fields<'_, '_>, bounds: &mut RawBounds) -> Option<At<ExpectWord>> {
    let whats: Vec<&Entry> = fields
        .entries()
        .filter(|entry| WHATS.contains(&entry.key.value.as_str()))
        .collect();
    let Some((first, others)) = whats.split_first() else {
        if fields.is_sound() {
            let span = fields.place().span;
            let mut problem = Problem::new("missing-expectation", span, "what is expected?");
            problem.help = suggest::help("", WHATS);
            fields.report().add(problem);
        }
        return None;
    };
    for other in others {
        let message = format!(
            "an expectation is one thing, and `{}` is there already",
            first.key.value
        );
        fields.report().add(
            Problem::new("two-expectations", other.key.span, message)
                .help("write two expectations"),
        );
    }
    let key = first.key.value.as_str();
    let value = match key {
        "run" => ExpectWord::Run(fields.optional::<At<RunbookName>>(key)?.value.0),
        "served-by" => ExpectWord::ServedBy(fields.optional::<At<String>>(key)?.value),
        "refused" => ExpectWord::Refused(fields.optional::<At<String>>(key)?.value),
        "calls" => ExpectWord::Calls(fields.optional::<At<String>>(key)?.value),
        "attempts" => ExpectWord::Attempts(fields.optional::<At<StepId>>(key)?.value),
        "lost-writes" => {
            bounds.count = Some(fields.optional::<RawMost<u32>>(key)?.at_most?.value);
            ExpectWord::LostWrites
        }
        "lost-within" => {
            bounds.duration = Some(fields.optional::<At<Duration>>(key)?.value);
            ExpectWord::LostWithin
        }
        "longest-outage" => {
            bounds.duration = Some(fields.optional::<RawMost<Duration>>(key)?.at_most?.value);
            ExpectWord::Outage
        }
        _ => {
            bounds.share = Some(fields.optional::<RawLeast>(key)?.at_least?.value);
            ExpectWord::Steady
        }
    };
    let span = first.span();
    Some(At { value, span })
}

/// A bound from above.
struct RawMost<T> {
    at_most: Option<At<T>>,
}

impl<T: crate::config::word::Word> Shape for RawMost<T> {
    const KEYS: &[&str] = &["at-most"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            at_most: fields.required("at-most", "at-most: …"),
        }
    }
}

/// A bound from below.
struct RawLeast {
    at_least: Option<At<Percent>>,
}

impl Shape for RawLeast {
    const KEYS: &[&str] = &["at-least"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            at_least: fields.required("at-least", "at-least: 90%"),
        }
    }
}

impl FromNode for RawExpectation {
    const ITEM: &str = "an expectation";

    fn from_node(node: &Node, place: &Place, report: &mut Report) -> Option<Self> {
        if let Yaml::Scalar(_) = node.value {
            let word = At::<Expectation>::from_node(node, place, report)?;
            return Some(Self {
                what: Some(At {
                    value: ExpectWord::Word(word.value),
                    span: word.span,
                }),
                bounds: RawBounds::default(),
            });
        }
        Bounded::from_node(node, place, report).map(|bounded| bounded.0)
    }
}

impl JsonSchema for RawExpectation {
    fn schema_name() -> Cow<'static, str> {
        "Expectation".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<Expectation>();
        let name = generator.subschema_for::<String>();
        let duration = generator.subschema_for::<Duration>();
        let percent = generator.subschema_for::<Percent>();
        let count = generator.subschema_for::<u32>();
        let ending = generator.subschema_for::<Ending>();
        let bound = |key: &str, schema: &Schema| {
            json!({ "type": "object", "properties": { key: schema }, "required": [key],
                    "additionalProperties": false })
        };
        let each: Vec<Value> = WHATS
            .iter()
            .map(|what| json!({ "required": [what] }))
            .collect();
        json_schema!({ "oneOf": [
            word,
            {
                "type": "object",
                "properties": {
                    "run": name, "served-by": name, "refused": name, "calls": name, "attempts": name,
                    "lost-writes": bound("at-most", &count),
                    "lost-within": duration,
                    "longest-outage": bound("at-most", &duration),
                    "steady": bound("at-least", &percent),
                    "is": ending, "exit-code": count, "recovers-within": duration, "step": name,
                    "at-least": count, "at-most": count
                },
                "additionalProperties": false,
                "oneOf": each
            }
        ] })
    }
}
