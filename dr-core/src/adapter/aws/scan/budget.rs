//! What each service allows one account in one region, as far as AWS says, and what a scan may still ask.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::topic::Topic;
use crate::discover::budget::{Allowance, Share, TokenBucket};
use crate::model::Duration;

/// The bucket that a call draws from: its name, and what AWS allows there.
///
/// Where AWS names a rate but no bucket, the bucket is one second of it. Where it names nothing (Auto Scaling, EKS, IAM, RDS, SSM's
/// parameter lists, STS), half of what it names for EC2 is taken.
fn bucket(service: &'static str, call: &str) -> (&'static str, Allowance) {
    let (name, burst, per_second) = match (service, call) {
        // EC2 developer guide, "ec2-api-throttling": reads with pages or filters. It counts each call by itself; here all draw from one.
        ("ec2", _) => (service, 100, 20),
        // Elastic Load Balancing user guide, "elb-api-throttling": reads.
        ("elasticloadbalancing", _) => (service, 40, 10),
        // Route 53 developer guide, "DNSLimitations": five requests a second for an account, reads and changes together.
        ("route53", _) => (service, 5, 5),
        // ACM user guide, "acm-limits": a rate for each call.
        ("acm", "ListTagsForCertificate") => ("acm-tags", 10, 10),
        ("acm", _) => (service, 8, 8),
        // KMS developer guide, "requests-per-second": ListKeys and ListAliases, the smallest of those used here.
        ("kms", _) => (service, 500, 500),
        // Secrets Manager user guide, "reference_limits": ListSecrets.
        ("secretsmanager", _) => (service, 100, 100),
        // S3 user guide, "optimizing-performance": 5,500 reads of objects a second for each prefix. AWS names no rate for the settings
        // of buckets: a fiftieth of that is taken for them.
        ("s3", _) => (service, 100, 100),
        // Service Quotas user guide, "reference_limits": ListServiceQuotas, and ten more in a burst. A share of it is below the five
        // of GetAWSDefaultServiceQuota, too.
        ("servicequotas", _) => (service, 20, 10),
        // AWS General Reference, "Systems Manager endpoints and quotas": GetParameter, GetParameters and GetParametersByPath together.
        ("ssm", "GetParameters") => ("ssm-values", 40, 40),
        _ => (service, 50, 10),
    };
    (name, Allowance { burst, per_second })
}

/// What is left of a scanner's share. All its parts draw from it: what one part asked is not there for the next.
#[derive(Debug)]
pub(super) struct Budget {
    share: Share,
    buckets: Mutex<BTreeMap<&'static str, TokenBucket>>,
}

impl Budget {
    /// Nothing is asked yet.
    pub(super) fn new(share: Share) -> Self {
        Self {
            share,
            buckets: Mutex::default(),
        }
    }

    /// Takes what a call costs, or says how long to wait before asking again.
    ///
    /// # Errors
    /// There is nothing left now.
    pub(super) fn take(&self, topic: &Topic, now: Timestamp) -> Result<(), Duration> {
        let api = topic.scan_call().api;
        let (name, allowance) = bucket(api.service, api.call);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry(name)
            .or_insert_with(|| TokenBucket::new(allowance, self.share, now));
        bucket.take(now)
    }
}
