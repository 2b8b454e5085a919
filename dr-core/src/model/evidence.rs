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
    /// Where a fence was asked for and the answer was lost: it may be in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<ComponentId>,
}

/// A place in a database's stream of changes: an LSN, a GTID count. Comparable within one history only.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
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
            self.last_known_source.map_or(0, |(source, _)| {
                source.0.saturating_sub(self.promoted_position.0)
            })
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
