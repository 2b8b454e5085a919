//! One line: what it says, how it is written, how it is checked.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::{Epoch, RunId};
use crate::runbook::{Event, Plan};

/// The format of a journal. A reader refuses a newer one.
pub const JOURNAL_FORMAT: u32 = 1;

/// The SHA-256 of a line without its line feed, as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    /// The digest of `line`, given without its line feed.
    pub fn of(line: &[u8]) -> Self {
        Self(format!("{:x}", Sha256::digest(line)))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text that is not a SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a SHA-256: 64 lower-case hexadecimal digits")]
pub struct InvalidDigest {
    /// What was written.
    pub text: String,
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidDigest;

    fn try_from(text: String) -> Result<Self, InvalidDigest> {
        let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 64 && text.bytes().all(hexadecimal) {
            Ok(Self(text))
        } else {
            Err(InvalidDigest { text })
        }
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

/// The first line: what runs, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`JOURNAL_FORMAT`] of the writer.
    pub format: u32,
    /// The version of `dr` that wrote it.
    pub dr_version: String,
    /// The run.
    pub run: RunId,
    /// The epoch of the holder that began it.
    pub epoch: Epoch,
    /// When it was begun.
    pub at: Timestamp,
    /// Who began it.
    pub by: String,
    /// What is carried out, whole.
    pub plan: Plan,
}

/// Every further line: one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its number: that of its line, where the header is line 0.
    pub seq: u64,
    /// The epoch of the holder that wrote it. Never lower than that of the line before.
    pub epoch: Epoch,
    /// When it happened, by the writer's clock.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// The digest of the line before, which chains the lines.
    pub prev: Digest,
}

/// What stands before a line's checksum of itself. The checksum is the last member of the line's object.
const SUM: &str = r#","sum":""#;
/// Digits of the checksum: the first 64 bits of the SHA-256 of everything before [`SUM`]. It is there to notice damage of
/// the last line, which no later line covers; the chain uses whole digests.
const SUM_DIGITS: usize = 16;
const END: &str = "\"}";

fn checksum(body: &[u8]) -> String {
    let mut digits = Digest::of(body).0;
    digits.truncate(SUM_DIGITS);
    digits
}

/// Writes a line, without its line feed.
///
/// # Errors
/// Why `value` cannot stand in a journal: it does not read back.
pub(super) fn encode<T: Serialize + DeserializeOwned>(value: &T) -> Result<Vec<u8>, String> {
    let mut line = serde_json::to_string(value).map_err(|error| error.to_string())?;
    if line.pop() != Some('}') || line.len() < 2 {
        return Err("it is not an object with members".to_owned());
    }
    let sum = checksum(line.as_bytes());
    line.push_str(SUM);
    line.push_str(&sum);
    line.push_str(END);
    // A line that is written but cannot be read would make the whole journal unreadable, so it is tried here.
    decode::<T>(line.as_bytes())?;
    Ok(line.into_bytes())
}

/// Reads a line, given without its line feed.
///
/// # Errors
/// Why it is not sound.
pub(super) fn decode<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    check_sum(line)?;
    serde_json::from_slice(line).map_err(|error| error.to_string())
}

/// Whether the line carries its own checksum, and that is right.
pub(super) fn check_sum(line: &[u8]) -> Result<(), String> {
    let missing = || "it does not end with its checksum".to_owned();
    let seal = SUM.len() + SUM_DIGITS + END.len();
    let at = line.len().checked_sub(seal).ok_or_else(missing)?;
    let (body, seal) = line.split_at(at);
    let sum = seal
        .strip_prefix(SUM.as_bytes())
        .and_then(|rest| rest.strip_suffix(END.as_bytes()))
        .ok_or_else(missing)?;
    if sum == checksum(body).as_bytes() {
        Ok(())
    } else {
        Err("its checksum does not match what it says".to_owned())
    }
}
