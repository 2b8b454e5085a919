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

    /// Since when a round is due, when the last one began at `last`; `None` where none is. Of several that were missed one is made
    /// up for, and one is due since ever where there was none, or where the clock was set back to before it.
    pub fn due(&self, last: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        match last {
            None => Some(Timestamp::MIN),
            Some(last) if last > now => Some(Timestamp::MIN),
            Some(last) => self.next(last).filter(|next| *next <= now),
        }
    }

    /// From when on rounds no longer come in time, when the last one began at `last`: two periods later.
    pub fn overdue_from(&self, last: Timestamp) -> Option<Timestamp> {
        self.next(self.next(last)?)
    }
}
