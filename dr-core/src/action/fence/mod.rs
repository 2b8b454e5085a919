//! `fence`: makes a site unable to accept writes, with evidence.

mod denials;
mod former;
mod lease;
mod primary;
mod site;

use async_trait::async_trait;

use super::calls::CallList;
use super::{Action, Before, Context, Observation, Output, StepError, Undo, UndoError};
use crate::adapter::technology::{self, LEASE_GRANT, LEASE_READ, LEASE_REVOKE, REACH};
use crate::model::{
    Direction, Duration, Estate, FenceTarget, Finding, Kind, Mode, Severity, Subject, Verb,
};
use crate::port::{CallSpec, Operation};

pub use lease::ends_for as lease_ends_for;
pub(super) use lease::{give_to as give_lease_to, is_with as lease_is_with};
pub(super) use site::refuses_writes;

/// Fences a site.
pub(super) struct Fence;

fn target(verb: &Verb) -> FenceTarget {
    match verb {
        Verb::Fence(target) => *target,
        _ => unreachable!("the registry pairs this action with `fence`"),
    }
}

#[async_trait]
impl Action for Fence {
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec> {
        let list = CallList::new(estate, direction, mode)
            .add_kinds(
                &[Kind::Database],
                &direction.from,
                &[Operation::Observe, Operation::Fence],
            )
            .add_kinds(
                &[Kind::Compute],
                &direction.from,
                &[Operation::Observe, Operation::Fence],
            );
        match target(verb) {
            FenceTarget::FormerPrimary if direction.to == estate.home().id => list.add_kinds(
                &[Kind::Traffic],
                &direction.from,
                &[Operation::Observe, Operation::ShiftHome],
            ),
            FenceTarget::FormerPrimary => list,
            FenceTarget::Primary => {
                let list = list
                    .add_kinds(&[Kind::Database], &direction.from, &[Operation::Unfence])
                    .add_kinds(&[Kind::Compute], &direction.from, &[Operation::Scale])
                    .lease(&[LEASE_READ, LEASE_REVOKE, LEASE_GRANT]);
                match mode {
                    Mode::Planned => list,
                    Mode::Unplanned => list.loose(REACH, &direction.from, false),
                }
            }
        }
        .done()
    }

    fn undoable(&self, verb: &Verb) -> Undo {
        match target(verb) {
            FenceTarget::Primary => Undo::Restores,
            FenceTarget::FormerPrimary => Undo::Impossible,
        }
    }

    fn expected(&self, estate: &Estate, _: &Direction, verb: &Verb) -> Duration {
        let slowest = |kind| {
            estate
                .of_kind(kind)
                .map(|c| technology::expected_for(c, Operation::Fence))
                .max()
                .unwrap_or(Duration::ZERO)
                .as_millis()
        };
        let applied = slowest(Kind::Database) + slowest(Kind::Compute);
        let waited = match (target(verb), estate.write_lease) {
            (FenceTarget::Primary, Some(lease)) => {
                primary::TRYING.as_millis() + lease.as_millis() + lease::SKEW.as_millis()
            }
            (FenceTarget::Primary, None) => {
                primary::TRYING.as_millis() + primary::BETWEEN_LOOKS.as_millis()
            }
            (FenceTarget::FormerPrimary, _) => 0,
        };
        Duration::from_millis(applied.max(waited))
    }

    async fn preflight(&self, cx: &Context<'_>) -> Vec<Finding> {
        if target(cx.verb) == FenceTarget::FormerPrimary {
            return Vec::new();
        }
        let subject = Subject::Site(cx.from().clone());
        let look = site::look(cx).await;
        match (cx.mode, look.unread().next()) {
            (Mode::Planned, Some((_, error))) => vec![Finding::blocking(
                "primary-unreachable",
                subject,
                format!("a switchover needs {} to answer: {error}", cx.from()),
                "if the site is lost, run `dr failover`",
            )],
            (Mode::Unplanned, _) if look.takes_writes() => vec![Finding::new(
                Severity::Notice,
                "primary-answers",
                subject,
                format!("{} answers and takes writes", cx.from()),
                "a switchover, `dr switchover`, would lose nothing",
            )],
            _ => Vec::new(),
        }
    }

    async fn observe(&self, cx: &Context<'_>) -> Observation {
        match target(cx.verb) {
            FenceTarget::Primary => primary::observe(cx).await,
            FenceTarget::FormerPrimary => former::observe(cx).await,
        }
    }

    async fn apply(&self, cx: &Context<'_>, _: &Before) -> Result<Output, StepError> {
        match target(cx.verb) {
            FenceTarget::Primary => primary::apply(cx).await,
            FenceTarget::FormerPrimary => former::apply(cx).await,
        }
    }

    async fn undo(&self, cx: &Context<'_>, before: &Before) -> Result<String, UndoError> {
        match target(cx.verb) {
            FenceTarget::Primary => primary::undo(cx, before).await,
            FenceTarget::FormerPrimary => Err(UndoError {
                message: "the fence of a former primary is not lifted: another site is primary"
                    .to_owned(),
                retryable: false,
            }),
        }
    }
}
