//! Makes a plan of a stack, in files of its own, and tells who is in the way.

use std::path::Path;
use std::sync::PoisonError;

use super::TerraformStack;
use super::command::Invocation;
use super::files::Files;
use super::lock::{self, Held};
use super::plan::Changes;
use super::roles::Roles;
use crate::port::{ErrorClass, PortResult};

/// How long a state's lock is waited for before it is told who holds it.
const BRIEF: &str = "-lock-timeout=5s";
/// How long somebody else's work on the state is waited for then, before the step is tried again.
pub(super) const PATIENT: &str = "-lock-timeout=60s";

/// What a plan came to.
pub(super) enum Planned {
    /// Somebody holds the state's lock.
    Locked(Held),
    /// What would change; nothing where the plan is empty.
    Changes { changes: Changes, files: Files },
}

impl TerraformStack {
    /// Looks at what would change. Somebody else who looks is not in the way.
    pub(super) async fn look(&self, roles: &Roles) -> PortResult<Planned> {
        match self.plan(roles, BRIEF).await? {
            Planned::Locked(held) if held.is_a_look() => self.plan(roles, "-lock=false").await,
            planned => Ok(planned),
        }
    }

    /// Says once who holds the state's lock, so that a person who knows that he is dead need not wait.
    pub(super) fn tell_of(&self, held: Held) {
        let mut told = self.told_of.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_ref() != Some(&held) {
            let line = held.line_for(&self.binding);
            self.narrator.line(&self.here.to_string(), &line);
            *told = Some(held);
        }
    }

    /// Plans what is to be applied. Somebody else who works on the state is told at once, and then waited for.
    pub(super) async fn plan_to_apply(&self, roles: &Roles) -> PortResult<Planned> {
        match self.plan(roles, BRIEF).await? {
            Planned::Locked(held) => {
                self.tell_of(held);
                self.plan(roles, PATIENT).await
            }
            planned => Ok(planned),
        }
    }

    /// Plans the stack with those variables, in files of its own.
    pub(super) async fn plan(&self, roles: &Roles, lock: &str) -> PortResult<Planned> {
        let files = Files::below(&self.data.join("planning"))
            .and_then(|files| roles.write_whole(&files.variables()).map(|()| files))
            .map_err(|cause| self.error(ErrorClass::Invalid, "plan", cause.to_string()))?;
        let invocation = Invocation::reading(&[
            "plan",
            "-input=false",
            "-no-color",
            "-detailed-exitcode",
            lock,
        ])
        .with(format!("-var-file={}", files.variables().display()))
        .with(format!("-out={}", files.plan().display()));
        let ended = self.program.run(invocation).await?;
        match ended.status {
            0 | 2 => {}
            _ => {
                if let Some(held) = lock::held(&ended.errors) {
                    return Ok(Planned::Locked(held));
                }
                return Err(self.error(ErrorClass::Transient, "plan", ended.complaint()));
            }
        }
        let changes = if ended.status == 0 {
            Changes::default()
        } else {
            self.show(&files.plan()).await?
        };
        Ok(Planned::Changes { changes, files })
    }

    /// What a saved plan would change. To show it starts the provider again, for its schema: seconds.
    async fn show(&self, plan: &Path) -> PortResult<Changes> {
        let show =
            Invocation::reading(&["show", "-json", "-no-color"]).with(plan.display().to_string());
        let shown = self.program.run(show).await?;
        if !shown.success() {
            return Err(self.error(ErrorClass::Transient, "show", shown.complaint()));
        }
        Changes::read(&shown.output)
            .map_err(|why| self.error(ErrorClass::Invalid, "show", why.to_string()))
    }
}
