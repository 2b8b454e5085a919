//! Reads everything that stands in a site's account, one file a service.
//!
//! Each service is read by its own `Reader`: all pages, under a share of what the service allows, with what could
//! not be read as a gap. The calls are data ([`calls`]), so that an access policy can be written from them.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the short form names the SDK type by its whole path and hides which field is read"
)]

mod acm;
mod autoscaling;
mod budget;
mod ec2;
mod eks;
mod elb;
mod iam;
mod kms;
mod quotas;
mod rds;
mod reader;
mod route53;
mod s3;
mod scanner;
mod secrets;
mod service;
mod ssm;
mod sts;
mod terraform;
#[cfg(test)]
mod tests;
mod topic;
mod value;

pub use scanner::AwsScanner;
pub use topic::ScanCall;

use service::{GLOBAL, OFFERS, REGION, Service};

/// Every call that a scan may make, sorted, each once.
pub fn calls() -> Vec<ScanCall> {
    let services: [&[Service]; 3] = [REGION, GLOBAL, OFFERS];
    let topics = services.into_iter().flatten().flat_map(|s| s.topics);
    let mut calls: Vec<ScanCall> = topics.map(|topic| topic.scan_call()).collect();
    calls.sort();
    calls.dedup();
    calls
}
