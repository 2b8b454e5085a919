//! State surgery: the state is told what was renamed and rebuilt without it.
//!
//! Terraform follows a database by its resource id. When the old primary was renamed and a replica took its name, a plan
//! would rename the old one back and make it the replica; so the address is removed from the state and the instance with the
//! wanted name imported (tried out: `terraform/README.md`).

use super::command::Invocation;
use super::{Planned, TerraformStack};
use crate::port::{ErrorClass, Permit, PortResult};

impl TerraformStack {
    /// Makes the state name the instances that have the wanted names, by what the plan would do to others in their place. The
    /// state before is kept. Whether there was something to tell: then the plan is no longer true.
    pub(super) async fn tell_what_is_there(
        &self,
        planned: &Planned,
        permit: &Permit,
    ) -> PortResult<bool> {
        let Planned::Changes { changes, .. } = planned else {
            return Ok(false);
        };
        let mut is_kept = false;
        for change in &changes.0 {
            let Some(wanted) = change.wants_database() else {
                continue;
            };
            if !is_kept {
                self.keep_state(permit).await?;
                is_kept = true;
            }
            if change.is_known() {
                self.forget(&change.address, permit).await?;
            }
            self.import(&change.address, wanted, permit).await?;
        }
        Ok(is_kept)
    }

    /// Saves the state as it is, before it is changed by hand.
    async fn keep_state(&self, permit: &Permit) -> PortResult<()> {
        let ended = self
            .program
            .run(Invocation::reading(&["state", "pull"]))
            .await?;
        if !ended.success() {
            return Err(self.error(ErrorClass::Transient, "state", ended.complaint()));
        }
        let kept = self.data.join("states").join(permit.run.as_str());
        let file = kept.join(format!("{}.tfstate", permit.step));
        std::fs::create_dir_all(&kept)
            .and_then(|()| {
                if file.exists() {
                    Ok(())
                } else {
                    std::fs::write(&file, &ended.output)
                }
            })
            .map_err(|cause| self.error(ErrorClass::Invalid, "adopt", cause.to_string()))
    }

    async fn forget(&self, address: &str, permit: &Permit) -> PortResult<()> {
        let invocation = Invocation::changing(&["state", "rm", "-lock-timeout=5s"], permit)
            .with(address.to_owned());
        let ended = self.program.run(invocation).await?;
        if ended.success() {
            Ok(())
        } else {
            Err(self.error(ErrorClass::Indeterminate, "state rm", ended.complaint()))
        }
    }

    async fn import(&self, address: &str, id: &str, permit: &Permit) -> PortResult<()> {
        let variables = self.variables_file();
        let invocation = Invocation::changing(
            &["import", "-input=false", "-no-color", "-lock-timeout=5s"],
            permit,
        )
        .with(format!("-var-file={}", variables.display()))
        .with(address.to_owned())
        .with(id.to_owned());
        let ended = self.program.run(invocation).await?;
        if ended.success() {
            return Ok(());
        }
        let class = if ended.errors.contains("non-existent") {
            ErrorClass::NotFound
        } else {
            ErrorClass::Indeterminate
        };
        Err(self.error(class, "import", ended.complaint()))
    }
}
