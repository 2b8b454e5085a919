//! The words in which people write a rehearsal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can happen in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    /// Nobody reaches the site's region.
    RegionDark,
    /// It is reached again, with whatever is there.
    RegionReturns,
    /// Operators do not reach the region; clients do.
    RegionIsolated,
    /// Operators reach it again.
    RegionHealed,
    /// The region that administers global services (us-east-1) does not answer.
    GlobalControlDown,
    /// It answers again.
    GlobalControlUp,
    /// The sites lose each other.
    Partition,
    /// They reach each other again.
    PartitionHealed,
    /// The region throttles half of the calls.
    Throttling,
    /// It no longer does.
    ThrottlingEnds,
}

impl Happening {
    /// The words of all of them.
    pub(crate) const WORDS: [(&'static str, Self); 10] = [
        ("region-dark", Self::RegionDark),
        ("region-returns", Self::RegionReturns),
        ("region-isolated", Self::RegionIsolated),
        ("region-healed", Self::RegionHealed),
        ("global-control-down", Self::GlobalControlDown),
        ("global-control-up", Self::GlobalControlUp),
        ("partition", Self::Partition),
        ("partition-healed", Self::PartitionHealed),
        ("throttling", Self::Throttling),
        ("throttling-ends", Self::ThrottlingEnds),
    ];
}

/// How a run is expected to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Everything done, and protected again.
    Completed,
    /// Waiting for a person.
    Held,
    /// Everything undone.
    Unwound,
    /// A person stopped it.
    Aborted,
}

impl Ending {
    /// The words of all of them.
    pub(crate) const WORDS: [(&'static str, Self); 4] = [
        ("completed", Self::Completed),
        ("held", Self::Held),
        ("unwound", Self::Unwound),
        ("aborted", Self::Aborted),
    ];
}

/// What must be true when the story is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// No invariant was ever broken.
    NoViolation,
    /// Every outage that clients measured was within the RTO, and what was lost within the RPO.
    ObjectivesMet,
    /// What was really lost is what the reports say.
    LossAsStated,
    /// Each site has the role that it has at home.
    RolesHome,
    /// Every run that moved the primary role completed: the estate is protected.
    Protected,
}

impl Expectation {
    /// The words of all of them.
    pub(crate) const WORDS: [(&'static str, Self); 5] = [
        ("no-violation", Self::NoViolation),
        ("objectives-met", Self::ObjectivesMet),
        ("loss-as-stated", Self::LossAsStated),
        ("roles-home", Self::RolesHome),
        ("protected", Self::Protected),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, expectation)| *expectation == self)
            .map_or("", |(word, _)| word)
    }
}
