//! One call to an HTTP interface that answers in JSON: bounded in time and size, never repeated, its error classed.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration as Wall;

use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::adapter::Here;
use crate::port::{ErrorClass, Permit, PortError, PortResult};

/// How long a connection may take to open.
const CONNECT: Wall = Wall::from_secs(2);
/// How long a whole call may take. A reader makes at most two one after the other, and an inventory waits 10 s for them.
const CALL: Wall = Wall::from_secs(4);
/// No answer is longer: the targets of a large Prometheus are a few MiB.
const LONGEST: usize = 16 * 1024 * 1024;
/// So much of what the other side says is told on.
const TOLD: usize = 300;

/// The interface of one server.
pub(in crate::adapter) struct Api {
    pub(in crate::adapter) here: Here,
    service: &'static str,
    base: Url,
    client: reqwest::Client,
}

/// What was answered, whatever its status.
pub(in crate::adapter) struct Answer {
    pub(in crate::adapter) status: u16,
    /// Where a redirection leads, without what may be secret in it.
    leads_to: Option<String>,
    body: Vec<u8>,
}

/// One call.
pub(in crate::adapter) struct Request<'a> {
    /// Its name in the call tables: `GetTargets`.
    pub(in crate::adapter) call: &'static str,
    pub(in crate::adapter) method: Method,
    /// The path below the server's address.
    pub(in crate::adapter) path: &'a [&'a str],
    pub(in crate::adapter) query: &'a [(&'a str, &'a str)],
    pub(in crate::adapter) headers: &'a [(&'static str, &'static str)],
    pub(in crate::adapter) token: Option<&'a SecretString>,
    pub(in crate::adapter) body: Option<&'a Json>,
}

impl<'a> Request<'a> {
    /// A call that only reads.
    pub(in crate::adapter) fn get(call: &'static str, path: &'a [&'a str]) -> Self {
        Self {
            call,
            method: Method::GET,
            path,
            query: &[],
            headers: &[],
            token: None,
            body: None,
        }
    }

    fn changes(&self) -> bool {
        self.method != Method::GET
    }
}

impl Api {
    /// The interface at `url`, which may have a path before that of the calls.
    ///
    /// # Errors
    /// [`ErrorClass::Invalid`] where that is no address, or holds a login.
    pub(in crate::adapter) fn new(
        here: Here,
        service: &'static str,
        url: &str,
    ) -> PortResult<Self> {
        let refused = |why: &str| {
            let operation = format!("{service}:Connect");
            here.error(ErrorClass::Invalid, operation, format!("its `url` {why}"))
        };
        let base = Url::parse(url).map_err(|_| refused("is no address"))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(refused("begins neither with http:// nor with https://"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(refused("holds a login, and no secret stands in an estate"));
        }
        // No redirection: the interface itself never leads elsewhere, a page to sign in does. No proxy of the environment:
        // the library reads none.
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(CALL)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|cause| refused(&format!("cannot be used: {cause}")))?;
        Ok(Self {
            here,
            service,
            base,
            client,
        })
    }

    /// Whether what is sent can be read on the way: a token is sent to no such address.
    pub(in crate::adapter) fn is_open_to_others(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default();
        self.base.scheme() != "https" && !matches!(host, "127.0.0.1" | "[::1]" | "localhost")
    }

    /// An error of this interface.
    pub(in crate::adapter) fn error(
        &self,
        class: ErrorClass,
        call: &str,
        message: impl Into<String>,
    ) -> PortError {
        let operation = format!("{}:{call}", self.service);
        self.here.error(class, operation, message)
    }

    /// Refuses a change past the end of the lease.
    ///
    /// # Errors
    /// [`ErrorClass::Conflict`]: another operator may hold the lock by now.
    pub(in crate::adapter) fn check(&self, call: &str, permit: &Permit) -> PortResult<()> {
        if permit.deadline.has_passed(self.here.clock.now()) {
            let message = "not sent: the lease of the estate's lock has ended";
            return Err(self.error(ErrorClass::Conflict, call, message));
        }
        Ok(())
    }

    /// Sends a call; any status is an answer.
    ///
    /// # Errors
    /// No whole answer came: [`ErrorClass::Transient`] where nothing was changed by it, [`ErrorClass::Indeterminate`] where
    /// something may have been.
    pub(in crate::adapter) async fn send(&self, request: &Request<'_>) -> PortResult<Answer> {
        let mut url = self.base.clone();
        url.set_query(None);
        url.path_segments_mut()
            .expect("an address of http has a path")
            .pop_if_empty()
            .extend(request.path);
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        let mut sent = self.client.request(request.method.clone(), url);
        for (name, value) in request.headers {
            sent = sent.header(*name, *value);
        }
        if let Some(token) = request.token {
            sent = sent.bearer_auth(token.expose_secret());
        }
        if let Some(body) = request.body {
            sent = sent.json(body);
        }
        let lost = |cause: &reqwest::Error| {
            let class = if cause.is_builder() {
                ErrorClass::Invalid
            } else if cause.is_connect() {
                // Never sent.
                ErrorClass::Transient
            } else {
                self.lost(request)
            };
            self.error(class, request.call, chain(cause))
        };
        let mut answer = sent
            .send()
            .await
            .map_err(|cause| lost(&cause.without_url()))?;
        let status = answer.status().as_u16();
        let leads_to = answer.headers().get("location").map(|to| {
            let to = to.to_str().unwrap_or_default();
            to.split(['?', '#']).next().unwrap_or_default().to_owned()
        });
        let mut body = Vec::new();
        while let Some(part) = answer
            .chunk()
            .await
            .map_err(|cause| lost(&cause.without_url()))?
        {
            if body.len() + part.len() > LONGEST {
                let message = format!("an answer of more than {} MiB", LONGEST >> 20);
                return Err(self.error(self.lost(request), request.call, message));
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer {
            status,
            leads_to,
            body,
        })
    }

    /// Sends a call and reads its answer.
    ///
    /// # Errors
    /// A [`PortError`] with its class.
    pub(in crate::adapter) async fn json<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
    ) -> PortResult<T> {
        let answer = self.send(request).await?;
        if !(200..300).contains(&answer.status) {
            return Err(self.refusal(request, &answer));
        }
        self.read(request, &answer)
    }

    /// Reads an answer, whatever its status.
    ///
    /// # Errors
    /// It is not what the interface answers.
    pub(in crate::adapter) fn read<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
        answer: &Answer,
    ) -> PortResult<T> {
        serde_json::from_slice(&answer.body).map_err(|cause| {
            let class = match request.changes() {
                true => ErrorClass::Indeterminate,
                false => ErrorClass::Invalid,
            };
            let message = format!("an answer that is not its interface's: {cause}");
            self.error(class, request.call, message)
        })
    }

    /// The error that an answer is.
    pub(in crate::adapter) fn refusal(&self, request: &Request<'_>, answer: &Answer) -> PortError {
        let class = match answer.status {
            300..=399 | 401 | 403 => ErrorClass::Denied,
            404 => ErrorClass::NotFound,
            409 | 412 => ErrorClass::Conflict,
            429 => ErrorClass::Throttled,
            400..=499 => ErrorClass::Invalid,
            _ => self.lost(request),
        };
        let mut message = format!("answers {}", answer.status);
        if let Some(to) = &answer.leads_to {
            let _ = write!(message, ", to {to}: a page to sign in, or the wrong `url`");
        }
        if let Some(said) = said(&answer.body) {
            let _ = write!(message, ": {said}");
        }
        // A proxy on the way may repeat what it was sent.
        if let Some(token) = request.token.map(ExposeSecret::expose_secret)
            && !token.is_empty()
        {
            message = message.replace(token, "…");
        }
        self.error(class, request.call, message)
    }

    /// The class of an answer that was lost or makes no sense.
    fn lost(&self, request: &Request<'_>) -> ErrorClass {
        match request.changes() {
            true => ErrorClass::Indeterminate,
            false => ErrorClass::Transient,
        }
    }
}

/// An error with its causes: the outermost alone says nothing.
fn chain(cause: &reqwest::Error) -> String {
    let mut text = cause.to_string();
    let mut next = cause.source();
    while let Some(cause) = next {
        let _ = write!(text, ": {cause}");
        next = cause.source();
    }
    text
}

/// What the other side says of an error: `message` (Grafana) or `error` (Prometheus) of a JSON answer, or the first line
/// of a text. A page of HTML says nothing.
fn said(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let said = match serde_json::from_str::<Json>(text) {
        Ok(json) => ["message", "error"]
            .iter()
            .find_map(|key| json.get(key)?.as_str().map(str::to_owned))?,
        Err(_) if text.starts_with(['<', '{', '[']) => return None,
        Err(_) => text.lines().next()?.to_owned(),
    };
    let printable = said.chars().filter(|c| !c.is_control());
    Some(printable.take(TOLD).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_server_says_in_its_own_form_is_told_on() {
        let cases = [
            (
                r#"{"message": "Data source not found"}"#,
                Some("Data source not found"),
            ),
            (
                r#"{"status": "error", "error": "parse error"}"#,
                Some("parse error"),
            ),
            (
                "Lifecycle API is not enabled.\n",
                Some("Lifecycle API is not enabled."),
            ),
            ("<html><body>500</body></html>", None),
            ("{\"mess", None),
            ("", None),
        ];
        for (body, wanted) in cases {
            assert_eq!(said(body.as_bytes()).as_deref(), wanted, "{body}");
        }
        assert_eq!(said(&[0xff, 0xfe]), None);
        assert_eq!(said("a\u{1b}[31m".as_bytes()).as_deref(), Some("a[31m"));
        assert_eq!(said("x".repeat(5000).as_bytes()).unwrap().len(), TOLD);
    }
}
