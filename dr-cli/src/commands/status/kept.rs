//! The runs that one store keeps.

use dr_core::status::{RunSeen, Unread};

use super::unread::{gap, newest, reason};
use crate::stores::RunStore;

/// The newest runs of a store. What was never begun, and of which nothing was done, is none.
///
/// # Errors
/// That `what` could not be listed.
pub(super) fn newest_of(store: &RunStore, what: &str) -> std::result::Result<Vec<RunSeen>, Unread> {
    let names = store
        .runs()
        .map_err(|error| gap(what, None, reason(&error)))?;
    let runs = newest(names).into_iter().filter_map(|run| {
        let journal = store.read(&run).map_err(|error| reason(&error));
        Some(RunSeen {
            journal: journal.transpose()?,
            run,
            kept_at: None,
        })
    });
    Ok(runs.collect())
}
