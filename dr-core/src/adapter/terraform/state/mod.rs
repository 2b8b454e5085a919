//! A state, as Terraform keeps it in a bucket: which addresses manage which real things, and what it says of a few harmless
//! attributes. Pure.
//!
//! A state holds passwords and keys in plain text. So what is kept of it is a closed list (`kept`), and an attribute that the
//! state itself marks as sensitive is left out even if it stands there.

mod kept;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::model::{Resource, ResourceKind as Kind};

/// The state's form that is understood (Terraform since 0.12).
const VERSION: u64 = 4;

/// Why a text is not understood as a state. The text itself is not quoted: it may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no JSON, or JSON of something else.
    #[error("{id} is no Terraform state: line {line}, column {column}")]
    NoState {
        /// Bucket and key.
        id: String,
        /// Where reading ended, from 1.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// It is of another form.
    #[error("{id} has form {form}, and only {VERSION} is understood")]
    Form {
        /// Bucket and key.
        id: String,
        /// The form that it names.
        form: u64,
    },
}

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
    index_key: Option<Value>,
    /// Set where it waits for its removal, after another took its place.
    #[serde(default)]
    deposed: Option<String>,
    #[serde(default)]
    attributes: Option<Map<String, Value>>,
    /// Paths into the attributes, each a list of steps.
    #[serde(default)]
    sensitive_attributes: Vec<Vec<Step>>,
}

/// A step of a path: an attribute's name, or a place in a list.
#[derive(Deserialize)]
struct Step {
    value: Value,
}

impl Instance {
    /// Whether the state marks an attribute, a part of it, or everything as sensitive.
    fn is_sensitive(&self, attribute: &str) -> bool {
        let mut paths = self.sensitive_attributes.iter();
        paths.any(|path| path.first().is_none_or(|step| step.value == attribute))
    }
}

/// The state and what it manages, as resources of a scan. `id` names it: bucket and key.
///
/// # Errors
/// A text that is no state, or one of another form.
pub fn resources(id: &str, text: &[u8]) -> Result<Vec<Resource>, Unreadable> {
    let state: State = serde_json::from_slice(text).map_err(|error| Unreadable::NoState {
        id: id.to_owned(),
        line: error.line(),
        column: error.column(),
    })?;
    if state.version != VERSION {
        return Err(Unreadable::Form {
            id: id.to_owned(),
            form: state.version,
        });
    }
    let managed = state.resources.iter();
    let managed = managed.filter(|managed| managed.mode == "managed");
    let managed = managed.flat_map(|managed| {
        let instances = managed.instances.iter();
        instances.map(move |instance| resource(id, managed, instance))
    });
    let managed: Vec<Resource> = managed.collect();
    let summary = Resource::new(Kind::TerraformState, id)
        .with("serial", state.serial)
        .with("lineage", state.lineage)
        .with("terraform-version", state.terraform_version)
        .with("resources", managed.len());
    Ok(std::iter::once(summary).chain(managed).collect())
}

fn resource(state: &str, managed: &Managed, instance: &Instance) -> Resource {
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
    let attributes = instance.attributes.as_ref().filter(|_| is_aws);
    let text = |name: &str| attributes?.get(name)?.as_str();
    let known = kept::of_type(&managed.kind).filter(|_| is_aws);
    let resource = Resource::new(Kind::TerraformResource, format!("{state}:{address}"))
        .named(Some(&address))
        .arn(text("arn"))
        .with("state", state)
        .with("type", managed.kind.as_str())
        .with("manages", known.map(|known| known.manages.name()))
        .with("managed-id", text("id"));
    // What waits for its removal is not what the state says of the thing that took its place.
    let said = known.zip(attributes);
    let said = said.filter(|_| instance.deposed.is_none());
    let Some((known, attributes)) = said else {
        return resource;
    };
    let values = known.values(attributes, |attribute| instance.is_sensitive(attribute));
    resource.with("values", values)
}

#[cfg(test)]
mod tests;
