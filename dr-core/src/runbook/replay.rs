//! A journal to the state of its run.

use std::sync::Arc;

use super::engine::{Illegal, RunState};
use super::journal::ReadJournal;

/// A journal that reads well line by line and tells an impossible story.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} of the journal cannot follow the ones before it")]
pub struct ReplayError {
    /// The record.
    pub seq: u64,
    /// Why.
    #[source]
    pub illegal: Illegal,
}

/// Folds a journal.
///
/// # Errors
/// [`ReplayError`] at the first record that cannot follow.
pub fn replay(journal: &ReadJournal) -> Result<RunState, ReplayError> {
    let mut state = RunState::new(Arc::clone(&journal.header.plan), journal.header.epoch);
    for record in &journal.records {
        state
            .apply(record.at, &record.event)
            .map_err(|illegal| ReplayError {
                seq: record.seq,
                illegal,
            })?;
    }
    Ok(state)
}
