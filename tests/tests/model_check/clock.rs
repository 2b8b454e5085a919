//! Time on a grid of five seconds, counted from the present instant, so that the model needs no horizon.

use dr_core::model::Duration;
use dr_core::runbook::lock::{CALL, SKEW};
use jiff::Timestamp;

/// Instants and lengths in units of [`TICK`]; instants are counted from now.
pub(crate) type Ticks = i8;

/// The grid. Every constant of the lock is a multiple of it.
const TICK: Duration = Duration::from_secs(5);

/// The present instant, by a clock that is right.
const NOW: i64 = 1_767_225_600;

/// No rule tells instants apart that lie this far back: the longest that one looks back is [`SKEW`] and [`CALL`].
pub(crate) const LONG_AGO: Ticks = -STOPPED;

/// The longest that a call is on its way, by the lock's assumption.
pub(crate) const ON_ITS_WAY: Ticks = in_ticks(CALL);
/// By how much a clock may run ahead, by the lock's assumption.
pub(crate) const AHEAD: Ticks = in_ticks(SKEW);
/// How long an operator may be stopped between its look at the deadline and its call, by the lock's assumption.
pub(crate) const STOPPED: Ticks = AHEAD + ON_ITS_WAY;
/// A lease that ends so far ahead is *long*: it ends then or later. Every rule says the same of all long leases, so that the
/// model does not tell them apart, and lets a long lease last for any time.
pub(crate) const LONG: Ticks = STOPPED + AHEAD + 1;

#[expect(
    clippy::cast_possible_truncation,
    reason = "the lock's constants are at most a minute"
)]
const fn in_ticks(length: Duration) -> Ticks {
    (length.as_millis() / TICK.as_millis()) as Ticks
}

/// The instant `ticks` from now.
pub(crate) fn at(ticks: Ticks) -> Timestamp {
    let seconds = i64::from(ticks) * (TICK.as_millis() / 1000).cast_signed();
    Timestamp::from_second(NOW + seconds).expect("a time in this century")
}

/// The end of a lease, [`LONG`] at most.
pub(crate) fn end(instant: Timestamp) -> Ticks {
    ticks(instant).min(LONG)
}

/// How far an instant on the grid is from now.
pub(crate) fn ticks(instant: Timestamp) -> Ticks {
    let seconds = instant.as_second() - NOW;
    let ticks = seconds / (TICK.as_millis() / 1000).cast_signed();
    Ticks::try_from(ticks).expect("instants of the model are at most two leases away")
}

/// The same instant one tick later.
pub(crate) fn pass(instant: &mut Ticks) {
    *instant = (*instant - 1).max(LONG_AGO);
}
