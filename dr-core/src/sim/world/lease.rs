//! The application's write lease.

use serde::{Deserialize, Serialize};

use crate::model::Duration;
use crate::sim::time::SimTime;
use crate::sim::{Column, other};

/// A lease that the primary's application renews three times within its length, as Patroni renews its leader key (its
/// documented rule `loop_wait + 2 * retry_timeout <= ttl` with the defaults 10, 10, 30 s).
///
/// It is kept in the site that is not the holder's, so that a holder that is cut off cannot renew it. After it was granted
/// to a site whose counterpart is lost it is kept at the holder itself, and moves to the other site when that has a
/// replica again. It never moves to the holder without a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Lease {
    /// The site that may write.
    pub(in crate::sim) holder: Column,
    /// Where it is kept.
    pub(in crate::sim) kept_at: Column,
    /// Whether renewals are granted.
    pub(in crate::sim) renewable: bool,
    /// How long it lasts, in seconds.
    length_s: u64,
    /// The second in which it was last renewed.
    renewed: u64,
}

impl Lease {
    /// A lease of column 0.
    pub(super) fn new(length: Duration) -> Self {
        Self {
            holder: 0,
            kept_at: 1,
            renewable: true,
            length_s: (length.as_millis() / 1000).max(1),
            renewed: 0,
        }
    }

    /// The first second in which the holder must not write any more.
    pub(in crate::sim) fn expires(&self) -> u64 {
        self.renewed + self.length_s
    }

    /// Whether the application at `column` may write in `second`.
    pub(in crate::sim) fn permits(&self, column: Column, second: u64) -> bool {
        self.holder == column && second < self.expires()
    }

    /// The holder's renewal, when one is due in `second`. `holder_alive`: its region runs; `connected`: the sites reach each
    /// other; `protected`: the other site has a replica that follows.
    pub(super) fn renew(
        &mut self,
        second: u64,
        holder_alive: bool,
        connected: bool,
        protected: bool,
    ) {
        let due = second >= self.renewed + (self.length_s / 3).max(1);
        let reaches = holder_alive && (self.kept_at == self.holder || connected);
        if !(due && self.renewable && reaches) {
            return;
        }
        self.renewed = second;
        if self.kept_at == self.holder && connected && protected {
            self.kept_at = other(self.holder);
        }
    }

    /// Grants no more renewals to `holder`.
    pub(in crate::sim) fn revoke(&mut self, holder: Column) {
        if self.holder == holder {
            self.renewable = false;
        }
    }

    /// Gives it to `holder`, kept at the site that answers the call; false while another's has not run out.
    pub(in crate::sim) fn grant(&mut self, holder: Column, now: SimTime) -> bool {
        if self.holder != holder {
            if now.second() < self.expires() {
                return false;
            }
            self.holder = holder;
            self.renewed = now.second();
        }
        self.renewable = true;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_that_is_cut_off_stops_writing_within_the_lease_and_only_then_can_another_get_it() {
        let mut lease = Lease::new(Duration::from_secs(30));
        for second in 1..=100 {
            lease.renew(second, true, true, true);
        }
        for second in 101..=200 {
            lease.renew(second, true, false, false);
        }
        assert_eq!(lease.expires(), 130);
        assert!(lease.permits(0, 129) && !lease.permits(0, 130));
        assert!(!lease.grant(1, SimTime::of_second(129)));
        assert!(lease.grant(1, SimTime::of_second(130)));
        assert!(lease.permits(1, 131) && !lease.permits(0, 131));
    }

    #[test]
    fn a_lease_kept_at_its_holder_moves_out_once_the_other_site_has_a_replica() {
        let mut lease = Lease::new(Duration::from_secs(30));
        assert!(lease.grant(1, SimTime::of_second(40)));
        assert_eq!(lease.kept_at, 1);
        lease.renew(50, true, true, false);
        assert_eq!(lease.kept_at, 1);
        lease.renew(60, true, true, true);
        assert_eq!(lease.kept_at, 0);
    }
}
