//! One line: what it says, how it is written, how it is checked.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

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
        Self::from(Sha256::new_with_prefix(line))
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

impl From<Sha256> for Digest {
    fn from(hash: Sha256) -> Self {
        Self(format!("{:x}", hash.finalize()))
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
    #[serde(with = "shared")]
    pub plan: Arc<Plan>,
}

/// A plan is written as what it is, and not as who else has it.
mod shared {
    use super::{Arc, Deserialize, Plan, Serialize};

    pub(super) fn serialize<S: serde::Serializer>(
        plan: &Arc<Plan>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        plan.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Plan>, D::Error> {
        Plan::deserialize(deserializer).map(Arc::new)
    }
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

/// The checksum of a body, and its hash so far: a line begins with its body, so the line's digest goes on from there.
fn checksum(body: &[u8]) -> (String, Sha256) {
    let hash = Sha256::new_with_prefix(body);
    let mut digits = format!("{:x}", hash.clone().finalize());
    digits.truncate(SUM_DIGITS);
    (digits, hash)
}

/// A line as it is kept, without its line feed.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    pub(super) digest: Digest,
}

/// Writes a line.
///
/// # Errors
/// Why `value` cannot stand in a journal: it does not read back.
pub(super) fn encode<T: Serialize + DeserializeOwned>(value: &T) -> Result<Line, String> {
    let mut line = serde_json::to_string(value).map_err(|error| error.to_string())?;
    if line.pop() != Some('}') || line.len() < 2 {
        return Err("it is not an object with members".to_owned());
    }
    let (sum, mut hash) = checksum(line.as_bytes());
    let body = line.len();
    line.push_str(SUM);
    line.push_str(&sum);
    line.push_str(END);
    // A line that is written but cannot be read would make the whole journal unreadable, so it is tried here.
    serde_json::from_str::<T>(&line).map_err(|error| error.to_string())?;
    hash.update(&line.as_bytes()[body..]);
    Ok(Line {
        digest: Digest::from(hash),
        bytes: line.into_bytes(),
    })
}

/// Reads a line, given without its line feed; what it says, and its digest.
///
/// # Errors
/// Why it is not sound.
pub(super) fn decode<T: DeserializeOwned>(line: &[u8]) -> Result<(T, Digest), String> {
    let digest = check_sum(line)?;
    let text = str::from_utf8(line).map_err(|error| error.to_string())?;
    let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok((value, digest))
}

/// The digest of a line that carries its own checksum.
///
/// # Errors
/// That it carries none, or another.
pub(super) fn check_sum(line: &[u8]) -> Result<Digest, String> {
    let missing = || "it does not end with its checksum".to_owned();
    let seal = SUM.len() + SUM_DIGITS + END.len();
    let at = line.len().checked_sub(seal).ok_or_else(missing)?;
    let (body, seal) = line.split_at(at);
    let written = seal
        .strip_prefix(SUM.as_bytes())
        .and_then(|rest| rest.strip_suffix(END.as_bytes()))
        .ok_or_else(missing)?;
    let (sum, mut hash) = checksum(body);
    if written == sum.as_bytes() {
        hash.update(seal);
        Ok(Digest::from(hash))
    } else {
        Err("its checksum does not match what it says".to_owned())
    }
}
