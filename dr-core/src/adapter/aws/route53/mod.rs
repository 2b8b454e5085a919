//! A name in Amazon Route 53 that is answered with one of two sites.
//!
//! With the health switch no record is edited and nothing of Route 53's control plane is called: an object in the home
//! standby's region makes the inverted health check on the primary's record fail, and the name servers answer with the
//! other record (AWS blog, "Creating disaster recovery mechanisms using Amazon Route 53"). What they answer is asked of
//! them. A record edit changes which record is the primary one.

mod edit;
mod inspect;
mod servers;
mod told;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;

pub use crate::adapter::front_door::{
    Answering, CheckSetup, Failover, HealthCheck, Record, RecordSet, Setup, SideSetup, Target,
    answering, concerns,
};

use super::AwsSite;
use super::store::is_object_missing;
use crate::model::{
    Component, Duration, Finding, Route53Binding, Settings, SiteId, TrafficMethod, TrafficState,
};
use crate::port::{Clock, ErrorClass, Permit, PortError, PortResult, Traffic};

/// One site's side of the front door.
#[derive(Clone)]
pub struct Side {
    /// The site.
    pub site: SiteId,
    /// Its session.
    pub aws: AwsSite,
    /// Its record and switch.
    pub binding: Route53Binding,
}

/// The front door of both sites.
pub struct FrontDoor {
    component: Component,
    /// The home primary, then the home standby.
    sides: [Side; 2],
    s3: aws_sdk_s3::Client,
    route53: aws_sdk_route53::Client,
    clock: Arc<dyn Clock>,
    /// The variable file of the stack that has the records, which says whose record is the primary one.
    roles: Option<PathBuf>,
}

impl FrontDoor {
    /// The front door; `sides` are the home primary's and the home standby's, whose region holds the switch.
    pub fn new(component: Component, sides: [Side; 2], clock: Arc<dyn Clock>) -> Self {
        Self {
            s3: sides[1].aws.s3(),
            route53: aws_sdk_route53::Client::new(sides[1].aws.global()),
            component,
            sides,
            clock,
            roles: None,
        }
    }

    /// The same front door, whose record edits are told to the stack that has the records, in its variable file.
    #[must_use]
    pub fn told_in(self, roles: Option<PathBuf>) -> Self {
        Self { roles, ..self }
    }

    fn error(&self, class: ErrorClass, operation: &str, message: impl Into<String>) -> PortError {
        PortError {
            class,
            operation: operation.to_owned(),
            place: self.component.id.to_string(),
            message: message.into(),
        }
    }

    fn method(&self) -> TrafficMethod {
        match &self.component.settings {
            Settings::Traffic(traffic) => traffic.method,
            _ => TrafficMethod::HealthSwitch,
        }
    }

    fn record(&self) -> &str {
        match &self.component.settings {
            Settings::Traffic(traffic) => &traffic.record,
            _ => self.component.id.as_str(),
        }
    }

    fn declared_ttl(&self) -> Duration {
        match &self.component.settings {
            Settings::Traffic(traffic) => traffic.ttl,
            _ => Duration::ZERO,
        }
    }

    fn home(&self) -> &Side {
        &self.sides[0]
    }

    fn standby(&self) -> &Side {
        &self.sides[1]
    }

    /// The bucket and the key of the switch.
    fn switch(&self) -> PortResult<(&str, &str)> {
        let binding = &self.standby().binding;
        match (&binding.switch_bucket, &binding.switch_key) {
            (Some(bucket), Some(key)) => Ok((bucket, key)),
            _ => Err(self.error(
                ErrorClass::Invalid,
                "s3:GetObject",
                "the binding of a front door with a health switch needs `switch-bucket` and `switch-key`",
            )),
        }
    }

    /// Whether the switch object is there.
    async fn is_switched(&self) -> PortResult<bool> {
        let (bucket, key) = self.switch()?;
        let answer = self
            .standby()
            .aws
            .read("s3:GetObject", || {
                self.s3.get_object().bucket(bucket).key(key).send()
            })
            .await;
        match answer {
            Ok(_) => Ok(true),
            // Without its bucket the switch can never be thrown: that is no switch that is off.
            Err(error) if is_object_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The site that the switch asks for; `None` while the standby's region does not answer, for then neither do its buckets.
    ///
    /// "Too many calls" is an answer, and an error here: the bucket stands, health checkers may well read the switch, and to say that
    /// clients are sent home would be a guess. Who reads the front door asks again.
    async fn asked_for(&self) -> PortResult<Option<SiteId>> {
        match self.is_switched().await {
            Ok(true) => Ok(Some(self.standby().site.clone())),
            Ok(false) => Ok(Some(self.home().site.clone())),
            Err(error) if error.class == ErrorClass::Transient => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn throw_switch(&self, to_standby: bool, permit: &Permit) -> PortResult<()> {
        let (bucket, key) = self.switch()?;
        let aws = &self.standby().aws;
        if to_standby {
            let text = format!("{} by run {}\n", self.clock.now(), permit.run);
            aws.change("s3:PutObject", permit, || {
                self.s3
                    .put_object()
                    .bucket(bucket)
                    .key(key)
                    .body(ByteStream::from(text.clone().into_bytes()))
                    .send()
            })
            .await?;
        } else {
            aws.change("s3:DeleteObject", permit, || {
                self.s3.delete_object().bucket(bucket).key(key).send()
            })
            .await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Traffic for FrontDoor {
    async fn observe(&self) -> PortResult<TrafficState> {
        let switched_to = match self.method() {
            TrafficMethod::HealthSwitch => self.asked_for().await?,
            TrafficMethod::RecordEdit => Some(self.recorded().await?),
        };
        // Where health checkers cannot read the switch either, the inverted check is healthy: clients are sent home. A switch that
        // still stands is followed again as soon as they can.
        let followed = switched_to.as_ref().unwrap_or(&self.home().site);
        let (answers, ttl) = if self.name_servers().is_empty() {
            // Which record is answered follows from it; clients' own measurements tell when it does.
            (followed.clone(), self.declared_ttl())
        } else {
            self.asked_servers(followed).await?
        };
        Ok(TrafficState {
            answers,
            switched_to,
            ttl,
            concerns: Vec::new(),
        })
    }

    async fn inspect(&self) -> Vec<Finding> {
        self.inspected().await
    }

    async fn shift(&self, site: &SiteId, permit: &Permit) -> PortResult<()> {
        match self.method() {
            TrafficMethod::HealthSwitch => {
                let to_standby = *site == self.standby().site;
                self.throw_switch(to_standby, permit).await
            }
            TrafficMethod::RecordEdit => {
                self.edit_records(site, permit).await?;
                self.tell_terraform(site);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
