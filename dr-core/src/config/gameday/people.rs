//! Who is on call, and what they say.

use schemars::JsonSchema;

use crate::config::read::{Fields, Shape};
use crate::config::yaml::At;
use crate::model::{Duration, Reply, StepId};

/// The on-call team. Each question is answered by somebody who has not answered it yet.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "People", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPeople {
    /// Their names. The first drives the runs, unless an act says by whom.
    #[schemars(required, length(min = 1))]
    pub(crate) names: Option<Vec<At<String>>>,
    /// How long an answer takes.
    #[schemars(required)]
    pub(crate) answer_after: Option<At<Duration>>,
    /// Where they answer in another way than yes to everything that people may decide. The first that fits counts.
    #[schemars(length(min = 1))]
    pub(crate) answers: Option<Vec<RawAnswer>>,
}

impl Shape for RawPeople {
    const KEYS: &[&str] = &["names", "answer-after", "answers"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        fields.must_not_be_empty("names");
        fields.must_not_be_empty("answers");
        Self {
            names: fields.required("names", "names: [ ada, grace ]"),
            answer_after: fields.required("answer-after", "answer-after: 90s"),
            answers: fields.optional("answers"),
        }
    }
}

/// What is said to a question.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Answer", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawAnswer {
    /// The question's code: `approval`, `fence-unproven`, `lag-exceeds-rpo`, `step-failed`.
    #[schemars(required)]
    pub(crate) to: Option<At<String>>,
    /// Of this step only.
    pub(crate) step: Option<At<StepId>>,
    /// What is said.
    #[schemars(required)]
    pub(crate) say: Option<At<Reply>>,
    /// How long it takes.
    pub(crate) after: Option<At<Duration>>,
    /// Only the first so many times that it is asked.
    pub(crate) times: Option<At<u32>>,
}

impl Shape for RawAnswer {
    const ITEM: &str = "an answer";
    const KEYS: &[&str] = &["to", "step", "say", "after", "times"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            to: fields.required("to", "to: approval"),
            step: fields.optional("step"),
            say: fields.required("say", "say: yes"),
            after: fields.optional("after"),
            times: fields.optional("times"),
        }
    }
}
