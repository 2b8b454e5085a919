//! A front door: the authoritative answer, the resolvers that cache it, and the clients behind them.

use serde::{Deserialize, Serialize};

use super::World;
use super::event::Event;
use crate::model::{Duration, TrafficMethod};
use crate::sim::Column;
use crate::sim::random::Dice;
use crate::sim::time::SimTime;

/// Resolvers through which the clients of a front door ask. Behind each is one client that writes once a second.
pub(in crate::sim) const RESOLVERS: u32 = 4;

/// A caching resolver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Resolver {
    /// What it answers.
    pub(in crate::sim) answer: Column,
    /// The second from which on it asks again.
    expires: u64,
    /// Whether it never asks again, as some do.
    pub(in crate::sim) ignores_ttl: bool,
}

impl Resolver {
    /// What it answers in `second`.
    pub(super) fn resolve(&mut self, second: u64, authoritative: Column, ttl_s: u64) -> Column {
        if second >= self.expires && !self.ignores_ttl {
            self.answer = authoritative;
            self.expires = second + ttl_s;
        }
        self.answer
    }
}

/// A name that clients use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct FrontDoor {
    /// How it is switched.
    pub(in crate::sim) method: TrafficMethod,
    /// How long a resolver may keep an answer, in seconds.
    pub(super) ttl_s: u64,
    /// What the authoritative name servers answer.
    pub(in crate::sim) answers: Column,
    /// What the switch asks for.
    pub(in crate::sim) switched_to: Column,
    /// What its health checks find of that: home, while they cannot read it.
    pub(in crate::sim) found: Column,
    /// Tells whether a change of the answer is that of the last switch.
    pub(in crate::sim) generation: u32,
    /// The resolvers.
    pub(in crate::sim) resolvers: Vec<Resolver>,
}

impl FrontDoor {
    /// A door that leads to column 0; its resolvers ask again one after another.
    pub(super) fn new(method: TrafficMethod, ttl: Duration) -> Self {
        let ttl_s = whole_seconds(ttl);
        Self {
            method,
            ttl_s,
            answers: 0,
            switched_to: 0,
            found: 0,
            generation: 0,
            resolvers: (0..RESOLVERS)
                .map(|index| Resolver {
                    answer: 0,
                    expires: u64::from(index) * ttl_s / u64::from(RESOLVERS),
                    ignores_ttl: false,
                })
                .collect(),
        }
    }

    /// Resolvers that ask from now on may keep an answer for so long.
    pub(super) fn set_ttl(&mut self, ttl: Duration) {
        self.ttl_s = whole_seconds(ttl);
    }

    /// Asks for `column`; the instant at which the authoritative answer follows.
    ///
    /// - Health switch: three failed checks, 30 s apart, the first of them due within 30 s (Route 53 developer guide,
    ///   "How Amazon Route 53 determines whether a health check is healthy": request interval 30 s, failure threshold 3).
    /// - Record edit: a change reaches all name servers within 60 s as a rule (Route 53 developer guide,
    ///   `ChangeResourceRecordSets`, status `INSYNC`).
    pub(in crate::sim) fn switch(
        &mut self,
        column: Column,
        now: SimTime,
        dice: &mut Dice,
    ) -> SimTime {
        self.switched_to = column;
        self.follow(column, now, dice)
    }

    /// Health checks or name servers find another site asked for; the instant at which the authoritative answer follows.
    fn follow(&mut self, column: Column, now: SimTime, dice: &mut Dice) -> SimTime {
        self.found = column;
        self.generation += 1;
        match self.method {
            TrafficMethod::HealthSwitch => dice.soon(now, 60, 90),
            TrafficMethod::RecordEdit => dice.soon(now, 10, 60),
        }
    }
}

/// A time to live is told in whole seconds, and here one at least.
fn whole_seconds(ttl: Duration) -> u64 {
    (ttl.as_millis() / 1000).max(1)
}

impl World {
    /// The region with the switch is lost or back. While nobody can read the switch the inverted check is healthy, and clients
    /// are sent home, whoever is primary (AWS blog, "Creating disaster recovery mechanisms using Amazon Route 53").
    pub(super) fn recheck_switches(&mut self) {
        let is_read = !self.regions[1].dark;
        for (id, door) in &mut self.doors {
            let asks = if is_read { door.switched_to } else { 0 };
            if door.method == TrafficMethod::RecordEdit || door.found == asks {
                continue;
            }
            let at = door.follow(asks, self.now, &mut self.dice);
            let event = Event::AnswerFollows {
                door: id.clone(),
                generation: door.generation,
            };
            self.queue.push(at, event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_keeps_its_answer_for_the_ttl_and_one_that_ignores_it_for_ever() {
        let mut door = FrontDoor::new(TrafficMethod::HealthSwitch, Duration::from_secs(60));
        let resolver = &mut door.resolvers[0];
        assert_eq!(resolver.resolve(0, 0, 60), 0);
        assert_eq!(resolver.resolve(59, 1, 60), 0);
        assert_eq!(resolver.resolve(60, 1, 60), 1);
        resolver.ignores_ttl = true;
        assert_eq!(resolver.resolve(100_000, 0, 60), 1);
    }
}
