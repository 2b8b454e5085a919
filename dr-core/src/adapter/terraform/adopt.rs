//! State surgery: the state is told what was renamed and rebuilt without it.
//!
//! Terraform follows a database by its resource id. When the old primary was renamed and a replica took its name, a plan
//! would rename the old one back and make it the replica; so the address is removed from the state and the instance with the
//! wanted name imported (tried out: `terraform/README.md`).

use std::collections::BTreeMap;
use std::path::Path;

use super::command::Invocation;
use super::plan::{Change, Changes};
use super::planning::Planned;
use super::{TerraformStack, kept};
use crate::port::{ErrorClass, Permit, PortResult};

impl TerraformStack {
    /// Makes the state name the instances that have the wanted names, by what the plan would do to others in their place. The
    /// state before is kept. Whether there was something to tell: then the plan is no longer true.
    ///
    /// Only databases that the estate binds here are told of, and only once the instance with the wanted name was seen: an address
    /// that is taken out of the state must find what it is for.
    pub(super) async fn tell_what_is_there(
        &self,
        planned: &Planned,
        permit: &Permit,
    ) -> PortResult<bool> {
        let Planned::Changes { changes, files } = planned else {
            return Ok(false);
        };
        let misnamed = self.misnamed(changes)?;
        for wanted in misnamed.keys() {
            if !self.account.has_database(wanted).await? {
                let message = format!(
                    "there is no database {wanted} that the state could be told of: nothing was changed"
                );
                return Err(self.error(ErrorClass::NotFound, "adopt", message));
            }
        }
        if misnamed.is_empty() {
            return Ok(false);
        }
        self.keep_state(permit).await?;
        for (wanted, change) in misnamed {
            if change.is_known() {
                self.forget(&change.address, permit).await?;
            }
            self.import(&change.address, wanted, &files.variables(), permit)
                .await?;
        }
        Ok(true)
    }

    /// The resources that are planned under the name of a bound database and stand under another, or are not known, by that
    /// name. A database that the estate does not bind and that the plan would rename is nobody's to touch.
    fn misnamed<'a>(&self, changes: &'a Changes) -> PortResult<BTreeMap<&'a str, &'a Change>> {
        let mut misnamed: BTreeMap<&str, &Change> = BTreeMap::new();
        for change in &changes.0 {
            let Some(wanted) = change.wants_database() else {
                continue;
            };
            let address = &change.address;
            if self.described.databases.contains(wanted) {
                if let Some(other) = misnamed.insert(wanted, change) {
                    let message = format!("{address} and {} both want {wanted}", other.address);
                    return Err(self.error(ErrorClass::Conflict, "adopt", message));
                }
            } else if change.is_known() {
                let message = format!(
                    "the plan would rename the database {} to {wanted} ({address}), which the estate does not bind: rename it \
                     in AWS and in the code by hand, until the plan leaves it alone; nothing was changed",
                    change.stands_as()
                );
                return Err(self.error(ErrorClass::Conflict, "adopt", message));
            }
        }
        Ok(misnamed)
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
        let folder = self.data.join("states").join(permit.run.as_str());
        let file = folder.join(format!("{}.tfstate", permit.step));
        if file.exists() {
            // Of an earlier attempt of the step: what stands now may have been changed by it.
            return Ok(());
        }
        kept::keep(&file, &ended.output)
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

    async fn import(
        &self,
        address: &str,
        id: &str,
        variables: &Path,
        permit: &Permit,
    ) -> PortResult<()> {
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
