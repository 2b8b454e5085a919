//! Calls of GitHub's REST API, one repository's.

use std::sync::Arc;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::refusal::{Limits, Refusal};
use crate::adapter::Here;
use crate::model::{Duration, GithubActionsBinding};
use crate::port::retry::{self, Patience};
use crate::port::{ErrorClass, Narrator, Permit, PortError, PortResult};

/// Where the API of github.com is.
const PUBLIC: &str = "https://api.github.com";
/// The version of the API that this was written for (GitHub, "API versions").
const VERSION: HeaderValue = HeaderValue::from_static("2022-11-28");
/// How long an answer may take. GitHub itself gives a request up after 10 s ("Best practices for using the REST API").
const ANSWER: std::time::Duration = std::time::Duration::from_secs(20);
/// How long it is waited in all, for one call, when GitHub says that there were too many.
const THROTTLED: Duration = Duration::from_mins(5);

/// The API, as one token sees it.
pub(super) struct Api<'a> {
    client: reqwest::Client,
    base: String,
    here: &'a Here,
    binding: &'a GithubActionsBinding,
    narrator: &'a Arc<dyn Narrator>,
}

impl<'a> Api<'a> {
    /// With a token. No call is made yet.
    ///
    /// # Errors
    /// [`ErrorClass::Invalid`] for a token that cannot be one. No part of it is in the error.
    pub(super) fn new(
        here: &'a Here,
        binding: &'a GithubActionsBinding,
        narrator: &'a Arc<dyn Narrator>,
        token: &SecretString,
    ) -> PortResult<Self> {
        let invalid = |message: String| here.error(ErrorClass::Invalid, "github", message);
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {}", token.expose_secret().trim()))
                .map_err(|_| invalid(format!("what {} holds is no token", binding.token)))?;
        authorization.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/vnd.github+json"),
        );
        headers.insert("x-github-api-version", VERSION);
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("dr/", env!("CARGO_PKG_VERSION"))),
        );
        let client = reqwest::Client::builder()
            .timeout(ANSWER)
            // A repository that was renamed is told, and not followed with a token.
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers)
            .build()
            .map_err(|cause| invalid(cause.to_string()))?;
        let api = binding.api.as_deref().unwrap_or(PUBLIC);
        Ok(Self {
            client,
            base: format!(
                "{}/repos/{}/actions",
                api.trim_end_matches('/'),
                binding.repository
            ),
            here,
            binding,
            narrator,
        })
    }

    /// Reads; what may work in a moment is tried again.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        operation: &str,
        path: &str,
    ) -> PortResult<T> {
        let clock = &*self.here.clock;
        let answer = retry::read(clock, Patience::STEADY, || {
            self.ask(Method::GET, operation, path, None, None)
        });
        serde_json::from_slice(&answer.await?).map_err(|cause| {
            let message = format!("the answer is not what this dr knows: {cause}");
            self.error(ErrorClass::Invalid, operation, message)
        })
    }

    /// Changes something.
    ///
    /// # Errors
    /// [`ErrorClass::Indeterminate`] when the answer was lost; with any other class nothing was changed.
    pub(super) async fn post(
        &self,
        operation: &str,
        path: &str,
        body: &Value,
        permit: &Permit,
    ) -> PortResult<()> {
        self.ask(Method::POST, operation, path, Some(body), Some(permit))
            .await
            .map(|_| ())
    }

    pub(super) fn error(
        &self,
        class: ErrorClass,
        operation: &str,
        message: impl Into<String>,
    ) -> PortError {
        self.here
            .error(class, format!("github:{operation}"), message)
    }

    /// Asks, and when there were too many calls asks again after the time that GitHub wants: what it refused for that it has not
    /// done.
    async fn ask(
        &self,
        method: Method,
        operation: &str,
        path: &str,
        body: Option<&Value>,
        permit: Option<&Permit>,
    ) -> PortResult<Vec<u8>> {
        let mut waited = Duration::ZERO;
        loop {
            if permit.is_some_and(|permit| permit.deadline.has_passed(self.here.clock.now())) {
                let message = "not asked: the lease of the estate's lock has ended";
                return Err(self.error(ErrorClass::Conflict, operation, message));
            }
            let url = format!("{}/{path}", self.base);
            let mut request = self.client.request(method.clone(), url);
            if let Some(body) = body {
                request = request.json(body);
            }
            let refusal = match self.once(request, permit.is_some()).await {
                Ok(bytes) => return Ok(bytes),
                Err(refusal) => refusal,
            };
            match refusal.wait {
                Some(wait) if waited + wait <= THROTTLED => {
                    let line = format!("GitHub asks for a pause of {wait}: {}", refusal.message);
                    self.narrator.line(&self.here.to_string(), &line);
                    self.here.clock.sleep(wait).await;
                    waited = waited + wait;
                }
                _ => return Err(self.error(refusal.class, operation, refusal.message)),
            }
        }
    }

    async fn once(&self, request: RequestBuilder, changes: bool) -> Result<Vec<u8>, Refusal> {
        let lost = |cause: reqwest::Error| {
            let is_begun = !cause.is_connect() && !cause.is_builder();
            let class = if changes && is_begun {
                ErrorClass::Indeterminate
            } else {
                ErrorClass::Transient
            };
            // Its URL holds nothing secret, and says nothing either.
            Refusal::new(class, innermost(&cause.without_url()))
        };
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        let limits = limits(&response, self.here);
        let bytes = match response.bytes().await {
            Ok(bytes) => bytes,
            // It was carried out: only what was said of it is lost.
            Err(_) if changes && status.is_success() => return Ok(Vec::new()),
            Err(cause) => return Err(lost(cause)),
        };
        if status.is_success() {
            return Ok(bytes.into());
        }
        let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let said = said["message"].as_str().unwrap_or_default();
        Err(Refusal::of(
            status.as_u16(),
            said,
            limits,
            changes,
            self.binding,
        ))
    }
}

fn limits(response: &Response, here: &Here) -> Limits {
    let number = |name: &str| -> Option<i64> {
        let value = response.headers().get(name)?;
        value.to_str().ok()?.trim().parse().ok()
    };
    let seconds = |number: i64| Duration::from_secs(u64::try_from(number).unwrap_or(0).min(86_400));
    let until = |at: i64| seconds(at.saturating_sub(here.clock.now().as_second()));
    Limits {
        retry_after: number("retry-after").map(seconds),
        until_reset: (number("x-ratelimit-remaining") == Some(0))
            .then(|| number("x-ratelimit-reset").map_or(Duration::ZERO, until)),
    }
}

/// The cause that says most.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let (outer, inner) = (error.to_string(), deepest.to_string());
    if outer == inner {
        outer
    } else {
        format!("{outer}: {inner}")
    }
}
