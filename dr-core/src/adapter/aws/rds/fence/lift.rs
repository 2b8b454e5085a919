//! Lifts a fence: its record, then the security groups, then the deny rules. A rule that fences another database, too, stays.

use super::{BeforeFence, IN_FORCE, MODIFY, both};
use crate::adapter::aws::rds::acl::Rules;
use crate::adapter::aws::rds::instance::{BEFORE_FENCE, FENCED, FENCING, RETIRED};
use crate::adapter::aws::rds::{RdsDatabase, says};
use crate::port::{ErrorClass, Permit, PortResult};

impl RdsDatabase {
    /// Lifts the fence: tag, groups, rules. Where RDS tells nothing, the rules alone: they may have been put up while it did not,
    /// and would keep clients from a healthy database.
    ///
    /// # Errors
    /// What could not be lifted, or not be read.
    pub(in crate::adapter::aws::rds) async fn lift(&self, permit: &Permit) -> PortResult<()> {
        let instance = match self.standing(MODIFY).await {
            Err(error) if error.class != ErrorClass::NotFound => {
                return both(self.allow(permit).await.map(drop), Err(error));
            }
            standing => standing?,
        };
        if instance.tags.contains_key(RETIRED) {
            return Err(self.here.error(
                ErrorClass::Conflict,
                MODIFY,
                format!("{} was set aside and stays fenced", instance.id),
            ));
        }
        let marks = [FENCED, FENCING].into_iter();
        let marks: Vec<_> = marks.filter(|m| instance.tags.contains_key(*m)).collect();
        if !marks.is_empty() {
            self.untag(&instance, &marks, permit).await?;
        }
        let before = instance.tags.get(BEFORE_FENCE);
        if before.is_some() || instance.groups.contains_key(&self.binding.quarantine_group) {
            let before = before
                .and_then(|text| BeforeFence::parse(text))
                .unwrap_or_else(|| BeforeFence {
                    groups: vec![self.binding.security_group.clone()],
                    protected: instance.protected,
                });
            let is_restored =
                instance.groups.keys().eq(&before.groups) && instance.protected == before.protected;
            if !is_restored {
                let until = IN_FORCE.after(self.here.clock.now());
                self.regroup(&instance, &before, until, permit).await?;
            }
        }
        self.allow(permit).await?;
        if instance.tags.contains_key(BEFORE_FENCE) {
            self.untag(&instance, &[BEFORE_FENCE], permit).await?;
        }
        Ok(())
    }

    /// Removes the rules of a fence, unless another database behind the same network ACL is fenced by them: that database's
    /// name.
    pub(in crate::adapter::aws::rds) async fn allow(
        &self,
        permit: &Permit,
    ) -> PortResult<Option<String>> {
        let acl = self.network_acl().await?;
        let rules = Rules::read(acl.entries(), self.binding.port);
        if rules.has_any()
            && let Some(other) = self.fenced_neighbour().await?
        {
            return Ok(Some(other));
        }
        for number in rules.of_fence() {
            let deleted = self
                .aws
                .change("ec2:DeleteNetworkAclEntry", permit, || {
                    self.ec2
                        .delete_network_acl_entry()
                        .network_acl_id(&self.binding.network_acl)
                        .egress(false)
                        .rule_number(number)
                        .send()
                })
                .await;
            match deleted {
                // Somebody else removed it.
                Err(error) if says(&error, "InvalidNetworkAclEntry.NotFound") => {}
                result => _ = result?,
            }
        }
        Ok(None)
    }

    /// A database behind the same network ACL that is fenced, wholly or in part.
    async fn fenced_neighbour(&self) -> PortResult<Option<String>> {
        for neighbour in &self.neighbours {
            let found = self.find(&neighbour.instance).await?;
            let is_fenced = found.is_some_and(|instance| {
                !instance.is_replica()
                    && (instance.tags.contains_key(BEFORE_FENCE)
                        || instance.groups.contains_key(&neighbour.quarantine_group))
            });
            if is_fenced {
                return Ok(Some(neighbour.instance.clone()));
            }
        }
        Ok(None)
    }
}
