//! Appends, and finds out what became of an append whose answer was lost.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::line::{Line, encode};
use super::read::{JournalError, ReadJournal, read};
use super::rule::{self, Settled};
use super::{Digest, Header, Record};
use crate::model::{Epoch, RunId};
use crate::port::{ErrorClass, LogStore, PortError, PutError};
use crate::runbook::Event;

/// How often a write is tried again after reading back told that it is not there.
const ATTEMPTS: u32 = 3;

/// Why an event was not recorded. Whoever gets one must not go on as if it were.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A newer holder of the lock writes this journal: stop at once.
    #[error("fenced: the run was taken over under epoch {by}")]
    Fenced {
        /// The newer holder's epoch.
        by: Epoch,
    },
    /// Another record has the number: from a holder of a lower epoch, whose last append came in after this journal was
    /// opened (open it again), or from a second writer of the same epoch, which is a defect.
    #[error("record {seq} of epoch {ours} is not written: one of epoch {theirs} stands there")]
    Taken {
        /// The number.
        seq: u64,
        /// The epoch of the record that was to be written.
        ours: Epoch,
        /// The epoch of the record that stands there.
        theirs: Epoch,
    },
    /// The outcome of an earlier append is still unknown. Append that very event again, which settles it, or open the journal
    /// again.
    #[error("whether record {seq} was written is not known yet")]
    Unsettled {
        /// The number.
        seq: u64,
    },
    /// The run has a journal already.
    #[error("run {run} has a journal already")]
    Exists {
        /// The run.
        run: RunId,
    },
    /// The value cannot be written so that it reads back.
    #[error("it cannot be written as a line: {why}")]
    Unwritable {
        /// Why.
        why: String,
    },
    /// What stands in the store does not read, or is not what was written before.
    #[error("the journal cannot be read back")]
    Unreadable(#[source] JournalError),
    /// The store failed. [`ErrorClass::Indeterminate`]: the event may be recorded. The same event may be appended again.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// A run's journal, open for appending.
///
/// Dropping the future of an append is safe: the journal then treats its outcome as unknown.
pub struct Journal {
    logs: Arc<dyn LogStore>,
    run: RunId,
    head: Digest,
    /// Number of the last record that is known to be durable; 0 is the header.
    last: u64,
    /// Epoch of the last line.
    epoch: Epoch,
    /// An append that was begun and whose outcome is not known.
    pending: Option<Record>,
}

/// A journal as it was read once.
pub(in crate::runbook) struct Seen {
    /// What was read.
    pub(in crate::runbook) bytes: Vec<u8>,
    /// What it says.
    pub(in crate::runbook) journal: ReadJournal,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal")
            .field("run", &self.run)
            .field("last", &self.last)
            .field("epoch", &self.epoch)
            .field("head", &self.head)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

impl Journal {
    /// Begins a journal with its header. Returns when that is durable.
    ///
    /// # Errors
    /// [`AppendError::Exists`] when the run has one.
    pub async fn create(logs: Arc<dyn LogStore>, header: Header) -> Result<Self, AppendError> {
        let line = encoded(&header)?;
        let journal = Self {
            head: line.digest,
            run: header.run.clone(),
            last: 0,
            epoch: header.epoch,
            pending: None,
            logs,
        };
        let mut doubt = None;
        for _ in 0..ATTEMPTS {
            match journal.logs.append(&journal.run, 0, &line.bytes).await {
                Ok(()) => return Ok(journal),
                // With the answer of an earlier attempt lost, what stands there may be our own.
                Err(PutError::Lost) => {
                    return match journal.read_back().await? {
                        Some(found) if found.header == header => Ok(journal),
                        _ => Err(AppendError::Exists {
                            run: header.run.clone(),
                        }),
                    };
                }
                Err(PutError::Store(error)) if error.class == ErrorClass::Indeterminate => {
                    doubt = Some(error);
                }
                Err(PutError::Store(error)) => return Err(doubt.unwrap_or(error).into()),
            }
        }
        Err(doubt.expect("every other outcome returned").into())
    }

    /// Opens the journal of a run, and removes a last line that a crash cut off. Only the holder of the estate's lock does this;
    /// who only wants to look uses [`read()`].
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn open(
        logs: Arc<dyn LogStore>,
        run: &RunId,
    ) -> Result<(Self, ReadJournal), JournalError> {
        Self::open_again(logs, run, None).await
    }

    /// Opens it as [`Self::open`] does, by somebody who has read it before: while nothing was added, it is not read through
    /// again.
    pub(in crate::runbook) async fn open_again(
        logs: Arc<dyn LogStore>,
        run: &RunId,
        seen: Option<Seen>,
    ) -> Result<(Self, ReadJournal), JournalError> {
        let bytes = logs
            .read(run)
            .await?
            .ok_or_else(|| JournalError::NotFound { run: run.clone() })?;
        let found = match seen {
            Some(seen) if seen.bytes == bytes => seen.journal,
            _ => read(&bytes)?,
        };
        check_run(&found, run)?;
        if found.torn {
            logs.repair(run, found.sound_bytes).await?;
        }
        let journal = Self {
            logs,
            run: run.clone(),
            head: found.head.clone(),
            last: found.records.len() as u64,
            epoch: last_epoch(&found),
            pending: None,
        };
        Ok((journal, found))
    }

    /// Appends `event`, and returns when it is durable.
    ///
    /// After [`AppendError::Store`] the same event may be appended again; the record then keeps the time of the first attempt
    /// if that was of unknown outcome.
    ///
    /// # Errors
    /// [`AppendError`]: the event is not recorded, or it is not known whether it is. Never success without durability.
    pub async fn append(
        &mut self,
        epoch: Epoch,
        at: Timestamp,
        event: Event,
    ) -> Result<Record, AppendError> {
        rule::may_append(epoch, self.epoch).map_err(|by| AppendError::Fenced { by })?;
        let seq = self.last + 1;
        let record = match self.pending.take() {
            Some(pending) if pending.epoch == epoch && pending.event == event => pending,
            Some(pending) => {
                self.pending = Some(pending);
                return Err(AppendError::Unsettled { seq });
            }
            None => Record {
                seq,
                epoch,
                at,
                event,
                prev: self.head.clone(),
            },
        };
        let line = encoded(&record)?;
        // Before the first write: should this future be dropped within it, the next append knows of the doubt.
        self.pending = Some(record.clone());
        match self.write(&record, &line.bytes).await {
            Ok(()) => {
                self.pending = None;
                self.last = seq;
                self.epoch = epoch;
                self.head = line.digest;
                Ok(record)
            }
            Err(error) => {
                if !is_doubt(&error) {
                    self.pending = None;
                }
                Err(error)
            }
        }
    }

    /// The digest of the last durable line.
    pub fn head(&self) -> &Digest {
        &self.head
    }

    /// The run.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// How many events are recorded; also the number of the last record.
    pub fn len(&self) -> u64 {
        self.last
    }

    /// Whether there is nothing but the header.
    pub fn is_empty(&self) -> bool {
        self.last == 0
    }

    async fn write(&self, record: &Record, line: &[u8]) -> Result<(), AppendError> {
        let mut doubt = None;
        for _ in 0..ATTEMPTS {
            let error = match self.logs.append(&self.run, record.seq, line).await {
                Ok(()) => return Ok(()),
                Err(PutError::Lost) => None,
                // Conflict: a torn line stands at the end.
                Err(PutError::Store(error))
                    if matches!(
                        error.class,
                        ErrorClass::Indeterminate | ErrorClass::Conflict
                    ) =>
                {
                    Some(error)
                }
                // Certainly not applied, but an attempt before it may be.
                Err(PutError::Store(error)) => return Err(doubt.unwrap_or(error).into()),
            };
            let found = match self.read_back().await {
                Ok(found) => found,
                Err(AppendError::Store(error)) => return Err(unsettled(error).into()),
                Err(other) => return Err(other),
            };
            if self.settle(record, found).await? {
                return Ok(());
            }
            // Once in doubt, always in doubt: a write may also arrive late.
            if doubt
                .as_ref()
                .is_none_or(|seen: &PortError| seen.class != ErrorClass::Indeterminate)
            {
                doubt = error.or(doubt);
            }
        }
        Err(AppendError::Store(doubt.unwrap_or_else(|| PortError {
            class: ErrorClass::Conflict,
            operation: "append-journal".to_owned(),
            place: self.run.to_string(),
            message: format!(
                "record {} is refused as taken, and is not there",
                record.seq
            ),
        })))
    }

    /// Whether the record stands in the journal as `found`; an error when another does. Not there: what keeps it from being
    /// written is cleared away.
    async fn settle(
        &self,
        record: &Record,
        found: Option<ReadJournal>,
    ) -> Result<bool, AppendError> {
        let index = usize::try_from(self.last).unwrap_or(usize::MAX);
        let Some(found) = found.filter(|found| found.records.len() >= index) else {
            return Err(self.cannot_append());
        };
        let there = found.records.get(index);
        match rule::settle(record, last_epoch(&found), there) {
            Settled::Written => Ok(true),
            Settled::Fenced { by } => Err(AppendError::Fenced { by }),
            Settled::Taken { theirs } => Err(AppendError::Taken {
                seq: record.seq,
                ours: record.epoch,
                theirs,
            }),
            Settled::Absent if found.head != self.head => Err(self.cannot_append()),
            Settled::Absent => {
                if found.torn {
                    let repaired = self.logs.repair(&self.run, found.sound_bytes).await;
                    repaired.map_err(unsettled)?;
                }
                Ok(false)
            }
        }
    }

    async fn read_back(&self) -> Result<Option<ReadJournal>, AppendError> {
        let Some(bytes) = self.logs.read(&self.run).await? else {
            return Ok(None);
        };
        let found = read(&bytes).map_err(AppendError::Unreadable)?;
        check_run(&found, &self.run).map_err(AppendError::Unreadable)?;
        Ok(Some(found))
    }

    fn cannot_append(&self) -> AppendError {
        AppendError::Unreadable(JournalError::Damaged {
            line: self.last + 1,
            why: "it was durable, and is no longer there as it was written".to_owned(),
        })
    }
}

fn encoded<T: Serialize + DeserializeOwned>(value: &T) -> Result<Line, AppendError> {
    encode(value).map_err(|why| AppendError::Unwritable { why })
}

fn check_run(found: &ReadJournal, run: &RunId) -> Result<(), JournalError> {
    if found.header.run == *run {
        Ok(())
    } else {
        Err(JournalError::Damaged {
            line: 1,
            why: format!("it is the journal of run {}", found.header.run),
        })
    }
}

fn last_epoch(found: &ReadJournal) -> Epoch {
    found
        .records
        .last()
        .map_or(found.header.epoch, |record| record.epoch)
}

/// An append that may be applied, and a read that could not tell: the doubt stays.
fn unsettled(error: PortError) -> PortError {
    PortError {
        class: ErrorClass::Indeterminate,
        ..error
    }
}

fn is_doubt(error: &AppendError) -> bool {
    matches!(error, AppendError::Store(error) if error.class == ErrorClass::Indeterminate)
}
