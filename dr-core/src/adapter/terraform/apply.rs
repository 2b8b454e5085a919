//! Who applies a plan.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::command::{Invocation, Program};
use super::lock;
use crate::adapter::Here;
use crate::model::{ComponentId, Role, SiteId};
use crate::port::{ErrorClass, Permit, PortResult};

/// What is to be applied. Its plan was made on this machine, and judged: it changes something and destroys no data.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The stack.
    pub component: &'a ComponentId,
    /// Its site.
    pub site: &'a SiteId,
    /// The role that the site is to have.
    pub role: Role,
    /// The variables that `dr` owns, as JSON on one line.
    pub variables: &'a str,
    /// A file that holds them.
    pub variables_file: &'a Path,
    /// The saved plan.
    pub plan: &'a Path,
}

impl Order<'_> {
    /// The name of this order: the same for every attempt of a step, another for another site, role or other variables. 32
    /// hexadecimal digits.
    pub fn request(&self, permit: &Permit) -> String {
        let Self {
            component,
            site,
            role,
            variables,
            ..
        } = self;
        let token = &permit.token;
        let digest = Sha256::digest(format!("{token}/{component}/{site}/{role}/{variables}"));
        let digits = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
        digits.collect()
    }
}

/// Who applies what `dr` planned and judged: Terraform itself, or a pipeline that owns that.
#[async_trait]
pub trait Applier: Send + Sync {
    /// Applies it, and returns when that is over. Asked again with the same [`Order::request`], it goes on with what it began
    /// and begins nothing twice.
    ///
    /// # Errors
    /// [`ErrorClass::Indeterminate`] while it may still take effect; another class when it will not by itself, or when only a
    /// person can tell.
    async fn apply(&self, order: &Order<'_>, permit: &Permit) -> PortResult<()>;
}

/// Terraform applies exactly the saved plan.
pub(super) struct Directly {
    pub(super) here: Here,
    pub(super) program: Arc<Program>,
}

#[async_trait]
impl Applier for Directly {
    async fn apply(&self, order: &Order<'_>, permit: &Permit) -> PortResult<()> {
        let invocation = Invocation::changing(
            &["apply", "-input=false", "-no-color", "-lock-timeout=5s"],
            permit,
        )
        .with(order.plan.display().to_string());
        let ended = self.program.run(invocation).await?;
        if ended.success() {
            return Ok(());
        }
        let class = if lock::held(&ended.errors).is_some() || ended.errors.contains("is stale") {
            // The plan was not begun: somebody else works on the state, or has since it was made.
            ErrorClass::Transient
        } else {
            ErrorClass::Indeterminate
        };
        Err(self.here.error(class, "terraform:apply", ended.complaint()))
    }
}
