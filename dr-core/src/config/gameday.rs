//! The shape of a game day: what is written where. Also what the editors' schema is made from.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::diagnostic::Problem;
use super::read::{Fields, Shape};
use super::runbook::RunbookName;
use super::suggest;
use super::yaml::{At, Entry};
use crate::model::{Check, Duration, Ending, Expectation, Happening, Mode};

/// A rehearsal: what happens to the estate, what is done about it, and what is expected of it.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Gameday", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawGameday {
    /// Its name: `region-loss`.
    #[schemars(required, with = "String")]
    pub(crate) gameday: Option<At<RunbookName>>,
    /// What it rehearses, in a sentence.
    #[schemars(required)]
    pub(crate) about: Option<At<String>>,
    /// Where the simulator's chance begins. 1 when nothing is said.
    pub(crate) seed: Option<At<u32>>,
    /// Who is on call.
    #[schemars(required)]
    pub(crate) people: Option<RawPeople>,
    /// What happens, one act after another.
    #[schemars(required, length(min = 1))]
    pub(crate) story: Option<Vec<RawAct>>,
    /// What must be true at the end.
    #[schemars(length(min = 1))]
    pub(crate) expect: Option<Vec<At<Expectation>>>,
}

impl Shape for RawGameday {
    const KEYS: &[&str] = &["gameday", "about", "seed", "people", "story", "expect"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        fields.must_not_be_empty("story");
        fields.must_not_be_empty("expect");
        Self {
            gameday: fields.required("gameday", "gameday: region-loss"),
            about: fields.required("about", "about: The primary's region is lost."),
            seed: fields.optional("seed"),
            people: fields.required(
                "people",
                "people: { names: [ ada, grace ], answer-after: 90s }",
            ),
            story: fields.required("story", "story: [ … ]"),
            expect: fields.optional("expect"),
        }
    }
}

/// The on-call team. Each question is answered by somebody who has not answered it yet.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "People", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPeople {
    /// Their names.
    #[schemars(required, length(min = 1))]
    pub(crate) names: Option<Vec<At<String>>>,
    /// How long an answer takes.
    #[schemars(required)]
    pub(crate) answer_after: Option<At<Duration>>,
}

impl Shape for RawPeople {
    const KEYS: &[&str] = &["names", "answer-after"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        fields.must_not_be_empty("names");
        Self {
            names: fields.required("names", "names: [ ada, grace ]"),
            answer_after: fields.required("answer-after", "answer-after: 90s"),
        }
    }
}

/// One act of the story: what happens, and its options.
#[derive(Debug)]
pub(crate) struct RawAct {
    pub(crate) act: Option<At<ActWord>>,
    pub(crate) site: Option<At<String>>,
    pub(crate) mode: Option<At<Mode>>,
    pub(crate) expect: Option<At<Ending>>,
}

/// What an act is, without its options.
#[derive(Debug, Clone)]
pub(crate) enum ActWord {
    Verify,
    Fault(Happening),
    Wait(Duration),
    Run(String),
    Resume(String),
}

const ACTS: [&str; 5] = ["verify", "fault", "wait", "run", "resume"];

impl Shape for RawAct {
    const ITEM: &str = "an act";
    const KEYS: &[&str] = &[
        "verify", "fault", "wait", "run", "resume", "site", "mode", "expect",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            act: one_act(fields),
            site: fields.optional("site"),
            mode: fields.optional("mode"),
            expect: fields.optional("expect"),
        }
    }
}

fn one_act(fields: &mut Fields<'_, '_>) -> Option<At<ActWord>> {
    let acts: Vec<&Entry> = fields
        .entries()
        .filter(|entry| ACTS.contains(&entry.key.value.as_str()))
        .collect();
    let Some((first, others)) = acts.split_first() else {
        if fields.is_sound() {
            let span = fields.place().span;
            let mut problem = Problem::new("missing-act", span, "an act says what happens");
            problem.help = suggest::help("", ACTS);
            fields.report().add(problem);
        }
        return None;
    };
    for other in others {
        let message = format!(
            "an act is one thing, and `{}` is there already",
            first.key.value
        );
        fields.report().add(
            Problem::new("two-acts", other.key.span, message)
                .help("write two acts: they happen one after another"),
        );
    }
    let value = act(fields, first.key.value.as_str())?;
    Some(At {
        value,
        span: first.span(),
    })
}

fn act(fields: &mut Fields<'_, '_>, key: &str) -> Option<ActWord> {
    Some(match key {
        "verify" => match fields.optional::<At<Check>>(key)? {
            At {
                value: Check::SteadyState,
                ..
            } => ActWord::Verify,
            At { span, .. } => {
                let message =
                    "a game day verifies the steady state; the other checks belong to runbooks";
                fields.report().add(
                    Problem::new("not-for-gamedays", span, message).help("write `steady-state`"),
                );
                return None;
            }
        },
        "fault" => ActWord::Fault(fields.optional::<At<Happening>>(key)?.value),
        "wait" => ActWord::Wait(fields.optional::<At<Duration>>(key)?.value),
        "run" => ActWord::Run(fields.optional::<At<RunbookName>>(key)?.value.0),
        _ => ActWord::Resume(fields.optional::<At<RunbookName>>(key)?.value.0),
    })
}

/// The schema of an act; [`RawAct`] holds the same with the act already taken out of its key.
#[derive(JsonSchema)]
#[schemars(rename = "Act", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("oneOf" = an_act_each()))]
#[expect(dead_code, reason = "its schema is all that is wanted of it")]
struct ActShape {
    /// Reads every probe of the estate's steady state.
    verify: Option<String>,
    /// Something goes wrong, or is mended again.
    fault: Option<Happening>,
    /// Lets time pass.
    wait: Option<Duration>,
    /// Plans a runbook and carries it out until it rests.
    run: Option<String>,
    /// Goes on with the last run of a runbook.
    resume: Option<String>,
    /// Of a fault: where, as a site's name or its role at home.
    site: Option<String>,
    /// Of a run: planned or unplanned.
    mode: Option<Mode>,
    /// Of a run: how it is expected to rest.
    expect: Option<Ending>,
}

fn an_act_each() -> Value {
    let alternatives = ACTS.map(|act| json!({ "required": [act] }));
    Value::Array(alternatives.to_vec())
}

impl JsonSchema for RawAct {
    fn schema_name() -> Cow<'static, str> {
        ActShape::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ActShape::json_schema(generator)
    }
}
