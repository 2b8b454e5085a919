//! What a report says, told by journals written by hand.

mod claims;
mod events;
mod golden;
mod journals;
mod plan;
mod properties;

use crate::runbook::journal::{Header, Record};

/// The journals, by name, for others who fold journals.
pub(crate) fn stories() -> Vec<(&'static str, Header, Vec<Record>)> {
    let stories = journals::all().into_iter();
    stories
        .map(|(name, story)| (name, story.header, story.records))
        .collect()
}
