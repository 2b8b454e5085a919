//! Secrets Manager: names, rotation and replication. No call that could return a value is made.

use aws_sdk_secretsmanager::types::{ReplicationStatusType, SecretListEntry};
use serde_json::Value;

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{instant, object, sorted_values, tags, word};
use crate::model::{Resource, ResourceKind as Kind};

const SECRETS: Topic = Topic::new(Kind::SecretsManagerSecret, "secretsmanager", "ListSecrets");
const SECRET: Topic = Topic::new(
    Kind::SecretsManagerSecret,
    "secretsmanager",
    "DescribeSecret",
);

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[SECRETS, SECRET];

/// Reads the secrets. Only one that is replicated is asked about by itself: the list does not tell how its copies are.
pub(super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
    let secrets = aws_sdk_secretsmanager::Client::new(reader.site().regional());
    reader
        .list(
            &SECRETS,
            |token| {
                secrets
                    .list_secrets()
                    .max_results(100)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                (
                    page.next_token.clone(),
                    page.secret_list().iter().map(secret).collect(),
                )
            },
        )
        .await;
    let own = reader.site().site().region.to_string();
    let listed = reader.of_kind(Kind::SecretsManagerSecret);
    let replicated: Vec<String> = listed
        .filter(|secret| secret.text("primary-region") == Some(&own))
        .map(|secret| secret.id.clone())
        .collect();
    for id in replicated {
        match reader
            .ask(&SECRET, || secrets.describe_secret().secret_id(&id).send())
            .await
        {
            Ok(answer) => {
                let copies = sorted_values(answer.replication_status().iter().map(copy));
                for secret in reader
                    .of_kind(Kind::SecretsManagerSecret)
                    .filter(|s| s.id == id)
                {
                    *secret = secret.clone().with("replicas", copies.clone());
                }
            }
            Err(refusal) => reader.lacks(&SECRET, refusal, &id, &["replicas"]),
        }
    }
}

fn secret(secret: &SecretListEntry) -> Resource {
    Resource::new(Kind::SecretsManagerSecret, secret.arn().unwrap_or_default())
        .named(secret.name())
        .arn(secret.arn())
        .tagged(tags!(secret.tags()))
        .with("key", secret.kms_key_id())
        .with("primary-region", secret.primary_region())
        .with("rotation", secret.rotation_enabled())
        .with("rotated", instant(secret.last_rotated_date()))
        .with("changed", instant(secret.last_changed_date()))
        .with("owning-service", secret.owning_service())
}

fn copy(copy: &ReplicationStatusType) -> Value {
    object([
        ("region", copy.region().into()),
        ("status", word(copy.status()).into()),
        ("message", copy.status_message().into()),
        ("key", copy.kms_key_id().into()),
    ])
}
