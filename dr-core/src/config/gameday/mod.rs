//! The shape of a game day: what is written where. Also what the editors' schema is made from.

mod act;
mod expect;
mod people;

use schemars::JsonSchema;

pub(crate) use act::{ActWord, RawAct, RawOptions, RawSideAct, RawWhen};
pub(crate) use expect::{ExpectWord, RawBounds, RawExpectation};
pub(crate) use people::{RawAnswer, RawPeople};

use super::read::{Fields, Shape};
use super::runbook::RunbookName;
use super::yaml::At;
use crate::model::Steadiness;

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
    /// What it proves, in a line.
    pub(crate) proves: Option<At<String>>,
    /// Where the simulator's chance begins. 1 when nothing is said.
    pub(crate) seed: Option<At<u32>>,
    /// How the steady state is expected to be before and after the story. Met, where nothing is said.
    pub(crate) steady_state: Option<RawSteadiness>,
    /// Who is on call.
    #[schemars(required)]
    pub(crate) people: Option<RawPeople>,
    /// What happens and is done, one act after another.
    #[schemars(required, length(min = 1))]
    pub(crate) story: Option<Vec<RawAct>>,
    /// What happens beside the story, each at its moment.
    #[schemars(length(min = 1))]
    pub(crate) meanwhile: Option<Vec<RawSideAct>>,
    /// What must be true at the end.
    #[schemars(length(min = 1))]
    pub(crate) expect: Option<Vec<RawExpectation>>,
}

impl Shape for RawGameday {
    const KEYS: &[&str] = &[
        "gameday",
        "about",
        "proves",
        "seed",
        "steady-state",
        "people",
        "story",
        "meanwhile",
        "expect",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        for list in ["story", "meanwhile", "expect"] {
            fields.must_not_be_empty(list);
        }
        Self {
            gameday: fields.required("gameday", "gameday: region-loss"),
            about: fields.required("about", "about: The primary's region is lost."),
            proves: fields.optional("proves"),
            seed: fields.optional("seed"),
            steady_state: fields.optional("steady-state"),
            people: fields.required(
                "people",
                "people: { names: [ ada, grace ], answer-after: 90s }",
            ),
            story: fields.required("story", "story: [ … ]"),
            meanwhile: fields.optional("meanwhile"),
            expect: fields.optional("expect"),
        }
    }
}

/// How the steady state is expected to be at the two ends of a story.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "SteadyState", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSteadiness {
    /// When the story is over.
    pub(crate) after: Option<At<Steadiness>>,
}

impl Shape for RawSteadiness {
    const KEYS: &[&str] = &["after"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            after: fields.required("after", "after: not-met"),
        }
    }
}
