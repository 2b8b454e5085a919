//! The address in a field of a secret, beside what else the application reads there: its login, the port.
//!
//! The secret is a JSON object, and only the field's value is changed: every other byte stays as it was. A write makes a new
//! version, which becomes the current one; the one before stays as `AWSPREVIOUS`. The version's id is made from the one that was
//! read and the address, so that a repeated write of the same change is the same version, and Secrets Manager does nothing
//! (API reference, `PutSecretValue`). It is not made from the content: an id is no secret, and a password could be guessed
//! from it.

use std::ops::Range;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Map, Value};
use sha2::{Digest as _, Sha256};

use super::{in_the_form_of, names};
use crate::adapter::aws::rds::{RdsDatabase, says};
use crate::port::{ErrorClass, Permit, PortError, PortResult};

const GET: &str = "secretsmanager:GetSecretValue";
pub(super) const PUT: &str = "secretsmanager:PutSecretValue";

/// The current version of a secret.
struct Held {
    version: String,
    text: SecretString,
}

impl RdsDatabase {
    /// Whether that field of the secret names the address. A secret that is not there names none.
    pub(super) async fn secret_names(
        &self,
        name: &str,
        key: &str,
        address: &str,
    ) -> PortResult<bool> {
        let held = match self.held_secret(name).await {
            Err(error) if says(&error, "ResourceNotFoundException") => return Ok(false),
            held => held?,
        };
        let value = field(held.text.expose_secret(), key);
        Ok(value.is_some_and(|value| names(&value, address)))
    }

    /// Writes the address into that field of the secret. One that is not there is not made: it holds a login, too.
    pub(super) async fn write_secret(
        &self,
        name: &str,
        key: &str,
        address: &str,
        permit: &Permit,
    ) -> PortResult<()> {
        let held = self.held_secret(name).await?;
        let text = held.text.expose_secret();
        let value = match field(text, key) {
            Some(value) if names(&value, address) => return Ok(()),
            Some(value) => in_the_form_of(&value, address),
            None => address.to_owned(),
        };
        let changed = with_field(text, key, &value);
        let changed = changed.ok_or_else(|| self.no_object(PUT, name, key))?;
        let changed = SecretString::from(changed);
        let version = next_version(&permit.token, &held.version, &value);
        self.aws
            .change(PUT, permit, || {
                self.keeper
                    .put_secret_value()
                    .secret_id(name)
                    .client_request_token(&version)
                    .secret_string(changed.expose_secret())
                    .send()
            })
            .await?;
        Ok(())
    }

    /// Whether an address could be written into that field.
    pub(super) async fn check_secret(&self, name: &str, key: &str) -> PortResult<()> {
        let held = self.held_secret(name).await?;
        let changed = with_field(held.text.expose_secret(), key, "").map(SecretString::from);
        changed
            .map(drop)
            .ok_or_else(|| self.no_object(GET, name, key))
    }

    fn no_object(&self, operation: &str, name: &str, key: &str) -> PortError {
        let message = format!("{name} holds no JSON object, so it has no field `{key}`");
        self.here.error(ErrorClass::Invalid, operation, message)
    }

    async fn held_secret(&self, name: &str) -> PortResult<Held> {
        let answer = self
            .aws
            .read(GET, || {
                self.keeper.get_secret_value().secret_id(name).send()
            })
            .await?;
        let text = answer.secret_string.map(SecretString::from);
        let text = text.ok_or_else(|| {
            let message = format!("{name} holds no text");
            self.here.error(ErrorClass::Invalid, GET, message)
        })?;
        Ok(Held {
            version: answer.version_id.unwrap_or_default(),
            text,
        })
    }
}

/// The id of the version that a change makes: 64 characters, the most that there may be (`ClientRequestToken`).
pub(super) fn next_version(token: &str, version: &str, value: &str) -> String {
    let parts = [token, version, value].join("\n");
    format!("{:x}", Sha256::digest(parts))
}

/// The text at `key` of a JSON object.
pub(super) fn field(object: &str, key: &str) -> Option<String> {
    let object: Map<String, Value> = serde_json::from_str(object).ok()?;
    object.get(key)?.as_str().map(str::to_owned)
}

/// A JSON object with another text at `key`, every other byte as it was; `None` where it is no object.
pub(super) fn with_field(object: &str, key: &str, value: &str) -> Option<String> {
    let members: Map<String, Value> = serde_json::from_str(object).ok()?;
    let value = Value::from(value).to_string();
    let mut changed = object.to_owned();
    let spans = spans(object, key)?;
    if spans.is_empty() {
        let comma = if members.is_empty() { "" } else { "," };
        let member = format!("{}:{value}{comma}", Value::from(key));
        changed.insert_str(object.find('{')? + 1, &member);
    }
    // A key may stand there twice. From the end, so that the places before stay what they are.
    for span in spans.into_iter().rev() {
        changed.replace_range(span, &value);
    }
    Some(changed)
}

/// Where the values of `key` stand in a sound JSON object.
fn spans(object: &str, key: &str) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut at = object.find('{')? + 1;
    while let Some((name, end)) = next::<String>(object, at) {
        let start = end + object[end..].find(':')? + 1;
        let start = object.len() - object[start..].trim_start().len();
        let (_, end) = next::<IgnoredAny>(object, start)?;
        if name == key {
            found.push(start..end);
        }
        let rest = object[end..].trim_start();
        at = object.len() - rest.len() + usize::from(rest.starts_with(','));
    }
    Some(found)
}

/// The JSON value that begins at `at`, and where it ends.
fn next<T: serde::de::DeserializeOwned>(text: &str, at: usize) -> Option<(T, usize)> {
    let mut values = Deserializer::from_str(&text[at..]).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, at + values.byte_offset()))
}
