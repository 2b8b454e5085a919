//! From bytes to a checked journal. Pure.

use serde::Deserialize;

use super::line::{check_sum, decode};
use super::{Digest, Header, JOURNAL_FORMAT, Record};
use crate::model::RunId;
use crate::port::PortError;
use crate::runbook::event::{Event, RunStatus};

/// Why a journal cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// There is no such run.
    #[error("there is no run {run}")]
    NotFound {
        /// The run.
        run: RunId,
    },
    /// It ends within its first line: the run was never begun, so nothing was done in its name.
    #[error("it ends within its first line: the run was never begun")]
    NoHeader,
    /// It was written by a newer `dr`.
    #[error("it is of format {found}, and this dr reads up to {known}: use a newer dr")]
    NewerFormat {
        /// The format that it has.
        found: u32,
        /// The newest format that this version reads.
        known: u32,
    },
    /// A line does not check. Nothing after it can be relied on, and it was not a crash that did it.
    #[error("line {line} is damaged: {why}")]
    Damaged {
        /// The line, counted from 1 as editors do.
        line: u64,
        /// What does not check.
        why: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// A journal that was read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadJournal {
    /// Its first line.
    pub header: Header,
    /// Its events in order. The record at index `i` has number `i + 1`.
    pub records: Vec<Record>,
    /// How many bytes, counted from the start, are whole lines that check.
    pub sound_bytes: u64,
    /// A crash cut off the last line; it was dropped. Its writer was never told that it is durable, so nobody acted on it.
    pub torn: bool,
    /// The digest of the last line. Who knows it can tell whether lines were cut off the end later.
    pub head: Digest,
}

/// Reads a journal and checks every line: its checksum, its number, its link to the line before, its epoch.
///
/// A last line without its line feed is dropped, with [`ReadJournal::torn`] set.
///
/// # Errors
/// [`JournalError`]: damage anywhere else, a newer format, or no whole first line.
pub fn read(bytes: &[u8]) -> Result<ReadJournal, JournalError> {
    let sound = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    let (whole, tail) = bytes.split_at(sound);
    let mut lines = whole
        .split_inclusive(|b| *b == b'\n')
        .map(|line| &line[..line.len() - 1]);
    let first = lines.next().ok_or(JournalError::NoHeader)?;
    let (header, mut head) = read_header(first)?;
    let mut epoch = header.epoch;
    let mut records = Vec::new();
    for (line, seq) in lines.zip(1..) {
        let damaged = |why: String| JournalError::Damaged { line: seq + 1, why };
        let (record, digest): (Record, Digest) = decode(line).map_err(damaged)?;
        if record.seq != seq {
            return Err(damaged(format!(
                "record {} stands where record {seq} belongs",
                record.seq
            )));
        }
        if record.prev != head {
            return Err(damaged(
                "it does not follow from the line before".to_owned(),
            ));
        }
        if record.epoch < epoch {
            return Err(damaged(format!(
                "epoch {} comes after epoch {epoch}",
                record.epoch
            )));
        }
        epoch = record.epoch;
        head = digest;
        records.push(record);
    }
    check_tail(tail, records.len())?;
    Ok(ReadJournal {
        header,
        records,
        sound_bytes: sound as u64,
        torn: !tail.is_empty(),
        head,
    })
}

/// How a run ended, by the last line of its journal, given without its line feed; `None` where that line tells of no end: then only
/// the whole journal says where the run stands. The engine takes in nothing after [`Event::Closed`], so what it tells is final.
pub fn ending(last_line: &[u8]) -> Option<RunStatus> {
    match decode::<Record>(last_line).ok()?.0.event {
        Event::Closed { status, .. } => Some(status),
        _ => None,
    }
}

/// Of a header that does not read, the format is looked at first: a newer one may look different in all else.
fn read_header(line: &[u8]) -> Result<(Header, Digest), JournalError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let damaged = |why: String| JournalError::Damaged { line: 1, why };
    let read = decode::<Header>(line);
    let format = match &read {
        Ok((header, _)) => header.format,
        Err(_) => {
            serde_json::from_slice::<Format>(line)
                .map_err(|error| damaged(error.to_string()))?
                .format
        }
    };
    if format > JOURNAL_FORMAT {
        return Err(JournalError::NewerFormat {
            found: format,
            known: JOURNAL_FORMAT,
        });
    }
    read.map_err(damaged)
}

/// A crash leaves the beginning of a line, never a sound line with something else in place of its line feed. That is a
/// durable record which is damaged, and to drop it would be to forget what was done.
fn check_tail(tail: &[u8], records: usize) -> Result<(), JournalError> {
    match tail.split_last() {
        Some((_, line)) if check_sum(line).is_ok() => Err(JournalError::Damaged {
            line: records as u64 + 2,
            why: "another byte stands in place of its line feed".to_owned(),
        }),
        _ => Ok(()),
    }
}
