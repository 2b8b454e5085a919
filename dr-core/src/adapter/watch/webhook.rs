//! A signed request.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::post::Post;
use super::secret;
use crate::adapter::Secrets;
use crate::model::{SecretRef, WebAddress};
use crate::watch::{Notice, Receive, SendError};

/// Posts the JSON of a notice with the headers `dr-notice`, `dr-timestamp` and `dr-signature`.
pub(super) struct Webhook {
    pub(super) post: Post,
    pub(super) url: WebAddress,
    pub(super) secret: SecretRef,
    pub(super) secrets: Arc<dyn Secrets>,
}

#[async_trait]
impl Receive for Webhook {
    async fn send(&self, notice: &Notice, _: usize, at: Timestamp) -> Result<(), SendError> {
        let key = secret(&*self.secrets, &self.secret).await?;
        let body =
            serde_json::to_vec(notice).map_err(|error| SendError::Never(error.to_string()))?;
        let headers = [
            ("dr-notice", notice.id.clone()),
            ("dr-timestamp", at.as_second().to_string()),
            ("dr-signature", signature(&key, at, &body)),
        ];
        self.post.json(self.url.as_str(), &headers, body).await
    }
}

/// The signature of a body that is sent at an instant: `v1=` and the HMAC-SHA256 (RFC 2104) of `v1:`, the second since 1970, `:` and
/// the body, in hexadecimal. The second is part of it, so that a receiver can refuse what was recorded and is sent again.
pub fn signature(key: &SecretString, at: Timestamp, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
    let mut signed = hmac::Context::with_key(&key);
    signed.update(format!("v1:{}:", at.as_second()).as_bytes());
    signed.update(body);
    let mut text = "v1=".to_owned();
    for byte in signed.sign().as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
