//! A fleet of servers or cluster nodes on one site.

use serde::{Deserialize, Serialize};

use crate::model::{Compute, ComputeState, Duration};
use crate::sim::random::Dice;
use crate::sim::time::SimTime;

/// How long a member that runs takes to pass its health checks: two in a row, 10 s apart.
const HEALTH_CHECKS: Duration = Duration::from_secs(20);

/// Members that were asked for, those that start included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Fleet {
    /// When each member runs; the earliest first.
    running_at: Vec<SimTime>,
    /// Members that the quota and the subnets allow.
    pub(in crate::sim) limit: u32,
    /// What readers of the interface still see for a while: eventual consistency.
    pub(in crate::sim) stale: Option<(SimTime, ComputeState)>,
    /// Whether the provider has no machine left: new members do not start.
    #[serde(default)]
    starved: bool,
}

impl Fleet {
    /// A fleet of `count` members that have been healthy for long.
    pub(super) fn new(settings: &Compute, count: u32) -> Self {
        let most = settings.capacity.count.max(settings.standby_count);
        Self {
            running_at: vec![SimTime::default(); count as usize],
            limit: most.saturating_mul(2).max(most.saturating_add(2)),
            stale: None,
            starved: false,
        }
    }

    /// Members wanted.
    pub(in crate::sim) fn desired(&self) -> u32 {
        u32::try_from(self.running_at.len()).unwrap_or(u32::MAX)
    }

    /// Members that answer their health check at `now`.
    pub(in crate::sim) fn healthy(&self, now: SimTime) -> u32 {
        self.count(|running_at| is_healthy(running_at, now))
    }

    fn count(&self, is: impl Fn(SimTime) -> bool) -> u32 {
        let count = self.running_at.iter().filter(|at| is(**at)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Before a change: whether readers see it late.
    pub(in crate::sim) fn remember(&mut self, now: SimTime, dice: &mut Dice) {
        self.stale = dice.seen_late(now).map(|until| (until, self.state(now)));
    }

    /// Starts or ends members until `count` are there; the instants at which the new ones will be healthy. A new member runs
    /// after 60 to 120 s. Those that are furthest from running are ended first.
    pub(in crate::sim) fn scale(
        &mut self,
        count: u32,
        now: SimTime,
        dice: &mut Dice,
    ) -> Vec<SimTime> {
        self.running_at.truncate(count as usize);
        let new = count.saturating_sub(self.desired());
        self.start(new, now, dice)
    }

    /// Starts as many of `count` members as there is room for, and lets the others wait for it.
    fn start(&mut self, count: u32, now: SimTime, dice: &mut Dice) -> Vec<SimTime> {
        let room = if self.starved {
            0
        } else {
            self.limit.saturating_sub(self.desired())
        };
        let able = count.min(room);
        let new: Vec<SimTime> = (0..able).map(|_| dice.soon(now, 60, 120)).collect();
        self.running_at.extend(&new);
        self.running_at
            .extend((able..count).map(|_| SimTime::never()));
        self.running_at.sort_unstable();
        new.into_iter().map(|at| at.plus(HEALTH_CHECKS)).collect()
    }

    /// The provider runs out of machines, or has some again: those that wait start then. When the new ones will be healthy.
    pub(in crate::sim) fn set_starved(
        &mut self,
        starved: bool,
        now: SimTime,
        dice: &mut Dice,
    ) -> Vec<SimTime> {
        self.starved = starved;
        self.restart(now, dice)
    }

    /// What the account allows from now on; members that wait for it start. When the new ones will be healthy.
    pub(in crate::sim) fn set_limit(
        &mut self,
        limit: u32,
        now: SimTime,
        dice: &mut Dice,
    ) -> Vec<SimTime> {
        self.limit = limit;
        self.restart(now, dice)
    }

    fn restart(&mut self, now: SimTime, dice: &mut Dice) -> Vec<SimTime> {
        let wanted = self.desired();
        self.running_at.retain(|at| *at != SimTime::never());
        let waiting = wanted - self.desired();
        self.start(waiting, now, dice)
    }

    /// What the interface tells of it.
    pub(in crate::sim) fn seen(&self, now: SimTime) -> ComputeState {
        match &self.stale {
            Some((until, state)) if now < *until => state.clone(),
            _ => self.state(now),
        }
    }

    /// What it is.
    pub(in crate::sim) fn state(&self, now: SimTime) -> ComputeState {
        ComputeState {
            desired: self.desired(),
            running: self.count(|running_at| running_at <= now),
            healthy: self.healthy(now),
            limit: self.limit,
            unproven: None,
        }
    }
}

fn is_healthy(running_at: SimTime, now: SimTime) -> bool {
    running_at == SimTime::default() || running_at.plus(HEALTH_CHECKS) <= now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Capacity;

    /// A fleet of three that has one member.
    fn one_of_three() -> Fleet {
        let settings = Compute {
            size: "t3.micro".to_owned(),
            capacity: Capacity {
                count: 3,
                minimum: 2,
            },
            standby_count: 1,
        };
        Fleet::new(&settings, 1)
    }

    #[test]
    fn new_members_run_after_one_to_two_minutes_and_are_healthy_twenty_seconds_later() {
        let mut fleet = one_of_three();
        let now = SimTime::of_second(1000);
        let healthy_at = fleet.scale(3, now, &mut Dice::new(1));
        assert_eq!(healthy_at.len(), 2);
        let at = |seconds| fleet.state(now.plus(Duration::from_secs(seconds)));
        assert_eq!((at(0).desired, at(0).running, at(0).healthy), (3, 1, 1));
        assert_eq!((at(59).running, at(79).healthy), (1, 1));
        assert_eq!((at(120).running, at(140).healthy), (3, 3));
        assert_eq!(fleet.scale(0, now, &mut Dice::new(1)), []);
        assert_eq!(fleet.state(now).healthy, 0);
    }

    #[test]
    fn members_that_find_no_capacity_start_once_there_is_some() {
        let mut fleet = one_of_three();
        let mut dice = Dice::new(1);
        let now = SimTime::of_second(1000);
        assert_eq!(fleet.set_starved(true, now, &mut dice), []);
        assert_eq!(fleet.scale(3, now, &mut dice), []);
        let later = now.plus(Duration::from_mins(600));
        assert_eq!((fleet.desired(), fleet.healthy(later)), (3, 1));
        assert_eq!(fleet.set_starved(false, later, &mut dice).len(), 2);
        assert_eq!(fleet.healthy(later.plus(Duration::from_secs(140))), 3);
    }

    #[test]
    fn members_that_the_quota_does_not_allow_start_once_it_is_raised() {
        let mut fleet = one_of_three();
        let mut dice = Dice::new(1);
        let now = SimTime::of_second(1000);
        assert_eq!(fleet.set_limit(2, now, &mut dice), []);
        assert_eq!(fleet.scale(3, now, &mut dice).len(), 1);
        let later = now.plus(Duration::from_mins(600));
        assert_eq!((fleet.desired(), fleet.healthy(later)), (3, 2));
        assert_eq!(fleet.set_limit(6, later, &mut dice).len(), 1);
        assert_eq!(fleet.healthy(later.plus(Duration::from_secs(140))), 3);
    }
}
