//! What one kind of run does: the list of steps that is left of a runbook.

use crate::config::{Problem, Span};
use crate::model::{
    Check, ComponentId, Direction, Estate, FenceTarget, Kind as ComponentKind, Mode, Verb,
};
use crate::runbook::{Only, Runbook, Step};

/// A kind of run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    /// Whether both sites are there to be asked.
    pub(super) mode: Mode,
    /// A rehearsal has steps of its own.
    pub(super) rehearsal: bool,
}

impl Kind {
    /// What to call such runs.
    pub(super) fn plural(self) -> &'static str {
        match (self.mode, self.rehearsal) {
            (Mode::Planned, false) => "planned runs",
            (Mode::Unplanned, false) => "unplanned runs",
            (Mode::Planned, true) => "planned rehearsals",
            (Mode::Unplanned, true) => "unplanned rehearsals",
        }
    }
}

/// A step with the number of its stage. Steps of one stage have no order among them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'a> {
    /// Counted from 0, over all stages of the document.
    pub(super) stage: usize,
    /// The step.
    pub(super) step: &'a Step,
}

/// The steps of one kind of run. Never empty.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) estate: &'a Estate,
    pub(super) kind: Kind,
    pub(super) steps: Vec<Placed<'a>>,
}

impl<'a> Path<'a> {
    /// One for each kind of run that does anything; rehearsals are told apart only where they have steps of their own.
    pub(super) fn all(runbook: &'a Runbook, estate: &'a Estate) -> Vec<Self> {
        let rehearsed = runbook.only == Some(Only::Gameday)
            || runbook.steps().any(|step| step.only == Some(Only::Gameday));
        let kinds = [Mode::Planned, Mode::Unplanned]
            .into_iter()
            .flat_map(|mode| [false, true].map(|rehearsal| Kind { mode, rehearsal }))
            .filter(|kind| rehearsed || !kind.rehearsal);
        kinds
            .map(|kind| Self::new(runbook, estate, kind))
            .filter(|path| !path.steps.is_empty())
            .collect()
    }

    fn new(runbook: &'a Runbook, estate: &'a Estate, kind: Kind) -> Self {
        let stages = runbook.stages.iter().enumerate();
        let steps = stages.flat_map(|(stage, written)| {
            written.steps.iter().map(move |step| Placed { stage, step })
        });
        Self {
            estate,
            kind,
            steps: steps
                .filter(|placed| runbook.does(placed.step, kind.mode, kind.rehearsal))
                .collect(),
        }
    }

    /// From the home primary to the home standby. A runbook names roles, so what holds for one direction holds for both, except
    /// of what stays at one site.
    pub(super) fn direction(&self) -> Direction {
        self.estate.outward()
    }

    /// The steps of which `wanted` holds.
    pub(super) fn steps(
        &self,
        wanted: impl Fn(&Verb) -> bool,
    ) -> impl Iterator<Item = &Placed<'a>> {
        self.steps
            .iter()
            .filter(move |placed| wanted(&placed.step.verb))
    }

    /// The promotions, each with its database.
    pub(super) fn promotions(&self) -> impl Iterator<Item = (&Placed<'a>, &'a ComponentId)> {
        self.steps
            .iter()
            .filter_map(|placed| match &placed.step.verb {
                Verb::Promote(component) => Some((placed, component)),
                _ => None,
            })
    }

    /// The stage of the first promotion: before it a run can turn back, after it not.
    pub(super) fn pivot(&self) -> Option<usize> {
        self.promotions().map(|(placed, _)| placed.stage).min()
    }

    /// The stage of the last promotion: after it every data set has its new primary.
    pub(super) fn last_promotion(&self) -> Option<usize> {
        self.promotions().map(|(placed, _)| placed.stage).max()
    }

    /// The last stage that sends clients to the new primary.
    pub(super) fn last_shift(&self) -> Option<usize> {
        self.steps(is_shift).map(|placed| placed.stage).max()
    }

    /// Whether a step of which `wanted` holds stands in a stage before `stage`.
    pub(super) fn has_before(&self, stage: usize, wanted: impl Fn(&Verb) -> bool) -> bool {
        self.steps(wanted).any(|placed| placed.stage < stage)
    }

    /// The names of the estate's components of a kind.
    pub(super) fn of_kind(&self, kind: ComponentKind) -> Vec<&'a ComponentId> {
        self.estate.of_kind(kind).map(|found| &found.id).collect()
    }
}

pub(super) fn is_shift(verb: &Verb) -> bool {
    matches!(verb, Verb::Shift(_))
}

/// Whether it makes sense after a promotion only. Where it stands before one, a rule of its own says so.
pub(super) fn belongs_after_promotion(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Shift(_)
            | Verb::Repoint(_)
            | Verb::Reprotect(_)
            | Verb::Demote(_)
            | Verb::Fence(FenceTarget::FormerPrimary)
    )
}

pub(super) fn is_fence(verb: &Verb) -> bool {
    matches!(verb, Verb::Fence(FenceTarget::Primary))
}

pub(super) fn is_caught_up(verb: &Verb) -> bool {
    matches!(verb, Verb::Verify(Check::CaughtUp))
}

pub(super) fn is_serving(verb: &Verb) -> bool {
    matches!(verb, Verb::Verify(Check::StandbyServing))
}

/// A problem with help.
pub(super) fn problem(
    code: &'static str,
    span: Span,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Problem {
    Problem::new(code, span, message).help(help)
}
