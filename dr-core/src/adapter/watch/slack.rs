//! An incoming webhook of Slack ("Sending messages using incoming webhooks"), which Mattermost and others understand too.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::json;

use super::post::Post;
use super::secret;
use crate::adapter::Secrets;
use crate::model::{SlackAddress, WebAddress};
use crate::watch::{Notice, Receive, SendError};

/// A message has so many characters at most: Slack cuts what is longer than 4,000 ("chat.postMessage").
const LONGEST: usize = 3500;

/// Writes into a channel.
pub(super) struct Slack {
    pub(super) post: Post,
    pub(super) address: SlackAddress,
    pub(super) secrets: Arc<dyn Secrets>,
}

#[async_trait]
impl Receive for Slack {
    async fn send(&self, notice: &Notice, _: usize, _: Timestamp) -> Result<(), SendError> {
        let body = json!({ "text": message(notice) });
        let body = body.to_string().into_bytes();
        match &self.address {
            SlackAddress::Plain(url) => self.post.json(url.as_str(), &[], body).await,
            SlackAddress::Secret(reference) => {
                let kept = secret(&*self.secrets, reference).await?;
                let url: Result<WebAddress, _> = kept.expose_secret().parse();
                let url = url.ok().filter(|url| !url.is_open_to_others());
                let url = url.ok_or_else(|| {
                    SendError::Later(format!(
                        "{reference} holds no address that begins with https://"
                    ))
                })?;
                self.post.json(url.as_str(), &[], body).await
            }
        }
    }
}

/// The title in bold, the rest as it is: what a finding says is text, and no formatting, link or mention.
fn message(notice: &Notice) -> String {
    let text = escaped(&notice.text().replace("```", "'''"));
    let kept: String = text.chars().take(LONGEST).collect();
    // Half an escape is none.
    let kept = match (kept.len() < text.len(), kept.rfind('&')) {
        (true, Some(at)) if !kept[at..].contains(';') => format!("{}…", &kept[..at]),
        (true, _) => format!("{kept}…"),
        (false, _) => kept,
    };
    format!("*{}*\n```{kept}```", escaped(&notice.title()))
}

/// The three characters that Slack reads as its own ("Formatting text for app surfaces").
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}
