//! Schedules in the five-field cron language.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A schedule in the five-field cron language, read in UTC: `30 2 * * *`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct CronLine(String);

/// What is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCronLine {
    /// Another number of fields than five.
    #[error("\"{line}\" has {fields} fields, and a cron line has five, such as 30 2 * * *")]
    Fields {
        /// The line.
        line: String,
        /// How many it has.
        fields: usize,
    },
    /// A field that says nothing that there is.
    #[error("`{item}` is nothing that the {field} of a cron line can be: {range}")]
    Field {
        /// Which field.
        field: &'static str,
        /// The part of it.
        item: String,
        /// What it can be.
        range: String,
    },
    /// Each part is right, and the whole is nothing.
    #[error("\"{0}\" is not a five-field cron line such as 30 2 * * *")]
    Line(String),
}

/// A field: its name, its least and its greatest number, and its words, of which the first stands for `first`.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    words: &'static [&'static str],
    first: u32,
}

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The fields in their order, and what they can be (POSIX.1-2017, "crontab"; the step, the words and 7 for Sunday are those of
/// `crontab(5)`).
const FIELDS: [Field; 5] = [
    field("minute", 0, 59, &[], 0),
    field("hour", 0, 23, &[], 0),
    field("day of the month", 1, 31, &[], 1),
    field("month", 1, 12, &MONTHS, 1),
    field("day of the week", 0, 7, &DAYS, 0),
];

const fn field(
    name: &'static str,
    least: u32,
    most: u32,
    words: &'static [&'static str],
    first: u32,
) -> Field {
    Field {
        name,
        least,
        most,
        words,
        first,
    }
}

impl Field {
    fn check(&self, text: &str) -> Result<(), InvalidCronLine> {
        let wrong = text.split(',').find(|item| !self.takes(item));
        wrong.map_or(Ok(()), |item| {
            let Self { least, most, .. } = self;
            let words = match (self.words.first(), self.words.last()) {
                (Some(first), Some(last)) => format!(", {first} to {last}"),
                _ => String::new(),
            };
            Err(InvalidCronLine::Field {
                field: self.name,
                item: item.to_owned(),
                range: format!(
                    "{least} to {most}{words}, a range of them, `*`, or steps of either, up to {}",
                    most - least
                ),
            })
        })
    }

    fn takes(&self, item: &str) -> bool {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        let step_fits = step.is_none_or(|step| {
            number(step).is_some_and(|step| (1..=self.most - self.least).contains(&step))
        });
        let range_fits = match range.split_once('-') {
            _ if range == "*" => true,
            None => step.is_none() && self.value(range).is_some(),
            Some((from, to)) => {
                let ends = self.value(from).zip(self.value(to));
                ends.is_some_and(|(from, to)| from <= to)
            }
        };
        step_fits && range_fits
    }

    fn value(&self, text: &str) -> Option<u32> {
        let mut words = (self.first..).zip(self.words);
        let word = words.find(|(_, word)| word.eq_ignore_ascii_case(text));
        let value = word.map(|(value, _)| value).or_else(|| number(text))?;
        (self.least..=self.most).contains(&value).then_some(value)
    }
}

/// A number of digits only: `parse` takes a leading `+`.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

impl CronLine {
    /// The line as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first instant after `after` that the line names; `None` where it names none, as `0 0 31 2 *` does.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let line: croner::Cron = self.as_str().parse().ok()?;
        let after = after.to_zoned(TimeZone::UTC);
        let next = line.find_next_occurrence(&after, false).ok()?;
        Some(next.timestamp())
    }
}

impl FromStr for CronLine {
    type Err = InvalidCronLine;

    fn from_str(text: &str) -> Result<Self, InvalidCronLine> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != FIELDS.len() {
            return Err(InvalidCronLine::Fields {
                line: text.to_owned(),
                fields: fields.len(),
            });
        }
        for (field, text) in FIELDS.iter().zip(fields) {
            field.check(text)?;
        }
        croner::Cron::from_str(text)
            .map(|_| Self(text.to_owned()))
            .map_err(|_| InvalidCronLine::Line(text.to_owned()))
    }
}

impl fmt::Display for CronLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for CronLine {
    type Error = InvalidCronLine;

    fn try_from(text: String) -> Result<Self, InvalidCronLine> {
        text.parse()
    }
}

impl From<CronLine> for String {
    fn from(line: CronLine) -> Self {
        line.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_names_no_day_has_no_next_instant() {
        let at: Timestamp = "2026-11-21T18:03:00Z".parse().unwrap();
        let next = |line: &str| line.parse::<CronLine>().unwrap().next(at);
        assert_eq!(
            next("*/10 * * * *"),
            Some("2026-11-21T18:10:00Z".parse().unwrap())
        );
        assert_eq!(
            next("3 18 * * *"),
            Some("2026-11-22T18:03:00Z".parse().unwrap())
        );
        assert_eq!(next("0 0 31 2 *"), None);
    }

    #[test]
    fn what_cron_takes_is_taken() {
        for line in [
            "*/59 0-23/2 1,15 JAN-mar 1-5",
            "0 0 * * 7",
            "5-59/15 * * * *",
            "0,30 8-18 * dec SUN,sat",
        ] {
            let read: CronLine = line
                .parse()
                .unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(read.as_str(), line);
        }
    }

    #[test]
    fn what_a_field_cannot_be_is_told_with_the_field_and_its_range() {
        for (line, item, field, range) in [
            ("60 * * * *", "`60`", "the minute", "0 to 59"),
            ("*/100 * * * *", "`*/100`", "the minute", "up to 59"),
            ("5/15 * * * *", "`5/15`", "the minute", "steps of either"),
            ("*/0 * * * *", "`*/0`", "the minute", "up to 59"),
            ("1,2,,3 * * * *", "``", "the minute", "0 to 59"),
            ("0 24 * * *", "`24`", "the hour", "0 to 23"),
            ("0 0 0 * *", "`0`", "the day of the month", "1 to 31"),
            ("0 0 * 13 *", "`13`", "the month", "1 to 12, JAN to DEC"),
            (
                "* * * * ?",
                "`?`",
                "the day of the week",
                "0 to 7, SUN to SAT",
            ),
            ("9-5 * * * *", "`9-5`", "the minute", "0 to 59"),
        ] {
            let refused = line.parse::<CronLine>().unwrap_err().to_string();
            for wanted in [item, field, range] {
                assert!(refused.contains(wanted), "{line}: {refused}");
            }
        }
        let refused = "0 0 * * * *".parse::<CronLine>().unwrap_err().to_string();
        assert!(refused.contains("6 fields"), "{refused}");
    }
}
