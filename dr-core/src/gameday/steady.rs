//! The steady state, verified at the ends of a story and sampled in its course.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::action::{Before, Context, History, for_verb};
use crate::model::{Check, Direction, Duration, Epoch, Estate, Mode, Percent, Verb};
use crate::port::{LeaseDeadline, Permit, Ports};

/// How long the steady state may take to settle.
pub(super) const SETTLING: Duration = Duration::from_mins(3);
/// How often it is looked at in the course of a story.
pub(super) const EVERY: Duration = Duration::from_mins(1);

/// The steady state before, during and after a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SteadyScore {
    /// What was read before the story: it does not begin where the estate is not healthy.
    pub before: String,
    /// Looks in the course of the story.
    pub looks: u32,
    /// For how much of the time between them it held.
    pub held: Percent,
    /// The stretches in which it did not, with what was read at the beginning of each.
    pub broken: Vec<Unsteady>,
    /// What was read after the story.
    pub after: String,
}

/// A stretch of time in which the steady state did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsteady {
    /// The first look at which it did not.
    pub from: Timestamp,
    /// The first at which it did again; `None` when there was none.
    pub until: Option<Timestamp>,
    /// What was read.
    pub because: String,
}

/// What the looks have shown so far.
#[derive(Debug, Default)]
pub(super) struct Track {
    looks: u32,
    since: Option<(Timestamp, bool)>,
    steady: Duration,
    total: Duration,
    broken: Vec<Unsteady>,
}

impl Track {
    /// Adds a look at `at`.
    pub(super) fn add(&mut self, at: Timestamp, look: &Result<String, String>) {
        self.looks += 1;
        self.pass(at);
        let open = self.broken.last_mut().filter(|last| last.until.is_none());
        match (look, open) {
            (Ok(_), Some(open)) => open.until = Some(at),
            (Err(because), None) => self.broken.push(Unsteady {
                from: at,
                until: None,
                because: because.clone(),
            }),
            _ => {}
        }
        self.since = Some((at, look.is_ok()));
    }

    /// Counts the time since the last look as what that showed.
    fn pass(&mut self, at: Timestamp) {
        if let Some((since, steady)) = self.since {
            let passed = Duration::between(since, at);
            self.total = self.total + passed;
            if steady {
                self.steady = self.steady + passed;
            }
        }
    }

    /// The score of a story that ended at `at`.
    pub(super) fn score(mut self, at: Timestamp, before: String, after: String) -> SteadyScore {
        self.pass(at);
        SteadyScore {
            before,
            looks: self.looks,
            held: if self.total == Duration::ZERO {
                Percent::of(1, 1)
            } else {
                Percent::of(self.steady.as_millis(), self.total.as_millis())
            },
            broken: self.broken,
            after,
        }
    }
}

/// Reads every probe as `verify: steady-state` does, again and again for at most `within`: what was found, or what does not hold.
pub(super) async fn verify(
    estate: &Estate,
    ports: &Ports,
    within: Duration,
) -> Result<String, String> {
    let verb = Verb::Verify(Check::SteadyState);
    let step = "verify-steady-state".parse().expect("a name");
    // The action itself finds out which of the two is primary.
    let direction = Direction {
        from: estate.sites[0].id.clone(),
        to: estate.sites[1].id.clone(),
    };
    // It only reads: the permit is over.
    let permit = Permit {
        run: "reader".parse().expect("a name"),
        step: "verify-steady-state".parse().expect("a name"),
        epoch: Epoch::default(),
        token: String::new(),
        deadline: LeaseDeadline::new(ports.clock.now()),
    };
    let context = Context {
        estate,
        direction: &direction,
        mode: Mode::Planned,
        step: &step,
        verb: &verb,
        timeout: within,
        ports,
        permit: &permit,
        history: &History::default(),
    };
    for_verb(&verb)
        .apply(&context, &Before::default())
        .await
        .map(|output| output.summary)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_two_looks_counts_as_what_the_first_of_them_showed() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let at = |mins| Duration::from_mins(mins).after(start);
        let mut track = Track::default();
        track.add(at(0), &Ok(String::new()));
        track.add(at(6), &Err("no client wrote".to_owned()));
        track.add(at(7), &Err("still".to_owned()));
        track.add(at(8), &Ok(String::new()));
        let score = track.score(at(10), String::new(), String::new());
        assert_eq!(score.held, Percent::of(8, 10));
        assert_eq!(score.looks, 4);
        assert_eq!(
            score.broken,
            [Unsteady {
                from: at(6),
                until: Some(at(8)),
                because: "no client wrote".to_owned()
            }]
        );
    }
}
