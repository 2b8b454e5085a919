//! The application's write lease: it ends by itself at a primary that cannot be reached.

use jiff::Timestamp;

use crate::action::Context;
use crate::action::StepError;
use crate::action::poll::{Poll, tolerate};
use crate::model::{Duration, LeaseState, SiteId};
use crate::port::retry::{self, Patience};
use crate::port::{ErrorClass, PortResult, WriteLease};

/// How far the clocks of two sites may differ. A lease of another site is over only this long after it has run out.
pub(super) const SKEW: Duration = Duration::from_secs(5);

/// The lease, where the estate has one and it is wired.
pub(super) fn port<'a>(cx: &Context<'a>) -> Option<&'a dyn WriteLease> {
    cx.estate.write_lease?;
    cx.ports.write_lease.as_deref()
}

pub(super) async fn read(cx: &Context<'_>, port: &dyn WriteLease) -> PortResult<LeaseState> {
    retry::read(cx.clock(), Patience::STEADY, || port.observe()).await
}

/// From when on `site` cannot hold the write lease any more, if that is settled: nothing renews it, and it runs out. Five seconds
/// later than it says, as the clocks of two sites may differ.
pub fn ends_for(lease: &LeaseState, site: &SiteId, now: Timestamp) -> Option<Timestamp> {
    if lease.holder != *site {
        Some(now)
    } else if lease.renewable {
        None
    } else {
        Some(SKEW.after(lease.expires_at))
    }
}

/// Grants the site that loses the role no more renewals.
pub(super) async fn revoke(cx: &Context<'_>, port: &dyn WriteLease) -> PortResult<()> {
    let lease = read(cx, port).await?;
    if lease.holder == *cx.from() && lease.renewable {
        port.revoke(cx.from(), cx.permit).await?;
    }
    Ok(())
}

/// Waits until the site that loses the role cannot hold the lease any more; the instant from which on it does not.
///
/// # Errors
/// What kept it from being revoked or read in time.
pub(super) async fn outlast(
    cx: &Context<'_>,
    port: &dyn WriteLease,
) -> Result<Timestamp, StepError> {
    let poll = Poll::of(cx);
    loop {
        if let Some(lease) = tolerate(read(cx, port).await)? {
            let now = cx.clock().now();
            match ends_for(&lease, cx.from(), now) {
                Some(end) if end <= now => return Ok(end),
                Some(_) => {}
                None => {
                    tolerate(port.revoke(cx.from(), cx.permit).await)?;
                }
            }
        }
        poll.pause().await?;
    }
}

/// Whether `site` holds the lease and may renew it; true where the estate has none.
pub(in crate::action) async fn is_with(cx: &Context<'_>, site: &SiteId) -> PortResult<bool> {
    match port(cx) {
        None => Ok(true),
        Some(port) => {
            let lease = read(cx, port).await?;
            Ok(lease.holder == *site && lease.renewable)
        }
    }
}

/// Gives the lease to `site` and reads that back. Waits until another's has run out.
///
/// # Errors
/// What kept it from being given or read in time.
pub(in crate::action) async fn give_to(cx: &Context<'_>, site: &SiteId) -> Result<(), StepError> {
    let Some(port) = port(cx) else {
        return Ok(());
    };
    let held = |lease: &LeaseState| lease.holder == *site && lease.renewable;
    let poll = Poll::of(cx);
    loop {
        if let Some(lease) = tolerate(read(cx, port).await)? {
            if held(&lease) {
                return Ok(());
            }
            if lease.holder != *site && lease.renewable && site == cx.to() {
                tolerate(port.revoke(&lease.holder, cx.permit).await)?;
            }
            match port.grant(site, cx.permit).await {
                // It is another's until it has run out.
                Err(error) if error.class == ErrorClass::Conflict => {}
                result => {
                    tolerate(result)?;
                }
            }
            if tolerate(read(cx, port).await)?.as_ref().is_some_and(held) {
                return Ok(());
            }
        }
        poll.pause().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_over_only_when_it_is_by_any_clock() {
        let at = |second| Timestamp::from_second(second).expect("a time in this century");
        let (ohio, california): (SiteId, SiteId) = (
            "ohio".parse().expect("a name"),
            "california".parse().expect("a name"),
        );
        let mut lease = LeaseState {
            holder: ohio.clone(),
            renewable: false,
            expires_at: at(100),
        };
        // The holder's clock may be behind: it writes for as much longer.
        assert_eq!(ends_for(&lease, &ohio, at(90)), Some(SKEW.after(at(100))));
        assert_eq!(ends_for(&lease, &california, at(90)), Some(at(90)));
        lease.renewable = true;
        for now in [90, 101, 1000] {
            assert_eq!(ends_for(&lease, &ohio, at(now)), None, "{now}");
        }
    }
}
