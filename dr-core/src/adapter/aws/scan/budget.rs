//! What each service allows one account in one region, as far as AWS says.

use crate::discover::budget::Allowance;

/// The allowance of a service's reads, by its prefix in access policies.
///
/// Where AWS names a rate but no bucket, the bucket is one second of it. Where it names nothing (Auto Scaling, EKS, RDS, SSM's
/// parameter lists, STS), half of what it names for EC2 is taken.
pub(super) fn allowance(service: &str) -> Allowance {
    let (burst, per_second) = match service {
        // EC2 developer guide, "ec2-api-throttling": reads with pages or filters.
        "ec2" => (100, 20),
        // Elastic Load Balancing user guide, "elb-api-throttling": reads.
        "elasticloadbalancing" => (40, 10),
        // Route 53 developer guide, "DNSLimitations": five requests a second for an account, reads and changes together.
        "route53" => (5, 5),
        // ACM user guide, "acm-limits": ListCertificates, the smallest of those used here.
        "acm" => (8, 8),
        // KMS developer guide, "requests-per-second": ListKeys and ListAliases, the smallest of those used here.
        "kms" => (500, 500),
        // Secrets Manager user guide, "reference_limits": ListSecrets.
        "secretsmanager" => (100, 100),
        // S3 user guide, "optimizing-performance": 5,500 reads of objects a second for each prefix. AWS names no rate for the settings
        // of buckets: a fiftieth of that is taken for them.
        "s3" => (100, 100),
        // Service Quotas user guide, "reference_limits": ListServiceQuotas, and ten more in a burst. A share of it is below the five
        // of GetAWSDefaultServiceQuota, too.
        "servicequotas" => (20, 10),
        _ => (50, 10),
    };
    Allowance { burst, per_second }
}
