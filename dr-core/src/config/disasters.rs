//! The shape of the file that declares what may go wrong, and how often. Also what the editors' schema is made from.

use schemars::JsonSchema;

use super::read::{Fields, Shape};
use super::runbook::RunbookName;
use super::suggest;
use super::word::{Refusal, Word};
use super::yaml::At;
use crate::model::{Mishap, Percent, Role, Spread};

/// What may go wrong, and how often: what the trials of a campaign are drawn from.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Disasters", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawDisasters {
    /// The name of this distribution: `everyday`.
    #[schemars(required, with = "String")]
    pub(crate) disasters: Option<At<RunbookName>>,
    /// What it stands for, in a sentence.
    #[schemars(required)]
    pub(crate) about: Option<At<String>>,
    /// Who is on call, and how quickly they act.
    #[schemars(required)]
    pub(crate) people: Option<RawOnCall>,
    /// The disasters. Each trial of an unplanned runbook has one of them, by weight.
    #[schemars(required, length(min = 1))]
    pub(crate) strikes: Option<Vec<RawStrike>>,
    /// How often a disaster strikes in the middle of a planned run. Never when nothing is said.
    pub(crate) during_planned: Option<At<Percent>>,
    /// What may go wrong besides, each by its own chance.
    pub(crate) mishaps: Option<Vec<RawMishap>>,
}

impl Shape for RawDisasters {
    const KEYS: &[&str] = &[
        "disasters",
        "about",
        "people",
        "strikes",
        "during-planned",
        "mishaps",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        fields.must_not_be_empty("strikes");
        Self {
            disasters: fields.required("disasters", "disasters: everyday"),
            about: fields.required("about", "about: What we expect of the next ten years."),
            people: fields.required(
                "people",
                "people: { names: [ ada, grace ], notice: 1m to 10m, answer: 30s to 5m }",
            ),
            strikes: fields.required("strikes", "strikes: [ … ]"),
            during_planned: fields.optional("during-planned"),
            mishaps: fields.optional("mishaps"),
        }
    }
}

/// The people on call.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "OnCall", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawOnCall {
    /// Their names. Each question is answered by somebody who has not answered it yet.
    #[schemars(required, length(min = 1))]
    pub(crate) names: Option<Vec<At<String>>>,
    /// From the beginning of a disaster until a failover is begun.
    #[schemars(required)]
    pub(crate) notice: Option<At<Spread>>,
    /// How long an answer takes.
    #[schemars(required)]
    pub(crate) answer: Option<At<Spread>>,
}

impl Shape for RawOnCall {
    const KEYS: &[&str] = &["names", "notice", "answer"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        fields.must_not_be_empty("names");
        Self {
            names: fields.required("names", "names: [ ada, grace ]"),
            notice: fields.required("notice", "notice: 1m to 10m"),
            answer: fields.required("answer", "answer: 30s to 5m"),
        }
    }
}

/// A disaster.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Strike", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawStrike {
    /// What strikes; with `and`, more at the same instant.
    #[schemars(required)]
    pub(crate) strike: Option<At<Mishap>>,
    /// What strikes at the same instant, and is mended at the same.
    pub(crate) and: Option<Vec<At<Mishap>>>,
    /// How likely it is beside the others.
    #[schemars(required)]
    pub(crate) weight: Option<At<u32>>,
    /// Where: the site that is primary, or the standby.
    pub(crate) site: Option<At<Role>>,
    /// The service or the call.
    pub(crate) what: Option<At<String>>,
    /// How much of it.
    pub(crate) level: Option<At<u32>>,
    /// How long it lasts.
    pub(crate) lasts: Option<At<Spread>>,
    /// How often it is never mended.
    pub(crate) for_good: Option<At<Percent>>,
    /// Whether people fail over although clients are still served. They do not when nothing is said.
    pub(crate) act: Option<At<When>>,
}

impl Shape for RawStrike {
    const ITEM: &str = "a disaster";
    const KEYS: &[&str] = &[
        "strike", "and", "weight", "site", "what", "level", "lasts", "for-good", "act",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            strike: fields.required("strike", "strike: region-dark"),
            and: fields.optional("and"),
            weight: fields.required("weight", "weight: 10"),
            site: fields.optional("site"),
            what: fields.optional("what"),
            level: fields.optional("level"),
            lasts: fields.optional("lasts"),
            for_good: fields.optional("for-good"),
            act: fields.optional("act"),
        }
    }
}

/// Something that may go wrong besides.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Mishap", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawMishap {
    /// What goes wrong.
    #[schemars(required)]
    pub(crate) mishap: Option<At<Mishap>>,
    /// How often.
    #[schemars(required)]
    pub(crate) chance: Option<At<Percent>>,
    /// Where: the site that is primary, or the standby.
    pub(crate) site: Option<At<Role>>,
    /// The service or the call.
    pub(crate) what: Option<At<String>>,
    /// How much of it.
    pub(crate) level: Option<At<u32>>,
    /// How long before the disaster it begins.
    pub(crate) before: Option<At<Spread>>,
    /// How long after the disaster, or after the beginning of a planned run, it begins.
    pub(crate) after: Option<At<Spread>>,
    /// How long it lasts.
    pub(crate) lasts: Option<At<Spread>>,
}

impl Shape for RawMishap {
    const ITEM: &str = "a mishap";
    const KEYS: &[&str] = &[
        "mishap", "chance", "site", "what", "level", "before", "after", "lasts",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            mishap: fields.required("mishap", "mishap: throttling"),
            chance: fields.required("chance", "chance: 10%"),
            site: fields.optional("site"),
            what: fields.optional("what"),
            level: fields.optional("level"),
            before: fields.optional("before"),
            after: fields.optional("after"),
            lasts: fields.optional("lasts"),
        }
    }
}

/// When people fail over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(crate) enum When {
    /// When clients are not served.
    WhenDown,
    /// Whether they are or not.
    Always,
}

impl Word for When {
    fn read(text: &str) -> Result<Self, Refusal> {
        match text {
            "when-down" => Ok(Self::WhenDown),
            "always" => Ok(Self::Always),
            _ => Err(Refusal {
                code: "unknown-act",
                message: format!("`{text}` does not say when people fail over"),
                help: suggest::help(text, ["when-down", "always"]),
            }),
        }
    }
}

impl Word for Mishap {
    fn read(text: &str) -> Result<Self, Refusal> {
        let found = Self::WORDS.iter().find(|(word, _)| *word == text);
        found.map(|(_, mishap)| *mishap).ok_or_else(|| Refusal {
            code: "unknown-mishap",
            message: format!("`{text}` is not something that goes wrong"),
            help: suggest::help(text, Self::WORDS.map(|(word, _)| word)),
        })
    }
}

impl Word for Spread {
    fn read(text: &str) -> Result<Self, Refusal> {
        text.parse()
            .map_err(|error: crate::model::InvalidQuantity| Refusal {
                code: "invalid-range",
                message: error.to_string(),
                help: Some("write one length of time, or two: 30s to 8m".to_owned()),
            })
    }
}
