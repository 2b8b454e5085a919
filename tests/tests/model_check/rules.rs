//! The rules that the model decides by: the engine's own, or with one of them broken.

use dr_core::action::{Promotion, StepError, lease_ends_for};
use dr_core::model::{Epoch, LeaseState, SiteId};
use dr_core::port::LeaseDeadline;
use dr_core::runbook::journal::Record;
use dr_core::runbook::journal::rule::{self as journal, Settled};
use dr_core::runbook::lock::rule::{self as lock, Claim};
use dr_core::runbook::lock::{Holder, LockState};
use jiff::Timestamp;

/// Every rule that a fault may replace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Whether the lock may be taken, and when its next holder may begin.
    pub(crate) claim: for<'a> fn(Option<&'a Holder>, Timestamp) -> Claim<'a>,
    /// Under which epoch.
    pub(crate) next_epoch: fn(Option<Epoch>) -> Epoch,
    /// Until when a holder may begin a call.
    pub(crate) deadline: fn(Timestamp) -> Timestamp,
    /// Whether the deadline of a lease has passed.
    pub(crate) has_passed: fn(&LeaseDeadline, Timestamp) -> bool,
    /// Whether the lock is still the lease's own.
    pub(crate) is_still_ours: fn(&LockState, Epoch, &str, bool) -> bool,
    /// Who takes the lock names the content that it replaces.
    pub(crate) swaps_the_lock: bool,
    /// Whether a holder may append.
    pub(crate) may_append: fn(Epoch, Epoch) -> Result<(), Epoch>,
    /// What became of an append.
    pub(crate) settle: fn(&Record, Epoch, Option<&Record>) -> Settled,
    /// The number of a record can be taken once.
    pub(crate) swaps_the_journal: bool,
    /// The gates of a promotion.
    pub(crate) gate: fn(&Promotion<'_>) -> Result<(), StepError>,
    /// From when on a site cannot hold the application's write lease.
    pub(crate) lease_ends_for: fn(&LeaseState, &SiteId, Timestamp) -> Option<Timestamp>,
    /// Whether a call may be on its way when the lock is given back.
    pub(crate) may_be_on_its_way: fn(Option<Timestamp>, Timestamp) -> bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            claim: lock::claim,
            next_epoch: lock::next_epoch,
            deadline: lock::deadline,
            has_passed: LeaseDeadline::has_passed,
            is_still_ours: lock::is_still_ours,
            swaps_the_lock: true,
            may_append: journal::may_append,
            settle: journal::settle,
            swaps_the_journal: true,
            gate: |promotion| promotion.check(),
            lease_ends_for,
            may_be_on_its_way: lock::may_be_on_its_way,
        }
    }
}
