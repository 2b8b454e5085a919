//! Who reads.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::PostgresError;

/// A login. It needs the role `pg_monitor` to see when the replica last heard from its source; nothing else.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
    /// The database that is connected to; its content does not matter.
    pub database: String,
}

#[derive(Deserialize)]
struct Written {
    username: String,
    password: String,
    dbname: Option<String>,
}

impl Login {
    /// Reads a login as AWS Secrets Manager keeps it, `{"username": …, "password": …}` with an optional `dbname` (Secrets
    /// Manager user guide, "reference_secret_json_structure"), or as `user:password`.
    ///
    /// # Errors
    /// [`PostgresError::Login`].
    pub fn parse(secret: &SecretString) -> Result<Self, PostgresError> {
        const DATABASE: &str = "postgres";
        let text = secret.expose_secret();
        if text.trim_start().starts_with('{') {
            let written: Written = serde_json::from_str(text).map_err(|_| PostgresError::Login)?;
            return Ok(Self {
                user: written.username,
                password: written.password.into(),
                database: written.dbname.unwrap_or_else(|| DATABASE.to_owned()),
            });
        }
        match text.split_once(':') {
            Some((user, password)) if !user.is_empty() => Ok(Self {
                user: user.to_owned(),
                password: password.into(),
                database: DATABASE.to_owned(),
            }),
            _ => Err(PostgresError::Login),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_read_in_both_forms_and_never_printed() {
        let json = r#"{"username":"dr","password":"s3:cret","dbname":"app","engine":"postgres"}"#;
        for (text, database) in [(json, "app"), ("dr:s3:cret", "postgres")] {
            let login = Login::parse(&text.into()).unwrap();
            assert_eq!(
                (login.user.as_str(), login.database.as_str()),
                ("dr", database)
            );
            assert_eq!(login.password.expose_secret(), "s3:cret");
            assert!(!format!("{login:?}").contains("s3:cret"));
        }
    }

    #[test]
    fn what_is_no_login_is_refused_without_being_repeated() {
        for text in ["", "s3cret", ":s3cret", r#"{"password":"s3cret"}"#] {
            let error = Login::parse(&text.into()).unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{text}");
        }
    }
}
