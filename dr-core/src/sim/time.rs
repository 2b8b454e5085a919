//! Virtual time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::Duration;

/// 2026-01-01T00:00:00Z, the first instant of every world, in milliseconds since the Unix epoch.
const START_MS: i64 = 1_767_225_600_000;

/// Milliseconds since the start of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct SimTime(u64);

impl SimTime {
    /// The start of a second.
    pub(super) const fn of_second(second: u64) -> Self {
        Self(second * 1000)
    }

    /// The whole seconds that have passed.
    pub(super) const fn second(self) -> u64 {
        self.0 / 1000
    }

    /// This much later.
    #[must_use]
    pub(super) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_millis()))
    }

    /// From `earlier` until this; zero when that is later.
    pub(super) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// As people and ports write it.
    pub(super) fn timestamp(self) -> Timestamp {
        i64::try_from(self.0)
            .ok()
            .and_then(|ms| Timestamp::from_millisecond(START_MS + ms).ok())
            .unwrap_or(Timestamp::MAX)
    }

    /// An instant that never comes.
    pub(super) const fn never() -> Self {
        Self(u64::MAX)
    }

    /// The instant of the world that a timestamp names; its start for everything before.
    pub(super) fn at(timestamp: Timestamp) -> Self {
        Self(u64::try_from(timestamp.as_millisecond() - START_MS).unwrap_or(0))
    }
}

/// How a clock is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Skew {
    /// Whether it is ahead of the true time, or behind it.
    pub(super) ahead: bool,
    /// By how much.
    pub(super) by: Duration,
}

impl Skew {
    /// What it shows at the instant `right`.
    pub(super) fn shown(self, right: Timestamp) -> Timestamp {
        if self.ahead {
            self.by.after(right)
        } else {
            self.by.before(right)
        }
    }
}
