//! The lines of the history.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::Change;
use super::found::Job;
use super::notice::Notice;
use super::outbox::Told;
use super::state::{Standing, State};
use crate::model::Duration;

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Record {
    /// The first line of a file: the sum of the files before, which may be gone.
    State(Box<State>),
    /// A round ended.
    Round(Box<Round>),
    /// It was tried to tell somebody.
    Told(Told),
}

impl Record {
    /// When it was written; `None` for the first line of a file.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::State(_) => None,
            Self::Round(round) => Some(round.ended),
            Self::Told(told) => Some(told.at),
        }
    }
}

/// A round that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Round {
    /// What was looked at.
    pub job: Job,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How long reading and comparing took.
    pub took: Duration,
    /// How much it saw.
    pub standing: Standing,
    /// When what it saw was read; the part that was read first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Timestamp>,
    /// How many calls were sent.
    pub calls: u64,
    /// How many of them were refused because there were too many.
    pub throttled: u64,
    /// What is other than before.
    pub changes: Vec<Change>,
    /// How many findings somebody accepts.
    pub excused: usize,
    /// What people are told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// Who is told, by the names of receivers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
}

/// A line that is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damaged {
    /// It cannot be read.
    #[error("line {line} is damaged: {reason}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// The file begins with something else than a state.
    #[error("its first line is no state")]
    NoState,
    /// It has a form that this program does not read.
    #[error("it has the form {0}, and this dr reads only {read}", read = State::FORMAT)]
    Form(u32),
}

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The sum of its lines.
    pub state: State,
    /// How many bytes of it are whole lines: what follows is a line that was not written to its end.
    pub whole: usize,
}

/// A record as a line with its end.
///
/// # Panics
/// Never: records have no maps whose keys are not text.
pub fn line(record: &Record) -> Vec<u8> {
    let mut line = serde_json::to_vec(record).expect("a record is plain data");
    line.push(b'\n');
    line
}

/// Reads a file of the history. A last line without its end was being written when the process or the machine died, and what it
/// says never happened.
///
/// # Errors
/// Damage elsewhere.
pub fn read(bytes: &[u8]) -> Result<Read, Damaged> {
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let mut lines = bytes[..whole].split_inclusive(|byte| *byte == b'\n');
    let parse = |number: usize, line: &[u8]| {
        serde_json::from_slice::<Record>(line).map_err(|error| Damaged::Line {
            line: number,
            reason: error.to_string(),
        })
    };
    let first = lines.next().ok_or(Damaged::NoState)?;
    if let Some(format) = form(first)
        && format != State::FORMAT
    {
        return Err(Damaged::Form(format));
    }
    let Record::State(mut state) = parse(1, first)? else {
        return Err(Damaged::NoState);
    };
    for (number, line) in (2..).zip(lines) {
        state.apply(&parse(number, line)?);
    }
    Ok(Read {
        state: *state,
        whole,
    })
}

/// The form that a first line says it has: a newer one need not be readable otherwise.
fn form(first: &[u8]) -> Option<u32> {
    let value: serde_json::Value = serde_json::from_slice(first).ok()?;
    let format = value.get("state")?.get("format")?.as_u64()?;
    u32::try_from(format).ok()
}
