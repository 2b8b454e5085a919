//! What the clients experienced, second by second, kept as runs of equal seconds.

use serde::{Deserialize, Serialize};

use crate::model::{ClientView, Duration, Outage, SiteId};
use crate::sim::Column;
use crate::sim::time::SimTime;

/// Equal seconds in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    /// The first.
    second: u64,
    /// How many.
    seconds: u64,
    /// Writes tried in each.
    tried: u64,
    /// Writes acknowledged in each.
    acknowledged: u64,
}

/// A stretch of seconds in which less than half of the writes were acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Down {
    from: u64,
    until: Option<u64>,
}

impl Down {
    fn outage(self) -> Outage {
        Outage {
            from: SimTime::of_second(self.from).timestamp(),
            until: self
                .until
                .map(|second| SimTime::of_second(second).timestamp()),
        }
    }
}

/// How the service changed for its clients in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// An outage began.
    Down,
    /// It ended, after so many seconds.
    Up(u64),
}

/// The clients' own record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Record {
    runs: Vec<Run>,
    downs: Vec<Down>,
    /// The second in which each site last acknowledged a write.
    last_served: [Option<u64>; 2],
    /// Writes tried since the start.
    pub(in crate::sim) tried: u64,
    /// Writes acknowledged since the start.
    pub(in crate::sim) acknowledged: u64,
}

impl Record {
    /// Writes down one second; tells when an outage begins or ends.
    pub(super) fn second(&mut self, second: u64, tried: u64, by: [u64; 2]) -> Option<Turn> {
        let acknowledged = by[0] + by[1];
        self.tried += tried;
        self.acknowledged += acknowledged;
        for (last, count) in self.last_served.iter_mut().zip(by) {
            if count > 0 {
                *last = Some(second);
            }
        }
        match self.runs.last_mut() {
            Some(run) if run.tried == tried && run.acknowledged == acknowledged => run.seconds += 1,
            _ => self.runs.push(Run {
                second,
                seconds: 1,
                tried,
                acknowledged,
            }),
        }
        let down = acknowledged * 2 < tried;
        match self.downs.last_mut() {
            Some(last) if last.until.is_none() => {
                if down {
                    return None;
                }
                last.until = Some(second);
                Some(Turn::Up(second - last.from))
            }
            _ if down => {
                self.downs.push(Down {
                    from: second,
                    until: None,
                });
                Some(Turn::Down)
            }
            _ => None,
        }
    }

    /// Every outage, the oldest first.
    pub(in crate::sim) fn outages(&self) -> Vec<Outage> {
        self.downs.iter().map(|down| down.outage()).collect()
    }

    /// What was experienced during the last `over`.
    pub(in crate::sim) fn view(
        &self,
        now: SimTime,
        over: Duration,
        sites: [&SiteId; 2],
    ) -> ClientView {
        let first = (now.second() + 1).saturating_sub(over.as_millis() / 1000);
        let (mut tried, mut acknowledged) = (0, 0);
        for run in self.runs.iter().rev() {
            let end = run.second + run.seconds;
            if end <= first {
                break;
            }
            let seconds = end - run.second.max(first);
            tried += seconds * run.tried;
            acknowledged += seconds * run.acknowledged;
        }
        let recent = |column: Column| {
            self.last_served[column].is_some_and(|second| second + 60 > now.second())
        };
        ClientView {
            at: now.timestamp(),
            tried,
            acknowledged,
            outage: self
                .downs
                .last()
                .filter(|down| down.until.is_none_or(|until| until > first))
                .map(|down| down.outage()),
            served_by: [0, 1]
                .into_iter()
                .filter(|column| recent(*column))
                .map(|column| sites[column].clone())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_counts_the_seconds_looked_back_over_and_no_others() {
        let sites: [SiteId; 2] = ["ohio".parse().unwrap(), "california".parse().unwrap()];
        let mut record = Record::default();
        let mut turns = Vec::new();
        for second in 1..=100 {
            let by = if (41..=60).contains(&second) {
                [1, 0]
            } else {
                [4, 0]
            };
            turns.extend(record.second(second, 4, by));
        }
        assert_eq!(turns, [Turn::Down, Turn::Up(20)]);
        let now = SimTime::of_second(100);
        let view = |over| record.view(now, Duration::from_secs(over), [&sites[0], &sites[1]]);
        assert_eq!((view(40).tried, view(40).acknowledged), (160, 160));
        assert_eq!((view(50).tried, view(50).acknowledged), (200, 170));
        assert_eq!(view(40).outage, None, "it ended before");
        let outage = view(41).outage.expect("its last second is looked at");
        assert_eq!(outage.from, SimTime::of_second(41).timestamp());
        assert_eq!(outage.until, Some(SimTime::of_second(61).timestamp()));
        assert_eq!(view(60).served_by, [sites[0].clone()]);
    }
}
