//! Amazon RDS for PostgreSQL with a read replica in the other region.
//!
//! Everything that a step needs to know later is read off AWS itself: the instance, its tags, the network ACL, the place where
//! its address is read. Nothing is kept here between two calls, so that another process can go on at any point.
//!
//! | operation | what it does | file |
//! |---|---|---|
//! | observe | role, status, fence, position, lag | [`observe`], [`status`], [`lag`], [`session`] |
//! | fence, unfence | network ACL, quarantine group, recorded instant | [`fence`], [`acl`], [`walls`] |
//! | promote | promotion, address, backups, Multi-AZ | [`promote`], [`endpoint`] |
//! | replicate, retire | old primary set aside, new replica | [`replica`] |
//!
//! Besides the calls of [`crate::adapter::technology`] the operator's role needs grants on keys, which are no calls of its own:
//! `kms:CreateGrant` and `kms:DescribeKey` on the standby's key for an encrypted replica (RDS user guide,
//! "Overview.Encryption.Keys"), and `kms:Decrypt` where the address is kept as a `SecureString`.

#[cfg(test)]
mod account;
mod acl;
mod endpoint;
mod fence;
mod instance;
mod lag;
mod observe;
mod promote;
mod replica;
mod session;
#[cfg(test)]
mod tests;
mod walls;

use std::collections::BTreeMap;

use async_trait::async_trait;

pub use replica::RetiredDatabase;

use self::instance::{Instance, tag};
use super::AwsSite;
use crate::adapter::{Here, LocalSecrets};
use crate::model::{DatabaseState, Duration, RdsBinding, SiteId};
use crate::port::{Database, ErrorClass, Permit, PortError, PortResult};

/// A database of a site that is an Amazon RDS instance.
pub struct RdsDatabase {
    here: Here,
    aws: AwsSite,
    binding: RdsBinding,
    peer: Option<RdsBinding>,
    neighbours: Vec<RdsBinding>,
    retention_days: i32,
    secrets: LocalSecrets,
    rds: aws_sdk_rds::Client,
    ec2: aws_sdk_ec2::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    ssm: aws_sdk_ssm::Client,
    keeper: aws_sdk_secretsmanager::Client,
    route53: aws_sdk_route53::Client,
}

impl RdsDatabase {
    /// The database at `here`, reached through `aws`. `peer` is the other site's, from which a replica can be built; `keep` is
    /// how long the estate keeps the database's backups.
    pub fn new(
        here: Here,
        aws: AwsSite,
        binding: RdsBinding,
        peer: Option<RdsBinding>,
        keep: Option<Duration>,
    ) -> Self {
        Self {
            rds: aws_sdk_rds::Client::new(aws.regional()),
            ec2: aws_sdk_ec2::Client::new(aws.regional()),
            cloudwatch: aws_sdk_cloudwatch::Client::new(aws.regional()),
            ssm: aws_sdk_ssm::Client::new(aws.regional()),
            keeper: aws_sdk_secretsmanager::Client::new(aws.regional()),
            route53: aws_sdk_route53::Client::new(aws.global()),
            retention_days: promote::retention_days(keep),
            secrets: LocalSecrets::default(),
            here,
            aws,
            binding,
            peer,
            neighbours: Vec::new(),
        }
    }

    /// Beside other databases of the site, of which some may stand behind the same rules of a network ACL.
    #[must_use]
    pub fn beside(mut self, others: impl IntoIterator<Item = RdsBinding>) -> Self {
        let own = &self.binding;
        let shares = |other: &RdsBinding| {
            other.network_acl == own.network_acl
                && other.port == own.port
                && other.instance != own.instance
        };
        self.neighbours = others.into_iter().filter(shares).collect();
        self
    }

    /// With what the operator's machine keeps, for a login that is kept there.
    #[must_use]
    pub fn with_secrets(mut self, secrets: LocalSecrets) -> Self {
        self.secrets = secrets;
        self
    }

    /// The instance of that identifier; `None` where there is none.
    async fn find(&self, id: &str) -> PortResult<Option<Instance>> {
        let answer = self
            .aws
            .read("rds:DescribeDBInstances", || {
                self.rds
                    .describe_db_instances()
                    .db_instance_identifier(id)
                    .send()
            })
            .await;
        match answer {
            Ok(answer) => Ok(answer.db_instances().first().map(Instance::read)),
            Err(error) if says(&error, "DBInstanceNotFound") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every instance of the region, all pages.
    async fn list(&self) -> PortResult<Vec<Instance>> {
        let mut found = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let page = self
                .aws
                .read("rds:DescribeDBInstances", || {
                    self.rds
                        .describe_db_instances()
                        .set_marker(marker.clone())
                        .send()
                })
                .await?;
            found.extend(page.db_instances().iter().map(Instance::read));
            marker = page.marker().filter(|m| !m.is_empty()).map(str::to_owned);
            if marker.is_none() {
                return Ok(found);
            }
        }
    }

    /// The instance that stands here.
    ///
    /// # Errors
    /// [`ErrorClass::NotFound`] where there is none for `operation` to work on.
    async fn standing(&self, operation: &str) -> PortResult<Instance> {
        let found = self.find(&self.binding.instance).await?;
        found.ok_or_else(|| self.absent(operation))
    }

    fn absent(&self, operation: &str) -> PortError {
        self.here.error(
            ErrorClass::NotFound,
            operation,
            format!("there is no instance {}", self.binding.instance),
        )
    }

    async fn tag(
        &self,
        instance: &Instance,
        tags: &BTreeMap<&str, String>,
        permit: &Permit,
    ) -> PortResult<()> {
        let tags: Vec<_> = tags.iter().map(|(key, value)| tag(key, value)).collect();
        self.aws
            .change("rds:AddTagsToResource", permit, || {
                self.rds
                    .add_tags_to_resource()
                    .resource_name(&instance.arn)
                    .set_tags(Some(tags.clone()))
                    .send()
            })
            .await?;
        Ok(())
    }

    async fn untag(&self, instance: &Instance, keys: &[&str], permit: &Permit) -> PortResult<()> {
        let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
        self.aws
            .change("rds:RemoveTagsFromResource", permit, || {
                self.rds
                    .remove_tags_from_resource()
                    .resource_name(&instance.arn)
                    .set_tag_keys(Some(keys.clone()))
                    .send()
            })
            .await?;
        Ok(())
    }
}

/// Whether the service itself says that a thing is not there. A page that some proxy answers with "not found" says nothing
/// about the thing.
fn says(error: &PortError, code: &str) -> bool {
    error.class == ErrorClass::NotFound && error.message.starts_with(code)
}

#[async_trait]
impl Database for RdsDatabase {
    async fn observe(&self) -> PortResult<DatabaseState> {
        self.look().await
    }

    async fn check_endpoint(&self) -> PortResult<()> {
        self.check_place().await
    }

    async fn fence(&self, permit: &Permit) -> PortResult<()> {
        self.impose(permit).await
    }

    async fn unfence(&self, permit: &Permit) -> PortResult<()> {
        self.lift(permit).await
    }

    async fn promote(&self, permit: &Permit) -> PortResult<()> {
        self.make_primary(permit).await
    }

    async fn replicate_from(&self, source: &SiteId, permit: &Permit) -> PortResult<()> {
        self.follow(source, permit).await
    }

    async fn retire(&self, permit: &Permit) -> PortResult<()> {
        self.put_aside(permit).await
    }
}
