//! What the business asked for.

use serde::{Deserialize, Serialize};

use super::Duration;

/// The recovery objectives of an estate. What a run achieved is a measurement, never an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objectives {
    /// Recovery point objective: how much of the newest data may be lost, as time.
    pub rpo: Duration,
    /// Recovery time objective: from the start of the outage until clients are served again.
    pub rto: Duration,
}
