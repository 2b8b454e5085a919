//! One file a verb: what a step does, how it is read back, how it is undone.
//!
//! The contract of every action, proven by one suite over all of them (`tests/tests/action_contract/`):
//!
//! 1. [`Action::calls`] lists every call that it may make.
//! 2. [`Action::preflight`] and [`Action::observe`] change nothing.
//! 3. [`Action::apply`] is idempotent and safe after a crash at any point: it reads, acts only where needed, and returns
//!    when the effect was read back.
//! 4. [`Action::undo`] is idempotent and restores what [`Before`] says.
//! 5. An action keeps nothing in memory, knows time only from [`crate::port::Clock`], and learns what earlier steps found only
//!    from [`Context::history`].

mod activate;
mod approve;
mod calls;
mod converge;
mod demote;
mod exec;
mod fence;
mod gate;
mod notify;
mod outcome;
mod poll;
mod promote;
mod provision;
mod read;
mod ready;
mod repoint;
mod reprotect;
mod shift;
mod verify;
mod wait;

use async_trait::async_trait;

pub(crate) use shift::front_door_findings;

pub use fence::lease_ends_for;
pub use gate::Promotion;
pub use outcome::{Before, Detail, History, Observation, Output, StepError, UndoError};

use crate::model::{ComponentId, Direction, Duration, Estate, Finding, Mode, SiteId, StepId, Verb};
use crate::port::{CallSpec, Permit, Ports};

/// What an action is given: all of it recorded or read, nothing remembered.
pub struct Context<'a> {
    /// The estate of the plan.
    pub estate: &'a Estate,
    /// Which way the primary role moves.
    pub direction: &'a Direction,
    /// Whether both sites are there to be asked.
    pub mode: Mode,
    /// The step.
    pub step: &'a StepId,
    /// What it asks for.
    pub verb: &'a Verb,
    /// How long it may take, reading back included. The host ends it then.
    pub timeout: Duration,
    /// The world.
    pub ports: &'a Ports,
    /// The right to change it.
    pub permit: &'a Permit,
    /// What earlier steps of this run recorded.
    pub history: &'a History,
}

impl Context<'_> {
    /// The site that loses the primary role.
    pub fn from(&self) -> &SiteId {
        &self.direction.from
    }

    /// The site that takes it.
    pub fn to(&self) -> &SiteId {
        &self.direction.to
    }
}

/// Whether and how a step can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// It changed nothing.
    NothingToUndo,
    /// [`Action::undo`] restores what was before.
    Restores,
    /// It cannot be undone: it must stand at or after the pivot.
    Impossible,
}

/// The code behind a verb.
#[async_trait]
pub trait Action: Send + Sync {
    /// Every call that it may make for this verb, for the lint, the dry run and the access policy. Pure.
    fn calls(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        verb: &Verb,
    ) -> Vec<CallSpec>;

    /// Whether and how it can be taken back. Pure.
    fn undoable(&self, verb: &Verb) -> Undo;

    /// How long it is expected to take, from published figures. Pure.
    fn expected(&self, estate: &Estate, direction: &Direction, verb: &Verb) -> Duration;

    /// What already speaks against it, before the run starts. Reads only.
    async fn preflight(&self, cx: &Context<'_>) -> Vec<Finding>;

    /// Whether it is done. Reads only; always called first, and again after any doubt.
    async fn observe(&self, cx: &Context<'_>) -> Observation;

    /// Does it, reads it back, says what came of it. `before` is what was recorded when the step was first started.
    ///
    /// # Errors
    /// A [`StepError`]; [`StepError::is_doubt`] tells whether the world may have changed.
    async fn apply(&self, cx: &Context<'_>, before: &Before) -> Result<Output, StepError>;

    /// Takes it back to `before`; a sentence that says what was done.
    ///
    /// # Errors
    /// An [`UndoError`]: a person must repair what is left.
    async fn undo(&self, cx: &Context<'_>, before: &Before) -> Result<String, UndoError>;
}

/// The registry: the action behind a verb.
pub fn for_verb(verb: &Verb) -> &'static dyn Action {
    match verb {
        Verb::Verify(_) => &verify::Verify,
        Verb::Approve { .. } => &approve::Approve,
        Verb::Fence(_) => &fence::Fence,
        Verb::Provision(_) => &provision::Provision,
        Verb::Activate(_) => &activate::Activate,
        Verb::Promote(_) => &promote::Promote,
        Verb::Shift(_) => &shift::Shift,
        Verb::Repoint(_) => &repoint::Repoint,
        Verb::Reprotect(_) => &reprotect::Reprotect,
        Verb::Demote(_) => &demote::Demote,
        Verb::Converge(_) => &converge::Converge,
        Verb::Wait(_) => &wait::Wait,
        Verb::Notify(_) => &notify::Notify,
        Verb::Exec(_) => &exec::Exec,
    }
}

/// The component that a verb is about, for the actions of verbs that are about one.
fn subject(verb: &Verb) -> &ComponentId {
    verb.component()
        .expect("the registry pairs such an action only with a verb that names a component")
}
