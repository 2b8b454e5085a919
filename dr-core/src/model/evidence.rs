//! What is known of the old primary when the new one is made.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ComponentId, Duration, SiteId};

/// How surely a site is unable to accept writes. Ordered: a later one is stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FenceLevel {
    /// None of the others.
    Unknown,
    /// Every independent observer lost the path that clients take; no proof for writes from inside.
    IsolatedObserved,
    /// The write lease that the application renews in the surviving site has run out
    /// (Patroni's rule, carried across regions).
    ByLease,
    /// Writes are refused at the old primary, and that was read back.
    Confirmed,
}

impl FenceLevel {
    /// Whether a promotion may follow without a waiver.
    pub fn allows_promotion(self) -> bool {
        self >= Self::ByLease
    }
}

impl fmt::Display for FenceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unknown => "unknown",
            Self::IsolatedObserved => "isolated-observed",
            Self::ByLease => "by-lease",
            Self::Confirmed => "confirmed",
        })
    }
}

/// What a fence step found out, for the journal and the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FenceEvidence {
    /// The site that was fenced.
    pub site: SiteId,
    /// How surely.
    pub level: FenceLevel,
    /// When it was established.
    pub at: Timestamp,
    /// What was tried and read, one sentence each.
    pub observations: Vec<String>,
    /// The fence could not be applied there and must be when the site answers again.
    pub pending: bool,
    /// Where a fence was asked for that was not read back, or whose answer was lost: it may be in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<ComponentId>,
    /// Calls that were not allowed, each told once. The fence may be weaker for want of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<DeniedCall>,
}

/// A call that the other side did not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeniedCall {
    /// The call: `rds:ModifyDBInstance`.
    pub operation: String,
    /// Where: a placement or a site.
    pub place: String,
    /// What the other side said.
    pub message: String,
}

/// A place in a database's stream of changes, in the unit in which it could be read. Comparable within one history and one
/// unit only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Position {
    /// Writes, counted from the beginning of the history: a GTID count.
    Writes(u64),
    /// Bytes of write-ahead log: a PostgreSQL LSN. How many writes lie between two of them is not known.
    Wal {
        /// The LSN as a number.
        wal: u64,
    },
    /// The commit time of the newest transaction, where the engine's own position cannot be read. A copy that has replayed
    /// a transaction has replayed all that were committed before it.
    Committed {
        /// The commit time.
        committed: Timestamp,
    },
}

impl Position {
    /// Whether a copy at this place has everything that its source had at `source`. Never true across units.
    pub fn has_reached(&self, source: &Self) -> bool {
        match (self, source) {
            (Self::Writes(copy), Self::Writes(source))
            | (Self::Wal { wal: copy }, Self::Wal { wal: source }) => copy >= source,
            (Self::Committed { committed: copy }, Self::Committed { committed: source }) => {
                copy >= source
            }
            _ => false,
        }
    }

    /// How many writes of `source` a copy at this place does not have; `None` where the unit does not tell.
    pub fn misses(&self, source: &Self) -> Option<u64> {
        match (self, source) {
            (Self::Writes(copy), Self::Writes(source)) => Some(source.saturating_sub(*copy)),
            _ => self.has_reached(source).then_some(0),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Writes(writes) => write!(f, "{writes}"),
            // As PostgreSQL writes it: two 32-bit halves (documentation, "pg_lsn").
            Self::Wal { wal } => write!(f, "{:X}/{:X}", wal >> 32, wal & 0xFFFF_FFFF),
            Self::Committed { committed } => write!(f, "{committed}"),
        }
    }
}

/// A person's signed decision to pass a gate that would hold the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The gate: the code of the question that it answers, such as `fence-unproven`.
    pub code: String,
    /// Who decided.
    pub who: String,
    /// Why.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

/// What a promotion may have lost, written down when it happens.
///
/// Every lost write was acknowledged inside the window. Its start is the commit time of the newest transaction that the
/// replica had applied; its end is the earliest moment from which the old primary is known not to acknowledge anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossStatement {
    /// How far the promoted copy was.
    pub promoted_position: Position,
    /// How far the old primary was when it was last read, and when that was.
    pub last_known_source: Option<(Position, Timestamp)>,
    /// Start of the window.
    pub window_from: Timestamp,
    /// End of the window; `None` while the old primary is not proven fenced.
    pub window_until: Option<Timestamp>,
    /// The number of writes lost, once the old primary could be read again.
    pub exact: Option<u64>,
}

impl LossStatement {
    /// The fewest writes that can have been lost.
    pub fn at_least(&self) -> u64 {
        self.exact.unwrap_or_else(|| {
            self.last_known_source
                .and_then(|(source, _)| self.promoted_position.misses(&source))
                .unwrap_or(0)
        })
    }

    /// The achieved RPO's upper bound, where the window is closed; zero when nothing was lost.
    pub fn achieved_rpo(&self) -> Option<Duration> {
        if self.exact == Some(0) {
            return Some(Duration::ZERO);
        }
        self.window_until
            .map(|until| Duration::between(self.window_from, until))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn positions() -> impl Strategy<Value = Position> {
        prop_oneof![
            (0..50_u64).prop_map(Position::Writes),
            (0..50_u64).prop_map(|wal| Position::Wal { wal }),
            (0..50_i64).prop_map(|second| Position::Committed {
                committed: Timestamp::from_second(second).unwrap(),
            }),
        ]
    }

    proptest! {
        #[test]
        fn a_copy_misses_nothing_exactly_where_it_has_reached_its_source(
            copy in positions(),
            source in positions(),
        ) {
            prop_assert_eq!(copy.misses(&source) == Some(0), copy.has_reached(&source));
        }

        #[test]
        fn places_in_different_units_prove_nothing(copy in positions(), source in positions()) {
            let same = std::mem::discriminant(&copy) == std::mem::discriminant(&source);
            prop_assert!(same || copy.misses(&source).is_none());
        }

        #[test]
        fn a_position_is_read_back_as_it_was_written(position in positions()) {
            let text = serde_json::to_string(&position).unwrap();
            prop_assert_eq!(serde_json::from_str::<Position>(&text).unwrap(), position);
        }
    }

    #[test]
    fn a_count_of_writes_is_written_as_a_number() {
        assert_eq!(serde_json::to_string(&Position::Writes(7)).unwrap(), "7");
    }

    #[test]
    fn a_place_in_the_write_ahead_log_is_printed_as_postgresql_does() {
        assert_eq!(
            Position::Wal {
                wal: 0x16_B374_D848
            }
            .to_string(),
            "16/B374D848"
        );
    }
}
