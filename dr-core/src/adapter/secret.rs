//! Secrets that are kept on the operator's machine.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::model::SecretRef;
use crate::port::{ErrorClass, PortError, PortResult};

/// Reads secrets when they are needed, wherever they are kept.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Reads one.
    ///
    /// # Errors
    /// Why it cannot be had; no error holds any part of a secret.
    async fn read(&self, secret: &SecretRef) -> PortResult<SecretString>;
}

/// A secret that could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable was not given.
    #[error("the environment variable {0} is not set")]
    NotGiven(String),
    /// The file cannot be read.
    #[error("the file {path} cannot be read")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others than its owner may read the file.
    #[error("the file {0} may be read by others than its owner: chmod 600 {0}")]
    OpenToOthers(String),
    /// The file is not a secret.
    #[error("the file {0} is no text of at most 64 KiB")]
    NoText(String),
    /// It is kept elsewhere.
    #[error("{0} is not kept on this machine")]
    Elsewhere(SecretRef),
}

/// A secret is no longer than this: 64 KiB, the limit of AWS Secrets Manager too.
const LONGEST: u64 = 64 * 1024;

/// What the operator's machine keeps. The library reads no environment: who starts it gives the variables that an estate
/// names.
#[derive(Debug, Clone, Default)]
pub struct LocalSecrets {
    environment: BTreeMap<String, SecretString>,
}

impl LocalSecrets {
    /// With the values of environment variables, by name.
    pub fn new(environment: BTreeMap<String, SecretString>) -> Self {
        Self { environment }
    }

    /// Reads a secret of kind `env:` or `file:`. The end of a file's last line is no part of it.
    ///
    /// # Errors
    /// A [`SecretError`]; [`SecretError::Elsewhere`] for the other kinds.
    pub fn resolve(&self, secret: &SecretRef) -> Result<SecretString, SecretError> {
        match secret {
            SecretRef::Env(name) => self
                .environment
                .get(name)
                .cloned()
                .ok_or_else(|| SecretError::NotGiven(name.clone())),
            SecretRef::File(path) => read(path),
            SecretRef::SecretsManager(_) | SecretRef::Ssm(_) => {
                Err(SecretError::Elsewhere(secret.clone()))
            }
        }
    }
}

#[async_trait]
impl Secrets for LocalSecrets {
    async fn read(&self, secret: &SecretRef) -> PortResult<SecretString> {
        self.resolve(secret).map_err(|error| PortError {
            class: ErrorClass::Invalid,
            operation: "secret".to_owned(),
            place: "this machine".to_owned(),
            message: error.to_string(),
        })
    }
}

fn read(path: &str) -> Result<SecretString, SecretError> {
    let unreadable = |source| SecretError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.mode() & 0o077 != 0 {
        return Err(SecretError::OpenToOthers(path.to_owned()));
    }
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(SecretError::NoText(path.to_owned()));
    }
    let mut text = String::new();
    match file.take(LONGEST).read_to_string(&mut text) {
        Ok(_) => Ok(SecretString::from(text.trim_end_matches(['\r', '\n']))),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Err(SecretError::NoText(path.to_owned()))
        }
        Err(error) => Err(unreadable(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn file(text: &[u8], mode: u32) -> (tempfile::TempDir, SecretRef) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write(&path, text).unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let secret = SecretRef::File(path.to_str().unwrap().to_owned());
        (folder, secret)
    }

    #[test]
    fn a_secret_is_read_from_a_file_without_the_end_of_its_line() {
        let (_folder, secret) = file(b"s3 cret \n", 0o600);
        let found = LocalSecrets::default().resolve(&secret).unwrap();
        assert_eq!(found.expose_secret(), "s3 cret ");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        for mode in [0o640, 0o604, 0o660] {
            let (_folder, secret) = file(b"s3cret", mode);
            let refused = LocalSecrets::default().resolve(&secret).unwrap_err();
            assert!(matches!(refused, SecretError::OpenToOthers(_)), "{mode:o}");
        }
    }

    #[test]
    fn what_is_no_text_or_too_long_is_refused() {
        for text in [vec![0xff, 0xfe], vec![b'a'; 65 * 1024]] {
            let (_folder, secret) = file(&text, 0o600);
            let refused = LocalSecrets::default().resolve(&secret).unwrap_err();
            assert!(matches!(refused, SecretError::NoText(_)));
        }
    }

    #[test]
    fn only_variables_that_were_given_are_known_and_no_value_is_printed() {
        let given = BTreeMap::from([("TOKEN".to_owned(), SecretString::from("s3cret"))]);
        let secrets = LocalSecrets::new(given);
        let token = secrets.resolve(&SecretRef::Env("TOKEN".to_owned()));
        assert_eq!(token.unwrap().expose_secret(), "s3cret");
        let unknown = secrets.resolve(&SecretRef::Env("HOME".to_owned()));
        assert!(matches!(unknown, Err(SecretError::NotGiven(name)) if name == "HOME"));
        assert!(!format!("{secrets:?}").contains("s3cret"));
    }

    #[test]
    fn a_secret_that_is_kept_elsewhere_is_not_looked_for_here() {
        let secret = SecretRef::Ssm("/a".to_owned());
        let found = LocalSecrets::default().resolve(&secret);
        assert!(matches!(found, Err(SecretError::Elsewhere(_))));
    }
}
