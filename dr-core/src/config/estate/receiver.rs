//! `notify`: who is told. Its first key says which sort of receiver it is.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::diagnostic::{Problem, Report, Span};
use crate::config::read::{Fields, FromNode, Place, Shape};
use crate::config::word::{Refusal, Word};
use crate::config::yaml::{At, Node, Value};
use crate::model::{
    Email, MailTls, Mailbox, Receiver, SecretRef, SlackAddress, WebAddress, is_this_machine,
};

/// One who is told of changes.
#[derive(Debug)]
pub(crate) struct RawReceiver {
    span: Span,
    sort: RawSort,
}

#[derive(Debug)]
enum RawSort {
    Webhook(RawWebhook),
    Slack(RawSlack),
    Email(RawEmailTo),
    Pagerduty(RawPagerduty),
}

/// The keys that say which sort it is.
const SORTS: [&str; 4] = ["webhook", "slack", "email", "pagerduty"];

/// Every key of any sort.
const ANY: [&str; 6] = ["webhook", "secret", "slack", "email", "pagerduty", "url"];

/// A signed request.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Webhook", rename_all = "kebab-case", deny_unknown_fields)]
struct RawWebhook {
    /// Where it goes.
    #[schemars(required)]
    webhook: Option<At<WebAddress>>,
    /// Where the key of its signature is kept.
    #[schemars(required)]
    secret: Option<At<KeptHere>>,
}

impl Shape for RawWebhook {
    const KEYS: &[&str] = &["webhook", "secret"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            webhook: fields.required("webhook", "webhook: https://hooks.example.com/dr"),
            secret: fields.required("secret", "secret: env:DR_WEBHOOK_SECRET"),
        }
    }
}

/// An incoming webhook of Slack, or of what understands the same.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Slack", rename_all = "kebab-case", deny_unknown_fields)]
struct RawSlack {
    /// Where its address is kept, or the address itself where it is no secret.
    #[schemars(required)]
    slack: Option<At<SlackAddress>>,
}

impl Shape for RawSlack {
    const KEYS: &[&str] = &["slack"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            slack: fields.required("slack", "slack: env:SLACK_URL"),
        }
    }
}

/// Mail.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Mail", rename_all = "kebab-case", deny_unknown_fields)]
struct RawEmailTo {
    /// Who gets it, and by which server.
    #[schemars(required)]
    email: Option<RawEmail>,
}

impl Shape for RawEmailTo {
    const KEYS: &[&str] = &["email"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            email: fields.required("email", "email: { to: [ops@example.com], … }"),
        }
    }
}

/// Who gets mail, and by which server.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Email", rename_all = "kebab-case", deny_unknown_fields)]
struct RawEmail {
    /// Who gets it.
    #[schemars(required, extend("minItems" = 1))]
    to: Option<Vec<At<Mailbox>>>,
    /// Who sends it.
    #[schemars(required)]
    from: Option<At<Mailbox>>,
    /// The server that takes it.
    #[schemars(required)]
    host: Option<At<String>>,
    /// Its port; 587 when nothing is said, 465 with `tls: implicit`, 25 with `tls: none`.
    #[schemars(range(min = 1, max = 65535))]
    port: Option<At<u32>>,
    /// Whether the way to it is encrypted: after STARTTLS when nothing is said.
    tls: Option<At<MailTls>>,
    /// Where `user:password` is kept.
    login: Option<At<KeptHere>>,
}

impl Shape for RawEmail {
    const KEYS: &[&str] = &["to", "from", "host", "port", "tls", "login"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        fields.must_not_be_empty("to");
        Self {
            to: fields.required("to", "to: [ops@example.com]"),
            from: fields.required("from", "from: dr@example.com"),
            host: fields.required("host", "host: smtp.example.com"),
            port: fields.optional("port"),
            tls: fields.optional("tls"),
            login: fields.optional("login"),
        }
    }
}

/// Events of the form "Events API v2".
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Pagerduty", rename_all = "kebab-case", deny_unknown_fields)]
struct RawPagerduty {
    /// Where the routing key of the integration is kept.
    #[schemars(required)]
    pagerduty: Option<At<KeptHere>>,
    /// Where events go; https://events.pagerduty.com/v2/enqueue when nothing is said.
    url: Option<At<WebAddress>>,
}

impl Shape for RawPagerduty {
    const KEYS: &[&str] = &["pagerduty", "url"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            pagerduty: fields.required("pagerduty", "pagerduty: env:PAGERDUTY_KEY"),
            url: fields.optional("url"),
        }
    }
}

impl FromNode for RawReceiver {
    const ITEM: &str = "a receiver";

    fn from_node(node: &Node, place: &Place, report: &mut Report) -> Option<Self> {
        let named: Vec<&At<String>> = match &node.value {
            Value::Map(entries) => {
                let keys = entries.iter().map(|entry| &entry.key);
                keys.filter(|key| SORTS.contains(&key.value.as_str()))
                    .collect()
            }
            _ => Vec::new(),
        };
        let [first, rest @ ..] = named.as_slice() else {
            let fields = Fields::open(node, place, &ANY, report)?;
            if fields.is_sound() {
                let message = format!("{} has none of {}", place.what, SORTS.join(", "));
                let problem = Problem::new("missing-key", place.span, message)
                    .help("add `webhook: https://hooks.example.com/dr`, for example");
                report.add(problem);
            }
            return None;
        };
        if let Some(second) = rest.first() {
            let message = format!("one receiver is `{}` or `{}`", first.value, second.value);
            report.add(
                Problem::new("two-receivers", second.span, message)
                    .help("make an item of the list of each"),
            );
            return None;
        }
        let place = Place::new(format!("receiver `{}`", first.value), first.span);
        let sort = match first.value.as_str() {
            "webhook" => FromNode::from_node(node, &place, report).map(RawSort::Webhook),
            "slack" => FromNode::from_node(node, &place, report).map(RawSort::Slack),
            "email" => FromNode::from_node(node, &place, report).map(RawSort::Email),
            _ => FromNode::from_node(node, &place, report).map(RawSort::Pagerduty),
        }?;
        Some(Self {
            span: first.span,
            sort,
        })
    }
}

impl RawReceiver {
    pub(super) fn span(&self) -> Span {
        self.span
    }

    /// Nothing that is told goes where others read it.
    pub(super) fn check(&self, report: &mut Report) {
        match &self.sort {
            RawSort::Pagerduty(raw) => check_way(raw.url.as_ref(), report),
            RawSort::Webhook(raw) => check_way(raw.webhook.as_ref(), report),
            RawSort::Slack(raw) => {
                let plain = raw.slack.as_ref().and_then(|at| match &at.value {
                    SlackAddress::Plain(value) => Some(At {
                        value: value.clone(),
                        span: at.span,
                    }),
                    SlackAddress::Secret(_) => None,
                });
                check_way(plain.as_ref(), report);
            }
            RawSort::Email(RawEmailTo { email: Some(raw) }) => raw.check(report),
            RawSort::Email(_) => {}
        }
    }

    /// The value; `None` where a part is missing that was reported as missing.
    pub(super) fn receiver(&self) -> Option<Receiver> {
        Some(match &self.sort {
            RawSort::Webhook(raw) => Receiver::Webhook {
                url: raw.webhook.as_ref()?.value.clone(),
                secret: raw.secret.as_ref()?.value.0.clone(),
            },
            RawSort::Slack(raw) => Receiver::Slack(raw.slack.as_ref()?.value.clone()),
            RawSort::Email(raw) => Receiver::Email(raw.email.as_ref()?.build()?),
            RawSort::Pagerduty(raw) => Receiver::Pagerduty {
                key: raw.pagerduty.as_ref()?.value.0.clone(),
                url: raw.url.as_ref().map(|at| at.value.clone()),
            },
        })
    }
}

/// What is told names what is wrong with a site, and with it goes a key or a channel's address.
fn check_way(url: Option<&At<WebAddress>>, report: &mut Report) {
    if let Some(url) = url.filter(|at| at.value.is_open_to_others()) {
        let message = "what is sent there could be read on the way";
        let problem = Problem::new("open-to-others", url.span, message);
        report.add(problem.help("write https://, or send it to a proxy on this machine"));
    }
}

/// Where a secret is kept on the machine that watches: what is kept in a region cannot be read while the region is out.
#[derive(Debug, Clone)]
struct KeptHere(SecretRef);

impl Word for KeptHere {
    fn read(text: &str) -> Result<Self, Refusal> {
        // The text is not repeated: it may be the secret itself.
        let refusal = |code, message: &str, help: &str| Refusal {
            code,
            message: message.to_owned(),
            help: Some(help.to_owned()),
        };
        match text.parse() {
            Ok(secret @ (SecretRef::Env(_) | SecretRef::File(_))) => Ok(Self(secret)),
            Ok(SecretRef::SecretsManager(_) | SecretRef::Ssm(_)) => Err(refusal(
                "secret-elsewhere",
                "a secret that is kept in a region cannot be read while the region is out",
                "keep it on the machine that watches: env:NAME or file:PATH",
            )),
            Err(_) => Err(refusal(
                "invalid-secret",
                "that does not say where the secret is kept",
                "write env:NAME or file:PATH",
            )),
        }
    }
}

impl Word for SlackAddress {
    fn read(text: &str) -> Result<Self, Refusal> {
        match text.starts_with("http") {
            true => WebAddress::read(text).map(Self::Plain),
            false => KeptHere::read(text).map(|KeptHere(secret)| Self::Secret(secret)),
        }
    }
}

impl RawEmail {
    fn check(&self, report: &mut Report) {
        if let (Some(tls), Some(host)) = (&self.tls, &self.host)
            && tls.value == MailTls::None
            && !is_this_machine(&host.value)
        {
            let message = format!("mail to {} could be read on the way", host.value);
            report.add(
                Problem::new("open-to-others", tls.span, message)
                    .help("remove the line, or hand the mail to a server on this machine"),
            );
        }
        if let Some(port) = &self.port
            && !(1..=65535).contains(&port.value)
        {
            let message = format!("{} is no port: 1 to 65535", port.value);
            report.add(Problem::new("invalid-number", port.span, message));
        }
        if let Some(host) = &self.host
            && !host
                .value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
        {
            let message = format!("`{}` is no name or address of a machine", host.value);
            report.add(Problem::new("invalid-host", host.span, message));
        }
    }

    fn build(&self) -> Option<Email> {
        let tls = self.tls.as_ref().map_or(MailTls::Starttls, |at| at.value);
        let usual = match tls {
            MailTls::Implicit => 465,
            MailTls::Starttls => 587,
            MailTls::None => 25,
        };
        let port = self
            .port
            .as_ref()
            .map_or(Some(usual), |at| u16::try_from(at.value).ok());
        Some(Email {
            to: self
                .to
                .as_ref()?
                .iter()
                .map(|at| at.value.clone())
                .collect(),
            from: self.from.as_ref()?.value.clone(),
            host: self.host.as_ref()?.value.clone(),
            port: port?,
            tls,
            login: self.login.as_ref().map(|at| at.value.0.clone()),
        })
    }
}

/// The schema of a receiver: one alternative a sort.
impl JsonSchema for RawReceiver {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Receiver".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Who is told of changes. Which keys it has hangs on the first.",
            "oneOf": [
                RawWebhook::json_schema(generator),
                RawSlack::json_schema(generator),
                RawEmailTo::json_schema(generator),
                RawPagerduty::json_schema(generator),
            ]
        })
    }
}

macro_rules! texts {
    ($($type:ident, $pattern:literal;)*) => { $(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    )* };
}

texts! {
    WebAddress, "^(https://[^/@\\s]+|http://(localhost|127\\.0\\.0\\.1|\\[::1\\])([:/?#]|$))";
    KeptHere, "^(env|file):.+$";
    SlackAddress, "^((env|file):.+|https://[^/@\\s]+.*|http://(localhost|127\\.0\\.0\\.1|\\[::1\\])([:/?#].*)?)$";
    Mailbox, "^[^@\\s<>]+@[^@\\s<>]+$";
    MailTls, "^(starttls|implicit|none)$";
}
