//! Makes the replica the primary, and finishes what a primary needs.
//!
//! `PromoteReadReplica` is accepted at once; the replica then restarts as an instance of its own, which takes minutes (RDS user
//! guide, "USER_ReadRepl.Promote"). What is left to do can only be done after that. A tag, set before the call and removed when
//! all is done, says that a promotion is unfinished, whoever died meanwhile: while it is there, or while the application reads
//! another address, the instance is observed as *promoting*, and promoting it again goes on where it was left.
//!
//! Order: the address first, because clients wait for it; then backups, Multi-AZ and protection as the estate says. While RDS
//! refuses those because the instance is busy, with the backup that follows a promotion say, they are asked for again, for
//! [`EQUIPPED_WITHIN`] at most: a tag says since when. They are asked for in one call, which RDS does wholly or not at all; where
//! that is refused for good (no capacity in the other zone, not allowed), each by itself. What is refused then, or for longer,
//! does not hold up a failover: the primary is told with what it lacks ([`DatabaseState::lacks`]), and `converge` compares and
//! sets it again.
//!
//! [`DatabaseState::lacks`]: crate::model::DatabaseState

use std::collections::BTreeMap;

use super::RdsDatabase;
use super::instance::{EQUIPPING, Instance, PROMOTING, RETIRED, instant};
use crate::model::{DatabaseStatus, Duration, Settings};
use crate::port::{ErrorClass, Permit, PortError, PortResult};

/// Days that automated backups can be kept (RDS API reference, `BackupRetentionPeriod`). 0 turns them off, and then there is
/// no replica of the instance.
const RETENTION_DAYS: std::ops::RangeInclusive<u64> = 1..=35;
/// Days where the estate has no backup policy for the database: as the console proposes.
const DEFAULT_DAYS: i32 = 7;

/// How long a new primary that serves is asked for what it lacks while it is busy. Clients are sent to it after that.
pub(super) const EQUIPPED_WITHIN: Duration = Duration::from_mins(2);

/// Days that automated backups are to be kept for `keep`.
pub(super) fn retention_days(keep: Option<Duration>) -> i32 {
    const DAY_MS: u64 = 86_400_000;
    keep.map_or(DEFAULT_DAYS, |keep| {
        let days = keep
            .as_millis()
            .div_ceil(DAY_MS)
            .clamp(*RETENTION_DAYS.start(), *RETENTION_DAYS.end());
        i32::try_from(days).expect("35 days at most")
    })
}

impl RdsDatabase {
    /// Promotes the replica, or goes on with a promotion that is not finished.
    pub(super) async fn make_primary(&self, permit: &Permit) -> PortResult<()> {
        let operation = "rds:PromoteReadReplica";
        let instance = self.standing(operation).await?;
        let refused = |message: String| self.here.error(ErrorClass::Conflict, operation, message);
        if instance.is_replica() {
            return self.begin_promotion(&instance, permit).await;
        }
        if instance.tags.contains_key(RETIRED) {
            return Err(refused(format!("{} was set aside", instance.id)));
        }
        if instance.groups.contains_key(&self.binding.quarantine_group) {
            return Err(refused(format!("{} is a fenced primary", instance.id)));
        }
        if !instance.status().serves {
            // It restarts as a primary.
            return Ok(());
        }
        self.finish_promotion(&instance, permit).await
    }

    async fn begin_promotion(&self, replica: &Instance, permit: &Permit) -> PortResult<()> {
        let operation = "rds:PromoteReadReplica";
        let is_asked = replica.tags.contains_key(PROMOTING);
        match replica.status().status {
            DatabaseStatus::BackingUp => {
                return Err(self.here.error(
                    ErrorClass::Conflict,
                    operation,
                    "a backup is running",
                ));
            }
            _ if is_asked && replica.word != "available" => return Ok(()),
            _ => {}
        }
        // Of a fence in another's time: nobody could write to the new primary.
        if let Some(other) = self.allow(permit).await? {
            let message = format!(
                "{} keeps everybody from {other}, which is fenced, and would keep clients from {}",
                self.binding.network_acl, replica.id
            );
            return Err(self.here.error(ErrorClass::Conflict, operation, message));
        }
        if !is_asked {
            let tags = BTreeMap::from([(PROMOTING, permit.run.to_string())]);
            self.tag(replica, &tags, permit).await?;
        }
        self.aws
            .change(operation, permit, || {
                self.rds
                    .promote_read_replica()
                    .db_instance_identifier(&replica.id)
                    .backup_retention_period(self.retention_days)
                    .send()
            })
            .await?;
        Ok(())
    }

    async fn finish_promotion(&self, primary: &Instance, permit: &Permit) -> PortResult<()> {
        if let Some(address) = &primary.address {
            self.publish(address, permit).await?;
        }
        match self.equip(primary, permit).await {
            // Busy for long.
            Err(error)
                if error.class == ErrorClass::Conflict
                    && !self.is_worth_waiting_for(primary, permit).await? => {}
            Err(error) if !is_for_good(&error) => return Err(error),
            // What was refused for good is told with what the primary lacks.
            Ok(()) | Err(_) => {}
        }
        let marks = [PROMOTING, EQUIPPING];
        let marks: Vec<_> = marks
            .into_iter()
            .filter(|mark| primary.tags.contains_key(*mark))
            .collect();
        if !marks.is_empty() {
            self.untag(primary, &marks, permit).await?;
        }
        Ok(())
    }

    /// Whether a busy instance is to be asked again. Since when it is, is written down: whoever goes on waits no longer.
    async fn is_worth_waiting_for(&self, primary: &Instance, permit: &Permit) -> PortResult<bool> {
        if !primary.tags.contains_key(PROMOTING) {
            // The address alone had to be written: the promotion itself was finished before.
            return Ok(false);
        }
        let now = self.here.clock.now();
        if let Some(since) = primary.tags.get(EQUIPPING) {
            return Ok(instant(since).is_some_and(|at| now < EQUIPPED_WITHIN.after(at)));
        }
        let tags = BTreeMap::from([(EQUIPPING, format!("{now} {}", permit.run))]);
        self.tag(primary, &tags, permit).await?;
        Ok(true)
    }

    /// Whether the estate wants two nodes a site.
    pub(super) fn wants_multi_az(&self) -> bool {
        match &self.here.component.settings {
            Settings::Database(database) => database.nodes >= 2,
            _ => false,
        }
    }

    /// What a primary lacks of what the estate wants.
    pub(super) fn lacks(&self, primary: &Instance) -> Vec<String> {
        let mut lacks = Vec::new();
        if self.wants_multi_az() && !primary.multi_az {
            lacks.push("a standby in another zone".to_owned());
        }
        if primary.retention < self.retention_days {
            lacks.push(format!(
                "backups that are kept for {} days instead of {}",
                self.retention_days, primary.retention
            ));
        }
        if !primary.protected {
            lacks.push("protection against deletion".to_owned());
        }
        lacks
    }

    /// Backups, a standby in another zone and protection against deletion, as the estate says.
    async fn equip(&self, primary: &Instance, permit: &Permit) -> PortResult<()> {
        let parts = self.unequipped(primary);
        if parts.is_empty() {
            return Ok(());
        }
        match self.set(primary, &parts, permit).await {
            // It may be refused for one of them: the others are not to go without.
            Err(error) if is_for_good(&error) && parts.len() > 1 => {}
            result => return result,
        }
        let mut refused = Vec::new();
        for part in parts {
            refused.extend(self.set(primary, &[part], permit).await.err());
        }
        // `false` sorts first: what may work later is waited for.
        refused
            .into_iter()
            .min_by_key(is_for_good)
            .map_or(Ok(()), Err)
    }

    /// What is to be set. The standby is last: building it keeps the instance busy for long.
    fn unequipped(&self, primary: &Instance) -> Vec<Part> {
        let parts = [
            (Part::Protection, primary.protected),
            (Part::Backups, primary.retention == self.retention_days),
            (Part::Standby, primary.multi_az == self.wants_multi_az()),
        ];
        let missing = parts.into_iter().filter(|(_, is_so)| !is_so);
        missing.map(|(part, _)| part).collect()
    }

    async fn set(&self, primary: &Instance, parts: &[Part], permit: &Permit) -> PortResult<()> {
        let ask = || {
            let modify = self
                .rds
                .modify_db_instance()
                .db_instance_identifier(&primary.id)
                .apply_immediately(true);
            let with = parts.iter().fold(modify, |modify, part| match part {
                Part::Protection => modify.deletion_protection(true),
                Part::Backups => modify.backup_retention_period(self.retention_days),
                Part::Standby => modify.multi_az(self.wants_multi_az()),
            });
            with.send()
        };
        self.aws.change("rds:ModifyDBInstance", permit, ask).await?;
        Ok(())
    }
}

/// What a primary has, and a replica need not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Protection against deletion.
    Protection,
    /// Automated backups, kept for as long as the estate wants.
    Backups,
    /// A standby in another zone, or none.
    Standby,
}

/// Whether the same call is refused the next time, too.
fn is_for_good(error: &PortError) -> bool {
    match error.class {
        ErrorClass::Denied | ErrorClass::NotFound | ErrorClass::Invalid => true,
        ErrorClass::Throttled
        | ErrorClass::Transient
        | ErrorClass::Conflict
        | ErrorClass::Indeterminate => false,
    }
}

#[cfg(test)]
mod tests;
