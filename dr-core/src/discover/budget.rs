//! How many calls a scan may send: its share of what a service allows the account.
//!
//! The account's own automation draws from the same allowance, the failover itself included: an inventory that uses it up
//! breaks production (nccgroup/ScoutSuite, issue 91). So a scan takes a share, a quarter unless said otherwise.

use jiff::Timestamp;

use crate::model::Duration;

/// What a service allows one account in one region: a token bucket (EC2 developer guide, "ec2-api-throttling").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Calls at once when nothing was called for a while.
    pub burst: u32,
    /// Calls that come back in a second.
    pub per_second: u32,
}

/// The share of an allowance that a scan takes: one part of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u32);

impl Share {
    /// One part of `parts`; at least one.
    pub fn one_of(parts: u32) -> Self {
        Self(parts.max(1))
    }
}

impl Default for Share {
    /// A quarter.
    fn default() -> Self {
        Self(4)
    }
}

/// A token is cut into this many pieces, so that a share of a small rate stays exact: no floating point.
const PIECES: u64 = 1_000_000;

/// Hands out the calls of a share of an allowance. Pure: it is told the time.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    capacity: u64,
    per_second: u64,
    pieces: u64,
    at: Timestamp,
}

impl TokenBucket {
    /// A full bucket. It holds one call at least, whatever the share.
    pub fn new(allowance: Allowance, share: Share, now: Timestamp) -> Self {
        let part = |calls: u32| u64::from(calls) * PIECES / u64::from(share.0);
        let capacity = part(allowance.burst).max(PIECES);
        Self {
            capacity,
            per_second: part(allowance.per_second).max(1),
            pieces: capacity,
            at: now,
        }
    }

    /// Takes a token, or says how long to wait before asking again.
    ///
    /// # Errors
    /// There is no token; the wait is never zero.
    pub fn take(&mut self, now: Timestamp) -> Result<(), Duration> {
        self.refill(now);
        if self.pieces >= PIECES {
            self.pieces -= PIECES;
            return Ok(());
        }
        let missing = PIECES - self.pieces;
        let wait_ms = (missing * 1000).div_ceil(self.per_second);
        Err(Duration::from_millis(wait_ms.max(1)))
    }

    fn refill(&mut self, now: Timestamp) {
        // A clock that goes backwards gives nothing.
        let passed_ms = Duration::between(self.at, now).as_millis();
        if passed_ms == 0 {
            return;
        }
        let came = passed_ms.saturating_mul(self.per_second) / 1000;
        self.pieces = self.pieces.saturating_add(came).min(self.capacity);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Takes tokens for `seconds` of virtual time, as fast as the bucket allows; when each was taken, in milliseconds.
    fn taken(allowance: Allowance, share: Share, seconds: u64) -> Vec<u64> {
        let start = Timestamp::UNIX_EPOCH;
        let mut bucket = TokenBucket::new(allowance, share, start);
        let mut now = start;
        let mut taken = Vec::new();
        while Duration::between(start, now) < Duration::from_secs(seconds) {
            match bucket.take(now) {
                Ok(()) => taken.push(Duration::between(start, now).as_millis()),
                Err(wait) => now = wait.after(now),
            }
        }
        taken
    }

    #[test]
    fn a_quarter_of_the_allowance_of_ec2_is_25_calls_at_once_and_5_a_second() {
        let ec2 = Allowance {
            burst: 100,
            per_second: 20,
        };
        let taken = taken(ec2, Share::default(), 10);
        assert_eq!(taken.iter().filter(|at| **at == 0).count(), 25);
        assert_eq!(taken.len(), 25 + 49);
    }

    #[test]
    fn a_share_of_a_small_allowance_still_comes_forward() {
        let route53 = Allowance {
            burst: 5,
            per_second: 5,
        };
        let taken = taken(route53, Share::one_of(100), 60);
        assert_eq!(
            taken.len(),
            3,
            "at once, after 20 and after 40 seconds: {taken:?}"
        );
    }

    proptest! {
        #[test]
        fn no_window_of_time_sees_more_calls_than_its_share(
            burst in 1_u32..200, per_second in 1_u32..50, parts in 1_u32..8, window in 1_u64..20,
        ) {
            let share = Share::one_of(parts);
            let taken = taken(Allowance { burst, per_second }, share, 30);
            let most = u64::from(burst / parts).max(1) + 1
                + (u64::from(per_second) * window).div_ceil(u64::from(parts)) + 1;
            for start in &taken {
                let inside = taken.iter().filter(|at| (*start..start + window * 1000).contains(at));
                prop_assert!(inside.count() as u64 <= most);
            }
        }

        #[test]
        fn a_clock_that_goes_backwards_gives_no_token(back in 1_i64..100_000) {
            let now = Timestamp::from_second(1_000_000).expect("a time");
            let mut bucket = TokenBucket::new(Allowance { burst: 1, per_second: 1 }, Share::one_of(1), now);
            prop_assert!(bucket.take(now).is_ok());
            let earlier = Timestamp::from_second(1_000_000 - back).expect("a time");
            prop_assert!(bucket.take(earlier).is_err());
        }
    }
}
