//! Stands where the network would: it is asked by the SDK, and answers from memory.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;

use crate::model::Duration;
use crate::port::Clock;

/// Time passes only by sleeping, at once.
#[derive(Debug)]
pub(super) struct Instants(Mutex<Timestamp>);

impl Instants {
    pub(super) fn passed(&self) -> Duration {
        Duration::between(Timestamp::UNIX_EPOCH, self.now())
    }
}

impl Clock for Instants {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        // Only polling lets time pass: a sleep beside an answer that is there is never polled.
        let mut now = self.0.lock().unwrap();
        *now = duration.after(*now);
        Box::pin(std::future::ready(()))
    }
}

/// What comes back.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Body(u16, String),
    Silence,
    Refused,
}

type Say = dyn Fn(&str, &str) -> Answer + Send + Sync;

/// The network.
#[derive(Clone)]
pub(super) struct Fake {
    say: Arc<Say>,
    calls: Arc<Mutex<Vec<(String, Timestamp)>>>,
    pub(super) clock: Arc<Instants>,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    /// `say` is given the call's name, `ec2:DescribeVpcs`, and the request's body, or its address where it has none.
    pub(super) fn new(say: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            say: Arc::new(say),
            calls: Arc::default(),
            clock: Arc::new(Instants(Mutex::new(Timestamp::UNIX_EPOCH))),
        }
    }

    /// The calls that came, each with its time.
    pub(super) fn calls(&self) -> Vec<(String, Timestamp)> {
        self.calls.lock().unwrap().clone()
    }

    pub(super) fn config(&self) -> SdkConfig {
        let connector = SharedHttpConnector::new(self.clone());
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-2"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "id", "key", None, None, "test",
            )))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build()
    }
}

impl HttpConnector for Fake {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let name = name(&request, &body);
        self.calls
            .lock()
            .unwrap()
            .push((name.clone(), self.clock.now()));
        let asked = if body.is_empty() {
            request.uri()
        } else {
            &body
        };
        HttpConnectorFuture::ready(match (self.say)(&name, asked) {
            Answer::Body(status, text) => {
                let status = status.try_into().expect("a status of HTTP");
                Ok(HttpResponse::new(status, SdkBody::from(text)))
            }
            Answer::Silence => Err(ConnectorError::timeout("silence".into())),
            Answer::Refused => Err(ConnectorError::io("connection reset".into())),
        })
    }
}

/// The call's name, by its protocol: in the body, in a header, or by method and path.
fn name(request: &HttpRequest, body: &str) -> String {
    let uri = request.uri();
    let host = uri.split("://").nth(1).unwrap_or(uri);
    let (host, path) = host.split_once('/').unwrap_or((host, ""));
    if let Some(target) = request.headers().get("x-amz-target") {
        let call = target.rsplit('.').next().unwrap_or_default();
        let service = host.split('.').next().unwrap_or_default();
        return format!("{service}:{call}");
    }
    if let Some(call) = body.strip_prefix("Action=") {
        let call = call.split('&').next().unwrap_or_default();
        let service = host.split('.').next().unwrap_or_default();
        return format!("{service}:{call}");
    }
    if host.starts_with("eks.") {
        let parts: Vec<&str> = path
            .split('?')
            .next()
            .unwrap_or_default()
            .split('/')
            .collect();
        let call = match parts.as_slice() {
            ["clusters"] => "ListClusters",
            ["clusters", _] => "DescribeCluster",
            ["clusters", _, "node-groups"] => "ListNodegroups",
            _ => "DescribeNodegroup",
        };
        return format!("eks:{call}");
    }
    if host.starts_with("route53.") {
        let call = match path {
            _ if path.contains("/rrset") => "ListResourceRecordSets",
            _ if path.contains("/healthcheck") => "ListHealthChecks",
            _ => "ListHostedZones",
        };
        return format!("route53:{call}");
    }
    let call = match path {
        _ if path.contains("versioning") => "GetBucketVersioning",
        _ if path.contains("encryption") => "GetBucketEncryption",
        _ if path.contains("replication") => "GetBucketReplication",
        _ if path.contains("policy") => "GetBucketPolicy",
        _ if path.contains("publicAccessBlock") => "GetPublicAccessBlock",
        _ if path.contains("tagging") => "GetBucketTagging",
        _ => "GetObject",
    };
    format!("s3:{call}")
}
