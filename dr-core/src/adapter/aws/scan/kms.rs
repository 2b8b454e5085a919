//! KMS: the keys of the account.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeyState, OriginType};

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{instant, policy, sorted, word};
use crate::model::{ALIAS_OF_AWS, Resource, ResourceKind as Kind};

const KEYS: Topic = Topic::new(Kind::KmsKey, "kms", "ListKeys");
const ALIASES: Topic = Topic::new(Kind::KmsKey, "kms", "ListAliases");
const KEY: Topic = Topic::new(Kind::KmsKey, "kms", "DescribeKey");
const TAGS: Topic = Topic::new(Kind::KmsKey, "kms", "ListResourceTags");
const POLICY: Topic = Topic::new(Kind::KmsKey, "kms", "GetKeyPolicy");
const ROTATION: Topic = Topic::new(Kind::KmsKey, "kms", "GetKeyRotationStatus");

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[KEYS, ALIASES, KEY, TAGS, POLICY, ROTATION];

/// Reads the keys.
pub(super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
    let kms = Client::new(reader.site().regional());
    let aliases = reader
        .pages(
            &ALIASES,
            |token| kms.list_aliases().limit(100).set_marker(token).send(),
            |page| {
                let aliases = page.aliases().iter().filter_map(|alias| {
                    Some((
                        alias.target_key_id()?.to_owned(),
                        alias.alias_name()?.to_owned(),
                    ))
                });
                (page.next_marker.clone(), aliases.collect())
            },
        )
        .await;
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, alias) in aliases {
        names.entry(key).or_default().insert(alias);
    }
    let keys = reader
        .pages(
            &KEYS,
            |token| kms.list_keys().limit(1_000).set_marker(token).send(),
            |page| {
                let keys = page.keys().iter().filter_map(|key| {
                    Some((key.key_id()?.to_owned(), key.key_arn().map(str::to_owned)))
                });
                (page.next_marker.clone(), keys.collect())
            },
        )
        .await;
    for (id, arn) in keys {
        let aliases = names.remove(&id).unwrap_or_default();
        // Nobody configures these; they are kept by their name, so that who uses one is known to.
        if aliases.iter().any(|alias| alias.starts_with(ALIAS_OF_AWS)) {
            reader.keep([of_aws(&id, arn.as_deref(), &aliases)]);
        } else {
            key(reader, &kms, &id, &aliases).await;
        }
    }
}

fn of_aws(id: &str, arn: Option<&str>, aliases: &BTreeSet<String>) -> Resource {
    Resource::new(Kind::KmsKey, id)
        .named(aliases.first().map(String::as_str))
        .arn(arn)
        .with("aliases", sorted(aliases))
        .with("manager", KeyManagerType::Aws.as_str())
}

async fn key(reader: &mut Reader<'_>, kms: &Client, id: &str, aliases: &BTreeSet<String>) {
    let answer = match reader
        .ask(&KEY, || kms.describe_key().key_id(id).send())
        .await
    {
        Ok(answer) => answer,
        Err(refusal) => {
            reader.missing(&KEY, refusal, 0);
            return;
        }
    };
    let Some(metadata) = answer.key_metadata() else {
        return;
    };
    if metadata.key_manager() == Some(&KeyManagerType::Aws) {
        reader.keep([of_aws(id, metadata.arn(), aliases)]);
        return;
    }
    let mut resource = described(metadata, aliases);
    let tags = reader
        .pages(
            &TAGS,
            |token| kms.list_resource_tags().key_id(id).set_marker(token).send(),
            |page| {
                let tags = page.tags().iter();
                let tags = tags.map(|tag| (tag.tag_key().to_owned(), tag.tag_value().to_owned()));
                (page.next_marker.clone(), tags.collect())
            },
        )
        .await;
    resource = resource.tagged(tags);
    // The only name that a key policy can have (KMS API reference, GetKeyPolicy); not every server takes it for granted.
    match reader
        .ask(&POLICY, || {
            kms.get_key_policy()
                .key_id(id)
                .policy_name("default")
                .send()
        })
        .await
    {
        Ok(answer) => resource = resource.with("policy", answer.policy().map(policy)),
        Err(refusal) => reader.lacks(&POLICY, refusal, id, &["policy"]),
    }
    if can_rotate(metadata) {
        match reader
            .ask(&ROTATION, || {
                kms.get_key_rotation_status().key_id(id).send()
            })
            .await
        {
            Ok(status) => {
                resource = resource
                    .with("rotation", status.key_rotation_enabled())
                    .with("rotation-days", status.rotation_period_in_days());
            }
            Err(refusal) => reader.lacks(&ROTATION, refusal, id, &["rotation"]),
        }
    }
    reader.keep([resource]);
}

/// Only keys whose material KMS made itself, and that are not being deleted, have a rotation (KMS developer guide,
/// "rotate-keys"); of others the question fails.
fn can_rotate(metadata: &KeyMetadata) -> bool {
    metadata.origin() == Some(&OriginType::AwsKms)
        && metadata.key_state() != Some(&KeyState::PendingDeletion)
}

fn described(metadata: &KeyMetadata, aliases: &BTreeSet<String>) -> Resource {
    let multi = metadata.multi_region_configuration();
    let replicas = multi.into_iter().flat_map(|multi| multi.replica_keys());
    let primary = multi.and_then(|multi| multi.primary_key());
    Resource::new(Kind::KmsKey, metadata.key_id())
        .named(aliases.first().map(String::as_str))
        .arn(metadata.arn())
        .with("aliases", sorted(aliases))
        .with("manager", word(metadata.key_manager()))
        .with("state", word(metadata.key_state()))
        .with("usage", word(metadata.key_usage()))
        .with("spec", word(metadata.key_spec()))
        .with("origin", word(metadata.origin()))
        .with("multi-region", metadata.multi_region())
        .with(
            "multi-region-type",
            word(multi.and_then(|multi| multi.multi_region_key_type())),
        )
        .with("multi-region-primary", primary.and_then(|key| key.region()))
        .with(
            "multi-region-replicas",
            sorted(replicas.filter_map(|key| key.region())),
        )
        .with("deleted-at", instant(metadata.deletion_date()))
}
