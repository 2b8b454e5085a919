//! The gates before the pivot, as pure rules, and the questions that people are asked at a gate.

use jiff::Timestamp;

use crate::model::{
    ComponentId, DatabaseState, Duration, FenceEvidence, LossStatement, Mode, Position,
    Replication, SiteId, StepId,
};
use crate::port::{PortError, Question};

use super::StepError;

/// A measurement of the lag counts as it is up to this age plus the lag itself: CloudWatch publishes `ReplicaLag` once a
/// minute (RDS user guide, "USER_ReadRepl.Monitoring").
const FRESH: Duration = Duration::from_secs(60);

/// How many different people must pass a gate that guards data.
pub(super) const TWO_PEOPLE: u32 = 2;

/// A gate that `people` people can pass; with 0 only its cause can be mended.
pub(super) fn gate(step: &StepId, code: &str, people: u32, text: impl Into<String>) -> StepError {
    StepError::Gate(Question {
        step: step.clone(),
        code: code.to_owned(),
        text: text.into(),
        people,
    })
}

/// The gate at which a run waits for a site that is to be worked with after it has lost the role.
pub(super) fn site_gone(
    step: &StepId,
    from: &SiteId,
    to: &SiteId,
    undone: &str,
    error: &PortError,
) -> StepError {
    gate(
        step,
        "former-primary-unreachable",
        0,
        format!(
            "{from} does not answer: {error}. {to} serves. {undone}. When {from} answers again, go on with `dr run resume`"
        ),
    )
}

/// The gate at which a run home waits for a switch that cannot be read: it may still send clients to the site that they left.
pub(super) fn switch_unread(
    step: &StepId,
    from: &SiteId,
    to: &SiteId,
    door: &ComponentId,
) -> StepError {
    gate(
        step,
        "switch-unread",
        0,
        format!(
            "the switch of {door} cannot be read: clients are sent to {to} as long as health checkers cannot read it either, and to \
             {from} when they can, if it still stands. When object storage at {from} answers again, go on with `dr run resume`, \
             which takes it back"
        ),
    )
}

/// How far a replica is behind, as far as can be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lag {
    /// As measured.
    pub(super) measured: Duration,
    /// How old the measurement was.
    pub(super) age: Duration,
    /// What counts: an old measurement bounds nothing, so its age is added.
    pub(super) counts: Duration,
}

/// How far a replica was behind at `as_of`; `None` where it was not measured.
pub(super) fn lag(replication: Option<&Replication>, as_of: Timestamp) -> Option<Lag> {
    let replication = replication?;
    let age = Duration::between(replication.measured_at, as_of);
    let fresh_up_to = sum(FRESH, replication.lag);
    let counts = if replication.measured_at > as_of {
        // A lag goes on growing where nothing is written any more: what counts is how much was written until then.
        let missing = Duration::between(replication.last_applied_commit, as_of);
        missing.min(replication.lag)
    } else if age > fresh_up_to {
        sum(age, replication.lag)
    } else {
        replication.lag
    };
    Some(Lag {
        measured: replication.lag,
        age,
        counts,
    })
}

fn sum(a: Duration, b: Duration) -> Duration {
    Duration::from_millis(a.as_millis().saturating_add(b.as_millis()))
}

/// The instant up to which writes may have been acknowledged at the old primary: a proven fence ends it.
pub(super) fn writes_until(fence: Option<&FenceEvidence>, now: Timestamp) -> Timestamp {
    fence
        .filter(|evidence| evidence.level.allows_promotion())
        .map_or(now, |evidence| evidence.at.min(now))
}

/// What stands at the two gates of a promotion.
pub struct Promotion<'a> {
    /// The step that promotes.
    pub step: &'a StepId,
    /// Whether the site that loses the role must answer.
    pub mode: Mode,
    /// The site that loses the role.
    pub from: &'a SiteId,
    /// How much may be lost.
    pub rpo: Duration,
    /// The time now.
    pub now: Timestamp,
    /// The evidence of the fence of `from`.
    pub fence: Option<&'a FenceEvidence>,
    /// The replica that is to be promoted.
    pub replica: &'a DatabaseState,
    /// The old primary, where it was read.
    pub source: Option<&'a DatabaseState>,
    /// How many different people passed the gate of that code.
    pub passed_by: &'a (dyn Fn(&str) -> usize + Sync),
}

impl Promotion<'_> {
    /// Whether the promotion may go on: the fence first, then the loss.
    ///
    /// # Errors
    /// The gate that is shut, or what does not hold.
    pub fn check(&self) -> Result<(), StepError> {
        match self.mode {
            Mode::Planned => self.nothing_may_be_lost(),
            Mode::Unplanned => {
                self.fence_is_proven()?;
                self.loss_is_within_objective()
            }
        }
    }

    /// A switchover: fenced now, as read now, and the replica has everything. Nobody can waive this.
    fn nothing_may_be_lost(&self) -> Result<(), StepError> {
        let Some(source) = self.source else {
            return Err(gate(
                self.step,
                "fence-unproven",
                0,
                format!(
                    "a switchover needs {} to answer, and it does not",
                    self.from
                ),
            ));
        };
        let confirmed = self
            .fence
            .is_some_and(|evidence| evidence.level == crate::model::FenceLevel::Confirmed);
        if !confirmed || !source.fenced || source.writable {
            return Err(gate(
                self.step,
                "fence-unproven",
                0,
                format!(
                    "a switchover needs {} to refuse writes, confirmed by reading; run the fence again",
                    self.from
                ),
            ));
        }
        if self.replica.position.has_reached(&source.position) {
            Ok(())
        } else {
            Err(StepError::NotMet {
                code: "not-caught-up".to_owned(),
                message: format!(
                    "the replica is at position {}, the fenced primary at {}",
                    self.replica.position, source.position
                ),
            })
        }
    }

    fn fence_is_proven(&self) -> Result<(), StepError> {
        const CODE: &str = "fence-unproven";
        let proven = self
            .fence
            .is_some_and(|evidence| evidence.level.allows_promotion());
        if proven || self.is_waived(CODE) {
            return Ok(());
        }
        let (level, seen) = match self.fence {
            Some(evidence) => (evidence.level.to_string(), evidence.observations.join("; ")),
            None => (
                "unknown".to_owned(),
                "no fence was recorded in this run".to_owned(),
            ),
        };
        Err(gate(
            self.step,
            CODE,
            TWO_PEOPLE,
            format!(
                "the fence of {} is {level}: {seen}. If {} still takes writes, they are lost to the new primary. {}. Promote anyway?",
                self.from,
                self.from,
                self.bound()
            ),
        ))
    }

    fn loss_is_within_objective(&self) -> Result<(), StepError> {
        const CODE: &str = "lag-exceeds-rpo";
        if self.has_everything() {
            return Ok(());
        }
        let lag = self.lag();
        if lag.is_some_and(|lag| lag.counts <= self.rpo) || self.is_waived(CODE) {
            return Ok(());
        }
        let text = match lag {
            Some(lag) => format!(
                "the replica may be {} behind (measured {} behind, {} ago), the RPO is {}. {}. Promote anyway?",
                lag.counts,
                lag.measured,
                lag.age,
                self.rpo,
                self.bound()
            ),
            None => format!(
                "how far the replica is behind is unknown, the RPO is {}. {}. Promote anyway?",
                self.rpo,
                self.bound()
            ),
        };
        Err(gate(self.step, CODE, TWO_PEOPLE, text))
    }

    /// Nothing can be lost: the old primary was read, refuses writes, and the replica is where it is.
    fn has_everything(&self) -> bool {
        self.source.is_some_and(|source| {
            source.fenced && !source.writable && self.replica.position.has_reached(&source.position)
        })
    }

    fn lag(&self) -> Option<Lag> {
        lag(
            self.replica.replication.as_ref(),
            writes_until(self.fence, self.now),
        )
    }

    fn is_waived(&self, code: &str) -> bool {
        (self.passed_by)(code) >= TWO_PEOPLE as usize
    }

    /// The loss in words, as it would be now.
    fn bound(&self) -> String {
        let Some(replication) = &self.replica.replication else {
            return "The loss cannot be bounded".to_owned();
        };
        let until = writes_until(self.fence, self.now);
        let window = Duration::between(replication.last_applied_commit, until);
        let fewest = replication
            .source_position
            .and_then(|source| self.replica.position.misses(&source));
        match fewest {
            Some(fewest) => format!("Writes of the last {window} may be lost, {fewest} at least"),
            None => format!("Writes of the last {window} may be lost"),
        }
    }
}

/// What a promotion may have lost.
///
/// `replica` is what was promoted as last read before; `promoted` how far it was when it became the primary; `source` the
/// old primary, where it was read while it refused writes.
pub(super) fn loss(
    replica: &DatabaseState,
    promoted: Position,
    source: Option<Position>,
    fence: Option<&FenceEvidence>,
) -> Option<LossStatement> {
    let replication = replica.replication.as_ref()?;
    // A new primary counts writes on from where it took over. The other units go on in a history of its own, in which its
    // place says nothing about the old one: what the replica was last seen to have is claimed, and no more.
    let promoted = match promoted {
        Position::Writes(_) => promoted,
        Position::Wal { .. } | Position::Committed { .. } => replica.position,
    };
    Some(LossStatement {
        promoted_position: promoted,
        last_known_source: replication
            .source_position
            .map(|position| (position, replication.measured_at)),
        window_from: replication.last_applied_commit,
        window_until: fence
            .filter(|evidence| evidence.level.allows_promotion())
            .map(|evidence| evidence.at.max(replication.last_applied_commit)),
        exact: source.and_then(|source| promoted.misses(&source)),
    })
}

/// The same statement once the old primary's final position is known, and from when on it took no writes.
pub(super) fn settle(statement: &LossStatement, last: Position, at: Timestamp) -> LossStatement {
    LossStatement {
        last_known_source: Some((last, at)),
        window_until: Some(statement.window_until.unwrap_or(at)),
        exact: statement
            .promoted_position
            .misses(&last)
            .or(statement.exact),
        ..statement.clone()
    }
}

#[cfg(test)]
mod tests;
