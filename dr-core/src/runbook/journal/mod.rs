//! The durable history of a run: one line an event, each chained to the line before.
//!
//! - Line 0 is the [`Header`]: it carries the whole plan, so that the report and a resume need nothing else.
//! - Each further line is a [`Record`]. Its number can be taken only once ([`crate::port::LogStore`]), so an append is a
//!   compare-and-swap: of two holders that both believe to be next, one is told [`AppendError::Fenced`].
//! - Each line ends with a checksum of itself and carries the SHA-256 of the line before. A line that was cut off by a
//!   crash is dropped with a notice; anything else that does not check is an error that names the line.
//!
//! The format is written down in `docs/journal-format.md`.

mod line;
mod object_log;
mod read;
pub mod rule;
mod writer;

#[cfg(test)]
mod tests;

pub use line::{Digest, Header, InvalidDigest, JOURNAL_FORMAT, Record};
pub use object_log::ObjectLog;
pub use read::{JournalError, ReadJournal, ending, read};
pub(in crate::runbook) use writer::Seen;
pub use writer::{AppendError, Journal};
