//! A site's stack, by the `terraform` program.
//!
//! - The stack's own state tells for which role it was applied (its output `applied`), so that any machine knows.
//! - What is applied is exactly the plan that was read and judged. One that would destroy data, or make or unmake a replica, is
//!   never applied: promotions are made by runbooks (terraform-provider-aws issues 4419, 16054: one attribute promotes).
//! - Only the site's own state is touched: a backend other than the binding's is refused.
//! - Who applies is an [`Applier`]: Terraform itself, or a pipeline that owns that. All else is the same.

mod account;
mod adopt;
mod apply;
mod command;
mod files;
mod kept;
mod lock;
mod plan;
mod planning;
mod roles;
pub mod state;
#[cfg(test)]
mod tests;
pub(in crate::adapter) mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use crate::adapter::Here;
use crate::model::{ComponentId, Compute, Role, StackChanges, StackState, TerraformBinding};
use crate::port::{ErrorClass, Infrastructure, Narrator, Permit, PortError, PortResult};

pub use account::Account;
pub use apply::{Applier, Order};
pub(super) use command::Interrupt;

use apply::Directly;
use command::{Invocation, Program};
use files::Files;
use lock::Held;
use plan::{Changes, State};
use planning::Planned;
use roles::Roles;

/// Where a stack's files are on this machine.
#[derive(Debug, Clone)]
pub struct Folders {
    /// From where a relative directory of a binding counts: the estate's.
    pub estate: PathBuf,
    /// Where saved plans, states and the program's own files are kept.
    pub data: PathBuf,
}

/// The fleets whose sizes are variables of a stack: `<fleet>_count`.
pub type Fleets = BTreeMap<ComponentId, Compute>;

/// What an estate says of a stack, beside its binding.
pub struct Described {
    /// The fleets whose sizes are its variables.
    pub fleets: Fleets,
    /// The identifiers of the databases that are bound on its site: only what it says of these is adopted.
    pub databases: BTreeSet<String>,
}

/// The Terraform stack of one site.
pub struct TerraformStack {
    here: Here,
    binding: TerraformBinding,
    described: Described,
    account: Arc<dyn Account>,
    program: Arc<Program>,
    data: PathBuf,
    narrator: Arc<dyn Narrator>,
    applier: Arc<dyn Applier>,
    /// Whose lock was told of last.
    told_of: Mutex<Option<Held>>,
}

impl TerraformStack {
    /// The stack, applied by Terraform itself.
    pub fn new(
        here: Here,
        binding: TerraformBinding,
        described: Described,
        account: Arc<dyn Account>,
        folders: &Folders,
        narrator: Arc<dyn Narrator>,
    ) -> Self {
        let place = format!("{}-{}", here.component.id, here.site.id);
        let data = folders.data.join("terraform").join(place);
        let program = Arc::new(Program {
            directory: folders.estate.join(&binding.directory),
            data: data.join("data"),
            environment: environment(&here),
            account: account.clone(),
            clock: here.clock.clone(),
            narrator: narrator.clone(),
            place: here.to_string(),
        });
        let directly = Directly {
            here: here.clone(),
            program: program.clone(),
        };
        Self {
            here,
            binding,
            described,
            account,
            program,
            data,
            narrator,
            applier: Arc::new(directly),
            told_of: Mutex::default(),
        }
    }

    /// The same stack, applied by somebody else.
    #[must_use]
    pub fn applied_by(self, applier: Arc<dyn Applier>) -> Self {
        Self { applier, ..self }
    }

    fn error(&self, class: ErrorClass, operation: &str, message: impl Into<String>) -> PortError {
        let operation = format!("terraform:{operation}");
        self.here.error(class, operation, message)
    }

    /// Makes the working directory ready once, and proves that its backend is the binding's.
    async fn init(&self) -> PortResult<()> {
        kept::close(&self.data)
            .map_err(|cause| self.error(ErrorClass::Invalid, "init", cause.to_string()))?;
        let backend = self.program.data.join("terraform.tfstate");
        // The backend's file is there before the provider is: only what ended well counts, and for these providers only.
        let marker = self.program.data.join("dr-initialised");
        let providers = || std::fs::read(self.program.directory.join(".terraform.lock.hcl"));
        let is_ready = backend.exists()
            && std::fs::read(&marker).is_ok_and(|of| of == providers().unwrap_or_default());
        if !is_ready {
            std::fs::create_dir_all(&self.program.data)
                .map_err(|cause| self.error(ErrorClass::Invalid, "init", cause.to_string()))?;
            let init = Invocation::reading(&["init", "-input=false", "-no-color"]);
            let ended = self.program.run(init).await?;
            if !ended.success() {
                return Err(self.error(ErrorClass::Transient, "init", ended.complaint()));
            }
            std::fs::write(&marker, providers().unwrap_or_default())
                .map_err(|cause| self.error(ErrorClass::Invalid, "init", cause.to_string()))?;
        }
        let text = std::fs::read(&backend)
            .map_err(|cause| self.error(ErrorClass::Invalid, "init", cause.to_string()))?;
        let found = plan::backend(&text);
        let wanted = (&*self.binding.state_bucket, &*self.binding.state_key);
        match found {
            Some((bucket, key)) if (&*bucket, &*key) == wanted => Ok(()),
            Some((bucket, key)) => Err(self.error(
                ErrorClass::Invalid,
                "init",
                format!(
                    "the stack keeps its state in {bucket}/{key}, and the estate says {}/{}: it is not touched",
                    wanted.0, wanted.1
                ),
            )),
            None => Err(self.error(
                ErrorClass::Invalid,
                "init",
                "the stack has no S3 backend: its state would stay on this machine",
            )),
        }
    }

    /// The state as the backend has it.
    async fn state(&self) -> PortResult<State> {
        let pull = Invocation::reading(&["state", "pull"]);
        let ended = self.program.run(pull).await?;
        if !ended.success() {
            return Err(self.error(ErrorClass::Transient, "state", ended.complaint()));
        }
        State::read(&ended.output)
            .map_err(|why| self.error(ErrorClass::Invalid, "state", why.to_string()))
    }

    /// The variables of a role, with what the database is taken for.
    fn roles(&self, role: Role, database_role: &str) -> Roles {
        Roles::of(&self.described.fleets, role, database_role)
    }

    /// Judges a plan, and has it applied. It is kept under the run's name with its text and its variables, and what is kept is
    /// what is applied: it outlives this process.
    async fn apply_plan(
        &self,
        changes: &Changes,
        files: &Files,
        roles: &Roles,
        permit: &Permit,
    ) -> PortResult<()> {
        if let Some(danger) = changes.danger() {
            return Err(self.error(ErrorClass::Conflict, "apply", danger));
        }
        let folder = self.data.join("plans").join(permit.run.as_str());
        let place = |kind: &str| folder.join(format!("{}.{kind}", permit.step));
        let (plan, variables, text) = (place("tfplan"), place("tfvars.json"), place("txt"));
        let copy = |from: PathBuf, to: &Path| kept::keep(to, &std::fs::read(from)?);
        copy(files.plan(), &plan)
            .and_then(|()| copy(files.variables(), &variables))
            .and_then(|()| kept::keep(&text, changes.to_string().as_bytes()))
            .map_err(|cause| self.error(ErrorClass::Invalid, "apply", cause.to_string()))?;
        for line in changes.to_string().lines() {
            self.narrator.line(&self.here.to_string(), line);
        }
        let order = Order {
            component: &self.here.component.id,
            site: &self.here.site.id,
            role: roles.role(),
            variables: &roles.to_string(),
            variables_file: &variables,
            plan: &plan,
        };
        self.applier.apply(&order, permit).await
    }
}

/// What the program and its provider read from their environment, beside what they inherit.
fn environment(here: &Here) -> Vec<(String, String)> {
    let mut set = vec![
        ("CHECKPOINT_DISABLE".to_owned(), "1".to_owned()),
        ("TF_IN_AUTOMATION".to_owned(), "1".to_owned()),
        // Who reads the provider's calls in an audit log can tell them from dr's own.
        ("TF_APPEND_USER_AGENT".to_owned(), "dr-terraform".to_owned()),
    ];
    let access = &here.site.access;
    if let Some(endpoint) = &access.endpoint {
        set.push(("AWS_ENDPOINT_URL".to_owned(), endpoint.clone()));
    }
    if let Some(profile) = &access.profile {
        set.push(("AWS_PROFILE".to_owned(), profile.clone()));
    }
    set
}

#[async_trait]
impl Infrastructure for TerraformStack {
    async fn observe(&self, role: Role) -> PortResult<StackState> {
        self.init().await?;
        let state = self.state().await?;
        let applied = state.applied.clone().ok_or_else(|| {
            let message =
                "the state has no output `applied`: apply the stack once with this version of it";
            self.error(ErrorClass::Invalid, "state", message)
        })?;
        let roles = self.roles(role, &applied.database_role);
        let (locked_by, pending) = match self.look(&roles).await? {
            Planned::Locked(held) => {
                let holder = held.to_string_for(&self.binding);
                self.tell_of(held);
                (Some(holder), StackChanges::default())
            }
            Planned::Changes { changes, .. } => (None, changes.pending()),
        };
        Ok(StackState {
            applied_role: applied.role,
            locked_by,
            serial: state.serial,
            pending,
        })
    }

    async fn apply(&self, role: Role, permit: &Permit) -> PortResult<()> {
        self.init().await?;
        let database_role = self.state().await?.database_role();
        let roles = self.roles(role, &database_role);
        let planned = self.plan_to_apply(&roles).await?;
        self.carry_out(planned, &roles, permit).await
    }

    async fn adopt(&self, role: Role, permit: &Permit) -> PortResult<()> {
        self.init().await?;
        let database_role = match role {
            Role::Primary => "primary",
            Role::Standby => "replica",
        };
        let roles = self.roles(role, database_role);
        let mut planned = self.plan_to_apply(&roles).await?;
        if self.tell_what_is_there(&planned, permit).await? {
            planned = self.plan_to_apply(&roles).await?;
        }
        self.carry_out(planned, &roles, permit).await
    }
}

impl TerraformStack {
    /// Applies what was planned with those variables; then the variable file says so too.
    async fn carry_out(&self, planned: Planned, roles: &Roles, permit: &Permit) -> PortResult<()> {
        let (changes, files) = match planned {
            Planned::Locked(held) => {
                let message = held.to_string_for(&self.binding);
                return Err(self.error(ErrorClass::Conflict, "apply", message));
            }
            Planned::Changes { changes, files } => (changes, files),
        };
        if !changes.0.is_empty() {
            self.apply_plan(&changes, &files, roles, permit).await?;
        }
        let file = self.program.directory.join(&self.binding.roles);
        roles
            .merge_into(&file)
            .map_err(|cause| self.error(ErrorClass::Invalid, "apply", cause.to_string()))
    }
}
