//! One request to a receiver: bounded in time, and judged by its status.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, StatusCode, redirect};

use crate::port::{ErrorClass, PortError, PortResult};
use crate::watch::SendError;

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a request may take as a whole. PagerDuty and Slack ask for no more than a few seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends requests.
#[derive(Clone)]
pub(super) struct Post(Client);

impl Post {
    /// # Errors
    /// TLS cannot be set up.
    pub(super) fn new() -> PortResult<Self> {
        Self::of(PATIENCE)
    }

    /// With so much patience for a request.
    pub(super) fn of(patience: Duration) -> PortResult<Self> {
        // A redirect would take what is secret in an address or a body elsewhere; a proxy of the environment is nothing that the
        // library reads.
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(patience)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("dr-watch/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|cause| PortError {
                class: ErrorClass::Invalid,
                operation: "http:Notify".to_owned(),
                place: "this machine".to_owned(),
                message: cause.to_string(),
            })?;
        Ok(Self(client))
    }

    /// Posts JSON. No error holds the address, the body or a header.
    ///
    /// # Errors
    /// [`SendError::Never`] where the receiver refuses the body itself, [`SendError::Later`] for everything else.
    pub(super) async fn json(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<(), SendError> {
        let mut request = self.0.post(url);
        request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in headers {
            request = request.header(HeaderName::from_static(name), value);
        }
        let answer = request.body(body).send().await.map_err(|cause| {
            let why = match (cause.is_timeout(), cause.is_connect()) {
                (true, _) => "no answer in time".to_owned(),
                (false, true) => "no connection".to_owned(),
                (false, false) => cause.without_url().to_string(),
            };
            SendError::Later(why)
        })?;
        judge(answer.status())
    }
}

/// What a status means. What a person can mend on the other side (a key, an address, a channel) is worth another attempt.
fn judge(status: StatusCode) -> Result<(), SendError> {
    let answers = format!("answers {}", status.as_u16());
    match status.as_u16() {
        200..=299 => Ok(()),
        401 | 403 | 404 | 407 | 408 | 409 | 410 | 421 | 423 | 424 | 425 | 429 => {
            Err(SendError::Later(answers))
        }
        400..=499 => Err(SendError::Never(answers)),
        _ => Err(SendError::Later(answers)),
    }
}
