//! Secrets that are kept in AWS.

use async_trait::async_trait;
use secrecy::SecretString;

use super::AwsSite;
use crate::adapter::{LocalSecrets, Secrets};
use crate::model::SecretRef;
use crate::port::{ErrorClass, PortResult};

/// The secrets that bindings of a site name.
pub struct SiteSecrets {
    local: LocalSecrets,
    site: AwsSite,
}

impl SiteSecrets {
    /// Those of this machine, and those in the region of `site`.
    pub fn new(local: LocalSecrets, site: AwsSite) -> Self {
        Self { local, site }
    }
}

#[async_trait]
impl Secrets for SiteSecrets {
    async fn read(&self, secret: &SecretRef) -> PortResult<SecretString> {
        resolve(secret, &self.local, &self.site).await
    }
}

/// Reads a secret: from AWS Secrets Manager or from a SecureString parameter in the region of `site`, or from the operator's
/// machine.
///
/// # Errors
/// What the service said; [`ErrorClass::Invalid`] for one that the operator's machine does not have. No error holds any part
/// of a secret.
pub async fn resolve(
    secret: &SecretRef,
    local: &LocalSecrets,
    site: &AwsSite,
) -> PortResult<SecretString> {
    match secret {
        SecretRef::SecretsManager(name) => from_secrets_manager(name, site).await,
        SecretRef::Ssm(name) => from_parameter(name, site).await,
        SecretRef::Env(_) | SecretRef::File(_) => local
            .resolve(secret)
            .map_err(|error| site.error(ErrorClass::Invalid, "secret", error.to_string())),
    }
}

async fn from_secrets_manager(name: &str, site: &AwsSite) -> PortResult<SecretString> {
    let operation = "secretsmanager:GetSecretValue";
    let client = aws_sdk_secretsmanager::Client::new(site.regional());
    let answer = site
        .read(operation, || {
            client.get_secret_value().secret_id(name).send()
        })
        .await?;
    let text = answer.secret_string.map(SecretString::from);
    text.ok_or_else(|| {
        site.error(
            ErrorClass::Invalid,
            operation,
            format!("{name} holds no text"),
        )
    })
}

async fn from_parameter(name: &str, site: &AwsSite) -> PortResult<SecretString> {
    let operation = "ssm:GetParameter";
    let client = aws_sdk_ssm::Client::new(site.regional());
    let answer = site
        .read(operation, || {
            client
                .get_parameter()
                .name(name)
                .with_decryption(true)
                .send()
        })
        .await?;
    let text = answer.parameter.and_then(|parameter| parameter.value);
    text.map(SecretString::from).ok_or_else(|| {
        site.error(
            ErrorClass::Invalid,
            operation,
            format!("{name} holds nothing"),
        )
    })
}
