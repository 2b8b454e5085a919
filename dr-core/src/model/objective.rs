//! What the business asked for.

use serde::{Deserialize, Serialize};

use super::Duration;

/// A resolver may keep an answer for at most this part of the RTO, one of so many: after a shift clients go on to the old site
/// for as long, whatever a run does. A rule of ours; AWS asks for 60 s or less (Route 53 developer guide,
/// "best-practices-dns").
pub const TTL_PART_OF_RTO: u64 = 4;

/// The recovery objectives of an estate. What a run achieved is a measurement, never an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objectives {
    /// Recovery point objective: how much of the newest data may be lost, as time.
    pub rpo: Duration,
    /// Recovery time objective: from the start of the outage until clients are served again.
    pub rto: Duration,
}

impl Objectives {
    /// The longest time for which a resolver may keep an answer: a quarter of the RTO.
    pub fn longest_ttl(&self) -> Duration {
        Duration::from_millis(self.rto.as_millis() / TTL_PART_OF_RTO)
    }
}
