//! EC2.
//!
//! Network and machines are read side by side: together they are the most calls of a scan.

mod compute;
mod network;
mod offers;
mod rules;

pub(super) use compute::{TOPICS as COMPUTE_TOPICS, read as read_compute};
pub(super) use network::{TOPICS as NETWORK_TOPICS, read as read_network};
pub(super) use offers::{TOPICS as OFFER_TOPICS, read as read_offers};

use crate::adapter::aws::AwsSite;

/// Results a page: the most that every list of EC2 takes.
const PAGE: i32 = 1_000;

fn client(site: &AwsSite) -> aws_sdk_ec2::Client {
    aws_sdk_ec2::Client::new(site.regional())
}
