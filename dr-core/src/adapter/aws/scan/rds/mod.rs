//! RDS: instances, what they are set up by, what they can be restored from, and what can be ordered.

mod groups;
mod instance;
mod offers;

pub(super) use offers::{TOPICS as OFFER_TOPICS, read as read_offers};

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use crate::adapter::aws::AwsSite;

/// Results a page, the most that every list of RDS takes.
const PAGE: i32 = 100;

/// What is asked of a region.
pub(super) const TOPICS: &[Topic] = &[
    instance::INSTANCES,
    instance::SNAPSHOTS,
    groups::SUBNET_GROUPS,
    groups::PARAMETER_GROUPS,
    groups::PARAMETERS,
    groups::OPTION_GROUPS,
    groups::TAGS,
];

/// Reads the databases.
pub(super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
    let rds = client(reader.site());
    instance::read(reader, &rds).await;
    groups::read(reader, &rds).await;
}

fn client(site: &AwsSite) -> aws_sdk_rds::Client {
    aws_sdk_rds::Client::new(site.regional())
}
