//! What a watcher serves and whom it tells (`docs/watch.md`).
//!
//! | file | what it is |
//! |---|---|
//! | `metrics` | the text of `/metrics`: OpenMetrics 1.0 |
//! | `serve` | `/metrics` and `/healthz` |
//! | `post` | one bounded request, and whether it is worth another |
//! | `webhook`, `slack`, `pagerduty`, `email` | a receiver each |
//! | `smtp` | the protocol that mail is handed over by |

mod email;
mod metrics;
mod pagerduty;
mod post;
mod serve;
mod slack;
mod smtp;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::adapter::Secrets;
use crate::model::{Receiver, SecretRef};
use crate::port::{PortError, PortResult};
use crate::watch::{Receive, SendError};

pub use metrics::{CONTENT_TYPE, text};
pub use serve::router;
pub use smtp::Tls;
pub use webhook::signature;

/// The receivers of an estate, by name.
///
/// # Errors
/// TLS cannot be set up.
pub fn receivers(
    notify: &[Receiver],
    secrets: &Arc<dyn Secrets>,
) -> PortResult<BTreeMap<String, Arc<dyn Receive>>> {
    let post = post::Post::new()?;
    let mut receivers: BTreeMap<String, Arc<dyn Receive>> = BTreeMap::new();
    for receiver in notify {
        let secrets = secrets.clone();
        let made: Arc<dyn Receive> = match receiver {
            Receiver::Webhook { url, secret } => Arc::new(webhook::Webhook {
                post: post.clone(),
                url: url.clone(),
                secret: secret.clone(),
                secrets,
            }),
            Receiver::Slack(address) => Arc::new(slack::Slack {
                post: post.clone(),
                address: address.clone(),
                secrets,
            }),
            Receiver::Email(mail) => Arc::new(email::Mail {
                email: mail.clone(),
                tls: Tls::of_this_machine()?,
                secrets,
            }),
            Receiver::Pagerduty { key, url } => Arc::new(pagerduty::Pagerduty {
                post: post.clone(),
                url: url.clone(),
                key: key.clone(),
                secrets,
            }),
        };
        receivers.insert(receiver.name(), made);
    }
    Ok(receivers)
}

/// A secret that cannot be had now may be had later.
async fn secret(
    secrets: &dyn Secrets,
    secret: &SecretRef,
) -> Result<secrecy::SecretString, SendError> {
    let later = |error: PortError| SendError::Later(error.message);
    secrets.read(secret).await.map_err(later)
}

#[cfg(test)]
mod tests;
