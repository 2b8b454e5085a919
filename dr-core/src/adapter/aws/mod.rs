//! AWS, through its SDK.
//!
//! One session a site ([`AwsSite`]): standard credential chain, profile, assumed role, endpoint. Every call goes through
//! [`AwsSite::read`] or [`AwsSite::change`], which bound it in time and turn what came of it into a [`PortError`] with a
//! class. The SDK repeats nothing by itself: it cannot know which changes are safe to repeat.
//!
//! [`PortError`]: crate::port::PortError

mod call;
mod error;
#[cfg(all(
    feature = "aws-rds",
    feature = "aws-ec2",
    feature = "aws-cloudwatch",
    feature = "aws-secretsmanager",
    feature = "aws-ssm",
    feature = "postgres"
))]
mod rds;
#[cfg(feature = "aws")]
pub mod scan;
#[cfg(all(feature = "aws-secretsmanager", feature = "aws-ssm"))]
pub mod secret;
mod session;

#[cfg(all(
    feature = "aws-rds",
    feature = "aws-ec2",
    feature = "aws-cloudwatch",
    feature = "aws-secretsmanager",
    feature = "aws-ssm",
    feature = "postgres"
))]
pub use rds::{RdsDatabase, RetiredDatabase};
pub use session::AwsSite;
