//! Where the history is kept.

use super::record::Record;
use super::state::State;
use crate::model::EstateScan;
use crate::port::PortResult;

/// Keeps the history. What returned is durable.
pub trait Ledger: Send {
    /// Adds a record. `before` is what was known before it: a new file begins with that.
    ///
    /// # Errors
    /// It could not be written, or may not have been.
    fn append(&mut self, before: &State, record: &Record) -> PortResult<()>;

    /// Keeps the last scan that saw everything, instead of the one before.
    ///
    /// # Errors
    /// It could not be written; the one before is still there.
    fn keep(&mut self, scan: &EstateScan) -> PortResult<()>;
}
