//! The method that edits records: the sites' records change places in the failover pair. It needs Route 53's control plane,
//! in us-east-1.

use std::collections::BTreeMap;

use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, ResourceRecordSet, ResourceRecordSetFailover,
};

use super::{Answering, Failover, FrontDoor, HealthCheck, RecordSet, answering};
use crate::model::SiteId;
use crate::port::{ErrorClass, Permit, PortResult};

const LIST: &str = "route53:ListResourceRecordSets";
const CHANGE: &str = "route53:ChangeResourceRecordSets";

impl FrontDoor {
    /// The failover records of the name.
    pub(super) async fn records(&self) -> PortResult<Vec<ResourceRecordSet>> {
        let side = self.standby();
        let answer = side
            .aws
            .read(LIST, || {
                self.route53
                    .list_resource_record_sets()
                    .hosted_zone_id(&side.binding.zone)
                    .start_record_name(self.record())
                    .send()
            })
            .await?;
        let name = self.record().trim_end_matches('.');
        Ok(answer
            .resource_record_sets()
            .iter()
            .filter(|set| {
                let is_named = set.name().trim_end_matches('.').eq_ignore_ascii_case(name);
                is_named && set.failover().is_some()
            })
            .cloned()
            .collect())
    }

    fn site_of(&self, set_identifier: &str) -> PortResult<SiteId> {
        let side = self
            .sides
            .iter()
            .find(|side| side.binding.set_identifier == set_identifier);
        side.map(|side| side.site.clone()).ok_or_else(|| {
            let message = format!("record {set_identifier} is of neither site");
            self.error(ErrorClass::Conflict, LIST, message)
        })
    }

    /// The site that follows from the records. Health checks of the records themselves are taken as passing: which record is the
    /// primary one is what this method decides on.
    pub(super) async fn recorded(&self) -> PortResult<SiteId> {
        let sets = self.records().await?;
        // Each type of record is a pair of its own.
        let mut pairs: BTreeMap<&str, Vec<RecordSet>> = BTreeMap::new();
        for set in &sets {
            pairs
                .entry(set.r#type().as_str())
                .or_default()
                .push(plain(set));
        }
        let mut switched_to = None;
        for records in pairs.into_values() {
            let site = self.answered_of(&records)?;
            if switched_to.get_or_insert_with(|| site.clone()) != &site {
                let message = "its records of different types send clients to different sites";
                return Err(self.error(ErrorClass::Conflict, LIST, message));
            }
        }
        switched_to.map_or_else(|| self.answered_of(&[]), Ok)
    }

    /// The site that a pair sends clients to.
    fn answered_of(&self, records: &[RecordSet]) -> PortResult<SiteId> {
        let checks: BTreeMap<String, HealthCheck> = records
            .iter()
            .filter_map(|record| record.health_check.clone())
            .map(|id| {
                let passing = HealthCheck {
                    endpoint_is_healthy: Some(true),
                    inverted: false,
                    disabled: false,
                };
                (id, passing)
            })
            .collect();
        match answering(records, &checks) {
            Answering::Record(set_identifier) => self.site_of(&set_identifier),
            Answering::NotKnown => {
                let message = "the health of a record is not known";
                Err(self.error(ErrorClass::Transient, LIST, message))
            }
            Answering::Broken(why) => Err(self.error(ErrorClass::Conflict, LIST, why)),
        }
    }

    /// Makes the record of `site` the primary one and the other the secondary, in one batch: it is carried out as a whole or
    /// not at all (Route 53 API, `ChangeResourceRecordSets`). The health check goes with the place, not with the site.
    pub(super) async fn edit_records(&self, site: &SiteId, permit: &Permit) -> PortResult<()> {
        let sets = self.records().await?;
        let checks: BTreeMap<String, Option<String>> = sets
            .iter()
            .filter(|set| set.failover() == Some(&ResourceRecordSetFailover::Primary))
            .map(|set| {
                let check = set.health_check_id().map(str::to_owned);
                (set.r#type().as_str().to_owned(), check)
            })
            .collect();
        let mut batch = ChangeBatch::builder().comment(format!("dr run {}", permit.run));
        for set in sets {
            let is_chosen = self.site_of(set.set_identifier().unwrap_or_default())? == *site;
            let mut set = set;
            set.failover = Some(if is_chosen {
                ResourceRecordSetFailover::Primary
            } else {
                ResourceRecordSetFailover::Secondary
            });
            set.health_check_id = if is_chosen {
                checks.get(set.r#type().as_str()).cloned().flatten()
            } else {
                None
            };
            let change = Change::builder()
                .action(ChangeAction::Upsert)
                .resource_record_set(set)
                .build();
            batch = batch.changes(
                change
                    .map_err(|cause| self.error(ErrorClass::Invalid, CHANGE, cause.to_string()))?,
            );
        }
        let batch = batch
            .build()
            .map_err(|cause| self.error(ErrorClass::NotFound, CHANGE, cause.to_string()))?;
        let side = self.standby();
        side.aws
            .change(CHANGE, permit, || {
                self.route53
                    .change_resource_record_sets()
                    .hosted_zone_id(&side.binding.zone)
                    .change_batch(batch.clone())
                    .send()
            })
            .await?;
        Ok(())
    }
}

/// What decides on a record.
pub(super) fn plain(set: &ResourceRecordSet) -> RecordSet {
    RecordSet {
        set_identifier: set.set_identifier().unwrap_or_default().to_owned(),
        failover: match set.failover() {
            Some(ResourceRecordSetFailover::Primary) => Some(Failover::Primary),
            Some(ResourceRecordSetFailover::Secondary) => Some(Failover::Secondary),
            _ => None,
        },
        health_check: set.health_check_id().map(str::to_owned),
    }
}
