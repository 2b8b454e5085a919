//! AWS, through its SDK.
//!
//! One session a site ([`AwsSite`]): standard credential chain, profile, assumed role, endpoint. Every call goes through
//! `AwsSite::read` or `AwsSite::change`, which bound it in time and turn what came of it into a [`PortError`] with a
//! class. The SDK repeats nothing by itself: it cannot know which changes are safe to repeat.
//!
//! [`PortError`]: crate::port::PortError

#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "`|set| set.name()` says what `aws_sdk_route53::types::ResourceRecordSet::name` says, and can be read"
)]

#[cfg(feature = "aws-rds")]
mod account;
#[cfg(feature = "aws")]
mod autoscaling;
mod call;
#[cfg(feature = "aws")]
mod eks;
mod error;
#[cfg(feature = "aws")]
mod facility;
#[cfg(feature = "aws")]
mod instance;
#[cfg(all(test, feature = "aws"))]
mod memory;
#[cfg(all(
    feature = "aws-rds",
    feature = "aws-ec2",
    feature = "aws-cloudwatch",
    feature = "aws-route53",
    feature = "aws-secretsmanager",
    feature = "aws-ssm",
    feature = "postgres"
))]
mod rds;
#[cfg(all(feature = "aws", feature = "dns"))]
mod route53;
#[cfg(feature = "aws")]
pub mod scan;
#[cfg(all(feature = "aws-secretsmanager", feature = "aws-ssm"))]
pub mod secret;
mod session;
#[cfg(feature = "aws-s3")]
mod store;

#[cfg(feature = "aws")]
pub use autoscaling::AutoscalingFleet;
#[cfg(feature = "aws")]
pub use eks::NodeGroup;
#[cfg(feature = "aws")]
pub use facility::{Bucket, LoadBalancer, VpcNetwork};
#[cfg(feature = "aws")]
pub use instance::Ec2Instance;
#[cfg(all(
    feature = "aws-rds",
    feature = "aws-ec2",
    feature = "aws-cloudwatch",
    feature = "aws-route53",
    feature = "aws-secretsmanager",
    feature = "aws-ssm",
    feature = "postgres"
))]
pub use rds::{RdsDatabase, RetiredDatabase};
#[cfg(all(feature = "aws", feature = "dns"))]
pub use route53::{
    Answering, CheckSetup, Failover, FrontDoor, HealthCheck, Record, RecordSet, Setup, Side,
    SideSetup, Target, answering, concerns,
};
#[cfg(all(feature = "aws-secretsmanager", feature = "aws-ssm"))]
pub use secret::SiteSecrets;
pub use session::AwsSite;
#[cfg(feature = "aws-s3")]
pub use store::S3Store;
