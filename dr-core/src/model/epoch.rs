//! The number that keeps stale operators out.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Grows by one each time an operator takes the estate's lock, and is never reused; a change of primary
/// always happens under an epoch of its own. A holder of a lower epoch is *fenced*: its journal appends
/// and its changes to the world are refused.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch of the next holder.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
