//! S3: the estate's own buckets.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    PublicAccessBlockConfiguration, ReplicationRule, ServerSideEncryptionRule,
};
use futures_util::future::join5;
use serde_json::Value;

use super::reader::{Reader, Refusal};
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{object, policy as policy_of, sorted_values, word};
use crate::model::{Resource, ResourceKind as Kind};

const BUCKET: Kind = Kind::S3Bucket;
const VERSIONING: Topic = Topic::new(BUCKET, "s3", "GetBucketVersioning");
const ENCRYPTION: Topic =
    Topic::new(BUCKET, "s3", "GetBucketEncryption").allowed_by("GetEncryptionConfiguration");
const REPLICATION: Topic =
    Topic::new(BUCKET, "s3", "GetBucketReplication").allowed_by("GetReplicationConfiguration");
const POLICY: Topic = Topic::new(BUCKET, "s3", "GetBucketPolicy");
const PUBLIC: Topic =
    Topic::new(BUCKET, "s3", "GetPublicAccessBlock").allowed_by("GetBucketPublicAccessBlock");
const TAGS: Topic = Topic::new(BUCKET, "s3", "GetBucketTagging");

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[VERSIONING, ENCRYPTION, REPLICATION, POLICY, PUBLIC, TAGS];

/// Reads the buckets that the estate names: an account holds many that are none of its business.
pub(super) async fn read(reader: &mut Reader<'_>, wanted: &Wanted) {
    let s3 = reader.site().s3();
    for name in &wanted.buckets {
        let mut bucket = Resource::new(BUCKET, name).named(Some(name));
        let asked = reader
            .ask(&VERSIONING, || {
                s3.get_bucket_versioning().bucket(name).send()
            })
            .await;
        match asked {
            Ok(answer) => {
                bucket = bucket
                    .with("versioning", word(answer.status()))
                    .with("mfa-delete", word(answer.mfa_delete()));
            }
            // Of a bucket that is there, this is always set.
            Err(refusal) if refusal.not_found => continue,
            Err(refusal) => {
                reader.lacks(&VERSIONING, refusal, name, &["versioning", "mfa-delete"]);
            }
        }
        let gaps = reader.gaps.len();
        let bucket = settings(reader, &s3, name, bucket).await;
        let known = !bucket.attributes.is_empty() || !bucket.tags.is_empty();
        if known || reader.gaps.len() == gaps {
            reader.keep([bucket]);
        } else {
            // Nothing was answered: whether the bucket is there is not known either.
            for gap in &mut reader.gaps {
                if gap.about.as_ref() == Some(name) {
                    gap.attributes.clear();
                }
            }
        }
    }
}

/// An answer, or nothing where the service says that nothing is set; a gap for everything else.
fn set<T>(
    reader: &mut Reader<'_>,
    topic: &Topic,
    bucket: &str,
    attribute: &str,
    answer: Result<T, Refusal>,
) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(refusal) if refusal.not_found => None,
        Err(refusal) => {
            reader.lacks(topic, refusal, bucket, &[attribute]);
            None
        }
    }
}

/// What is set of a bucket that answers: all of it is asked for at once.
async fn settings(reader: &mut Reader<'_>, s3: &Client, name: &str, bucket: Resource) -> Resource {
    let (encryption, replication, policy, public, tags) = join5(
        Box::pin(reader.ask(&ENCRYPTION, || {
            s3.get_bucket_encryption().bucket(name).send()
        })),
        Box::pin(reader.ask(&REPLICATION, || {
            s3.get_bucket_replication().bucket(name).send()
        })),
        Box::pin(reader.ask(&POLICY, || s3.get_bucket_policy().bucket(name).send())),
        Box::pin(reader.ask(&PUBLIC, || s3.get_public_access_block().bucket(name).send())),
        Box::pin(reader.ask(&TAGS, || s3.get_bucket_tagging().bucket(name).send())),
    )
    .await;
    let encryption = set(reader, &ENCRYPTION, name, "encryption", encryption);
    let encryption = encryption
        .as_ref()
        .and_then(|answer| answer.server_side_encryption_configuration());
    let replication = set(reader, &REPLICATION, name, "replication", replication);
    let replication = replication
        .as_ref()
        .and_then(|answer| answer.replication_configuration());
    let policy = set(reader, &POLICY, name, "policy", policy);
    let policy = policy.as_ref().and_then(|answer| answer.policy());
    let public = set(reader, &PUBLIC, name, "public-block", public);
    let public = public
        .as_ref()
        .and_then(|answer| answer.public_access_block_configuration());
    let tags = set(reader, &TAGS, name, "tags", tags);
    let tags = tags.iter().flat_map(|answer| answer.tag_set());

    let encryption = encryption.into_iter().flat_map(|set| set.rules());
    let replication = replication.into_iter().flat_map(|set| set.rules());
    bucket
        .with("encryption", sorted_values(encryption.map(encryption_rule)))
        .with(
            "replication",
            sorted_values(replication.map(replication_rule)),
        )
        .with("policy", policy.map(policy_of))
        .with("public-block", public.map(public_block))
        .tagged(tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned())))
}

fn encryption_rule(rule: &ServerSideEncryptionRule) -> Value {
    let default = rule.apply_server_side_encryption_by_default();
    object([
        (
            "algorithm",
            default
                .map(|default| default.sse_algorithm().as_str())
                .into(),
        ),
        (
            "key",
            default
                .and_then(|default| default.kms_master_key_id())
                .into(),
        ),
        ("bucket-key", rule.bucket_key_enabled().into()),
    ])
}

fn replication_rule(rule: &ReplicationRule) -> Value {
    let to = rule.destination();
    let deletes = rule.delete_marker_replication();
    let filter = rule.filter();
    #[expect(
        deprecated,
        reason = "configurations of the first version still have it"
    )]
    let prefix = rule.prefix().or(filter.and_then(|filter| filter.prefix()));
    object([
        ("id", rule.id().into()),
        ("status", rule.status().as_str().into()),
        ("priority", rule.priority().into()),
        ("prefix", prefix.into()),
        ("bucket", to.map(|to| to.bucket()).into()),
        ("account", to.and_then(|to| to.account()).into()),
        (
            "delete-markers",
            word(deletes.and_then(|deletes| deletes.status())).into(),
        ),
    ])
}

fn public_block(block: &PublicAccessBlockConfiguration) -> Value {
    object([
        ("block-acls", block.block_public_acls().into()),
        ("ignore-acls", block.ignore_public_acls().into()),
        ("block-policy", block.block_public_policy().into()),
        ("restrict", block.restrict_public_buckets().into()),
    ])
}
