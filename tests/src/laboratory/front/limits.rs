//! What AWS allows one account, as token buckets, and how it says that there is no token left.

use axum::body::Body;
use axum::http;
use axum::response::Response;

use super::Tenant;

/// A bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Calls at once when nothing was called for a while.
    pub burst: f64,
    /// Calls that come back in a second.
    pub per_second: f64,
}

/// The bucket that a call draws from: the service, and the call where AWS counts that apart.
///
/// EC2 counts each API by itself, and KMS some: here all of them draw from the smallest, which is harder.
pub(super) fn bucket_of(service: &str, operation: &str) -> String {
    match (service, operation) {
        // ACM user guide, "acm-limits": a rate for each API.
        ("acm", "ListTagsForCertificate") => "acm:ListTagsForCertificate".to_owned(),
        // AWS General Reference, "Systems Manager endpoints and quotas": these share one rate.
        ("ssm", "GetParameter" | "GetParameters" | "GetParametersByPath") => {
            "ssm:GetParameters".to_owned()
        }
        _ => service.to_owned(),
    }
}

/// What a bucket of [`bucket_of`] holds.
///
/// Where AWS names a rate without a bucket, the bucket is one second of it. Where it names nothing (Auto Scaling, EKS, IAM, RDS, lists
/// of parameters, STS), half of EC2's is assumed.
pub(super) fn limit(bucket: &str) -> Limit {
    let (burst, per_second) = match bucket {
        // EC2 developer guide, "ec2-api-throttling": non-mutating actions.
        "ec2" => (100.0, 20.0),
        // Elastic Load Balancing user guide, "elb-api-throttling": non-mutating actions.
        "elasticloadbalancing" => (40.0, 10.0),
        // Route 53 developer guide, "DNSLimitations".
        "route53" => (5.0, 5.0),
        // ACM user guide, "acm-limits": ListCertificates, the smallest of those used here; ListTagsForCertificate.
        "acm" => (8.0, 8.0),
        "acm:ListTagsForCertificate" => (10.0, 10.0),
        // KMS developer guide, "requests-per-second": ListKeys, ListAliases.
        "kms" => (500.0, 500.0),
        // Secrets Manager user guide, "reference_limits": ListSecrets.
        "secretsmanager" => (100.0, 100.0),
        // S3 user guide, "optimizing-performance", names 5,500 reads of objects a second, and nothing for settings of buckets.
        "s3" => (100.0, 100.0),
        // AWS General Reference, "Systems Manager endpoints and quotas": the default throughput.
        "ssm:GetParameters" => (40.0, 40.0),
        // Service Quotas user guide, "reference_limits": ListServiceQuotas, and ten more in a burst.
        "servicequotas" => (20.0, 10.0),
        _ => (50.0, 10.0),
    };
    Limit { burst, per_second }
}

/// The share of the other tenant.
const OTHERS: f64 = 0.75;

/// A bucket in use. Times are seconds since it was full.
pub(super) struct Bucket {
    limit: Limit,
    tokens: f64,
    at_s: f64,
    /// Where there is another tenant, what came of its calls.
    tenant: Option<Tenant>,
}

impl Bucket {
    pub(super) fn new(limit: Limit, shared: bool) -> Self {
        Self {
            limit,
            tokens: limit.burst,
            at_s: 0.0,
            tenant: shared.then(Tenant::default),
        }
    }

    /// Takes a token for a call, after those that the other tenant has taken by now.
    pub(super) fn take(&mut self, at_s: f64) -> bool {
        self.tenant(at_s);
        self.take_one(at_s)
    }

    /// The other tenant's calls up to now, each made when its share of the bucket has grown by one more.
    pub(super) fn tenant(&mut self, at_s: f64) -> Tenant {
        while let Some(tenant) = self.tenant {
            let next = (tenant.served + tenant.refused + 1) as f64;
            let due = ((next / OTHERS - self.limit.burst) / self.limit.per_second).max(0.0);
            if due > at_s {
                return tenant;
            }
            let served = self.take_one(due);
            self.tenant = Some(Tenant {
                served: tenant.served + u64::from(served),
                refused: tenant.refused + u64::from(!served),
            });
        }
        Tenant::default()
    }

    fn take_one(&mut self, at_s: f64) -> bool {
        let came = (at_s - self.at_s).max(0.0) * self.limit.per_second;
        self.tokens = (self.tokens + came).min(self.limit.burst);
        self.at_s = self.at_s.max(at_s);
        let served = self.tokens >= 1.0;
        if served {
            self.tokens -= 1.0;
        }
        served
    }
}

/// What a service says where there is no token.
pub(super) fn refusal(service: &str) -> http::Result<Response> {
    let (status, code) = match service {
        "ec2" => (503, "RequestLimitExceeded"),
        "s3" => (503, "SlowDown"),
        "autoscaling" | "elasticloadbalancing" | "iam" | "rds" | "route53" | "sts" => {
            (400, "Throttling")
        }
        _ => (400, "ThrottlingException"),
    };
    let text = match service {
        "ec2" => format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>Request limit exceeded.</Message></Error></Errors></Response>"
        ),
        "s3" => {
            format!(
                "<Error><Code>{code}</Code><Message>Please reduce your request rate.</Message></Error>"
            )
        }
        _ if code == "Throttling" => format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
        ),
        _ => format!(r#"{{"__type":"{code}","message":"Rate exceeded"}}"#),
    };
    let kind = if text.starts_with('<') {
        "text/xml"
    } else {
        "application/x-amz-json-1.1"
    };
    let response = http::Response::builder().status(status);
    response
        .header(http::header::CONTENT_TYPE, kind)
        .body(Body::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_serves_its_capacity_at_once_and_then_its_refill() {
        let mut bucket = Bucket::new(limit("ec2"), false);
        let at_once = (0..200).filter(|_| bucket.take(0.0)).count();
        let after = (0..200).filter(|_| bucket.take(1.0)).count();
        assert_eq!((at_once, after), (100, 20));
    }

    #[test]
    fn who_takes_more_than_a_quarter_starves_the_other_tenant_and_who_takes_less_does_not() {
        let refused = |calls: u32, every_s: f64| {
            let mut bucket = Bucket::new(limit("ec2"), true);
            for call in 0..calls {
                bucket.take(f64::from(call) * every_s);
            }
            bucket.tenant(60.0).refused
        };
        assert_eq!(refused(25, 0.0), 0);
        assert_eq!(refused(250, 0.21), 0);
        assert!(refused(500, 0.1) > 0);
    }
}
