//! Reads how the front door is set up: its records and their health checks, of Route 53's control plane, and where the switch's
//! bucket is. None of it is needed to shift clients.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use aws_sdk_route53::types::{HealthCheckConfig, HealthCheckType, ResourceRecordSet};
use futures_util::future::{Either, join, select};

use super::edit::plain;
use super::{CheckSetup, FrontDoor, Record, Setup, Side, SideSetup, Target, concerns};
use crate::model::{Duration, Finding, Severity, Subject, TrafficMethod};
use crate::port::{ErrorClass, PortResult};

const CHECK: &str = "route53:GetHealthCheck";
const BUCKET: &str = "s3:ListBucket";

/// How long all of it may take: an inventory waits for 10 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// What was read of Route 53, with what could not be.
#[derive(Default)]
struct Names {
    records: Option<Vec<Record>>,
    checks: BTreeMap<String, Option<CheckSetup>>,
    unread: Vec<Finding>,
}

impl FrontDoor {
    /// What speaks against the way it is set up. What could not be read is told, too.
    pub(super) async fn inspected(&self) -> Vec<Finding> {
        match select(pin!(self.look()), self.clock.sleep(PATIENCE)).await {
            Either::Left((found, _)) => found,
            Either::Right(_) => {
                vec![self.unread("its records", &format!("no answer within {PATIENCE}"))]
            }
        }
    }

    async fn look(&self) -> Vec<Finding> {
        let (names, region) = join(self.names(), self.bucket_region()).await;
        let mut unread = names.unread;
        let bucket_region = region.unwrap_or_else(|error| {
            unread.push(self.unread("the region of the switch's bucket", &error));
            None
        });
        unread.extend(
            names
                .records
                .as_deref()
                .and_then(|records| self.untold(records)),
        );
        let mut found = concerns(&Setup {
            component: self.component.id.clone(),
            method: self.method(),
            sides: [side(self.home()), side(self.standby())],
            declared_ttl: self.declared_ttl(),
            records: names.records,
            checks: names.checks,
            switch: self
                .switch()
                .ok()
                .map(|(bucket, key)| (bucket.to_owned(), key.to_owned())),
            bucket_region,
        });
        found.append(&mut unread);
        found
    }

    /// The records and their health checks.
    async fn names(&self) -> Names {
        let mut names = Names::default();
        let records = match self.records().await {
            Ok(sets) => sets.iter().map(record).collect::<Vec<Record>>(),
            Err(error) => {
                names.unread.push(self.unread("its records", &error));
                return names;
            }
        };
        let ids = records
            .iter()
            .filter_map(|record| record.set.health_check.clone());
        for id in ids {
            if names.checks.contains_key(&id) {
                continue;
            }
            match self.check(&id).await {
                Ok(check) => drop(names.checks.insert(id, check)),
                Err(error) => {
                    let what = format!("its health check {id}");
                    names.unread.push(self.unread(&what, &error));
                }
            }
        }
        names.records = Some(records);
        names
    }

    /// A health check; `None` where there is none with that id.
    async fn check(&self, id: &str) -> PortResult<Option<CheckSetup>> {
        let answer = self
            .standby()
            .aws
            .read(CHECK, || {
                self.route53.get_health_check().health_check_id(id).send()
            })
            .await;
        match answer {
            Ok(answer) => {
                let config = answer
                    .health_check()
                    .and_then(|check| check.health_check_config());
                Ok(Some(config.map(check_setup).unwrap_or_default()))
            }
            Err(error) if error.class == ErrorClass::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The region of the switch's bucket. S3 tells it even to those whom it sends elsewhere or refuses (S3 API reference,
    /// `HeadBucket`).
    async fn bucket_region(&self) -> PortResult<Option<String>> {
        if self.method() != TrafficMethod::HealthSwitch {
            return Ok(None);
        }
        let (bucket, _) = self.switch()?;
        let told: Mutex<Option<String>> = Mutex::new(None);
        let answer = self
            .standby()
            .aws
            .read(BUCKET, || async {
                let answer = self.s3.head_bucket().bucket(bucket).send().await;
                let region = match &answer {
                    Ok(answer) => answer.bucket_region(),
                    Err(error) => error
                        .raw_response()
                        .and_then(|raw| raw.headers().get("x-amz-bucket-region")),
                };
                *told.lock().unwrap_or_else(PoisonError::into_inner) = region.map(str::to_owned);
                answer
            })
            .await;
        let told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (told, answer) {
            (Some(region), _) => Ok(Some(region)),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(self.error(
                ErrorClass::Conflict,
                BUCKET,
                "the answer does not name the region",
            )),
        }
    }

    /// What could not be read is not taken for right. It stops no run: nothing of it is needed to shift clients.
    fn unread(&self, what: &str, why: &dyn Display) -> Finding {
        let id = &self.component.id;
        Finding::new(
            Severity::Notice,
            "front-door-unread",
            Subject::Component(id.clone()),
            format!(
                "{id}: {what} could not be read, so whether it can be switched is unknown: {why}"
            ),
            "allow route53:ListResourceRecordSets, route53:GetHealthCheck and s3:ListBucket to the operator's role; while Route 53's control plane is down, go on without",
        )
    }
}

fn side(side: &Side) -> SideSetup {
    SideSetup {
        site: side.site.clone(),
        region: side.aws.site().region.clone(),
        set_identifier: side.binding.set_identifier.clone(),
        answers: side.binding.answers.clone(),
    }
}

fn record(set: &ResourceRecordSet) -> Record {
    let ttl = set.ttl().and_then(|seconds| u64::try_from(seconds).ok());
    let values = set.resource_records().iter();
    Record {
        kind: set.r#type().as_str().to_owned(),
        set: plain(set),
        ttl: ttl.map(Duration::from_secs),
        target: match set.alias_target() {
            Some(alias) => Target::Alias {
                name: alias.dns_name().to_owned(),
                evaluates_health: alias.evaluate_target_health(),
            },
            None => Target::Values(values.map(|record| record.value().to_owned()).collect()),
        },
    }
}

fn check_setup(config: &HealthCheckConfig) -> CheckSetup {
    let follows = matches!(
        config.r#type(),
        HealthCheckType::Calculated
            | HealthCheckType::CloudwatchMetric
            | HealthCheckType::RecoveryControl
    );
    let host = config.fully_qualified_domain_name().or(config.ip_address());
    CheckSetup {
        asks_endpoint: !follows,
        inverted: config.inverted().unwrap_or_default(),
        disabled: config.disabled().unwrap_or_default(),
        host: host.map(str::to_owned),
        path: config.resource_path().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests;
