//! Acts: what happens, and its options.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::config::diagnostic::{Problem, Span};
use crate::config::read::{Fields, Shape};
use crate::config::runbook::RunbookName;
use crate::config::suggest;
use crate::config::yaml::{At, Entry};
use crate::model::{Check, Duration, Ending, Happening, Mode, Percent, StepId, Stir};

/// One act of the story.
#[derive(Debug)]
pub(crate) struct RawAct {
    pub(crate) act: Option<At<ActWord>>,
    pub(crate) options: RawOptions,
}

/// What an act is, without its options.
#[derive(Debug, Clone)]
pub(crate) enum ActWord {
    Verify,
    Fault(Happening),
    Wait(Duration),
    Run(String),
    Resume(String),
    Kill(String),
    Ask(String),
}

const ACTS: [&str; 7] = ["verify", "fault", "wait", "run", "resume", "kill", "ask"];

macro_rules! options {
    ($($(#[$doc:meta])* $field:ident $key:literal : $type:ty,)*) => {
        /// The options of an act. Which of them say something depends on the act.
        #[derive(Debug)]
        pub(crate) struct RawOptions {
            $($(#[$doc])* pub(crate) $field: Option<$type>,)*
            /// The keys that were written, each with its place.
            pub(crate) written: Vec<(String, Span)>,
        }

        const OPTIONS: &[&str] = &[$($key),*];

        impl RawOptions {
            fn read(fields: &mut Fields<'_, '_>) -> Self {
                let written = fields
                    .entries()
                    .filter(|entry| OPTIONS.contains(&entry.key.value.as_str()))
                    .map(|entry| (entry.key.value.clone(), entry.span()))
                    .collect();
                Self { $($field: fields.optional($key),)* written }
            }
        }

        /// The schema of an act; [`RawAct`] holds the same with the act already taken out of its key.
        #[derive(JsonSchema)]
        #[schemars(rename = "Act", deny_unknown_fields)]
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
            /// The machine of a person dies, with every run that it carries out.
            kill: Option<String>,
            /// Puts a question to a person; the answer is in the report.
            ask: Option<String>,
            $($(#[$doc])* #[schemars(rename = $key)] $field: Option<$type>,)*
        }

        const ACT_KEYS: &[&str] = &["verify", "fault", "wait", "run", "resume", "kill", "ask", $($key),*];
        const SIDE_KEYS: &[&str] = &[
            "at", "when", "after", "verify", "fault", "wait", "run", "resume", "kill", "ask", $($key),*
        ];
    };
}

options! {
    /// Of a fault: where, as a site's name or its role at home.
    site "site": At<String>,
    /// Of a fault: what it happens to.
    component "component": At<String>,
    /// Of a fault: the call, `rds:PromoteReadReplica`.
    call "call": At<String>,
    /// Of a fault: the service, `rds`.
    service "service": At<String>,
    /// Of a fault: how often, or how many times as much.
    times "times": At<u32>,
    /// Of throttling: the share of the calls that is refused. Half of them when nothing is said.
    share "share": At<Percent>,
    /// Of a fault: how many members are allowed.
    members "members": At<u32>,
    /// Of a fault: which resolver, counted from 0.
    resolver "resolver": At<u32>,
    /// Of a backup: how long it runs.
    lasts "lasts": At<Duration>,
    /// Of a fault: whose.
    person "person": At<String>,
    /// Of a clock: by how much it is ahead.
    ahead "ahead": At<Duration>,
    /// Of a clock: by how much it is behind.
    behind "behind": At<Duration>,
    /// Of a fault: for how long. It is mended then.
    lasting "for": At<Duration>,
    /// Of a run: planned or unplanned.
    mode "mode": At<Mode>,
    /// Of a run: who carries it out.
    by "by": At<String>,
    /// Of a run: blocking findings of the preflight that are accepted, by code.
    accept "accept": Vec<At<String>>,
    /// Of a run: how often it is typed, half a minute apart, as long as it is refused. Once when nothing is said.
    tries "tries": At<u32>,
    /// Of a run: how it is expected to rest.
    expect "expect": At<Ending>,
    /// Of a run: by which code it is expected to be held or refused.
    code "code": At<String>,
    /// Of a run: what `dr` is expected to return.
    exit_code "exit-code": At<u32>,
    /// Of a question: to whom.
    to "to": At<String>,
    /// Of a question: what a good answer holds, shown in the report.
    hint "hint": At<String>,
}

impl Shape for RawAct {
    const ITEM: &str = "an act";
    const KEYS: &[&str] = ACT_KEYS;

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            act: one_act(fields),
            options: RawOptions::read(fields),
        }
    }
}

/// An act beside the story, with its moment.
#[derive(Debug)]
pub(crate) struct RawSideAct {
    pub(crate) at: Option<At<Duration>>,
    pub(crate) when: Option<At<RawWhen>>,
    pub(crate) after: Option<At<Duration>>,
    pub(crate) act: RawAct,
    pub(crate) span: Span,
}

impl Shape for RawSideAct {
    const ITEM: &str = "an act";
    const KEYS: &[&str] = SIDE_KEYS;

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        let span = fields.place().span;
        let when = fields.entry("when").map(Entry::span);
        Self {
            at: fields.optional("at"),
            when: fields
                .optional::<RawWhen>("when")
                .zip(when)
                .map(|(value, span)| At { value, span }),
            after: fields.optional("after"),
            act: RawAct::read(fields),
            span,
        }
    }
}

/// A moment of a run.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "When", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawWhen {
    /// Of this runbook's run.
    #[schemars(with = "Option<String>")]
    pub(crate) run: Option<At<RunbookName>>,
    /// Of this step.
    pub(crate) step: Option<At<StepId>>,
    /// A question of this code is asked.
    pub(crate) asked: Option<At<String>>,
    /// What happens to it. `started` when nothing is said.
    pub(crate) is: Option<At<Stir>>,
}

impl Shape for RawWhen {
    const KEYS: &[&str] = &["run", "step", "asked", "is"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            run: fields.optional("run"),
            step: fields.optional("step"),
            asked: fields.optional("asked"),
            is: fields.optional("is"),
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
        "kill" => ActWord::Kill(fields.optional::<At<String>>(key)?.value),
        "ask" => ActWord::Ask(fields.optional::<At<String>>(key)?.value),
        _ => ActWord::Resume(fields.optional::<At<RunbookName>>(key)?.value.0),
    })
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

/// The schema of an act with the keys that say when.
impl JsonSchema for RawSideAct {
    fn schema_name() -> Cow<'static, str> {
        "SideAct".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let moment = [
            (
                "at",
                "So long after the story began.",
                generator.subschema_for::<Duration>(),
            ),
            (
                "when",
                "When this happens for the first time.",
                generator.subschema_for::<RawWhen>(),
            ),
            (
                "after",
                "So long after that.",
                generator.subschema_for::<Duration>(),
            ),
        ];
        let mut value = ActShape::json_schema(generator).to_value();
        for (key, says, schema) in moment {
            value["properties"][key] = json!({ "description": says, "allOf": [schema] });
        }
        Schema::try_from(value).unwrap_or_default()
    }
}
