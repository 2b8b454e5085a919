//! Mail.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::secret;
use super::smtp::{self, Login, Tls};
use crate::adapter::Secrets;
use crate::model::{Email, Mailbox};
use crate::watch::{Notice, Receive, SendError};

/// A line of encoded text has no more characters (RFC 2045, 6.8).
const LINE: usize = 76;

/// Hands mail over to a server.
pub(super) struct Mail {
    pub(super) email: Email,
    pub(super) tls: Tls,
    pub(super) secrets: Arc<dyn Secrets>,
}

#[async_trait]
impl Receive for Mail {
    async fn send(&self, notice: &Notice, _: usize, at: Timestamp) -> Result<(), SendError> {
        let login = match &self.email.login {
            None => None,
            Some(reference) => {
                let kept = secret(&*self.secrets, reference).await?;
                let login = login(&kept).ok_or_else(|| {
                    SendError::Later(format!("{reference} holds no user:password"))
                })?;
                Some(login)
            }
        };
        let message = message(&self.email, notice, at);
        smtp::hand_over(&self.email, login.as_ref(), &self.tls, &message).await
    }
}

#[derive(Deserialize)]
struct Kept {
    username: String,
    password: String,
}

/// `user:password`, or JSON with `username` and `password`.
fn login(kept: &SecretString) -> Option<Login> {
    let text = kept.expose_secret();
    if let Ok(kept) = serde_json::from_str::<Kept>(text) {
        return Some(Login {
            user: kept.username,
            password: kept.password.into(),
        });
    }
    let (user, password) = text.split_once(':')?;
    Some(Login {
        user: user.to_owned(),
        password: password.into(),
    })
}

/// The message, with its headers (RFC 5322), each line with its end. Its id is the notice's, so that a second copy is known as one;
/// programs are told not to answer (RFC 3834).
fn message(email: &Email, notice: &Notice, at: Timestamp) -> String {
    let to: Vec<&str> = email.to.iter().map(Mailbox::as_str).collect();
    let (_, domain) = email.from.as_str().split_once('@').unwrap_or_default();
    // Nothing that comes from a finding stands in a header.
    let subject = notice.title();
    let subject: String = subject.chars().filter(|c| matches!(c, ' '..='~')).collect();
    let date = jiff::fmt::rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC));
    let mut text = String::new();
    let mut header = |name: &str, value: &str| {
        let _ = write!(text, "{name}: {value}\r\n");
    };
    header("Date", &date.unwrap_or_default());
    header("From", email.from.as_str());
    header("To", &to.join(",\r\n "));
    header("Subject", &subject);
    header("Message-ID", &format!("<{}.dr@{domain}>", notice.id));
    header("Auto-Submitted", "auto-generated");
    header("MIME-Version", "1.0");
    header("Content-Type", "text/plain; charset=utf-8");
    header("Content-Transfer-Encoding", "base64");
    text.push_str("\r\n");
    let body = format!("{}\n\n{}\n", notice.title(), notice.text()).replace('\n', "\r\n");
    let body = BASE64.encode(body);
    for line in body.as_bytes().chunks(LINE) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push_str("\r\n");
    }
    text
}
