//! A difference that somebody accepts, with a reason, an owner and an end.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ComponentId;

/// A day of the calendar, in UTC: `2027-01-31`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Day(#[schemars(with = "String", extend("format" = "date"))] Date);

impl Day {
    /// Whether it was over at an instant.
    pub fn is_over(self, at: Timestamp) -> bool {
        at.to_zoned(TimeZone::UTC).date() > self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day such as 2027-01-31")]
pub struct InvalidDay(String);

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        // The library takes an instant for its day, too: an end in the middle of a day would be misread.
        let is_a_day = text.len() == "2027-01-31".len();
        let day = is_a_day.then(|| text.parse().ok()).flatten();
        day.map(Self).ok_or_else(|| InvalidDay(text.to_owned()))
    }
}

/// A difference that somebody accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Exception {
    /// The rule whose findings it is about: `database-class-differs`.
    pub rule: String,
    /// Only those about this component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentId>,
    /// Only those about the thing of that name, as reports write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Only those about this attribute, and what is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub expires: Day,
    /// The second person, without whom it hides nothing that stops a failover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

impl Exception {
    /// Whether a second person stands behind it, and not the owner in other letters.
    pub fn is_approved(&self) -> bool {
        self.approved_by
            .as_deref()
            .is_some_and(|approver| are_two_people(&self.owner, approver))
    }
}

/// Whether two names are those of two people: letters and digits count, case and what stands between them does not.
pub fn are_two_people(one: &str, other: &str) -> bool {
    let letters = |name: &str| -> String {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let (one, other) = (letters(one), letters(other));
    !one.is_empty() && !other.is_empty() && one != other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_in_other_letters_is_not_two() {
        for (one, other) in [
            ("ana", " Ana "),
            ("ana", "ANA\u{200b}"),
            ("Ana Lima", "ana  lima"),
            ("ana", "@ana"),
            ("ana", " "),
            ("", "ben"),
            ("Ärzte", "ÄRZTE"),
        ] {
            assert!(!are_two_people(one, other), "{one:?} {other:?}");
        }
        assert!(are_two_people("ana", "ben"));
    }

    #[test]
    fn a_day_is_over_when_the_next_has_begun() {
        let day: Day = "2027-01-31".parse().unwrap();
        assert!(!day.is_over("2027-01-31T23:59:59Z".parse().unwrap()));
        assert!(day.is_over("2027-02-01T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2027-02-30",
            "2027-01-31T12:00:00",
            "31.1.2027",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
