//! Readings besides the grid, each bounded in time; what fails is a gap.

use std::pin::pin;

use dr_core::discover::READ_TIMEOUT;
use dr_core::model::{RunId, SiteId};
use dr_core::port::{Clock, PortResult};
use dr_core::status::Unread;
use futures_util::future::{Either, select};

use crate::error::Error;

/// How many runs of one store are read, the newest ones. Those that are not over are among them: a new run is refused before
/// they are.
pub(super) const NEWEST: usize = 10;

/// Waits for one reading, at most as long as for a component of the grid.
pub(super) async fn bounded<T>(
    clock: &dyn Clock,
    what: &str,
    site: Option<&SiteId>,
    read: impl Future<Output = PortResult<T>>,
) -> Result<T, Unread> {
    let reason = match select(pin!(read), clock.sleep(READ_TIMEOUT)).await {
        Either::Left((Ok(found), _)) => return Ok(found),
        Either::Left((Err(error), _)) => error.to_string(),
        Either::Right(_) => format!("no answer within {READ_TIMEOUT}"),
    };
    Err(gap(what, site, reason))
}

/// What could not be read.
pub(super) fn gap(what: &str, site: Option<&SiteId>, reason: String) -> Unread {
    Unread {
        what: what.to_owned(),
        site: site.cloned(),
        component: None,
        reason,
    }
}

/// An error of this program as a reason.
pub(super) fn reason(error: &Error) -> String {
    let mut text = error.message.clone();
    for cause in &error.causes {
        text.push_str(": ");
        text.push_str(cause);
    }
    text
}

/// The newest runs of a store, by the instant in their names; a name without one counts as new.
pub(super) fn newest(mut runs: Vec<RunId>) -> Vec<RunId> {
    runs.sort_by_cached_key(|run| std::cmp::Reverse(begun(run.as_str())));
    runs.truncate(NEWEST);
    runs
}

/// The instant in a run's name, `failover-20260101-000030-1f0c`: `(false, "20260101000030")`.
fn begun(run: &str) -> (bool, String) {
    let mut parts = run.rsplit('-').skip(1);
    let (time, day) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let digits =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(day, 8) && digits(time, 6) {
        (false, format!("{day}{time}"))
    } else {
        (true, run.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_runs_are_read_whatever_their_runbooks_are_called() {
        let mut runs: Vec<RunId> = (0..20)
            .map(|day| format!("failover-202601{:02}-000000-abcd", day + 1))
            .chain(["failback-20260131-235959-0000".to_owned()])
            .chain(["zz-top-20250101-000000-ffff".to_owned()])
            .map(|name| name.parse().unwrap())
            .collect();
        let kept = newest(runs.clone());
        assert_eq!(kept.len(), NEWEST);
        assert_eq!(kept[0].as_str(), "failback-20260131-235959-0000");
        assert_eq!(kept[1].as_str(), "failover-20260120-000000-abcd");
        runs.push("named-by-hand".parse().unwrap());
        assert_eq!(newest(runs)[0].as_str(), "named-by-hand");
    }
}
