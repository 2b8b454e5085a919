//! The Terraform states of the estate's stacks: which addresses manage which real things.

use futures_util::future::{Either, select};
use serde::Deserialize;
use std::pin::pin;

use aws_sdk_s3::primitives::ByteStream;

use super::reader::{Reader, Refusal};
use super::scanner::Wanted;
use super::topic::Topic;
use crate::adapter::aws::AwsSite;
use crate::model::{Duration, GapClass, Resource, ResourceKind as Kind};

const STATE: Topic = Topic::new(Kind::TerraformState, "s3", "GetObject").of_data();

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[STATE, STATE.of(Kind::TerraformResource)];

/// How long the body of a state may take: the session's own bound ends with the answer's first line.
const BODY: Duration = Duration::from_secs(20);

/// The state's form that is understood (Terraform since 0.12).
const VERSION: u64 = 4;

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
        match read.and_then(|text| resources(&format!("{bucket}/{key}"), &text)) {
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

/// Of a state, only what is named here is read: values may be secret, and are left where they are.
#[derive(Deserialize)]
struct State {
    version: u64,
    #[serde(default)]
    terraform_version: String,
    #[serde(default)]
    serial: u64,
    #[serde(default)]
    lineage: String,
    #[serde(default)]
    resources: Vec<Managed>,
}

#[derive(Deserialize)]
struct Managed {
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    module: Option<String>,
    #[serde(default)]
    provider: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Option<serde_json::Value>,
    #[serde(default)]
    attributes: Option<Identity>,
}

#[derive(Deserialize, Default)]
struct Identity {
    #[serde(default)]
    id: Option<serde_json::Value>,
    #[serde(default)]
    arn: Option<serde_json::Value>,
}

fn resources(state_id: &str, text: &[u8]) -> Result<Vec<Resource>, Refusal> {
    // The parser's words may quote the text, which may be secret: only the place is told.
    let state: State = serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        failed(format!(
            "{state_id} is no Terraform state: line {line}, column {column}"
        ))
    })?;
    if state.version != VERSION {
        let version = state.version;
        return Err(failed(format!(
            "{state_id} has form {version}, and only {VERSION} is understood"
        )));
    }
    let managed: Vec<Resource> = state
        .resources
        .iter()
        .filter(|managed| managed.mode == "managed")
        .flat_map(|managed| {
            managed
                .instances
                .iter()
                .map(move |one| resource(state_id, managed, one))
        })
        .collect();
    let summary = Resource::new(Kind::TerraformState, state_id)
        .with("serial", state.serial)
        .with("lineage", state.lineage)
        .with("terraform-version", state.terraform_version)
        .with("resources", managed.len());
    Ok(std::iter::once(summary).chain(managed).collect())
}

fn resource(state_id: &str, managed: &Managed, instance: &Instance) -> Resource {
    let mut address = match &managed.module {
        Some(module) => format!("{module}.{}.{}", managed.kind, managed.name),
        None => format!("{}.{}", managed.kind, managed.name),
    };
    if let Some(key) = &instance.index_key {
        // `[0]` or `["a"]`, as Terraform writes it.
        address = format!("{address}[{key}]");
    }
    // Other providers' ids may be the secret itself: that of `random_string` is.
    let is_aws = managed.provider.contains("/hashicorp/aws\"");
    let identity = instance.attributes.as_ref().filter(|_| is_aws);
    let text = |value: Option<&serde_json::Value>| value?.as_str().map(str::to_owned);
    let arn = text(identity.and_then(|identity| identity.arn.as_ref()));
    Resource::new(Kind::TerraformResource, format!("{state_id}:{address}"))
        .named(Some(&address))
        .arn(arn.as_deref())
        .with("state", state_id)
        .with("type", managed.kind.as_str())
        .with(
            "managed-id",
            text(identity.and_then(|identity| identity.id.as_ref())),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"version":4,"terraform_version":"1.11.4","serial":7,"lineage":"l","outputs":{"p":{"value":"hunter2"}},
        "resources":[
          {"mode":"managed","type":"aws_db_instance","name":"main","module":"module.site","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]",
           "instances":[{"index_key":0,"attributes":{"id":"db-1","arn":"arn:aws:rds:x","password":"hunter2"}}]},
          {"mode":"managed","type":"random_string","name":"login","provider":"provider[\"registry.terraform.io/hashicorp/random\"]",
           "instances":[{"attributes":{"id":"hunter2","result":"hunter2"}}]},
          {"mode":"data","type":"aws_ami","name":"a","provider":"","instances":[{"attributes":{"id":"ami-1"}}]}]}"#;

    #[test]
    fn a_state_gives_addresses_and_ids_and_no_secret() {
        let resources = resources("b/k", TEXT.as_bytes()).expect("a state");
        assert_eq!(resources.len(), 3);
        assert_eq!(
            resources[1].name.as_deref(),
            Some("module.site.aws_db_instance.main[0]")
        );
        assert_eq!(resources[1].text("managed-id"), Some("db-1"));
        let written = serde_json::to_string(&resources).expect("JSON");
        assert!(!written.contains("hunter2"), "{written}");
    }

    #[test]
    fn a_text_that_is_no_state_is_told_without_the_text() {
        let refusal = resources("b/k", br#"{"version":"hunter2"}"#).expect_err("refused");
        assert!(!refusal.reason.contains("hunter2"), "{}", refusal.reason);
        assert!(refusal.reason.contains("line 1"));
        assert!(resources("b/k", br#"{"version":3}"#).is_err());
    }
}
