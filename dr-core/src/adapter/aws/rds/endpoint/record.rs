//! The address behind a name: a CNAME record in a hosted zone, most often a private one.

use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType,
};

use crate::adapter::aws::rds::RdsDatabase;
use crate::model::RunId;
use crate::port::{ErrorClass, Permit, PortResult};

const LIST: &str = "route53:ListResourceRecordSets";
pub(super) const CHANGE: &str = "route53:ChangeResourceRecordSets";

/// How long resolvers keep a record that was not there before, in seconds. One that was there keeps its own.
const TTL_S: i64 = 5;

impl RdsDatabase {
    /// Whether the name leads to the address.
    pub(super) async fn record_names(
        &self,
        zone: &str,
        name: &str,
        address: &str,
    ) -> PortResult<bool> {
        let held = self.held_record(zone, name).await?;
        Ok(held.is_some_and(|record| leads_to(&record, address)))
    }

    /// Makes the name lead to the address. The change reaches all name servers within a minute (Route 53 developer guide,
    /// "route-53-concepts").
    pub(super) async fn write_record(
        &self,
        zone: &str,
        name: &str,
        address: &str,
        permit: &Permit,
    ) -> PortResult<()> {
        let held = self.held_record(zone, name).await?;
        if held.as_ref().is_some_and(|held| leads_to(held, address)) {
            return Ok(());
        }
        let ttl = held.and_then(|record| record.ttl()).unwrap_or(TTL_S);
        let batch = batch(name, address, ttl, &permit.run)
            .map_err(|cause| self.here.error(ErrorClass::Invalid, CHANGE, cause))?;
        self.aws
            .change(CHANGE, permit, || {
                self.route53
                    .change_resource_record_sets()
                    .hosted_zone_id(zone)
                    .change_batch(batch.clone())
                    .send()
            })
            .await?;
        Ok(())
    }

    /// The record; `None` where there is none.
    pub(super) async fn held_record(
        &self,
        zone: &str,
        name: &str,
    ) -> PortResult<Option<ResourceRecordSet>> {
        let answer = self
            .aws
            .read(LIST, || {
                self.route53
                    .list_resource_record_sets()
                    .hosted_zone_id(zone)
                    .start_record_name(name)
                    .start_record_type(RrType::Cname)
                    .max_items(1)
                    .send()
            })
            .await?;
        // The list begins at that name and goes on behind it.
        let held = answer.resource_record_sets.into_iter().find(|set| {
            *set.r#type() == RrType::Cname && plain(set.name()).eq_ignore_ascii_case(plain(name))
        });
        match held {
            Some(set) if set.set_identifier().is_some() => {
                let message = format!("{name} has a routing policy, and is not one record");
                Err(self.here.error(ErrorClass::Conflict, LIST, message))
            }
            held => Ok(held),
        }
    }
}

/// A name without the dot at its end.
fn plain(name: &str) -> &str {
    name.trim_end_matches('.')
}

fn leads_to(record: &ResourceRecordSet, address: &str) -> bool {
    let [target] = record.resource_records() else {
        return false;
    };
    plain(target.value()).eq_ignore_ascii_case(plain(address))
}

/// One change that puts the record there, whatever it was before.
fn batch(name: &str, address: &str, ttl: i64, run: &RunId) -> Result<ChangeBatch, String> {
    let target = ResourceRecord::builder().value(address).build();
    let set = ResourceRecordSet::builder()
        .name(name)
        .r#type(RrType::Cname)
        .ttl(ttl)
        .resource_records(target.map_err(|cause| cause.to_string())?)
        .build();
    let change = Change::builder()
        .action(ChangeAction::Upsert)
        .resource_record_set(set.map_err(|cause| cause.to_string())?)
        .build();
    ChangeBatch::builder()
        .comment(format!("dr run {run}"))
        .changes(change.map_err(|cause| cause.to_string())?)
        .build()
        .map_err(|cause| cause.to_string())
}
