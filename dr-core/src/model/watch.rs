//! What `dr watch` does, when, and whom it tells.

use core::net::{Ipv4Addr, SocketAddr};
use std::fmt::{self, Write as _};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{CronLine, Duration, InvalidQuantity, SecretRef, Severity};

/// What is looked at on a schedule, and who hears of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Watch {
    /// When the sites are compared, in UTC.
    pub drift: CronLine,
    /// When it is asked whether the standby could take over, in UTC.
    pub ready: CronLine,
    /// When it is asked what runs have left to be done, in UTC.
    pub status: CronLine,
    /// A round starts up to this long after its line says: later by the same time in every round of an estate, and by another in
    /// another estate.
    pub jitter: Duration,
    /// What is done about fences that runs have left to be applied.
    pub fences: Fences,
    /// Where what was seen is served.
    pub listen: SocketAddr,
    /// How long the history is kept.
    pub keep: Duration,
    /// Who is told of changes.
    pub notify: Vec<Receiver>,
    /// Findings below this are counted, and nobody is told of them.
    pub at_least: Severity,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            drift: "*/10 * * * *".parse().expect("it is a cron line"),
            ready: "0 * * * *".parse().expect("it is a cron line"),
            status: "*/10 * * * *".parse().expect("it is a cron line"),
            jitter: Duration::from_mins(1),
            fences: Fences::Tell,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9464)),
            keep: Duration::from_mins(30 * 24 * 60),
            notify: Vec::new(),
            at_least: Severity::Slowing,
        }
    }
}

/// What a watcher does about a fence that is still to be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fences {
    /// It tells of it, and changes nothing anywhere.
    Tell,
    /// It applies the fence as soon as the site's databases answer, in the name of the run that asked for it, and nothing else.
    Apply,
}

/// Somebody who is told of changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Receiver {
    /// A signed request.
    Webhook {
        /// Where it goes.
        url: WebAddress,
        /// The key of its signature.
        secret: SecretRef,
    },
    /// An incoming webhook of Slack, or of what understands the same.
    Slack(SlackAddress),
    /// Mail by SMTP.
    Email(Email),
    /// Events of the form "Events API v2" of PagerDuty.
    Pagerduty {
        /// The routing key of the integration.
        key: SecretRef,
        /// The service; that of PagerDuty where nothing is said.
        url: Option<WebAddress>,
    },
}

impl Receiver {
    /// Its name in metrics and in the history: its kind, and six digits that stay while its address stays.
    pub fn name(&self) -> String {
        let (kind, address) = match self {
            Self::Webhook { url, .. } => ("webhook", url.to_string()),
            Self::Slack(address) => ("slack", address.to_string()),
            Self::Email(mail) => {
                let to = mail.to.iter().map(Mailbox::as_str);
                let to: Vec<&str> = to.collect();
                ("email", format!("{} {}", mail.host, to.join(" ")))
            }
            Self::Pagerduty { key, .. } => ("pagerduty", key.to_string()),
        };
        let digest = Sha256::digest(address.as_bytes());
        let mut name = format!("{kind}-");
        for byte in &digest[..3] {
            let _ = write!(name, "{byte:02x}");
        }
        name
    }

    /// The secrets that it needs.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        match self {
            Self::Webhook { secret, .. } => Some(secret),
            Self::Slack(SlackAddress::Secret(secret)) => Some(secret),
            Self::Slack(SlackAddress::Plain(_)) => None,
            Self::Email(mail) => mail.login.as_ref(),
            Self::Pagerduty { key, .. } => Some(key),
        }
        .into_iter()
    }
}

/// Where a channel of Slack is: who has its address may write there, so that it is a secret of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlackAddress {
    /// The address is kept there.
    Secret(SecretRef),
    /// The address is no secret: a server of one's own.
    Plain(WebAddress),
}

impl fmt::Display for SlackAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(secret) => write!(f, "{secret}"),
            Self::Plain(url) => write!(f, "{url}"),
        }
    }
}

/// Where mail goes, and by which server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Email {
    /// Who gets it.
    pub to: Vec<Mailbox>,
    /// Who sends it.
    pub from: Mailbox,
    /// The server that takes it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the way to it is encrypted.
    pub tls: MailTls,
    /// `user:password`, or JSON with `username` and `password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<SecretRef>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailTls {
    /// From its first byte (RFC 8314).
    Implicit,
    /// After the command STARTTLS, and not used where the server does not know it (RFC 3207).
    Starttls,
    /// Not at all: only to this machine.
    None,
}

/// An address of HTTP or HTTPS without a login.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebAddress(String);

impl WebAddress {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what is sent there can be read on the way.
    pub fn is_open_to_others(&self) -> bool {
        let Some(rest) = self.0.strip_prefix("http://") else {
            return false;
        };
        !is_this_machine(host(rest))
    }
}

/// The part of an authority that names the machine.
fn host(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Whether a name leads to this machine.
pub fn is_this_machine(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

impl FromStr for WebAddress {
    type Err = InvalidQuantity;

    fn from_str(text: &str) -> Result<Self, InvalidQuantity> {
        let rest = ["https://", "http://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme));
        let is_one = rest.is_some_and(|rest| {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            !host(rest).is_empty() && !authority.contains('@')
        });
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_one && printable {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidQuantity {
                // What is none may hold a login: it is not repeated.
                text: "…".to_owned(),
                wanted: "an address such as https://hooks.example.com/dr, without a login",
            })
        }
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mailbox: `ops@example.com`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mailbox(String);

impl Mailbox {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Mailbox {
    type Err = InvalidQuantity;

    fn from_str(text: &str) -> Result<Self, InvalidQuantity> {
        let parts = text.split_once('@');
        let is_one = parts.is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        });
        // What would end an address or a header, or start a comment or a list.
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&byte));
        if is_one && plain && text.len() <= 254 {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidQuantity {
                text: text.to_owned(),
                wanted: "a mailbox such as ops@example.com",
            })
        }
    }
}

macro_rules! written_as_text {
    ($($name:ident),*) => { $(
        impl TryFrom<String> for $name {
            type Error = InvalidQuantity;

            fn try_from(text: String) -> Result<Self, InvalidQuantity> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    )* };
}

written_as_text!(WebAddress, Mailbox);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_web_has_a_host_and_no_login() {
        for text in [
            "https://hooks.example.com/dr?x=1",
            "http://127.0.0.1:8080",
            "http://[::1]:80/a",
        ] {
            assert_eq!(text.parse::<WebAddress>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "https://",
            "ftp://a",
            "https://u:p@a/",
            "https://a b",
            "https:///a",
            "hooks.example.com",
        ] {
            let refused = text.parse::<WebAddress>().unwrap_err();
            assert!(!refused.to_string().contains("u:p"), "{refused}");
        }
    }

    #[test]
    fn only_plain_http_that_leaves_the_machine_is_open_to_others() {
        let open = |text: &str| text.parse::<WebAddress>().unwrap().is_open_to_others();
        assert!(open("http://10.0.0.1/x"));
        assert!(open("http://localhost.example.com/"));
        assert!(!open("http://localhost:3000/"));
        assert!(!open("http://[::1]:3000/"));
        assert!(!open("https://10.0.0.1/x"));
    }

    #[test]
    fn a_mailbox_cannot_end_a_header_or_name_a_second_one() {
        assert!("ops+dr@example.com".parse::<Mailbox>().is_ok());
        for text in [
            "ops",
            "@example.com",
            "a@b@c",
            "a@b\r\nBcc: x@y",
            "a@b,c@d",
            "<a@b>",
            "ä@b",
        ] {
            assert!(text.parse::<Mailbox>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_name_of_a_receiver_tells_nothing_of_its_address_and_stays() {
        let slack = |text: &str| Receiver::Slack(SlackAddress::Plain(text.parse().unwrap()));
        let one = slack("https://hooks.example.com/services/T0/s3cret");
        assert_eq!(one.name(), one.name());
        assert!(one.name().starts_with("slack-"), "{}", one.name());
        assert_eq!(one.name().len(), "slack-".len() + 6);
        assert_ne!(one.name(), slack("https://hooks.example.com/other").name());
    }
}
