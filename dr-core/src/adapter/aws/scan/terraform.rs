//! Gets the Terraform states of the estate's stacks.

use futures_util::future::{Either, select};
use std::pin::pin;

use aws_sdk_s3::primitives::ByteStream;

use super::reader::{Reader, Refusal};
use super::scanner::Wanted;
use super::topic::Topic;
use crate::adapter::aws::AwsSite;
use crate::adapter::terraform::state;
use crate::model::{Duration, GapClass, ResourceKind as Kind};

const STATE: Topic = Topic::new(Kind::TerraformState, "s3", "GetObject").of_data();

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[STATE, STATE.of(Kind::TerraformResource)];

/// How long the body of a state may take: the session's own bound ends with the answer's first line.
const BODY: Duration = Duration::from_secs(20);

/// Reads the states.
pub(super) async fn read(reader: &mut Reader<'_>, wanted: &Wanted) {
    let s3 = reader.site().s3();
    for (bucket, key) in &wanted.states {
        let asked = reader
            .ask(&STATE, || s3.get_object().bucket(bucket).key(key).send())
            .await;
        let read = match asked {
            // No state object: nothing was applied yet.
            Err(refusal) if refusal.not_found => continue,
            Err(refusal) => Err(refusal),
            Ok(answer) => body(reader.site(), answer.body).await,
        };
        let read = read.and_then(|text| {
            let resources = state::resources(&format!("{bucket}/{key}"), &text);
            resources.map_err(|unreadable| failed(unreadable.to_string()))
        });
        match read {
            Ok(resources) => reader.keep(resources),
            Err(refusal) => {
                reader.missing(&STATE, refusal.clone(), 0);
                reader.missing(&STATE.of(Kind::TerraformResource), refusal, 0);
            }
        }
    }
}

fn failed(reason: String) -> Refusal {
    Refusal {
        class: GapClass::Failed,
        reason,
        not_found: false,
    }
}

async fn body(site: &AwsSite, body: ByteStream) -> Result<Vec<u8>, Refusal> {
    match select(pin!(body.collect()), site.clock().sleep(BODY)).await {
        Either::Left((Ok(bytes), _)) => Ok(bytes.to_vec()),
        Either::Left((Err(error), _)) => Err(failed(format!("the state broke off: {error}"))),
        Either::Right(_) => Err(failed(format!("the state did not arrive within {BODY}"))),
    }
}
