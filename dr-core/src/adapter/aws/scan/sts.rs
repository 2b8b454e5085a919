//! STS: whose account this is. Needs no permission.

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use crate::model::{Resource, ResourceKind as Kind};

const IDENTITY: Topic = Topic::new(Kind::StsAccount, "sts", "GetCallerIdentity").of_data();

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[IDENTITY];

/// Reads the account.
pub(super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
    let sts = aws_sdk_sts::Client::new(reader.site().regional());
    match reader
        .ask(&IDENTITY, || sts.get_caller_identity().send())
        .await
    {
        Ok(identity) => {
            let account = Resource::new(Kind::StsAccount, identity.account().unwrap_or_default());
            reader.keep([account.with("caller", identity.arn())]);
        }
        Err(refusal) => reader.missing(&IDENTITY, refusal, 0),
    }
}
