//! What is decided about the lock, without a store or a clock: who may take it, until when it lasts, when its holder must stop,
//! and when the next one may begin. The lock and the model check (`tests/tests/model_check`) decide by these very functions.

use jiff::Timestamp;

use super::{CALL, Holder, LEASE, LockState, SKEW};
use crate::model::{Duration, Epoch};

/// What somebody finds who wants the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim<'a> {
    /// The lease of this one lasts.
    Held(&'a Holder),
    /// It may be taken. Who takes it begins nothing before `quiet`: until then a call of the last holder may be on its way.
    Free {
        /// `None` when it was given back or never held.
        quiet: Option<Timestamp>,
    },
}

/// Whether the lock may be taken at `now` from its last holder; `None` when nobody holds it.
pub fn claim(last: Option<&Holder>, now: Timestamp) -> Claim<'_> {
    match last {
        Some(holder) if now < holder.until => Claim::Held(holder),
        last => Claim::Free {
            quiet: last.map(|holder| quiet(holder.until)),
        },
    }
}

/// The epoch of the next holder, given that of the last one.
pub fn next_epoch(last: Option<Epoch>) -> Epoch {
    last.unwrap_or_default().next()
}

/// When a lease that is taken or renewed at `now` ends.
pub fn lease_from(now: Timestamp) -> Timestamp {
    LEASE.after(now)
}

/// Past this the holder of a lease until `until` begins no call that changes the world: layer L3.
pub fn deadline(until: Timestamp) -> Timestamp {
    (SKEW + CALL).before(until)
}

/// From then on the next holder may begin, after a lease until `until` that was not given back: layer L4.
pub fn quiet(until: Timestamp) -> Timestamp {
    (SKEW + CALL).after(until)
}

/// Whether a holder should renew now: a third of the lease is over.
pub fn is_renewal_due(until: Timestamp, now: Timestamp) -> bool {
    Duration::between(now, until).times(3) <= LEASE.times(2)
}

/// Whether the lock as it stands is still that of the lease with this epoch and nonce. Asked when a write did not find what was
/// last known to stand there, which may be due to an earlier write of the same lease. `released`: giving it back has begun.
pub fn is_still_ours(there: &LockState, epoch: Epoch, nonce: &str, released: bool) -> bool {
    match &there.holder {
        Some(holder) => holder.nonce == nonce,
        // Our own release, whose answer was lost: it must stay one.
        None => released && there.epoch == epoch,
    }
}

/// Whether a call may still be on its way at `now`, when the last one was permitted at `permitted`: it takes [`CALL`] at most, and
/// its process may have been stopped before it for as long as the margin of layer L4. Who gives the lock back then must not
/// let the next one begin at once.
pub fn may_be_on_its_way(permitted: Option<Timestamp>, now: Timestamp) -> bool {
    permitted.is_some_and(|at| now < (SKEW + CALL + CALL).after(at))
}
