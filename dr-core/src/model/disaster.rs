//! The words in which people declare what may go wrong, for campaigns of simulated disasters.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::quantity::{Duration, InvalidQuantity};

/// A range that a length of time is drawn from, every value of it as likely as another: `30s to 8m`, or one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The least.
    pub low: Duration,
    /// The most; not below the least.
    pub high: Duration,
}

impl Spread {
    /// One value.
    pub const fn only(value: Duration) -> Self {
        Self {
            low: value,
            high: value,
        }
    }
}

impl FromStr for Spread {
    type Err = InvalidQuantity;

    fn from_str(text: &str) -> Result<Self, InvalidQuantity> {
        let Some((low, high)) = text.split_once(" to ") else {
            return text.parse().map(Self::only);
        };
        let (low, high) = (low.trim().parse()?, high.trim().parse()?);
        if low > high {
            return Err(InvalidQuantity {
                text: text.to_owned(),
                wanted: "a range from the smaller to the larger, such as 30s to 8m",
            });
        }
        Ok(Self { low, high })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            self.low.fmt(f)
        } else {
            write!(f, "{} to {}", self.low, self.high)
        }
    }
}

impl JsonSchema for Spread {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Range".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\s*(\d+\s*(d|h|m|s|ms)\s*)+( to (\d+\s*(d|h|m|s|ms)\s*)+)?$",
            "description": "A length of time, or a range that it is drawn from: 5m, 30s to 8m.",
            "examples": ["30s to 8m"]
        })
    }
}

/// Something that may go wrong in a trial.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Mishap {
    /// Nobody reaches the site's region. What runs there runs on, and is there when it returns.
    RegionDark,
    /// Operators do not reach the region's interfaces; clients do.
    RegionIsolated,
    /// The copy of a database on the site is gone with its data.
    DatabaseLost,
    /// The sites do not reach each other.
    Partition,
    /// The region that administers global services (us-east-1) does not answer.
    GlobalControlDown,
    /// A service does not answer operators at the site.
    ServiceDown,
    /// Half of the calls to the region are refused with "too many".
    Throttling,
    /// Calls to the region take many times as long.
    Slow,
    /// A call, or all calls of a service, are not allowed at the site.
    Denied,
    /// The next answer of a call is lost, after it took effect.
    AnswerLost,
    /// Replicas receive and do not apply: the lag grows.
    ReplicationStalls,
    /// A backup runs; a promotion is refused meanwhile.
    Backup,
    /// The service refuses promotions some times.
    PromotionRefused,
    /// The site has capacity for few members of a fleet.
    ShortOfCapacity,
    /// A resolver keeps its answer for ever.
    ResolverIgnoresTtl,
    /// Nothing that monitoring scrapes answers it.
    MonitoringBlind,
    /// The mirrors of Git servers are not brought up to date.
    MirrorStops,
    /// Somebody holds the lock of a stack's state.
    StateLocked,
    /// The operator's machine dies in the middle of the run; somebody else takes over.
    OperatorDies,
}

impl Mishap {
    /// The words of all of them.
    pub const WORDS: [(&'static str, Self); 19] = [
        ("region-dark", Self::RegionDark),
        ("region-isolated", Self::RegionIsolated),
        ("database-lost", Self::DatabaseLost),
        ("partition", Self::Partition),
        ("global-control-down", Self::GlobalControlDown),
        ("service-down", Self::ServiceDown),
        ("throttling", Self::Throttling),
        ("slow", Self::Slow),
        ("denied", Self::Denied),
        ("answer-lost", Self::AnswerLost),
        ("replication-stalls", Self::ReplicationStalls),
        ("backup", Self::Backup),
        ("promotion-refused", Self::PromotionRefused),
        ("short-of-capacity", Self::ShortOfCapacity),
        ("resolver-ignores-ttl", Self::ResolverIgnoresTtl),
        ("monitoring-blind", Self::MonitoringBlind),
        ("mirror-stops", Self::MirrorStops),
        ("state-locked", Self::StateLocked),
        ("operator-dies", Self::OperatorDies),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, mishap)| *mishap == self)
            .map_or("", |(word, _)| word)
    }

    /// Whether it happens at one site, which a row names then.
    pub fn has_site(self) -> bool {
        matches!(
            self,
            Self::RegionDark
                | Self::RegionIsolated
                | Self::DatabaseLost
                | Self::ServiceDown
                | Self::Throttling
                | Self::Slow
                | Self::Denied
                | Self::Backup
                | Self::ShortOfCapacity
                | Self::MonitoringBlind
                | Self::StateLocked
        )
    }

    /// What the key `what` of a row names: the service, or the call; `None` where the key says nothing.
    pub fn what(self) -> Option<&'static str> {
        match self {
            Self::ServiceDown => Some("rds"),
            Self::Denied | Self::AnswerLost => Some("rds:PromoteReadReplica"),
            _ => None,
        }
    }

    /// What the key `level` of a row counts; `None` where the key says nothing.
    pub fn level(self) -> Option<&'static str> {
        match self {
            Self::Slow => Some("how many times slower"),
            Self::PromotionRefused => Some("how many promotions are refused"),
            Self::ShortOfCapacity => Some("how many members there is room for"),
            _ => None,
        }
    }

    /// Whether it goes on for a while, which a row says then. The others happen, or run out by themselves.
    pub fn lasts(self) -> bool {
        !matches!(
            self,
            Self::DatabaseLost | Self::AnswerLost | Self::PromotionRefused | Self::OperatorDies
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_written_from_the_smaller_to_the_larger() {
        let spread: Spread = "30s to 8m".parse().unwrap();
        assert_eq!(spread.low, Duration::from_secs(30));
        assert_eq!(spread.high, Duration::from_mins(8));
        assert_eq!(spread.to_string(), "30s to 8m");
        assert_eq!("5m".parse(), Ok(Spread::only(Duration::from_mins(5))));
        assert!("8m to 30s".parse::<Spread>().is_err());
        assert!("30s to".parse::<Spread>().is_err());
    }
}
