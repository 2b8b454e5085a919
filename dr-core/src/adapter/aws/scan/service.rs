//! The services of a scan: one row each.

use futures_util::future::{BoxFuture, FutureExt};

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use super::{
    acm, autoscaling, ec2, eks, elb, iam, kms, quotas, rds, route53, s3, secrets, ssm, sts,
    terraform,
};

/// One service: what is asked of it, and how it is read.
pub(super) struct Service {
    /// Its prefix in access policies, by which its budget is found.
    pub(super) name: &'static str,
    /// Every call that `read` may make.
    pub(super) topics: &'static [Topic],
    /// Reads it.
    pub(super) read: for<'r> fn(&'r mut Reader<'_>, &'r Wanted) -> BoxFuture<'r, ()>,
}

macro_rules! service {
    ($name:literal, $module:ident, $topics:ident, $read:ident) => {
        Service {
            name: $name,
            topics: $module::$topics,
            read: |reader, wanted| $module::$read(reader, wanted).boxed(),
        }
    };
}

/// The regional services.
pub(super) const REGION: &[Service] = &[
    service!("sts", sts, TOPICS, read),
    service!("ec2", ec2, NETWORK_TOPICS, read_network),
    service!("ec2", ec2, COMPUTE_TOPICS, read_compute),
    service!("elasticloadbalancing", elb, TOPICS, read),
    service!("autoscaling", autoscaling, TOPICS, read),
    service!("eks", eks, TOPICS, read),
    service!("rds", rds, TOPICS, read),
    service!("s3", s3, TOPICS, read),
    service!("iam", iam, TOPICS, read),
    service!("kms", kms, TOPICS, read),
    service!("secretsmanager", secrets, TOPICS, read),
    service!("ssm", ssm, TOPICS, read),
    service!("acm", acm, TOPICS, read),
    service!("servicequotas", quotas, TOPICS, read),
    service!("s3", terraform, TOPICS, read),
];

/// The global services.
pub(super) const GLOBAL: &[Service] = &[service!("route53", route53, TOPICS, read)];

/// What the region offers.
pub(super) const OFFERS: &[Service] = &[
    service!("ec2", ec2, OFFER_TOPICS, read_offers),
    service!("rds", rds, OFFER_TOPICS, read_offers),
];
