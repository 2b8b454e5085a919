//! What weakens everything that is said of a scan: when it was read, and of which direction it tells.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Direction, Estate, EstateScan, SiteScan};

/// A change of the day before is not in an older scan. Our own bound: `dr watch` looks every day at the least.
const OLD: SignedDuration = SignedDuration::from_hours(24);
/// What is changed on both sites by one rollout is changed within this. Our own bound.
const APART: SignedDuration = SignedDuration::from_hours(1);
/// Clocks that are set by NTP differ by less. Our own bound.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// What a reader of a report must know of the scan that it rests on: that it is old, of the future, of two different times, or tells
/// of another direction.
/// Sentences without a full stop. The same scan and the same `now` give the same.
pub(crate) fn caveats(
    estate: &Estate,
    direction: &Direction,
    scan: &EstateScan,
    now: Timestamp,
) -> Vec<String> {
    let by_age = |part: &&SiteScan| part.at;
    let oldest = scan.parts().min_by_key(by_age);
    let newest = scan.parts().max_by_key(by_age);
    let (Some(oldest), Some(newest)) = (oldest, newest) else {
        return Vec::new();
    };
    let read = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC");
    let mut caveats = Vec::new();
    if super::direction(estate, scan).is_some_and(|found| found != *direction) {
        caveats.push(format!(
            "the databases say that {to} takes the writes now: this is about the way back, from {from} to {to}, once {from} has them",
            from = direction.from,
            to = direction.to,
        ));
    }
    if now.duration_since(oldest.at) > OLD {
        caveats.push(format!(
            "{} was read at {}, more than a day ago: what changed since then is not in this report",
            oldest.site,
            read(oldest.at)
        ));
    }
    if newest.at.duration_since(now) > CLOCKS {
        caveats.push(format!(
            "{} was read at {}, in the future: a clock is wrong, here or where it was read",
            newest.site,
            read(newest.at)
        ));
    }
    if newest.at.duration_since(oldest.at) > APART {
        caveats.push(format!(
            "the sites were read more than an hour apart, {} at {} and {} at {}: what changed in between looks like a difference, or hides one",
            oldest.site,
            read(oldest.at),
            newest.site,
            read(newest.at)
        ));
    }
    caveats
}
