//! Events of PagerDuty's form ("Events API v2"): an incident is opened for what stops a failover, and closed when it is gone.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};

use super::post::Post;
use super::secret;
use crate::adapter::Secrets;
use crate::drift::form::{cut, visible};
use crate::model::{SecretRef, Severity, WebAddress};
use crate::watch::{Change, Notice, Receive, SendError, Standing};

/// Where events go ("Send an alert event").
const SERVICE: &str = "https://events.pagerduty.com/v2/enqueue";
/// A summary has so many characters at most ("PD-CEF").
const SUMMARY: usize = 1024;
/// An event has 512 kB at most ("Send an alert event"): so many things of so many characters are less than half of it, even where each
/// is one of six bytes in JSON.
const NAMED: usize = 40;
const DETAIL: usize = 1000;

/// Opens and closes incidents.
pub(super) struct Pagerduty {
    pub(super) post: Post,
    pub(super) url: Option<WebAddress>,
    pub(super) key: SecretRef,
    pub(super) secrets: Arc<dyn Secrets>,
}

#[async_trait]
impl Receive for Pagerduty {
    fn parts(&self, notice: &Notice) -> usize {
        events(notice).len()
    }

    /// An event that is sent twice changes nothing: its `dedup_key` is known.
    async fn send(&self, notice: &Notice, part: usize, _: Timestamp) -> Result<(), SendError> {
        let Some(event) = events(notice).into_iter().nth(part) else {
            return Ok(());
        };
        let key = secret(&*self.secrets, &self.key).await?;
        let url = self.url.as_ref().map_or(SERVICE, WebAddress::as_str);
        self.post.json(url, &[], with_key(event, &key)).await
    }
}

fn with_key(mut event: Json, key: &SecretString) -> Vec<u8> {
    event["routing_key"] = json!(key.expose_secret());
    event.to_string().into_bytes()
}

/// The events of a notice, without the routing key: what stops a failover, then what could not be read, then what is over.
fn events(notice: &Notice) -> Vec<Json> {
    let changes = notice.changes.iter();
    let mut events: Vec<Json> = changes
        .filter_map(|change| of_change(notice, change))
        .collect();
    events.sort_by_key(|event| event["event_action"] != "trigger");
    if notice.standing_changed {
        let triggers = events.partition_point(|event| event["event_action"] == "trigger");
        events.insert(triggers, sight(notice));
    }
    events
}

/// That not everything can be read, or that it can again.
fn sight(notice: &Notice) -> Json {
    let key = format!("{}/{}/sight", notice.estate, notice.job.name());
    match &notice.standing {
        Standing::Complete => resolve(&key),
        Standing::Incomplete { unknown, .. } => {
            let named = unknown.iter().take(NAMED);
            let named: Vec<_> = named.map(|reason| cut(reason, DETAIL)).collect();
            let details = json!({ "unknown": named, "more": unknown.len() - named.len() });
            trigger(notice, &key, "warning", &notice.title(), &details)
        }
        Standing::Failed { reason } => trigger(
            notice,
            &key,
            "error",
            &notice.title(),
            &json!({ "reason": cut(reason, DETAIL) }),
        ),
    }
}

fn of_change(notice: &Notice, change: &Change) -> Option<Json> {
    let finding = &change.finding;
    let key = format!("{}/{}/{}", notice.estate, notice.job.name(), finding.id);
    let blocks = |severity: Option<Severity>| severity == Some(Severity::Blocking);
    match (blocks(change.was), blocks(change.weighs())) {
        (false, true) => {
            let (subject, message) = (visible(&finding.subject), visible(&finding.message));
            let summary = format!("{}: {subject}: {message}", notice.estate);
            let details = json!({ "rule": finding.code, "fix": cut(&finding.fix, DETAIL), "notice": notice.id });
            Some(trigger(notice, &key, "critical", &summary, &details))
        }
        (true, false) => Some(resolve(&key)),
        (true, true) | (false, false) => None,
    }
}

fn trigger(notice: &Notice, key: &str, severity: &str, summary: &str, details: &Json) -> Json {
    let summary: String = summary.chars().take(SUMMARY).collect();
    json!({
        "event_action": "trigger",
        "dedup_key": key,
        "client": "dr watch",
        "payload": {
            "summary": summary,
            "source": notice.estate,
            "severity": severity,
            "timestamp": notice.at.to_string(),
            "component": notice.job.name(),
            "custom_details": details,
        }
    })
}

fn resolve(key: &str) -> Json {
    json!({ "event_action": "resolve", "dedup_key": key })
}
