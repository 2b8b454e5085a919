//! When a round starts.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::found::Job;
use crate::model::{CronLine, Duration, EstateName};

/// When the rounds of one job start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    line: CronLine,
    delay: Duration,
}

impl Schedule {
    /// That of an estate's job: after each instant of its line by a delay below `jitter`, which is the same in every round and
    /// another for another estate or job.
    pub fn new(estate: &EstateName, job: Job, line: CronLine, jitter: Duration) -> Self {
        let digest = Sha256::digest(format!("{estate}\n{}", job.name()).as_bytes());
        let drawn = digest[..8]
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let delay = drawn.checked_rem(jitter.as_millis()).unwrap_or(0);
        Self {
            line,
            delay: Duration::from_millis(delay),
        }
    }

    /// How long after its line a round starts.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// When the first round after `after` starts; `None` where the line names no instant any more.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let named = self.line.next(self.delay.before(after))?;
        Some(self.delay.after(named))
    }

    /// Whether a round is to start now, when the last one began at `last`. Of several that were missed one is made up for, and one
    /// is due at once where there was none, or where the clock was set back to before it.
    pub fn is_due(&self, last: Option<Timestamp>, now: Timestamp) -> bool {
        match last {
            None => true,
            Some(last) if last > now => true,
            Some(last) => self.next(last).is_some_and(|next| next <= now),
        }
    }

    /// From when on rounds no longer come in time, when the last one began at `last`: two periods later.
    pub fn overdue_from(&self, last: Timestamp) -> Option<Timestamp> {
        self.next(self.next(last)?)
    }
}
