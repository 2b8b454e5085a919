//! Events of PagerDuty's form ("Events API v2"): an incident is opened for what stops a failover, and closed when it is gone.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};

use super::post::Post;
use super::secret;
use crate::adapter::Secrets;
use crate::model::{SecretRef, Severity, WebAddress};
use crate::watch::{Change, Notice, Receive, SendError, Standing};

/// Where events go ("Send an alert event").
const SERVICE: &str = "https://events.pagerduty.com/v2/enqueue";
/// A summary has so many characters at most ("PD-CEF").
const SUMMARY: usize = 1024;

/// Opens and closes incidents.
pub(super) struct Pagerduty {
    pub(super) post: Post,
    pub(super) url: Option<WebAddress>,
    pub(super) key: SecretRef,
    pub(super) secrets: Arc<dyn Secrets>,
}

#[async_trait]
impl Receive for Pagerduty {
    async fn send(&self, notice: &Notice, _: Timestamp) -> Result<(), SendError> {
        let events = events(notice);
        if events.is_empty() {
            return Ok(());
        }
        let key = secret(&*self.secrets, &self.key).await?;
        let url = self.url.as_ref().map_or(SERVICE, WebAddress::as_str);
        // Where one fails, all are sent again: an event with a known `dedup_key` changes nothing.
        for event in events {
            let body = with_key(event, &key);
            self.post.json(url, &[], body).await?;
        }
        Ok(())
    }
}

fn with_key(mut event: Json, key: &SecretString) -> Vec<u8> {
    event["routing_key"] = json!(key.expose_secret());
    event.to_string().into_bytes()
}

/// The events of a notice, without the routing key.
fn events(notice: &Notice) -> Vec<Json> {
    let mut events: Vec<Json> = Vec::new();
    if notice.standing_changed {
        events.push(sight(notice));
    }
    events.extend(
        notice
            .changes
            .iter()
            .filter_map(|change| of_change(notice, change)),
    );
    events
}

/// That not everything can be read, or that it can again.
fn sight(notice: &Notice) -> Json {
    let key = format!("{}/{}/sight", notice.estate, notice.job.name());
    match &notice.standing {
        Standing::Complete => resolve(&key),
        Standing::Incomplete { unknown } => trigger(
            notice,
            &key,
            "warning",
            &notice.title(),
            &json!({ "unknown": unknown }),
        ),
        Standing::Failed { reason } => trigger(
            notice,
            &key,
            "error",
            &notice.title(),
            &json!({ "reason": reason }),
        ),
    }
}

fn of_change(notice: &Notice, change: &Change) -> Option<Json> {
    let finding = &change.finding;
    let key = format!("{}/{}/{}", notice.estate, notice.job.name(), finding.id);
    let blocks = |severity: Option<Severity>| severity == Some(Severity::Blocking);
    match (blocks(change.was), blocks(change.weighs())) {
        (false, true) => {
            let summary = format!(
                "{}: {}: {}",
                notice.estate, finding.subject, finding.message
            );
            let details = json!({ "rule": finding.code, "fix": finding.fix, "notice": notice.id });
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
