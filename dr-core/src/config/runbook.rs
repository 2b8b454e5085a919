//! The shape of a runbook: what is written where. Also what the editors' schema is made from.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::diagnostic::Problem;
use super::read::{Fields, Shape};
use super::schema::NAME_PATTERN;
use super::suggest;
use super::word::{Refusal, Word};
use super::yaml::{At, Entry};
use crate::model::{Check, ComponentId, Duration, Exec, FenceTarget, OnDoubt, Only, StepId, Verb};

/// How often a step may be tried.
pub(crate) const MAX_ATTEMPTS: u32 = 10;

/// How service is moved from one site to the other: stages one after another, the steps of a stage side by side.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Runbook", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRunbook {
    /// The runbook's name: `failover`.
    #[schemars(required, regex(pattern = NAME_PATTERN))]
    pub(crate) runbook: Option<At<RunbookName>>,
    /// The only runs that it is for. For all when nothing is said.
    pub(crate) only: Option<At<Only>>,
    /// The stages, in the order in which they are carried out.
    #[schemars(required, length(min = 1))]
    pub(crate) stages: Option<Vec<RawStage>>,
}

impl Shape for RawRunbook {
    const KEYS: &[&str] = &["runbook", "only", "stages"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        fields.must_not_be_empty("stages");
        Self {
            runbook: fields.required("runbook", "runbook: failover"),
            only: fields.optional("only"),
            stages: fields.required("stages", "stages: [ … ]"),
        }
    }
}

/// Steps that are carried out side by side.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Stage", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawStage {
    /// The stage's name, for people: `take over`.
    #[schemars(required)]
    pub(crate) stage: Option<At<String>>,
    /// Its steps.
    #[schemars(required, length(min = 1))]
    pub(crate) steps: Option<Vec<RawStep>>,
}

impl Shape for RawStage {
    const ITEM: &str = "a stage";
    const KEYS: &[&str] = &["stage", "steps"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        fields.must_not_be_empty("steps");
        Self {
            stage: fields.required("stage", "stage: take over"),
            steps: fields.required("steps", "steps: [ … ]"),
        }
    }
}

/// The name of a runbook, which begins the names of its runs.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
pub(crate) struct RunbookName(pub(crate) String);

impl Word for RunbookName {
    fn read(text: &str) -> Result<Self, Refusal> {
        // The rule is the same for all names.
        StepId::read(text).map(|name| Self(name.into()))
    }
}

/// One step: a verb with what it is about, and options.
#[derive(Debug)]
pub(crate) struct RawStep {
    /// What it does, with the place of it.
    pub(crate) verb: Option<At<Verb>>,
    pub(crate) id: Option<At<StepId>>,
    pub(crate) timeout: Option<At<Duration>>,
    pub(crate) attempts: Option<At<u32>>,
    pub(crate) only: Option<At<Only>>,
    pub(crate) on_doubt: Option<At<OnDoubt>>,
}

impl Shape for RawStep {
    const ITEM: &str = "a step";
    const KEYS: &[&str] = &[
        "verify",
        "approve",
        "fence",
        "provision",
        "activate",
        "promote",
        "shift",
        "repoint",
        "reprotect",
        "demote",
        "converge",
        "wait",
        "notify",
        "exec",
        "id",
        "timeout",
        "attempts",
        "only",
        "on-doubt",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            verb: one_verb(fields),
            id: fields.optional("id"),
            timeout: fields.optional("timeout"),
            attempts: fields.optional("attempts"),
            only: fields.optional("only"),
            on_doubt: fields.optional("on-doubt"),
        }
    }
}

/// The step's verb. No verb, and more than one, are reported.
fn one_verb(fields: &mut Fields<'_, '_>) -> Option<At<Verb>> {
    let verbs: Vec<&Entry> = fields
        .entries()
        .filter(|entry| Verb::NAMES.contains(&entry.key.value.as_str()))
        .collect();
    let Some((first, others)) = verbs.split_first() else {
        // What was written in the verb's place may have been reported already.
        if fields.is_sound() {
            let span = fields.place().span;
            let mut problem = Problem::new("missing-verb", span, "a step needs a verb");
            problem.help = suggest::help("", Verb::NAMES);
            fields.report().add(problem);
        }
        return None;
    };
    for other in others {
        let message = format!(
            "a step has one verb, and `{}` is there already",
            first.key.value
        );
        fields.report().add(
            Problem::new("two-verbs", other.key.span, message)
                .help("write two steps: the steps of a stage run side by side"),
        );
    }
    let value = verb(fields, first)?;
    let span = first.span();
    Some(At { value, span })
}

fn verb(fields: &mut Fields<'_, '_>, entry: &Entry) -> Option<Verb> {
    let key = entry.key.value.as_str();
    Some(match key {
        "verify" => Verb::Verify(fields.optional::<At<Check>>(key)?.value),
        "approve" => fields.optional::<RawApprove>(key)?.verb()?,
        "fence" => Verb::Fence(fields.optional::<At<FenceTarget>>(key)?.value),
        "provision" => Verb::Provision(component(fields, key)?),
        "activate" => Verb::Activate(component(fields, key)?),
        "promote" => Verb::Promote(component(fields, key)?),
        "shift" => Verb::Shift(component(fields, key)?),
        "repoint" => Verb::Repoint(component(fields, key)?),
        "reprotect" => Verb::Reprotect(component(fields, key)?),
        "demote" => Verb::Demote(component(fields, key)?),
        "converge" => Verb::Converge(component(fields, key)?),
        "wait" => Verb::Wait(fields.optional::<At<Duration>>(key)?.value),
        "notify" => Verb::Notify(fields.optional::<At<String>>(key)?.value),
        "exec" => fields.optional::<RawExec>(key)?.verb()?,
        _ => return None,
    })
}

fn component(fields: &mut Fields<'_, '_>, key: &str) -> Option<ComponentId> {
    let reference: At<ComponentId> = fields.optional(key)?;
    Some(reference.value)
}

/// The schema of a step; [`RawStep`] holds the same with the verb already taken out of its key.
#[derive(JsonSchema)]
#[schemars(rename = "Step", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("oneOf" = a_verb_each()))]
#[expect(dead_code, reason = "its schema is all that is wanted of it")]
struct StepShape {
    /// Reads until a condition holds, or fails.
    verify: Option<Check>,
    /// Waits until so many different people have said yes.
    approve: Option<RawApprove>,
    /// Makes a site unable to accept writes, with evidence.
    fence: Option<FenceTarget>,
    /// Gives the standby's stack the capacity of a primary. Names an infrastructure component.
    provision: Option<ComponentId>,
    /// Turns on what is off, or scales up what is scaled down, on the standby. Names a repository, compute or
    /// kubernetes component.
    activate: Option<ComponentId>,
    /// Makes the standby's copy of a database the primary. The pivot: past it a run only goes forward.
    promote: Option<ComponentId>,
    /// Sends clients to the standby's site. Names a traffic component.
    shift: Option<ComponentId>,
    /// Makes monitoring watch the new primary. Names a monitoring component.
    repoint: Option<ComponentId>,
    /// Builds replication from the new primary to the old one's site. Names a database.
    reprotect: Option<ComponentId>,
    /// Sets the old primary aside: data fenced and kept as evidence, a server off, a fleet as small as a standby's. Names a
    /// database, repository, compute or kubernetes component.
    demote: Option<ComponentId>,
    /// Makes the stacks of both sites describe what there is. Names an infrastructure component.
    converge: Option<ComponentId>,
    /// Lets time pass.
    wait: Option<Duration>,
    /// Tells people.
    #[schemars(length(min = 1))]
    notify: Option<String>,
    /// Runs the estate's own command: a program with arguments, no shell.
    exec: Option<RawExec>,
    /// The step's name, unique in the runbook. Made from the verb and its object when nothing is said: `promote-database`.
    #[schemars(regex(pattern = NAME_PATTERN))]
    id: Option<String>,
    /// How long one attempt may take. The action's own bound when nothing is said.
    timeout: Option<Duration>,
    /// How often it is tried. 3 when nothing is said.
    #[schemars(range(min = 1, max = MAX_ATTEMPTS))]
    attempts: Option<u32>,
    /// In which runs it is done. In all when nothing is said.
    only: Option<Only>,
    /// What is done when its outcome is unknown: read what happened, or hold at once for a person.
    on_doubt: Option<OnDoubt>,
}

/// Of the keys of a step exactly one is a verb.
fn a_verb_each() -> Value {
    let alternatives = Verb::NAMES.map(|verb| json!({ "required": [verb] }));
    Value::Array(alternatives.to_vec())
}

impl JsonSchema for RawStep {
    fn schema_name() -> Cow<'static, str> {
        StepShape::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        StepShape::json_schema(generator)
    }
}

/// How many people must say yes.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Approve", rename_all = "kebab-case", deny_unknown_fields)]
struct RawApprove {
    /// How many different people.
    #[schemars(required, range(min = 1))]
    people: Option<At<u32>>,
}

impl Shape for RawApprove {
    const KEYS: &[&str] = &["people"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        let people = fields.required("people", "people: 1");
        if let Some(At { value: 0, span }) = people {
            let problem = Problem::new("nobody-approves", span, "nobody would have to say yes")
                .help("write `people: 1` or more, or leave the step out");
            fields.report().add(problem);
        }
        Self { people }
    }
}

impl RawApprove {
    fn verb(self) -> Option<Verb> {
        let people = self.people?.value;
        Some(Verb::Approve { people })
    }
}

/// The estate's own command.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Exec", rename_all = "kebab-case", deny_unknown_fields)]
struct RawExec {
    /// What is run: a program and its arguments.
    #[schemars(required, length(min = 1))]
    command: Option<Vec<At<String>>>,
    /// Succeeds (exit status 0) when the command has been carried out already. Without it the command itself must be safe to
    /// repeat.
    #[schemars(length(min = 1))]
    observe: Option<Vec<At<String>>>,
    /// Takes it back. Without it the step cannot stand before the pivot.
    #[schemars(length(min = 1))]
    undo: Option<Vec<At<String>>>,
}

impl Shape for RawExec {
    const KEYS: &[&str] = &["command", "observe", "undo"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        let example = "command: [ /usr/local/bin/warm-cache, --all ]";
        for key in Self::KEYS {
            fields.must_not_be_empty(key);
        }
        Self {
            command: fields.required("command", example),
            observe: fields.optional("observe"),
            undo: fields.optional("undo"),
        }
    }
}

impl RawExec {
    fn verb(self) -> Option<Verb> {
        let words = |list: Vec<At<String>>| list.into_iter().map(|word| word.value).collect();
        Some(Verb::Exec(Exec {
            command: words(self.command?),
            observe: self.observe.map(words),
            undo: self.undo.map(words),
        }))
    }
}
