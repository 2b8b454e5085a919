//! Durations, sizes, regions, percentages: parsed once, at the edge.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A quantity that could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not {wanted}")]
pub struct InvalidQuantity {
    /// What was written.
    pub text: String,
    /// What stands there when it is right, with an example.
    pub wanted: &'static str,
}

/// A length of time, never negative, in milliseconds. Written `90s`, `5m`, `1h 30m`, `35d`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Duration(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A number of milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// A number of seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1000)
    }

    /// A number of minutes.
    pub const fn from_mins(minutes: u64) -> Self {
        Self::from_secs(minutes * 60)
    }

    /// The whole milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The seconds, with their fraction.
    #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// From `earlier` until `later`; zero when they are the wrong way round.
    pub fn between(earlier: Timestamp, later: Timestamp) -> Self {
        let ms = later.as_millisecond() - earlier.as_millisecond();
        Self(u64::try_from(ms).unwrap_or(0))
    }

    /// The instant this long after `start`.
    #[must_use]
    pub fn after(self, start: Timestamp) -> Timestamp {
        start + SignedDuration::from_millis(i64::try_from(self.0).unwrap_or(i64::MAX / 4))
    }

    /// The instant this long before `end`.
    #[must_use]
    pub fn before(self, end: Timestamp) -> Timestamp {
        end - SignedDuration::from_millis(i64::try_from(self.0).unwrap_or(i64::MAX / 4))
    }

    /// This minus `other`, zero at the least.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// This, `times` times.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Add for Duration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl std::iter::Sum for Duration {
    fn sum<I: Iterator<Item = Self>>(durations: I) -> Self {
        durations.fold(Self::ZERO, Add::add)
    }
}

impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        Self::from_millis(duration.0)
    }
}

impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        Self(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }
}

const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

impl FromStr for Duration {
    type Err = InvalidQuantity;

    fn from_str(text: &str) -> Result<Self, InvalidQuantity> {
        let invalid = || InvalidQuantity {
            text: text.to_owned(),
            wanted: "a duration such as 90s, 5m, 1h 30m or 35d",
        };
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number: u64 = rest[..digits].parse().map_err(|_| invalid())?;
            rest = rest[digits..].trim_start();
            let letters = rest.len()
                - rest
                    .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                    .len();
            let unit = &rest[..letters];
            let (_, ms) = UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .ok_or_else(invalid)?;
            total = number
                .checked_mul(*ms)
                .and_then(|part| total.checked_add(part))
                // Past a century it is a slip of the keyboard, and arithmetic on timestamps would overflow.
                .filter(|total| *total <= 36_525 * 86_400_000)
                .ok_or_else(invalid)?;
            rest = rest[letters..].trim_start();
        }
        Ok(Self(total))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0s");
        }
        let mut rest = self.0;
        let mut parts = Vec::new();
        for (unit, ms) in UNITS {
            if rest >= ms {
                parts.push(format!("{}{unit}", rest / ms));
                rest %= ms;
            }
        }
        f.pad(&parts.join(" "))
    }
}

impl TryFrom<String> for Duration {
    type Error = InvalidQuantity;

    fn try_from(text: String) -> Result<Self, InvalidQuantity> {
        text.parse()
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.to_string()
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\s*(\d+\s*(d|h|m|s|ms)\s*)+$",
            "description": "A length of time: 90s, 5m, 1h 30m, 35d.",
            "examples": ["90s", "5m", "1h 30m"]
        })
    }
}

/// A number of bytes. Written `512MiB`, `20GiB`, `10GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size(u64);

const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1000),
    ("B", 1),
];

impl Size {
    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = InvalidQuantity;

    fn from_str(text: &str) -> Result<Self, InvalidQuantity> {
        let invalid = || InvalidQuantity {
            text: text.to_owned(),
            wanted: "a size such as 512MiB, 20GiB or 10GB",
        };
        let text = text.trim();
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = text[..digits].parse().map_err(|_| invalid())?;
        let unit = text[digits..].trim();
        let (_, bytes) = SIZES
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(invalid)?;
        number.checked_mul(*bytes).map(Self).ok_or_else(invalid)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, bytes) = SIZES
            .iter()
            .find(|(_, bytes)| self.0 >= *bytes && self.0.is_multiple_of(*bytes))
            .unwrap_or(&("B", 1));
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

impl TryFrom<String> for Size {
    type Error = InvalidQuantity;

    fn try_from(text: String) -> Result<Self, InvalidQuantity> {
        text.parse()
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        size.to_string()
    }
}

impl JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\s*\d+\s*([KMGT]i?B|B)\s*$",
            "description": "A number of bytes: 512MiB, 20GiB, 10GB.",
            "examples": ["20GiB"]
        })
    }
}

/// A share of a whole, 0 to 100, in hundredths of a percent. Written `99%` or `99.95%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percent(u32);

impl Percent {
    /// In hundredths of a percent, from 0 to 10,000.
    pub const fn hundredths(self) -> u32 {
        self.0
    }

    /// `part` of `whole`; the whole of nothing is 100 %.
    pub fn of(part: u64, whole: u64) -> Self {
        if whole == 0 {
            return Self(10_000);
        }
        Self(u32::try_from((part.min(whole) * 10_000) / whole).unwrap_or(10_000))
    }

    /// The nearest whole percent, 0 to 100.
    pub fn rounded(self) -> u32 {
        (self.0 + 50) / 100
    }
}

impl FromStr for Percent {
    type Err = InvalidQuantity;

    fn from_str(text: &str) -> Result<Self, InvalidQuantity> {
        let invalid = || InvalidQuantity {
            text: text.to_owned(),
            wanted: "a percentage such as 99% or 99.95%",
        };
        let number = text.trim().strip_suffix('%').ok_or_else(invalid)?.trim();
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        if !plain(whole) || !plain(fraction) || fraction.len() > 2 {
            return Err(invalid());
        }
        let whole: u32 = whole.parse().map_err(|_| invalid())?;
        let hundredths: u32 = format!("{fraction:0<2}").parse().map_err(|_| invalid())?;
        whole
            .checked_mul(100)
            .and_then(|whole| whole.checked_add(hundredths))
            .filter(|hundredths| *hundredths <= 10_000)
            .map(Self)
            .ok_or_else(invalid)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100 {
            0 => write!(f, "{}%", self.0 / 100),
            fraction => write!(f, "{}.{fraction:02}%", self.0 / 100),
        }
    }
}

impl TryFrom<String> for Percent {
    type Error = InvalidQuantity;

    fn try_from(text: String) -> Result<Self, InvalidQuantity> {
        text.parse()
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.to_string()
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\s*\d{1,3}(\.\d{1,2})?\s*%$",
            "description": "A share of a whole: 99%, 99.95%.",
            "examples": ["99%"]
        })
    }
}

/// Where a site is. On AWS a region code such as `us-west-1`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

impl Region {
    /// The region's code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the code has the shape of an AWS region: partition-area, direction, number
    /// (`us-east-2`, `us-gov-west-1`, `ap-southeast-4`).
    pub fn is_aws_shaped(&self) -> bool {
        let parts: Vec<&str> = self.0.split('-').collect();
        let number = parts
            .last()
            .is_some_and(|n| n.len() <= 2 && n.parse::<u8>().is_ok());
        number && (3..=4).contains(&parts.len()) && parts[0].len() == 2
    }
}

impl FromStr for Region {
    type Err = InvalidQuantity;

    fn from_str(text: &str) -> Result<Self, InvalidQuantity> {
        let ok = !text.is_empty()
            && text.len() <= 63
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if ok {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidQuantity {
                text: text.to_owned(),
                wanted: "a region such as us-west-1",
            })
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Region {
    type Error = InvalidQuantity;

    fn try_from(text: String) -> Result<Self, InvalidQuantity> {
        text.parse()
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0
    }
}

#[cfg(test)]
mod tests;
