//! What is decided about an append, without a store: whether its writer may still write, and what became of it. The journal and
//! the model check (`tests/tests/model_check`) decide by these very functions.

use super::Record;
use crate::model::Epoch;

/// What became of an append, as read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The record is durable.
    Written,
    /// Nothing has its number: it was not written, and may be sent again.
    Absent,
    /// A newer holder writes this journal.
    Fenced {
        /// Its epoch.
        by: Epoch,
    },
    /// Another record has its number.
    Taken {
        /// The epoch of that record.
        theirs: Epoch,
    },
}

/// Whether a holder of `epoch` may append to a journal whose last line is of epoch `last`.
///
/// # Errors
/// The newer epoch, by which it is fenced.
pub fn may_append(epoch: Epoch, last: Epoch) -> Result<(), Epoch> {
    if epoch < last { Err(last) } else { Ok(()) }
}

/// What became of the append of `record`, when the last line of the journal is now of epoch `newest` and `there` has its number.
/// Asked when the store refused the number as taken, which may be due to this very append, or did not answer.
pub fn settle(record: &Record, newest: Epoch, there: Option<&Record>) -> Settled {
    if newest > record.epoch {
        return Settled::Fenced { by: newest };
    }
    match there {
        Some(there) if there == record => Settled::Written,
        Some(there) => Settled::Taken {
            theirs: there.epoch,
        },
        None => Settled::Absent,
    }
}
